/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/account/member.h"

#include "httpd/account/account_json.h"
#include "httpd/request/answer.h"
#include "httpd/request/reply.h"
#include "httpd/request/way_back.h"

/* url with the page to come back to after signing in as another user. */
static const char *with_next(const luci_endpoint_request_t *call, const char *url)
{
    return luci_way_back_link(call->r, url, luci_way_back_chosen(call->r, NULL));
}

static int sign_out_page(luci_endpoint_request_t *call, int status, const char *name, const char *value)
{
    apr_table_t *values = apr_table_make(call->r->pool, 12);

    apr_table_setn(values, name, value);
    apr_table_setn(values, "sign_out_url", with_next(call, call->urls.logout));
    return luci_reply_page(call->r, status, LUCI_PAGE_LOGOUT, values);
}

int luci_member_show_sign_out(luci_endpoint_request_t *call)
{
    luci_result_t result = luci_call_session(call, luci_state_validate);

    if (result == LUCI_OK)
        return sign_out_page(call, HTTP_OK, "username", call->session->user.username);
    if (result == LUCI_NOT_FOUND)
        return luci_reply_redirect(call->r, call->urls.login);
    return luci_call_fail_result(call, result);
}

/* Nobody is signed in here: what a person wanted is so already. A cookie that does not count because of where
 * the request comes from may well belong to a session. */
static int sign_out_of_nothing(luci_endpoint_request_t *call)
{
    int refused;

    luci_state_credential(call->r, &refused);
    if (call->as_json || refused)
        return luci_call_fail(call, HTTP_UNAUTHORIZED, LUCI_MESSAGE_UNAUTHORIZED);
    return sign_out_page(call, HTTP_UNAUTHORIZED, "signed_out", LUCI_MESSAGE_SIGNED_OUT);
}

int luci_member_sign_out(luci_endpoint_request_t *call)
{
    luci_auth_t auth = luci_state_auth(call->r);
    luci_result_t result = luci_call_session(call, luci_state_validate_ending);

    if (result == LUCI_NOT_FOUND) {
        luci_state_refused(call->r, LUCI_EVENT_SIGN_OUT, LUCI_REASON_NO_SESSION);
        return sign_out_of_nothing(call);
    }
    if (result != LUCI_OK) {
        luci_state_refused(call->r, LUCI_EVENT_SIGN_OUT, luci_reason_of(result));
        return luci_call_fail_result(call, result);
    }
    result = luci_auth_sign_out(&auth, call->session, luci_runtime_now(), call->r->pool);
    if (result != LUCI_OK && result != LUCI_NOT_FOUND)
        return luci_call_fail_result(call, result);
    if (call->session->id == call->state->cookie_id)
        luci_state_clear_cookie(call->r);
    luci_answer_clear_cache(call->r);
    if (call->wants_json)
        return luci_reply_nothing(call->r);
    return luci_reply_redirect(call->r, with_next(call, call->urls.login));
}

static int profile_page(luci_endpoint_request_t *call, const luci_user_t *user)
{
    const luci_settings_t *settings = call->runtime->auth.settings;
    apr_table_t *values = apr_table_make(call->r->pool, 16);

    for (int i = 0; i < settings->attributes->nelts; i++) {
        if (user->attributes[i])
            apr_table_setn(values, APR_ARRAY_IDX(settings->attributes, i, const char *), user->attributes[i]);
    }
    apr_table_setn(values, "user_id", user->id);
    apr_table_setn(values, "username", user->username);
    return luci_reply_page(call->r, HTTP_OK, LUCI_PAGE_PROFILE, values);
}

int luci_member_show_profile(luci_endpoint_request_t *call)
{
    luci_result_t result = luci_call_session(call, luci_state_validate);

    if (result != LUCI_OK && result != LUCI_NOT_FOUND)
        return luci_call_fail_result(call, result);
    if (result == LUCI_OK && call->wants_json)
        return luci_reply_json(call->r, HTTP_OK,
                               luci_account_json(call->session, call->runtime->auth.settings));
    if (result == LUCI_OK)
        return profile_page(call, &call->session->user);
    if (call->wants_json)
        return luci_reply_error(call->r, HTTP_UNAUTHORIZED, LUCI_MESSAGE_UNAUTHORIZED, 1);
    return luci_reply_redirect(call->r, call->urls.login);
}
