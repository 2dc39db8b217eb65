/* SPDX-License-Identifier: Apache-2.0 */
#include "core/db/email_token_table.h"

#include "core/db/user_table.h"

#include <stddef.h>

static const luci_table_column_t columns[] = {
    { "id", LUCI_COLUMN_TEXT, 64, 0, LUCI_COLUMN_PRIMARY, NULL },
    { "user_id", LUCI_COLUMN_TEXT, 15, 0, LUCI_COLUMN_USER | LUCI_COLUMN_CASCADE, NULL },
    { "kind", LUCI_COLUMN_TEXT, 15, 0, 0, NULL },
    { "email", LUCI_COLUMN_TEXT, 320, 0, 0, NULL },
    { "expires_at", LUCI_COLUMN_INTEGER, 0, 0, LUCI_COLUMN_UNSIGNED, NULL },
    { NULL, LUCI_COLUMN_TEXT, 0, 0, 0, NULL },
};

static const luci_table_index_t indexes[] = { { "user_id", "" }, { NULL, NULL } };

static int is_wanted(const luci_settings_t *settings)
{
    return settings->email != LUCI_EMAIL_OFF;
}

const luci_table_t luci_table_email_token = {
    .name = "email_token",
    .suffix = "email_token",
    .columns = columns,
    .indexes = indexes,
    .is_wanted = is_wanted,
    .is_clustered = 1,
    .failure = "LuciaEmail needs it: sign-up with an address and changes of the address are answered with "
               "503, and no link to verify an address is valid",
};

/* ---- Statements ---- */

const luci_statement_t luci_sql_email_token_insert = {
    .text = "INSERT INTO {email_token} (id, user_id, kind, email, expires_at) "
            "VALUES (:id, :user, :kind, :email, :expires:int)",
};

const luci_statement_t luci_sql_email_token_name = {
    .text = "UPDATE {email_token} SET id = :id "
            "WHERE user_id = :user AND kind = :kind AND email = :email AND expires_at = :expires:int",
};

const luci_statement_t luci_sql_email_token_get = {
    .text = "SELECT t.kind, t.email, t.expires_at, " LUCI_SQL_USER_COLUMNS
            " FROM {email_token} t JOIN {user} u ON u.id = t.user_id WHERE {same:t.id:id}",
    .repeatable = 1,
};

const luci_statement_t luci_sql_email_token_latest = {
    .text = "SELECT t.email FROM {email_token} t "
            "WHERE t.user_id = :user AND t.kind = :kind AND t.expires_at > :now:int "
            "ORDER BY t.expires_at DESC LIMIT 1",
    .repeatable = 1,
};

const luci_statement_t luci_sql_email_token_spend = {
    .text = "UPDATE {email_token} SET id = :spent, kind = :spent_kind, expires_at = :until:int "
            "WHERE id = :id AND user_id = :user AND kind = :kind AND expires_at > :now:int",
};

const luci_statement_t luci_sql_email_tokens_void = {
    .text = "DELETE FROM {email_token} WHERE user_id = :user AND kind = :kind AND expires_at > :after:int",
    .repeatable = 1,
};

const luci_statement_t luci_sql_email_tokens_delete = {
    .text = "DELETE FROM {email_token} WHERE user_id = :user",
    .repeatable = 1,
};

const luci_statement_t luci_sql_email_tokens_purge = {
    .text = "DELETE FROM {email_token} WHERE expires_at <= :now:int",
    .repeatable = 1,
};
