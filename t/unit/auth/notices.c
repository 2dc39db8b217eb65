/* SPDX-License-Identifier: Apache-2.0 */
/* The use cases that tell of themselves by mail: each queues one notice in its transaction, and none if it is
 * refused or undone. t/engines/engines_unit.t runs this on PostgreSQL and MariaDB. Specification: S9.95 and
 * S9.96. */
#include "core/auth/name_change.h"
#include "core/auth/own_app_passwords.h"
#include "core/auth/own_factors.h"
#include "core/auth/own_passkeys.h"
#include "core/auth/passkey_sign_in.h"
#include "core/auth/password_change.h"
#include "core/auth/password_reset.h"
#include "core/mail/transport.h"
#include "core/token/token.h"
#include "core/totp/totp_seed.h"
#include "lib/support_auth.h"
#include "lib/support_passkey.h"
#include "lib/tap.h"

#include <apr_strings.h>
#include <string.h>

#define MAILS "SELECT count(*) FROM auth_user_mail"
#define NEW "battery staple"
#define SECRET "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ" /* base32 of the seed below */
#define PASSKEY "phone of alice"

static const unsigned char *const seed = (const unsigned char *)"12345678901234567890";
static const luci_mail_server_t mail_server = { .transport = &luci_transport_smtp };

static support_auth_t *with;
static apr_pool_t *pool;
static support_key_t *key;
static luci_session_t session;

static void run(const char *sql)
{
    support_run(with->target.params, sql);
}

static void forget(void)
{
    run("DELETE FROM auth_user_mail");
}

/* The last use case has queued what its event says; expected NULL: nothing. */
static void is_told(const char *expected, const char *what)
{
    const char *detail = support_auth_value(with, "SELECT detail FROM auth_user_mail");

    tap_is_int(support_auth_number(with, MAILS), expected ? 1 : 0, "S9.95: the number of notices of %s",
               what);
    if (expected)
        tap_ok(detail && strncmp(detail, expected, strlen(expected)) == 0, "S9.95: %s is told as %s: %s",
               what, expected, detail ? detail : "(none)");
    forget();
}

/* ---- A store of counts that keeps nothing, so that there are device cookies ---- */

static luci_result_t hold(void *baton)
{
    (void)baton;
    return LUCI_OK;
}

static void release(void *baton)
{
    (void)baton;
}

static luci_result_t retrieve(void *baton, const unsigned char *name, unsigned char *record, size_t *length,
                              apr_pool_t *scratch)
{
    (void)baton;
    (void)name;
    (void)record;
    (void)length;
    (void)scratch;
    return LUCI_NOT_FOUND;
}

static luci_result_t store(void *baton, const unsigned char *name, const luci_shared_value_t *value,
                           apr_pool_t *scratch)
{
    (void)baton;
    (void)name;
    (void)value;
    (void)scratch;
    return LUCI_OK;
}

static luci_result_t drop(void *baton, const unsigned char *name, apr_pool_t *scratch)
{
    (void)baton;
    (void)name;
    (void)scratch;
    return LUCI_OK;
}

static luci_throttle_t throttle = {
    .store = { .hold = hold, .release = release, .retrieve = retrieve, .store = store, .remove = drop },
    .limits = { .account = { 10, LUCI_MS_MINUTE } },
};

/* ---- Passwords ---- */

static luci_result_t change(const char *current, const char *password)
{
    luci_password_change_t wanted = {
        .request = { .username = "alice", .password = current, .now = NOW },
        .session = &session,
        .password = password,
    };

    luci_session_t renewed;
    luci_result_t result = luci_password_change(&with->auth, &wanted, &renewed, pool);

    if (result == LUCI_OK)
        session = renewed;
    return result;
}

static void check_password_change(void)
{
    tap_is_result(change(WRONG, NEW), LUCI_DENIED, "a wrong password changes nothing");
    is_told(NULL, "a change that was refused");
    tap_is_result(change(PASSWORD, NEW), LUCI_OK, "the password is changed");
    is_told("password_change\n", "a change of the password");
    tap_is_result(change(NEW, PASSWORD), LUCI_OK, "the password is changed back");
    forget();
}

static luci_result_t reset(const char *token, const char *password)
{
    luci_password_reset_t wanted = { .request = { .password = password, .now = NOW }, .token = token };

    return luci_password_reset(&with->auth, &wanted, pool);
}

