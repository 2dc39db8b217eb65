/* SPDX-License-Identifier: Apache-2.0 */
/* Who is admitted without a session where people may have a second factor: by an app password, and not by the
 * account's password alone. Specification: S9.71. */
#include "core/auth/app_access.h"

#include "core/app_password/app_password.h"
#include "lib/support_auth.h"
#include "lib/tap.h"

#include <apr_strings.h>
#include <string.h>

static support_auth_t *with;
static apr_pool_t *pool;
static luci_app_access_t app;
static int hashes;

/* ---- Requests ---- */

static luci_result_t count_hash(void *baton, luci_hash_work_fn *work, void *work_baton)
{
    (void)baton;
    hashes++;
    return work(work_baton);
}

static luci_result_t check(const char *username, const char *password)
{
    luci_auth_request_t request = { .username = username, .password = password, .app = &app, .now = NOW };
    luci_user_t user;

    app = (luci_app_access_t){ .may_write = 1 };
    hashes = 0;
    with->events[0] = '\0';
    return luci_auth_check(&with->auth, &request, &user, pool);
}

static int said(const char *words)
{
    return strstr(with->events, words) != NULL;
}

static luci_result_t make_within(luci_db_t *db, void *baton, apr_pool_t *scratch)
{
    luci_app_password_wanted_t *wanted = baton;

    return luci_app_password_make(db, support_session.user.id, wanted, scratch);
}

/* A user with an app password, which is returned. */
static const char *add_user(const char *username)
{
    luci_app_password_wanted_t wanted = { .name = "git", .now = NOW };

    if (support_sign_up(with, username, PASSWORD) != LUCI_OK ||
        luci_db_transaction(with->db, make_within, &wanted, pool) != LUCI_OK)
        support_give_up(username, "no such user could be made");
    return apr_pstrdup(pool, wanted.text);
}

static void change(const char *sql)
{
    support_run(with->target.params, sql);
}

/* ---- Checks ---- */

static void check_app_password(const char *alice, const char *bobby)
{
    tap_is_result(check("alice", alice), LUCI_OK, "S9.71: an app password admits its user");
    tap_is_int(app.is_accepted, 1, "the request was admitted by an app password");
    tap_is_int(hashes, 0, "S9.71: nothing is hashed for an app password");
    tap_ok(said("password_check none alice"),
           "the check of an app password is reported as that of a password");
    tap_is_int(
        support_auth_number(with, "SELECT count(*) FROM auth_user_app_password WHERE last_used IS NOT NULL"),
        1, "its use is written down");
    tap_is_result(check("ALICE", alice), LUCI_OK, "another spelling of the name is the same user");
    tap_is_result(check("alice", bobby), LUCI_DENIED, "S9.71: that of another user is refused");
    tap_is_int(app.is_accepted, 0, "that of another user has admitted nobody");
    tap_is_int(hashes, 1, "S9.71: that of another user takes as long as a wrong password");
    tap_ok(said("password_check wrong_password alice"), "that of another user is a wrong password");
    change("INSERT INTO user_key (id, user_id) SELECT 'username:alice2', id FROM auth_user WHERE username = "
           "'alice'");
    tap_is_result(check("alice2", alice), LUCI_OK, "another key of the user names the user as well");
    tap_is_result(check("alice2", bobby), LUCI_DENIED, "another key does not name another user");
    tap_is_result(check("nobody", alice), LUCI_NOT_FOUND, "it admits no unknown user");
    tap_is_int(hashes, 1, "S9.71: with an unknown user it takes as long as a wrong password");
    tap_is_result(check("alice", "a1b2c3d4e5f6g7h8i9j0a1b2c3d4e5f6g7h8i9j0"), LUCI_DENIED,
                  "an unknown app password is refused");
    tap_is_int(hashes, 1, "S9.71: an unknown app password takes as long as a wrong password");
    tap_is_result(check("alice", "wrong 1"), LUCI_DENIED, "a wrong password is refused");
    tap_is_result(check("alice", PASSWORD), LUCI_OK, "the password of an account without a factor is right");
    tap_is_int(app.is_accepted, 0, "the account's password is no app password");
}

/* Where none is accepted. */
static void check_nowhere_else(const char *alice)
{
    luci_user_t user;

    tap_is_result(support_check(with, "alice", alice, &user), LUCI_DENIED,
                  "S9.71: a caller that accepts no app passwords refuses them");
    tap_is_result(support_sign_in(with, "alice", alice), LUCI_DENIED,
                  "S9.71: an app password signs nobody in");
    with->settings.second_factor = LUCI_SECOND_FACTOR_OFF;
    tap_is_result(check("alice", alice), LUCI_DENIED,
                  "without LuciaSecondFactor an app password is a wrong one");
    with->settings.second_factor = LUCI_SECOND_FACTOR_OPTIONAL;
}

static void check_state(const char *alice)
{
    change("UPDATE auth_user SET disabled = 1 WHERE username = 'alice'");
    tap_is_result(check("alice", alice), LUCI_DENIED,
                  "S9.71: the app password of a disabled user is refused");
    tap_is_int(hashes, 1, "that of a disabled user takes as long as a wrong password");
    tap_ok(said("password_check disabled alice"), "the reason is that the user is disabled");
    change("UPDATE auth_user SET disabled = NULL");
    change("UPDATE user_key SET failures = 100");
    tap_is_result(check("alice", alice), LUCI_OK, "failures in a row do not lock app passwords");
    tap_is_result(check("alice", PASSWORD), LUCI_DENIED, "failures in a row lock the account's password");
    change("UPDATE user_key SET failures = NULL");
}

