/* SPDX-License-Identifier: Apache-2.0 */
/* The use cases of passkeys: a user adds, renames and removes one, and signs in with it without a name.
 * Specification: S9.80, S9.81, S9.82. */
#include "core/auth/own_passkeys.h"
#include "core/auth/passkey_proof.h"
#include "core/auth/passkey_sign_in.h"
#include "lib/support_auth.h"
#include "lib/support_passkey.h"
#include "lib/tap.h"

#include <apr_strings.h>
#include <string.h>

#define ROWS "SELECT count(*) FROM auth_user_passkey"
#define SESSIONS "SELECT count(*) FROM user_session"

static support_auth_t *with;
static apr_pool_t *pool;
static support_key_t *key;
static luci_session_t alice, bobby;

static luci_bytes_t id_of(const char *text)
{
    return support_bytes_of(text, strlen(text));
}

static luci_challenge_t challenge_for(luci_challenge_purpose_t purpose, const char *user_id, luci_ms_t now)
{
    luci_challenge_use_t use = { with->settings.seal_keys, purpose, user_id };
    luci_challenge_t challenge;

    if (luci_challenge_make(&use, now, &challenge, pool) != LUCI_OK)
        support_give_up("a challenge", "it is not made");
    return challenge;
}

/* ---- Adding ---- */

static luci_passkey_registration_t registration_of(const luci_session_t *session, const char *id, int flags)
{
    luci_challenge_t challenge = challenge_for(LUCI_CHALLENGE_REGISTRATION, session->user.id, NOW);
    luci_passkey_registration_t registration = {
        .session = session,
        .now = NOW,
        .party = { SITE_ID, SITE_ORIGIN },
        .token = challenge.token,
        .answer = support_registration(key, id_of(id), flags, pool),
        .name = " Phone ",
    };

    registration.answer.client_data = support_client_data("webauthn.create", challenge.text, "", pool);
    return registration;
}

static const char *event(void)
{
    const char *events = apr_pstrdup(pool, with->events);

    with->events[0] = '\0';
    return events;
}

static void check_adding(void)
{
    luci_passkey_registration_t registration = registration_of(&alice, "phone of alice", UP | UV | BE);
    luci_passkey_registration_t other = registration_of(&bobby, "phone of alice", UP);

    event();
    tap_is_result(luci_own_passkeys_add(&with->auth, &registration, pool), LUCI_OK,
                  "S9.80: alice adds a passkey");
    tap_ok(strncmp(event(), "factor_add none alice", 21) == 0, "adding a passkey is an event");
    tap_is_str(registration.passkey.name, "Phone", "a new passkey has its name");
    tap_is_result(luci_own_passkeys_add(&with->auth, &registration, pool), LUCI_DENIED,
                  "S9.82: the same answer adds no second one");
    tap_is_int(registration.fault, LUCI_PASSKEY_FAULT_CHALLENGE, "the challenge of an answer was spent");
    tap_is_result(luci_own_passkeys_add(&with->auth, &other, pool), LUCI_CONFLICT,
                  "S9.80: the credential of another user is not registered");
    tap_is_int(other.is_full, 0, "a taken credential is no full list");
    other = registration_of(&bobby, "key of bobby", UP);
    other.session = &alice;
    tap_is_result(luci_own_passkeys_add(&with->auth, &other, pool), LUCI_DENIED,
                  "S9.82: a page of another user adds no passkey");
    other = registration_of(&bobby, "key of bobby", UP);
    other.now = NOW + LUCI_CHALLENGE_LASTS;
    tap_is_result(luci_own_passkeys_add(&with->auth, &other, pool), LUCI_NOT_FOUND,
                  "an old page adds no passkey");
    other = registration_of(&bobby, "key of bobby", UP);
    other.name = "a\nb";
    tap_is_result(luci_own_passkeys_add(&with->auth, &other, pool), LUCI_INVALID,
                  "a passkey needs a fit name");
    other = registration_of(&bobby, "key of bobby", UP);
    other.party.id = "evil.example";
    tap_is_result(luci_own_passkeys_add(&with->auth, &other, pool), LUCI_DENIED,
                  "the passkey of another relying party is not added");
    tap_is_int(other.fault, LUCI_PASSKEY_FAULT_RP, "the fault of a refused registration is told");
    tap_is_int(support_auth_number(with, ROWS), 1, "refused registrations leave no row");
    event();
}

