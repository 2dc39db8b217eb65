/* SPDX-License-Identifier: Apache-2.0 */
/* Sharing a database with others: locks held by another process, two threads at once, and memory that stays
 * flat. Specification: S9.32. An argument makes it shorter, for slow tools such as valgrind. */
#include "core/db/db.h"
#include "core/db/key_table.h"
#include "core/db/session_table.h"
#include "core/db/user_table.h"
#include "lib/support.h"
#include "lib/tap.h"

#include <apr_strings.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The driver tries sixteen times, 100 ms apart; the rest is for a machine that is busy. */
#define WAIT_MIN 1400
#define WAIT_MAX 4000
#define LOCKED "BEGIN EXCLUSIVE"

static apr_pool_t *pool;
static luci_settings_t settings;

static luci_result_t read_key(luci_db_t *db, apr_pool_t *scratch)
{
    const char *id = "username:alice";
    const char *const *row;

    return luci_db_select(db, &luci_sql_key_get, LUCI_ARGUMENTS({ "id", id }), &row, scratch);
}

static luci_result_t delete_none(luci_db_t *db, apr_pool_t *scratch)
{
    const char *id = "none";
    int changed;

    return luci_db_execute(db, &luci_sql_session_delete, LUCI_ARGUMENTS({ "id", id }), &changed, scratch);
}

static luci_result_t insert_user(luci_db_t *db, void *baton, apr_pool_t *scratch)
{
    const luci_argument_t *arguments = LUCI_ARGUMENTS({ "id", baton }, { "username", baton }, { "now", "1" });
    int changed = 0;
    luci_result_t result = luci_db_execute(db, &luci_sql_user_insert, arguments, &changed, scratch);

    return result == LUCI_OK && changed != 1 ? LUCI_CONFLICT : result;
}

static luci_db_t *new_database(const char *name, luci_db_target_t *target)
{
    *target = support_target(support_path(name), &settings);
    support_our_tables(target->params, &settings);
    support_run(
        target->params,
        "INSERT INTO auth_user (id, username) VALUES ('alice', 'alice');"
        "INSERT INTO user_key (id, user_id, hashed_password) VALUES ('username:alice', 'alice', 'hash')");
    return luci_db_create(target, pool);
}

static void is_bounded(luci_ms_t since, const char *what)
{
    luci_ms_t took = support_clock() - since;

    tap_ok(took >= WAIT_MIN && took <= WAIT_MAX, "%s waits a bounded time", what);
    tap_diag("%d ms", (int)took);
}

/* ---- Locked by another process ---- */

static void check_writer_elsewhere(void)
{
    luci_db_target_t target;
    luci_db_t *db = new_database("locked.db", &target);
    pid_t holder = support_hold(target.params,
                                LOCKED "; INSERT INTO auth_user (id, username) VALUES ('unseen', 'unseen')");
    luci_ms_t start;
    char user[] = "bob";

    start = support_clock();
    tap_is_result(read_key(db, pool), LUCI_OK, "S9.32: another process writes: a new connection reads");
    tap_ok(support_clock() - start < WAIT_MIN, "  a new connection reads without waiting");
    start = support_clock();
    tap_is_result(delete_none(db, pool), LUCI_BUSY, "a write is refused as busy");
    is_bounded(start, "a refused write");
    tap_ok(strstr(luci_db_error(db), "locked"), "  the error says why: %s", luci_db_error(db));
    tap_is_result(read_key(db, pool), LUCI_OK, "reads go on");
    start = support_clock();
    tap_is_result(luci_db_transaction(db, insert_user, user, pool), LUCI_BUSY,
                  "a transaction is refused as busy");
    is_bounded(start, "a refused transaction");
    tap_is_result(read_key(db, pool), LUCI_OK, "reads go on");
    support_release(holder);
    tap_is_result(luci_db_transaction(db, insert_user, user, pool), LUCI_OK,
                  "the lock is gone: writing works");
    tap_is_int(support_number(target.params, "SELECT count(*) FROM auth_user"), 2,
               "  once, and the other's work is not there");
    luci_db_close(db);
}

/* A database without a write-ahead log, as Lucia makes it: its writer locks out readers, too. */
static void check_exclusive(void)
{
    const char *path = support_path("exclusive.db");
    luci_db_target_t target = support_target(path, &settings);
    luci_db_t *db = luci_db_create(&target, pool);
    luci_ms_t start;
    pid_t holder;

    support_lucia_tables(path);
    holder = support_hold(path, LOCKED);
    start = support_clock();
    tap_is_result(luci_db_connect(db), LUCI_BUSY, "locked as a whole: connecting is refused as busy");
    is_bounded(start, "a refused connect");
    support_release(holder);
    tap_is_result(read_key(db, pool), LUCI_NOT_FOUND, "the lock is gone: reading works");
    tap_is_str(support_value(path, "PRAGMA journal_mode"), "wal",
               "  a connected database has a write-ahead log");
    luci_db_close(db);
}

static void *release_soon(void *holder)
{
    usleep(300000);
    support_release(*(pid_t *)holder);
    return NULL;
}

