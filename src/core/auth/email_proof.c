/* SPDX-License-Identifier: Apache-2.0 */
#include "core/auth/email_proof.h"

#include "core/auth/auth_int.h"
#include "core/auth/known_password.h"
#include "core/email/email_address.h"
#include "core/email/email_order.h"
#include "core/session/session_end.h"
#include "core/token/token.h"

#include <string.h>

/* The transaction. */
typedef struct {
    const luci_auth_t *auth;
    const luci_email_proof_t *proof;
    const luci_email_token_t *token;
    apr_array_header_t *tokens; /* output: luci_session_token_t, of all sessions of the user; NULL: none */
    apr_pool_t *pool;
} writing_t;

static int is_undo(const luci_email_token_t *token)
{
    return strcmp(token->kind, LUCI_EMAIL_UNDO) == 0;
}

/* ---- Finding ---- */

typedef luci_result_t find_fn(luci_db_t *db, const char *text, luci_ms_t now, luci_email_token_t *token,
                              apr_pool_t *pool);

static luci_result_t find_with(find_fn *find_token, const luci_auth_t *auth, luci_email_proof_t *proof,
                               luci_email_token_t *token, apr_pool_t *pool)
{
    luci_db_t *db;
    luci_result_t result;

    if (auth->settings->email == LUCI_EMAIL_OFF)
        return LUCI_NOT_FOUND;
    result = auth->source.borrow(auth->source.baton, &db);
    if (result != LUCI_OK)
        return result;
    result = find_token(db, proof->token, proof->request.now, token, pool);
    auth->source.give_back(auth->source.baton, db);
    if (result != LUCI_OK)
        return result;
    proof->is_undo = is_undo(token);
    proof->email = token->email;
    proof->username = token->user.username;
    return LUCI_OK;
}

static luci_result_t find(const luci_auth_t *auth, luci_email_proof_t *proof, luci_email_token_t *token,
                          apr_pool_t *pool)
{
    return find_with(luci_email_token_find, auth, proof, token, pool);
}

/* OK: the link was spent a moment ago, and what it did still holds. */
static luci_result_t find_spent(const luci_auth_t *auth, luci_email_proof_t *proof, apr_pool_t *pool)
{
    luci_email_token_t token;
    luci_result_t result = find_with(luci_email_token_find_spent, auth, proof, &token, pool);

    if (result != LUCI_OK)
        return result;
    return luci_email_is_verified(&token.user, auth->settings, pool) &&
                   luci_email_is_same(luci_email_of(&token.user, auth->settings), token.email, pool)
               ? LUCI_OK
               : LUCI_NOT_FOUND;
}

luci_result_t luci_email_proof_find(const luci_auth_t *auth, luci_email_proof_t *proof, apr_pool_t *pool)
{
    luci_email_token_t token;

    return find(auth, proof, &token, pool);
}

/* ---- The transaction ---- */

/* The owner of an address that was verified and is replaced can bring it back. A link to a new password that
 * was sent there must not outlive it. */
static luci_result_t leave(luci_db_t *db, const writing_t *writing, const luci_user_t *user,
                           apr_pool_t *scratch)
{
    const luci_settings_t *settings = writing->auth->settings;
    const char *old = luci_email_of(user, settings);
    luci_email_order_t order = { user->id, old, writing->proof->language, writing->proof->request.now };
    luci_result_t result;

    if (!luci_email_is_verified(user, settings, scratch) ||
        luci_email_is_same(old, writing->token->email, scratch))
        return LUCI_OK;
    result = luci_token_void(db, user->id, scratch);
    return result == LUCI_OK ? luci_email_order_undo(db, &order, scratch) : result;
}

static luci_result_t end_all(luci_db_t *db, writing_t *writing, const luci_user_t *user, apr_pool_t *scratch)
{
    luci_result_t result = luci_token_void(db, user->id, scratch);

    return result == LUCI_OK ? luci_session_end_all(db, user->id, &writing->tokens, writing->pool) : result;
}

