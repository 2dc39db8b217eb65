/* SPDX-License-Identifier: Apache-2.0 */
/* What a database server brings with it, and a file as well: tables made by ten processes at the same moment,
 * the server's words for NULL and for "taken", and a connection that is asked for long.
 * t/engines/engines_unit.t runs this on PostgreSQL and MariaDB. */
#include "core/db/key_table.h"
#include "core/db/schema.h"
#include "core/db/session_table.h"
#include "core/db/user_table.h"
#include "lib/support.h"
#include "lib/tap.h"

#include <apr_strings.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define CREATORS 10
#define ROUNDS 5

static apr_pool_t *pool;
static luci_settings_t settings;

/* A child that connects, says so, and makes the tables as soon as the gate is closed. */
static pid_t start_creator(const luci_db_target_t *target, const int *ready, const int *gate)
{
    pid_t child = fork();
    apr_array_header_t *gaps;
    luci_db_t *db;
    char byte;

    if (child < 0)
        support_give_up("fork", "no creator");
    if (child > 0)
        return child;
    close(gate[1]);
    db = luci_db_create(target, pool);
    if (luci_db_connect(db) != LUCI_OK || write(ready[1], "y", 1) != 1 || read(gate[0], &byte, 1) != 0)
        _exit(2);
    _exit(luci_schema_create(db, &gaps, pool) == LUCI_OK ? 0 : 1);
}

static int failed_creators(const luci_db_target_t *target)
{
    int ready[2], gate[2], failed = 0;
    pid_t creators[CREATORS];
    char byte;

    if (pipe(ready) != 0 || pipe(gate) != 0)
        support_give_up("pipe", "no pipe");
    for (int i = 0; i < CREATORS; i++)
        creators[i] = start_creator(target, ready, gate);
    close(ready[1]);
    for (int i = 0; i < CREATORS && read(ready[0], &byte, 1) == 1; i++)
        ;
    close(gate[1]);
    for (int i = 0; i < CREATORS; i++)
        failed += support_await(creators[i]) != 0;
    close(gate[0]);
    close(ready[0]);
    return failed;
}

static void check_creators(const char *params)
{
    luci_settings_t own = settings;
    luci_db_target_t target = support_target(params, &own);

    target.create = 1;
    for (int round = 0; round < ROUNDS; round++) {
        luci_db_t *db = luci_db_create(&target, pool);
        int found = 0, all = 1;

        own.tables =
            (luci_tables_t){ apr_psprintf(pool, "user_%d", round), apr_psprintf(pool, "key_%d", round),
                             apr_psprintf(pool, "session_%d", round) };
        tap_is_int(failed_creators(&target), 0, "round %d: of ten creators at once none fails", round);
        for (const luci_table_t *const *table = luci_table_list; *table; table++)
            all &= !luci_table_is_wanted(*table, &own) ||
                   (luci_db_has(db, luci_probe_table(*table), &found) == LUCI_OK && found);
        tap_ok(all && luci_db_columns(db).session && luci_db_columns(db).user,
               "  all tables are there, whole");
        luci_db_close(db);
    }
}

/* ---- Rows ---- */

static int changed_by(luci_db_t *db, const luci_statement_t *statement, const luci_argument_t *arguments)
{
    int changed = -1;

    if (luci_db_execute(db, statement, arguments, &changed, pool) != LUCI_OK)
        tap_diag("%s", luci_db_error(db));
    return changed;
}

static void check_taken(luci_db_t *db)
{
    static const luci_argument_t alice[] = {
        { "id", "alice" }, { "username", "Alice" }, { "now", "1" }, { NULL, NULL }
    };
    static const luci_argument_t same[] = {
        { "id", "other" }, { "username", "Alice" }, { "now", "1" }, { NULL, NULL }
    };
    static const luci_argument_t id[] = {
        { "id", "alice" }, { "username", "Bob" }, { "now", "1" }, { NULL, NULL }
    };
    static const luci_argument_t key[] = {
        { "id", "username:alice" }, { "user", "alice" }, { "hash", NULL }, { NULL, NULL }
    };
    static const luci_argument_t nobody[] = {
        { "id", "username:bob" }, { "user", "nobody" }, { "hash", NULL }, { NULL, NULL }
    };
    static const luci_argument_t session[] = { { "id", "s" },       { "user", "alice" },
                                               { "active", "1" },   { "idle", "2" },
                                               { "created", "3" },  { "last_seen", "3" },
                                               { "address", NULL }, { "user_agent", NULL },
                                               { "proved", "3" },   { NULL, NULL } };

    tap_is_int(changed_by(db, &luci_sql_user_insert, alice), 1, "a user is inserted");
    tap_is_int(changed_by(db, &luci_sql_user_insert, same), 0, "a username that is taken: nothing changes");
    tap_is_int(changed_by(db, &luci_sql_user_insert, id), 0, "a taken user id changes nothing");
    tap_is_int(changed_by(db, &luci_sql_key_insert, key), 1, "a key is inserted");
    tap_is_int(changed_by(db, &luci_sql_key_insert, key), 0, "a key that is taken");
    tap_ok(!luci_db_is_broken(db), "conflicts do not break the handle");
    tap_is_int(changed_by(db, &luci_sql_session_insert, session), 1, "a session is inserted");
    tap_ok(changed_by(db, &luci_sql_session_insert, session) != 1 && luci_db_is_broken(db),
           "a second one of that id is an error");
    tap_ok(!strstr(luci_db_error(db), "'s'"), "  that does not show it: %s", luci_db_error(db));
    tap_ok(changed_by(db, &luci_sql_key_insert, nobody) != 1 && luci_db_is_broken(db),
           "a key of nobody is no conflict but an error");
    tap_ok(!strstr(luci_db_error(db), "bob") && luci_db_error(db)[0], "the error names no value: %s",
           luci_db_error(db));
}

