/* SPDX-License-Identifier: Apache-2.0 */
#include "schema.h"

/* What is to be made when the transaction starts. */
typedef struct {
    const luci_db_target_t *target;
    luci_sql_dialect_t dialect;
    int missing[LUCI_SQL_PROBE_SESSION + 1];
} schema_t;

static luci_result_t create_tables(luci_db_t *db, void *baton, apr_pool_t *scratch)
{
    const schema_t *schema = baton;

    for (int table = 0; table <= LUCI_SQL_PROBE_SESSION; table++) {
        const char *const *statement;

        if (!schema->missing[table])
            continue;
        statement =
            luci_sql_schema(schema->dialect, (luci_sql_probe_t)table, schema->target->settings, scratch);
        for (; *statement; statement++) {
            luci_result_t result = luci_db_run(db, *statement);

            if (result != LUCI_OK)
                return result;
        }
    }
    return LUCI_OK;
}

luci_result_t luci_schema_create(luci_db_t *db, apr_pool_t *scratch)
{
    schema_t schema = { .target = luci_db_target(db) };
    luci_result_t result = luci_db_connect(db);
    int any = 0;

    if (result == LUCI_OK)
        result = luci_sql_dialect(schema.target->driver, &schema.dialect);
    for (int table = 0; result == LUCI_OK && table <= LUCI_SQL_PROBE_SESSION; table++) {
        int found = 0;

        result = luci_db_has(db, (luci_sql_probe_t)table, &found);
        any |= schema.missing[table] = !found;
    }
    if (result != LUCI_OK || !any)
        return result;
    result = luci_db_transaction(db, create_tables, &schema, scratch);
    luci_db_close(db); /* which columns there are is found out anew */
    return result;
}
