/* SPDX-License-Identifier: Apache-2.0 */
#include "commands.h"

#include "acts.h"
#include "say.h"
#include "schema.h"

#include <apr_strings.h>

static luci_exit_t prepare(luci_call_t *call, luci_ctl_database_t *database)
{
    luci_exit_t status = luci_ctl_database_choose(call, database);
    const char *problem;

    if (status == LUCI_EXIT_DONE)
        status = luci_acts_open(call, database);
    if (status == LUCI_EXIT_DONE && luci_db_init(database->target.driver, &problem, call->pool) != LUCI_OK)
        status = luci_say_error(LUCI_EXIT_DATABASE, "%s", problem);
    return status == LUCI_EXIT_DONE
               ? luci_ctl_database_act(&database->config.servers, &database->target, call->pool)
               : status;
}

static luci_exit_t run_init(luci_call_t *call)
{
    static const luci_column_t columns[] = {
        { "user", "Users", LUCI_CELL_TEXT, NULL },
        { "key", "Keys", LUCI_CELL_TEXT, NULL },
        { "session", "Sessions", LUCI_CELL_TEXT, NULL },
    };
    luci_ctl_database_t database;
    const luci_tables_t *tables = &database.config.settings.tables;
    luci_result_t result;
    luci_exit_t status = prepare(call, &database);

    if (status != LUCI_EXIT_DONE)
        return status;
    database.target.create = 1;
    database.db = luci_db_create(&database.target, call->pool);
    result = luci_schema_create(database.db, call->pool);
    luci_acts_write(&database, LUCI_EVENT_INIT, NULL, result, 0);
    if (result != LUCI_OK)
        return luci_ctl_database_failed(&database, result);
    luci_output_done(call->output,
                     apr_psprintf(call->pool, "The tables %s, %s and %s are there.", tables->user,
                                  tables->key, tables->session),
                     columns, 3, (const char *[]){ tables->user, tables->key, tables->session });
    return LUCI_EXIT_DONE;
}

const luci_command_t luci_command_init = {
    "init",
    "",
    "Makes the tables that are missing",
    "Tables that are there stay as they are. A new one has the columns of the attributes. A new\n"
    "database file that root makes in a folder of another user belongs to httpd's user (with\n"
    "--config), or to the owner of the folder.\n",
    NULL,
    0,
    0,
    run_init,
    NULL,
};
