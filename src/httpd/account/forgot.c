/* SPDX-License-Identifier: Apache-2.0 */
/* The page where people who have forgotten their password ask for a mail with a one-time link (LuciaMail).
 * The answer is the same for all names. */
#include "core/auth/reset_request.h"
#include "httpd/account/own_page.h"
#include "httpd/request/reply.h"
#include "httpd/request/way_back.h"

static const luci_form_field_t fields[] = {
    { "username", LUCI_FORM_TEXT },
    { NULL, LUCI_FORM_TEXT },
};

/* ---- The page ---- */

static apr_table_t *values_of(const luci_endpoint_request_t *request)
{
    const char *url = request->urls->forgot;
    apr_table_t *values = apr_table_make(request->r->pool, 16);

    apr_table_setn(values, "form_action", url && !luci_way_back_is_own_page(request->r) ? url : "");
    return values;
}

static int page(luci_endpoint_request_t *request, const luci_problem_t *problem, const char *field)
{
    apr_table_t *values = values_of(request);
    const char *typed = request->is_post ? luci_form_value(&request->form, "username") : NULL;

    apr_table_setn(values, "asks", "1");
    if (request->runtime->auth.settings->email != LUCI_EMAIL_OFF)
        apr_table_setn(values, "takes_email", "1");
    apr_table_setn(values, "username", typed ? typed : "");
    return luci_own_page_send(request, values, problem, field);
}

static int is_on(const luci_server_config_t *config)
{
    return config->settings.mail != NULL;
}

static int is_missing(const luci_endpoint_request_t *request)
{
    return !is_on(luci_config_server(request->r->server));
}

static int show(luci_endpoint_request_t *request)
{
    if (is_missing(request))
        return luci_endpoint_problem(request, HTTP_NOT_FOUND, LUCI_MESSAGE_NOT_FOUND);
    return page(request, NULL, NULL);
}

/* ---- The request ---- */

static int done(luci_endpoint_request_t *request)
{
    apr_table_t *values;

    if (request->as_json || request->wants_json)
        return luci_reply_json(request->r, HTTP_OK, json_pack("{s:b}", "requested", 1));
    values = values_of(request);
    apr_table_setn(values, "is_requested", "1");
    return luci_own_page_send(request, values, NULL, NULL);
}

static int answer(luci_endpoint_request_t *request, luci_result_t result, luci_ms_t retry_after)
{
    luci_problem_t problem;

    switch (result) {
    case LUCI_OK: return done(request);
    case LUCI_INVALID: return luci_own_page_refuse(request, page, "username_error", LUCI_MESSAGE_USERNAME);
    case LUCI_THROTTLED:
        problem = luci_problem_throttled(retry_after);
        return luci_own_page_complain(request, page, &problem, "form_error");
    case LUCI_NOT_FOUND:
    case LUCI_DENIED:
    case LUCI_EXPIRED:
    case LUCI_CONFLICT:
    case LUCI_BUSY:
    case LUCI_UNAVAILABLE:
    case LUCI_INTERNAL: break;
    }
    problem = luci_problem_of(request->r, result);
    return luci_own_page_complain(request, page, &problem, "form_error");
}

static int post(luci_endpoint_request_t *request)
{
    request_rec *r = request->r;
    luci_auth_t auth = luci_state_auth(r);
    luci_reset_request_t wanted = {
        .name = luci_form_value(&request->form, "username"),
        .language = luci_reply_language(r),
        .client = { r->useragent_ip, apr_table_get(r->headers_in, "User-Agent") },
        .now = luci_runtime_now(),
    };
    luci_result_t result;

    if (is_missing(request))
        return luci_endpoint_problem(request, HTTP_NOT_FOUND, LUCI_MESSAGE_NOT_FOUND);
    result = luci_reset_request(&auth, &wanted, r->pool);
    return answer(request, result, wanted.retry_after);
}

const luci_endpoint_t luci_endpoint_forgot = {
    .handler = LUCI_ENDPOINT_HANDLER "forgot",
    .path = "forgot",
    .page = "forgot.html",
    .is_on = is_on,
    .fields = fields,
    .event = LUCI_EVENT_RESET_REQUEST,
    .get = show,
    .post = post,
};
