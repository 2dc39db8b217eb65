/* SPDX-License-Identifier: Apache-2.0 */
#include "member.h"

#include "account_json.h"
#include "reply.h"

int luci_member_sign_out(luci_call_t *call)
{
    luci_auth_t auth = luci_visit_auth(call->r);
    luci_result_t result = luci_call_session(call, luci_visit_validate_ending);

    if (result == LUCI_NOT_FOUND) {
        luci_visit_refused(call->r, LUCI_EVENT_SIGN_OUT, LUCI_REASON_NO_SESSION);
        return luci_call_fail(call, HTTP_UNAUTHORIZED, LUCI_MESSAGE_UNAUTHORIZED);
    }
    if (result != LUCI_OK) {
        luci_visit_refused(call->r, LUCI_EVENT_SIGN_OUT, luci_reason_of(result));
        return luci_call_fail_result(call, result);
    }
    result = luci_auth_sign_out(&auth, call->session, luci_runtime_now(), call->r->pool);
    if (result != LUCI_OK && result != LUCI_NOT_FOUND)
        return luci_call_fail_result(call, result);
    if (call->session->id == call->visit->cookie_id)
        luci_visit_clear_cookie(call->r);
    if (call->wants_json)
        return luci_reply_nothing(call->r);
    return luci_reply_redirect(call->r, call->urls.login);
}

static int profile_page(luci_call_t *call, const luci_user_t *user)
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

int luci_member_show_profile(luci_call_t *call)
{
    luci_result_t result = luci_call_session(call, luci_visit_validate);

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
