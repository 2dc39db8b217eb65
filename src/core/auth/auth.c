/* SPDX-License-Identifier: Apache-2.0 */
#include "core/auth/auth.h"

#include "core/base/timestamp.h"
#include "core/password/policy.h"
#include "core/throttle/device.h"

#include <apr_strings.h>
#include <string.h>

/* At sign-in any length that sign-up could ever have allowed is tried. */
#define SIGN_IN_MIN 1

/* What goes into one transaction: the rows to write, and the old session to end. */
typedef struct {
    const luci_auth_t *auth;
    const luci_auth_request_t *request;
    luci_session_t *session;
    const char *key_id;
    const char *stored_hash; /* of the key */
    int is_new;              /* user and key are made */
    int removed;             /* older sessions of the user, to make room */
} entry_t;

static luci_reason_t invalid(luci_field_t field)
{
    return field == LUCI_FIELD_USERNAME ? LUCI_REASON_INVALID_USERNAME : LUCI_REASON_INVALID_PASSWORD;
}

/* ---- Coming in ---- */

static luci_result_t check_lengths(const luci_settings_t *settings, const luci_auth_request_t *request,
                                   int sign_up, luci_field_t *field)
{
    luci_length_t password = settings->password_length;

    if (!sign_up)
        password.least = SIGN_IN_MIN;
    *field = LUCI_FIELD_USERNAME;
    if ((sign_up ? luci_policy_new_name(settings, request->username)
                 : luci_policy_typed_name(request->username, settings->username_length.most)) != LUCI_OK)
        return LUCI_INVALID;
    *field = LUCI_FIELD_PASSWORD;
    if (luci_policy_password(request->password, password) != LUCI_OK)
        return LUCI_INVALID;
    *field = LUCI_FIELD_NONE;
    return LUCI_OK;
}

static luci_result_t make_account(luci_db_t *db, entry_t *entry, apr_pool_t *scratch)
{
    const luci_user_t *user = &entry->session->user;
    luci_result_t result = luci_user_insert(db, user, entry->request->now, scratch);

    return result == LUCI_OK ? luci_key_insert(db, entry->key_id, user->id, entry->stored_hash, scratch)
                             : result;
}

/* A password takes a while to check, and whoever changes it meanwhile, disables or deletes the user, ends the
 * sessions that are there by then: none may come after. CONFLICT: it is not as it was checked. */
static luci_result_t prove_account(luci_db_t *db, entry_t *entry, apr_pool_t *scratch)
{
    const char *user_id = entry->session->user.id;
    luci_user_t user;
    luci_result_t result = luci_user_lock(db, user_id, &user, scratch);

    if (result == LUCI_OK && user.disabled)
        return LUCI_CONFLICT;
    if (result == LUCI_OK)
        result = luci_key_lock(db, entry->key_id, user_id, entry->stored_hash, scratch);
    if (result == LUCI_OK)
        result = luci_session_make_room(db, user_id, &entry->removed, scratch);
    return result == LUCI_NOT_FOUND ? LUCI_CONFLICT : result;
}

/* The new session and the end of the old one; before it, at sign-up, the user and the key. */
static luci_result_t write_entry(luci_db_t *db, void *baton, apr_pool_t *scratch)
{
    entry_t *entry = baton;
    const luci_settings_t *settings = entry->auth->settings;
    const luci_session_t *session = entry->session;
    luci_result_t result =
        entry->is_new ? make_account(db, entry, scratch) : prove_account(db, entry, scratch);

    entry->session->user.lacks = luci_db_columns(db).lacks;
    if (result == LUCI_OK)
        result = luci_session_insert(db, session, settings, &entry->request->client, scratch);
    if (result == LUCI_OK && entry->request->old_session)
        result = luci_session_delete(db, entry->request->old_session, settings, scratch);
    return result == LUCI_NOT_FOUND ? LUCI_OK : result;
}

/* Whom a browser's token has to be for: the account with the password that it has now, so that no token
 * outlives a change. NULL without a password. */
static const char *device_account(const char *key_id, const char *stored_hash, apr_pool_t *pool)
{
    return stored_hash ? apr_pstrcat(pool, key_id, "\n", stored_hash, NULL) : NULL;
}