/* The owner of the address that goes is told; where a link verified another one, the link that brings the
 * address back says so. */
static luci_result_t tell(luci_db_t *db, const writing_t *writing, const luci_user_t *user,
                          apr_pool_t *scratch)
{
    luci_mail_notice_t notice = { .event = LUCI_EVENT_EMAIL_UNDO,
                                  .user = user,
                                  .new_address = writing->token->email,
                                  .now = writing->proof->request.now };

    return is_undo(writing->token) ? luci_auth_tell(db, writing->auth, &notice, scratch) : LUCI_OK;
}

/* NOT_FOUND: the link is not valid any more. CONFLICT: another account has verified the address. */
static luci_result_t write_proof(luci_db_t *db, void *baton, apr_pool_t *scratch)
{
    writing_t *writing = baton;
    const luci_email_token_t *token = writing->token;
    luci_ms_t now = writing->proof->request.now;
    luci_user_t user;
    luci_result_t result = luci_user_lock(db, token->user.id, &user, scratch);

    if (result == LUCI_OK && luci_email_token_is_refused(&user, now))
        return LUCI_NOT_FOUND;
    if (result == LUCI_OK)
        result = luci_email_token_spend(db, token, now, scratch);
    if (result == LUCI_OK)
        result = luci_session_tokens(db, user.id, &writing->tokens, writing->pool);
    if (result == LUCI_OK)
        result = is_undo(token) ? end_all(db, writing, &user, scratch) : leave(db, writing, &user, scratch);
    if (result == LUCI_OK)
        result = luci_email_set(db, &user, token->email, scratch);
    return result == LUCI_OK ? tell(db, writing, &user, scratch) : result;
}

/* The caches forget on errors, too, because the rows may have been changed. */
static luci_result_t commit(writing_t *writing)
{
    const luci_auth_t *auth = writing->auth;
    const char *user_id = writing->token->user.id;
    luci_db_t *db;
    luci_result_t result = auth->source.borrow(auth->source.baton, &db);

    if (result != LUCI_OK)
        return result;
    result = luci_db_transaction(db, write_proof, writing, writing->pool);
    if (result == LUCI_UNAVAILABLE)
        result = luci_email_failure(db, user_id, writing->token->email, writing->pool);
    auth->source.give_back(auth->source.baton, db);
    luci_auth_forget_all(auth, writing->tokens, writing->pool);
    luci_known_password_forget(auth, user_id);
    return result == LUCI_CONFLICT || result == LUCI_INVALID ? LUCI_NOT_FOUND : result;
}

/* ---- The use case ---- */

luci_result_t luci_email_proof_spend(const luci_auth_t *auth, luci_email_proof_t *proof, apr_pool_t *pool)
{
    luci_auth_request_t *request = &proof->request;
    luci_event_t event = { .kind = LUCI_EVENT_EMAIL_VERIFY, .at = request->now };
    luci_email_token_t token = { .kind = LUCI_EMAIL_VERIFY };
    writing_t writing = { .auth = auth, .proof = proof, .token = &token, .pool = pool };
    luci_result_t result = LUCI_OK;
    int is_second = 0;

    if (request->attempt)
        result = luci_throttle_unnamed(auth->throttle, luci_auth_begin_attempt(request), pool);
    if (result == LUCI_OK)
        result = find(auth, proof, &token, pool);
    if (result == LUCI_OK)
        result = commit(&writing);
    if (result == LUCI_NOT_FOUND && proof->may_be_second) {
        result = find_spent(auth, proof, pool);
        is_second = result == LUCI_OK;
    }
    luci_auth_end_attempt(auth, request, result, pool);
    if (is_second)
        return result;
    if (proof->is_undo)
        event.kind = LUCI_EVENT_EMAIL_UNDO;
    event.reason = result == LUCI_NOT_FOUND ? LUCI_REASON_INVALID_LINK : luci_reason_of(result);
    luci_auth_report(auth, &event, &token.user, NULL);
    return result;
}
