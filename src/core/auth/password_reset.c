/* SPDX-License-Identifier: Apache-2.0 */
#include "core/auth/password_reset.h"

#include "core/auth/auth_int.h"
#include "core/auth/known_password.h"
#include "core/auth/password_credential.h"
#include "core/db/key_table.h"
#include "core/password/policy.h"
#include "core/session/session_end.h"
#include "core/token/token.h"

#include <string.h>

/* The transaction. */
typedef struct {
    const luci_auth_t *auth;
    const luci_token_t *token;
    const char *new_hash;
    luci_ms_t now;
    apr_array_header_t *ended; /* output: of luci_session_token_t; NULL: none */
    apr_pool_t *pool;
} writing_t;

/* ---- Before anything is hashed ---- */

typedef luci_result_t find_fn(luci_db_t *db, const char *text, luci_ms_t now, luci_token_t *token,
                              apr_pool_t *pool);

static luci_result_t find_with(find_fn *find_token, const luci_auth_t *auth,
                               const luci_password_reset_t *reset, luci_token_t *token, apr_pool_t *pool)
{
    luci_db_t *db;
    luci_result_t result = auth->source.borrow(auth->source.baton, &db);

    if (result != LUCI_OK)
        return result;
    result = find_token(db, reset->token, reset->request.now, token, pool);
    auth->source.give_back(auth->source.baton, db);
    return result;
}

static luci_result_t find(const luci_auth_t *auth, const luci_password_reset_t *reset, luci_token_t *token,
                          apr_pool_t *pool)
{
    return find_with(luci_token_find, auth, reset, token, pool);
}

luci_result_t luci_password_reset_find(const luci_auth_t *auth, const luci_password_reset_t *reset,
                                       const char **username, apr_pool_t *pool)
{
    luci_token_t token;
    luci_result_t result = find(auth, reset, &token, pool);

    if (result == LUCI_OK)
        *username = token.user.username;
    return result;
}

/* Finds the account of the link, and checks the password, which must not be the account's name. */
static luci_result_t prepare(const luci_auth_t *auth, luci_password_reset_t *reset, luci_token_t *token,
                             apr_pool_t *pool)
{
    luci_auth_request_t *request = &reset->request;
    luci_new_password_t wanted = { .password = request->password, .site = auth->site };
    luci_result_t result = find(auth, reset, token, pool);

    if (result != LUCI_OK)
        return result;
    wanted.username = request->username = token->user.username;
    return luci_auth_check_password(auth, &wanted, request, pool);
}

/* Finds the account of a link that was spent a moment ago. NOT_FOUND: there is none, or the form has no
 * password that can be that of the account. */
static luci_result_t find_second(const luci_auth_t *auth, luci_password_reset_t *reset, luci_token_t *token,
                                 apr_pool_t *pool)
{
    int max = auth->settings->password_length.max;

    if (!reset->may_be_second || luci_policy_typed_password(reset->request.password, max) != LUCI_OK)
        return LUCI_NOT_FOUND;
    return find_with(luci_token_find_spent, auth, reset, token, pool);
}

luci_result_t luci_password_reset_look(const luci_auth_t *auth, luci_password_reset_t *reset,
                                       apr_pool_t *pool)
{
    const luci_auth_request_t *request = &reset->request;
    luci_token_t token;
    luci_result_t result = LUCI_OK;

    if (request->attempt)
        result = luci_throttle_look_unnamed(auth->throttle, luci_auth_begin_attempt(request), pool);
    if (result == LUCI_OK)
        result = prepare(auth, reset, &token, pool);
    return result == LUCI_NOT_FOUND ? find_second(auth, reset, &token, pool) : result;
}

/* ---- The transaction ---- */

static luci_result_t write_hash(luci_db_t *db, const writing_t *writing, apr_pool_t *scratch)
{
    const luci_token_t *token = writing->token;
    int changed;

    if (!token->has_key)
        return luci_key_insert(db, token->key_id, token->user.id, writing->new_hash, scratch);
    return luci_db_execute(db, &luci_sql_key_set_hash,
                           LUCI_ARGUMENTS({ "hash", writing->new_hash }, { "id", token->key_id }), &changed,
                           scratch);
}

/* NOT_FOUND: the link is not valid any more. */
static luci_result_t write_reset(luci_db_t *db, void *baton, apr_pool_t *scratch)
{
    writing_t *writing = baton;
    const char *user_id = writing->token->user.id;
    luci_user_t user;
    luci_mail_notice_t notice = { .event = LUCI_EVENT_PASSWORD_RESET, .user = &user, .now = writing->now };
    luci_result_t result = luci_user_lock(db, user_id, &user, scratch);

    if (result == LUCI_OK && luci_user_is_disabled(&user, writing->now))
        return LUCI_NOT_FOUND;
    if (result == LUCI_OK)
        result = luci_token_spend(db, writing->token, writing->new_hash, writing->now, scratch);
    if (result == LUCI_OK)
        result = write_hash(db, writing, scratch);
    if (result == LUCI_OK)
        result = luci_session_end_all(db, user_id, &writing->ended, writing->pool);
    if (result == LUCI_OK)
        result = luci_auth_tell(db, writing->auth, &notice, scratch);
    return result == LUCI_CONFLICT ? LUCI_NOT_FOUND : result;
}

