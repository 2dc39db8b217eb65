/* SPDX-License-Identifier: Apache-2.0 */
#include "core/auth/passkey_sign_in.h"

#include "core/auth/auth_int.h"

#include <apr_strings.h>
#include <string.h>

/* A sign-in on its way. */
typedef struct {
    const luci_auth_t *auth;
    luci_passkey_sign_in_t *sign_in;
    luci_challenge_t challenge;
    luci_passkey_t passkey;
    luci_user_t user;
    int is_copied;
    luci_reason_t reason; /* of a failure */
    luci_session_t *session;
    const char *device_account;  /* that device tokens are bound to; NULL: none are asked for */
    apr_array_header_t *removed; /* of luci_session_token_t; NULL: none */
    apr_pool_t *pool;
} signing_t;

static luci_result_t refuse(signing_t *signing, luci_reason_t reason, luci_passkey_fault_t fault)
{
    signing->reason = reason;
    signing->sign_in->fault = fault;
    return LUCI_DENIED;
}

/* ---- Before anything is written ---- */

static luci_result_t read_challenge(signing_t *signing)
{
    luci_challenge_use_t use = { signing->auth->settings->seal_keys, LUCI_CHALLENGE_SIGN_IN, "" };
    const luci_passkey_sign_in_t *sign_in = signing->sign_in;
    luci_result_t result =
        luci_challenge_read(&use, sign_in->token, sign_in->request.now, &signing->challenge, signing->pool);

    if (result == LUCI_DENIED || result == LUCI_EXPIRED)
        (void)refuse(signing, LUCI_REASON_WRONG_PASSKEY, LUCI_PASSKEY_FAULT_CHALLENGE);
    return result;
}

static luci_result_t find(signing_t *signing)
{
    luci_db_t *db;
    luci_result_t result = signing->auth->source.borrow(signing->auth->source.baton, &db);

    if (result != LUCI_OK)
        return result;
    result =
        luci_passkey_find(db, &signing->sign_in->answer.id, &signing->passkey, &signing->user, signing->pool);
    signing->auth->source.give_back(signing->auth->source.baton, db);
    return result == LUCI_NOT_FOUND ? refuse(signing, LUCI_REASON_UNKNOWN_PASSKEY, LUCI_PASSKEY_FAULT_NONE)
                                    : result;
}

/* Without a name, the handle must be there: it is what the authenticator knows the user by. */
static luci_result_t check_handle(signing_t *signing)
{
    luci_result_t result = luci_passkey_check_handle(&signing->sign_in->answer.user_handle, signing->user.id);

    return result == LUCI_DENIED ? refuse(signing, LUCI_REASON_WRONG_PASSKEY, LUCI_PASSKEY_FAULT_USER)
                                 : result;
}

static luci_result_t verify(signing_t *signing)
{
    luci_passkey_sign_in_t *sign_in = signing->sign_in;
    luci_ceremony_t ceremony = { sign_in->party, signing->challenge.text, 1 };
    luci_passkey_fault_t fault = LUCI_PASSKEY_FAULT_NONE;
    luci_result_t result = luci_assertion_verify(&ceremony, &sign_in->answer, &signing->passkey.credential,
                                                 &signing->is_copied, &fault);

    if (result == LUCI_DENIED)
        return refuse(signing, LUCI_REASON_WRONG_PASSKEY, fault);
    if (result == LUCI_OK)
        result = check_handle(signing);
    if (result == LUCI_OK && sign_in->user_id && strcmp(sign_in->user_id, signing->user.id) != 0)
        return refuse(signing, LUCI_REASON_WRONG_PASSKEY, LUCI_PASSKEY_FAULT_USER);
    if (result == LUCI_OK && luci_user_is_disabled(&signing->user, sign_in->request.now))
        return refuse(signing, LUCI_REASON_DISABLED, LUCI_PASSKEY_FAULT_NONE);
    return result;
}

/* ---- The transaction ---- */

/* A confirmation is no sign-in. */
static luci_result_t tell_device(luci_db_t *db, signing_t *signing, const luci_user_t *user,
                                 apr_pool_t *scratch)
{
    luci_device_owner_t owner = { .user = user };
    luci_result_t result =
        luci_auth_find_device_account(db, signing->auth, user, &signing->device_account, signing->pool);

    owner.account = signing->device_account;
    return result == LUCI_OK && !signing->sign_in->user_id
               ? luci_auth_tell_device(db, signing->auth, &signing->sign_in->request, &owner, scratch)
               : result;
}

static luci_result_t confirm_user(luci_db_t *db, signing_t *signing, luci_user_t *user, apr_pool_t *scratch)
{
    luci_result_t result = luci_user_lock(db, signing->user.id, user, scratch);

    if (result == LUCI_OK && luci_user_is_disabled(user, signing->sign_in->request.now))
        return refuse(signing, LUCI_REASON_DISABLED, LUCI_PASSKEY_FAULT_NONE);
    return result == LUCI_NOT_FOUND ? refuse(signing, LUCI_REASON_UNKNOWN_PASSKEY, LUCI_PASSKEY_FAULT_NONE)
                                    : result;
}

