/* SPDX-License-Identifier: Apache-2.0 */
#include "core/auth/own_factors.h"

#include "core/app_password/app_password.h"
#include "core/auth/auth_int.h"
#include "core/auth/own_account.h"
#include "core/auth/totp_again.h"
#include "core/base/secret.h"
#include "core/session/session_end.h"
#include "core/totp/totp_seed.h"

/* A change in its transaction. */
typedef struct {
    const luci_auth_t *auth;
    luci_own_factor_t *own;
    const luci_totp_enrolment_t *enrolment; /* NULL: something else */
    luci_session_t *renewed;                /* of an enrolment */
    luci_recovery_codes_t *codes;           /* new ones to be stored */
    unsigned char seed[LUCI_TOTP_SEED_BYTES];
    apr_int64_t step; /* whose code the app has made */
} writing_t;

/* ---- Shared ---- */

static luci_result_t read_all(luci_db_t *db, const char *user_id, luci_own_factors_t *factors,
                              apr_pool_t *scratch)
{
    luci_factors_t found;
    luci_result_t result = luci_factor_read(db, user_id, &found, scratch);

    *factors = (luci_own_factors_t){ .kinds = found.kinds,
                                     .recovery_codes = found.recovery_codes,
                                     .passkeys = found.passkeys };
    return result == LUCI_OK ? luci_app_password_count(db, user_id, &factors->app_passwords, scratch)
                             : result;
}

luci_result_t luci_own_factors_read(const luci_auth_t *auth, const luci_session_t *session,
                                    luci_own_factors_t *factors, apr_pool_t *scratch)
{
    luci_db_t *db;
    luci_result_t result = auth->source.borrow(auth->source.baton, &db);

    if (result != LUCI_OK)
        return result;
    result = read_all(db, session->user.id, factors, scratch);
    auth->source.give_back(auth->source.baton, db);
    return result;
}

typedef luci_result_t write_fn(luci_db_t *db, void *baton, const luci_user_t *user, apr_pool_t *pool);

/* NOT_FOUND: there is no such factor. */
static luci_reason_t reason_of(luci_result_t result)
{
    return result == LUCI_NOT_FOUND
               ? LUCI_REASON_BAD_REQUEST
               : luci_own_account_reason(result, LUCI_REASON_BAD_REQUEST, LUCI_REASON_HAS_FACTOR);
}

static luci_result_t change(writing_t *writing, write_fn *write, const luci_event_t *event, apr_pool_t *pool)
{
    const luci_own_factor_t *own = writing->own;
    luci_own_account_t account = { .session = own->session,
                                   .now = own->now,
                                   .write = write,
                                   .baton = writing,
                                   .event = event->kind,
                                   .factor = event->factor };

    return luci_own_account_change(writing->auth, &account, pool);
}

/* session: the one of the event. */
static void report(const writing_t *writing, luci_event_t *event, const luci_session_t *session,
                   luci_result_t result)
{
    luci_own_factor_t *own = writing->own;

    if (own->reason == LUCI_REASON_NONE)
        own->reason = reason_of(result);
    event->at = own->now;
    event->reason = own->reason;
    luci_auth_report(writing->auth, event, &own->session->user, session);
}

/* ---- Setting up an app ---- */

/* A seed of the client comes as it was offered. Reads it, and finds the step of the code. */
static luci_result_t check_app(writing_t *writing, const luci_totp_enrolment_t *enrolment)
{
    char code[LUCI_TOTP_DIGITS + 1];
    luci_result_t result = enrolment->secret
                               ? luci_base32_decode(enrolment->secret, writing->seed, sizeof writing->seed)
                               : LUCI_INVALID;

    if (result != LUCI_OK)
        return result;
    if (!enrolment->code || luci_totp_read_code(enrolment->code, code) != LUCI_OK)
        return LUCI_DENIED;
    result = luci_totp_find(writing->seed, code, writing->own->now, &writing->step);
    luci_secret_wipe(code, sizeof code);
    return result;
}

/* Deletes the session, or all of the user, and inserts the new one. */
static luci_result_t replace_session(luci_db_t *db, const writing_t *writing, apr_pool_t *pool)
{
    const luci_session_t *session = writing->own->session;
    const luci_settings_t *settings = writing->auth->settings;
    apr_array_header_t *ended; /* own_account has named all sessions for the caches */
    luci_result_t result = writing->enrolment->end_sessions
                               ? luci_session_end_all(db, session->user.id, &ended, pool)
                               : luci_session_delete(db, &session->token, settings, pool);

    writing->renewed->user.lacks = luci_db_columns(db).lacks;
    return result == LUCI_OK
               ? luci_session_insert(db, writing->renewed, settings, &writing->enrolment->client, pool)
               : result;
}

static luci_result_t write_app(luci_db_t *db, void *baton, const luci_user_t *user, apr_pool_t *pool)
{
    writing_t *writing = baton;
    const luci_totp_owner_t owner = { writing->auth->settings->seal_keys, user->id, writing->own->now };
    luci_result_t result = luci_totp_store(db, &owner, writing->seed, writing->step, pool);

    if (result == LUCI_OK)
        result = luci_recovery_replace(db, user->id, writing->codes, pool);
    return result == LUCI_OK ? replace_session(db, writing, pool) : result;
}

