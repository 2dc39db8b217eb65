/* SPDX-License-Identifier: Apache-2.0 */
#include "core/db/capacity.h"

enum { SERVER, OWN, ALL }; /* the columns of the engine's query */

luci_result_t luci_capacity_ask(luci_db_t *db, luci_capacity_t *capacity, apr_pool_t *pool)
{
    const luci_engine_t *engine = luci_db_engine(db);
    const char *const *row;
    luci_result_t result = luci_db_connect(db);

    *capacity = (luci_capacity_t){ 0 };
    if (result != LUCI_OK || !engine->capacity || luci_db_is_pooled(db))
        return result;
    result = luci_db_select(db, engine->capacity, LUCI_ARGUMENTS({ NULL, NULL }), &row, pool);
    if (result != LUCI_OK)
        return result == LUCI_NOT_FOUND ? LUCI_OK : result;
    capacity->server = (int)luci_sql_to_number(row[SERVER], 0);
    capacity->own = (int)luci_sql_to_number(row[OWN], 0);
    capacity->reserved = (int)luci_sql_to_number(row[ALL], 0) - capacity->server;
    return LUCI_OK;
}
