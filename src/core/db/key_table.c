/* SPDX-License-Identifier: Apache-2.0 */
#include "core/db/sql.h"

#include <stddef.h>

static const luci_table_column_t columns[] = {
    { "id", LUCI_COLUMN_TEXT, 255, 600, LUCI_COLUMN_PRIMARY, NULL },
    { "user_id", LUCI_COLUMN_TEXT, 15, 0, LUCI_COLUMN_USER, NULL },
    { "hashed_password", LUCI_COLUMN_TEXT, 255, 0, LUCI_COLUMN_NULLABLE, NULL },
    { NULL, LUCI_COLUMN_TEXT, 0, 0, 0, NULL },
};

static const luci_table_index_t indexes[] = { { "user_id", "" }, { NULL, NULL } };

static const luci_sql_template_t statements[] = {
    {
        .id = LUCI_SQL_KEY_INSERT,
        .text = "INSERT INTO {key} (id, user_id, hashed_password) VALUES (%s, %s, %s){or_nothing}",
        .may_conflict = 1,
    },
    {
        .id = LUCI_SQL_KEY_GET,
        .text = "SELECT k.hashed_password, " LUCI_SQL_USER_COLUMNS
                " FROM {key} k JOIN {user} u ON u.id = k.user_id WHERE k.id = %s{same:k.id}",
        .repeatable = 1,
    },
    {
        .id = LUCI_SQL_KEY_LOCK,
        .text = "SELECT k.hashed_password, k.user_id FROM {key} k WHERE k.id = %s{same:k.id}{lock}",
        .repeatable = 1,
    },
    {
        .id = LUCI_SQL_KEY_REPLACE_HASH,
        .text = "UPDATE {key} SET hashed_password = %s WHERE id = %s AND hashed_password = %s",
        .repeatable = 1,
    },
    {
        .id = LUCI_SQL_KEY_PAGE,
        .text = "SELECT k.id, k.hashed_password FROM {key} k WHERE k.user_id = %s AND k.id > %s "
                "ORDER BY k.id" LUCI_SQL_PAGE,
        .repeatable = 1,
    },
    {
        .id = LUCI_SQL_KEYS_PAGE,
        .text = "SELECT k.id, k.hashed_password, u.id FROM {key} k LEFT JOIN {user} u ON u.id = k.user_id "
                "WHERE k.id > %s ORDER BY k.id" LUCI_SQL_PAGE,
        .repeatable = 1,
    },
    {
        .id = LUCI_SQL_KEY_RENAME,
        .text = "UPDATE {key} SET id = %s WHERE id = %s",
        .repeatable = 1,
    },
    {
        .id = LUCI_SQL_KEY_SET_HASH,
        .text = "UPDATE {key} SET hashed_password = %s WHERE id = %s",
        .repeatable = 1,
    },
    {
        .id = LUCI_SQL_KEY_DELETE,
        .text = "DELETE FROM {key} WHERE id = %s",
        .repeatable = 1,
    },
    {
        .id = LUCI_SQL_KEYS_DELETE,
        .text = "DELETE FROM {key} WHERE user_id = %s",
        .repeatable = 1,
    },
    { .text = NULL },
};

const luci_table_t luci_table_key = {
    .name = "key",
    .setting = offsetof(luci_tables_t, key),
    .columns = columns,
    .indexes = indexes,
    .statements = statements,
};
