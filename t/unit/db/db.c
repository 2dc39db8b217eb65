/* SPDX-License-Identifier: Apache-2.0 */
/* Connections, files and tables: what is opened, what is made, what is left alone. Specification: S9.31. */
#include "core/db/invitation_table.h"
#include "core/db/key_table.h"
#include "core/db/schema.h"
#include "core/db/session_table.h"
#include "lib/support.h"
#include "lib/tap.h"

#include <apr_strings.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define AT_ONCE 10
#define WHOLE_SCHEMA                                                                                         \
    "SELECT group_concat(sql, char(10)) FROM (SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY " \
    "name)"

static apr_pool_t *pool;
static luci_settings_t settings;

static int exists(const char *path)
{
    return access(path, F_OK) == 0;
}

/* Runs a statement that reads one row for an id. */
static luci_result_t read_one(luci_db_t *db, const luci_statement_t *statement, const char *id)
{
    const char *const *row;

    return luci_db_select(db, statement, LUCI_ARGUMENTS({ "id", id }), &row, pool);
}

static luci_result_t connects(const luci_db_target_t *target)
{
    luci_db_t *db = luci_db_create(target, pool);
    luci_result_t result = luci_db_connect(db);

    luci_db_close(db);
    return result;
}

static void check_drivers(void)
{
    luci_db_target_t target = support_target(support_path("any.db"), &settings);
    const char *problem = NULL;

    tap_is_result(luci_db_init("nosuch", &problem, pool), LUCI_UNAVAILABLE,
                  "an unknown driver is not loaded");
    tap_ok(problem && strstr(problem, "\"nosuch\""), "the message names the unknown driver");
    target.driver = "nosuch";
    tap_is_result(connects(&target), LUCI_UNAVAILABLE, "an unknown driver does not connect");
}

static void check_missing_file(void)
{
    const char *path = support_path("missing.db");
    luci_db_target_t target = support_target(path, &settings);
    luci_db_t *db = luci_db_create(&target, pool);

    tap_is_str(luci_db_error(db), "no error", "a new handle has no error");
    tap_is_int(luci_db_is_broken(db), 0, "a new handle is not broken");
    tap_is_int(luci_db_is_stale(db), 0, "a new handle is not stale");
    tap_is_result(luci_db_connect(db), LUCI_UNAVAILABLE, "a missing file can't be connected to");
    tap_ok(strstr(luci_db_error(db), "missing"), "the error says that the file is missing: %s",
           luci_db_error(db));
    tap_is_int(luci_db_is_broken(db), 1, "a handle without its file is broken");
    tap_is_result(read_one(db, &luci_sql_key_get, "x"), LUCI_UNAVAILABLE,
                  "a handle without its file reads nothing");
    tap_ok(!exists(path), "no file was made");
    support_our_tables(path, &settings);
    tap_is_result(read_one(db, &luci_sql_key_get, "x"), LUCI_NOT_FOUND,
                  "the handle works once the file is there");
    tap_is_int(luci_db_is_broken(db), 0, "a handle is whole again once the file is there");
    luci_db_close(db);
    tap_is_result(read_one(db, &luci_sql_key_get, "x"), LUCI_NOT_FOUND,
                  "a closed handle connects again by itself");
    luci_db_close(db);
    luci_db_close(db);
    tap_pass("closing twice does no harm");
}

static void check_odd_files(void)
{
    luci_db_target_t folder = support_target(support_path(""), &settings);
    luci_db_target_t nowhere = support_target(support_path("any") /* not a folder */, &settings);

    support_run(nowhere.params, "CREATE TABLE something (id)");
    tap_is_result(connects(&folder), LUCI_UNAVAILABLE, "a folder is no database");
    nowhere.params = apr_pstrcat(pool, nowhere.params, "/users.db", NULL);
    tap_is_result(connects(&nowhere), LUCI_UNAVAILABLE, "a file below a file is none");
    nowhere.create = 1;
    tap_is_result(connects(&nowhere), LUCI_UNAVAILABLE, "a database below a file can't be made");
}

/* A database without our tables is not one of ours, yet not a reason to fail before it's used. */
static void check_no_tables(void)
{
    const char *path = support_path("no-tables.db");
    luci_db_target_t target = support_target(path, &settings);
    luci_db_t *db = luci_db_create(&target, pool);

    support_run(path, "CREATE TABLE other (id)");
    tap_is_result(luci_db_connect(db), LUCI_OK, "a database without the tables is connected to");
    tap_is_result(read_one(db, &luci_sql_key_get, "x"), LUCI_UNAVAILABLE,
                  "a read without tables is unavailable, not NOT_FOUND");
    tap_ok(strstr(luci_db_error(db), "no such table"), "the error says why: %s", luci_db_error(db));
    luci_db_close(db);
}