/* With LuciaPasskeys only, a passkey is the only factor, so that its user must be verified. */
static void check_only(void)
{
    luci_passkey_registration_t registration = registration_of(&bobby, "key of bobby", UP);

    with->settings.passkeys = LUCI_PASSKEYS_ONLY;
    tap_is_result(luci_own_passkeys_add(&with->auth, &registration, pool), LUCI_DENIED,
                  "with LuciaPasskeys only, a passkey verifies its user");
    tap_is_int(registration.fault, LUCI_PASSKEY_FAULT_VERIFICATION, "the verification is missing");
    with->settings.passkeys = LUCI_PASSKEYS_ON;
    registration = registration_of(&bobby, "key of bobby", UP);
    tap_is_result(luci_own_passkeys_add(&with->auth, &registration, pool), LUCI_OK,
                  "with LuciaPasskeys on, a security key without verification is added");
}

/* ---- Signing in ---- */

static luci_passkey_sign_in_t sign_in_of(const luci_session_t *owner, const char *id, int flags)
{
    luci_challenge_t challenge = challenge_for(LUCI_CHALLENGE_SIGN_IN, "", NOW);
    unsigned char *handle = apr_palloc(pool, LUCI_USER_HANDLE_BYTES);
    luci_passkey_sign_in_t sign_in = { .request = { .now = NOW },
                                       .party = { SITE_ID, SITE_ORIGIN },
                                       .token = challenge.token,
                                       .answer = support_assertion(key, id_of(id), flags, 5, pool) };

    if (luci_passkey_user_handle(owner->user.id, handle) != LUCI_OK)
        support_give_up("a handle", owner->user.id);
    sign_in.answer.user_handle = (luci_bytes_t){ handle, LUCI_USER_HANDLE_BYTES };
    sign_in.answer.client_data = support_client_data("webauthn.get", challenge.text, "", pool);
    sign_in.answer.signature =
        support_sign(key, sign_in.answer.authenticator_data, sign_in.answer.client_data, pool);
    return sign_in;
}

static luci_result_t try_sign_in(luci_passkey_sign_in_t *sign_in, luci_session_t *session)
{
    return luci_passkey_sign_in(&with->auth, sign_in, session, pool);
}

static void is_refused(luci_passkey_sign_in_t *sign_in, luci_passkey_fault_t fault, const char *reason,
                       const char *what)
{
    luci_session_t session;
    long long before = support_auth_number(with, SESSIONS);

    event();
    tap_is_result(try_sign_in(sign_in, &session), LUCI_DENIED, "%s", what);
    tap_is_int(sign_in->fault, fault, "the fault: %s", what);
    tap_ok(strstr(event(), reason) != NULL, "the event has %s: %s", reason, what);
    tap_ok(support_auth_number(with, SESSIONS) == before, "no session is made: %s", what);
}

static void check_sign_in(void)
{
    luci_passkey_sign_in_t sign_in = sign_in_of(&alice, "phone of alice", UP | UV | BE);
    luci_session_t session;
    const char *said;

    event();
    tap_is_result(try_sign_in(&sign_in, &session), LUCI_OK, "S9.81: alice signs in without a name");
    said = event();
    tap_ok(strncmp(said, "sign_in none alice", 18) == 0, "signing in with a passkey is a sign-in: %s", said);
    tap_is_str(session.user.id, alice.user.id, "the session is that of alice");
    tap_is_int(session.factors, 2, "a passkey that verified its user is two factors");
    tap_ok(session.fresh, "the cookie of a new session is sent");
    tap_is_int(support_auth_number(with, "SELECT sign_count FROM auth_user_passkey WHERE name = 'Phone' AND "
                                         "last_used IS NOT NULL AND flags = 3"),
               5, "a sign-in updates the passkey");
    is_refused(&sign_in, LUCI_PASSKEY_FAULT_CHALLENGE, "wrong_passkey", "S9.82: the same answer again");
    sign_in = sign_in_of(&alice, "phone of alice", UP | BE);
    is_refused(&sign_in, LUCI_PASSKEY_FAULT_VERIFICATION, "wrong_passkey",
               "S9.81: a user who was not verified");
    sign_in = sign_in_of(&bobby, "phone of alice", UP | UV | BE);
    is_refused(&sign_in, LUCI_PASSKEY_FAULT_USER, "wrong_passkey", "S9.81: the handle of another user");
    sign_in = sign_in_of(&alice, "phone of alice", UP | UV | BE);
    sign_in.answer.user_handle.length = 0;
    is_refused(&sign_in, LUCI_PASSKEY_FAULT_USER, "wrong_passkey", "S9.81: no handle");
    sign_in = sign_in_of(&alice, "an unknown id", UP | UV | BE);
    is_refused(&sign_in, LUCI_PASSKEY_FAULT_NONE, "unknown_passkey", "a passkey that is not registered");
    sign_in = sign_in_of(&alice, "phone of alice", UP | UV | BE);
    sign_in.token = challenge_for(LUCI_CHALLENGE_FACTOR, "", NOW).token;
    is_refused(&sign_in, LUCI_PASSKEY_FAULT_CHALLENGE, "wrong_passkey", "the token of a factor");
    sign_in = sign_in_of(&alice, "phone of alice", UP | UV | BE);
    sign_in.token = challenge_for(LUCI_CHALLENGE_SIGN_IN, "", NOW).token;
    is_refused(&sign_in, LUCI_PASSKEY_FAULT_CHALLENGE, "wrong_passkey", "the token of another page");
    sign_in = sign_in_of(&alice, "phone of alice", UP | UV | BE);
    sign_in.request.now = NOW + LUCI_CHALLENGE_LASTS;
    tap_is_result(try_sign_in(&sign_in, &session), LUCI_EXPIRED, "an old page signs in nobody");
}