static void check_password_reset(void)
{
    luci_token_wanted_t wanted = { .user = session.user, .now = NOW, .expires = NOW + LUCI_MS_HOUR };

    tap_is_result(luci_token_make(with->db, &wanted, pool), LUCI_OK, "a link is made");
    is_told(NULL, "a link that was only made");
    tap_is_result(reset("no link", NEW), LUCI_NOT_FOUND, "no link sets no password");
    is_told(NULL, "a reset that was refused");
    tap_is_result(reset(wanted.text, PASSWORD), LUCI_OK, "the link sets a password");
    is_told("password_reset\n", "a reset");
    tap_is_result(support_sign_in(with, "alice", PASSWORD), LUCI_OK, "alice signs in again");
    session = support_session;
    forget();
}

/* ---- Names ---- */

static luci_result_t rename_to(const char *username)
{
    luci_name_change_t wanted = { .request = { .username = username, .now = NOW }, .session = &session };

    return luci_name_change(&with->auth, &wanted, pool);
}

static void check_name_change(void)
{
    tap_is_result(rename_to("a b\n"), LUCI_INVALID, "a name that is not allowed changes nothing");
    is_told(NULL, "a name that was refused");
    tap_is_result(rename_to("alice"), LUCI_OK, "alice takes the name that she has");
    is_told(NULL, "a name that stays");
    tap_is_result(rename_to("Alicia"), LUCI_OK, "alice changes her name");
    is_told("user_rename\n", "a change of the name");
    tap_is_result(rename_to("alice"), LUCI_OK, "alice changes her name back");
    forget();
}

/* ---- Second factors ---- */

static luci_result_t enrol(const char *code)
{
    luci_totp_enrolment_t wanted = { .own = { .session = &session, .now = NOW },
                                     .secret = SECRET,
                                     .code = code };
    luci_session_t renewed;
    luci_result_t result = luci_own_totp_enrol(&with->auth, &wanted, &renewed, pool);

    if (result == LUCI_OK)
        session = renewed;
    return result;
}

static luci_result_t make_app_password(void)
{
    luci_app_password_wanted_t wanted = { .name = "git", .now = NOW };
    luci_own_app_password_t making = { .session = &session, .now = NOW, .wanted = &wanted };
    luci_own_app_password_t deleting = { .session = &session, .now = NOW, .tag = wanted.tag };
    luci_result_t result = luci_own_app_password_change(&with->auth, &making, pool);

    is_told(result == LUCI_OK ? "app_password_add\n" : NULL, "an app password");
    if (result == LUCI_OK)
        result = luci_own_app_password_change(&with->auth, &deleting, pool);
    is_told(NULL, "the end of an app password");
    return result;
}

static void check_factors(void)
{
    char code[LUCI_TOTP_DIGITS + 1];
    luci_own_factor_t own = { .session = &session, .now = NOW };
    luci_recovery_codes_t codes;

    if (luci_totp_code(seed, luci_totp_step(NOW), code) != LUCI_OK)
        support_give_up("a code", "it could not be made");
    tap_is_result(enrol("000000"), LUCI_DENIED, "a wrong code sets nothing up");
    is_told(NULL, "an enrolment that was refused");
    tap_is_result(enrol(code), LUCI_OK, "an app is set up");
    is_told("factor_add\ntotp\n", "an app that was set up");
    tap_is_result(luci_own_recovery_codes(&with->auth, &own, &codes, pool), LUCI_OK, "codes are made");
    is_told("recovery_codes\n", "new recovery codes");
    tap_is_result(make_app_password(), LUCI_OK, "an app password is made and deleted");
    tap_is_result(luci_own_totp_remove(&with->auth, &own, pool), LUCI_OK, "the app is removed");
    is_told("factor_remove\ntotp\n", "an app that was removed");
    tap_is_result(luci_own_totp_remove(&with->auth, &own, pool), LUCI_NOT_FOUND, "no app is removed");
    is_told(NULL, "an app that was not there");
}

/* ---- Passkeys ---- */

static luci_challenge_t challenge_for(luci_challenge_purpose_t purpose, const char *user_id)
{
    luci_challenge_use_t use = { with->settings.seal_keys, purpose, user_id };
    luci_challenge_t challenge;

    if (luci_challenge_make(&use, NOW, &challenge, pool) != LUCI_OK)
        support_give_up("a challenge", "it is not made");
    return challenge;
}

