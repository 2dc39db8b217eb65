/* SPDX-License-Identifier: Apache-2.0 */
#include "core/db/app_password_table.h"

#include "core/db/user_table.h"

#include <stddef.h>

static const luci_table_column_t columns[] = {
    { "id", LUCI_COLUMN_TEXT, 64, 0, LUCI_COLUMN_PRIMARY, NULL },
    { "user_id", LUCI_COLUMN_TEXT, 15, 0, LUCI_COLUMN_USER | LUCI_COLUMN_CASCADE, NULL },
    { "name", LUCI_COLUMN_TEXT, 64, 0, 0, NULL },
    { "created_at", LUCI_COLUMN_INTEGER, 0, 0, 0, NULL },
    { "last_used", LUCI_COLUMN_INTEGER, 0, 0, LUCI_COLUMN_NULLABLE, NULL },
    { NULL, LUCI_COLUMN_TEXT, 0, 0, 0, NULL },
};

static const luci_table_index_t indexes[] = { { "user_id", "" }, { NULL, NULL } };

static int is_wanted(const luci_settings_t *settings)
{
    return settings->second_factor != LUCI_SECOND_FACTOR_OFF;
}

const luci_table_t luci_table_app_password = {
    .name = "app_password",
    .suffix = "app_password",
    .columns = columns,
    .indexes = indexes,
    .is_wanted = is_wanted,
    .is_clustered = 1,
    .failure = "LuciaSecondFactor needs it: there are no app passwords, and their page is answered with 404",
};

/* ---- Statements ---- */

const luci_statement_t luci_sql_app_password_insert = {
    .text = "INSERT INTO {app_password} (id, user_id, name, created_at) VALUES (:id, :user, :name, :now:int)",
};

/* A server that lags may still have what was deleted. */
const luci_statement_t luci_sql_app_password_get = {
    .text = "SELECT [L:{lags}, u.id, ]a.id, a.last_used, " LUCI_SQL_USER_COLUMNS
            " FROM [L:(SELECT 1) server LEFT JOIN (]{app_password} a "
            "JOIN {user} u ON u.id = a.user_id[L:) ON][l: WHERE] {same:a.id:id}",
    .repeatable = 1,
    .is_certain = 1,
};

const luci_statement_t luci_sql_app_password_used = {
    .text = "UPDATE {app_password} SET last_used = :now:int "
            "WHERE id = :id AND (last_used IS NULL OR last_used <= :before:int)",
    .repeatable = 1,
};

const luci_statement_t luci_sql_app_password_delete = {
    .text = "DELETE FROM {app_password} WHERE id = :id AND user_id = :user",
    .repeatable = 1,
};

const luci_statement_t luci_sql_app_passwords_of_user = {
    .text = "SELECT a.id, a.name, a.created_at, a.last_used FROM {app_password} a WHERE a.user_id = :user "
            "ORDER BY a.created_at, a.id",
    .repeatable = 1,
};

const luci_statement_t luci_sql_app_passwords_count = {
    .text = "SELECT COUNT(*) FROM {app_password} a WHERE a.user_id = :user",
    .repeatable = 1,
};
