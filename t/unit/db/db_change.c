/* SPDX-License-Identifier: Apache-2.0 */
/* What a handle does when the tables change under its prepared statements, and what a transaction repeats. */
#include "core/db/db.h"
#include "core/db/key_table.h"
#include "core/db/session_table.h"
#include "core/db/user_table.h"
#include "lib/support.h"
#include "lib/tap.h"

#include <apr_strings.h>
#include <string.h>

static apr_pool_t *pool;
static luci_settings_t settings;

/* ---- Statements with made-up arguments ---- */

static luci_result_t read_key(luci_db_t *db)
{
    const char *id = "username:alice";
    const char *const *row;

    return luci_db_select(db, &luci_sql_key_get, LUCI_ARGUMENTS({ "id", id }), &row, pool);
}

static luci_result_t insert_user(luci_db_t *db, const char *id, int *changed)
{
    const luci_argument_t *arguments = LUCI_ARGUMENTS({ "id", id }, { "username", id }, { "now", "1" });

    return luci_db_execute(db, &luci_sql_user_insert, arguments, changed, pool);
}

static luci_result_t insert_key(luci_db_t *db, const char *id, const char *user, int *changed)
{
    const luci_argument_t *arguments = LUCI_ARGUMENTS({ "id", id }, { "user", user }, { "hash", "hash" });

    return luci_db_execute(db, &luci_sql_key_insert, arguments, changed, pool);
}

static luci_result_t delete_session(luci_db_t *db, const char *id, int *changed)
{
    return luci_db_execute(db, &luci_sql_session_delete, LUCI_ARGUMENTS({ "id", id }), changed, pool);
}

/* ---- Pieces of work that count how often they run ---- */

typedef struct {
    const char *user;
    int calls;
    luci_result_t then; /* what it returns when all went well */
} work_t;

static luci_result_t add_user_and_key(luci_db_t *db, void *baton, apr_pool_t *scratch)
{
    work_t *work = baton;
    int changed = 0;
    luci_result_t result;

    work->calls++;
    result = insert_user(db, work->user, &changed);
    if (result == LUCI_OK && changed == 1)
        result = insert_key(db, apr_pstrcat(scratch, "username:", work->user, NULL), work->user, &changed);
    if (result == LUCI_OK && changed != 1)
        return LUCI_CONFLICT;
    return result == LUCI_OK ? work->then : result;
}

/* Runs it with memory of its own, which goes at once: nothing of a transaction may cling to it. */
static luci_result_t transact(luci_db_t *db, luci_db_work_fn *function, void *baton)
{
    apr_pool_t *scratch;
    luci_result_t result;

    apr_pool_create(&scratch, pool);
    result = luci_db_transaction(db, function, baton, scratch);
    apr_pool_destroy(scratch);
    return result;
}

static luci_db_t *new_database(const char *name, luci_db_target_t *target)
{
    *target = support_target(support_path(name), &settings);
    support_our_tables(target->params, &settings);
    return luci_db_create(target, pool);
}

/* ---- Changes elsewhere ---- */

static const struct {
    const char *what;
    const char *sql;
} changes[] = {
    { "CREATE INDEX", "CREATE INDEX elsewhere ON user_key (hashed_password)" },
    { "DROP INDEX", "DROP INDEX elsewhere" },
    { "ALTER TABLE ADD COLUMN",
      "ALTER TABLE user_session ADD COLUMN country TEXT; ALTER TABLE user_key ADD COLUMN note TEXT" },
    { "another table", "CREATE TABLE other (id)" },
    { "VACUUM", "VACUUM" },
    { "ANALYZE", "ANALYZE" },
    { "DROP and CREATE",
      "DROP TABLE user_session; CREATE TABLE user_session (id VARCHAR(127) NOT NULL PRIMARY KEY, user_id "
      "VARCHAR(15) NOT NULL, active_expires BIGINT NOT NULL, idle_expires BIGINT NOT NULL)" },
};

