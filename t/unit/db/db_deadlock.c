/* SPDX-License-Identifier: Apache-2.0 */
/* What a server rolls back because others write at the same time runs again: a transaction in a deadlock, and
 * a statement without a transaction. t/engines/engines_unit.t runs this on PostgreSQL and MariaDB; a file has
 * no locks of rows. */
#include "core/db/db.h"
#include "core/db/session_table.h"
#include "core/db/user_table.h"
#include "lib/support.h"
#include "lib/tap.h"

#include <apr_strings.h>
#include <pthread.h>
#include <string.h>

#define ROUNDS 3

static apr_pool_t *pool;
static luci_settings_t settings;
static pthread_barrier_t both_have_one;

/* A transaction that locks two users, one after the other. */
typedef struct {
    const luci_db_target_t *target;
    const char *first;
    const char *second;
    int runs;
    int broken;
    luci_result_t result;
    const char *error;
    apr_pool_t *pool;
} locker_t;

static luci_result_t lock_user(luci_db_t *db, const char *id, apr_pool_t *scratch)
{
    const char *const *row;

    return luci_db_select(db, &luci_sql_user_lock, LUCI_ARGUMENTS({ "id", id }), &row, scratch);
}

/* The first run waits until the other transaction has its first user, too, so that it meets a deadlock. */
static luci_result_t lock_both(luci_db_t *db, void *baton, apr_pool_t *scratch)
{
    locker_t *locker = baton;
    const char *name = apr_pstrcat(scratch, "name-of-", locker->first, NULL);
    luci_result_t result = lock_user(db, locker->first, scratch);
    int changed;

    if (locker->runs++ == 0)
        pthread_barrier_wait(&both_have_one);
    if (result == LUCI_OK)
        result = lock_user(db, locker->second, scratch);
    if (result == LUCI_OK)
        result =
            luci_db_execute(db, &luci_sql_user_rename,
                            LUCI_ARGUMENTS({ "username", name }, { "id", locker->first }), &changed, scratch);
    return result;
}

static void *run_locker(void *baton)
{
    locker_t *locker = baton;
    luci_db_t *db = luci_db_create(locker->target, locker->pool);

    locker->result = luci_db_transaction(db, lock_both, locker, locker->pool);
    locker->error = luci_db_error(db);
    locker->broken = luci_db_is_broken(db);
    luci_db_close(db);
    return NULL;
}

static apr_pool_t *own_memory(void)
{
    apr_pool_t *own;

    if (apr_pool_create_unmanaged(&own) != APR_SUCCESS)
        support_give_up("apr_pool_create_unmanaged", "no memory");
    return own;
}

static void check_deadlock(const luci_db_target_t *target, int round)
{
    locker_t lockers[] = { { .target = target, .first = "alice", .second = "bob", .pool = own_memory() },
                           { .target = target, .first = "bob", .second = "alice", .pool = own_memory() } };
    pthread_t threads[COUNT(lockers)];

    pthread_barrier_init(&both_have_one, NULL, COUNT(lockers));
    for (int i = 0; i < COUNT(lockers); i++)
        pthread_create(&threads[i], NULL, run_locker, &lockers[i]);
    for (int i = 0; i < COUNT(lockers); i++)
        pthread_join(threads[i], NULL);
    pthread_barrier_destroy(&both_have_one);
    for (int i = 0; i < COUNT(lockers); i++) {
        tap_is_result(lockers[i].result, LUCI_OK, "round %d: the transaction that locks %s first succeeds",
                      round, lockers[i].first);
        tap_ok(!lockers[i].broken, "round %d: its connection is not broken: %s", round, lockers[i].error);
    }
    tap_ok(lockers[0].runs + lockers[1].runs >= 3, "round %d: one of them ran again", round);
    tap_is_str(support_value(target->params, "SELECT username FROM auth_user WHERE id = 'alice'"),
               "name-of-alice", "round %d: the first transaction was kept", round);
    tap_is_str(support_value(target->params, "SELECT username FROM auth_user WHERE id = 'bob'"),
               "name-of-bob", "round %d: the second transaction was kept", round);
    support_run(target->params, "UPDATE auth_user SET username = id");
    for (int i = 0; i < COUNT(lockers); i++)
        apr_pool_destroy(lockers[i].pool);
}

