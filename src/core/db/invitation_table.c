/* SPDX-License-Identifier: Apache-2.0 */
#include "core/db/invitation_table.h"

#include <stddef.h>

static const luci_table_column_t columns[] = {
    { "id", LUCI_COLUMN_TEXT, 64, 0, LUCI_COLUMN_PRIMARY, NULL },
    { "uses", LUCI_COLUMN_INTEGER, 0, 0, 0, NULL },
    { "expires_at", LUCI_COLUMN_INTEGER, 0, 0, LUCI_COLUMN_UNSIGNED, NULL },
    { "group_names", LUCI_COLUMN_TEXT, 1000, 0, LUCI_COLUMN_NULLABLE, NULL },
    { "address", LUCI_COLUMN_TEXT, 320, 0, LUCI_COLUMN_NULLABLE, NULL },
    { "created_at", LUCI_COLUMN_INTEGER, 0, 0, 0, NULL },
    { NULL, LUCI_COLUMN_TEXT, 0, 0, 0, NULL },
};

static const luci_table_index_t indexes[] = { { NULL, NULL } };

/* Neither a start nor luciactl init makes or misses this table: luciactl makes it with the first invitation.
 */
static int is_wanted(const luci_settings_t *settings)
{
    (void)settings;
    return 0;
}

const luci_table_t luci_table_invitation = {
    .name = "invitation",
    .suffix = "invitation",
    .columns = columns,
    .indexes = indexes,
    .is_wanted = is_wanted,
};

/* ---- Statements ---- */

const luci_statement_t luci_sql_invitation_insert = {
    .text = "INSERT INTO {invitation} (id, uses, expires_at, group_names, address, created_at) "
            "VALUES (:id, :uses:int, :expires:int, :groups, :address, :now:int)",
};

const luci_statement_t luci_sql_invitation_get = {
    .text = "SELECT i.group_names, i.address FROM {invitation} i WHERE {same:i.id:id} AND i.uses > 0 "
            "AND i.expires_at > :now:int",
    .repeatable = 1,
};

const luci_statement_t luci_sql_invitation_spend = {
    .text = "UPDATE {invitation} SET uses = uses - 1 WHERE id = :id AND uses > 0 AND expires_at > :now:int",
};

const luci_statement_t luci_sql_invitation_page = {
    .text = "SELECT i.id, i.uses, i.expires_at, i.group_names, i.created_at, i.address FROM {invitation} i "
            "WHERE i.id > :after1 ORDER BY i.id" LUCI_SQL_PAGE,
    .repeatable = 1,
};

const luci_statement_t luci_sql_invitation_delete = {
    .text = "DELETE FROM {invitation} WHERE id >= :first AND id < :end",
    .repeatable = 1,
};

const luci_statement_t luci_sql_invitations_void = {
    .text = "DELETE FROM {invitation} WHERE address = :address",
    .repeatable = 1,
};

const luci_statement_t luci_sql_invitations_purge = {
    .text = "DELETE FROM {invitation} WHERE expires_at <= :now:int",
    .repeatable = 1,
};
