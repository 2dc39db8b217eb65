/* SPDX-License-Identifier: Apache-2.0 */
/* Dead sessions go, in batches, by the index or along the ids; whoever is alive or renewed meanwhile stays.
 * t/engines/engines_unit.t runs this on PostgreSQL and MariaDB. */
#include "core/base/secret.h"
#include "core/db/session_table.h"
#include "core/guard/times.h"
#include "core/session/purge.h"
#include "lib/support_auth.h"
#include "lib/tap.h"

#include <apr_dbd.h>
#include <apr_strings.h>
#include <apr_time.h>
#include <string.h>
#include <unistd.h>

#define DEAD (2 * LUCI_SQL_PURGE_ROWS + 11) /* three batches */
#define ALIVE 6

static apr_pool_t *pool;
static const char *why;

#define ASKED_MAX 10000 /* a purge that asks so often would never end */

/* Stops at the nth question, from 1; 0: never. */
static int stop_at, asked;

static int go_on(void *baton, const luci_purge_t *purge)
{
    (void)baton;
    (void)purge;
    return ++asked != stop_at && asked < ASKED_MAX;
}

static luci_purge_t purge_at(luci_ms_t now)
{
    return (luci_purge_t){ .now = now, .waits = 1, .go_on = go_on };
}

static luci_result_t run(luci_purge_t *purge, support_auth_t *with)
{
    asked = 0;
    return luci_purge_run(purge, &with->auth.source, &why, pool);
}

/* Sessions "0dead" to "9dead", "10dead" and so on, whose idle_expires are a millisecond apart. */
static void store_many(support_auth_t *with, const char *suffix, int count, luci_ms_t first)
{
    apr_array_header_t *rows = apr_array_make(pool, count, sizeof(char *));

    for (int i = 0; i < count; i++)
        APR_ARRAY_PUSH(rows, char *) =
            apr_psprintf(pool, "('%d%s', 'alice', 1, %" APR_INT64_T_FMT ")", i, suffix, first - i);
    support_run(with->target.params,
                apr_pstrcat(pool,
                            "INSERT INTO user_session (id, user_id, active_expires, idle_expires) VALUES ",
                            apr_array_pstrcat(pool, rows, ','), NULL));
}

static void store(support_auth_t *with, const char *id, luci_ms_t idle)
{
    support_run(with->target.params,
                apr_psprintf(pool,
                             "INSERT INTO user_session (id, user_id, active_expires, idle_expires) VALUES "
                             "('%s', 'alice', 1, %" APR_INT64_T_FMT ")",
                             id, idle));
}

static long long left(support_auth_t *with, const char *like)
{
    return support_auth_number(
        with, apr_psprintf(pool, "SELECT count(*) FROM user_session WHERE id LIKE '%s'", like));
}

/* The dead and the living, mixed among the ids; the last moment of a session is its idle_expires. */
static support_auth_t *new_database(const char *name, int ours)
{
    support_auth_t *with = support_auth(name, ours);

    support_run(with->target.params, "INSERT INTO auth_user (id, username) VALUES ('alice', 'alice')");
    store_many(with, "dead", DEAD, NOW - 1);
    for (int i = 0; i < ALIVE; i++)
        store(with, apr_psprintf(pool, "%dlive", i), NOW + i);
    return with;
}

