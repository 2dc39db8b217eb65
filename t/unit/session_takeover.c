/* SPDX-License-Identifier: Apache-2.0 */
/* Taking over the sessions that Lucia v2 left, ids as they are, where ids are stored hashed: each row is
 * found, gets its hash once, and nobody is signed out, whoever else does the same in between.
 * t/engines_unit.t runs this on PostgreSQL and MariaDB. */
#include "support_auth.h"
#include "support_cache.h"
#include "tap.h"

#include <apr_dbd.h>
#include <apr_strings.h>
#include <dlfcn.h>
#include <string.h>
#include <unistd.h>

#define DAY LUCI_MS_DAY
#define BARE "abcdefghijklmnopqrstuvwxyz0123456789abcd"
#define UNKNOWN "0000000000000000000000000000000000000000"
#define HASH                                                                                                 \
    "0f595b824eb4eb7d9fb3b8c7aa23dbc305a92a2cd21bb9180722507216ba3871" /* BARE's, as sha256sum has it */
#define LOCK_FILE "BEGIN IMMEDIATE"
#define LOCK_ROW "BEGIN; UPDATE user_session SET user_id = user_id"
#define BARE_ROWS "SELECT count(*) FROM user_session WHERE id = '" BARE "'"
#define HASHED_ROWS "SELECT count(*) FROM user_session WHERE id = '" HASH "'"

static apr_pool_t *pool;
static support_auth_t *lucia;
static luci_session_t found;
static luci_result_t written;

/* ---- Statements are counted, and something can happen before one of them ---- */

static int selects, writes, interrupt_at;
static void (*interruption)(void);

static void before_statement(int *counter)
{
    void (*now)(void) = interruption;

    (*counter)++;
    if (interrupt_at > 0 && --interrupt_at == 0) {
        interruption = NULL;
        now();
    }
}

int apr_dbd_pselect(const apr_dbd_driver_t *driver, apr_pool_t *from, apr_dbd_t *handle,
                    apr_dbd_results_t **results, apr_dbd_prepared_t *statement, int random, int count,
                    const char **arguments)
{
    int (*real)(const apr_dbd_driver_t *, apr_pool_t *, apr_dbd_t *, apr_dbd_results_t **,
                apr_dbd_prepared_t *, int, int, const char **);

    *(void **)&real = dlsym(RTLD_NEXT, "apr_dbd_pselect");
    before_statement(&selects);
    return real(driver, from, handle, results, statement, random, count, arguments);
}

int apr_dbd_pquery(const apr_dbd_driver_t *driver, apr_pool_t *from, apr_dbd_t *handle, int *changed,
                   apr_dbd_prepared_t *statement, int count, const char **arguments)
{
    int (*real)(const apr_dbd_driver_t *, apr_pool_t *, apr_dbd_t *, int *, apr_dbd_prepared_t *, int,
                const char **);

    *(void **)&real = dlsym(RTLD_NEXT, "apr_dbd_pquery");
    before_statement(&writes);
    return real(driver, from, handle, changed, statement, count, arguments);
}

/* ---- A database as Lucia left it, in its tables or in ours ---- */

static void run(const char *sql)
{
    support_run(lucia->target.params, sql);
}

/* Lucia's session of alice, active until then. */
static void leave_session(const char *of, luci_ms_t active)
{
    run(apr_psprintf(pool,
                     "INSERT INTO user_session (id, user_id, active_expires, idle_expires) VALUES "
                     "('%s', 'alice0000000000', %" APR_INT64_T_FMT ", %" APR_INT64_T_FMT ")",
                     of, active, active + 14 * DAY));
}

static void start(const char *name, int ours, luci_ms_t active)
{
    lucia = support_auth(apr_psprintf(pool, "%s-%d.db", name, ours), ours);
    run("INSERT INTO auth_user (id, username) VALUES ('alice0000000000', 'Alice')");
    leave_session(BARE, active);
}

static void stop(void)
{
    support_auth_close(lucia);
}

static luci_result_t show(const char *shown, luci_ms_t now, int may_write)
{
    luci_session_claim_t claim = {
        .id = shown, .now = now, .may_write = may_write, .may_take_over = may_write
    };

    memset(&found, 0, sizeof found);
    return luci_auth_validate(&lucia->auth, &claim, &found, &written, pool);
}

static void is_stored(int bare, int hashed, const char *what)
{
    tap_is_int(support_auth_number(lucia, BARE_ROWS), bare, "  %s: bare rows", what);
    tap_is_int(support_auth_number(lucia, HASHED_ROWS), hashed, "  %s: hashed rows", what);
}

/* ---- One at a time ---- */