static void check_rows(luci_db_t *db)
{
    static const luci_argument_t old[] = {
        { "hash", "new" }, { "id", "username:alice" }, { "old_hash", "old" }, { NULL, NULL }
    };
    static const luci_argument_t renewed[] = { { "active", "5" },  { "idle", "6" }, { "last_seen", "7" },
                                               { "created", "7" }, { "id", "s" },   { "old_active", "1" },
                                               { NULL, NULL } };
    const char *key = "username:alice", *session = "s", *none = "none";
    const char *const *row;

    tap_is_result(luci_db_select(db, &luci_sql_key_get, LUCI_ARGUMENTS({ "id", key }), &row, pool), LUCI_OK,
                  "the key's row");
    tap_is_str(row[0], NULL, "  NULL is not an empty hash");
    tap_is_str(row[2 + LUCI_SQL_USER_ID], "alice", "  the key's row has its user");
    tap_is_str(row[2 + LUCI_SQL_USER_DISABLED], NULL, "  who is not disabled");
    tap_is_str(row[2 + LUCI_SQL_USER_NAME], "Alice", "  as the name was typed");
    tap_is_result(luci_db_select(db, &luci_sql_key_get, LUCI_ARGUMENTS({ "id", none }), &row, pool),
                  LUCI_NOT_FOUND, "no such key");
    tap_is_int(changed_by(db, &luci_sql_key_replace_hash, old), 0, "a hash that is not the old one stays");
    tap_is_int(changed_by(db, &luci_sql_session_renew, renewed), 1, "a session is renewed");
    tap_is_int(changed_by(db, &luci_sql_session_renew, renewed), 0,
               "a session that is gone on is not renewed twice");
    tap_is_result(luci_db_select(db, &luci_sql_session_get, LUCI_ARGUMENTS({ "id", session }), &row, pool),
                  LUCI_OK, "the session's row is read");
    tap_is_str(row[0], "5", "  the session's row has the new time");
    tap_is_str(row[2 + LUCI_SQL_USER_ATTRIBUTES], "3", "  the session's row has its creation time");
    tap_is_int(changed_by(db, &luci_sql_session_delete, LUCI_ARGUMENTS({ "id", session })), 1,
               "a session is deleted");
    tap_is_int(changed_by(db, &luci_sql_session_delete, LUCI_ARGUMENTS({ "id", session })), 0,
               "a session is deleted once");
}

/* ---- Transactions ---- */

static luci_result_t insert_and_fail(luci_db_t *db, void *baton, apr_pool_t *scratch)
{
    const luci_argument_t *user = LUCI_ARGUMENTS({ "id", "half" }, { "username", "Half" }, { "now", "1" });
    int changed;
    luci_result_t result = luci_db_execute(db, &luci_sql_user_insert, user, &changed, scratch);

    return result == LUCI_OK ? *(luci_result_t *)baton : result;
}

static void check_transactions(luci_db_t *db, const char *params)
{
    luci_result_t wanted = LUCI_CONFLICT;

    tap_is_result(luci_db_transaction(db, insert_and_fail, &wanted, pool), LUCI_CONFLICT, "a change of mind");
    tap_is_int(support_number(params, "SELECT count(*) FROM auth_user"), 1,
               "a transaction that is undone leaves nothing");
    wanted = LUCI_OK;
    tap_is_result(luci_db_transaction(db, insert_and_fail, &wanted, pool), LUCI_OK,
                  "a transaction that succeeds is committed");
    tap_is_int(support_number(params, "SELECT count(*) FROM auth_user"), 2,
               "a committed transaction is kept");
}