static luci_passkey_registration_t add_passkey(void)
{
    luci_challenge_t challenge = challenge_for(LUCI_CHALLENGE_REGISTRATION, session.user.id);
    luci_passkey_registration_t registration = {
        .session = &session,
        .now = NOW,
        .party = { SITE_ID, SITE_ORIGIN },
        .token = challenge.token,
        .answer = support_registration(key, support_bytes_of(PASSKEY, strlen(PASSKEY)), UP | UV | BE, pool),
        .name = "Phone",
    };

    registration.answer.client_data = support_client_data("webauthn.create", challenge.text, "", pool);
    tap_is_result(luci_own_passkeys_add(&with->auth, &registration, pool), LUCI_OK, "a passkey is added");
    return registration;
}

/* Signs in with the passkey; device: the cookie, and the new one afterwards. */
static void sign_in_with_passkey(const char **device, const char *confirmed)
{
    luci_challenge_t challenge = challenge_for(LUCI_CHALLENGE_SIGN_IN, "");
    unsigned char *handle = apr_palloc(pool, LUCI_USER_HANDLE_BYTES);
    luci_attempt_t attempt = { .device = *device };
    luci_passkey_sign_in_t sign_in = {
        .request = { .now = NOW, .attempt = &attempt },
        .party = { SITE_ID, SITE_ORIGIN },
        .token = challenge.token,
        .answer = support_assertion(key, support_bytes_of(PASSKEY, strlen(PASSKEY)), UP | UV | BE, 0, pool),
        .user_id = confirmed,
    };
    luci_session_t made;

    if (luci_passkey_user_handle(session.user.id, handle) != LUCI_OK)
        support_give_up("a handle", session.user.id);
    sign_in.answer.user_handle = (luci_bytes_t){ handle, LUCI_USER_HANDLE_BYTES };
    sign_in.answer.client_data = support_client_data("webauthn.get", challenge.text, "", pool);
    sign_in.answer.signature =
        support_sign(key, sign_in.answer.authenticator_data, sign_in.answer.client_data, pool);
    tap_is_result(luci_passkey_sign_in(&with->auth, &sign_in, &made, pool), LUCI_OK,
                  "alice signs in with a passkey");
    tap_is_result(luci_auth_device(&with->auth, &sign_in.request, device, pool), LUCI_OK,
                  "S9.96: a sign-in with a passkey gives a device cookie");
}

static void check_passkeys(void)
{
    luci_passkey_registration_t added = add_passkey();
    luci_passkey_change_t change_of = { .session = &session, .now = NOW, .tag = added.passkey.tag };
    const char *device = NULL;

    is_told("factor_add\npasskey\n", "a passkey that was added");
    change_of.name = "Telephone";
    tap_is_result(luci_own_passkeys_change(&with->auth, &change_of, pool), LUCI_OK, "a passkey is renamed");
    is_told(NULL, "a passkey that was renamed");

    sign_in_with_passkey(&device, NULL);
    is_told("sign_in\n", "a sign-in with a passkey on a new device");
    sign_in_with_passkey(&device, NULL);
    is_told(NULL, "a sign-in with a passkey on a known device");
    device = NULL;
    sign_in_with_passkey(&device, session.user.id);
    is_told(NULL, "a confirmation with a passkey");
    run("UPDATE user_key SET hashed_password = NULL");
    device = NULL;
    sign_in_with_passkey(&device, NULL);
    is_told("sign_in\n", "a sign-in with a passkey of an account without a password");
    sign_in_with_passkey(&device, NULL);
    is_told(NULL, "a sign-in on the same device of an account without a password");

    change_of.name = NULL;
    tap_is_result(luci_own_passkeys_change(&with->auth, &change_of, pool), LUCI_OK, "a passkey is removed");
    is_told("factor_remove\npasskey\n", "a passkey that was removed");
}

/* ---- Sign-ins with a password ---- */

static luci_auth_request_t request_of(const char *username, luci_attempt_t *attempt)
{
    return (
        luci_auth_request_t){ .username = username, .password = PASSWORD, .now = NOW, .attempt = attempt };
}

static luci_result_t sign_in_on(const char **device)
{
    luci_attempt_t attempt = { .device = *device };
    luci_auth_request_t request = request_of("bobby", &attempt);
    luci_field_t field;
    luci_result_t result = luci_auth_sign_in(&with->auth, &request, &support_session, &field, pool);

    return result == LUCI_OK ? luci_auth_device(&with->auth, &request, device, pool) : result;
}

