/* SPDX-License-Identifier: Apache-2.0 */
#include "core/auth/own_passkeys.h"

#include "core/auth/auth_int.h"
#include "core/auth/factor_need.h"
#include "core/auth/own_account.h"
#include "core/factor/factor.h"
#include "core/recovery/recovery.h"

#define FACTOR "passkey"

int luci_own_passkeys_need_verification(const luci_settings_t *settings)
{
    return settings->passkeys == LUCI_PASSKEYS_ONLY;
}

/* ---- Registration ---- */

typedef struct {
    const luci_auth_t *auth;
    luci_passkey_registration_t *registration;
    luci_challenge_t challenge;
    luci_reason_t reason;
} adding_t;

static luci_result_t refuse(adding_t *adding, luci_reason_t reason, luci_passkey_fault_t fault)
{
    adding->reason = reason;
    adding->registration->fault = fault;
    return LUCI_DENIED;
}

/* With LuciaPasskeys only, a session with one factor is there only to add a passkey, which has verified its
 * user and is a second one. */
static int is_half(const adding_t *adding)
{
    return adding->auth->settings->passkeys == LUCI_PASSKEYS_ONLY &&
           adding->registration->session->factors < 2;
}

static luci_result_t replace_session(luci_db_t *db, const adding_t *adding, apr_pool_t *pool)
{
    luci_passkey_registration_t *registration = adding->registration;
    const luci_settings_t *settings = adding->auth->settings;
    luci_result_t result = luci_session_delete(db, &registration->session->token, settings, pool);

    registration->renewed.user.lacks = luci_db_columns(db).lacks;
    return result == LUCI_OK
               ? luci_session_insert(db, &registration->renewed, settings, &registration->client, pool)
               : result;
}

static luci_result_t insert(luci_db_t *db, const adding_t *adding, apr_pool_t *pool)
{
    luci_result_t result = luci_passkey_insert(db, &adding->registration->passkey, pool);

    return result == LUCI_OK && adding->registration->is_renewed ? replace_session(db, adding, pool) : result;
}

static luci_result_t write_passkey(luci_db_t *db, void *baton, const luci_user_t *user, apr_pool_t *pool)
{
    adding_t *adding = baton;
    luci_passkey_registration_t *registration = adding->registration;
    luci_result_t result =
        luci_factor_need_for_passkeys(db, adding->auth->settings, registration->session, pool);

    (void)user;
    if (result == LUCI_DENIED)
        return refuse(adding, LUCI_REASON_ONE_FACTOR, LUCI_PASSKEY_FAULT_NONE);
    if (result == LUCI_OK)
        result = luci_challenge_spend(db, &adding->challenge, registration->now, pool);
    if (result == LUCI_DENIED)
        return refuse(adding, LUCI_REASON_WRONG_PASSKEY, LUCI_PASSKEY_FAULT_CHALLENGE);
    if (result == LUCI_OK)
        result = insert(db, adding, pool);
    registration->is_full = result == LUCI_EXPIRED;
    if (result == LUCI_CONFLICT || result == LUCI_EXPIRED) {
        adding->reason = LUCI_REASON_HAS_FACTOR;
        return LUCI_CONFLICT;
    }
    return result;
}

/* NOT_FOUND: the page is too old. */
static luci_result_t verify(adding_t *adding, apr_pool_t *pool)
{
    const luci_auth_t *auth = adding->auth;
    luci_passkey_registration_t *registration = adding->registration;
    luci_challenge_use_t use = { auth->settings->seal_keys, LUCI_CHALLENGE_REGISTRATION,
                                 registration->session->user.id };
    luci_ceremony_t ceremony = { registration->party, adding->challenge.text,
                                 luci_own_passkeys_need_verification(auth->settings) };
    luci_passkey_credential_t credential;
    luci_passkey_fault_t fault = LUCI_PASSKEY_FAULT_CHALLENGE;
    luci_result_t result =
        luci_challenge_read(&use, registration->token, registration->now, &adding->challenge, pool);

    if (result == LUCI_EXPIRED) {
        (void)refuse(adding, LUCI_REASON_WRONG_PASSKEY, fault);
        return LUCI_NOT_FOUND;
    }
    if (result == LUCI_OK)
        result = luci_registration_verify(&ceremony, &registration->answer, &credential, &fault);
    if (result == LUCI_DENIED)
        return refuse(adding, LUCI_REASON_WRONG_PASSKEY, fault);
    return result == LUCI_OK ? luci_passkey_new(&credential, &registration->passkey, pool) : result;
}

/* Makes the session that replaces half a one. */
static luci_result_t renew(const adding_t *adding, apr_pool_t *pool)
{
    luci_passkey_registration_t *registration = adding->registration;
    luci_result_t result;

    if (!is_half(adding))
        return LUCI_OK;
    result = luci_session_new(&registration->renewed, &registration->session->user, adding->auth->settings,
                              registration->now, pool);
    registration->renewed.factors = 2;
    registration->is_renewed = result == LUCI_OK;
    return result;
}

