/* SPDX-License-Identifier: Apache-2.0 */
/* Sign-in by address, names that are addresses, the address of a sign-up, and users who have to verify one.
 * Specification: S1.90 to S1.92, S4.35. */
#include "core/app_password/app_password.h"
#include "core/auth/app_access.h"
#include "core/mail/transport.h"
#include "lib/support_auth.h"
#include "lib/tap.h"

#include <apr_strings.h>
#include <string.h>

static support_auth_t *with;
static apr_pool_t *pool;
static luci_auth_request_t last;
static int hashes;

#define OTHER "battery staple"

static luci_result_t count_hash(void *baton, luci_hash_work_fn *work, void *work_baton)
{
    (void)baton;
    hashes++;
    return work(work_baton);
}

static void change(const char *sql)
{
    support_run(with->target.params, sql);
}

static const char *value(const char *sql)
{
    const char *found = support_auth_value(with, sql);

    return found ? found : "NULL";
}

/* With name or address, as the page of sign-in does; the number of handles that it needed is in
 * with->borrows. */
static luci_result_t sign_in(const char *typed, const char *password)
{
    last = (luci_auth_request_t){ .username = typed, .password = password, .may_be_address = 1, .now = NOW };
    with->borrows = 0;
    hashes = 0;
    with->events[0] = '\0';
    return luci_auth_sign_in(&with->auth, &last, &support_session, &support_field, pool);
}

static luci_result_t sign_up(const char *username, const char *email)
{
    last = (luci_auth_request_t){ .username = username, .password = PASSWORD, .email = email, .now = NOW };
    return luci_auth_sign_up(&with->auth, &last, &support_session, &support_field, pool);
}

static int said(const char *words)
{
    return strstr(with->events, words) != NULL;
}

static void verify(const char *username, const char *address)
{
    change(apr_psprintf(pool, "UPDATE auth_user SET email = '%s', email_verified = 1 WHERE username = '%s'",
                        address, username));
    change(apr_psprintf(
        pool, "INSERT INTO user_key (id, user_id) SELECT 'email:%s', id FROM auth_user WHERE username = '%s'",
        address, username));
}

/* ---- Sign-in ---- */

/* The number of handles that a wrong password needs. */
static int queries_of(const char *typed)
{
    luci_result_t result = sign_in(typed, OTHER);

    return result == LUCI_DENIED ? with->borrows : -1;
}

static void check_sign_in(void)
{
    verify("alice", "alice@example.org");
    change("UPDATE auth_user SET email = 'bobby@example.org', email_verified = 0 WHERE username = 'bobby'");
    tap_is_result(sign_in("alice@example.org", PASSWORD), LUCI_OK, "S1.90: a verified address signs in");
    tap_is_str(support_session.user.username, "alice", "S1.90: a verified address signs its account in");
    tap_ok(said("sign_in none alice"), "S1.90: the event of an address names the account");
    tap_is_result(sign_in(" Alice@Example.ORG ", PASSWORD), LUCI_OK,
                  "S1.90: case and white space around an address do not matter");
    tap_is_result(sign_in("alice", PASSWORD), LUCI_OK, "S1.90: the username signs in beside the address");
    tap_is_result(sign_in("bobby@example.org", PASSWORD), LUCI_DENIED,
                  "S1.90: an address that is not verified signs nobody in");
    tap_is_result(support_sign_in(with, "alice@example.org", PASSWORD), LUCI_DENIED,
                  "S1.90: a caller that takes names alone takes no address");

    tap_is_result(sign_in("alice@example.org", OTHER), LUCI_DENIED, "S1.90: a wrong password is refused");
    tap_ok(said("sign_in wrong_password alice"), "S1.90: a wrong password counts for the account");
    tap_is_int(queries_of("alice@example.org"), queries_of("alice") + 1,
               "S1.90: a known address needs one query more than a known name");
    tap_is_result(sign_in("ghost@example.org", OTHER), LUCI_DENIED, "S1.90: an unknown address is refused");
    tap_is_int(hashes, 1, "S1.90: for an unknown address a hash is computed as well");
    tap_is_int(queries_of("ghost@example.org"), queries_of("ghost") + 1,
               "S1.90: an unknown address needs one query more than an unknown name");
}

static void check_lengths(void)
{
    const char *address = "a.long.name.of.somebody@a.long.name.of.a.domain.example";

    tap_is_result(sign_in(address, PASSWORD), LUCI_DENIED,
                  "S1.90: an address longer than a username is looked up");
    tap_is_result(sign_in("a long name of somebody without an address", PASSWORD), LUCI_INVALID,
                  "a name that is too long stays invalid");
    verify("alice", address);
    tap_is_result(sign_in(address, PASSWORD), LUCI_OK, "S1.90: an address longer than a username signs in");
}