static luci_result_t spend(luci_db_t *db, signing_t *signing, apr_pool_t *scratch)
{
    luci_ms_t now = signing->sign_in->request.now;
    luci_result_t result = luci_challenge_spend(db, &signing->challenge, now, scratch);

    if (result == LUCI_DENIED)
        return refuse(signing, LUCI_REASON_WRONG_PASSKEY, LUCI_PASSKEY_FAULT_CHALLENGE);
    if (result == LUCI_OK)
        result = luci_passkey_used(db, &signing->passkey, now, scratch);
    return result == LUCI_NOT_FOUND ? refuse(signing, LUCI_REASON_UNKNOWN_PASSKEY, LUCI_PASSKEY_FAULT_NONE)
                                    : result;
}

/* As luci_auth_sign_in does: the session that came with the request ends first. */
static luci_result_t store_session(luci_db_t *db, signing_t *signing, apr_pool_t *scratch)
{
    const luci_settings_t *settings = signing->auth->settings;
    const luci_auth_request_t *request = &signing->sign_in->request;
    luci_result_t result = LUCI_OK;

    if (request->old_session)
        result = luci_session_delete(db, request->old_session, settings, scratch);
    if (result == LUCI_OK || result == LUCI_NOT_FOUND)
        result = luci_session_make_room(db, signing->user.id, settings->max_sessions, &signing->removed,
                                        signing->pool);
    signing->session->user.lacks = luci_db_columns(db).lacks;
    return result == LUCI_OK ? luci_session_insert(db, signing->session, settings, &request->client, scratch)
                             : result;
}

static luci_result_t write_sign_in(luci_db_t *db, void *baton, apr_pool_t *scratch)
{
    signing_t *signing = baton;
    luci_user_t user;
    luci_result_t result = confirm_user(db, signing, &user, scratch);

    if (result == LUCI_OK)
        result = spend(db, signing, scratch);
    if (result == LUCI_OK)
        result = tell_device(db, signing, &user, scratch);
    return result == LUCI_OK ? store_session(db, signing, scratch) : result;
}

static luci_result_t commit(signing_t *signing)
{
    const luci_auth_t *auth = signing->auth;
    luci_db_t *db;
    luci_result_t result = auth->source.borrow(auth->source.baton, &db);

    if (result != LUCI_OK)
        return result;
    result = luci_db_transaction(db, write_sign_in, signing, signing->pool);
    auth->source.give_back(auth->source.baton, db);
    if (result == LUCI_OK && signing->sign_in->request.attempt)
        signing->sign_in->request.attempt->device_account = signing->device_account;
    luci_auth_forget_ended(auth, &signing->sign_in->request,
                           &(luci_auth_ended_t){ result, signing->user.id, signing->removed }, signing->pool);
    return result;
}

/* ---- The use case ---- */

static luci_result_t sign_in_counted(signing_t *signing)
{
    const luci_auth_t *auth = signing->auth;
    luci_result_t result = read_challenge(signing);

    if (result == LUCI_OK)
        result = find(signing);
    if (result == LUCI_OK)
        result = verify(signing);
    if (result == LUCI_OK)
        result = luci_session_new(signing->session, &signing->user, auth->settings,
                                  signing->sign_in->request.now, signing->pool);
    signing->session->factors = 2;
    return result == LUCI_OK ? commit(signing) : result;
}

static void report(const signing_t *signing, luci_result_t result)
{
    luci_event_t event = { .kind = signing->sign_in->user_id ? LUCI_EVENT_CONFIRM : LUCI_EVENT_SIGN_IN,
                           .at = signing->sign_in->request.now,
                           .factor = "passkey",
                           .reason = signing->reason };

    if (result != LUCI_OK && event.reason == LUCI_REASON_NONE)
        event.reason = luci_reason_of(result);
    luci_auth_report(signing->auth, &event, &signing->user, result == LUCI_OK ? signing->session : NULL);
    if (result == LUCI_OK && signing->is_copied)
        luci_event_notice(&signing->auth->events, &(luci_notice_t){ .kind = LUCI_NOTICE_PASSKEY_COPIED,
                                                                    .user_id = signing->user.id });
}

luci_result_t luci_passkey_sign_in(const luci_auth_t *auth, luci_passkey_sign_in_t *sign_in,
                                   luci_session_t *session, apr_pool_t *pool)
{
    luci_auth_request_t *request = &sign_in->request;
    signing_t signing = { .auth = auth, .sign_in = sign_in, .session = session, .pool = pool };
    luci_result_t result = LUCI_OK;

    sign_in->fault = LUCI_PASSKEY_FAULT_NONE;
    if (request->attempt)
        result = luci_throttle_unnamed(auth->throttle, luci_auth_begin_attempt(request), pool);
    if (result == LUCI_OK)
        result = luci_auth_end_attempt(auth, request, sign_in_counted(&signing), pool);
    report(&signing, result);
    return result;
}
