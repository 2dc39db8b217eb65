/* SPDX-License-Identifier: Apache-2.0 */
/* The page where people change their password. */
#include "core/auth/password_change.h"
#include "httpd/account/password_form.h"
#include "httpd/account/second_factor.h"
#include "httpd/request/reply.h"

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
    apr_pool_t *pool = request->r->pool;
    const luci_settings_t *settings = request->runtime->auth.settings;
    apr_table_t *values = luci_own_page_values(request, request->urls->password);
    int is_new = field && strcmp(field, "password_error") == 0;

    apr_table_setn(values, "password_min", apr_itoa(pool, settings->password_length.min));
    apr_table_setn(values, "password_max", apr_itoa(pool, settings->password_length.max));
    apr_table_setn(values, is_new ? "focus_password" : "focus_current", "1");
    if (!keeps_sessions(request))
        apr_table_setn(values, "end_sessions", "1");
    return luci_own_page_send(request, values, problem, field);
}

static int show(luci_endpoint_request_t *request)
{
    return page(request, NULL, NULL);
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

static int answer(luci_password_form_t *form)
{
    if (form->result == LUCI_INVALID)
        return luci_own_page_refuse(form->request, page, "password_error",
                                    LUCI_MESSAGE(luci_weakness_code(form->auth_request.weakness)));
    if (form->result == LUCI_DENIED && form->auth_request.demand.kinds)
        return luci_second_factor_ask(form->request, &form->auth_request.demand, LUCI_STEP_CONFIRM);
    return luci_password_form_answer(form, page, "current_error");
}

static const luci_password_form_kind_t kind = { fill, look, act, answer };

static int post(luci_endpoint_request_t *request)
{
    if (luci_own_page_is_of_other(request, "username"))
        return luci_own_page_refuse(request, page, "form_error", LUCI_MESSAGE_OTHER_NAME);
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
    .needs_factors = 1,
    .get = show,
    .post = post,
    .post_again = luci_password_form_post_again,
    .no_session = luci_own_page_anonymous,
};
