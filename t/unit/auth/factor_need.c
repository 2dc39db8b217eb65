/* SPDX-License-Identifier: Apache-2.0 */
/* A session with fewer factors than its user changes nothing of the account, whatever the settings of this
 * site say about the factors of others. Specification: S1.43 and S9.84. */
#include "core/auth/account_deletion.h"
#include "core/auth/attribute_change.h"
#include "core/auth/factor_need.h"
#include "core/auth/name_change.h"
#include "core/auth/own_sessions.h"
#include "core/auth/password_change.h"
#include "core/factor/factor.h"
#include "lib/support_auth.h"
#include "lib/tap.h"

#include <apr_strings.h>

#define APP                                                                                                  \
    "INSERT INTO auth_user_totp (user_id, seed, created_at, last_step, failures) SELECT id, 's', 1, 0, 0 "
#define KEY                                                                                                  \
    "INSERT INTO auth_user_passkey (id, user_id, credential_id, public_key, algorithm, sign_count, flags, "  \
    "name, created_at) SELECT 'a', id, 'AAAA', 'AAAA', -7, 0, 5, 'key', 1 "
#define OF_ALICE "FROM auth_user WHERE username = 'alice'"

static support_auth_t *with;
static apr_pool_t *pool;
static luci_session_t session;

static void run(const char *sql)
{
    support_run(with->target.params, sql);
    luci_db_close(with->db);
}

/* The site has other settings from now on. */
static void configure(luci_second_factor_t second_factor, luci_passkeys_t passkeys)
{
    luci_db_close(with->db);
    with->settings.second_factor = second_factor;
    with->settings.passkeys = passkeys;
}

static luci_result_t need(int *kinds)
{
    return luci_factor_need(with->db, &with->settings, &session, kinds, pool);
}

static luci_result_t need_for_passkeys(void)
{
    return luci_factor_need_for_passkeys(with->db, &with->settings, &session, pool);
}

/* ---- What an account has ---- */

/* Before any site has second factors, there is no table of them. */
static void check_passkeys_alone(void)
{
    int kinds = -1;

    configure(LUCI_SECOND_FACTOR_OFF, LUCI_PASSKEYS_ON);
    support_our_tables(with->target.params, &with->settings);
    run(KEY OF_ALICE);
    tap_is_result(need_for_passkeys(), LUCI_OK,
                  "S9.84: where no site has second factors, a session changes passkeys");
    tap_is_result(need(&kinds), LUCI_OK, "where no site has second factors, none is needed");
    tap_is_int(kinds, 0, "no kinds are needed");
    run("DELETE FROM auth_user_passkey");
}

static void check_kinds(void)
{
    int kinds = -1;

    configure(LUCI_SECOND_FACTOR_OPTIONAL, LUCI_PASSKEYS_ON);
    support_our_tables(with->target.params, &with->settings);
    luci_db_close(with->db);
    tap_is_result(need(&kinds), LUCI_OK, "S1.43: a user without a factor needs none");
    run(APP OF_ALICE);
    tap_is_result(need(&kinds), LUCI_DENIED, "S1.43: a user with an app needs it");
    tap_is_int(kinds, LUCI_FACTOR_TOTP, "S1.43: it is told that it is the app");
    tap_is_result(luci_factor_need_look(&with->auth, &session, pool), LUCI_DENIED,
                  "S1.43: a look before the change finds the missing factor");
    session.factors = 2;
    tap_is_result(need(&kinds), LUCI_OK, "S1.43: a session with two factors needs nothing");
    tap_is_result(luci_factor_need_look(&with->auth, &session, pool), LUCI_OK,
                  "a look at a session with two factors finds that nothing is needed");
    session.factors = 1;
    configure(LUCI_SECOND_FACTOR_OFF, LUCI_PASSKEYS_ON);
    tap_is_result(need(&kinds), LUCI_OK, "S1.43: where LuciaSecondFactor is off, no change needs the app");
    tap_is_result(need_for_passkeys(), LUCI_DENIED,
                  "S9.84: where LuciaSecondFactor is off, passkeys need the app of another site");
    run("DELETE FROM auth_user_totp");
    tap_is_result(need_for_passkeys(), LUCI_OK, "S9.84: a user without a factor adds a passkey");
    run(KEY OF_ALICE);
    tap_is_result(need_for_passkeys(), LUCI_DENIED,
                  "S9.84: where another site has second factors, a passkey is one");
    configure(LUCI_SECOND_FACTOR_OPTIONAL, LUCI_PASSKEYS_OFF);
    tap_is_result(need(&kinds), LUCI_DENIED,
                  "S1.43: where LuciaPasskeys is off, a passkey of another site is needed");
    tap_is_int(kinds, LUCI_FACTOR_PASSKEY, "S1.43: it is told that it is the passkey");
    with->refuse_at = 1;
    with->with = LUCI_BUSY;
    tap_is_result(luci_factor_need_look(&with->auth, &session, pool), LUCI_BUSY,
                  "a look without a handle is busy");
    run("DELETE FROM auth_user_passkey");
    configure(LUCI_SECOND_FACTOR_OPTIONAL, LUCI_PASSKEYS_ON);
}

