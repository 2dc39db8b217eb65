/* SPDX-License-Identifier: Apache-2.0 */
#include "core/db/sql.h"

#include <stddef.h>

static const luci_table_column_t columns[] = {
    { "id", LUCI_COLUMN_TEXT, 15, 0, LUCI_COLUMN_PRIMARY, NULL },
    { "username", LUCI_COLUMN_TEXT, 31, 255, LUCI_COLUMN_UNIQUE, NULL },
    { "disabled", LUCI_COLUMN_INTEGER, 0, 0, LUCI_COLUMN_OURS, "so that no user can be disabled" },
    { "created_at", LUCI_COLUMN_INTEGER, 0, 0, LUCI_COLUMN_OURS, "so that users are listed without it" },
    { NULL, LUCI_COLUMN_TEXT, 0, 0, 0, NULL },
};

static const luci_table_index_t indexes[] = { { NULL, NULL } };

#define LISTED_USER                                                                                          \
    "SELECT u.username, u.id, [U:u.created_at][u:NULL], " LUCI_SQL_USER_COLUMNS " FROM {user} u"

/* The index on username serves as well where it isn't unique. */
static const luci_sql_template_t statements[] = {
    {
        .id = LUCI_SQL_USER_INSERT,
        .text = "INSERT INTO {user} (id, username[U:, created_at]) VALUES (%s, %s[U:, %lld]){or_nothing}",
        .may_conflict = 1,
    },
    /* A transaction that stores a session, or that takes away the right to one, reads the user's row with
     * this first and then the key's: in this order, so that no two of them wait for each other. */
    {
        .id = LUCI_SQL_USER_LOCK,
        .text = "SELECT " LUCI_SQL_USER_COLUMNS " FROM {user} u WHERE u.id = %s{lock}",
        .repeatable = 1,
    },
    {
        .id = LUCI_SQL_USER_GET,
        .text = LISTED_USER " WHERE u.id = %s",
        .repeatable = 1,
    },
    {
        .id = LUCI_SQL_USER_FIND,
        .text = LISTED_USER " WHERE u.username = %s{same:u.username}",
        .repeatable = 1,
    },
    {
        .id = LUCI_SQL_USER_PAGE,
        .text = LISTED_USER " WHERE u.username >= %s AND (u.username > %=s OR u.id > %s) "
                            "ORDER BY u.username, u.id" LUCI_SQL_PAGE,
        .repeatable = 1,
    },
    {
        .id = LUCI_SQL_USER_RENAME,
        .text = "UPDATE {user} SET username = %s WHERE id = %s",
        .repeatable = 1,
    },
    {
        .id = LUCI_SQL_USER_SET_DISABLED,
        .text = "UPDATE {user} SET disabled = %lld WHERE id = %s",
        .repeatable = 1,
    },
    {
        .id = LUCI_SQL_USER_SET_COLUMN,
        .text = "UPDATE {user} SET {column} = %s WHERE id = %s",
    },
    {
        .id = LUCI_SQL_USER_DELETE,
        .text = "DELETE FROM {user} WHERE id = %s",
        .repeatable = 1,
    },
    { .text = NULL },
};

const luci_table_t luci_table_user = {
    .name = "user",
    .setting = offsetof(luci_tables_t, user),
    .columns = columns,
    .indexes = indexes,
    .has_attributes = 1,
    .is_clustered = 1,
    .loss = "the user table lacks disabled or created_at, so that nobody can be disabled",
    .statements = statements,
};