static void check_batches(int ours)
{
    support_auth_t *with = new_database(ours ? "ours.db" : "lucia.db", ours);
    luci_purge_t purge = purge_at(NOW);

    tap_diag(ours ? "our tables" : "Lucia's tables");
    stop_at = 3;
    tap_is_result(run(&purge, with), LUCI_OK, "stopped after two batches");
    tap_ok(!purge.is_done, "  it's not done");
    tap_is_int(purge.removed, DEAD - left(with, "%dead"), "  it knows what it removed");
    tap_is_int(purge.removed, 2LL * LUCI_SQL_PURGE_ROWS, "  two batches delete their number of rows");
    stop_at = 0;
    tap_is_result(run(&purge, with), LUCI_OK, "a purge that was interrupted goes on");
    tap_ok(purge.is_done, "  the purge is done");
    tap_is_int(purge.removed, DEAD, "  all of the dead were removed");
    tap_is_int(left(with, "%dead"), 0, "  the expired sessions are gone");
    tap_is_int(left(with, "%live"), ALIVE, "  the living are not");
    if (ours)
        tap_is_int(purge.seen, 0, "  nobody walked through the table");
    else
        tap_ok(purge.seen >= ALIVE && purge.seen <= DEAD + ALIVE, "  each row was looked at once: %d",
               (int)purge.seen);
    tap_is_int(with->borrows > 3, 1, "  each batch had a handle of its own");
    purge = purge_at(NOW + ALIVE);
    tap_is_result(run(&purge, with), LUCI_OK, "a purge runs again later");
    tap_is_int(left(with, "%"), 0, "  sessions that expired later are removed");
    stop_at = 1;
    tap_is_result(run(&purge, with), LUCI_OK, "stopped at once");
    tap_ok(!purge.is_done && asked == 1, "  nothing was asked of the database");
    stop_at = 0;
    support_auth_close(with);
}

/* An index that somebody made since, and one that begins with something else. */
static void check_index(void)
{
    support_auth_t *with = new_database("index.db", 0);
    luci_purge_t purge = purge_at(NOW);

    support_run(with->target.params, "CREATE INDEX other ON user_session (user_id, idle_expires)");
    tap_is_result(run(&purge, with), LUCI_OK, "an index that begins with another column");
    tap_ok(purge.seen > 0, "  is of no use");
    store(with, "0dead", NOW - 1);
    support_run(with->target.params, "CREATE INDEX idle ON user_session (idle_expires)");
    purge = purge_at(NOW);
    tap_is_result(run(&purge, with), LUCI_OK, "one on idle_expires");
    tap_is_int(purge.seen, 0, "  the index on idle_expires is used");
    tap_is_int(purge.removed, 1, "  the purge finds the expired session by the index");
    support_auth_close(with);
}

static void check_lifetime(void)
{
    support_auth_t *with = new_database("lifetime.db", 1);
    luci_purge_t purge = purge_at(NOW);

    support_run(with->target.params,
                apr_psprintf(pool,
                             "UPDATE user_session SET created_at = %" APR_INT64_T_FMT " WHERE id = '0live';"
                             "UPDATE user_session SET created_at = %" APR_INT64_T_FMT " WHERE id = '1live'",
                             NOW - LUCI_MS_DAY, NOW - LUCI_MS_DAY + 1));
    tap_is_result(run(&purge, with), LUCI_OK, "a purge runs without a maximum lifetime");
    tap_is_int(left(with, "%live"), ALIVE, "  age does not matter");
    with->settings.max_lifetime = LUCI_MS_DAY;
    luci_db_close(with->db);
    support_run(with->target.params, strcmp(with->target.driver, "mysql") == 0
                                         ? "DROP INDEX idle_expires ON user_session"
                                         : "DROP INDEX user_session_idle_expires");
    purge = purge_at(NOW);
    tap_is_result(run(&purge, with), LUCI_OK,
                  "a purge runs with a maximum lifetime that not all servers share");
    tap_is_int(left(with, "%live"), ALIVE, "  age does not matter where not all servers share the lifetime");
    purge = purge_at(NOW);
    purge.max_lifetime = LUCI_MS_DAY;
    tap_is_result(run(&purge, with), LUCI_OK, "a purge runs with a maximum lifetime of a day");
    tap_is_int(purge.removed, 1, "  one is too old");
    tap_is_int(left(with, "0live"), 0, "  the one that is a day old");
    tap_is_int(left(with, "%live"), ALIVE - 1, "  a session of unknown age stays");
    support_run(with->target.params,
                apr_psprintf(pool,
                             "UPDATE user_session SET created_at = %" APR_INT64_T_FMT " WHERE id = '1live'",
                             NOW + LUCI_MS_DAY));
    purge = purge_at(NOW);
    purge.max_lifetime = LUCI_MS_DAY;
    tap_is_result(run(&purge, with), LUCI_OK, "a purge runs over a session that was made in the future");
    tap_is_int(left(with, "1live"), 0, "  a session that was made in the future is removed");
    support_auth_close(with);
}

