/* SPDX-License-Identifier: Apache-2.0 */
#include "core/auth/own_account.h"

#include "core/auth/auth_int.h"
#include "core/auth/factor_need.h"
#include "core/auth/known_password.h"
#include "core/session/session_end.h"

/* The transaction. */
typedef struct {
    const luci_auth_t *auth;
    const luci_own_account_t *change;
    apr_array_header_t *tokens; /* output: luci_session_token_t, of all sessions of the user; NULL: none */
    apr_pool_t *pool;
} writing_t;

/* EXPIRED: the session is not valid any more. */
static luci_result_t confirm(luci_db_t *db, const writing_t *writing, luci_user_t *user)
{
    const luci_session_t *session = writing->change->session;
    luci_session_claim_t claim = { .token = &session->token, .now = writing->change->now };
    luci_session_t now_there;
    luci_result_t result = luci_user_lock(db, session->user.id, user, writing->pool);

    if (result == LUCI_OK)
        result = luci_session_get(db, &claim, writing->auth->settings, &now_there, writing->pool);
    return result == LUCI_NOT_FOUND || result == LUCI_DENIED ? LUCI_EXPIRED : result;
}

static luci_result_t write_change(luci_db_t *db, void *baton, apr_pool_t *scratch)
{
    writing_t *writing = baton;
    const luci_own_account_t *change = writing->change;
    luci_user_t user;
    luci_mail_notice_t notice = {
        .event = change->event,
        .factor = change->factor,
        .new_username = change->new_username,
        .user = &user,
        .now = change->now,
    };
    int kinds;
    luci_result_t result = confirm(db, writing, &user);

    if (result == LUCI_OK)
        result = luci_factor_need(db, writing->auth->settings, change->session, &kinds, scratch);
    if (result == LUCI_OK)
        result = luci_session_tokens(db, user.id, &writing->tokens, writing->pool);
    if (result == LUCI_OK)
        result = change->write(db, change->baton, &user, writing->pool);
    return result == LUCI_OK ? luci_auth_tell(db, writing->auth, &notice, scratch) : result;
}

/* What the transaction refused was certainly not written. After other errors it may have been. */
static int is_refused(luci_result_t result)
{
    return result == LUCI_INVALID || result == LUCI_CONFLICT;
}

luci_result_t luci_own_account_change(const luci_auth_t *auth, const luci_own_account_t *change,
                                      apr_pool_t *pool)
{
    writing_t writing = { auth, change, NULL, pool };
    luci_db_t *db;
    luci_result_t result = auth->source.borrow(auth->source.baton, &db);

    if (result != LUCI_OK)
        return result;
    result = luci_db_transaction(db, write_change, &writing, pool);
    if (result != LUCI_OK && result != LUCI_EXPIRED && change->explain)
        result = change->explain(db, change->baton, result, pool);
    auth->source.give_back(auth->source.baton, db);
    if (is_refused(result))
        return result;
    luci_auth_forget(auth, &change->session->token, pool);
    luci_auth_forget_all(auth, writing.tokens, pool);
    luci_known_password_forget(auth, change->session->user.id);
    return result;
}

luci_reason_t luci_own_account_reason(luci_result_t result, luci_reason_t of_invalid,
                                      luci_reason_t of_conflict)
{
    switch (result) {
    case LUCI_INVALID: return of_invalid;
    case LUCI_CONFLICT: return of_conflict;
    case LUCI_EXPIRED: return LUCI_REASON_NO_SESSION;
    case LUCI_DENIED: return LUCI_REASON_ONE_FACTOR;
    case LUCI_OK:
    case LUCI_NOT_FOUND:
    case LUCI_THROTTLED:
    case LUCI_BUSY:
    case LUCI_UNAVAILABLE:
    case LUCI_INTERNAL: break;
    }
    return luci_reason_of(result);
}
