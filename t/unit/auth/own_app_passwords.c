/* SPDX-License-Identifier: Apache-2.0 */
/* People who make and delete their own app passwords: which sessions may, and what is reported.
 * Specification: S9.72. */
#include "core/auth/own_app_passwords.h"

#include "lib/support_auth.h"
#include "lib/tap.h"

#include <apr_strings.h>
#include <string.h>

#define ROWS "SELECT count(*) FROM auth_user_app_password"

static support_auth_t *with;
static apr_pool_t *pool;
static luci_session_t session;

static luci_result_t make(const char *name, luci_app_password_wanted_t *wanted)
{
    luci_own_app_password_t change = { .session = &session, .now = NOW, .wanted = wanted };

    *wanted = (luci_app_password_wanted_t){ .name = name, .now = NOW };
    with->events[0] = '\0';
    return luci_own_app_password_change(&with->auth, &change, pool);
}

static luci_result_t drop(const char *tag)
{
    luci_own_app_password_t change = { .session = &session, .now = NOW, .tag = tag };

    with->events[0] = '\0';
    return luci_own_app_password_change(&with->auth, &change, pool);
}

static int said(const char *words)
{
    return strncmp(with->events, words, strlen(words)) == 0;
}

static long long rows(void)
{
    return support_auth_number(with, ROWS);
}

static void change(const char *sql)
{
    support_run(with->target.params, sql);
}

static void check_both(void)
{
    luci_app_password_wanted_t wanted;
    apr_array_header_t *list;

    tap_is_result(make("git", &wanted), LUCI_OK, "S9.72: a user makes an app password");
    tap_is_int(luci_app_password_is_one(wanted.text), 1, "the caller gets its text");
    tap_ok(said("app_password_add none alice"), "S9.72: making one is reported");
    tap_is_result(luci_own_app_passwords_list(&with->auth, session.user.id, &list, pool), LUCI_OK,
                  "the list is read");
    tap_is_int(list->nelts, 1, "the list has it");
    tap_is_result(make(NULL, &wanted), LUCI_INVALID, "without a name none is made");
    tap_ok(said("app_password_add bad_request alice"), "a name that is refused is reported");
    tap_is_str(wanted.text, "", "without a name there is no text");
    tap_is_result(drop("0123456789ab"), LUCI_NOT_FOUND, "an unknown tag deletes nothing");
    tap_is_str(with->events, "", "an unknown tag is not reported");
    tap_is_result(drop(APR_ARRAY_IDX(list, 0, luci_app_password_t).tag), LUCI_OK,
                  "S9.72: a user deletes an app password");
    tap_ok(said("app_password_delete none alice"), "S9.72: deleting one is reported");
    tap_is_int(rows(), 0, "the table has none");
}

static void check_factors(void)
{
    luci_app_password_wanted_t wanted;

    change("INSERT INTO auth_user_totp (user_id, seed, created_at, last_step, failures) SELECT id, 'seed', "
           "1, 0, 0 "
           "FROM auth_user WHERE username = 'alice'");
    tap_is_result(make("git", &wanted), LUCI_DENIED,
                  "S9.72: a session without the second factor of its user makes none");
    tap_ok(said("app_password_add one_factor alice"), "the reason is the missing factor");
    tap_is_result(drop("0123456789ab"), LUCI_DENIED, "S9.72: a session without it deletes none");
    session.factors = 2;
    tap_is_result(make("git", &wanted), LUCI_OK, "S9.72: a session with the second factor makes one");
    tap_is_result(drop(wanted.tag), LUCI_OK, "a session with the second factor deletes one");
    change("DELETE FROM auth_user_totp");
    session.factors = 1;
    with->settings.second_factor = LUCI_SECOND_FACTOR_REQUIRED;
    tap_is_result(make("git", &wanted), LUCI_DENIED,
                  "S9.72: where a second factor is required, a session with one factor makes none");
    tap_is_int(rows(), 0, "none was made");
    session.factors = 2;
    tap_is_result(make("git", &wanted), LUCI_OK,
                  "where it is required, a session with two factors makes one");
    tap_is_result(drop(wanted.tag), LUCI_OK, "where it is required, a session with two factors deletes one");
    session.factors = 1;
    with->settings.second_factor = LUCI_SECOND_FACTOR_OPTIONAL;
}

static void check_full(void)
{
    luci_app_password_wanted_t wanted;
    int wrong = 0;

    for (int i = 0; i < LUCI_APP_PASSWORDS_MAX; i++)
        wrong += make("git", &wanted) != LUCI_OK;
    tap_is_int(wrong, 0, "fifty are made");
    tap_is_result(make("git", &wanted), LUCI_CONFLICT, "S9.70: the fifty-first is refused");
    tap_ok(said("app_password_add bad_request alice"), "the refusal is reported");
    tap_is_str(wanted.text, "", "a refused one has no text");
}

static void check_ended(void)
{
    luci_app_password_wanted_t wanted;

    change("DELETE FROM user_session");
    tap_is_result(make("git", &wanted), LUCI_EXPIRED, "S9.72: a session that has ended makes none");
    tap_ok(said("app_password_add no_session alice"), "the end of the session is reported");
    with->refuse_at = 1;
    with->with = LUCI_UNAVAILABLE;
    tap_is_result(make("git", &wanted), LUCI_UNAVAILABLE, "without a database none is made");
    tap_ok(said("app_password_add unavailable alice"), "the failure is reported");
    change("DROP TABLE auth_user_app_password");
    luci_db_close(with->db);
    tap_is_result(make("git", &wanted), LUCI_NOT_FOUND, "without the table none is made");
    tap_is_result(drop("0123456789ab"), LUCI_NOT_FOUND, "without the table none is deleted");
}

int main(void)
{
    pool = support_start();
    with = support_auth("own_app_passwords.db", 1);
    with->settings.second_factor = LUCI_SECOND_FACTOR_OPTIONAL;
    support_our_tables(with->target.params, &with->settings);
    luci_db_close(with->db);
    tap_is_result(support_sign_up(with, "alice", PASSWORD), LUCI_OK, "alice signs up");
    session = support_session;
    check_both();
    check_factors();
    check_full();
    check_ended();
    support_auth_close(with);
    return tap_done();
}
