/* SPDX-License-Identifier: Apache-2.0 */
#include "core/auth/name_change.h"

#include "core/account/account_change.h"
#include "core/auth/auth_int.h"
#include "core/auth/own_account.h"
#include "core/email/email.h"
#include "core/password/policy.h"

/* ---- The transaction ---- */

typedef struct {
    luci_account_rename_t renaming;
    const luci_settings_t *settings;
    int is_address; /* output, with INVALID */
} writing_t;

/* The user's own address, as it is now; NULL: none that is verified. */
static const char *own_address(const writing_t *writing, const luci_user_t *user, apr_pool_t *pool)
{
    const char *address;

    return luci_email_verified(user, writing->settings, &address, pool) == LUCI_OK ? address : NULL;
}

static luci_result_t write_name(luci_db_t *db, void *baton, const luci_user_t *user, apr_pool_t *pool)
{
    writing_t *writing = baton;

    writing->is_address = luci_auth_is_foreign_address(writing->settings, writing->renaming.username,
                                                       own_address(writing, user, pool), pool);
    if (writing->is_address)
        return LUCI_INVALID;
    writing->renaming.user = user;
    return luci_account_rename(db, &writing->renaming, pool);
}

static luci_result_t explain(luci_db_t *db, void *baton, luci_result_t result, apr_pool_t *pool)
{
    writing_t *writing = baton;

    return result == LUCI_UNAVAILABLE ? luci_account_rename_failure(db, &writing->renaming, pool) : result;
}

/* ---- The use case ---- */

static luci_result_t count(const luci_auth_t *auth, const luci_auth_request_t *request, apr_pool_t *pool)
{
    return request->attempt ? luci_throttle_sign_up(auth->throttle, luci_auth_begin_attempt(request), pool)
                            : LUCI_OK;
}

static luci_result_t change_counted(const luci_auth_t *auth, luci_name_change_t *change, apr_pool_t *pool)
{
    luci_auth_request_t *request = &change->request;
    writing_t writing = {
        .renaming = { .user = &change->session->user, .username = request->username, .keeps_old = 1 },
        .settings = auth->settings
    };
    luci_own_account_t own = { .session = change->session,
                               .now = request->now,
                               .write = write_name,
                               .explain = explain,
                               .baton = &writing,
                               .event = LUCI_EVENT_USER_RENAME,
                               .new_username = request->username };
    luci_result_t result = luci_own_account_change(auth, &own, pool);

    request->is_address = writing.is_address;
    if (result == LUCI_OK && request->attempt)
        request->attempt->device_account =
            luci_auth_device_account(writing.renaming.new_key, writing.renaming.stored_hash, pool);
    return result;
}

luci_result_t luci_name_change(const luci_auth_t *auth, luci_name_change_t *change, apr_pool_t *pool)
{
    luci_auth_request_t *request = &change->request;
    luci_event_t event = { .kind = LUCI_EVENT_USER_RENAME, .at = request->now };
    luci_result_t result = luci_policy_new_name(auth->settings, request->username);

    if (result == LUCI_OK)
        result = count(auth, request, pool);
    if (result == LUCI_OK)
        result = luci_auth_end_attempt(auth, request, change_counted(auth, change, pool), pool);
    event.reason = luci_own_account_reason(result, LUCI_REASON_INVALID_USERNAME, LUCI_REASON_NAME_TAKEN);
    luci_auth_report(auth, &event, &change->session->user, change->session);
    return result;
}
