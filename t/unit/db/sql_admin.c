/* SPDX-License-Identifier: Apache-2.0 */
/* The statements of administrators: their texts where the engines or the tables differ, and each one prepared
 * on a real database. */
#include "core/db/schema.h"
#include "lib/support.h"
#include "lib/tap.h"

#include <string.h>

static apr_pool_t *pool;
static luci_settings_t settings;

static const char *text_of(const luci_engine_t *engine, luci_sql_id_t id, int ours)
{
    const luci_sql_scope_t scope = { .engine = engine,
                                     .settings = &settings,
                                     .found = { .disabled = ours, .user = ours, .session = ours } };

    return luci_sql_statement(id, &scope, pool).text;
}

static void check_texts(void)
{
    static const char *const order[] = { "order" };
    const luci_sql_scope_t of_order = {
        .engine = &luci_engine_mysql, .settings = &settings, .columns = order, .count = 1
    };
    luci_sql_statement_t set = luci_sql_statement(LUCI_SQL_USER_SET_COLUMN, &of_order, pool);
    luci_probe_t role = luci_probe_column(&luci_table_user, "role");

    tap_is_str(text_of(&luci_engine_sqlite3, LUCI_SQL_USER_GET, 0),
               "SELECT u.username, u.id, NULL, u.id, NULL, u.username FROM \"auth_user\" u WHERE u.id = %s",
               "a user on Lucia's tables");
    tap_is_str(
        text_of(&luci_engine_pgsql, LUCI_SQL_USER_GET, 1),
        "SELECT u.username, u.id, u.created_at, u.id, u.disabled, u.username FROM \"auth_user\" u WHERE "
        "u.id = %s",
        "on ours");
    tap_is_str(
        text_of(&luci_engine_mysql, LUCI_SQL_SESSION_PAGE_OF_USER, 1),
        "SELECT s.id, s.user_id, u.username, s.active_expires, s.idle_expires, s.created_at, s.last_seen, "
        "s.address, s.user_agent FROM `user_session` s LEFT JOIN `auth_user` u ON u.id = s.user_id "
        "WHERE s.user_id = %s AND s.id > %s ORDER BY s.id LIMIT 500",
        "a page of sessions");
    tap_ok(strstr(text_of(&luci_engine_sqlite3, LUCI_SQL_SESSION_PAGE, 0),
                  "s.idle_expires, NULL, NULL, NULL, NULL FROM"),
           "of Lucia's");
    tap_ok(strstr(text_of(&luci_engine_mysql, LUCI_SQL_USER_FIND, 0), "AS BINARY) = CAST(%s AS BINARY)"),
           "MySQL compares names by their bytes");
    tap_is_str(set.text, "UPDATE `auth_user` SET `order` = %s WHERE id = %s", "any column is set");
    tap_is_int(set.arguments, 2, "  with two arguments");
    tap_is_int(set.repeatable, 0, "  only once");
    tap_is_str(luci_schema_add_column(&luci_engine_sqlite3, &luci_table_user, "disabled", &settings, pool),
               "ALTER TABLE \"auth_user\" ADD COLUMN \"disabled\" BIGINT", "a column of ours is added");
    tap_is_str(luci_schema_add_column(&luci_engine_mysql, &luci_table_user, "role", &settings, pool),
               "ALTER TABLE `auth_user` ADD COLUMN `role` TEXT", "or an attribute");
    tap_ok(strstr(luci_probe_text(&role, &luci_engine_sqlite3, &settings, pool), "SELECT t.\"role\" FROM"),
           "SQLite is asked for it by the table's name, or would take it for a string");
}

static int is_page(int id)
{
    return id == LUCI_SQL_USER_PAGE || id == LUCI_SQL_KEY_PAGE || id == LUCI_SQL_SESSION_PAGE ||
           id == LUCI_SQL_SESSION_PAGE_OF_USER;
}

static luci_result_t run(luci_db_t *db, int id)
{
    static const char *const arguments[LUCI_SQL_ARGUMENTS_MAX] = { "1", "2", "3" };
    const char *const *row;
    apr_array_header_t *rows;
    int changed;

    if (id == LUCI_SQL_USER_SET_COLUMN)
        return luci_db_set_column(db, "username", arguments, pool);
    if (is_page(id))
        return luci_db_select_all(db, (luci_sql_id_t)id, arguments, &rows, pool);
    if (id == LUCI_SQL_USER_GET || id == LUCI_SQL_USER_FIND)
        return luci_db_select(db, (luci_sql_id_t)id, arguments, &row, pool);
    return luci_db_execute(db, (luci_sql_id_t)id, arguments, &changed, pool);
}

static void check_prepares(const char *name, int ours)
{
    const char *path = support_database(name);
    luci_db_target_t target = support_target(path, &settings);
    luci_db_t *db = luci_db_create(&target, pool);

    if (ours)
        support_our_tables(path, &settings);
    else
        support_lucia_tables(path);
    for (int id = LUCI_SQL_ADMIN; id < LUCI_SQL_STATEMENTS; id++) {
        luci_result_t result;

        if (id == LUCI_SQL_USER_SET_DISABLED && !ours)
            continue;
        result = run(db, id);
        tap_ok(result == LUCI_OK || result == LUCI_NOT_FOUND, "%s: statement %d: %s", name, id,
               luci_db_error(db));
    }
    luci_db_close(db);
}

int main(void)
{
    pool = support_start();
    settings = support_settings();
    check_texts();
    check_prepares("sql-admin-lucia", 0);
    check_prepares("sql-admin-ours", 1);
    return tap_done();
}
