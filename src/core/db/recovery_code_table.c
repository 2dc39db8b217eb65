/* SPDX-License-Identifier: Apache-2.0 */
#include "core/db/recovery_code_table.h"

static const luci_table_column_t columns[] = {
    { "id", LUCI_COLUMN_TEXT, 64, 0, LUCI_COLUMN_PRIMARY, NULL },
    { "user_id", LUCI_COLUMN_TEXT, 15, 0, LUCI_COLUMN_USER | LUCI_COLUMN_CASCADE, NULL },
    { NULL, LUCI_COLUMN_TEXT, 0, 0, 0, NULL },
};

static const luci_table_index_t indexes[] = { { "user_id", "" }, { NULL, NULL } };

static int is_wanted(const luci_settings_t *settings)
{
    return settings->second_factor != LUCI_SECOND_FACTOR_OFF;
}

const luci_table_t luci_table_recovery_code = {
    .name = "recovery_code",
    .suffix = "recovery_code",
    .columns = columns,
    .indexes = indexes,
    .is_wanted = is_wanted,
    .is_clustered = 1,
    .failure = "LuciaSecondFactor needs it: sign-in and the pages of second factors are answered with 503",
};

/* ---- Statements ---- */

const luci_statement_t luci_sql_recovery_code_insert = {
    .text = "INSERT INTO {recovery_code} (id, user_id) VALUES (:id, :user)",
};

/* Not repeatable: if the answer was lost, the code may have been spent. */
const luci_statement_t luci_sql_recovery_code_spend = {
    .text = "DELETE FROM {recovery_code} WHERE id = :id AND user_id = :user",
};

const luci_statement_t luci_sql_recovery_codes_delete = {
    .text = "DELETE FROM {recovery_code} WHERE user_id = :user",
    .repeatable = 1,
};
