/* SPDX-License-Identifier: Apache-2.0 */
#include "auth.h"

#include "policy.h"

#include <apr_strings.h>
#include <string.h>

/* At sign-in any length that sign-up could ever have allowed is tried. */
#define SIGN_IN_LEAST 1

/* What goes into one transaction: the rows to write, and the old session to end. */
typedef struct {
    const luci_auth_t *auth;
    const luci_auth_request_t *request;
    const luci_session_t *session;
    const char *key_id;
    const char *stored_hash; /* NULL: no user and key are made */
} arrival_t;

static luci_result_t check_lengths(const luci_settings_t *settings, const luci_auth_request_t *request,
                                   int sign_up, luci_field_t *field)
{
    luci_length_t name = settings->username_length, password = settings->password_length;

    if (!sign_up)
        name.least = password.least = SIGN_IN_LEAST;
    *field = LUCI_FIELD_USERNAME;
    if (luci_policy_username(request->username, name) != LUCI_OK)
        return LUCI_INVALID;
    *field = LUCI_FIELD_PASSWORD;
    if (luci_policy_password(request->password, password) != LUCI_OK)
        return LUCI_INVALID;
    *field = LUCI_FIELD_NONE;
    return LUCI_OK;
}

/* The new session and the end of the old one; before it, at sign-up, the user and the key. */
static luci_result_t write_arrival(luci_db_t *db, void *baton, apr_pool_t *scratch)
{
    const arrival_t *arrival = baton;
    const luci_settings_t *settings = arrival->auth->settings;
    const luci_session_t *session = arrival->session;
    luci_result_t result = LUCI_OK;

    if (arrival->stored_hash)
        result = luci_user_insert(db, &session->user, arrival->request->now, scratch);
    if (result == LUCI_OK && arrival->stored_hash)
        result = luci_key_insert(db, arrival->key_id, session->user.id, arrival->stored_hash, scratch);
    if (result == LUCI_OK)
        result = luci_session_insert(db, session, settings, &arrival->request->client, scratch);
    if (result == LUCI_OK && arrival->request->old_session)
        result = luci_session_delete(db, arrival->request->old_session, settings, scratch);
    return result == LUCI_NOT_FOUND ? LUCI_OK : result;
}

/* After the row: see session_cache.h. */
static void forget(const luci_auth_t *auth, const char *id, apr_pool_t *scratch)
{
    if (auth->cache)
        luci_session_cache_forget(auth->cache, id, scratch);
    for (const luci_session_cache_t *const *other = auth->others; other && *other; other++)
        luci_session_cache_forget(*other, id, scratch);
}

/* No session can be stored for a user who was deleted while the password was checked. The drivers tell that
 * from no other failure. */
static int is_gone(luci_db_t *db, const arrival_t *arrival, apr_pool_t *scratch)
{
    luci_key_t key;

    return !arrival->stored_hash && luci_key_get(db, arrival->key_id, &key, scratch) == LUCI_NOT_FOUND;
}

static luci_result_t store_arrival(arrival_t *arrival, apr_pool_t *pool)
{
    const luci_db_source_t *source = &arrival->auth->source;
    luci_db_t *db;
    luci_result_t result = source->borrow(source->baton, &db);

    if (result != LUCI_OK)
        return result;
    result = luci_db_transaction(db, write_arrival, arrival, pool);
    if (result == LUCI_UNAVAILABLE && is_gone(db, arrival, pool))
        result = LUCI_DENIED;
    source->give_back(source->baton, db);
    if (arrival->request->old_session)
        forget(arrival->auth, arrival->request->old_session, pool);
    return result;
}

/* A user that is not in the table yet: a new random id. */
static luci_result_t new_user(const luci_auth_t *auth, const char *username, luci_user_t *user,
                              apr_pool_t *pool)
{
    char *id = apr_palloc(pool, LUCI_USER_ID_LENGTH + 1);
    const char **attributes =
        apr_pcalloc(pool, sizeof *attributes * (apr_size_t)(auth->settings->attributes->nelts + 1));

    for (int i = 0; i < auth->settings->attributes->nelts; i++) {
        if (strcmp(APR_ARRAY_IDX(auth->settings->attributes, i, const char *), "username") == 0)
            attributes[i] = username;
    }
    *user = (luci_user_t){ .id = id, .username = username, .attributes = attributes };
    return luci_secret_random_id(id, LUCI_USER_ID_LENGTH);
}

luci_result_t luci_auth_sign_up(const luci_auth_t *auth, const luci_auth_request_t *request,
                                luci_session_t *session, luci_field_t *field, apr_pool_t *pool)
{
    arrival_t arrival = { .auth = auth, .request = request, .session = session };
    luci_key_t taken;
    luci_user_t user;
    char *stored;
    luci_result_t result = check_lengths(auth->settings, request, 1, field);

    if (result == LUCI_OK)
        result = luci_key_id(request->username, &arrival.key_id, pool);
    if (result != LUCI_OK)
        return result;
    /* A name that is taken costs no hash; one that is taken meanwhile is found by the transaction. */
    result = luci_credential_find(auth, arrival.key_id, &taken, pool);
    if (result != LUCI_NOT_FOUND)
        return result == LUCI_OK ? LUCI_CONFLICT : result;
    result = luci_credential_hash(auth, request->password, &stored, pool);
    if (result == LUCI_OK)
        result = new_user(auth, request->username, &user, pool);
    if (result == LUCI_OK)
        result = luci_session_new(session, &user, auth->settings, request->now, pool);
    if (result != LUCI_OK)
        return result;
    arrival.stored_hash = stored;
    return store_arrival(&arrival, pool);
}

