/* SPDX-License-Identifier: Apache-2.0 */
#include "core/db/key_table.h"

#include "core/db/user_table.h"

#include <stddef.h>

static const luci_table_column_t columns[] = {
    { "id", LUCI_COLUMN_TEXT, 255, 600, LUCI_COLUMN_PRIMARY, NULL },
    { "user_id", LUCI_COLUMN_TEXT, 15, 0, LUCI_COLUMN_USER, NULL },
    { "hashed_password", LUCI_COLUMN_TEXT, 255, 0, LUCI_COLUMN_NULLABLE, NULL },
    { NULL, LUCI_COLUMN_TEXT, 0, 0, 0, NULL },
};

static const luci_table_index_t indexes[] = { { "user_id", "" }, { NULL, NULL } };

const luci_table_t luci_table_key = {
    .name = "key",
    .setting = offsetof(luci_tables_t, key),
    .columns = columns,
    .indexes = indexes,
};

/* ---- Statements ---- */

const luci_statement_t luci_sql_key_insert = {
    .text = "INSERT INTO {key} (id, user_id, hashed_password) VALUES (:id, :user, :hash){or_nothing}",
    .may_conflict = 1,
};

const luci_statement_t luci_sql_key_get = {
    .text = "SELECT [L:{lags}, u.id, ]k.hashed_password, " LUCI_SQL_USER_COLUMNS
            " FROM [L:(SELECT 1) server LEFT JOIN (]{key} k "
            "JOIN {user} u ON u.id = k.user_id[L:) ON][l: WHERE] {same:k.id:id}",
    .repeatable = 1,
    .is_certain = 1,
};

const luci_statement_t luci_sql_key_lock = {
    .text = "SELECT k.hashed_password, k.user_id FROM {key} k WHERE {same:k.id:id}{lock}",
    .repeatable = 1,
};

const luci_statement_t luci_sql_key_replace_hash = {
    .text = "UPDATE {key} SET hashed_password = :hash WHERE id = :id AND hashed_password = :old_hash",
    .repeatable = 1,
};

const luci_statement_t luci_sql_key_page = {
    .text = "SELECT k.id, k.hashed_password FROM {key} k WHERE k.user_id = :user AND k.id > :after1 "
            "ORDER BY k.id" LUCI_SQL_PAGE,
    .repeatable = 1,
};

const luci_statement_t luci_sql_keys_page = {
    .text = "SELECT k.id, k.hashed_password, u.id FROM {key} k LEFT JOIN {user} u ON u.id = k.user_id "
            "WHERE k.id > :after1 ORDER BY k.id" LUCI_SQL_PAGE,
    .repeatable = 1,
};

const luci_statement_t luci_sql_key_rename = {
    .text = "UPDATE {key} SET id = :new_id WHERE id = :id",
    .repeatable = 1,
};

const luci_statement_t luci_sql_key_set_hash = {
    .text = "UPDATE {key} SET hashed_password = :hash WHERE id = :id",
    .repeatable = 1,
};

const luci_statement_t luci_sql_key_delete = {
    .text = "DELETE FROM {key} WHERE id = :id",
    .repeatable = 1,
};

const luci_statement_t luci_sql_keys_delete = {
    .text = "DELETE FROM {key} WHERE user_id = :user",
    .repeatable = 1,
    .may_be_referenced = 1,
};
