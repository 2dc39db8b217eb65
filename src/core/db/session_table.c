/* SPDX-License-Identifier: Apache-2.0 */
#include "core/db/sql.h"

#include <stddef.h>

#define LOSS "so that sessions are listed without it and LuciaMaxLifetime does not work"

static const luci_table_column_t columns[] = {
    { "id", LUCI_COLUMN_TEXT, 127, 0, LUCI_COLUMN_PRIMARY, NULL },
    { "user_id", LUCI_COLUMN_TEXT, 15, 0, LUCI_COLUMN_USER, NULL },
    { "active_expires", LUCI_COLUMN_INTEGER, 0, 0, LUCI_COLUMN_UNSIGNED, NULL },
    { "idle_expires", LUCI_COLUMN_INTEGER, 0, 0, LUCI_COLUMN_UNSIGNED, NULL },
    { "created_at", LUCI_COLUMN_INTEGER, 0, 0, LUCI_COLUMN_OURS, LOSS },
    { "last_seen", LUCI_COLUMN_INTEGER, 0, 0, LUCI_COLUMN_OURS, LOSS },
    { "address", LUCI_COLUMN_TEXT, 45, 0, LUCI_COLUMN_OURS, LOSS },
    { "user_agent", LUCI_COLUMN_TEXT, 255, 0, LUCI_COLUMN_OURS, LOSS },
    { NULL, LUCI_COLUMN_TEXT, 0, 0, 0, NULL },
};

static const luci_table_index_t indexes[] = {
    { "user_id", "" },
    { "idle_expires", ", so that cleaning up is slow" },
    { NULL, NULL },
};

/* Sessions whose user is gone, which only a table without foreign keys can hold, are listed too. */
#define LISTED_SESSION                                                                                       \
    "SELECT s.id, s.user_id, u.username, s.active_expires, s.idle_expires, "                                 \
    "[S:s.created_at, s.last_seen, s.address, s.user_agent][s:NULL, NULL, NULL, NULL] "                      \
    "FROM {session} s LEFT JOIN {user} u ON u.id = s.user_id"

static const luci_sql_template_t statements[] = {
    {
        .id = LUCI_SQL_SESSION_INSERT,
        .text = "INSERT INTO {session} (id, user_id, active_expires, idle_expires"
                "[S:, created_at, last_seen, address, user_agent]) "
                "VALUES (%s, %s, %lld, %lld[S:, %lld, %lld, %s, %s])",
    },
    {
        .id = LUCI_SQL_SESSION_GET,
        .text = "SELECT s.active_expires, s.idle_expires, " LUCI_SQL_USER_COLUMNS "[C:, s.created_at]"
                " FROM {session} s JOIN {user} u ON u.id = s.user_id WHERE s.id = %s",
        .repeatable = 1,
    },
    {
        .id = LUCI_SQL_SESSION_RENEW,
        .text = "UPDATE {session} SET active_expires = %lld, idle_expires = %lld"
                "[S:, last_seen = %lld, created_at = COALESCE(created_at, %lld)] "
                "WHERE id = %s AND active_expires = %lld",
        .repeatable = 1,
    },
    {
        .id = LUCI_SQL_SESSION_DELETE,
        .text = "DELETE FROM {session} WHERE id = %s",
        .repeatable = 1,
    },
    {
        .id = LUCI_SQL_SESSION_HASH,
        .text = "UPDATE {session} SET id = %s WHERE id = %s",
        .repeatable = 1,
    },
    /* PostgreSQL judges a row that it waited for again by what stands outside the IN; the plus keeps rows
     * from being searched by that condition. */
    {
        .id = LUCI_SQL_SESSION_PURGE,
        .text = "DELETE FROM {session} WHERE +idle_expires < %lld AND id IN (SELECT s.id FROM {session} s "
                "WHERE s.idle_expires < %=lld ORDER BY s.idle_expires LIMIT %lld)",
        .repeatable = 1,
    },
    {
        .id = LUCI_SQL_SESSIONS_COUNT,
        .text = "SELECT COUNT(*) FROM {session} s WHERE s.user_id = %s",
        .repeatable = 1,
    },
    {
        .id = LUCI_SQL_SESSIONS_OLDEST,
        .text = "SELECT s.id FROM {session} s WHERE s.user_id = %s ORDER BY s.idle_expires, s.id LIMIT %lld",
        .repeatable = 1,
    },
    {
        .id = LUCI_SQL_SESSION_STEP,
        .text = "SELECT MAX(step.id), COUNT(*) FROM (SELECT s.id FROM {session} s WHERE s.id > %s "
                "ORDER BY s.id LIMIT %lld) step",
        .repeatable = 1,
    },
    {
        .id = LUCI_SQL_SESSION_PURGE_STEP,
        .text = "DELETE FROM {session} WHERE id > %s AND id <= %s "
                "AND (idle_expires < %lld[C: OR created_at <= %lld OR created_at > %lld])",
        .repeatable = 1,
    },
    {
        .id = LUCI_SQL_SESSION_PAGE,
        .text = LISTED_SESSION " WHERE s.id > %s ORDER BY s.id" LUCI_SQL_PAGE,
        .repeatable = 1,
    },
    {
        .id = LUCI_SQL_SESSION_PAGE_OF_USER,
        .text = LISTED_SESSION " WHERE s.user_id = %s AND s.id > %s ORDER BY s.id" LUCI_SQL_PAGE,
        .repeatable = 1,
    },
    {
        .id = LUCI_SQL_SESSIONS_DELETE,
        .text = "DELETE FROM {session} WHERE user_id = %s",
        .repeatable = 1,
    },
    { .text = NULL },
};

const luci_table_t luci_table_session = {
    .name = "session",
    .setting = offsetof(luci_tables_t, session),
    .columns = columns,
    .indexes = indexes,
    .is_clustered = 1,
    .loss = "the session table lacks created_at, last_seen, address or user_agent",
    .statements = statements,
};
