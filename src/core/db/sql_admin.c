/* SPDX-License-Identifier: Apache-2.0 */
/* The statements of administrators; sql.c has those that requests make. */
#include "core/db/sql_text.h"

#include <apr_strings.h>
#include <string.h>

#define TEXT_OF(number) #number
#define LIMIT_OF(number) " LIMIT " TEXT_OF(number)
#define PAGE LIMIT_OF(LUCI_SQL_PAGE_ROWS)

#define LISTED_USER                                                                                          \
    "SELECT u.username, u.id, [U:u.created_at][u:NULL], u.id, [D:u.disabled][d:NULL], "                      \
    "u.username{attributes} "                                                                                \
    "FROM {user} u"

/* One whose user is gone, as only a table without foreign keys can have it, is listed, too. */
#define LISTED_SESSION                                                                                       \
    "SELECT s.id, s.user_id, u.username, s.active_expires, s.idle_expires, "                                 \
    "[S:s.created_at, s.last_seen, s.address, s.user_agent][s:NULL, NULL, NULL, NULL] "                      \
    "FROM {session} s LEFT JOIN {user} u ON u.id = s.user_id"

/* The index on username serves as well where it isn't unique. */
const luci_sql_row_t luci_sql_admin[] = {
    [LUCI_SQL_USER_GET - LUCI_SQL_ADMIN] = {
        .text = LISTED_USER " WHERE u.id = %s",
        .repeatable = 1,
    },
    [LUCI_SQL_USER_FIND - LUCI_SQL_ADMIN] = {
        .text = LISTED_USER " WHERE u.username = %s",
        .mysql = LISTED_USER " WHERE u.username = %s "
                 "AND CAST(CONVERT(u.username USING utf8mb4) AS BINARY) = CAST(%=s AS BINARY)",
        .repeatable = 1,
    },
    [LUCI_SQL_USER_PAGE - LUCI_SQL_ADMIN] = {
        .text = LISTED_USER " WHERE u.username >= %s AND (u.username > %=s OR u.id > %s) "
                "ORDER BY u.username, u.id" PAGE,
        .repeatable = 1,
    },
    [LUCI_SQL_USER_RENAME - LUCI_SQL_ADMIN] = {
        .text = "UPDATE {user} SET username = %s WHERE id = %s",
        .repeatable = 1,
    },
    [LUCI_SQL_USER_SET_DISABLED - LUCI_SQL_ADMIN] = {
        .text = "UPDATE {user} SET disabled = %lld WHERE id = %s",
        .repeatable = 1,
    },
    [LUCI_SQL_USER_SET_COLUMN - LUCI_SQL_ADMIN] = {
        .text = "UPDATE {user} SET {column} = %s WHERE id = %s",
    },
    [LUCI_SQL_USER_DELETE - LUCI_SQL_ADMIN] = {
        .text = "DELETE FROM {user} WHERE id = %s",
        .repeatable = 1,
    },
    [LUCI_SQL_KEY_PAGE - LUCI_SQL_ADMIN] = {
        .text = "SELECT k.id, k.hashed_password FROM {key} k WHERE k.user_id = %s AND k.id > %s ORDER BY k.id" PAGE,
        .repeatable = 1,
    },
    [LUCI_SQL_KEYS_PAGE - LUCI_SQL_ADMIN] = {
        .text = "SELECT k.id, k.hashed_password, u.id FROM {key} k LEFT JOIN {user} u ON u.id = k.user_id "
                "WHERE k.id > %s ORDER BY k.id" PAGE,
        .repeatable = 1,
    },
    [LUCI_SQL_KEY_RENAME - LUCI_SQL_ADMIN] = {
        .text = "UPDATE {key} SET id = %s WHERE id = %s",
        .repeatable = 1,
    },
    [LUCI_SQL_KEY_SET_HASH - LUCI_SQL_ADMIN] = {
        .text = "UPDATE {key} SET hashed_password = %s WHERE id = %s",
        .repeatable = 1,
    },
    [LUCI_SQL_KEY_DELETE - LUCI_SQL_ADMIN] = {
        .text = "DELETE FROM {key} WHERE id = %s",
        .repeatable = 1,
    },
    [LUCI_SQL_KEYS_DELETE - LUCI_SQL_ADMIN] = {
        .text = "DELETE FROM {key} WHERE user_id = %s",
        .repeatable = 1,
    },
    [LUCI_SQL_SESSION_PAGE - LUCI_SQL_ADMIN] = {
        .text = LISTED_SESSION " WHERE s.id > %s ORDER BY s.id" PAGE,
        .repeatable = 1,
    },
    [LUCI_SQL_SESSION_PAGE_OF_USER - LUCI_SQL_ADMIN] = {
        .text = LISTED_SESSION " WHERE s.user_id = %s AND s.id > %s ORDER BY s.id" PAGE,
        .repeatable = 1,
    },
    [LUCI_SQL_SESSIONS_DELETE - LUCI_SQL_ADMIN] = {
        .text = "DELETE FROM {session} WHERE user_id = %s",
        .repeatable = 1,
    },
};

/* statement: as luci_sql_text. */
static const char *about_column(luci_sql_names_t names, const char *text, const char *column,
                                luci_sql_statement_t *statement, apr_pool_t *pool)
{
    names.column = column;
    return luci_sql_text(text, &names, (luci_sql_columns_t){ 0 }, statement, pool);
}

luci_sql_statement_t luci_sql_set_column(luci_sql_dialect_t dialect, const char *column,
                                         const luci_settings_t *settings, apr_pool_t *pool)
{
    luci_sql_statement_t statement = { 0 };

    statement.text = about_column(luci_sql_names_for(dialect, &settings->tables, NULL),
                                  luci_sql_admin[LUCI_SQL_USER_SET_COLUMN - LUCI_SQL_ADMIN].text, column,
                                  &statement, pool);
    return statement;
}