luci_result_t luci_auth_sign_in(const luci_auth_t *auth, const luci_auth_request_t *request,
                                luci_session_t *session, luci_field_t *field, apr_pool_t *pool)
{
    arrival_t arrival = { .auth = auth, .request = request, .session = session };
    luci_user_t user;
    luci_result_t result = check_lengths(auth->settings, request, 0, field);

    if (result == LUCI_OK)
        result = luci_credential_check(auth, request->username, request->password, &user, pool);
    if (result == LUCI_NOT_FOUND)
        return LUCI_DENIED;
    if (result == LUCI_OK)
        result = luci_session_new(session, &user, auth->settings, request->now, pool);
    if (result == LUCI_OK)
        result = luci_key_id(request->username, &arrival.key_id, pool);
    return result == LUCI_OK ? store_arrival(&arrival, pool) : result;
}

luci_result_t luci_auth_check(const luci_auth_t *auth, const char *username, const char *password,
                              luci_user_t *user, apr_pool_t *pool)
{
    luci_auth_request_t request = { .username = username, .password = password };
    luci_field_t field;

    if (check_lengths(auth->settings, &request, 0, &field) != LUCI_OK)
        return LUCI_DENIED;
    return luci_credential_check(auth, username, password, user, pool);
}

luci_result_t luci_auth_sign_out(const luci_auth_t *auth, const char *id, apr_pool_t *pool)
{
    luci_db_t *db;
    luci_result_t result = auth->source.borrow(auth->source.baton, &db);

    if (result != LUCI_OK)
        return result;
    result = luci_session_delete(db, id, auth->settings, pool);
    auth->source.give_back(auth->source.baton, db);
    forget(auth, id, pool); /* also when the answer was lost on the way */
    return result;
}

/* Renews an idle session, or says why not. Somebody else having renewed it is fine. */
static luci_result_t renew(luci_db_t *db, const luci_auth_t *auth, luci_session_t *session, luci_ms_t now,
                           apr_pool_t *pool)
{
    luci_result_t result = luci_session_renew(db, session, auth->settings, now, pool);

    return result == LUCI_NOT_FOUND ? LUCI_OK : result;
}

/* Hashes the id in a row that Lucia left. When somebody else did so meanwhile, that's fine as well. */
static luci_result_t take_over(luci_db_t *db, const luci_auth_t *auth, luci_session_t *session,
                               apr_pool_t *pool)
{
    luci_result_t result = luci_session_hash(db, session, auth->settings, pool);

    if (result != LUCI_NOT_FOUND)
        return result;
    session->is_bare = 0;
    return LUCI_OK;
}

/* The row of a claim, taken over, renewed or removed when that is due. */
static luci_result_t look_up(const luci_auth_t *auth, const luci_session_claim_t *claim,
                             luci_session_t *session, luci_result_t *written, apr_pool_t *pool)
{
    luci_db_t *db;
    luci_result_t result = auth->source.borrow(auth->source.baton, &db);

    if (result != LUCI_OK)
        return result;
    result = luci_session_get(db, claim, auth->settings, session, pool);
    if (result == LUCI_OK && session->is_bare && claim->may_take_over)
        *written = take_over(db, auth, session, pool);
    if (result == LUCI_OK && session->state == LUCI_SESSION_IDLE && !session->is_bare && claim->may_write)
        *written = renew(db, auth, session, claim->now, pool);
    else if (result == LUCI_EXPIRED && claim->may_write)
        *written = luci_session_delete(db, claim->id, auth->settings, pool);
    auth->source.give_back(auth->source.baton, db);
    return result;
}

/* Keeps a session at hand, and then looks once more whether it's still there: see session_cache.h. When that
 * can't be seen, it was there a moment ago. */
static luci_result_t keep(const luci_auth_t *auth, const luci_session_claim_t *claim,
                          const luci_session_t *session, apr_pool_t *scratch)
{
    luci_session_claim_t again = { .id = claim->id, .now = claim->now };
    luci_session_t now_there;
    luci_result_t result, written;

    result = luci_session_cache_keep(auth->cache, session, claim->now, scratch);
    if (result != LUCI_OK && result != LUCI_UNAVAILABLE)
        return LUCI_OK;
    result = look_up(auth, &again, &now_there, &written, scratch);
    if (result == LUCI_OK)
        return LUCI_OK;
    forget(auth, claim->id, scratch);
    return result == LUCI_BUSY || result == LUCI_UNAVAILABLE ? LUCI_OK : result;
}

luci_result_t luci_auth_validate(const luci_auth_t *auth, const luci_session_claim_t *claim,
                                 luci_session_t *session, luci_result_t *written, apr_pool_t *pool)
{
    luci_result_t result;

    *written = LUCI_OK;
    if (auth->cache && luci_session_cache_find(auth->cache, claim, session, pool) == LUCI_OK)
        return LUCI_OK;
    result = look_up(auth, claim, session, written, pool);
    if (result == LUCI_OK && auth->cache && session->state == LUCI_SESSION_ACTIVE)
        result = keep(auth, claim, session, pool);
    return result;
}
