/* SPDX-License-Identifier: Apache-2.0 */
#include "core/db/probe.h"

#include "core/db/user_table.h"

#include <string.h>

static void add(luci_probe_t *probe, const char *column)
{
    if (probe->count < LUCI_PROBE_COLUMNS_MAX)
        probe->columns[probe->count++] = column;
}

/* The columns of a table which have exactly these of the flags OURS and LATER. settings: only those that they
 * need; NULL: all. */
static luci_probe_t columns_of(const luci_table_t *table, int flags, const luci_settings_t *settings)
{
    luci_probe_t probe = { .kind = LUCI_PROBE_COLUMNS, .table = table };

    for (const luci_table_column_t *column = table->columns; column->name; column++) {
        if ((column->flags & (LUCI_COLUMN_OURS | LUCI_COLUMN_LATER)) == flags &&
            (!settings || luci_table_wants_column(column, settings)))
            add(&probe, column->name);
    }
    return probe;
}

luci_probe_t luci_probe_table(const luci_table_t *table)
{
    return columns_of(table, 0, NULL);
}

luci_probe_t luci_probe_ours(const luci_table_t *table)
{
    return columns_of(table, LUCI_COLUMN_OURS, NULL);
}

luci_probe_t luci_probe_later(const luci_table_t *table, const luci_settings_t *settings)
{
    return columns_of(table, LUCI_COLUMN_OURS | LUCI_COLUMN_LATER, settings);
}

luci_probe_t luci_probe_column(const luci_table_t *table, const char *column)
{
    return (luci_probe_t){ LUCI_PROBE_COLUMNS, table, { column }, 1 };
}

luci_probe_t luci_probe_index(const luci_table_t *table, const char *column)
{
    return (luci_probe_t){ LUCI_PROBE_INDEX, table, { column }, 1 };
}

luci_probe_t luci_probe_reference(const luci_table_t *table)
{
    return (luci_probe_t){ .kind = LUCI_PROBE_REFERENCE, .table = table };
}

luci_probe_t luci_probe_attributes(const apr_array_header_t *attributes)
{
    luci_probe_t probe = { .kind = LUCI_PROBE_COLUMNS, .table = &luci_table_user };

    for (int i = 0; attributes && i < attributes->nelts; i++) {
        const char *name = APR_ARRAY_IDX(attributes, i, const char *);

        if (strcmp(name, "username") != 0)
            add(&probe, name);
    }
    return probe;
}

const char *luci_probe_text(const luci_probe_t *probe, const luci_engine_t *engine,
                            const luci_settings_t *settings, apr_pool_t *pool)
{
    const char *const texts[] = {
        [LUCI_PROBE_COLUMNS] = engine->columns_probe,
        [LUCI_PROBE_INDEX] = engine->index_probe,
        [LUCI_PROBE_REFERENCE] = engine->reference_probe,
    };
    luci_sql_scope_t scope = { .engine = engine,
                               .settings = settings,
                               .table = probe->table,
                               .columns = probe->columns,
                               .count = probe->count };

    return luci_sql_expand(texts[probe->kind], &scope, pool);
}