/* Somebody holds the row of a dead session, renews it, and is waited for. */
static void check_renewed(int ours)
{
    support_auth_t *with = new_database(ours ? "renewed.db" : "renewed-lucia.db", ours);
    luci_purge_t purge = purge_at(NOW);
    int ready[2];
    char byte;
    pid_t child;

    support_auth_close(with);
    if (pipe(ready) != 0 || (child = fork()) < 0)
        support_give_up("fork", "no child");
    if (child == 0) {
        support_other_t *other = support_open(with->target.params);
        int failed =
            support_try(other, support_is_file() ? "BEGIN IMMEDIATE" : "START TRANSACTION") ||
            support_try(other, "UPDATE user_session SET idle_expires = 9000000000000 WHERE id = '3dead'");

        failed |= write(ready[1], "y", 1) != 1;
        apr_sleep(apr_time_from_msec(300)); /* so that it's waited for; if not, it's just renewed before */
        _exit(failed || support_try(other, "COMMIT"));
    }
    tap_ok(read(ready[0], &byte, 1) == 1, "a dead session is being renewed (%s)", ours ? "index" : "walk");
    tap_is_result(run(&purge, with), LUCI_OK, "  it's waited for");
    tap_is_int(support_await(child), 0, "  the renewal succeeds after the purge");
    tap_is_int(left(with, "3dead"), 1, "  the renewed session stays");
    purge = purge_at(NOW);
    tap_is_result(run(&purge, with), LUCI_OK, "a purge runs again over rows that a server passed over");
    tap_is_int(left(with, "%dead"), 1, "  the others are gone");
    support_auth_close(with);
}

/* A purge that does not wait leaves a locked row to the next run, where the engine can do that. */
static void check_locked(int ours)
{
    support_auth_t *with = new_database(ours ? "locked.db" : "locked-lucia.db", ours);
    luci_purge_t purge = purge_at(NOW);
    support_other_t *other;

    purge.waits = 0;
    if (support_is_file()) /* one writer at a time */
        return;
    other = support_open(with->target.params);
    if (support_try(other, "SET TRANSACTION ISOLATION LEVEL READ COMMITTED") || /* no row but those */
        support_try(other, "START TRANSACTION") ||
        support_try(other, "UPDATE user_session SET active_expires = 2 WHERE id LIKE '%0dead'"))
        support_give_up("locked", "no lock");
    tap_is_result(run(&purge, with), LUCI_OK, "rows are locked by another transaction (%s)",
                  ours ? "index" : "walk");
    tap_ok(purge.is_done, "  the purge ends");
    tap_is_int(left(with, "%dead"), left(with, "%0dead"), "  all other expired sessions are gone");
    tap_ok(left(with, "%0dead") > 0, "  those are left");
    if (support_try(other, "COMMIT"))
        support_give_up("locked", "no commit");
    support_close(other);
    tap_is_result(run(&purge, with), LUCI_OK, "the rows are free again");
    tap_is_int(left(with, "%dead"), 0, "  the next purge deletes them");
    support_auth_close(with);
}

/* ---- Where the walk begins ---- */

#define STEPS 3

