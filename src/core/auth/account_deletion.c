/* SPDX-License-Identifier: Apache-2.0 */
#include "core/auth/account_deletion.h"

#include "core/account/account_change.h"
#include "core/auth/auth_int.h"
#include "core/auth/own_account.h"
#include "core/password/policy.h"

#include <apr_strings.h>
#include <string.h>

typedef struct {
    const luci_account_deletion_t *deletion;
    const char *refusal; /* output: the database's reason for a CONFLICT; from the pool of the call */
} writing_t;

/* ---- The typed name ---- */

/* An account of exactly the typed name counts before white space is dropped, as at sign-in. */
static luci_result_t compare_names(const char *typed, const char *username, apr_pool_t *scratch)
{
    const char *typed_key, *key;
    luci_result_t result;

    if (!typed)
        return LUCI_INVALID;
    if (strcmp(typed, username) == 0)
        return LUCI_OK;
    result = luci_key_id(luci_policy_trim(typed, scratch), &typed_key, scratch);
    if (result == LUCI_OK)
        result = luci_key_id(username, &key, scratch);
    if (result != LUCI_OK)
        return result;
    return strcmp(typed_key, key) == 0 ? LUCI_OK : LUCI_INVALID;
}

/* ---- The transaction ---- */

static luci_result_t write_deletion(luci_db_t *db, void *baton, const luci_user_t *user, apr_pool_t *pool)
{
    const writing_t *writing = baton;
    luci_account_deleted_t deleted;
    luci_result_t result = compare_names(writing->deletion->username, user->username, pool);

    return result == LUCI_OK ? luci_account_delete(db, user->id, &deleted, pool) : result;
}

static luci_result_t explain(luci_db_t *db, void *baton, luci_result_t result, apr_pool_t *pool)
{
    if (result == LUCI_CONFLICT)
        ((writing_t *)baton)->refusal = apr_pstrdup(pool, luci_db_error(db));
    return result;
}

/* ---- The use case ---- */

luci_result_t luci_account_deletion(const luci_auth_t *auth, const luci_account_deletion_t *deletion,
                                    apr_pool_t *pool)
{
    const luci_session_t *session = deletion->session;
    luci_event_t event = { .kind = LUCI_EVENT_USER_DELETE, .at = deletion->now };
    writing_t writing = { deletion, NULL };
    luci_own_account_t own = { .session = session,
                               .now = deletion->now,
                               .write = write_deletion,
                               .explain = explain,
                               .baton = &writing,
                               .event = LUCI_EVENT_USER_DELETE };
    luci_result_t result = luci_own_account_change(auth, &own, pool);

    if (writing.refusal)
        luci_event_notice(&auth->events, &(luci_notice_t){ .kind = LUCI_NOTICE_USER_REFERENCED,
                                                           .user_id = session->user.id,
                                                           .text = writing.refusal });
    event.reason = luci_own_account_reason(result, LUCI_REASON_INVALID_USERNAME, LUCI_REASON_REFERENCED);
    luci_auth_report(auth, &event, &session->user, session);
    return result;
}