static void check_short_lock(void)
{
    luci_db_target_t target;
    luci_db_t *db = new_database("short.db", &target);
    pid_t holder = support_hold(target.params, LOCKED);
    pthread_t releaser;
    char user[] = "bob";

    pthread_create(&releaser, NULL, release_soon, &holder);
    tap_is_result(luci_db_transaction(db, insert_user, user, pool), LUCI_OK,
                  "a lock that goes after 300 ms is waited for");
    pthread_join(releaser, NULL);
    luci_db_close(db);
    support_run(target.params, "PRAGMA journal_mode = DELETE");
    holder = support_hold(target.params, LOCKED);
    pthread_create(&releaser, NULL, release_soon, &holder);
    tap_is_result(luci_db_connect(db), LUCI_OK, "connecting waits for a lock that goes after 300 ms");
    pthread_join(releaser, NULL);
    luci_db_close(db);
}

/* ---- Two threads ---- */

typedef struct {
    const luci_db_target_t *target;
    const char *name;
    int rounds;
    int kept;
    int busy;
    int wrong; /* neither done nor busy */
} worker_t;

static void one_round(worker_t *worker, luci_db_t *db, int round, apr_pool_t *scratch)
{
    char *user = apr_psprintf(scratch, "%s-%d", worker->name, round);
    luci_result_t result;

    do {
        result = luci_db_transaction(db, insert_user, user, scratch);
        worker->busy += result == LUCI_BUSY;
    } while (result == LUCI_BUSY);
    worker->kept += result == LUCI_OK;
    worker->wrong += result != LUCI_OK;
    for (int i = 0; i < 5; i++)
        worker->wrong += read_key(db, scratch) != LUCI_OK;
}

/* As in the module, each handle has memory of its own. */
static apr_pool_t *own_memory(void)
{
    apr_allocator_t *allocator;
    apr_pool_t *own;

    if (apr_allocator_create(&allocator) != APR_SUCCESS ||
        apr_pool_create_ex(&own, NULL, NULL, allocator) != APR_SUCCESS)
        return NULL;
    apr_allocator_owner_set(allocator, own);
    return own;
}

static void *work(void *baton)
{
    worker_t *worker = baton;
    apr_pool_t *own = own_memory(), *scratch;
    luci_db_t *db = luci_db_create(worker->target, own);

    apr_pool_create(&scratch, own);
    for (int round = 0; round < worker->rounds; round++) {
        one_round(worker, db, round, scratch);
        apr_pool_clear(scratch);
    }
    apr_pool_destroy(own);
    return NULL;
}

static void check_threads(int rounds)
{
    luci_db_target_t target;
    worker_t workers[] = { { .target = &target, .name = "a", .rounds = rounds },
                           { .target = &target, .name = "b", .rounds = rounds } };
    pthread_t threads[COUNT(workers)];

    new_database("threads.db", &target);
    for (int i = 0; i < COUNT(workers); i++)
        pthread_create(&threads[i], NULL, work, &workers[i]);
    for (int i = 0; i < COUNT(workers); i++) {
        pthread_join(threads[i], NULL);
        tap_is_int(workers[i].kept, rounds, "thread %s: every write came through", workers[i].name);
        tap_is_int(workers[i].wrong, 0, "  every read of the threads came through");
        tap_diag("busy: %d", workers[i].busy);
    }
    tap_is_int(support_number(target.params, "SELECT count(*) FROM auth_user"), 1 + 2 * rounds,
               "all of them are there");
    tap_is_str(support_value(target.params, "PRAGMA integrity_check"), "ok", "in a sound file");
}

/* ---- Memory ---- */

static long resident_kib(void)
{
    long total = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");

    if (file && fscanf(file, "%ld %ld", &total, &resident) != 2)
        resident = 0;
    if (file)
        fclose(file);
    return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

static void use(luci_db_t *db, int times, apr_pool_t *scratch)
{
    int failed = 0;

    for (int i = 0; i < times; i++) {
        failed += read_key(db, scratch) != LUCI_OK;
        failed += luci_db_is_stale(db);
        if (i % 4 == 0)
            failed += delete_none(db, scratch) != LUCI_OK;
        if (i % 4 == 1) {
            char *user = apr_psprintf(scratch, "user-%d", i / 4);
            failed += luci_db_transaction(db, insert_user, user, scratch) == LUCI_UNAVAILABLE;
        }
        apr_pool_clear(scratch);
    }
    tap_is_int(failed, 0, "%d rounds of statements on one handle", times);
}

static void check_memory(int times)
{
    luci_db_target_t target;
    luci_db_t *db = new_database("memory.db", &target);
    apr_pool_t *scratch;
    long before, after;

    apr_pool_create(&scratch, pool);
    use(db, times, scratch);
    before = resident_kib();
    use(db, times, scratch);
    after = resident_kib();
    if (UNDER_SANITIZER || times < 1000 || before == 0)
        tap_skip("memory can't be measured here");
    else
        tap_ok(after - before < 256, "memory stays flat");
    tap_diag("%ld KiB, then %ld KiB", before, after);
    luci_db_close(db);
}

int main(int argc, char **argv)
{
    int quick = argc > 1;

    (void)argv;
    pool = support_start();
    settings = support_settings();
    check_writer_elsewhere();
    check_exclusive();
    check_short_lock();
    check_threads(quick ? 20 : 200);
    check_memory(quick ? 100 : 5000);
    return tap_done();
}
