/* SPDX-License-Identifier: Apache-2.0 */
#include "core/auth/credential.h"

#include "core/password/password_hash.h"
#include "core/password/policy.h"

/* What is tried in the hasher's turn. */
typedef struct {
    const luci_auth_t *auth;
    const luci_credential_t *credential;
    const luci_key_t *key; /* NULL: there is none */
    const char *normalised;
    char *stored; /* the hash that was made; NULL: none was due, or it failed */
    luci_result_t making;
    luci_reason_t denial; /* why, when the answer is DENIED */
    apr_pool_t *pool;
} trial_t;

static luci_result_t in_turn(const luci_auth_t *auth, luci_hash_work_fn *work, trial_t *trial)
{
    return auth->hasher.run ? auth->hasher.run(auth->hasher.baton, work, trial) : work(trial);
}

luci_result_t luci_credential_find(const luci_auth_t *auth, const char *id, luci_key_t *key, apr_pool_t *pool)
{
    luci_db_t *db;
    luci_result_t result = auth->source.borrow(auth->source.baton, &db);

    if (result != LUCI_OK)
        return result;
    result = luci_key_get(db, id, key, pool);
    auth->source.give_back(auth->source.baton, db);
    return result;
}

luci_result_t luci_credential_name(const luci_auth_t *auth, const char **username, apr_pool_t *pool)
{
    const char *trimmed = luci_policy_trim(*username, pool), *id;
    luci_key_t key;
    luci_result_t result;

    if (trimmed == *username)
        return LUCI_OK;
    result = luci_policy_typed_name(*username, auth->settings->username_length.most);
    if (result == LUCI_OK)
        result = luci_key_id(*username, &id, pool);
    if (result == LUCI_OK)
        result = luci_credential_find(auth, id, &key, pool);
    if (result != LUCI_NOT_FOUND && result != LUCI_INVALID)
        return result;
    *username = trimmed;
    return LUCI_OK;
}

/* What is to be done before anything is hashed. */
static luci_result_t start(const trial_t *trial)
{
    const luci_credential_t *credential = trial->credential;

    return credential->start ? credential->start(credential->start_baton) : LUCI_OK;
}

static luci_result_t make_hash(trial_t *trial)
{
    return luci_password_hash(&trial->auth->settings->hash, trial->normalised, &trial->stored, trial->pool);
}

static luci_result_t hash_new(void *baton)
{
    trial_t *trial = baton;
    luci_result_t result = start(trial);

    return result == LUCI_OK ? make_hash(trial) : result;
}

luci_result_t luci_credential_hash(const luci_auth_t *auth, const luci_credential_t *credential,
                                   char **stored, apr_pool_t *pool)
{
    trial_t trial = { .auth = auth, .credential = credential, .pool = pool };
    char *normalised;
    luci_result_t result = luci_policy_nfkc(credential->password, &normalised, pool);

    if (result != LUCI_OK)
        return result;
    trial.normalised = normalised;
    result = in_turn(auth, hash_new, &trial);
    *stored = trial.stored;
    luci_secret_wipe_string(normalised);
    return result;
}

/* The verdict on a password. Without a hash that can be verified, and beside one that takes no time, one is
 * computed all the same, so that the time does not tell who exists. */
static luci_result_t judge(trial_t *trial)
{
    const luci_key_t *key = trial->key;
    luci_result_t result = LUCI_INVALID;

    if (key)
        result = luci_password_verify(key->stored_hash, trial->normalised);
    trial->denial = result == LUCI_INVALID ? LUCI_REASON_NO_PASSWORD
                    : result == LUCI_OK    ? LUCI_REASON_DISABLED
                                           : LUCI_REASON_WRONG_PASSWORD;
    if (result == LUCI_INVALID || (result == LUCI_DENIED && luci_password_is_cheap(key->stored_hash))) {
        result = luci_password_verify_dummy(&trial->auth->settings->hash, trial->normalised);
        return result == LUCI_OK ? LUCI_DENIED : result;
    }
    if (result == LUCI_OK && key->user.disabled)
        return LUCI_DENIED;
    return result;
}

/* A hash of another kind or cost than configured is made anew now that the password is known. */
static luci_result_t try_password(void *baton)
{
    trial_t *trial = baton;
    luci_result_t result = start(trial);

    if (result != LUCI_OK)
        return result;
    result = judge(trial);
    if (result == LUCI_OK && luci_password_outdated(trial->key->stored_hash, &trial->auth->settings->hash))
        trial->making = make_hash(trial);
    return result;
}

/* Failing to replace an outdated hash is no reason to turn the user away. Returns the hash that stands there
 * afterwards. */
static const char *replace_outdated(const trial_t *trial)
{
    const luci_db_source_t *source = &trial->auth->source;
    luci_db_t *db;
    luci_result_t result = trial->making;

    if (result == LUCI_OK && !trial->stored)
        return trial->key->stored_hash;
    if (result == LUCI_OK)
        result = source->borrow(source->baton, &db);
    if (result == LUCI_OK) {
        result = luci_key_replace_hash(db, trial->key, trial->stored, trial->pool);
        source->give_back(source->baton, db);
    }
    if (result != LUCI_OK && result != LUCI_NOT_FOUND)
        luci_log(trial->auth->log, LUCI_LOG_WARNING, "LUCI0201",
                 "an outdated password hash of user %s could not be replaced: %s", trial->key->user.id,
                 luci_result_name(result));
    return result == LUCI_OK ? trial->stored : trial->key->stored_hash;
}

static luci_result_t check(trial_t *trial, luci_key_t *key)
{
    apr_pool_t *pool = trial->pool;
    const char *id;
    char *normalised;
    luci_result_t found, result = luci_key_id(trial->credential->username, &id, pool);

    if (result != LUCI_OK)
        return result;
    if (trial->auth->hasher.is_full && trial->auth->hasher.is_full(trial->auth->hasher.baton))
        return LUCI_BUSY;
    found = luci_credential_find(trial->auth, id, key, pool);
    if (found != LUCI_OK && found != LUCI_NOT_FOUND)
        return found;
    result = luci_policy_nfkc(trial->credential->password, &normalised, pool);
    if (result != LUCI_OK)
        return result;
    trial->key = found == LUCI_OK ? key : NULL;
    trial->normalised = normalised;
    result = in_turn(trial->auth, try_password, trial);
    luci_secret_wipe_string(normalised);
    return result == LUCI_DENIED && found == LUCI_NOT_FOUND ? LUCI_NOT_FOUND : result;
}

luci_result_t luci_credential_check(const luci_auth_t *auth, const luci_credential_t *credential,
                                    luci_verdict_t *verdict, apr_pool_t *pool)
{
    trial_t trial = { .auth = auth, .credential = credential, .making = LUCI_OK, .pool = pool };
    luci_key_t key = { 0 };
    luci_result_t result = check(&trial, &key);

    verdict->stored_hash = result == LUCI_OK ? replace_outdated(&trial) : key.stored_hash;
    verdict->user = key.user;
    verdict->reason = result == LUCI_NOT_FOUND ? LUCI_REASON_UNKNOWN_USER
                      : result == LUCI_DENIED  ? trial.denial
                                               : luci_reason_of(result);
    return result;
}