static luci_result_t add(adding_t *adding, apr_pool_t *pool)
{
    luci_passkey_registration_t *registration = adding->registration;
    luci_passkey_t *passkey = &registration->passkey;
    luci_own_account_t own = { .session = registration->session,
                               .now = registration->now,
                               .write = write_passkey,
                               .baton = adding,
                               .event = LUCI_EVENT_FACTOR_ADD,
                               .factor = FACTOR };
    luci_result_t result = luci_passkey_name(registration->name, &passkey->name, pool);

    passkey->user_id = registration->session->user.id;
    passkey->created_at = registration->now;
    if (result == LUCI_INVALID)
        adding->reason = LUCI_REASON_BAD_REQUEST;
    if (result == LUCI_OK)
        result = verify(adding, pool);
    if (result == LUCI_OK)
        result = renew(adding, pool);
    if (result == LUCI_OK)
        result = luci_own_account_change(adding->auth, &own, pool);
    if (result == LUCI_EXPIRED)
        adding->reason = LUCI_REASON_NO_SESSION;
    if (result == LUCI_DENIED && adding->reason == LUCI_REASON_NONE)
        adding->reason = LUCI_REASON_ONE_FACTOR;
    return result;
}

luci_result_t luci_own_passkeys_add(const luci_auth_t *auth, luci_passkey_registration_t *registration,
                                    apr_pool_t *pool)
{
    luci_event_t event = { .kind = LUCI_EVENT_FACTOR_ADD, .at = registration->now, .factor = FACTOR };
    adding_t adding = { .auth = auth, .registration = registration };
    luci_result_t result;

    registration->fault = LUCI_PASSKEY_FAULT_NONE;
    registration->is_full = 0;
    registration->is_renewed = 0;
    result = add(&adding, pool);
    if (result != LUCI_OK) {
        event.reason = adding.reason ? adding.reason : luci_reason_of(result);
        registration->is_renewed = 0;
    }
    luci_auth_report(auth, &event, &registration->session->user,
                     registration->is_renewed ? &registration->renewed : registration->session);
    return result;
}

/* ---- Changes ---- */

typedef struct {
    const luci_auth_t *auth;
    const luci_passkey_change_t *change;
    const char *name; /* NULL: the passkey is removed */
    luci_reason_t reason;
} changing_t;

/* Recovery codes go with the last factor. */
static luci_result_t remove_codes(luci_db_t *db, const changing_t *changing, const char *user_id,
                                  apr_pool_t *scratch)
{
    int kinds = 0;
    luci_result_t result;

    if (changing->auth->settings->second_factor == LUCI_SECOND_FACTOR_OFF)
        return LUCI_OK;
    result = luci_factor_kinds(db, user_id, &kinds, scratch);
    return result == LUCI_OK && !kinds ? luci_recovery_remove(db, user_id, scratch) : result;
}

static luci_result_t write_change(luci_db_t *db, void *baton, const luci_user_t *user, apr_pool_t *pool)
{
    changing_t *changing = baton;
    const char *tag = changing->change->tag;
    luci_result_t result =
        luci_factor_need_for_passkeys(db, changing->auth->settings, changing->change->session, pool);

    if (result != LUCI_OK)
        return result;
    result = changing->name ? luci_passkey_rename(db, user->id, tag, changing->name, pool)
                            : luci_passkey_delete(db, user->id, tag, pool);
    if (result == LUCI_NOT_FOUND)
        changing->reason = LUCI_REASON_BAD_REQUEST;
    return result == LUCI_OK && !changing->name ? remove_codes(db, changing, user->id, pool) : result;
}

luci_result_t luci_own_passkeys_change(const luci_auth_t *auth, const luci_passkey_change_t *change,
                                       apr_pool_t *pool)
{
    luci_event_t event = { .kind = LUCI_EVENT_FACTOR_REMOVE, .at = change->now, .factor = FACTOR };
    changing_t changing = { .auth = auth, .change = change };
    luci_own_account_t own = { .session = change->session,
                               .now = change->now,
                               .write = write_change,
                               .baton = &changing,
                               .event = change->name ? LUCI_EVENT_USER_SET : LUCI_EVENT_FACTOR_REMOVE,
                               .factor = FACTOR };
    luci_result_t result = change->name ? luci_passkey_name(change->name, &changing.name, pool) : LUCI_OK;

    if (result == LUCI_OK)
        result = luci_own_account_change(auth, &own, pool);
    if (change->name)
        return result;
    if (result == LUCI_EXPIRED)
        changing.reason = LUCI_REASON_NO_SESSION;
    if (result == LUCI_DENIED)
        changing.reason = LUCI_REASON_ONE_FACTOR;
    if (result != LUCI_OK)
        event.reason = changing.reason ? changing.reason : luci_reason_of(result);
    luci_auth_report(auth, &event, &change->session->user, change->session);
    return result;
}

/* ---- The list ---- */

luci_result_t luci_own_passkeys_list(const luci_auth_t *auth, const char *user_id, apr_array_header_t **list,
                                     apr_pool_t *pool)
{
    luci_db_t *db;
    luci_result_t result = auth->source.borrow(auth->source.baton, &db);

    if (result != LUCI_OK)
        return result;
    result = luci_passkey_list(db, user_id, list, pool);
    auth->source.give_back(auth->source.baton, db);
    return result == LUCI_NOT_FOUND ? LUCI_UNAVAILABLE : result;
}