static luci_result_t enrol(writing_t *writing, luci_totp_enrolment_t *enrolment, const luci_event_t *event,
                           apr_pool_t *pool)
{
    luci_own_factor_t *own = writing->own;
    luci_result_t result = check_app(writing, enrolment);

    if (result == LUCI_DENIED)
        own->reason = LUCI_REASON_WRONG_CODE;
    if (result == LUCI_OK)
        result = luci_recovery_new(writing->codes);
    if (result == LUCI_OK)
        result =
            luci_session_new(writing->renewed, &own->session->user, writing->auth->settings, own->now, pool);
    writing->renewed->factors = 2;
    return result == LUCI_OK ? change(writing, write_app, event, pool) : result;
}

/* OK: the form was the second one of a double click. Otherwise the first refusal counts. */
static luci_result_t enrol_again(const writing_t *writing, luci_totp_enrolment_t *enrolment,
                                 luci_result_t refused, apr_pool_t *pool)
{
    const luci_own_factor_t *own = writing->own;
    luci_totp_again_t again = { .token = &own->session->token,
                                .user_id = own->session->user.id,
                                .client = enrolment->client,
                                .now = own->now,
                                .secret = enrolment->secret,
                                .code = enrolment->code };
    luci_result_t result = luci_totp_again(writing->auth, &again, writing->renewed, pool);

    enrolment->codes = again.codes;
    luci_secret_wipe(&again.codes, sizeof again.codes);
    return result == LUCI_DENIED ? refused : result;
}

luci_result_t luci_own_totp_enrol(const luci_auth_t *auth, luci_totp_enrolment_t *enrolment,
                                  luci_session_t *renewed, apr_pool_t *pool)
{
    luci_event_t event = { .kind = LUCI_EVENT_FACTOR_ADD, .factor = "totp" };
    writing_t writing = { .auth = auth,
                          .own = &enrolment->own,
                          .enrolment = enrolment,
                          .renewed = renewed,
                          .codes = &enrolment->codes };
    luci_result_t result;

    enrolment->own.reason = LUCI_REASON_NONE;
    result = enrol(&writing, enrolment, &event, pool);
    luci_secret_wipe(writing.seed, sizeof writing.seed);
    if (enrolment->may_be_second && (result == LUCI_CONFLICT || result == LUCI_EXPIRED)) {
        result = enrol_again(&writing, enrolment, result, pool);
        if (result == LUCI_OK)
            return result;
    }
    if (result != LUCI_OK)
        luci_secret_wipe(&enrolment->codes, sizeof enrolment->codes);
    report(&writing, &event, result == LUCI_OK ? renewed : enrolment->own.session, result);
    return result;
}

/* ---- Removing it ---- */

static luci_result_t write_removal(luci_db_t *db, void *baton, const luci_user_t *user, apr_pool_t *pool)
{
    luci_factors_t left = { 0 };
    int removed = 0;
    luci_result_t result = luci_totp_remove(db, user->id, &removed, pool);

    (void)baton;
    if (result == LUCI_OK && !removed)
        return LUCI_NOT_FOUND;
    if (result == LUCI_OK)
        result = luci_factor_read(db, user->id, &left, pool);
    return result == LUCI_OK && !left.kinds ? luci_recovery_remove(db, user->id, pool) : result;
}

luci_result_t luci_own_totp_remove(const luci_auth_t *auth, luci_own_factor_t *own, apr_pool_t *pool)
{
    luci_event_t event = { .kind = LUCI_EVENT_FACTOR_REMOVE, .factor = "totp" };
    writing_t writing = { .auth = auth, .own = own };
    luci_result_t result;

    own->reason = LUCI_REASON_NONE;
    result = change(&writing, write_removal, &event, pool);
    report(&writing, &event, own->session, result);
    return result;
}

/* ---- New recovery codes ---- */

static luci_result_t write_codes(luci_db_t *db, void *baton, const luci_user_t *user, apr_pool_t *pool)
{
    writing_t *writing = baton;
    int kinds;
    luci_result_t result = luci_factor_kinds(db, user->id, &kinds, pool);

    if (result == LUCI_OK && !kinds)
        return LUCI_NOT_FOUND;
    return result == LUCI_OK ? luci_recovery_replace(db, user->id, writing->codes, pool) : result;
}

luci_result_t luci_own_recovery_codes(const luci_auth_t *auth, luci_own_factor_t *own,
                                      luci_recovery_codes_t *codes, apr_pool_t *pool)
{
    luci_event_t event = { .kind = LUCI_EVENT_RECOVERY_CODES };
    writing_t writing = { .auth = auth, .own = own, .codes = codes };
    luci_result_t result;

    own->reason = LUCI_REASON_NONE;
    result = luci_recovery_new(codes);
    if (result == LUCI_OK)
        result = change(&writing, write_codes, &event, pool);
    if (result != LUCI_OK)
        luci_secret_wipe(codes, sizeof *codes);
    report(&writing, &event, own->session, result);
    return result;
}
