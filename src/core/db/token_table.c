/* SPDX-License-Identifier: Apache-2.0 */
#include "core/db/token_table.h"

#include "core/db/user_table.h"

#include <stddef.h>

static const luci_table_column_t columns[] = {
    { "id", LUCI_COLUMN_TEXT, 64, 0, LUCI_COLUMN_PRIMARY, NULL },
    { "user_id", LUCI_COLUMN_TEXT, 15, 0, LUCI_COLUMN_USER | LUCI_COLUMN_CASCADE, NULL },
    { "state", LUCI_COLUMN_TEXT, 64, 0, 0, NULL },
    { "expires_at", LUCI_COLUMN_INTEGER, 0, 0, LUCI_COLUMN_UNSIGNED, NULL },
    { NULL, LUCI_COLUMN_TEXT, 0, 0, 0, NULL },
};

static const luci_table_index_t indexes[] = { { "user_id", "" }, { NULL, NULL } };

/* Without LuciaMail, neither a start nor luciactl init makes or misses this table: luciactl makes it with the
 * first link. */
static int is_wanted(const luci_settings_t *settings)
{
    return settings->mail != NULL;
}

const luci_table_t luci_table_token = {
    .name = "token",
    .suffix = "token",
    .columns = columns,
    .indexes = indexes,
    .is_wanted = is_wanted,
    .is_clustered = 1,
    .failure = "LuciaMail needs it: links to a new password are not sent, and none is valid",
};

/* ---- Statements ---- */

const luci_statement_t luci_sql_token_insert = {
    .text = "INSERT INTO {token} (id, user_id, state, expires_at) VALUES (:id, :user, :state, :expires:int)",
};

const luci_statement_t luci_sql_token_get = {
    .text = "SELECT t.state, t.expires_at, " LUCI_SQL_USER_COLUMNS
            " FROM {token} t JOIN {user} u ON u.id = t.user_id WHERE {same:t.id:id}",
    .repeatable = 1,
};

const luci_statement_t luci_sql_token_spend = {
    .text = "UPDATE {token} SET id = :spent, state = :new_state, expires_at = :until:int "
            "WHERE id = :id AND user_id = :user AND state = :state AND expires_at > :now:int",
};

const luci_statement_t luci_sql_tokens_delete = {
    .text = "DELETE FROM {token} WHERE user_id = :user",
    .repeatable = 1,
};

const luci_statement_t luci_sql_tokens_purge = {
    .text = "DELETE FROM {token} WHERE expires_at <= :now:int",
    .repeatable = 1,
};
