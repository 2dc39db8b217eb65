/* SPDX-License-Identifier: Apache-2.0 */
/* The page of a one-time link (luciactl user reset, user add --invite), where people set a password. GET
 * shows a form and spends nothing, because mail programs open links; POST spends the link. */
#include "core/auth/password_reset.h"
#include "httpd/account/link_page.h"
#include "httpd/account/password_form.h"
#include "httpd/request/cookies.h"
#include "httpd/request/reply.h"

#include <apr_strings.h>

/* The token is no secret any more when it has been spent, and until then the page needs it again. */
static const luci_form_field_t fields[] = {
    { "token", LUCI_FORM_TEXT },
    { "password", LUCI_FORM_SECRET },
    { NULL, LUCI_FORM_TEXT },
};

/* ---- The page ---- */

static int page(luci_endpoint_request_t *request, const luci_password_reset_t *reset,
                const luci_problem_t *problem)
{
    request_rec *r = request->r;
    const luci_settings_t *settings = request->runtime->auth.settings;
    apr_table_t *values = apr_table_make(r->pool, 16);

    apr_table_setn(values, "username", reset->request.username);
    apr_table_setn(values, "token", reset->token);
    apr_table_setn(values, "password_min", apr_itoa(r->pool, settings->password_length.min));
    apr_table_setn(values, "password_max", apr_itoa(r->pool, settings->password_length.max));
    apr_table_setn(values, "form_action", luci_link_page_url(r));
    if (!problem)
        return luci_reply_page(r, HTTP_OK, request->endpoint->page, values);
    luci_reply_complain(r, problem, "password_error", values);
    return luci_reply_page(r, problem->status, request->endpoint->page, values);
}

static int show(luci_endpoint_request_t *request)
{
    luci_auth_t auth = luci_state_auth(request->r);
    luci_password_reset_t reset = { .request.now = luci_runtime_now(),
                                    .token = luci_link_page_token(request) };
    luci_result_t result = luci_password_reset_find(&auth, &reset, &reset.request.username, request->r->pool);
    if (result == LUCI_OK)
        return page(request, &reset, NULL);
    return result == LUCI_NOT_FOUND ? luci_link_page_refuse(request, request->urls->forgot)
                                    : luci_endpoint_failure(request, result);
}

/* ---- The reset ---- */

static luci_password_reset_t reset_of(const luci_password_form_t *form)
{
    return (luci_password_reset_t){
        .request = form->auth_request,
        .token = luci_form_value(&form->request->form, "token"),
        .may_be_second = luci_endpoint_may_be_second(form->request),
    };
}

static luci_result_t fill(luci_password_form_t *form)
{
    form->auth_request.password = luci_form_value(&form->request->form, "password");
    return LUCI_OK;
}

static luci_result_t look(luci_password_form_t *form, apr_pool_t *pool)
{
    luci_password_reset_t reset = reset_of(form);
    luci_result_t result = luci_password_reset_look(&form->auth, &reset, pool);

    form->auth_request = reset.request;
    return result;
}

static luci_result_t act(luci_password_form_t *form, apr_pool_t *pool)
{
    luci_password_reset_t reset = reset_of(form);
    luci_result_t result = luci_password_reset(&form->auth, &reset, pool);

    form->auth_request = reset.request;
    return result;
}

/* ---- Answers ---- */

static int complain(luci_password_form_t *form, luci_message_t message)
{
    luci_endpoint_request_t *request = form->request;
    luci_password_reset_t reset = reset_of(form);
    luci_problem_t problem = { HTTP_BAD_REQUEST, message, 0 };

    return request->as_json ? luci_reply_problem(request->r, &problem, LUCI_REPLY_JSON)
                            : page(request, &reset, &problem);
}

/* No session begins, because other people may have read the link. */
static int done(const luci_password_form_t *form)
{
    luci_endpoint_request_t *request = form->request;

    if (request->wants_json)
        return luci_reply_json(request->r, HTTP_OK,
                               json_pack("{s:s}", "username", form->auth_request.username));
    luci_cookies_set_password_set(request->r);
    return luci_reply_see_other(request->r, request->urls->login);
}

static int answer(luci_password_form_t *form)
{
    switch (form->result) {
    case LUCI_OK: return done(form);
    case LUCI_INVALID: return complain(form, LUCI_MESSAGE(luci_weakness_code(form->auth_request.weakness)));
    case LUCI_NOT_FOUND: return luci_link_page_refuse(form->request, form->request->urls->forgot);
    case LUCI_THROTTLED: return luci_link_page_throttle(form->request, &form->attempt);
    case LUCI_DENIED:
    case LUCI_EXPIRED:
    case LUCI_CONFLICT:
    case LUCI_BUSY:
    case LUCI_UNAVAILABLE:
    case LUCI_INTERNAL: break;
    }
    return luci_endpoint_failure(form->request, form->result);
}

static const luci_password_form_kind_t kind = { fill, look, act, answer };

static int post(luci_endpoint_request_t *request)
{
    return luci_password_form_post(request, &kind);
}

const luci_endpoint_t luci_endpoint_reset = {
    .handler = LUCI_ENDPOINT_HANDLER "reset",
    .path = "reset",
    .page = "reset.html",
    .fields = fields,
    .event = LUCI_EVENT_PASSWORD_RESET,
    .has_secret_query = 1,
    .get = show,
    .post = post,
};