/* A table of hex digests, a few steps long, without expired sessions but for one of each hundred. */
static support_auth_t *table_of_hashes(const char *name)
{
    support_auth_t *with = support_auth(name, 0);
    char digest[LUCI_SHA256_HEX + 1];
    apr_array_header_t *rows = apr_array_make(pool, STEPS * LUCI_SQL_STEP_ROWS, sizeof(char *));

    support_run(with->target.params, "INSERT INTO auth_user (id, username) VALUES ('alice', 'alice')");
    for (int i = 0; i < STEPS * LUCI_SQL_STEP_ROWS; i++) {
        if (luci_secret_sha256_hex(&i, sizeof i, digest) != LUCI_OK)
            support_give_up(name, "no digest");
        APR_ARRAY_PUSH(rows, char *) = apr_psprintf(pool, "('%s', 'alice', 1, %" APR_INT64_T_FMT ")", digest,
                                                    i % 100 == 0 ? NOW - 1 : NOW);
    }
    support_run(with->target.params,
                apr_pstrcat(pool,
                            "INSERT INTO user_session (id, user_id, active_expires, idle_expires) VALUES ",
                            apr_array_pstrcat(pool, rows, ','), NULL));
    return with;
}

/* Whatever the place, one walk covers the whole table, and the following ones each row again. */
static void check_places(void)
{
    static const char *const places[] = { "", "0", "7", "fff", "g", "zzzz" };
    support_auth_t *with = table_of_hashes("places.db");
    luci_purge_t purge;

    for (int i = 0; i < COUNT(places); i++) {
        long long before = left(with, "%");

        store(with, apr_psprintf(pool, "%s0dead", places[i]), NOW - 1);
        purge = purge_at(NOW);
        apr_cpystrn(purge.place, places[i], sizeof purge.place);
        tap_is_result(run(&purge, with), LUCI_OK, "a walk begins at \"%s\"", places[i]);
        tap_is_int(left(with, "%0dead"), 0, "  it finds an expired session behind its place");
        tap_is_int(support_auth_number(with, apr_psprintf(pool,
                                                          "SELECT count(*) FROM user_session WHERE "
                                                          "idle_expires < %" APR_INT64_T_FMT,
                                                          NOW)),
                   0, "  it finds all expired sessions");
        tap_ok(purge.seen >= before && purge.seen <= before + LUCI_SQL_STEP_ROWS + 1,
               "  it passes each row once, and at most one step twice: %d", (int)purge.seen);
    }
    support_auth_close(with);
}

/* Runs that are cut off after one step, each in a new process, cover the table together. */
static void check_restarts(void)
{
    support_auth_t *with = table_of_hashes("restarts.db");
    luci_purge_t purge = { 0 };
    char first[LUCI_PURGE_ID_MAX + 1] = "";
    int runs = 0, differ = 0, behind = 0;

    while (runs < 8 || (left(with, "%") > (long long)STEPS * LUCI_SQL_STEP_ROWS * 99 / 100 && runs < 200)) {
        purge = purge_at(NOW);
        purge.is_anywhere = 1;
        stop_at = 4; /* after another place, if the first one lies behind the last id, and one step */
        if (run(&purge, with) != LUCI_OK)
            support_give_up("restarts", why);
        if (!first[0])
            apr_cpystrn(first, purge.place, sizeof first);
        differ |= strcmp(first, purge.place) != 0;
        behind += purge.place[0] > 'f';
        runs++;
    }
    stop_at = 0;
    tap_ok(runs < 200, "runs that end after a step or two cover the table together: %d", runs);
    tap_ok(differ, "  they begin at different places");
    tap_is_int(behind, 0, "  no walk through digests begins behind the last one");
    support_auth_close(with);
}

/* In one process a further run continues, so that the whole table is covered after a known number of runs. */
static void check_continues(void)
{
    support_auth_t *with = table_of_hashes("continues.db");
    luci_purge_t purge = purge_at(NOW);
    int runs = 0;

    purge.is_anywhere = 1;
    stop_at = 2; /* one batch */
    do {
        if (run(&purge, with) != LUCI_OK)
            support_give_up("continues", why);
        runs++;
    } while (!purge.is_done && runs < 50);
    stop_at = 0;
    tap_ok(purge.is_done && runs >= STEPS, "one batch a run, the walk ends after %d runs", runs);
    tap_ok(runs <= STEPS + 5, "  it needs no more than its steps, and what the place costs");
    tap_is_int(left(with, "%"), (long long)STEPS * LUCI_SQL_STEP_ROWS * 99 / 100,
               "  all expired sessions are gone");
    support_auth_close(with);
}