static void check_active(int ours)
{
    start("active", ours, NOW + DAY);
    tap_is_result(show(BARE, NOW, 0), LUCI_OK, "%s tables: a bare session is valid",
                  ours ? "our" : "Lucia's");
    is_stored(1, 0, "nothing may be written");
    writes = 0;
    tap_is_result(show(BARE, NOW, 1), LUCI_OK, "when it may");
    tap_is_result(written, LUCI_OK, "  that went well");
    is_stored(0, 1, "taken over");
    tap_is_int(writes, 1, "  with one statement");
    tap_is_str(found.id, BARE, "  its id is the one that was shown");
    tap_is_str(found.user.username, "Alice", "  its user Lucia's");
    tap_ok(!found.is_bare && !found.fresh && found.state == LUCI_SESSION_ACTIVE,
           "  active, with no new cookie");
    tap_ok(found.active_expires == NOW + DAY && found.idle_expires == NOW + 15 * DAY, "  as long as before");
    writes = selects = 0;
    tap_is_result(show(BARE, NOW + 1, 1), LUCI_OK, "again");
    tap_is_int(writes, 0, "  nothing is written");
    tap_is_int(selects, 1, "  and one look is enough");
    stop();
}

static void check_idle(int ours)
{
    start("idle", ours, NOW - 1);
    tap_is_result(show(BARE, NOW, 0), LUCI_OK, "an idle bare session");
    is_stored(1, 0, "nothing may be written");
    tap_is_result(show(BARE, NOW, 1), LUCI_OK, "when it may");
    tap_is_result(written, LUCI_OK, "  that went well");
    is_stored(0, 1, "taken over");
    tap_ok(found.fresh && found.state == LUCI_SESSION_ACTIVE, "  renewed: the cookie is sent");
    tap_is_int(support_auth_number(lucia, "SELECT active_expires FROM user_session"), NOW + DAY,
               "  for a day");
    tap_is_int(support_auth_number(lucia, "SELECT idle_expires FROM user_session"), NOW + 15 * DAY,
               "  and fifteen");
    stop();
}

static void check_dead(int ours)
{
    start("dead", ours, NOW - 14 * DAY - 1);
    tap_is_result(show(BARE, NOW, 0), LUCI_EXPIRED, "a dead bare session");
    is_stored(1, 0, "nothing may be written");
    tap_is_result(show(BARE, NOW, 1), LUCI_EXPIRED, "when it may");
    is_stored(0, 0, "removed");
    stop();
    start("disabled", ours, NOW + DAY);
    if (!ours)
        run("ALTER TABLE auth_user ADD disabled BIGINT");
    run("UPDATE auth_user SET disabled = 1");
    tap_is_result(show(BARE, NOW, 1), LUCI_DENIED, "a disabled user's bare session");
    is_stored(1, 0, "left");
    run("UPDATE auth_user SET disabled = 0");
    tap_is_result(show(BARE, NOW, 1), LUCI_OK, "enabled again");
    is_stored(0, 1, "taken over");
    stop();
}

static void check_ends(int ours)
{
    luci_auth_request_t request = { .username = "bobby", .password = RIGHT, .old_session = BARE, .now = NOW };
    luci_field_t field;

    start("out", ours, NOW + DAY);
    tap_is_result(support_sign_out(lucia, UNKNOWN), LUCI_NOT_FOUND, "sign-out of nobody");
    is_stored(1, 0, "left");
    tap_is_result(support_sign_out(lucia, BARE), LUCI_OK, "sign-out of a bare session");
    is_stored(0, 0, "gone");
    tap_is_result(show(BARE, NOW, 1), LUCI_NOT_FOUND, "  and dead");
    leave_session(BARE, NOW + DAY);
    tap_is_result(luci_auth_sign_up(&lucia->auth, &request, &found, &field, pool), LUCI_OK,
                  "a sign-up that came with one");
    is_stored(0, 0, "gone");
    leave_session(BARE, NOW + DAY);
    tap_is_result(luci_auth_sign_in(&lucia->auth, &request, &found, &field, pool), LUCI_OK,
                  "a sign-in that came with one");
    is_stored(0, 0, "gone");
    tap_is_int(support_auth_number(lucia, "SELECT count(*) FROM user_session"), 2, "  and no other");
    stop();
}

/* What stands in the table opens nothing once it's a hash. */
static void check_strangers(int ours)
{
    start("strangers", ours, NOW + DAY);
    writes = 0;
    tap_is_result(show(UNKNOWN, NOW, 1), LUCI_NOT_FOUND, "an unknown id");
    tap_is_int(writes, 0, "  writes nothing");
    tap_is_result(show(HASH, NOW, 1), LUCI_NOT_FOUND, "the hash before the row has it");
    tap_is_result(show(BARE, NOW, 1), LUCI_OK, "taken over");
    tap_is_result(show(HASH, NOW, 1), LUCI_NOT_FOUND, "the hash that the table holds opens nothing");
    tap_is_result(show(apr_pstrndup(pool, HASH, LUCI_SESSION_ID_LENGTH), NOW, 1), LUCI_NOT_FOUND,
                  "nor does its beginning");
    tap_is_result(support_sign_out(lucia, HASH), LUCI_NOT_FOUND, "  and signs nobody out");
    is_stored(0, 1, "left");
    stop();
}

