/* SPDX-License-Identifier: Apache-2.0 */
/* Validating sessions, and every use case when the database or the random source fails. Specification: S9.13,
 * S9.14, S9.15, S9.30 to S9.33, S9.40, S9.41. */
#include "core/auth/auth.h"
#include "lib/support.h"
#include "lib/support_auth.h"
#include "lib/tap.h"

#include <apr_strings.h>
#include <string.h>

#define DAY LUCI_MS_DAY
#define COUNTS                                                                                               \
    "SELECT (SELECT count(*) FROM auth_user) || ' ' || (SELECT count(*) FROM user_key) || ' ' || "           \
    "(SELECT count(*) FROM user_session)"

static apr_pool_t *pool;
static luci_session_t session;
static luci_result_t written;

static luci_result_t validate(support_auth_t *with, const char *id, int may_write, luci_ms_t now)
{
    luci_session_claim_t claim = { .token = support_token(id), .now = now, .may_write = may_write };

    written = LUCI_INTERNAL;
    memset(&session, 0, sizeof session);
    return luci_auth_validate(&with->auth, &claim, &session, &written, pool);
}

/* A database with alice's session, made at NOW. */
static support_auth_t *with_session(const char *name, const char **id)
{
    support_auth_t *with = support_auth(name, 1);

    tap_is_result(support_sign_up(with, "Alice", PASSWORD), LUCI_OK, "%s: a session", name);
    *id = support_session.token.id;
    return with;
}

static long long sessions(const support_auth_t *with)
{
    return support_auth_number(with, "SELECT count(*) FROM user_session");
}

/* ---- Validating ---- */

static void check_active(void)
{
    const char *id;
    support_auth_t *with = with_session("active.db", &id);

    tap_is_result(validate(with, id, 1, NOW + 1), LUCI_OK, "an active session is valid a millisecond later");
    tap_is_result(written, LUCI_OK, "  nothing to write");
    tap_is_str(session.user.username, "Alice", "  a valid session has its user");
    tap_is_str(session.token.id, id, "  a valid session has its id");
    tap_ok(!session.fresh && session.state == LUCI_SESSION_ACTIVE,
           "  a valid session is active and not fresh");
    tap_is_result(validate(with, "abcdefghijklmnopqrstuvwxyz0123456789abcd", 1, NOW), LUCI_NOT_FOUND,
                  "S9.11: an unknown id");
    tap_is_result(written, LUCI_OK, "  nothing to write");
    tap_is_int(sessions(with), 1, "S9.11: an unknown id is not adopted");
    tap_is_result(validate(with, id, 1, NOW - LUCI_MS_HOUR), LUCI_OK, "S9.40: the clock an hour back");
    tap_is_result(validate(with, id, 0, NOW + 3650 * DAY), LUCI_EXPIRED,
                  "S9.40: ten years on, and nothing may be written");
    tap_is_result(written, LUCI_OK, "  nothing is written where nothing may be written");
    tap_is_int(sessions(with), 1, "  the row is still there");
    tap_is_result(validate(with, id, 1, NOW + 15 * DAY), LUCI_OK, "the last millisecond");
    tap_ok(session.fresh && session.state == LUCI_SESSION_ACTIVE,
           "  the validation in the last millisecond renews the session");
    support_auth_close(with);
}

static void check_renewed(void)
{
    const char *id;
    support_auth_t *with = with_session("renewed.db", &id);

    tap_is_result(validate(with, id, 0, NOW + 2 * DAY), LUCI_OK, "idle, and nothing may be written");
    tap_ok(!session.fresh && session.state == LUCI_SESSION_IDLE, "  it stays idle");
    tap_is_result(written, LUCI_OK, "  nothing was tried");
    tap_is_result(validate(with, id, 1, NOW + 2 * DAY), LUCI_OK, "an idle session is valid");
    tap_ok(session.fresh && session.state == LUCI_SESSION_ACTIVE, "  renewed, its cookie is to be sent");
    tap_is_result(written, LUCI_OK, "  the renewal was written");
    tap_is_int(session.idle_expires, NOW + 17 * DAY, "  usable for fifteen more days");
    tap_is_result(validate(with, id, 1, NOW + 2 * DAY + 1), LUCI_OK, "S9.14: the next request");
    tap_ok(!session.fresh, "S9.14: does not send the cookie again");
    support_auth_close(with);
}