/* The caches forget on errors, too, because the rows may have been deleted. */
static luci_result_t commit(writing_t *writing)
{
    const luci_auth_t *auth = writing->auth;
    luci_db_t *db;
    luci_result_t result = auth->source.borrow(auth->source.baton, &db);

    if (result != LUCI_OK)
        return result;
    result = luci_db_transaction(db, write_reset, writing, writing->pool);
    auth->source.give_back(auth->source.baton, db);
    luci_auth_forget_all(auth, writing->ended, writing->pool);
    luci_known_password_forget(auth, writing->token->user.id);
    return result;
}

/* ---- The second form of a double click ---- */

/* Checks the password as a sign-in of the account does. */
static luci_result_t check_second(const luci_auth_t *auth, const luci_auth_request_t *request,
                                  const luci_token_t *token, apr_pool_t *pool)
{
    luci_auth_request_t sign_in = *request;
    luci_attempt_t attempt = { .device = request->attempt ? request->attempt->device : NULL };
    luci_verdict_t verdict = { 0 };
    luci_result_t result;

    sign_in.username = token->user.username;
    sign_in.key_id = token->key_id;
    sign_in.attempt = request->attempt ? &attempt : NULL;
    result = luci_auth_verify_alone(auth, &sign_in, &verdict, pool);
    luci_auth_end_attempt(auth, &sign_in, result, pool);
    if (result == LUCI_OK && strcmp(verdict.user.id, token->user.id) != 0)
        return LUCI_NOT_FOUND;
    return result;
}

/* A wrong password is a guess at the account, and event says so; the answer is that of any spent link. */
static luci_result_t reset_again(const luci_auth_t *auth, luci_password_reset_t *reset, luci_event_t *event,
                                 luci_user_t *user, apr_pool_t *pool)
{
    luci_token_t token;
    luci_result_t result = find_second(auth, reset, &token, pool);

    if (result == LUCI_OK)
        result = check_second(auth, &reset->request, &token, pool);
    if (result == LUCI_DENIED || result == LUCI_THROTTLED) {
        event->reason = result == LUCI_DENIED ? LUCI_REASON_WRONG_PASSWORD : LUCI_REASON_THROTTLED;
        *user = token.user;
    }
    switch (result) {
    case LUCI_OK: reset->request.username = token.user.username; return LUCI_OK;
    case LUCI_NOT_FOUND:
    case LUCI_DENIED:
    case LUCI_EXPIRED:
    case LUCI_CONFLICT:
    case LUCI_INVALID:
    case LUCI_THROTTLED: return LUCI_NOT_FOUND;
    case LUCI_BUSY:
    case LUCI_UNAVAILABLE:
    case LUCI_INTERNAL: break;
    }
    return result;
}

/* ---- The use case ---- */

static luci_result_t reset_found(const luci_auth_t *auth, const luci_auth_request_t *request,
                                 const luci_token_t *token, apr_pool_t *pool)
{
    luci_credential_t credential = { .kind = &luci_credential_password, .presented = request->password };
    writing_t writing = { .auth = auth, .token = token, .now = request->now, .pool = pool };
    char *hash;
    luci_result_t result = luci_credential_hash(auth, &credential, &hash, pool);

    if (result != LUCI_OK)
        return result;
    writing.new_hash = hash;
    return commit(&writing);
}

/* The failures of others, or of the person who forgot the password, no longer refuse this account. A count
 * that is not there, or a store that does not answer, changes nothing. */
static void forget_failures(const luci_auth_t *auth, const luci_token_t *token, luci_ms_t now,
                            apr_pool_t *scratch)
{
    if (auth->throttle)
        (void)!luci_throttle_clear(auth->throttle, LUCI_THROTTLE_ACCOUNT, token->key_id, now, scratch);
}

static luci_reason_t reason_of(luci_result_t result, luci_weakness_t weakness)
{
    if (result == LUCI_NOT_FOUND)
        return LUCI_REASON_INVALID_LINK;
    if (result == LUCI_INVALID)
        return luci_auth_reason_of_weakness(weakness);
    return luci_reason_of(result);
}

luci_result_t luci_password_reset(const luci_auth_t *auth, luci_password_reset_t *reset, apr_pool_t *pool)
{
    luci_auth_request_t *request = &reset->request;
    luci_event_t event = { .kind = LUCI_EVENT_PASSWORD_RESET, .at = request->now };
    luci_token_t token = { .has_key = 0 };
    luci_result_t result = LUCI_OK;
    int is_second = 0;

    if (request->attempt)
        result = luci_throttle_unnamed(auth->throttle, luci_auth_begin_attempt(request), pool);
    if (result == LUCI_OK)
        result = prepare(auth, reset, &token, pool);
    if (result == LUCI_OK)
        result = reset_found(auth, request, &token, pool);
    if (result == LUCI_NOT_FOUND) {
        result = reset_again(auth, reset, &event, &token.user, pool);
        is_second = result == LUCI_OK;
    }
    luci_auth_end_attempt(auth, request, result, pool);
    if (is_second)
        return result;
    if (result == LUCI_OK)
        forget_failures(auth, &token, request->now, pool);
    if (event.reason == LUCI_REASON_NONE)
        event.reason = reason_of(result, request->weakness);
    luci_auth_report(auth, &event, &token.user, NULL);
    return result;
}