static void check_stale(void)
{
    const char *path = support_path("stale.db"), *aside = support_path("aside.db");
    luci_db_target_t target = support_target(path, &settings);
    luci_db_t *db = luci_db_create(&target, pool);
    int changed;

    support_our_tables(path, &settings);
    tap_is_result(luci_db_connect(db), LUCI_OK, "a handle to a file connects");
    tap_is_int(luci_db_is_stale(db), 0, "a file that stays is not stale");
    rename(path, aside);
    tap_is_int(luci_db_is_stale(db), 1, "a moved one is");
    support_our_tables(path, &settings);
    tap_is_int(luci_db_is_stale(db), 1, "a handle is stale when another file is in its place");
    tap_is_result(
        luci_db_execute(db, &luci_sql_session_delete, LUCI_ARGUMENTS({ "id", "nobody" }), &changed, pool),
        LUCI_OK, "a write then");
    tap_is_int(luci_db_is_stale(db), 0, "  goes to the new file");
    luci_db_close(db);
    tap_is_int(luci_db_is_stale(db), 0, "a closed handle is not stale");
    tap_is_result(luci_db_connect(db), LUCI_OK, "a closed handle connects again");
    tap_is_int(luci_db_is_stale(db), 0, "to the new file");
    rename(aside, path);
    tap_is_int(luci_db_is_stale(db), 1, "a file restored over it is noticed");
    luci_db_close(db);
    target.create = 1;
    tap_is_result(luci_db_connect(db), LUCI_OK, "connected as one that may make files");
    tap_is_int(luci_db_is_stale(db), 0, "a handle that made its file is not stale");
    luci_db_close(db);
}

/* ---- Tables ---- */

static luci_result_t create_schema(const char *path)
{
    luci_db_target_t target = support_target(path, &settings);
    luci_db_t *db = luci_db_create(&target, pool);
    apr_array_header_t *gaps;
    luci_result_t result;

    target.create = 1;
    result = luci_schema_create(db, &gaps, pool);
    if (result != LUCI_OK)
        tap_diag("%s", luci_db_error(db));
    luci_db_close(db);
    return result;
}

/* A start and luciactl check report a missing table with it. */
static void check_failures(void)
{
    for (const luci_table_t *const *table = luci_table_list; *table; table++) {
        const char *failure = (*table)->failure;

        if (*table != &luci_table_invitation) /* luciactl makes it */
            tap_ok(failure && strstr(failure, " it: "), "the table %s says what needs it and what fails",
                   (*table)->name);
    }
}

static void check_new_schema(void)
{
    const char *path = support_path("new.db"), *before;

    tap_is_result(create_schema(path), LUCI_OK, "tables in a new file");
    tap_is_str(support_value(path, "PRAGMA journal_mode"), "wal", "a new database has a write-ahead log");
    tap_is_str(
        support_value(path, "SELECT group_concat(name) FROM (SELECT name FROM sqlite_master "
                            "WHERE name NOT LIKE 'sqlite%' ORDER BY name)"),
        "auth_user,user_key,user_key_user_id,user_session,user_session_idle_expires,user_session_user_id",
        "three tables and their indexes");
    tap_is_str(support_value(path, "SELECT group_concat(name) FROM pragma_table_info('auth_user')"),
               "id,username,disabled,created_at", "the user table has its columns");
    tap_is_str(support_value(path, "SELECT group_concat(name) FROM pragma_table_info('user_key')"),
               "id,user_id,hashed_password,failures", "the key table has its columns");
    tap_is_str(support_value(path, "SELECT group_concat(name) FROM pragma_table_info('user_session')"),
               "id,user_id,active_expires,idle_expires,created_at,last_seen,address,user_agent,proved_at",
               "the session table has its columns");
    tap_is_int(
        support_number(path, "SELECT sum(\"notnull\") FROM pragma_table_info('user_session') WHERE cid > 3"),
        0, "columns of ours may be NULL, so that Lucia can insert");
    before = support_value(path, WHOLE_SCHEMA);
    tap_is_result(create_schema(path), LUCI_OK, "a second time");
    tap_is_str(support_value(path, WHOLE_SCHEMA), before, "making the tables a second time changes nothing");
}