static void check_dead(void)
{
    const char *id;
    support_auth_t *with = with_session("dead.db", &id);

    tap_is_result(validate(with, id, 1, NOW + 15 * DAY + 1000), LUCI_EXPIRED,
                  "S9.14: a second after idle_expires: dead");
    tap_is_result(written, LUCI_OK, "  its row is removed");
    tap_is_int(sessions(with), 0, "  the expired session has no row");
    tap_is_result(validate(with, id, 1, NOW), LUCI_NOT_FOUND,
                  "S9.40: the clock back: it does not come alive");
    support_auth_close(with);
}

static void check_max_lifetime(void)
{
    const char *id;
    support_auth_t *with = with_session("lifetime.db", &id);

    with->settings.max_lifetime = LUCI_MS_HOUR;
    tap_is_result(validate(with, id, 1, NOW + LUCI_MS_HOUR - 1), LUCI_OK,
                  "S9.14: an active session, the last of its lifetime");
    tap_is_result(validate(with, id, 1, NOW + LUCI_MS_HOUR), LUCI_EXPIRED,
                  "S9.14: an active session ends with its lifetime");
    tap_is_int(sessions(with), 0, "  its row is removed");
    support_auth_close(with);
}

static void check_disabled(void)
{
    const char *id;
    support_auth_t *with = with_session("disabled.db", &id);

    support_run(with->target.params, "UPDATE auth_user SET disabled = 1");
    tap_is_result(validate(with, id, 1, NOW), LUCI_DENIED, "S9.13: a disabled user's session");
    tap_is_result(validate(with, id, 1, NOW + 2 * DAY), LUCI_DENIED,
                  "  an idle session of a disabled user is denied");
    tap_is_int(support_auth_number(with, "SELECT active_expires FROM user_session"), NOW + DAY,
               "  is not renewed");
    support_auth_close(with);
}

/* ---- Locked ---- */

static void check_locked(void)
{
    const char *id;
    support_auth_t *with = with_session("locked.db", &id);
    pid_t holder;

    support_auth_close(with);
    holder = support_hold(with->target.params, "BEGIN EXCLUSIVE");
    tap_is_result(validate(with, id, 1, NOW + 1), LUCI_OK,
                  "S9.32: locked by another process: an active session is valid");
    tap_is_result(validate(with, id, 1, NOW + 2 * DAY), LUCI_OK,
                  "S9.32: an idle session is valid while the database is locked");
    tap_is_result(written, LUCI_BUSY, "  though it could not be renewed");
    tap_ok(!session.fresh && session.state == LUCI_SESSION_IDLE,
           "  the cookie of a session that could not be renewed is not sent");
    tap_is_str(session.user.username, "Alice", "  it has its user");
    tap_is_result(validate(with, id, 1, NOW + 16 * DAY), LUCI_EXPIRED, "S9.32: a dead one is dead");
    tap_is_result(written, LUCI_BUSY, "  though it could not be removed");
    tap_is_result(support_sign_in(with, "alice", PASSWORD), LUCI_BUSY, "S9.32: signing in is busy");
    tap_is_result(support_sign_out(with, id), LUCI_BUSY, "S9.33: signing out does not pretend");
    support_auth_close(with);
    support_release(holder);
    tap_is_result(validate(with, id, 1, NOW + 2 * DAY), LUCI_OK, "the lock is gone");
    tap_ok(session.fresh, "  the session is renewed once the lock is gone");
    support_auth_close(with);
}

/* ---- Refused at each step ---- */

static luci_result_t sign_up_bob(support_auth_t *with)
{
    return support_sign_up(with, "bobby", PASSWORD);
}

static luci_result_t sign_in_alice(support_auth_t *with)
{
    return support_sign_in(with, "alice", PASSWORD);
}

static luci_result_t check_alice(support_auth_t *with)
{
    luci_user_t user;

    return support_check(with, "alice", PASSWORD, &user);
}

static luci_result_t sign_out_unknown(support_auth_t *with)
{
    return support_sign_out(with, "abcdefghijklmnopqrstuvwxyz0123456789abcd");
}

static luci_result_t validate_unknown(support_auth_t *with)
{
    return validate(with, "abcdefghijklmnopqrstuvwxyz0123456789abcd", 1, NOW);
}