static void check_sign_ins(void)
{
    luci_attempt_t attempt = { .device = NULL };
    luci_auth_request_t request = request_of("bobby", &attempt);
    luci_field_t field;
    const char *device = NULL;

    tap_is_result(luci_auth_sign_up(&with->auth, &request, &session, &field, pool), LUCI_OK,
                  "bobby signs up");
    run("UPDATE auth_user SET email = 'bobby@example.com', email_verified = 1 WHERE username = 'bobby'");
    is_told(NULL, "a sign-up");
    attempt = (luci_attempt_t){ .device = NULL };
    request = request_of("bobby", &attempt);
    tap_is_result(luci_auth_sign_up_twice(&with->auth, &request, &session, pool), LUCI_OK,
                  "the form of the sign-up was sent twice");
    is_told(NULL, "a sign-up whose form was sent twice");
    tap_is_result(sign_in_on(&device), LUCI_OK, "bobby signs in on another device");
    is_told("sign_in\n", "the first sign-in after the sign-up, on another device");
    tap_is_result(sign_in_on(&device), LUCI_OK, "bobby signs in on that device again");
    is_told(NULL, "a sign-in on a known device");
    run("DELETE FROM user_session");
    run("DELETE FROM auth_user_device_notice");
    tap_is_result(support_sign_up(with, "carol", PASSWORD), LUCI_OK, "carol signs up");
    run("UPDATE auth_user SET email = 'carol@example.com', email_verified = 1 WHERE username = 'carol'");
    run("DELETE FROM user_session");
    tap_is_result(support_sign_in(with, "carol", PASSWORD), LUCI_OK, "carol signs in on another device");
    is_told("sign_in\n", "the first sign-in after a sign-up whose session has ended");
    with->auth.throttle = NULL;
    tap_is_result(support_sign_in(with, "bobby", PASSWORD), LUCI_OK, "bobby signs in without device cookies");
    is_told(NULL, "a sign-in where there are no device cookies");
    with->auth.throttle = &throttle;
}

/* Only with files: a trigger is the simplest thing that refuses the row. */
static void check_undone(void)
{
    const char *hash = "SELECT hashed_password FROM user_key WHERE id = 'username:alice'";
    const char *before = apr_pstrdup(pool, support_auth_value(with, hash));

    if (!support_is_file())
        return;
    run("CREATE TRIGGER refused BEFORE INSERT ON auth_user_mail BEGIN SELECT RAISE(ABORT, 'no'); END");
    tap_ok(change(PASSWORD, NEW) != LUCI_OK, "S9.95: a change whose notice cannot be queued fails");
    tap_is_str(support_auth_value(with, hash), before, "S9.95: a change without its notice is undone");
    run("DROP TRIGGER refused");
}

int main(void)
{
    pool = support_start();
    with = support_auth("notices.db", 1);
    key = support_key(LUCI_COSE_ES256, pool);
    if (luci_seal_keys_make(support_names((const char *[]){ "a secret of more than 32 characters", NULL }),
                            &with->settings.seal_keys, pool) != LUCI_OK)
        support_give_up("a secret", "it is none");
    run("ALTER TABLE auth_user ADD COLUMN email VARCHAR(320)");
    run("ALTER TABLE auth_user ADD COLUMN email_verified BIGINT");
    run("ALTER TABLE user_session ADD COLUMN factors BIGINT");
    with->settings.mail = &mail_server;
    with->settings.mail_notices = LUCI_MAIL_NOTICE_DEVICE | LUCI_MAIL_NOTICE_PASSWORD |
                                  LUCI_MAIL_NOTICE_EMAIL | LUCI_MAIL_NOTICE_FACTOR |
                                  LUCI_MAIL_NOTICE_USERNAME;
    with->settings.attributes = support_names((const char *[]){ "email", "email_verified", NULL });
    with->settings.second_factor = LUCI_SECOND_FACTOR_OPTIONAL;
    with->settings.passkeys = LUCI_PASSKEYS_ON;
    support_our_tables(with->target.params, &with->settings);
    if (luci_token_create_table(with->db, pool) != LUCI_OK)
        support_give_up("the links", luci_db_error(with->db));
    with->auth.throttle = &throttle;
    with->auth.origin = (luci_mail_origin_t){ "192.0.2.1", "curl/8.5.0", "en" };
    tap_is_result(support_sign_up(with, "alice", PASSWORD), LUCI_OK, "alice signs up");
    run("UPDATE auth_user SET email = 'alice@example.com', email_verified = 1");
    session = support_session;
    check_password_change();
    check_password_reset();
    check_undone();
    check_name_change();
    check_factors();
    check_passkeys();
    check_sign_ins();
    support_auth_close(with);
    return tap_done();
}
