/* SPDX-License-Identifier: Apache-2.0 */
/* The page where people delete their account. */
#include "core/auth/account_deletion.h"
#include "httpd/account/own_page.h"
#include "httpd/request/answer.h"
#include "httpd/request/cookies.h"

static const luci_form_field_t fields[] = { { "username", LUCI_FORM_TEXT }, { NULL, LUCI_FORM_TEXT } };

static int page(luci_endpoint_request_t *request, const luci_problem_t *problem, const char *field)
{
    apr_table_t *values = luci_own_page_values(request, request->urls->deletion);
    const char *typed = luci_form_value(&request->form, "username");

    if (typed)
        apr_table_setn(values, "typed", typed);
    return luci_own_page_send(request, values, problem, field);
}

static int show(luci_endpoint_request_t *request)
{
    return page(request, NULL, NULL);
}

/* ---- The deletion ---- */

/* There is no session any more, so that the next page is sign-in, as after sign-out. */
static int done(luci_endpoint_request_t *request)
{
    const luci_user_t *user = &request->session->user;

    luci_endpoint_clear_session(request);
    luci_cookies_clear_device(request->r);
    luci_answer_clear_cache(request->r);
    if (request->wants_json)
        return luci_reply_json(
            request->r, HTTP_OK,
            json_pack("{s:{s:s, s:s}}", "deleted", "userId", user->id, "username", user->username));
    return luci_reply_see_other(request->r, request->urls->login);
}

static int post(luci_endpoint_request_t *request)
{
    luci_auth_t auth = luci_state_auth(request->r);
    luci_account_deletion_t deletion = { .session = request->session,
                                         .username = luci_form_value(&request->form, "username"),
                                         .now = luci_runtime_now() };
    luci_result_t result = luci_account_deletion(&auth, &deletion, request->r->pool);

    switch (result) {
    case LUCI_OK: return done(request);
    case LUCI_DENIED: return luci_endpoint_ask_factor(request);
    case LUCI_INVALID: return luci_own_page_refuse(request, page, "username_error", LUCI_MESSAGE_NOT_YOURS);
    case LUCI_CONFLICT:
        return luci_own_page_complain(
            request, page, &(luci_problem_t){ HTTP_CONFLICT, LUCI_MESSAGE_REFERENCED, 0 }, "form_error");
    case LUCI_EXPIRED: return luci_own_page_ended(request);
    case LUCI_NOT_FOUND:
    case LUCI_THROTTLED:
    case LUCI_BUSY:
    case LUCI_UNAVAILABLE:
    case LUCI_INTERNAL: break;
    }
    return luci_endpoint_failure(request, result);
}

static luci_message_t closed(const luci_dir_config_t *dir)
{
    return dir->account_deletion ? LUCI_NO_MESSAGE : LUCI_MESSAGE_CLOSED_DELETION;
}

const luci_endpoint_t luci_endpoint_deletion = {
    .handler = LUCI_ENDPOINT_HANDLER "delete",
    .path = "delete",
    .page = "delete.html",
    .fields = fields,
    .event = LUCI_EVENT_USER_DELETE,
    .needs_session = 1,
    .ends_session = 1,
    .admits_unverified = 1,
    .needs_fresh = LUCI_FRESH_ALWAYS,
    .closed = closed,
    .get = show,
    .post = post,
    .no_session = luci_own_page_anonymous,
};
