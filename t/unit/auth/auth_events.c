/* SPDX-License-Identifier: Apache-2.0 */
/* What the use cases report: one event for each try, with its true reason, and no name that may be a
 * password. Specification: S9.15. */
#include "core/auth/auth.h"
#include "lib/support.h"
#include "lib/support_auth.h"
#include "lib/tap.h"

#include <apr_strings.h>
#include <string.h>

#define UNKNOWN "abcdefghijklmnopqrstuvwxyz0123456789abcd"
#define DAY LUCI_MS_DAY

static apr_pool_t *pool;
static support_auth_t *with;
static const char *alice; /* her user id */

static const char *tag_of(const char *id)
{
    char tag[LUCI_EVENT_TAG_HEX + 1];

    luci_event_tag(id, tag);
    return apr_pstrdup(pool, tag);
}

/* Compares what was reported since the last time. */
static void events_are(const char *wanted, const char *name)
{
    tap_is_str(with->events, wanted, "%s", name);
    with->events[0] = '\0';
}

static const char *of_alice(const char *what, const char *session)
{
    return apr_psprintf(pool, "%s Alice %s %s\n", what, alice, session);
}

static void check_sign_up(void)
{
    tap_is_result(support_sign_up(with, "Alice", PASSWORD), LUCI_OK, "a sign-up to be reported succeeds");
    alice = support_session.user.id;
    events_are(of_alice("sign_up none", tag_of(support_session.token.id)), "  is one event");
    tap_is_result(support_sign_up(with, "ALICE", PASSWORD), LUCI_CONFLICT, "a name that is taken");
    events_are("sign_up name_taken ALICE - -\n", "  the event of a taken name has its reason");
    tap_is_result(support_sign_up(with, "hunter2\n", PASSWORD), LUCI_INVALID, "an impossible name");
    events_are("sign_up invalid_username - - -\n", "  S9.15: an impossible name is not in the event");
    tap_is_result(support_sign_up(with, "bobby", "short"), LUCI_INVALID, "an impossible password");
    events_are("sign_up invalid_password - - -\n", "  leaves nobody to name");
}

static void check_sign_in(void)
{
    tap_is_result(support_sign_in(with, "alice", PASSWORD), LUCI_OK, "a sign-in to be reported succeeds");
    events_are(of_alice("sign_in none", tag_of(support_session.token.id)),
               "  names the account as it is stored");
    tap_is_result(support_sign_in(with, "aLiCe", WRONG), LUCI_DENIED, "a wrong password");
    events_are(of_alice("sign_in wrong_password", "-"),
               "  a wrong password names the account as it is stored");
    tap_is_result(support_sign_in(with, PASSWORD, "alice"), LUCI_DENIED, "a password in the wrong field");
    events_are("sign_in unknown_user - - -\n", "  S9.15: a password in the wrong field is not in the event");
    tap_is_result(support_sign_in(with, "", PASSWORD), LUCI_INVALID, "a sign-in without a name is invalid");
    events_are("sign_in invalid_username - - -\n", "  has a reason of its own");
    tap_is_result(support_sign_in(with, "alice", ""), LUCI_INVALID,
                  "a sign-in without a password is invalid");
    events_are("sign_in invalid_password - - -\n", "  a missing password has its reason");
    with->refuse_at = 1;
    with->with = LUCI_BUSY;
    tap_is_result(support_sign_in(with, "alice", PASSWORD), LUCI_BUSY, "no handle to be had");
    events_are("sign_in busy - - -\n", "  is nobody's fault");
    with->refuse_at = 2;
    with->with = LUCI_UNAVAILABLE;
    tap_is_result(support_sign_in(with, "alice", PASSWORD), LUCI_UNAVAILABLE,
                  "a sign-in without a handle for the session is unavailable");
    events_are(of_alice("sign_in unavailable", "-"), "  has no session");
}

static void check_other_reasons(void)
{
    luci_user_t user;

    tap_is_result(support_check(with, "alice", PASSWORD, &user), LUCI_OK, "a password alone");
    events_are(of_alice("password_check none", "-"), "  is a check");
    tap_is_result(support_check(with, "alice", WRONG, &user), LUCI_DENIED, "a wrong one");
    events_are(of_alice("password_check wrong_password", "-"), "  a wrong password of a check is an event");
    tap_is_result(support_check(with, PASSWORD, PASSWORD, &user), LUCI_NOT_FOUND,
                  "a check of an unknown name is not found");
    events_are("password_check unknown_user - - -\n", "  an unknown name of a check has its reason");
    tap_is_result(support_check(with, "", PASSWORD, &user), LUCI_DENIED, "an impossible one");
    events_are("password_check invalid_username - - -\n", "  is said to be");
    support_run(with->target.params, "UPDATE auth_user SET disabled = 1");
    tap_is_result(support_sign_in(with, "alice", PASSWORD), LUCI_DENIED, "a disabled user");
    events_are(of_alice("sign_in disabled", "-"), "  is known by the right password");
    tap_is_result(support_sign_in(with, "alice", WRONG), LUCI_DENIED,
                  "a disabled user with a wrong password is denied");
    events_are(of_alice("sign_in wrong_password", "-"), "  has just that");
    support_run(with->target.params, "UPDATE auth_user SET disabled = 0");
    support_run(with->target.params, "UPDATE user_key SET hashed_password = NULL");
    tap_is_result(support_sign_in(with, "alice", PASSWORD), LUCI_DENIED, "a user without a password");
    events_are(of_alice("sign_in no_password", "-"), "  has a reason of its own");
}

