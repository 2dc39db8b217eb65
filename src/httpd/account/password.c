/* SPDX-License-Identifier: Apache-2.0 */
/* The page where people change their password. */
#include "core/auth/password_change.h"
#include "httpd/account/password_form.h"
#include "httpd/request/reply.h"
#include "httpd/request/way_back.h"

#include <apr_strings.h>

/* A form sends a box only if it is ticked. The page's box is ticked when other sessions shall end, while
 * keep_sessions says that they stay; so the page always sends keep_sessions, and its box overrules it. */
static const luci_form_field_t fields[] = {
    { "username", LUCI_FORM_TEXT },      { "current", LUCI_FORM_SECRET },    { "password", LUCI_FORM_SECRET },
    { "keep_sessions", LUCI_FORM_FLAG }, { "end_sessions", LUCI_FORM_FLAG }, { NULL, LUCI_FORM_TEXT },
};

static int is_set(const luci_endpoint_request_t *request, const char *flag)
{
    const char *value = luci_form_value(&request->form, flag);

    return value && *value;
}

static int keeps_sessions(const luci_endpoint_request_t *request)
{
    return is_set(request, "keep_sessions") && !is_set(request, "end_sessions");
}

/* ---- The page ---- */

static int page(luci_endpoint_request_t *request, const luci_problem_t *problem, const char *field)
{
    request_rec *r = request->r;
    const luci_settings_t *settings = request->runtime->auth.settings;
    apr_table_t *values = apr_table_make(r->pool, 16);
    const char *url = request->urls->password;
    int is_new = field && strcmp(field, "password_error") == 0;

    apr_table_setn(values, "username", request->session->user.username);
    apr_table_setn(values, "password_min", apr_itoa(r->pool, settings->password_length.min));
    apr_table_setn(values, "password_max", apr_itoa(r->pool, settings->password_length.max));
    apr_table_setn(values, "form_action", url && !luci_way_back_is_own_page(r) ? url : "");
    apr_table_setn(values, "account_url", request->urls->account);
    apr_table_setn(values, is_new ? "focus_password" : "focus_current", "1");
    if (!keeps_sessions(request))
        apr_table_setn(values, "end_sessions", "1");
    if (!problem)
        return luci_reply_page(r, HTTP_OK, request->endpoint->page, values);
    luci_reply_complain(r, problem, field, values);
    return luci_reply_page(r, problem->status, request->endpoint->page, values);
}

static int show(luci_endpoint_request_t *request)
{
    return page(request, NULL, NULL);
}

/* Without a session, a browser is led to sign-in and back. */
static int answer_anonymous(luci_endpoint_request_t *request)
{
    request_rec *r = request->r;

    if (request->is_post || request->wants_json)
        return luci_endpoint_problem(request, HTTP_UNAUTHORIZED, LUCI_MESSAGE_UNAUTHORIZED);
    return luci_reply_redirect(r, luci_way_back_link(r, request->urls->login, luci_way_back_requested(r)));
}

/* ---- The change ---- */

static luci_password_change_t change_of(const luci_password_form_t *form)
{
    luci_endpoint_request_t *request = form->request;

    return (luci_password_change_t){
        .request = form->auth_request,
        .session = request->session,
        .password = luci_form_value(&request->form, "password"),
        .keep_sessions = keeps_sessions(request),
    };
}

static luci_result_t fill(luci_password_form_t *form)
{
    form->auth_request.username = form->request->session->user.username;
    form->auth_request.password = luci_form_value(&form->request->form, "current");
    return LUCI_OK;
}

static luci_result_t look(luci_password_form_t *form, apr_pool_t *pool)
{
    luci_password_change_t change = change_of(form);
    luci_result_t result = luci_password_change_look(&form->auth, &change, pool);

    form->auth_request = change.request;
    return result;
}

static luci_result_t act(luci_password_form_t *form, apr_pool_t *pool)
{
    luci_password_change_t change = change_of(form);
    luci_result_t result = luci_password_change(&form->auth, &change, &form->session, pool);

    form->auth_request = change.request;
    return result == LUCI_EXPIRED ? luci_password_form_sign_in(form, pool) : result;
}

/* ---- Answers ---- */

static int complain(luci_endpoint_request_t *request, const luci_problem_t *problem, const char *field)
{
    return request->as_json ? luci_reply_problem(request->r, problem, LUCI_REPLY_JSON)
                            : page(request, problem, field);
}

static int refuse(luci_endpoint_request_t *request, const char *field, luci_message_t message)
{
    return complain(request, &(luci_problem_t){ HTTP_BAD_REQUEST, message, 0 }, field);
}

static int answer(luci_password_form_t *form)
{
    luci_endpoint_request_t *request = form->request;
    luci_problem_t problem;

    switch (form->result) {
    case LUCI_OK: return luci_password_form_done(form);
    case LUCI_INVALID:
        return refuse(request, "password_error",
                      LUCI_MESSAGE(luci_weakness_code(form->auth_request.weakness)));
    case LUCI_DENIED: return refuse(request, "current_error", LUCI_MESSAGE_CURRENT);
    case LUCI_NOT_FOUND: return refuse(request, "form_error", LUCI_MESSAGE_NO_PASSWORD);
    case LUCI_EXPIRED: return luci_endpoint_problem(request, HTTP_UNAUTHORIZED, LUCI_MESSAGE_UNAUTHORIZED);
    case LUCI_THROTTLED:
        problem = luci_problem_throttled(form->attempt.retry_after);
        return complain(request, &problem, "form_error");
    case LUCI_CONFLICT:
    case LUCI_BUSY:
    case LUCI_UNAVAILABLE:
    case LUCI_INTERNAL: break;
    }
    return luci_endpoint_failure(request, form->result);
}

static const luci_password_form_kind_t kind = { fill, look, act, answer };

static int post(luci_endpoint_request_t *request)
{
    if (luci_password_form_is_of_other(request))
        return refuse(request, "form_error", LUCI_MESSAGE_OTHER_NAME);
    return luci_password_form_post(request, &kind);
}

const luci_endpoint_t luci_endpoint_password = {
    .handler = LUCI_ENDPOINT_HANDLER "password",
    .path = "password",
    .page = "password.html",
    .fields = fields,
    .event = LUCI_EVENT_PASSWORD_CHANGE,
    .needs_session = 1,
    .ends_session = 1,
    .get = show,
    .post = post,
    .post_again = luci_password_form_post_again,
    .no_session = answer_anonymous,
};