/* A copied authenticator is noticed, and the old session ends. */
static void check_details(void)
{
    luci_passkey_sign_in_t sign_in = sign_in_of(&alice, "phone of alice", UP | UV | BE);
    luci_session_t first, second;

    with->logged[0] = '\0';
    tap_is_result(try_sign_in(&sign_in, &first), LUCI_OK, "a counter that does not grow signs in");
    tap_ok(strncmp(with->logged, "passkey_copied: ", 16) == 0,
           "S9.81: a counter that does not grow is reported");
    sign_in = sign_in_of(&alice, "phone of alice", UP | UV | BE);
    sign_in.request.old_session = &first.token;
    tap_is_result(try_sign_in(&sign_in, &second), LUCI_OK, "a browser with a session signs in again");
    tap_is_int(support_auth_number(with, apr_psprintf(pool, SESSIONS " WHERE id LIKE '%s%%'", first.tag)), 0,
               "the session that came with the sign-in has ended");
    tap_is_int(support_auth_number(with, apr_psprintf(pool, SESSIONS " WHERE id LIKE '%s%%'", second.tag)), 1,
               "the new session is there");
    support_run(
        with->target.params,
        apr_psprintf(pool,
                     "INSERT INTO user_session (id, user_id, active_expires, idle_expires) WITH RECURSIVE "
                     "n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) SELECT 'many' || i, "
                     "'%s', 1, 1 FROM n",
                     LUCI_SESSIONS_MAX, alice.user.id));
    sign_in = sign_in_of(&alice, "phone of alice", UP | UV | BE);
    with->logged[0] = '\0';
    tap_is_result(try_sign_in(&sign_in, &first), LUCI_OK, "a user with too many sessions signs in");
    tap_ok(strstr(with->logged, "sessions_removed: ") != NULL, "the removed sessions are reported: %s",
           with->logged);
    support_run(with->target.params, "DELETE FROM user_session WHERE id LIKE 'many%'");
    support_run(with->target.params, "UPDATE auth_user SET disabled = 1 WHERE username = 'alice'");
    sign_in = sign_in_of(&alice, "phone of alice", UP | UV | BE);
    is_refused(&sign_in, LUCI_PASSKEY_FAULT_NONE, "disabled", "a disabled user");
    support_run(with->target.params, "UPDATE auth_user SET disabled = 0 WHERE username = 'alice'");
}

/* ---- Changing ---- */

static void check_changes(void)
{
    apr_array_header_t *list;
    luci_passkey_change_t change = { .session = &bobby, .now = NOW };
    luci_passkey_sign_in_t sign_in = sign_in_of(&alice, "phone of alice", UP | UV | BE);

    tap_is_result(luci_own_passkeys_list(&with->auth, alice.user.id, &list, pool), LUCI_OK,
                  "alice sees her passkeys");
    tap_is_int(list->nelts, 1, "alice has one passkey");
    change.tag = APR_ARRAY_IDX(list, 0, luci_passkey_t).tag;
    tap_is_result(luci_own_passkeys_change(&with->auth, &change, pool), LUCI_NOT_FOUND,
                  "bobby does not remove the passkey of alice");
    change.name = "Theirs";
    tap_is_result(luci_own_passkeys_change(&with->auth, &change, pool), LUCI_NOT_FOUND,
                  "bobby does not rename the passkey of alice");
    change.session = &alice;
    change.name = "";
    tap_is_result(luci_own_passkeys_change(&with->auth, &change, pool), LUCI_INVALID,
                  "a passkey keeps a name");
    change.name = "Tablet";
    tap_is_result(luci_own_passkeys_change(&with->auth, &change, pool), LUCI_OK, "alice renames her passkey");
    tap_is_int(support_auth_number(with, ROWS " WHERE name = 'Tablet'"), 1, "the passkey has another name");
    change.name = NULL;
    event();
    tap_is_result(luci_own_passkeys_change(&with->auth, &change, pool), LUCI_OK, "alice removes her passkey");
    tap_ok(strncmp(event(), "factor_remove none alice", 24) == 0, "removing a passkey is an event");
    is_refused(&sign_in, LUCI_PASSKEY_FAULT_NONE, "unknown_passkey", "a removed passkey");
}

