/* SPDX-License-Identifier: Apache-2.0 */
#include "core/db/table.h"

#include <string.h>

const luci_table_t *const luci_table_list[] = {
    &luci_table_user,
    &luci_table_key,
    &luci_table_session,
    NULL,
};

const char *luci_table_name(const luci_table_t *table, const luci_tables_t *tables)
{
    return *(const char *const *)((const char *)tables + table->setting);
}

const luci_table_column_t *luci_table_column(const luci_table_t *table, const char *name)
{
    for (const luci_table_column_t *column = table->columns; column->name; column++) {
        if (strcmp(column->name, name) == 0)
            return column;
    }
    return NULL;
}