static const struct {
    const char *what;
    luci_result_t (*call)(support_auth_t *with);
    int borrows; /* handles it takes, one after another */
    int draws;   /* it can't do without randomness */
} cases[] = {
    { "sign-up", sign_up_bob, 2, 1 },         { "sign-in", sign_in_alice, 2, 1 },
    { "a check", check_alice, 1, 0 },         { "sign-out", sign_out_unknown, 1, 0 },
    { "validating", validate_unknown, 1, 0 },
};

static void check_refusals(luci_result_t with_what)
{
    const char *id;
    support_auth_t *with = with_session(apr_psprintf(pool, "refused-%d.db", (int)with_what), &id);

    for (int i = 0; i < COUNT(cases); i++) {
        for (int at = 1; at <= cases[i].borrows; at++) {
            with->borrows = 0;
            with->refuse_at = at;
            with->with = with_what;
            tap_is_result(cases[i].call(with), with_what, "S9.30: %s: handle %d is refused with %s",
                          cases[i].what, at, luci_result_name(with_what));
            tap_is_int(with->borrows, at, "  no handle is asked for after the refused one");
            tap_is_int(with->out, 0, "  all lent ones are back");
        }
    }
    tap_is_str(support_auth_value(with, COUNTS), "1 1 1", "nothing was written");
    support_auth_close(with);
}

static void check_broken(void)
{
    const char *id;
    support_auth_t *with = with_session("broken.db", &id);

    support_auth_close(with);
    support_run(with->target.params,
                "ALTER TABLE user_key RENAME TO keys; ALTER TABLE user_session RENAME TO sessions");
    for (int i = 0; i < COUNT(cases); i++) {
        tap_is_result(cases[i].call(with), LUCI_UNAVAILABLE, "S9.30: %s without its table", cases[i].what);
        tap_is_int(with->out, 0, "  all lent handles are back");
    }
    support_run(with->target.params,
                "ALTER TABLE keys RENAME TO user_key; ALTER TABLE sessions RENAME TO user_session");
    tap_is_result(validate(with, id, 1, NOW), LUCI_OK, "S9.31: the tables are back: the next call works");
    support_auth_close(with);
}

/* S9.41. The first drawing is a new hash's salt, then ids. */
static void check_no_randomness(void)
{
    const char *id;
    support_auth_t *with = with_session("random.db", &id);

    for (int i = 0; i < COUNT(cases); i++) {
        for (int at = 1; cases[i].draws && at <= 4; at++) {
            luci_result_t result;
            const char *before = support_auth_value(with, COUNTS);

            support_random_fails_at(at);
            result = cases[i].call(with);
            support_random_fails_at(0);
            if (result == LUCI_OK)
                break;
            tap_is_result(result, LUCI_INTERNAL, "S9.41: %s: the random source fails at drawing %d",
                          cases[i].what, at);
            tap_is_str(support_auth_value(with, COUNTS), before, "  nothing is written");
            tap_is_int(with->out, 0, "  all lent handles are back");
        }
    }
    support_random_fails_at(1);
    tap_is_result(validate(with, id, 1, NOW + 2 * DAY), LUCI_OK, "S9.41: an existing session needs none");
    support_random_fails_at(0);
    support_auth_close(with);
}

/* S9.15: a database dump holds no live id, and no password. */
static void check_dump(void)
{
    const char *id, *dump;
    support_auth_t *with = with_session("dump.db", &id);

    dump = support_auth_value(with, "SELECT (SELECT group_concat(id || user_id) FROM user_session) || "
                                    "(SELECT group_concat(id || hashed_password) FROM user_key)");
    tap_ok(dump && !strstr(dump, id) && !strstr(dump, PASSWORD),
           "S9.15: the tables hold neither the id nor the password");
    tap_ok(!strstr(with->logged, id), "S9.15: the log does not hold the id");
    support_auth_close(with);
}

int main(void)
{
    pool = support_start();
    check_active();
    check_renewed();
    check_dead();
    check_max_lifetime();
    check_disabled();
    check_locked();
    check_refusals(LUCI_BUSY);
    check_refusals(LUCI_UNAVAILABLE);
    check_broken();
    check_no_randomness();
    check_dump();
    return tap_done();
}