static void check_capture(void)
{
    with->settings.email = LUCI_EMAIL_OFF;
    if (support_sign_up(with, "alice@example.org", OTHER) != LUCI_OK)
        support_give_up("alice@example.org", "no such user could be made");
    tap_is_result(sign_in("alice@example.org", OTHER), LUCI_OK,
                  "S1.91: without LuciaEmail a name may be an address");
    tap_is_str(support_session.user.username, "alice@example.org",
               "S1.90: without LuciaEmail what is typed is a name");
    with->settings.email = LUCI_EMAIL_OPTIONAL;
    tap_is_result(sign_in("alice@example.org", PASSWORD), LUCI_OK,
                  "S1.90: a name does not capture the address of another account");
    tap_is_str(support_session.user.username, "alice", "S1.90: the address is that of who has verified it");
    tap_is_result(sign_in("alice@example.org", OTHER), LUCI_DENIED,
                  "S1.90: the password of the account with that name is wrong for the address");
    change("DELETE FROM user_key WHERE id = 'email:alice@example.org'");
    tap_is_result(sign_in("alice@example.org", OTHER), LUCI_OK,
                  "S1.90: an address that no account has verified is a name");
    verify("alice", "alice@example.org");
}

/* ---- Names ---- */

static luci_result_t name(luci_email_t mode, const char *username, const char *email)
{
    with->settings.email = mode;
    return sign_up(username, email);
}

static void check_names(void)
{
    tap_is_result(name(LUCI_EMAIL_OPTIONAL, "carol@example.org", NULL), LUCI_INVALID,
                  "S1.91: a new name is no address");
    tap_is_int(last.is_address, 1, "S1.91: the reason is that the name is an address");
    tap_is_result(name(LUCI_EMAIL_OPTIONAL, "carol@example.org", "carol@example.org"), LUCI_INVALID,
                  "S1.91: with optional the own address is not known to be one's own");
    tap_is_result(name(LUCI_EMAIL_REQUIRED, "carol@example.org", "mallory@example.org"), LUCI_INVALID,
                  "S1.91: with required a new name is not the address of somebody else");
    tap_is_result(name(LUCI_EMAIL_REQUIRED, "@carol", "carol@example.org"), LUCI_INVALID,
                  "S1.91: a name with an @ that is no address is refused as well");
    tap_is_result(name(LUCI_EMAIL_REQUIRED, "carol@example.org", "Carol@EXAMPLE.org"), LUCI_OK,
                  "S1.91: with required a new name may be the own address");
    tap_is_int(last.is_address, 0, "S1.91: the own address is no reason to refuse");
    tap_is_result(name(LUCI_EMAIL_OFF, "dora@example.org", NULL), LUCI_OK,
                  "S1.91: without LuciaEmail a new name may be any address");
    with->settings.email = LUCI_EMAIL_OPTIONAL;
}

/* ---- Sign-up ---- */

#define ROW(column) "SELECT " column " FROM auth_user WHERE username = 'emily'"

static void check_sign_up(void)
{
    change("DELETE FROM auth_user_mail");
    tap_is_result(sign_up("emily", "Emily+x@Example.org"), LUCI_OK, "S1.92: a sign-up takes an address");
    tap_is_str(value(ROW("email")), "Emily+x@Example.org", "S1.92: the address is stored as typed");
    tap_is_str(value(ROW("email_verified")), "0", "S1.92: a new address is not verified");
    tap_is_str(value("SELECT kind FROM auth_user_mail"), "verify", "S1.92: a mail to verify it is queued");
    tap_is_str(value("SELECT address FROM auth_user_mail"), "Emily+x@Example.org",
               "S1.92: the mail goes to the address");
    tap_is_str(value("SELECT name FROM auth_user_mail"), value(ROW("id")), "S1.92: the mail names the user");
    tap_is_int((int)support_auth_number(
                   with, "SELECT count(*) FROM user_key WHERE SUBSTR(id, 1, 11) = 'email:emily'"),
               0, "S1.92: an address that is not verified has no key");
    tap_is_result(sign_up("emily", "other@example.org"), LUCI_CONFLICT, "a taken name is refused");
    tap_is_int((int)support_auth_number(with, "SELECT count(*) FROM auth_user_mail"), 1,
               "S1.92: a sign-up that is refused queues no mail");
    tap_is_result(sign_up("frank", NULL), LUCI_OK, "S1.92: a sign-up without an address is possible");
    tap_is_str(value("SELECT email_verified FROM auth_user WHERE username = 'frank'"), "NULL",
               "S1.92: a user without an address has nothing in its columns");
    tap_is_int((int)support_auth_number(with, "SELECT count(*) FROM auth_user_mail"), 1,
               "S1.92: a sign-up without an address queues no mail");
}