/* ---- Without a transaction ---- */

/* The statement runs in a thread, because it waits for a lock that this program holds. */
typedef struct {
    const luci_db_target_t *target;
    luci_result_t result;
    int changed;
    int broken;
    apr_pool_t *pool;
} deleter_t;

static void *run_deleter(void *baton)
{
    deleter_t *deleter = baton;
    luci_db_t *db = luci_db_create(deleter->target, deleter->pool);

    deleter->result = luci_db_execute(db, &luci_sql_sessions_delete, LUCI_ARGUMENTS({ "user", "alice" }),
                                      &deleter->changed, deleter->pool);
    deleter->broken = luci_db_is_broken(db);
    luci_db_close(db);
    return NULL;
}

/* Waits until another connection has locked the first session: then a lock on it times out. On PostgreSQL, a
 * change would move the row behind the second one. */
static int await_lock(support_other_t *watcher, const char *driver)
{
    int is_pgsql = strcmp(driver, "pgsql") == 0;
    luci_ms_t since = support_clock();

    tap_is_int(
        support_try(watcher, is_pgsql ? "SET lock_timeout = '1ms'" : "SET innodb_lock_wait_timeout = 0"), 0,
        "a third connection does not wait for locks");
    while (support_clock() - since < 10 * LUCI_MS_SECOND) {
        if (support_try(watcher, is_pgsql
                                     ? "DO 'BEGIN PERFORM 1 FROM user_session WHERE id = ''s1'' FOR UPDATE; "
                                       "END'"
                                     : "UPDATE user_session SET active_expires = active_expires "
                                       "WHERE id = 's1'") != 0)
            return 1;
    }
    return 0;
}

/* The server cancels the statement, because the other transaction wrote more (MariaDB) or looks for deadlocks
 * later (PostgreSQL). */
static void check_statement(const luci_db_target_t *target)
{
    deleter_t deleter = { .target = target, .pool = own_memory() };
    support_other_t *rival = support_open(target->params), *watcher = support_open(target->params);
    pthread_t thread;

    support_run(target->params, "INSERT INTO user_session (id, user_id, active_expires, idle_expires) VALUES "
                                "('s1', 'alice', 1, 2), ('s2', 'alice', 1, 2)");
    (void)support_try(rival, "SET deadlock_timeout = '30s'");
    support_try(rival, "BEGIN");
    for (int i = 0; i < 20; i++)
        support_try(rival,
                    apr_psprintf(pool, "INSERT INTO auth_user (id, username) VALUES ('u%d', 'u%d')", i, i));
    tap_is_int(support_try(rival, "UPDATE user_session SET idle_expires = 3 WHERE id = 's2'"), 0,
               "another transaction locks the second session");
    pthread_create(&thread, NULL, run_deleter, &deleter);
    tap_ok(await_lock(watcher, target->driver), "a DELETE of both sessions locks the first one");
    tap_is_int(support_try(rival, "UPDATE user_session SET idle_expires = 3 WHERE id = 's1'"), 0,
               "the other transaction gets the first session, because the DELETE was rolled back");
    tap_is_int(support_try(rival, "COMMIT"), 0, "the other transaction is kept");
    pthread_join(thread, NULL);
    tap_is_result(deleter.result, LUCI_OK, "the DELETE runs again and succeeds");
    tap_is_int(deleter.changed, 2, "the DELETE removes both sessions");
    tap_ok(!deleter.broken, "the connection of the DELETE is not broken");
    support_close(rival);
    support_close(watcher);
    apr_pool_destroy(deleter.pool);
}

int main(void)
{
    luci_db_target_t target;
    const char *params;

    pool = support_start();
    settings = support_settings();
    if (support_is_file())
        tap_skip_all("a file has no locks of rows");
    params = support_database("deadlock.db");
    support_our_tables(params, &settings);
    support_run(params, "INSERT INTO auth_user (id, username) VALUES ('alice', 'alice'), ('bob', 'bob')");
    target = support_target(params, &settings);
    for (int round = 1; round <= ROUNDS; round++)
        check_deadlock(&target, round);
    check_statement(&target);
    return tap_done();
}