/* A random source that fails costs the place, not the walk. */
static void check_no_random(void)
{
    support_auth_t *with = new_database("no-random.db", 0);
    luci_purge_t purge = purge_at(NOW);

    purge.is_anywhere = 1;
    support_random_fails_at(1);
    tap_is_result(run(&purge, with), LUCI_OK, "without random numbers the walk begins at the first id");
    support_random_fails_at(0);
    tap_is_int(left(with, "%dead"), 0, "  it finds all expired sessions");
    support_auth_close(with);
}

/* More rows with one idle_expires than a batch deletes, as after an UPDATE by hand. */
static void check_equal(void)
{
    support_auth_t *with = new_database("equal.db", 1);
    luci_purge_t purge = purge_at(NOW);

    support_run(with->target.params, "UPDATE user_session SET idle_expires = 5 WHERE id LIKE '%dead'");
    tap_is_result(run(&purge, with), LUCI_OK, "hundreds of sessions have expired at the same time");
    tap_is_int(left(with, "%dead"), 0, "  all of them are deleted");
    tap_is_int(left(with, "%live"), ALIVE, "  the living stay");
    support_auth_close(with);
}

/* A run in the same process begins where the last one ended, so that no server passes rows again that it has
 * deleted and still keeps in its index; once a day it begins with the first row. */
static void check_next_run(void)
{
    support_auth_t *with = new_database("next.db", 1);
    luci_purge_t purge = purge_at(NOW);

    tap_is_result(run(&purge, with), LUCI_OK, "a first run");
    store(with, "behind-dead", NOW - LUCI_MS_HOUR);
    store(with, "dead", NOW);
    purge.now = NOW + 1;
    tap_is_result(run(&purge, with), LUCI_OK, "the next run begins where the first one ended");
    tap_is_int(left(with, "dead"), 0, "  it finds what has expired since");
    tap_is_int(left(with, "behind-dead"), 1, "  it reads nothing before that");
    purge.now = NOW + LUCI_PURGE_ALL;
    tap_is_result(run(&purge, with), LUCI_OK, "a day later");
    tap_is_int(left(with, "behind-dead"), 0, "  the whole index is searched");
    store(with, "behind-dead", NOW - LUCI_MS_HOUR);
    purge.now = NOW;
    tap_is_result(run(&purge, with), LUCI_OK, "a clock that was set back");
    tap_is_int(left(with, "behind-dead"), 0, "  the whole index is searched");
    support_auth_close(with);
}

static void check_failures(void)
{
    support_auth_t *with = new_database("failures.db", 1);
    luci_purge_t purge = purge_at(NOW);
    char id[LUCI_PURGE_ID_MAX + 2];

    with->refuse_at = 2;
    with->with = LUCI_BUSY;
    tap_is_result(run(&purge, with), LUCI_BUSY, "a purge without a handle is busy");
    tap_is_int(purge.removed, LUCI_SQL_PURGE_ROWS, "  what was done before is done");
    tap_is_int(left(with, "%dead"), DEAD - LUCI_SQL_PURGE_ROWS,
               "  the batch before the missing handle is kept");
    support_run(with->target.params, "DROP TABLE user_session");
    tap_is_result(run(&purge, with), LUCI_UNAVAILABLE, "a purge without its table is unavailable");
    tap_ok(strstr(why, "user_session"), "  the reason is told: %s", why);
    support_auth_close(with);
    if (!support_is_file())
        return; /* their columns are not as wide */
    with = new_database("long.db", 0);
    memset(id, 'x', sizeof id);
    id[sizeof id - 1] = '\0';
    store(with, id, NOW - 1);
    purge = purge_at(NOW);
    tap_is_result(run(&purge, with), LUCI_INVALID, "an id that nobody made");
    tap_is_str(why, "an id is too long", "  which is told");
    support_auth_close(with);
}