static void check_changes(void)
{
    luci_db_target_t target;
    luci_db_t *db = new_database("changes.db", &target);
    int changed;

    support_run(
        target.params,
        "INSERT INTO auth_user (id, username) VALUES ('alice', 'alice');"
        "INSERT INTO user_key (id, user_id, hashed_password) VALUES ('username:alice', 'alice', 'hash')");
    for (int i = 0; i < COUNT(changes); i++) {
        work_t work = { .user = apr_psprintf(pool, "user-%d", i) };

        tap_is_result(read_key(db), LUCI_OK, "%s: before it", changes[i].what);
        support_run(target.params, changes[i].sql);
        tap_is_result(read_key(db), LUCI_OK, "  a read works after the change");
        tap_is_result(delete_session(db, "none", &changed), LUCI_OK, "  a write works after the change");
        support_run(target.params, "CREATE TABLE once_more (id)");
        tap_is_result(delete_session(db, "none", &changed), LUCI_OK, "  a write as the first statement");
        tap_is_int(changed, 0, "  that finds nothing");
        tap_is_result(transact(db, add_user_and_key, &work), LUCI_OK,
                      "  a transaction works after the change");
        support_run(target.params, "DROP TABLE once_more");
        work = (work_t){ .user = apr_psprintf(pool, "user-%d-more", i) };
        tap_is_result(transact(db, add_user_and_key, &work), LUCI_OK,
                      "  a transaction as the first statement");
        tap_is_int(luci_db_is_broken(db), 0, "  the handle is whole");
    }
    tap_is_int(support_number(target.params, "SELECT count(*) FROM user_key"), 1 + 2 * COUNT(changes),
               "all of it was kept");
    luci_db_close(db);
}

/* A statement of the middle is stale, the first one is not yet prepared: the transaction runs twice, and is
 * kept once. */
static void check_whole_again(void)
{
    luci_db_target_t target;
    luci_db_t *db = new_database("again.db", &target);
    work_t work = { .user = "bob" };
    int changed;

    tap_is_result(insert_key(db, "username:x", "nobody", &changed), LUCI_UNAVAILABLE,
                  "a key without a user is refused");
    tap_ok(strstr(luci_db_error(db), "FOREIGN KEY"), "by the database: %s", luci_db_error(db));
    tap_is_int(luci_db_is_broken(db), 1, "the refused key marks the handle as to be replaced");
    tap_is_result(insert_user(db, "alice", &changed), LUCI_OK, "by the next call");
    tap_is_result(insert_key(db, "username:alice", "alice", &changed), LUCI_OK,
                  "the replaced handle prepares its statements anew");
    support_run(target.params, "CREATE TABLE elsewhere (id)");
    tap_is_result(transact(db, add_user_and_key, &work), LUCI_OK, "a transaction with a stale statement");
    tap_is_int(work.calls, 2, "runs once more, as a whole");
    tap_is_int(support_number(target.params, "SELECT count(*) FROM auth_user WHERE id = 'bob'"), 1,
               "the repeated transaction is kept once");
    work = (work_t){ .user = "carol" };
    tap_is_result(transact(db, add_user_and_key, &work), LUCI_OK, "the next transaction");
    tap_is_int(work.calls, 1, "the next transaction runs once");
    luci_db_close(db);
    support_run(target.params, "CREATE TABLE elsewhere_2 (id)");
    work = (work_t){ .user = "dave" };
    tap_is_result(transact(db, add_user_and_key, &work), LUCI_OK, "a transaction on a fresh connection");
    tap_is_int(work.calls, 1, "a transaction on a fresh connection runs once");
    luci_db_close(db);
}

/* ---- What is rolled back ---- */

static void check_rollback(void)
{
    luci_db_target_t target;
    luci_db_t *db = new_database("rollback.db", &target);
    work_t work = { .user = "alice" };
    static const luci_result_t refusals[] = { LUCI_CONFLICT, LUCI_DENIED, LUCI_INTERNAL, LUCI_NOT_FOUND };

    for (int i = 0; i < COUNT(refusals); i++) {
        work = (work_t){ .user = "alice", .then = refusals[i] };
        tap_is_result(transact(db, add_user_and_key, &work), refusals[i], "work that ends with %s",
                      luci_result_name(refusals[i]));
        tap_is_int(work.calls, 1, "  is not repeated");
        tap_is_int(support_number(target.params, "SELECT count(*) FROM auth_user"), 0,
                   "  a transaction that fails leaves nothing");
        tap_is_int(luci_db_is_broken(db), 0, "  a transaction that fails leaves the handle whole");
    }
    work = (work_t){ .user = "alice" };
    tap_is_result(transact(db, add_user_and_key, &work), LUCI_OK,
                  "a transaction that succeeds after a failed one is kept");
    support_run(target.params, "DELETE FROM user_key; UPDATE auth_user SET id = 'old'");
    tap_is_result(transact(db, add_user_and_key, &work), LUCI_CONFLICT,
                  "a username taken by a row without a key");
    tap_is_int(support_number(target.params, "SELECT count(*) FROM user_key"), 0, "leaves no key behind");
    luci_db_close(db);
}