static void check_lucia_schema(void)
{
    const char *path = support_path("lucia.db"), *before;
    long long version;

    support_lucia_tables(path);
    support_run(path, "INSERT INTO auth_user VALUES ('u', 'user'); INSERT INTO user_key VALUES "
                      "('username:user', 'u', 'h')");
    before = support_value(path, WHOLE_SCHEMA);
    version = support_number(path, "PRAGMA schema_version");
    tap_is_result(create_schema(path), LUCI_OK, "Lucia's own tables are accepted");
    tap_is_str(support_value(path, WHOLE_SCHEMA), before, "Lucia's tables are left as they are");
    tap_is_int(support_number(path, "PRAGMA schema_version"), version, "to the schema's version");
    support_run(path, "DROP TABLE user_session");
    before = support_value(path, WHOLE_SCHEMA);
    tap_is_result(create_schema(path), LUCI_OK, "one table is missing");
    tap_is_int(support_number(path, "SELECT count(*) FROM pragma_table_info('user_session')"), 9,
               "the missing session table is made");
    support_run(path, "DROP TABLE user_session");
    tap_is_str(support_value(path, WHOLE_SCHEMA), before, "the others were left alone, without an index");
    tap_is_int(support_number(path, "SELECT count(*) FROM user_key"), 1, "the other tables keep their rows");
}

/* A table that is there but not Lucia's: nothing is altered, and nothing half-made. */
static void check_foreign_schema(void)
{
    const char *path = support_path("foreign.db"), *before;

    support_run(path, "CREATE TABLE auth_user (number INTEGER PRIMARY KEY, login TEXT)");
    before = support_value(path, "SELECT sql FROM sqlite_master WHERE name = 'auth_user'");
    tap_is_result(create_schema(path), LUCI_OK, "a table of that name with other columns");
    tap_is_str(support_value(path, "SELECT sql FROM sqlite_master WHERE name = 'auth_user'"), before,
               "stays as it is");
    path = support_path("view.db");
    support_run(path, "CREATE TABLE auth_user (id TEXT PRIMARY KEY, username TEXT); CREATE TABLE "
                      "user_session_user_id (id)");
    before = support_value(path, WHOLE_SCHEMA);
    tap_is_result(create_schema(path), LUCI_UNAVAILABLE, "an index that can't be made");
    tap_is_str(support_value(path, WHOLE_SCHEMA), before, "leaves no table behind");
}

static int make_schema_in_child(void *baton)
{
    for (int round = 0; round < 3; round++) {
        luci_result_t result = create_schema(baton);

        if (result != LUCI_OK)
            return 1 + (int)result;
    }
    return 0;
}

static int race_in_child(void *baton)
{
    pid_t children[AT_ONCE];
    int failed = 0;

    for (int i = 0; i < AT_ONCE; i++) {
        children[i] = fork();
        if (children[i] == 0)
            _exit(make_schema_in_child(baton));
    }
    for (int i = 0; i < AT_ONCE; i++)
        failed += support_await(children[i]) != 0;
    return failed;
}

static void check_race(int rounds)
{
    const char *want = support_value(support_path("new.db"), WHOLE_SCHEMA);
    int failed = 0, different = 0;

    for (int round = 0; round < rounds; round++) {
        char name[32];
        const char *path;

        snprintf(name, sizeof name, "race-%d.db", round);
        path = support_path(name);
        failed += support_in_child(race_in_child, (void *)path);
        different += strcmp(support_value(path, WHOLE_SCHEMA), want) != 0;
    }
    tap_is_int(failed, 0, "%d times %d processes make the tables at once: each succeeds", rounds, AT_ONCE);
    tap_is_int(different, 0, "simultaneous creators leave the same schema");
}

/* ---- Columns ---- */

static void check_max_lifetime(void)
{
    const char *path = support_path("lifetime.db");
    luci_db_target_t target = support_target(path, &settings);
    luci_db_t *db = luci_db_create(&target, pool);
    apr_array_header_t *gaps;

    support_lucia_tables(path);
    settings.max_lifetime = LUCI_MS_DAY;
    tap_is_result(luci_db_connect(db), LUCI_UNAVAILABLE, "a maximum lifetime needs our session columns");
    tap_ok(strstr(luci_db_error(db), "LuciaMaxLifetime"), "the error names LuciaMaxLifetime");
    support_run(path, "DROP TABLE user_session");
    tap_is_result(luci_db_connect(db), LUCI_OK, "no session table at all is another matter");
    tap_is_result(luci_schema_create(db, &gaps, pool), LUCI_OK, "since it can be made");
    tap_is_result(luci_db_connect(db), LUCI_OK, "a handle connects once the session table is made");
    tap_is_int(luci_db_columns(db).session, 1, "the session table is made with the module's columns");
    settings.max_lifetime = 0;
    luci_db_close(db);
}

int main(int argc, char **argv)
{
    (void)argv;
    pool = support_start();
    settings = support_settings();
    check_drivers();
    check_missing_file();
    check_odd_files();
    check_no_tables();
    check_stale();
    check_failures();
    check_new_schema();
    check_lucia_schema();
    check_foreign_schema();
    check_race(argc > 1 ? 1 : 15);
    check_max_lifetime();
    return tap_done();
}
