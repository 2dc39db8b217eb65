/* SPDX-License-Identifier: Apache-2.0 */
#include "core/db/step_table.h"

static const luci_table_column_t columns[] = {
    { "id", LUCI_COLUMN_TEXT, 64, 0, LUCI_COLUMN_PRIMARY, NULL },
    { "user_id", LUCI_COLUMN_TEXT, 15, 0, LUCI_COLUMN_USER | LUCI_COLUMN_CASCADE, NULL },
    { "expires_at", LUCI_COLUMN_INTEGER, 0, 0, LUCI_COLUMN_UNSIGNED, NULL },
    { NULL, LUCI_COLUMN_TEXT, 0, 0, 0, NULL },
};

static const luci_table_index_t indexes[] = {
    { "user_id", "" },
    { "expires_at", ", so that cleaning up is slow" },
    { NULL, NULL },
};

static int is_wanted(const luci_settings_t *settings)
{
    return settings->second_factor != LUCI_SECOND_FACTOR_OFF;
}

const luci_table_t luci_table_step = {
    .name = "step",
    .suffix = "step",
    .columns = columns,
    .indexes = indexes,
    .is_wanted = is_wanted,
    .is_clustered = 1,
    .failure = "LuciaSecondFactor needs it: sign-in of users who have a second factor is answered with 503",
};

/* ---- Statements ---- */

const luci_statement_t luci_sql_step_insert = {
    .text = "INSERT INTO {step} (id, user_id, expires_at) VALUES (:id, :user, :expires:int)",
};

const luci_statement_t luci_sql_step_get = {
    .text = "SELECT s.expires_at FROM {step} s WHERE {same:s.id:id} AND s.user_id = :user "
            "AND s.expires_at > :now:int",
    .repeatable = 1,
};

/* Not repeatable: if the answer was lost, the step may have been spent by this very call. */
const luci_statement_t luci_sql_step_spend = {
    .text = "DELETE FROM {step} WHERE id = :id AND user_id = :user AND expires_at > :now:int",
};

const luci_statement_t luci_sql_steps_void = {
    .text = "DELETE FROM {step} WHERE user_id = :user",
    .repeatable = 1,
};

#define NUMBER(number) LUCI_SQL_TEXT_OF(number)

/* MySQL reads a table that it deletes from only in a query within a query. */
const luci_statement_t luci_sql_steps_trim = {
    .text =
        "DELETE FROM {step} WHERE user_id = :user AND (expires_at <= :now:int OR id IN (SELECT old.id FROM "
        "(SELECT s.id FROM {step} s WHERE s.user_id = :user ORDER BY s.expires_at DESC, s.id "
        "LIMIT " NUMBER(LUCI_STEP_BATCH) " OFFSET :kept:int) old))",
    .repeatable = 1,
};

const luci_statement_t luci_sql_steps_purge = {
    .text = "DELETE FROM {step} WHERE expires_at <= :now:int AND id IN (SELECT old.id FROM "
            "(SELECT s.id FROM {step} s WHERE s.expires_at <= :now:int "
            "ORDER BY s.expires_at LIMIT " NUMBER(LUCI_STEP_BATCH) ") old)",
    .repeatable = 1,
};
