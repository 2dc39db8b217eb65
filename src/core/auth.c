/* SPDX-License-Identifier: Apache-2.0 */
#include "auth.h"

#include "key.h"
#include "password_hash.h"
#include "policy.h"
#include "secret.h"

#include <apr_strings.h>
#include <string.h>

/* At sign-in any length that sign-up could ever have allowed is tried. */
#define SIGN_IN_LEAST 1

/* What goes into one transaction: the rows to write, and the old session to end. */
typedef struct {
    const luci_auth_t *auth;
    const luci_auth_request_t *request;
    const luci_session_t *session;
    const char *key_id; /* NULL: no user and key are made */
    const char *stored_hash;
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

static luci_result_t find_key(const luci_auth_t *auth, const char *id, luci_key_t *key, apr_pool_t *pool)
{
    luci_db_t *db;
    luci_result_t result = auth->source.borrow(auth->source.baton, &db);

    if (result != LUCI_OK)
        return result;
    result = luci_key_get(db, id, key, pool);
    auth->source.give_back(auth->source.baton, db);
    return result;
}

/* The new session and the end of the old one; before it, at sign-up, the user and the key. */
static luci_result_t write_arrival(luci_db_t *db, void *baton, apr_pool_t *scratch)
{
    const arrival_t *arrival = baton;
    const luci_settings_t *settings = arrival->auth->settings;
    const luci_session_t *session = arrival->session;
    luci_result_t result = LUCI_OK;

    if (arrival->key_id)
        result = luci_user_insert(db, &session->user, arrival->request->now, scratch);
    if (result == LUCI_OK && arrival->key_id)
        result = luci_key_insert(db, arrival->key_id, session->user.id, arrival->stored_hash, scratch);
    if (result == LUCI_OK)
        result = luci_session_insert(db, session, settings, &arrival->request->client, scratch);
    if (result == LUCI_OK && arrival->request->old_session)
        result = luci_session_delete(db, arrival->request->old_session, settings, scratch);
    return result == LUCI_NOT_FOUND ? LUCI_OK : result;
}

static luci_result_t store_arrival(arrival_t *arrival, apr_pool_t *pool)
{
    const luci_db_source_t *source = &arrival->auth->source;
    luci_db_t *db;
    luci_result_t result = source->borrow(source->baton, &db);

    if (result != LUCI_OK)
        return result;
    result = luci_db_transaction(db, write_arrival, arrival, pool);
    source->give_back(source->baton, db);
    return result;
}

static luci_result_t hash_password(const luci_settings_t *settings, const char *password, char **stored,
                                   apr_pool_t *pool)
{
    char *normalised;
    luci_result_t result = luci_policy_nfkc(password, &normalised, pool);

    if (result != LUCI_OK)
        return result;
    result = luci_password_hash(&settings->hash, normalised, stored, pool);
    luci_secret_wipe_string(normalised);
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
    result = find_key(auth, arrival.key_id, &taken, pool);
    if (result != LUCI_NOT_FOUND)
        return result == LUCI_OK ? LUCI_CONFLICT : result;
    result = hash_password(auth->settings, request->password, &stored, pool);
    if (result == LUCI_OK)
        result = new_user(auth, request->username, &user, pool);
    if (result == LUCI_OK)
        result = luci_session_new(session, &user, auth->settings, request->now, pool);
    if (result != LUCI_OK)
        return result;
    arrival.stored_hash = stored;
    return store_arrival(&arrival, pool);
}

/* A hash of another kind or cost than configured is replaced now that the password is known. Failing to do so
 * is no reason to turn the user away. */
static void replace_outdated(const luci_auth_t *auth, const luci_key_t *key, const char *normalised,
                             apr_pool_t *pool)
{
    luci_db_t *db;
    char *stored;
    luci_result_t result;

    if (!luci_password_outdated(key->stored_hash, &auth->settings->hash))
        return;
    result = luci_password_hash(&auth->settings->hash, normalised, &stored, pool);
    if (result == LUCI_OK)
        result = auth->source.borrow(auth->source.baton, &db);
    if (result == LUCI_OK) {
        result = luci_key_replace_hash(db, key, stored, pool);
        auth->source.give_back(auth->source.baton, db);
    }
    if (result != LUCI_OK && result != LUCI_NOT_FOUND)
        luci_log(auth->log, LUCI_LOG_WARNING, "LUCI0201",
                 "an outdated password hash of user %s could not be replaced: %s", key->user.id,
                 luci_result_name(result));
}

/* The verdict on a password. found: what looking the key up gave. Without a hash that can be verified, and
 * beside one that takes no time, one is computed all the same, so that the time does not tell who exists. */
static luci_result_t judge(const luci_auth_t *auth, luci_result_t found, const luci_key_t *key,
                           const char *normalised)
{
    luci_result_t result = LUCI_INVALID;

    if (found == LUCI_OK)
        result = luci_password_verify(key->stored_hash, normalised);
    if (result == LUCI_INVALID || (result == LUCI_DENIED && luci_password_is_cheap(key->stored_hash))) {
        result = luci_password_verify_dummy(&auth->settings->hash, normalised);
        return result == LUCI_OK ? LUCI_DENIED : result;
    }
    if (result == LUCI_OK && key->user.disabled)
        return LUCI_DENIED;
    return result;
}

static luci_result_t verify(const luci_auth_t *auth, const char *username, const char *password,
                            luci_user_t *user, apr_pool_t *pool)
{
    luci_key_t key = { 0 };
    const char *id;
    char *normalised;
    luci_result_t found, result = luci_key_id(username, &id, pool);

    if (result != LUCI_OK)
        return result;
    found = find_key(auth, id, &key, pool);
    if (found != LUCI_OK && found != LUCI_NOT_FOUND)
        return found;
    result = luci_policy_nfkc(password, &normalised, pool);
    if (result != LUCI_OK)
        return result;
    result = judge(auth, found, &key, normalised);
    if (result == LUCI_DENIED && found == LUCI_NOT_FOUND)
        result = LUCI_NOT_FOUND;
    if (result == LUCI_OK) {
        replace_outdated(auth, &key, normalised, pool);
        *user = key.user;
    }
    luci_secret_wipe_string(normalised);
    return result;
}

luci_result_t luci_auth_sign_in(const luci_auth_t *auth, const luci_auth_request_t *request,
                                luci_session_t *session, luci_field_t *field, apr_pool_t *pool)
{
    arrival_t arrival = { .auth = auth, .request = request, .session = session };
    luci_user_t user;
    luci_result_t result = check_lengths(auth->settings, request, 0, field);

    if (result == LUCI_OK)
        result = verify(auth, request->username, request->password, &user, pool);
    if (result == LUCI_NOT_FOUND)
        return LUCI_DENIED;
    if (result == LUCI_OK)
        result = luci_session_new(session, &user, auth->settings, request->now, pool);
    return result == LUCI_OK ? store_arrival(&arrival, pool) : result;
}

luci_result_t luci_auth_check(const luci_auth_t *auth, const char *username, const char *password,
                              luci_user_t *user, apr_pool_t *pool)
{
    luci_auth_request_t request = { .username = username, .password = password };
    luci_field_t field;

    if (check_lengths(auth->settings, &request, 0, &field) != LUCI_OK)
        return LUCI_DENIED;
    return verify(auth, username, password, user, pool);
}

luci_result_t luci_auth_sign_out(const luci_auth_t *auth, const char *id, apr_pool_t *pool)
{
    luci_db_t *db;
    luci_result_t result = auth->source.borrow(auth->source.baton, &db);

    if (result != LUCI_OK)
        return result;
    result = luci_session_delete(db, id, auth->settings, pool);
    auth->source.give_back(auth->source.baton, db);
    return result;
}

/* Renews an idle session, or says why not. Somebody else having renewed it is fine. */
static luci_result_t renew(luci_db_t *db, const luci_auth_t *auth, luci_session_t *session, luci_ms_t now,
                           apr_pool_t *pool)
{
    luci_result_t result = luci_session_renew(db, session, auth->settings, now, pool);

    return result == LUCI_NOT_FOUND ? LUCI_OK : result;
}

luci_result_t luci_auth_validate(const luci_auth_t *auth, const luci_session_claim_t *claim,
                                 luci_session_t *session, luci_result_t *written, apr_pool_t *pool)
{
    luci_db_t *db;
    luci_result_t result = auth->source.borrow(auth->source.baton, &db);

    *written = LUCI_OK;
    if (result != LUCI_OK)
        return result;
    result = luci_session_get(db, claim, auth->settings, session, pool);
    if (result == LUCI_OK && session->state == LUCI_SESSION_IDLE && claim->may_write)
        *written = renew(db, auth, session, claim->now, pool);
    else if (result == LUCI_EXPIRED && claim->may_write)
        *written = luci_session_delete(db, claim->id, auth->settings, pool);
    auth->source.give_back(auth->source.baton, db);
    return result;
}