static luci_result_t store_entry(entry_t *entry, apr_pool_t *pool)
{
    const luci_db_source_t *source = &entry->auth->source;
    luci_db_t *db;
    luci_result_t result = source->borrow(source->baton, &db);

    if (result != LUCI_OK)
        return result;
    result = luci_db_transaction(db, write_entry, entry, pool);
    source->give_back(source->baton, db);
    if (result == LUCI_OK && entry->request->attempt)
        entry->request->attempt->device_account = device_account(entry->key_id, entry->stored_hash, pool);
    if (result == LUCI_OK && entry->removed)
        luci_log(entry->auth->log, LUCI_LOG_INFO, "LUCI0230",
                 "user %s signs in and has %d sessions already: %d that would end first were removed",
                 entry->session->user.id, LUCI_SESSIONS_MAX, entry->removed);
    if (entry->request->old_session)
        luci_auth_forget(entry->auth, entry->request->old_session, pool);
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

/* ---- Tries: refused before anything is looked up, counted when the hash begins and when it's known how they
 * went ---- */

static luci_attempt_t *begin_attempt(const luci_auth_request_t *request)
{
    luci_attempt_t *attempt = request->attempt;

    attempt->address = request->client.address;
    attempt->now = request->now;
    return attempt;
}

/* A browser that shows a device cookie costs one look at the database more, before it's known whether it is
 * refused. */
static luci_attempt_t *begin_sign_in(const luci_auth_t *auth, const luci_auth_request_t *request,
                                     const char *key_id, apr_pool_t *pool)
{
    luci_attempt_t *attempt = begin_attempt(request);
    luci_key_t key;

    if (auth->throttle && attempt->device && !attempt->device_account &&
        luci_credential_find(auth, key_id, &key, pool) == LUCI_OK)
        attempt->device_account = device_account(key_id, key.stored_hash, pool);
    return attempt;
}

static luci_result_t end_attempt(const luci_auth_t *auth, const luci_auth_request_t *request,
                                 luci_result_t outcome, apr_pool_t *scratch)
{
    if (request->attempt)
        luci_throttle_end(auth->throttle, request->attempt, outcome, scratch);
    return outcome;
}

static luci_result_t look_sign_up(const luci_auth_t *auth, const luci_auth_request_t *request,
                                  apr_pool_t *pool)
{
    return request->attempt ? luci_throttle_look_sign_up(auth->throttle, begin_attempt(request), pool)
                            : LUCI_OK;
}

static luci_result_t look_sign_in(const luci_auth_t *auth, const luci_auth_request_t *request,
                                  const char *key_id, apr_pool_t *pool)
{
    return request->attempt
               ? luci_throttle_look(auth->throttle, begin_sign_in(auth, request, key_id, pool), key_id, pool)
               : LUCI_OK;
}

luci_result_t luci_auth_look(const luci_auth_t *auth, const luci_auth_request_t *request, int is_sign_up,
                             apr_pool_t *pool)
{
    const char *key_id;
    luci_field_t field;
    luci_result_t result = check_lengths(auth->settings, request, is_sign_up, &field);

    if (result == LUCI_OK)
        result = luci_key_id(request->username, &key_id, pool);
    if (result != LUCI_OK)
        return result;
    return is_sign_up ? look_sign_up(auth, request, pool) : look_sign_in(auth, request, key_id, pool);
}

/* What is counted in the hasher's turn. */
typedef struct {
    const luci_auth_t *auth;
    const luci_auth_request_t *request;
    const char *key_id;
    apr_pool_t *pool;
} count_t;

static luci_result_t count_sign_up(void *baton)
{
    const count_t *count = baton;
    luci_attempt_t *attempt = count->request->attempt;

    return attempt ? luci_throttle_sign_up(count->auth->throttle, attempt, count->pool) : LUCI_OK;
}

static luci_result_t count_sign_in(void *baton)
{
    const count_t *count = baton;
    luci_attempt_t *attempt = count->request->attempt;

    return attempt ? luci_throttle_sign_in(count->auth->throttle, attempt, count->key_id, count->pool)
                   : LUCI_OK;
}

luci_result_t luci_auth_device(const luci_auth_t *auth, const luci_auth_request_t *request,
                               const char **value, apr_pool_t *pool)
{
    const luci_throttle_t *throttle = auth->throttle;
    const luci_attempt_t *attempt = request->attempt;

    if (!throttle || throttle->limits.account.most == 0 || !attempt || !attempt->device_account)
        return LUCI_NOT_FOUND;
    return luci_device_renew(throttle->secret, attempt->device, attempt->device_account, request->now, value,
                             pool);
}

/* A name that is taken costs no hash, but counts: so many names may be tried. One that is taken meanwhile is
 * found by the transaction. */
static luci_result_t find_taken(const luci_auth_t *auth, const luci_auth_request_t *request,
                                const char *key_id, apr_pool_t *pool)
{
    count_t count = { .auth = auth, .request = request, .pool = pool };
    luci_key_t taken;
    luci_result_t result = luci_credential_find(auth, key_id, &taken, pool);

    if (result == LUCI_OK)
        result = count_sign_up(&count);
    else if (result == LUCI_NOT_FOUND)
        return LUCI_OK;
    return result == LUCI_OK ? LUCI_CONFLICT : result;
}

static luci_result_t sign_up(const luci_auth_t *auth, const luci_auth_request_t *request,
                             luci_session_t *session, luci_field_t *field, apr_pool_t *pool)
{
    entry_t entry = { .auth = auth, .request = request, .session = session };
    count_t count = { .auth = auth, .request = request, .pool = pool };
    luci_credential_t credential = { .password = request->password,
                                     .start = count_sign_up,
                                     .start_baton = &count };
    luci_user_t user;
    char *stored;
    luci_result_t result = check_lengths(auth->settings, request, 1, field);

    if (result == LUCI_OK)
        result = luci_key_id(request->username, &entry.key_id, pool);
    if (result == LUCI_OK)
        result = look_sign_up(auth, request, pool);
    if (result == LUCI_OK)
        result = find_taken(auth, request, entry.key_id, pool);
    if (result == LUCI_OK)
        result = luci_credential_hash(auth, &credential, &stored, pool);
    if (result == LUCI_OK)
        result = new_user(auth, request->username, &user, pool);
    if (result == LUCI_OK)
        result = luci_session_new(session, &user, auth->settings, request->now, pool);
    if (result != LUCI_OK)
        return result;
    entry.stored_hash = stored;
    entry.is_new = 1;
    return store_entry(&entry, pool);
}

luci_result_t luci_auth_sign_up(const luci_auth_t *auth, const luci_auth_request_t *request,
                                luci_session_t *session, luci_field_t *field, apr_pool_t *pool)
{
    luci_event_t event = { .kind = LUCI_EVENT_SIGN_UP, .at = request->now };
    luci_result_t result = end_attempt(auth, request, sign_up(auth, request, session, field, pool), pool);

    event.reason = result == LUCI_INVALID    ? invalid(*field)
                   : result == LUCI_CONFLICT ? LUCI_REASON_NAME_TAKEN
                                             : luci_reason_of(result);
    if (result == LUCI_OK) {
        luci_auth_report(auth, &event, &session->user, session->id);
        return result;
    }
    if (result == LUCI_CONFLICT)
        event.account = request->username;
    luci_event_report(&auth->events, &event);
    return result;
}

/* A new session for whom the verdict is about. */
static luci_result_t admit(const luci_auth_t *auth, const luci_auth_request_t *request,
                           luci_session_t *session, luci_verdict_t *verdict, apr_pool_t *pool)
{
    entry_t entry = {
        .auth = auth, .request = request, .session = session, .stored_hash = verdict->stored_hash
    };
    luci_result_t result = luci_session_new(session, &verdict->user, auth->settings, request->now, pool);

    if (result == LUCI_OK)
        result = luci_key_id(request->username, &entry.key_id, pool);
    return result == LUCI_OK ? store_entry(&entry, pool) : result;
}

#define CHECKS_MAX                                                                                           \
    3 /* of one password; another sign-in that replaced its outdated hash is the usual cause                 \
       */

/* The same. What was changed between the check and the lock is checked again, so that the answer is about the
 * account as it is now. */
static luci_result_t admit_as_checked(const luci_auth_t *auth, const luci_auth_request_t *request,
                                      luci_session_t *session, luci_verdict_t *verdict, apr_pool_t *pool)
{
    luci_credential_t again = { .username = request->username, .password = request->password };
    luci_result_t checked = LUCI_OK, result = admit(auth, request, session, verdict, pool);

    for (int checks = 1; result == LUCI_CONFLICT && checks < CHECKS_MAX; checks++) {
        checked = luci_credential_check(auth, &again, verdict, pool);
        result = checked == LUCI_OK ? admit(auth, request, session, verdict, pool) : checked;
    }
    if (result == LUCI_CONFLICT)
        result = LUCI_BUSY;
    if (checked == LUCI_OK)
        verdict->reason = luci_reason_of(result);
    return result;
}

/* Whose name and password these are, unless there were too many tries. */
static luci_result_t verify(const luci_auth_t *auth, const luci_auth_request_t *request,
                            luci_verdict_t *verdict, apr_pool_t *pool)
{
    count_t count = { .auth = auth, .request = request, .pool = pool };
    luci_credential_t credential = { request->username, request->password, count_sign_in, &count };
    luci_result_t result = luci_key_id(request->username, &count.key_id, pool);

    if (result == LUCI_OK)
        result = look_sign_in(auth, request, count.key_id, pool);
    if (result == LUCI_OK)
        return luci_credential_check(auth, &credential, verdict, pool);
    verdict->reason = luci_reason_of(result);
    return result;
}

/* Before anything else: which name is meant, and whether name and password can be anybody's. */
static luci_result_t take_name(const luci_auth_t *auth, luci_auth_request_t *request, luci_field_t *field,
                               luci_verdict_t *verdict, apr_pool_t *pool)
{
    luci_result_t result = luci_credential_name(auth, &request->username, pool);

    *field = LUCI_FIELD_NONE;
    if (result == LUCI_OK)
        result = check_lengths(auth->settings, request, 0, field);
    verdict->reason = result == LUCI_INVALID ? invalid(*field) : luci_reason_of(result);
    return result;
}

luci_result_t luci_auth_sign_in(const luci_auth_t *auth, luci_auth_request_t *request,
                                luci_session_t *session, luci_field_t *field, apr_pool_t *pool)
{
    luci_event_t event = { .kind = LUCI_EVENT_SIGN_IN, .at = request->now };
    luci_verdict_t verdict = { 0 };
    luci_result_t result = take_name(auth, request, field, &verdict, pool);

    if (result == LUCI_OK)
        result = verify(auth, request, &verdict, pool);
    if (result == LUCI_OK)
        result = admit_as_checked(auth, request, session, &verdict, pool);
    end_attempt(auth, request, result, pool);
    event.reason = verdict.reason;
    luci_auth_report(auth, &event, &verdict.user, result == LUCI_OK ? session->id : NULL);
    return result == LUCI_NOT_FOUND ? LUCI_DENIED : result;
}

/* ---- A sign-up form that was sent twice ---- */

#define TWICE_WITHIN (60 * LUCI_MS_SECOND)

/* Without our column created_at it is not known when the account was made; without an index its sessions
 * would be searched for in the whole table. */
static luci_result_t find_just_made(luci_db_t *db, const luci_auth_request_t *request, const char *key_id,
                                    int *is_just_made, apr_pool_t *pool)
{
    const char *const *row;
    luci_key_t key;
    luci_user_t user;
    luci_ms_t age;
    int has_index = 0;
    luci_result_t result = luci_key_get(db, key_id, &key, pool);

    *is_just_made = 0;
    if (result != LUCI_OK || strcmp(key.user.username, request->username) != 0)
        return result;
    result = luci_user_get(db, key.user.id, &user, pool);
    if (result != LUCI_OK || !user.created_at)
        return result;
    age = request->now - luci_timestamp_clamp(luci_sql_to_number(user.created_at, 0));
    if (age >= TWICE_WITHIN || age <= -TWICE_WITHIN)
        return LUCI_OK;
    result = luci_db_has_user_index(db, &has_index);
    if (result != LUCI_OK || !has_index)
        return result;
    result = luci_db_select(db, LUCI_SQL_SESSIONS_COUNT, &user.id, &row, pool);
    if (result == LUCI_OK)
        *is_just_made = luci_sql_to_number(row[0], 0) > 0;
    return result;
}

luci_result_t luci_auth_sign_up_twice(const luci_auth_t *auth, luci_auth_request_t *request,
                                      luci_session_t *session, apr_pool_t *pool)
{
    luci_field_t field;
    const char *key_id;
    luci_db_t *db;
    int is_just_made = 0;
    luci_result_t result = luci_key_id(request->username, &key_id, pool);

    if (result == LUCI_OK)
        result = auth->source.borrow(auth->source.baton, &db);
    if (result != LUCI_OK)
        return LUCI_CONFLICT;
    result = find_just_made(db, request, key_id, &is_just_made, pool);
    auth->source.give_back(auth->source.baton, db);
    if (result != LUCI_OK || !is_just_made)
        return LUCI_CONFLICT;
    return luci_auth_sign_in(auth, request, session, &field, pool) == LUCI_OK ? LUCI_OK : LUCI_CONFLICT;
}

/* ---- Checking a password, which programs send with each request ---- */

/* Verifies it and remembers what it came to, for the row that it was verified against. */
static luci_result_t verify_anew(const luci_auth_t *auth, const luci_auth_request_t *request,
                                 const luci_password_check_t *check, luci_verdict_t *verdict,
                                 apr_pool_t *pool)
{
    luci_result_t result = verify(auth, request, verdict, pool);
    luci_key_t key = { .stored_hash = verdict->stored_hash, .user = verdict->user };

    luci_password_settle(auth->passwords, check, result, verdict->reason, key.user.id ? &key : NULL,
                         request->now, pool);
    return result;
}

/* An account or address that is refused is refused here as well: who may guess no more learns nothing from
 * what is remembered. */
static luci_result_t recall(const luci_auth_t *auth, const luci_auth_request_t *request,
                            luci_verdict_t *verdict, apr_pool_t *pool)
{
    luci_password_check_t check;
    luci_key_t key = { 0 };
    const char *key_id;
    luci_result_t found, result = luci_key_id(request->username, &key_id, pool);

    if (result == LUCI_OK)
        result = look_sign_in(auth, request, key_id, pool);
    found = result == LUCI_OK ? luci_credential_find(auth, key_id, &key, pool) : result;
    if (found == LUCI_OK || found == LUCI_NOT_FOUND) {
        verdict->user = key.user;
        result = luci_password_recall(auth->passwords, &check, key_id, request->password,
                                      found == LUCI_OK ? &key : NULL, &verdict->reason, request->now, pool);
        if (result == LUCI_EXPIRED)
            return verify_anew(auth, request, &check, verdict, pool);
        found = result;
        verdict->is_repeated = result == LUCI_DENIED || result == LUCI_NOT_FOUND;
    }
    if (found == LUCI_INTERNAL || found == LUCI_THROTTLED || found == LUCI_BUSY || found == LUCI_UNAVAILABLE)
        verdict->reason = luci_reason_of(found);
    return found;
}

luci_result_t luci_auth_check(const luci_auth_t *auth, luci_auth_request_t *request, luci_user_t *user,
                              apr_pool_t *pool)
{
    luci_event_t event = { .kind = LUCI_EVENT_PASSWORD_CHECK, .at = request->now };
    luci_verdict_t verdict = { 0 };
    luci_field_t field;
    luci_result_t result = take_name(auth, request, &field, &verdict, pool);

    if (result == LUCI_INVALID)
        result = LUCI_DENIED;
    else if (result == LUCI_OK) {
        result =
            auth->passwords ? recall(auth, request, &verdict, pool) : verify(auth, request, &verdict, pool);
    }
    if (result != LUCI_NOT_FOUND)
        end_attempt(auth, request, result, pool);
    event.reason = verdict.reason;
    event.is_repeated = verdict.is_repeated;
    luci_auth_report(auth, &event, &verdict.user, NULL);
    *user = verdict.user;
    return result;
}
