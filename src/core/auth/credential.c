/* SPDX-License-Identifier: Apache-2.0 */
#include "core/auth/credential.h"

#include "core/password/policy.h"

/* One check of a credential, or one hash of a new one. */
typedef struct {
    const luci_auth_t *auth;
    const luci_credential_t *credential;
    const luci_key_t *key; /* NULL: no such user */
    const char *prepared;
    char *stored;         /* the new hash; NULL: none was due, or hashing failed */
    luci_result_t making; /* the result of computing the new hash */
    luci_reason_t denial; /* the reason if the result is DENIED */
    apr_pool_t *pool;
} check_t;

static luci_result_t in_turn(const luci_auth_t *auth, luci_hash_work_fn *work, check_t *check)
{
    return auth->hasher.run ? auth->hasher.run(auth->hasher.baton, work, check) : work(check);
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

luci_result_t luci_credential_resolve_name(const luci_auth_t *auth, const char **username, apr_pool_t *pool)
{
    const char *trimmed = luci_policy_trim(*username, pool), *id;
    luci_key_t key;
    luci_result_t result;

    if (trimmed == *username)
        return LUCI_OK;
    result = luci_policy_typed_name(*username, auth->settings->username_length.max);
    if (result == LUCI_OK)
        result = luci_key_id(*username, &id, pool);
    if (result == LUCI_OK)
        result = luci_credential_find(auth, id, &key, pool);
    if (result != LUCI_NOT_FOUND && result != LUCI_INVALID)
        return result;
    *username = trimmed;
    return LUCI_OK;
}

static luci_result_t start(const check_t *check)
{
    const luci_credential_t *credential = check->credential;

    return credential->start ? credential->start(credential->start_baton) : LUCI_OK;
}

static luci_result_t make_hash(check_t *check)
{
    return check->credential->kind->make(check->auth->settings, check->prepared, &check->stored, check->pool);
}

static luci_result_t hash_new(void *baton)
{
    check_t *check = baton;
    luci_result_t result = start(check);

    return result == LUCI_OK ? make_hash(check) : result;
}

luci_result_t luci_credential_hash(const luci_auth_t *auth, const luci_credential_t *credential,
                                   char **stored, apr_pool_t *pool)
{
    check_t check = { .auth = auth, .credential = credential, .pool = pool };
    char *prepared;
    luci_result_t result = credential->kind->prepare(credential->presented, &prepared, pool);

    if (result != LUCI_OK)
        return result;
    check.prepared = prepared;
    result = in_turn(auth, hash_new, &check);
    *stored = check.stored;
    luci_secret_wipe_string(prepared);
    return result;
}

/* Why the key takes not even the right credential; NONE: it takes it. */
static luci_reason_t refusal_of(const check_t *check)
{
    const luci_credential_t *credential = check->credential;

    if (credential->is_locked && credential->is_locked(credential->start_baton, check->key))
        return LUCI_REASON_TOO_MANY_FAILURES;
    return luci_user_is_disabled(&check->key->user, credential->now) ? LUCI_REASON_DISABLED
                                                                     : LUCI_REASON_NONE;
}

/* The reason of a DENIED, after the credential was compared with result. */
static luci_reason_t denial_of(luci_result_t result, luci_reason_t refusal)
{
    if (result == LUCI_INVALID)
        return LUCI_REASON_NO_PASSWORD;
    if (result == LUCI_OK || refusal == LUCI_REASON_TOO_MANY_FAILURES)
        return refusal;
    return LUCI_REASON_WRONG_PASSWORD;
}

/* Verifies the password. If there is no hash that can be verified, or only one that takes next to no time, a
 * dummy hash is computed as well, so that the time of the answer does not tell which users exist. */
static luci_result_t judge(check_t *check)
{
    const luci_credential_kind_t *kind = check->credential->kind;
    const luci_key_t *key = check->key;
    luci_reason_t refusal = key ? refusal_of(check) : LUCI_REASON_NONE;
    luci_result_t result = LUCI_INVALID;

    if (key)
        result = kind->verify(check->auth->settings, key->stored_hash, check->prepared);
    check->denial = denial_of(result, refusal);
    if (result == LUCI_OK && refusal != LUCI_REASON_NONE)
        result = LUCI_DENIED;
    if (result == LUCI_INVALID || (result == LUCI_DENIED && kind->is_cheap(key->stored_hash))) {
        result = kind->verify_dummy(check->auth->settings, check->prepared);
        return result == LUCI_OK ? LUCI_DENIED : result;
    }
    return result;
}

/* Verifies the password, and hashes it again if the stored hash has another algorithm or cost than
 * configured: only now is the password known. */
static luci_result_t try_credential(void *baton)
{
    check_t *check = baton;
    luci_result_t result = start(check);

    if (result != LUCI_OK)
        return result;
    result = judge(check);
    if (result == LUCI_OK &&
        check->credential->kind->is_outdated(check->auth->settings, check->key->stored_hash))
        check->making = make_hash(check);
    return result;
}

/* Replaces an outdated hash; a failure is reported and does not fail the sign-in. Returns the hash that is
 * stored afterwards. */
static const char *replace_outdated(const check_t *check)
{
    const luci_db_source_t *source = &check->auth->source;
    luci_db_t *db;
    luci_result_t result = check->making;

    if (result == LUCI_OK && !check->stored)
        return check->key->stored_hash;
    if (result == LUCI_OK)
        result = source->borrow(source->baton, &db);
    if (result == LUCI_OK) {
        result = luci_key_replace_hash(db, check->key, check->stored, check->pool);
        source->give_back(source->baton, db);
    }
    if (result != LUCI_OK && result != LUCI_NOT_FOUND)
        luci_event_notice(&check->auth->events, &(luci_notice_t){ .kind = LUCI_NOTICE_HASH_NOT_REPLACED,
                                                                  .user_id = check->key->user.id,
                                                                  .result = result });
    return result == LUCI_OK ? check->stored : check->key->stored_hash;
}

static luci_result_t run_check(check_t *check, luci_key_t *key)
{
    apr_pool_t *pool = check->pool;
    const luci_credential_t *credential = check->credential;
    char *prepared;
    luci_result_t found, result;

    if (check->auth->hasher.is_full && check->auth->hasher.is_full(check->auth->hasher.baton))
        return LUCI_BUSY;
    found = luci_credential_find(check->auth, credential->key_id, key, pool);
    if (found != LUCI_OK && found != LUCI_NOT_FOUND)
        return found;
    result = credential->kind->prepare(credential->presented, &prepared, pool);
    if (result != LUCI_OK)
        return result;
    check->key = found == LUCI_OK ? key : NULL;
    check->prepared = prepared;
    result = in_turn(check->auth, try_credential, check);
    luci_secret_wipe_string(prepared);
    return result == LUCI_DENIED && found == LUCI_NOT_FOUND ? LUCI_NOT_FOUND : result;
}

luci_result_t luci_credential_check(const luci_auth_t *auth, const luci_credential_t *credential,
                                    luci_verdict_t *verdict, apr_pool_t *pool)
{
    check_t check = { .auth = auth, .credential = credential, .making = LUCI_OK, .pool = pool };
    luci_key_t key = { .failures = LUCI_KEY_UNCOUNTED };
    luci_result_t result = run_check(&check, &key);

    verdict->stored_hash = result == LUCI_OK ? replace_outdated(&check) : key.stored_hash;
    verdict->user = key.user;
    verdict->failures = key.failures;
    verdict->reason = result == LUCI_NOT_FOUND ? LUCI_REASON_UNKNOWN_USER
                      : result == LUCI_DENIED  ? check.denial
                                               : luci_reason_of(result);
    return result;
}