/* The statement that is prepared already has to do without it. */
static void check_dropped_column(luci_db_t *db, const char *params)
{
    const char *key = "username:alice";
    const char *const *row;

    support_run(params, "UPDATE auth_user SET disabled = 1");
    tap_is_result(luci_db_select(db, &luci_sql_key_get, LUCI_ARGUMENTS({ "id", key }), &row, pool), LUCI_OK,
                  "a key is read after the transactions");
    tap_is_str(row[2 + LUCI_SQL_USER_DISABLED], "1", "  of a disabled user");
    support_run(params, "ALTER TABLE auth_user DROP COLUMN disabled");
    tap_is_result(luci_db_select(db, &luci_sql_key_get, LUCI_ARGUMENTS({ "id", key }), &row, pool), LUCI_OK,
                  "the same without the column");
    tap_is_str(row[2 + LUCI_SQL_USER_DISABLED], NULL, "  that nobody has any more");
    tap_is_str(row[2 + LUCI_SQL_USER_NAME], "Alice", "  the key's row without the column has the name");
}

/* ---- Time ---- */

/* A server's time is up at some point, connecting included; a file takes as long as it takes. */
static void check_limit(luci_db_t *db)
{
    const char *key = "username:alice";
    const char *const *row;
    luci_result_t result = LUCI_OK;

    luci_db_limit(db, 200);
    for (int i = 0; i < 1000 && result == LUCI_OK && !support_is_file(); i++) {
        usleep(10000);
        result = luci_db_select(db, &luci_sql_key_get, LUCI_ARGUMENTS({ "id", key }), &row, pool);
    }
    tap_is_result(result, support_is_file() ? LUCI_OK : LUCI_BUSY, "many questions have one time together");
    tap_is_int(luci_db_is_hung(db), !support_is_file(), "  which is used up");
    tap_is_result(luci_db_select(db, &luci_sql_key_get, LUCI_ARGUMENTS({ "id", key }), &row, pool), result,
                  "  a query without time left fails until the time ends");
    luci_db_limit(db, 0);
    tap_is_result(luci_db_select(db, &luci_sql_key_get, LUCI_ARGUMENTS({ "id", key }), &row, pool), LUCI_OK,
                  "  until it ends");
    tap_is_int(luci_db_is_hung(db), 0, "  the handle whose time has ended is well");
}

/* ---- A column ---- */

static void check_set_column(const luci_db_target_t *target)
{
    luci_db_t *db = luci_db_create(target, pool);

    tap_is_result(luci_db_set_column(db, "alice", "username", "Alice2", pool), LUCI_OK,
                  "a column of a user is set");
    tap_is_result(luci_db_set_column(db, "alice", "username", "Alice", pool), LUCI_OK,
                  "the same column is set again on the same connection");
    tap_is_str(luci_db_error(db), "no error", "setting columns meets no error that a new connection hides");
    tap_is_str(support_value(target->params, "SELECT username FROM auth_user WHERE id = 'alice'"), "Alice",
               "the last value of the first column is stored");
    luci_db_close(db);
}

/* ---- A locked table ---- */

/* PostgreSQL waits for the lock when it prepares a statement. The limit of its own, two seconds, ends the
 * wait, so that the server does not pass for one that hangs. */
static void check_locked_table(const luci_db_target_t *target)
{
    luci_db_t *db = luci_db_create(target, pool);
    support_other_t *other = support_open(target->params);
    const char *const *row;
    luci_ms_t start;

    (void)support_try(other, "BEGIN");
    (void)support_try(other, "LOCK TABLE auth_user IN ACCESS EXCLUSIVE MODE");
    tap_is_result(luci_db_connect(db), LUCI_OK,
                  "a table is locked as a whole: connecting needs no lock on it");
    luci_db_limit(db, 20 * LUCI_MS_SECOND);
    start = support_clock();
    tap_ok(luci_db_select(db, &luci_sql_user_find, LUCI_ARGUMENTS({ "username", "Alice" }), &row, pool) !=
               LUCI_OK,
           "a statement on a locked table fails");
    tap_ok(support_clock() - start < 12 * LUCI_MS_SECOND,
           "a statement on a locked table is not tried for long");
    tap_ok(!luci_db_is_hung(db), "the server does not count as hung: %s", luci_db_error(db));
    support_close(other);
    luci_db_close(db);
}

int main(void)
{
    const char *params;
    luci_db_target_t target;
    luci_db_t *db;

    pool = support_start();
    settings = support_settings();
    settings.max_lifetime = LUCI_MS_DAY; /* or created_at is not read */
    check_creators(support_database("creators.db"));
    params = support_database("rows.db");
    support_our_tables(params, &settings);
    target = support_target(params, &settings);
    db = luci_db_create(&target, pool);
    check_taken(db);
    check_rows(db);
    check_transactions(db, params);
    check_dropped_column(db, params);
    check_limit(db);
    luci_db_close(db);
    check_set_column(&target);
    if (strcmp(target.driver, "pgsql") == 0)
        check_locked_table(&target);
    return tap_done();
}