/* A session that a stolen password alone has opened changes no factor. */
static void check_one_factor(void)
{
    luci_passkey_registration_t registration;
    apr_array_header_t *list;
    luci_passkey_change_t change = { .session = &bobby, .now = NOW };

    with->settings.second_factor = LUCI_SECOND_FACTOR_OPTIONAL;
    support_auth_close(with);
    support_our_tables(with->target.params, &with->settings);
    registration = registration_of(&bobby, "second key", UP);
    tap_is_result(luci_own_passkeys_add(&with->auth, &registration, pool), LUCI_DENIED,
                  "a session with one factor adds no second passkey");
    tap_is_int(registration.fault, LUCI_PASSKEY_FAULT_NONE, "the answer was not at fault");
    tap_is_result(luci_own_passkeys_list(&with->auth, bobby.user.id, &list, pool), LUCI_OK,
                  "bobby has a list");
    change.tag = APR_ARRAY_IDX(list, 0, luci_passkey_t).tag;
    tap_is_result(luci_own_passkeys_change(&with->auth, &change, pool), LUCI_DENIED,
                  "a session with one factor removes no passkey");
    bobby.factors = 2;
    registration = registration_of(&bobby, "second key", UP);
    tap_is_result(luci_own_passkeys_add(&with->auth, &registration, pool), LUCI_OK,
                  "a session with two factors adds a passkey");
}

/* ---- As the only factor ---- */

/* A confirmation is by the user of the session. */
static void check_confirmation(void)
{
    luci_passkey_sign_in_t sign_in = sign_in_of(&alice, "phone of alice", UP | UV | BE);
    luci_session_t session;

    sign_in.user_id = bobby.user.id;
    is_refused(&sign_in, LUCI_PASSKEY_FAULT_USER, "confirm wrong_passkey",
               "the confirmation of another user");
    sign_in = sign_in_of(&alice, "phone of alice", UP | UV | BE);
    sign_in.user_id = alice.user.id;
    event();
    tap_is_result(try_sign_in(&sign_in, &session), LUCI_OK, "a passkey confirms");
    tap_ok(strncmp(event(), "confirm none alice", 18) == 0, "a confirmation with a passkey is an event");
}

static void check_passwords(void)
{
    luci_user_t user;

    tap_is_result(support_sign_in(with, "alice", PASSWORD), LUCI_OK,
                  "with LuciaPasskeys on, the password of a user with a passkey signs in");
    with->settings.passkeys = LUCI_PASSKEYS_ONLY;
    event();
    tap_is_result(support_sign_in(with, "alice", PASSWORD), LUCI_DENIED,
                  "S9.86: the password of a user with a passkey does not sign in");
    tap_ok(strstr(event(), "factor_missing") != NULL, "the reason is the missing passkey");
    tap_is_result(support_check(with, "alice", PASSWORD, &user), LUCI_DENIED,
                  "S9.86: the password of a user with a passkey admits nobody over Basic");
    tap_is_result(support_sign_up(with, "carol", PASSWORD), LUCI_OK,
                  "S9.86: a user without a passkey signs up");
    tap_is_result(support_sign_in(with, "carol", PASSWORD), LUCI_OK,
                  "S9.86: the password of a user without a passkey signs in");
    tap_is_result(support_check(with, "carol", PASSWORD, &user), LUCI_OK,
                  "S9.86: the password of a user without a passkey admits over Basic");
    with->settings.passkeys = LUCI_PASSKEYS_ON;
}

/* ---- As a second factor ---- */

static luci_passkey_proof_t proof_of(const luci_session_t *owner, const char *id, int flags)
{
    luci_challenge_t challenge = challenge_for(LUCI_CHALLENGE_FACTOR, owner->user.id, NOW);
    luci_passkey_proof_t proof = { .party = { SITE_ID, SITE_ORIGIN },
                                   .token = challenge.token,
                                   .answer = support_assertion(key, id_of(id), flags, 9, pool),
                                   .user_id = owner->user.id,
                                   .now = NOW };

    proof.answer.client_data = support_client_data("webauthn.get", challenge.text, "", pool);
    proof.answer.signature =
        support_sign(key, proof.answer.authenticator_data, proof.answer.client_data, pool);
    return proof;
}