static void check_long(const char *alice)
{
    with->settings.password_length.max = 20;
    tap_is_result(check("alice", alice), LUCI_OK, "a maximum for passwords does not apply to app passwords");
    tap_is_result(check("alice", "a1b2c3d4e5f6g7h8i9j0a1b2c3d4e5f6g7h8i9j0"), LUCI_DENIED,
                  "an unknown one beyond the maximum is refused");
    with->settings.password_length.max = 255;
}

static void check_factor(const char *alice)
{
    change("INSERT INTO auth_user_totp (user_id, seed, created_at, last_step, failures) SELECT id, 'seed', "
           "1, 0, 0 "
           "FROM auth_user WHERE username = 'alice'");
    tap_is_result(check("alice", PASSWORD), LUCI_DENIED,
                  "S9.71: the password of a user with a second factor does not suffice");
    tap_ok(said("password_check factor_missing alice"), "the reason is the missing factor");
    tap_is_result(check("alice", "wrong 1"), LUCI_DENIED, "a wrong password of that user is refused");
    tap_ok(said("password_check wrong_password alice"), "the reason is the wrong password");
    tap_is_result(check("alice", alice), LUCI_OK, "S9.71: the app password of that user suffices");
    tap_is_result(check("bobby", PASSWORD), LUCI_OK, "another user's password suffices");
    with->settings.second_factor = LUCI_SECOND_FACTOR_REQUIRED;
    tap_is_result(check("bobby", PASSWORD), LUCI_DENIED,
                  "S9.71: where a second factor is required, nobody's password suffices");
    tap_is_result(check("alice", alice), LUCI_OK,
                  "where a second factor is required, an app password suffices");
    with->settings.second_factor = LUCI_SECOND_FACTOR_OFF;
    tap_is_result(check("alice", PASSWORD), LUCI_OK, "without LuciaSecondFactor no factor is asked for");
    with->settings.second_factor = LUCI_SECOND_FACTOR_OPTIONAL;
}

/* Without a name. */
static luci_result_t present(const char *text, int may_write)
{
    app = (luci_app_access_t){ .may_write = may_write, .text = text, .now = NOW + 2 * LUCI_MS_HOUR };
    with->events[0] = '\0';
    return luci_auth_check_app(&with->auth, &app, pool);
}

static void check_unnamed(const char *alice)
{
    change("UPDATE auth_user_app_password SET last_used = NULL");
    tap_is_result(present(alice, 0), LUCI_OK, "an app password without a name admits its user");
    tap_ok(said("password_check none alice"), "it is reported as the check of a password");
    tap_is_int(
        support_auth_number(with, "SELECT count(*) FROM auth_user_app_password WHERE last_used IS NOT NULL"),
        0, "its use is not written down where that may not be");
    tap_is_result(present("a1b2c3d4e5f6g7h8i9j0a1b2c3d4e5f6g7h8i9j0", 1), LUCI_NOT_FOUND,
                  "an unknown text without a name is not found");
    tap_is_str(with->events, "", "an unknown text without a name is not reported");
    tap_is_result(present(PASSWORD, 1), LUCI_NOT_FOUND, "a password without a name is not found");
    change("UPDATE auth_user SET disabled = 1 WHERE username = 'alice'");
    tap_is_result(present(alice, 1), LUCI_DENIED,
                  "S9.71: without a name, the app password of a disabled user is refused");
    tap_ok(said("password_check disabled alice"), "the reason is reported");
    change("UPDATE auth_user SET disabled = NULL");
    change("DELETE FROM auth_user_app_password");
    tap_is_result(present(alice, 1), LUCI_NOT_FOUND, "S9.71: a deleted one is not found");
    tap_is_result(check("alice", alice), LUCI_DENIED, "S9.71: a deleted one is a wrong password");
}

static void check_outage(const char *alice)
{
    with->refuse_at = 1;
    with->with = LUCI_UNAVAILABLE;
    tap_is_result(present(alice, 1), LUCI_UNAVAILABLE, "without a database nobody is admitted");
    change("DROP TABLE auth_user_totp");
    luci_db_close(with->db);
    tap_is_result(check("bobby", PASSWORD), LUCI_UNAVAILABLE,
                  "S9.71: where the factors cannot be read, the password does not suffice");
}

int main(void)
{
    const char *alice, *bobby;

    pool = support_start();
    with = support_auth("app_access.db", 1);
    with->settings.second_factor = LUCI_SECOND_FACTOR_OPTIONAL;
    with->auth.hasher.run = count_hash;
    support_our_tables(with->target.params, &with->settings);
    luci_db_close(with->db);
    alice = add_user("alice");
    bobby = add_user("bobby");
    check_app_password(alice, bobby);
    check_nowhere_else(alice);
    check_state(alice);
    check_long(alice);
    check_factor(alice);
    check_unnamed(alice);
    check_outage(alice);
    support_auth_close(with);
    return tap_done();
}