/* ---- How SQLite finds the rows; t/engines/engines_tables.t asks the servers ---- */

static const char *plan_of(support_auth_t *with, const luci_statement_t *statement)
{
    const luci_sql_scope_t scope = { .engine = &luci_engine_sqlite3, .settings = &with->settings };
    const char *text = luci_sql_text(statement, &scope, pool).text, *plan = "";
    const apr_dbd_driver_t *driver;
    apr_dbd_results_t *results = NULL;
    apr_dbd_row_t *row = NULL;
    apr_dbd_t *handle;
    char *sql = apr_pstrcat(pool, "EXPLAIN QUERY PLAN ", text, NULL);

    for (char *c = strchr(sql, '%'); c; c = strchr(c, '%')) {
        size_t length = c[1] == 's' ? strlen("%s") : strlen("%lld");

        memset(c, length == strlen("%s") ? '\'' : '1', length);
    }
    if (apr_dbd_get_driver(pool, "sqlite3", &driver) != APR_SUCCESS ||
        apr_dbd_open(driver, pool, with->target.params, &handle) != APR_SUCCESS ||
        apr_dbd_select(driver, pool, handle, &results, sql, 0) != 0)
        support_give_up(sql, "no plan");
    while (apr_dbd_get_row(driver, pool, results, &row, -1) == 0)
        plan = apr_pstrcat(pool, plan, apr_dbd_get_entry(driver, row, 3), "; ", NULL);
    apr_dbd_close(driver, handle);
    return plan;
}

static void check_plans(void)
{
    support_auth_t *with = support_auth("plans.db", 1);
    const char *purge = plan_of(with, &luci_sql_session_purge), *step = plan_of(with, &luci_sql_session_step),
               *walk = plan_of(with, &luci_sql_session_purge_step),
               *expired = plan_of(with, &luci_sql_sessions_expired);

    tap_ok(strstr(expired, "SEARCH s USING COVERING INDEX user_session_idle_expires (idle_expires>? AND "
                           "idle_expires<?)") &&
               !strstr(expired, "TEMP B-TREE FOR ORDER"),
           "which rows have expired is read from the index alone: %s", expired);
    tap_ok(strstr(purge, "SEARCH user_session USING PRIMARY KEY (id=?)"), "what goes is found by id: %s",
           purge);
    tap_ok(strstr(purge, "SEARCH s USING COVERING INDEX user_session_idle_expires (idle_expires>? AND "
                         "idle_expires<?)"),
           "expired sessions are found by their index");
    tap_ok(!strstr(purge, "TEMP B-TREE FOR ORDER"), "  in its order");
    tap_ok(strstr(step, "SEARCH s USING") && strstr(step, "(id>?)") && !strstr(step, "SCAN s "),
           "a step is found by id: %s", step);
    tap_ok(strstr(walk, "SEARCH user_session USING PRIMARY KEY (id=?)"),
           "rows to delete in a step are found by their ids: %s", walk);
    tap_ok(strstr(walk, "SEARCH s USING PRIMARY KEY (id>? AND id<?)") &&
               !strstr(walk, "TEMP B-TREE FOR ORDER"),
           "  their ids are found by the range of the step");
    support_auth_close(with);
}

int main(void)
{
    pool = support_start();
    check_batches(1);
    check_batches(0);
    check_index();
    check_lifetime();
    check_renewed(1);
    check_renewed(0);
    check_locked(1);
    check_locked(0);
    check_places();
    check_restarts();
    check_continues();
    check_no_random();
    check_equal();
    check_next_run();
    check_failures();
    if (support_is_file())
        check_plans();
    return tap_done();
}