static luci_result_t fail_always(luci_db_t *db, void *baton, apr_pool_t *scratch)
{
    work_t *work = baton;
    int changed;

    (void)scratch;
    work->calls++;
    if (insert_user(db, "half", &changed) != LUCI_OK)
        return LUCI_INTERNAL;
    return insert_key(db, "username:half", "nobody", &changed); /* a foreign key violation */
}

/* The first insert of a work that goes on in spite of a failure must not come through on another connection.
 */
static luci_result_t go_on(luci_db_t *db, void *baton, apr_pool_t *scratch)
{
    work_t *work = baton;
    int changed;

    (void)scratch;
    work->calls++;
    (void)!insert_key(db, "username:ghost", "nobody", &changed);
    if (insert_user(db, "ghost", &changed) != LUCI_UNAVAILABLE)
        return LUCI_INTERNAL;
    return LUCI_OK;
}

static void check_failing_work(void)
{
    luci_db_target_t target;
    luci_db_t *db = new_database("failing.db", &target);
    work_t work = { 0 };

    tap_is_result(transact(db, fail_always, &work), LUCI_UNAVAILABLE,
                  "a statement that fails on a fresh connection");
    tap_is_int(work.calls, 1, "is not tried again");
    tap_is_result(read_key(db), LUCI_NOT_FOUND, "the handle goes on");
    work.calls = 0;
    tap_is_result(transact(db, fail_always, &work), LUCI_UNAVAILABLE, "one that fails on a used connection");
    tap_is_int(work.calls, 2, "is tried once more as a whole");
    tap_is_result(read_key(db), LUCI_NOT_FOUND, "the handle goes on");
    work.calls = 0;
    tap_is_result(transact(db, go_on, &work), LUCI_UNAVAILABLE,
                  "work that overlooks a failure does not succeed");
    tap_is_int(work.calls, 2, "work that fails in a repetition is not repeated again");
    tap_is_int(support_number(target.params, "SELECT count(*) FROM auth_user"), 0,
               "nothing of all that was kept");
    luci_db_close(db);
}

/* A foreign key that is looked at by COMMIT only. */
static luci_result_t insert_orphan(luci_db_t *db, void *baton, apr_pool_t *scratch)
{
    work_t *work = baton;
    int changed;

    (void)scratch;
    work->calls++;
    return insert_key(db, "username:orphan", "nobody", &changed);
}

static void check_failing_commit(void)
{
    const char *path = support_path("commit.db");
    luci_db_target_t target = support_target(path, &settings);
    luci_db_t *db = luci_db_create(&target, pool);
    work_t work = { 0 };
    int changed;

    support_run(path, "CREATE TABLE auth_user (id TEXT PRIMARY KEY, username TEXT UNIQUE);"
                      "CREATE TABLE user_key (id TEXT PRIMARY KEY, user_id TEXT REFERENCES auth_user(id) "
                      "DEFERRABLE INITIALLY DEFERRED, hashed_password TEXT)");
    tap_is_result(read_key(db), LUCI_NOT_FOUND, "a used connection");
    tap_is_result(transact(db, insert_orphan, &work), LUCI_CONFLICT,
                  "a COMMIT that a foreign key refuses is a conflict");
    tap_is_int(work.calls, 1, "a COMMIT that fails is not repeated: it might have been kept");
    tap_ok(strstr(luci_db_error(db), "FOREIGN KEY"), "the error is COMMIT's: %s", luci_db_error(db));
    tap_is_int(luci_db_is_connected(db), 0, "the connection is not used again");
    tap_is_result(insert_user(db, "bob", &changed), LUCI_OK, "the next call has a fresh one");
    tap_is_int(support_number(path, "SELECT count(*) FROM user_key"), 0, "a COMMIT that fails keeps nothing");
    tap_is_int(support_number(path, "SELECT count(*) FROM auth_user"), 1,
               "a write after the failed COMMIT is kept");
    luci_db_close(db);
}

/* ---- Columns of ours that come later ---- */