static void check_plain(int ours)
{
    start("plain", ours, NOW - 1);
    lucia->settings.tokens = LUCI_TOKENS_PLAIN;
    tap_is_result(show(BARE, NOW, 1), LUCI_OK, "plain ids: an idle session");
    tap_ok(found.fresh && !found.is_bare, "  is renewed and no matter of a takeover");
    is_stored(1, 0, "as Lucia has it");
    tap_is_result(show(HASH, NOW, 1), LUCI_NOT_FOUND, "  a hash is not looked for");
    tap_is_result(support_sign_out(lucia, BARE), LUCI_OK, "  signed out");
    is_stored(0, 0, "gone");
    stop();
}

static void check_attributes(int ours)
{
    static const char *const names[] = { "username", "email", NULL };

    start("attributes", ours, NOW + DAY);
    run("ALTER TABLE auth_user ADD email VARCHAR(99)");
    run("UPDATE auth_user SET email = 'alice@example.com'");
    lucia->settings.attributes = support_names(names);
    for (int visit = 0; visit < 2; visit++) {
        tap_is_result(show(BARE, NOW, 1), LUCI_OK, "the user's attributes, visit %d", visit);
        tap_is_str(found.user.attributes[0], "Alice", "  her name");
        tap_is_str(found.user.attributes[1], "alice@example.com", "  her address");
    }
    is_stored(0, 1, "taken over");
    stop();
}

/* created_at isn't known: the lifetime counts from the last renewal, and is kept from then on. */
static void check_lifetime(void)
{
    start("lifetime", 1, NOW - 1);
    lucia->settings.max_lifetime = 5 * DAY;
    tap_is_result(show(BARE, NOW, 1), LUCI_OK, "with a maximum lifetime");
    is_stored(0, 1, "taken over");
    tap_is_int(support_auth_number(lucia, "SELECT created_at FROM user_session"), NOW - 1 - DAY,
               "  made at its last renewal");
    tap_is_int(support_auth_number(lucia, "SELECT idle_expires FROM user_session"), NOW - 1 + 4 * DAY,
               "  and ends in time");
    stop();
}

/* ---- The database can't be written ---- */

static void check_busy(int ours)
{
    pid_t holder;

    start("busy", ours, NOW - 1);
    stop();
    holder = support_hold(lucia->target.params, support_is_file() ? LOCK_FILE : LOCK_ROW);
    tap_is_result(show(BARE, NOW, 1), LUCI_OK, "the row is locked: the session is valid");
    tap_ok(written == LUCI_BUSY || written == LUCI_UNAVAILABLE, "  though not taken over: %s",
           luci_result_name(written));
    tap_ok(found.state == LUCI_SESSION_IDLE && !found.fresh, "  nor renewed");
    stop();
    support_release(holder);
    is_stored(1, 0, "left");
    tap_is_result(show(BARE, NOW, 1), LUCI_OK, "the lock is gone");
    is_stored(0, 1, "taken over");
    tap_ok(found.fresh, "  and renewed");
    stop();
}

/* ---- Kept at hand ---- */

static void check_cached(int ours)
{
    luci_session_cache_t kept;
    int asked;

    memset(&store, 0, sizeof store);
    start("cached", ours, NOW + DAY);
    kept = support_cache(&lucia->settings, lucia->target.params);
    lucia->auth.cache = &kept;
    tap_is_result(show(BARE, NOW, 0), LUCI_OK, "at hand before it could be taken over");
    asked = lucia->borrows;
    tap_is_result(show(BARE, NOW + TTL - 1, 1), LUCI_OK, "  known for a TTL");
    tap_is_int(lucia->borrows, asked, "  without the database");
    is_stored(1, 0, "left");
    tap_is_result(show(BARE, NOW + TTL, 1), LUCI_OK, "  and then");
    is_stored(0, 1, "taken over");
    asked = lucia->borrows;
    tap_is_result(show(BARE, NOW + TTL, 1), LUCI_OK, "  at hand again");
    tap_is_int(lucia->borrows, asked, "  under the id that was shown");
    tap_is_result(support_sign_out(lucia, BARE), LUCI_OK, "signed out");
    tap_is_result(show(BARE, NOW + TTL, 1), LUCI_NOT_FOUND, "  at once");
    stop();
}

/* ---- Several at once ---- */

static luci_db_t *another;

