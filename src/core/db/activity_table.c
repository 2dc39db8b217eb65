/* SPDX-License-Identifier: Apache-2.0 */
#include "core/db/activity_table.h"

static const luci_table_column_t columns[] = {
    { "id", LUCI_COLUMN_TEXT, 15, 0, LUCI_COLUMN_PRIMARY, NULL },
    { "user_id", LUCI_COLUMN_TEXT, 15, 0, LUCI_COLUMN_USER | LUCI_COLUMN_CASCADE, NULL },
    { "happened_at", LUCI_COLUMN_INTEGER, 0, 0, 0, NULL },
    { "what", LUCI_COLUMN_TEXT, 31, 0, 0, NULL },
    { "reason", LUCI_COLUMN_TEXT, 31, 0, LUCI_COLUMN_NULLABLE, NULL },
    { "address", LUCI_COLUMN_TEXT, 45, 0, LUCI_COLUMN_NULLABLE, NULL },
    { "user_agent", LUCI_COLUMN_TEXT, 255, 0, LUCI_COLUMN_NULLABLE, NULL },
    { "known_device", LUCI_COLUMN_INTEGER, 0, 0, 0, NULL },
    { NULL, LUCI_COLUMN_TEXT, 0, 0, 0, NULL },
};

static const luci_table_index_t indexes[] = {
    { "user_id", "" },
    { "happened_at", ", so that cleaning up is slow" },
    { NULL, NULL },
};

static int is_wanted(const luci_settings_t *settings)
{
    return settings->activity;
}

const luci_table_t luci_table_activity = {
    .name = "activity",
    .suffix = "activity",
    .columns = columns,
    .indexes = indexes,
    .is_wanted = is_wanted,
    .failure = "LuciaActivity needs it: no sign-in is recorded, and the page activity is answered with 404",
};

/* ---- Statements ---- */

const luci_statement_t luci_sql_activity_insert = {
    .text = "INSERT INTO {activity} (id, user_id, happened_at, what, reason, address, user_agent, "
            "known_device) SELECT :id, u.id, :at:int, :what, :reason, :address, :user_agent, :device:int "
            "FROM {user} u WHERE u.id = :user",
};

#define NUMBER(number) LUCI_SQL_TEXT_OF(number)

/* MySQL reads a table that it deletes from only in a query within a query. */
#define TRIM(outcome)                                                                                        \
    "DELETE FROM {activity} WHERE user_id = :user AND reason " outcome " AND happened_at < "                 \
    "(SELECT MIN(kept.happened_at) FROM (SELECT a.happened_at FROM {activity} a "                            \
    "WHERE a.user_id = :user AND a.reason " outcome                                                          \
    " ORDER BY a.happened_at DESC LIMIT " NUMBER(LUCI_ACTIVITY_KEPT) ") kept)"

const luci_statement_t luci_sql_activity_trim = { .text = TRIM("IS NULL"), .repeatable = 1 };

const luci_statement_t luci_sql_activity_trim_failures = { .text = TRIM("IS NOT NULL"), .repeatable = 1 };

const luci_statement_t luci_sql_activity_purge = {
    .text = "DELETE FROM {activity} WHERE happened_at < :oldest:int AND id IN (SELECT old.id FROM "
            "(SELECT a.id FROM {activity} a WHERE a.happened_at < :oldest:int "
            "ORDER BY a.happened_at LIMIT " NUMBER(LUCI_ACTIVITY_BATCH) ") old)",
    .repeatable = 1,
};

const luci_statement_t luci_sql_activity_of_user = {
    .text = "SELECT a.happened_at, a.what, a.reason, a.address, a.user_agent, a.known_device "
            "FROM {activity} a WHERE a.user_id = :user ORDER BY a.happened_at DESC, a.id",
    .repeatable = 1,
};