static void proves_nothing(luci_passkey_proof_t *proof, luci_reason_t reason, luci_passkey_fault_t fault,
                           const char *what)
{
    tap_is_result(luci_passkey_prove(&with->auth, proof, pool), LUCI_DENIED, "no second factor: %s", what);
    tap_is_int(proof->reason, reason, "the reason why there is no second factor: %s", what);
    tap_is_int(proof->fault, fault, "the fault of a second factor: %s", what);
}

/* bobby has "second key" and "key of bobby", which do not verify their user. */
static void check_proof(void)
{
    luci_passkey_proof_t proof = proof_of(&bobby, "second key", UP);
    luci_passkey_sign_in_t sign_in;
    luci_session_t session;

    tap_is_result(luci_passkey_prove(&with->auth, &proof, pool), LUCI_OK,
                  "S9.85: a key that does not verify its user is a second factor");
    proves_nothing(&proof, LUCI_REASON_WRONG_PASSKEY, LUCI_PASSKEY_FAULT_CHALLENGE, "the same answer again");
    proof = proof_of(&bobby, "second key", 0);
    proves_nothing(&proof, LUCI_REASON_WRONG_PASSKEY, LUCI_PASSKEY_FAULT_PRESENCE, "no user present");
    proof = proof_of(&bobby, "unknown key", UP);
    proves_nothing(&proof, LUCI_REASON_UNKNOWN_PASSKEY, LUCI_PASSKEY_FAULT_NONE, "an unknown passkey");
    proof = proof_of(&alice, "second key", UP);
    proves_nothing(&proof, LUCI_REASON_UNKNOWN_PASSKEY, LUCI_PASSKEY_FAULT_NONE,
                   "the passkey of another user");
    proof = proof_of(&alice, "second key", UP);
    proof.user_id = bobby.user.id;
    proves_nothing(&proof, LUCI_REASON_WRONG_PASSKEY, LUCI_PASSKEY_FAULT_CHALLENGE, "a page of another user");
    proof = proof_of(&bobby, "second key", UP);
    proof.answer.user_handle = id_of("another handle");
    proves_nothing(&proof, LUCI_REASON_WRONG_PASSKEY, LUCI_PASSKEY_FAULT_USER, "the handle of another user");
    proof = proof_of(&bobby, "second key", UP);
    proof.now = NOW + LUCI_CHALLENGE_LASTS;
    proves_nothing(&proof, LUCI_REASON_WRONG_PASSKEY, LUCI_PASSKEY_FAULT_CHALLENGE, "an old page");
    proof = proof_of(&bobby, "second key", UP);
    proof.token = NULL;
    proves_nothing(&proof, LUCI_REASON_WRONG_PASSKEY, LUCI_PASSKEY_FAULT_CHALLENGE, "no token");
    sign_in = sign_in_of(&bobby, "second key", UP);
    is_refused(&sign_in, LUCI_PASSKEY_FAULT_VERIFICATION, "wrong_passkey",
               "S9.84: a second factor is not the only one");
    proof = proof_of(&bobby, "second key", UP);
    sign_in = sign_in_of(&bobby, "second key", UP | UV);
    sign_in.token = proof.token;
    tap_is_result(try_sign_in(&sign_in, &session), LUCI_DENIED,
                  "the page of a second factor signs in nobody without a password");
}

static luci_session_t signed_up(const char *name)
{
    if (support_sign_up(with, name, PASSWORD) != LUCI_OK)
        support_give_up(name, "the user is not made");
    support_session.factors = 1;
    return support_session;
}

int main(void)
{
    const luci_seal_keys_t *keys;

    pool = support_start();
    with = support_auth("passkeys.db", 1);
    key = support_key(LUCI_COSE_ES256, pool);
    if (luci_seal_keys_make(support_names((const char *[]){ "a secret of more than 32 characters", NULL }),
                            &keys, pool) != LUCI_OK)
        support_give_up("a secret", "it is none");
    with->settings.seal_keys = keys;
    alice = signed_up("alice");
    bobby = signed_up("bobby");
    with->settings.passkeys = LUCI_PASSKEYS_ON;
    support_auth_close(with);
    support_our_tables(with->target.params, &with->settings);
    check_adding();
    check_only();
    check_sign_in();
    check_details();
    check_confirmation();
    check_passwords();
    check_changes();
    check_one_factor();
    check_proof();
    support_auth_close(with);
    return tap_done();
}