static void check_columns_later(void)
{
    const char *path = support_path("later.db"), *const * row, *id = "username:alice";
    luci_db_target_t target = support_target(path, &settings);
    luci_db_t *db = luci_db_create(&target, pool);

    support_lucia_tables(path);
    support_run(path, "INSERT INTO auth_user VALUES ('alice', 'Alice'); INSERT INTO user_key VALUES "
                      "('username:alice', 'alice', 'hash')");
    tap_is_result(luci_db_select(db, &luci_sql_key_get, LUCI_ARGUMENTS({ "id", id }), &row, pool), LUCI_OK,
                  "a read from Lucia's tables");
    tap_is_int(luci_db_columns(db).user + luci_db_columns(db).session, 0,
               "Lucia's tables are read without the module's columns");
    tap_is_str(row[2 + LUCI_SQL_USER_DISABLED], NULL, "  nobody is disabled");
    tap_is_str(row[2 + LUCI_SQL_USER_NAME], "Alice", "  the username is there");
    support_run(path, "ALTER TABLE auth_user ADD COLUMN disabled BIGINT; ALTER TABLE auth_user ADD COLUMN "
                      "created_at BIGINT;"
                      "UPDATE auth_user SET disabled = 1");
    tap_is_result(luci_db_select(db, &luci_sql_key_get, LUCI_ARGUMENTS({ "id", id }), &row, pool), LUCI_OK,
                  "a read when the columns have come");
    tap_is_int(luci_db_columns(db).user, 1, "a read notices the columns that have come");
    tap_is_str(row[2 + LUCI_SQL_USER_DISABLED], "1", "at once: the user is disabled");
    support_run(path, "ALTER TABLE auth_user DROP COLUMN disabled");
    tap_is_result(luci_db_select(db, &luci_sql_key_get, LUCI_ARGUMENTS({ "id", id }), &row, pool), LUCI_OK,
                  "a read when one is gone again");
    tap_is_int(luci_db_columns(db).user, 0, "a read does without the column that is gone");
    luci_db_close(db);
}

/* A database of an earlier version of the module. */
static void check_column_lacking(void)
{
    const char *path = support_path("lacking.db");
    luci_db_target_t target = support_target(path, &settings);
    luci_db_t *db = luci_db_create(&target, pool);
    const luci_argument_t *session = LUCI_ARGUMENTS(
        { "id", "s1" }, { "user", "alice" }, { "active", "1" }, { "idle", "2" }, { "created", "7" },
        { "last_seen", "7" }, { "address", NULL }, { "user_agent", NULL }, { "proved", "7" });
    const char *const *row;
    int changed, found;

    support_our_tables(path, &settings);
    support_run(path, "ALTER TABLE user_session DROP COLUMN proved_at; INSERT INTO auth_user (id, username) "
                      "VALUES ('alice', 'Alice')");
    tap_is_result(luci_db_execute(db, &luci_sql_session_insert, session, &changed, pool), LUCI_OK,
                  "a session is inserted into a table without proved_at");
    tap_is_int(luci_db_columns(db).session, 1, "  whose other columns of the module are used");
    tap_is_str(support_value(path, "SELECT created_at FROM user_session"), "7", "  created_at is stored");
    tap_is_result(luci_db_has_later(db, &luci_table_session, "proved_at", &found), LUCI_OK,
                  "a table can be asked for a column that came later");
    tap_is_int(found, 0, "  proved_at is not there");
    support_run(path, "ALTER TABLE user_session ADD COLUMN proved_at BIGINT; DELETE FROM user_session");
    tap_is_result(luci_db_select(db, &luci_sql_user_get, LUCI_ARGUMENTS({ "id", "alice" }), &row, pool),
                  LUCI_OK, "a read when proved_at has come");
    tap_is_result(luci_db_execute(db, &luci_sql_session_insert, session, &changed, pool), LUCI_OK,
                  "a session is inserted when proved_at has come");
    tap_is_str(support_value(path, "SELECT proved_at FROM user_session"), "7", "  at once with its value");
    tap_is_result(luci_db_has_later(db, &luci_table_session, "proved_at", &found), LUCI_OK,
                  "the table is asked again");
    tap_is_int(found, 1, "  proved_at is there now");
    luci_db_close(db);
}

/* ---- Tables ---- */

static int has_key_table(luci_db_t *db)
{
    int found = -1;

    return luci_db_has_table(db, &luci_table_key, &found) == LUCI_OK ? found : -1;
}

static void check_table(void)
{
    const char *path = support_path("table.db");
    luci_db_target_t target = support_target(path, &settings);
    luci_db_t *db = luci_db_create(&target, pool);

    support_run(path, "CREATE TABLE other (id)");
    tap_is_int(has_key_table(db), 0, "a table that is missing is not found");
    support_our_tables(path, &settings);
    tap_is_int(has_key_table(db), 1, "a table that was made meanwhile is found on the same connection");
    support_run(path, "DROP TABLE user_key");
    tap_is_int(has_key_table(db), 1, "a connection asks no more for a table that it has found");
    luci_db_close(db);
    tap_is_int(has_key_table(db), 0, "a new connection asks again for a table");
    luci_db_close(db);
}

int main(void)
{
    pool = support_start();
    settings = support_settings();
    check_changes();
    check_whole_again();
    check_rollback();
    check_failing_work();
    check_failing_commit();
    check_columns_later();
    check_column_lacking();
    check_table();
    return tap_done();
}