/* As Lucia's guide makes the column. */
static void check_unique(void)
{
    change("UPDATE auth_user SET email = NULL WHERE username <> 'alice'");
    change("CREATE UNIQUE INDEX one_address ON auth_user (email)");
    change("DELETE FROM auth_user_mail");
    tap_is_result(sign_up("grete", "alice@example.org"), LUCI_OK,
                  "S1.92: the address of another account is answered as any other");
    tap_is_str(value("SELECT email FROM auth_user WHERE username = 'grete'"), "NULL",
               "S1.92: a column that takes each address once stays empty");
    tap_is_str(value("SELECT address FROM auth_user_mail"), "alice@example.org",
               "S1.92: with a unique index the mail goes to the owner of the address");
    tap_is_result(sign_up("henry", "henry@example.org"), LUCI_OK, "S1.92: a free address is stored");
    tap_is_str(value("SELECT email FROM auth_user WHERE username = 'henry'"), "henry@example.org",
               "S1.92: a column that takes each address once has a free one");
}

/* ---- Users who have to verify one ---- */

static luci_app_access_t app;

static luci_result_t check(const char *username, const char *password)
{
    luci_auth_request_t request = { .username = username, .password = password, .app = &app, .now = NOW };
    luci_user_t user;

    app = (luci_app_access_t){ .may_write = 1 };
    hashes = 0;
    with->events[0] = '\0';
    return luci_auth_check(&with->auth, &request, &user, pool);
}

static luci_result_t make_within(luci_db_t *db, void *baton, apr_pool_t *scratch)
{
    return luci_app_password_make(db, value("SELECT id FROM auth_user WHERE username = 'bobby'"), baton,
                                  scratch);
}

static void check_required(void)
{
    luci_app_password_wanted_t wanted = { .name = "git", .now = NOW };

    with->settings.email = LUCI_EMAIL_REQUIRED;
    tap_is_result(check("alice", PASSWORD), LUCI_OK, "S4.35: a verified address lets the password admit");
    tap_is_result(check("bobby", PASSWORD), LUCI_DENIED,
                  "S4.35: without a verified address the password admits nobody");
    tap_ok(said("password_check unverified bobby"), "S4.35: the reason is that nothing is verified");
    tap_is_result(check("bobby", OTHER), LUCI_DENIED, "S4.35: a wrong password is refused");
    tap_ok(said("password_check wrong_password bobby"), "S4.35: a wrong password has its own reason");
    if (luci_db_transaction(with->db, make_within, &wanted, pool) != LUCI_OK)
        support_give_up("bobby", "no app password could be made");
    tap_is_result(check("bobby", wanted.text), LUCI_DENIED,
                  "S4.35: without a verified address an app password admits nobody");
    tap_ok(said("password_check unverified bobby"), "S4.35: an app password is refused for that reason");
    tap_is_int(hashes, 0, "S4.35: an app password does not count as a wrong password");
    tap_is_int((int)support_auth_number(
                   with, "SELECT COALESCE(failures, 0) FROM user_key WHERE id = 'username:bobby'"),
               1, "S4.35: only the wrong password is a failure of the account");
    app = (luci_app_access_t){ .text = wanted.text, .now = NOW };
    tap_is_result(luci_auth_check_app(&with->auth, &app, pool), LUCI_DENIED,
                  "S4.35: without a verified address an app password without a name admits nobody");
    tap_is_int((int)app.denial, LUCI_REASON_UNVERIFIED, "S4.35: the caller learns the reason");
    with->settings.email = LUCI_EMAIL_OPTIONAL;
    tap_is_result(check("bobby", wanted.text), LUCI_OK, "with optional the app password admits its user");
}

int main(void)
{
    static const luci_mail_server_t server = { 0 };

    pool = support_start();
    with = support_auth("addresses.db", 1);
    with->settings.mail = &server;
    with->settings.email = LUCI_EMAIL_OPTIONAL;
    with->settings.second_factor = LUCI_SECOND_FACTOR_OPTIONAL;
    with->settings.attributes = support_names((const char *const[]){ "email", "email_verified", NULL });
    with->settings.username_length = (luci_length_t){ 4, 31 };
    with->auth.hasher.run = count_hash;
    change("ALTER TABLE auth_user ADD COLUMN email VARCHAR(320)");
    change("ALTER TABLE auth_user ADD COLUMN email_verified BIGINT");
    support_our_tables(with->target.params, &with->settings);
    luci_db_close(with->db);
    if (sign_up("alice", NULL) != LUCI_OK || sign_up("bobby", NULL) != LUCI_OK)
        support_give_up("alice", "no users could be made");
    check_sign_in();
    check_lengths();
    check_capture();
    check_names();
    check_sign_up();
    check_unique();
    check_required();
    support_auth_close(with);
    return tap_done();
}
