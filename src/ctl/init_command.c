/* SPDX-License-Identifier: Apache-2.0 */
#include "commands.h"

#include "database.h"
#include "say.h"
#include "schema.h"

static luci_exit_t run_init(luci_call_t *call)
{
    luci_ctl_database_t database;
    luci_exit_t status = luci_ctl_database_choose(call, &database);
    const char *problem;
    luci_result_t result;

    if (status != LUCI_EXIT_DONE)
        return status;
    database.target.create = 1;
    if (luci_db_init(database.target.driver, &problem, call->pool) != LUCI_OK)
        return luci_say_error(LUCI_EXIT_DATABASE, "%s", problem);
    database.db = luci_db_create(&database.target, call->pool);
    result = luci_schema_create(database.db, call->pool);
    return result == LUCI_OK ? LUCI_EXIT_DONE : luci_ctl_database_failed(&database, result);
}

const luci_command_t luci_command_init = {
    "init",
    "",
    "Makes the tables that are missing",
    "Tables that are there stay as they are.\n",
    NULL,
    0,
    0,
    run_init,
};