static void take_over_elsewhere(void)
{
    luci_session_claim_t claim = { .id = BARE, .now = NOW };
    luci_session_t session;

    tap_is_result(luci_session_get(another, &claim, &lucia->settings, &session, pool), LUCI_OK,
                  "  another process finds it");
    if (session.is_bare)
        tap_is_result(luci_session_hash(another, &session, &lucia->settings, pool), LUCI_OK,
                      "  and takes it over");
}

static void sign_out_elsewhere(void)
{
    tap_is_result(luci_session_delete(another, BARE, &lucia->settings, pool), LUCI_OK,
                  "  another process signs it out");
}

/* Starts with something that happens before the nth statement. */
static void start_interrupted(const char *name, int at, void (*by)(void))
{
    start(apr_psprintf(pool, "%s-%d", name, at), at % 2, NOW - 1);
    another = luci_db_create(&lucia->target, pool);
    if (luci_db_connect(lucia->db) != LUCI_OK || luci_db_connect(another) != LUCI_OK)
        support_give_up(name, "no connection");
    interrupt_at = at;
    interruption = by;
}

static void stop_interrupted(void)
{
    interrupt_at = 0;
    interruption = NULL;
    luci_db_close(another);
    stop();
}

#define STATEMENTS_MOST 6 /* no use case here has more */

static void check_interrupted_looks(void)
{
    int met = 0;

    for (int at = 1; at <= STATEMENTS_MOST; at++) {
        start_interrupted("looked", at, take_over_elsewhere);
        tap_is_result(show(BARE, NOW, 1), LUCI_OK, "taken over before statement %d: who looks is signed in",
                      at);
        met += !interruption;
        is_stored(0, 1, "taken over once");
        tap_is_int(support_auth_number(lucia, "SELECT active_expires FROM user_session"), NOW + DAY,
                   "  and renewed");
        stop_interrupted();
    }
    tap_is_int(met, 4, "two looks, the hash and the renewal were interrupted");
}

static void check_interrupted_ends(void)
{
    luci_result_t answer;
    int met = 0;

    for (int at = 1; at <= STATEMENTS_MOST; at++) {
        start_interrupted("ended", at, take_over_elsewhere);
        tap_is_result(support_sign_out(lucia, BARE), LUCI_OK,
                      "taken over before statement %d: sign-out still works", at);
        met += !interruption;
        is_stored(0, 0, "gone");
        stop_interrupted();
        start_interrupted("lost", at, sign_out_elsewhere);
        answer = show(BARE, NOW, 1);
        tap_ok(answer == LUCI_OK || answer == LUCI_NOT_FOUND, "  who looked gets an answer");
        if (!interruption)
            is_stored(0, 0, "nothing comes back");
        stop_interrupted();
    }
    tap_is_int(met, 2, "both statements of the sign-out were interrupted");
}

#define VISITORS 4
#define SESSIONS 60

#define ID(session) apr_psprintf(pool, "%040d", session)

/* A child that shows all ids, once all children may. Its status is 0 when it was let in each time. */
static int visit_all(int gate)
{
    char byte;
    int refused = read(gate, &byte, 1) != 0;

    for (int session = 1; session <= SESSIONS; session++)
        refused += show(ID(session), NOW, 1) != LUCI_OK || (found.is_bare && written != LUCI_BUSY);
    stop();
    return refused != 0;
}

static void check_crowd(int ours)
{
    int gate[2], refused = 0;
    pid_t visitors[VISITORS];

    start("crowd", ours, NOW + DAY);
    for (int session = 1; session <= SESSIONS; session++)
        leave_session(ID(session), NOW + (session % 2 ? DAY : -1));
    stop();
    if (pipe(gate) != 0)
        support_give_up("pipe", "none");
    for (int i = 0; i < VISITORS; i++) {
        if ((visitors[i] = fork()) == 0) {
            close(gate[1]);
            _exit(visit_all(gate[0]));
        }
    }
    close(gate[1]);
    for (int i = 0; i < VISITORS; i++)
        refused += support_await(visitors[i]);
    close(gate[0]);
    tap_is_int(refused, 0, "%d at once show the same %d ids: all are let in", VISITORS, SESSIONS);
    tap_is_int(support_auth_number(lucia, "SELECT count(*) FROM user_session WHERE length(id) = 64"),
               SESSIONS, "  all are hashed");
    tap_is_int(support_auth_number(lucia, "SELECT count(*) FROM user_session"), SESSIONS + 1, "  once");
}

int main(void)
{
    pool = support_start();
    for (int ours = 0; ours < 2; ours++) {
        check_active(ours);
        check_idle(ours);
        check_dead(ours);
        check_ends(ours);
        check_strangers(ours);
        check_plain(ours);
        check_attributes(ours);
        check_busy(ours);
        check_cached(ours);
        check_crowd(ours);
    }
    check_lifetime();
    check_interrupted_looks();
    check_interrupted_ends();
    return tap_done();
}
