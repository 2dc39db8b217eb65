/* SPDX-License-Identifier: Apache-2.0 */
#include "core/db/user_group_table.h"

#include "core/db/user_table.h"

static const luci_table_column_t columns[] = {
    { "user_id", LUCI_COLUMN_TEXT, 15, 0, LUCI_COLUMN_USER | LUCI_COLUMN_CASCADE, NULL },
    { "name", LUCI_COLUMN_TEXT, LUCI_GROUP_BYTES_MAX, 0, 0, NULL },
    { NULL, LUCI_COLUMN_TEXT, 0, 0, 0, NULL },
};

static const luci_table_index_t indexes[] = { { NULL, NULL } };

static int is_wanted(const luci_settings_t *settings)
{
    return settings->groups;
}

const luci_table_t luci_table_user_group = {
    .name = "user_group",
    .suffix = "group",
    .columns = columns,
    .primary = "user_id, name",
    .indexes = indexes,
    .is_wanted = is_wanted,
    .is_clustered = 1,
    .failure = "LuciaGroups needs it: requests that need the database are answered with 503",
};

/* ---- Statements ---- */

/* A name with a comma would be read as two. */
const char luci_sql_groups_begin[] = ", (SELECT ";
const char luci_sql_groups_from[] = " FROM ";
const char luci_sql_groups_end[] = " g WHERE g.user_id = u.id AND g.name = REPLACE(g.name, ',', ''))";

const luci_statement_t luci_sql_user_group_insert = {
    .text = "INSERT INTO {user_group} (user_id, name) VALUES (:user, :name){or_nothing}",
    .may_conflict = 1,
};

const luci_statement_t luci_sql_user_group_delete = {
    .text = "DELETE FROM {user_group} WHERE user_id = :user AND name = :name",
    .repeatable = 1,
};

const luci_statement_t luci_sql_user_group_page = {
    .text = "SELECT g.name FROM {user_group} g WHERE g.user_id = :user AND g.name > :after1 "
            "ORDER BY g.name" LUCI_SQL_PAGE,
    .repeatable = 1,
};

const luci_statement_t luci_sql_groups_page = {
    .text = "SELECT g.name, COUNT(*) FROM {user_group} g WHERE g.name > :after1 GROUP BY g.name "
            "ORDER BY g.name" LUCI_SQL_PAGE,
    .repeatable = 1,
};