/* Validates at a moment; 1: as the first step of a sign-out. */
static luci_result_t validate(const char *id, luci_ms_t now, int ending)
{
    luci_session_claim_t claim = {
        .token = support_token(id), .now = now, .may_write = 1, .may_migrate = 1, .is_ending = ending
    };
    luci_session_t session;
    luci_result_t written, result = luci_auth_validate(&with->auth, &claim, &session, &written, pool);

    tap_is_result(written, LUCI_OK, "  the validation's write did not fail");
    return result;
}

static void check_sessions(void)
{
    const char *id, *tag;
    luci_session_t session;

    tap_is_result(support_sign_up(with, "Alicia", PASSWORD), LUCI_OK,
                  "a sign-up makes a session to validate");
    session = support_session;
    id = session.token.id;
    tag = tag_of(id);
    with->events[0] = '\0';
    tap_is_result(validate(id, NOW + 1, 0), LUCI_OK, "an active session is valid");
    tap_is_result(validate(UNKNOWN, NOW, 0), LUCI_NOT_FOUND, "an unknown session is not found");
    tap_is_result(validate(id, NOW + 2 * DAY, 1), LUCI_OK, "an idle session that is about to end is valid");
    events_are("", "  is no event");
    tap_is_result(validate(id, NOW + 2 * DAY, 0), LUCI_OK, "an idle one");
    events_are(apr_psprintf(pool, "renewal none Alicia %s %s\n", session.user.id, tag),
               "  the renewal of an idle session is an event");
    tap_is_result(validate(id, NOW + 30 * DAY, 0), LUCI_EXPIRED, "a dead one");
    events_are(apr_psprintf(pool, "expiry none Alicia %s %s\n", session.user.id, tag),
               "  the removal of an expired session is an event");
    tap_is_result(validate(id, NOW + 30 * DAY, 0), LUCI_NOT_FOUND, "an expired session is not found later");
    events_are("", "  there is nothing any more");
    tap_is_result(support_sign_in(with, "alicia", PASSWORD), LUCI_OK,
                  "a further sign-in makes a session to expire");
    with->events[0] = '\0';
    tap_is_result(validate(support_session.token.id, NOW + 30 * DAY, 1), LUCI_EXPIRED,
                  "dead when it's to be ended");
    events_are(
        apr_psprintf(pool, "expiry none Alicia %s %s\n", session.user.id, tag_of(support_session.token.id)),
        "  the removal of a session that expired at sign-out is an event");
}

static void check_sign_out(void)
{
    luci_session_t session;

    tap_is_result(support_sign_in(with, "alicia", PASSWORD), LUCI_OK,
                  "a sign-in makes a session to sign out");
    session = support_session;
    with->events[0] = '\0';
    with->refuse_at = 1;
    with->with = LUCI_BUSY;
    tap_is_result(luci_auth_sign_out(&with->auth, &session, NOW, pool), LUCI_BUSY, "a sign-out that fails");
    events_are(apr_psprintf(pool, "sign_out busy Alicia %s %s\n", session.user.id, tag_of(session.token.id)),
               "  is an event");
    tap_is_result(luci_auth_sign_out(&with->auth, &session, NOW, pool), LUCI_OK, "one that works");
    events_are(apr_psprintf(pool, "sign_out none Alicia %s %s\n", session.user.id, tag_of(session.token.id)),
               "  a sign-out is an event");
    tap_is_result(luci_auth_sign_out(&with->auth, &session, NOW, pool), LUCI_NOT_FOUND, "the next one");
    events_are(
        apr_psprintf(pool, "sign_out no_session Alicia %s %s\n", session.user.id, tag_of(session.token.id)),
        "  has nothing to end");
}

static void check_migration(void)
{
    support_run(with->target.params,
                apr_psprintf(pool,
                             "INSERT INTO user_session (id, user_id, active_expires, idle_expires) "
                             "SELECT '" UNKNOWN "', id, %" APR_INT64_T_FMT ", %" APR_INT64_T_FMT
                             " FROM auth_user WHERE username = 'Alicia'",
                             NOW - 1, NOW + DAY));
    with->events[0] = '\0';
    tap_is_result(validate(UNKNOWN, NOW, 0), LUCI_OK, "a row that Lucia left, idle");
    tap_ok(strncmp(with->events, "takeover none Alicia ", 21) == 0, "  is taken over");
    tap_ok(strstr(with->events, "\nrenewal none Alicia ") != NULL, "  the migrated session is renewed");
    tap_ok(strstr(with->events, UNKNOWN) == NULL, "  S9.15: the events do not contain the session id");
}

int main(void)
{
    pool = support_start();
    with = support_auth("events.db", 1);
    check_sign_up();
    check_sign_in();
    check_other_reasons();
    check_sessions();
    check_sign_out();
    check_migration();
    tap_ok(!strstr(with->logged, PASSWORD), "S9.15: no log holds a password");
    support_auth_close(with);
    return tap_done();
}