/* ---- What it protects ---- */

static void is_refused(luci_result_t result, const char *event, const char *what)
{
    tap_is_result(result, LUCI_DENIED, "S1.43: a session with one factor changes nothing: %s", what);
    tap_is_str(with->events,
               apr_psprintf(pool, "%s one_factor alice %s %s\n", event, session.user.id, session.tag),
               "the event says that a factor is missing: %s", what);
    with->events[0] = '\0';
}

static void check_changes(void)
{
    luci_attempt_t attempt = { .now = 0 };
    luci_name_change_t name = { .request = { .username = "alicia", .now = NOW, .attempt = &attempt },
                                .session = &session };
    luci_account_deletion_t deletion = { .session = &session, .username = "alice", .now = NOW };
    luci_attribute_change_t values = { .request = { .now = NOW }, .session = &session };
    luci_own_sessions_ending_t ending = { .session = &session, .now = NOW };

    run(APP OF_ALICE);
    with->events[0] = '\0';
    is_refused(luci_name_change(&with->auth, &name, pool), "user_rename", "the name");
    is_refused(luci_account_deletion(&with->auth, &deletion, pool), "user_delete", "the deletion");
    is_refused(luci_attribute_change(&with->auth, &values, pool), "user_set", "the attributes");
    tap_is_result(luci_own_sessions_end(&with->auth, &ending, pool), LUCI_DENIED,
                  "S1.43: a session with one factor ends no others");
    tap_is_str(with->events, apr_psprintf(pool, "session_end one_factor alice %s -\n", session.user.id),
               "the event says that a factor is missing: the sessions");
    tap_is_int(support_auth_number(with, "SELECT count(*) FROM user_session"), 2, "both sessions are there");
    tap_is_int(support_auth_number(with, "SELECT count(*) FROM auth_user WHERE username = 'alice'"), 1,
               "the user is as before");
}

static luci_password_change_t password_change(const char *current)
{
    static luci_attempt_t attempt;

    attempt = (luci_attempt_t){ .now = 0 };
    with->events[0] = '\0';
    return (luci_password_change_t){
        .request = { .username = "alice", .password = current, .now = NOW, .attempt = &attempt },
        .session = &session,
        .password = "battery staple",
    };
}

static void check_password(void)
{
    luci_password_change_t change = password_change("wrong password");
    luci_session_t renewed;

    tap_is_result(luci_password_change(&with->auth, &change, &renewed, pool), LUCI_DENIED,
                  "a wrong password is denied");
    tap_is_int(change.request.demand.kinds, 0, "S1.43: a wrong password is not asked for a factor");
    change = password_change(PASSWORD);
    is_refused(luci_password_change(&with->auth, &change, &renewed, pool), "password_change", "the password");
    tap_is_int(change.request.demand.kinds, LUCI_FACTOR_TOTP,
               "S1.43: the right password is asked for the app");
    tap_is_result(support_check(with, "alice", "battery staple", &renewed.user), LUCI_DENIED,
                  "S1.43: the account has no new password");
    session.factors = 2;
    change = password_change(PASSWORD);
    tap_is_result(luci_password_change(&with->auth, &change, &renewed, pool), LUCI_OK,
                  "S1.43: a session with two factors changes the password");
    tap_is_int(renewed.factors, 2, "S1.27: the new session has two factors");
}

int main(void)
{
    pool = support_start();
    with = support_auth("factor_need.db", 1);
    tap_is_result(support_sign_up(with, "alice", PASSWORD), LUCI_OK, "alice signs up");
    tap_is_result(support_sign_in(with, "alice", PASSWORD), LUCI_OK, "alice signs in");
    session = support_session;
    session.factors = 1;
    with->settings.editable = apr_array_make(pool, 1, sizeof(luci_asked_attribute_t));
    check_passkeys_alone();
    check_kinds();
    check_changes();
    check_password();
    support_auth_close(with);
    return tap_done();
}
