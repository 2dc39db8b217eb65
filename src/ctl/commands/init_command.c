/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/commands/commands.h"

#include "core/db/db_problem.h"
#include "core/db/schema.h"
#include "ctl/cli/say.h"
#include "ctl/lib/admin_audit.h"

#include <apr_strings.h>
#include <sys/stat.h>

static luci_exit_t prepare(luci_invocation_t *call, luci_ctl_database_t *database)
{
    luci_exit_t status = luci_ctl_database_choose(call, database);
    const char *problem;

    if (status == LUCI_EXIT_DONE)
        status = luci_admin_audit_open(call, database);
    if (status == LUCI_EXIT_DONE && luci_db_init(database->target.driver, &problem, call->pool) != LUCI_OK)
        status = luci_say_error(LUCI_EXIT_DATABASE, "%s: %s", luci_db_title(&database->target, call->pool),
                                problem);
    return status == LUCI_EXIT_DONE ? luci_ctl_database_act(&database->config, &database->target, call->pool)
                                    : status;
}

/* Lists the columns that were added in *added, and reports those that could not be added. Returns 0 if there
 * are any of these. */
static int say_columns(const apr_array_header_t *gaps, const char **added, apr_pool_t *pool)
{
    int all = 1;

    *added = "";
    for (int i = 0; i < gaps->nelts; i++) {
        const luci_gap_t *gap = &APR_ARRAY_IDX(gaps, i, luci_gap_t);

        if (gap->is_added) {
            *added =
                apr_pstrcat(pool, *added, **added ? ", " : " Added: ", gap->table, ".", gap->column, NULL);
            continue;
        }
        all = 0;
        luci_say_error(LUCI_EXIT_REFUSED,
                       "%s. It could not be added%s%s; run this as the owner of the tables: %s",
                       luci_gap_text(gap, pool), gap->problem ? ": " : "", gap->problem ? gap->problem : "",
                       luci_gap_statements(gap, pool));
    }
    if (**added)
        *added = apr_pstrcat(pool, *added, ".", NULL);
    return all;
}

static luci_exit_t run_init(luci_invocation_t *call)
{
    static const luci_column_t columns[] = {
        { "user", "Users", LUCI_CELL_TEXT, NULL },
        { "key", "Keys", LUCI_CELL_TEXT, NULL },
        { "session", "Sessions", LUCI_CELL_TEXT, NULL },
    };
    luci_ctl_database_t database;
    apr_array_header_t *gaps;
    const char *added;
    const luci_tables_t *tables = &database.config.settings.tables;
    luci_result_t result;
    luci_exit_t status = prepare(call, &database);

    if (status != LUCI_EXIT_DONE)
        return status;
    umask(umask(0) | S_IRWXO); /* A new database file will contain password hashes. */
    database.target.create = 1;
    database.target.looks = 1;
    database.db = luci_db_create(&database.target, call->pool);
    result = luci_schema_mend(database.db, &gaps, call->pool);
    luci_admin_audit_write(&database, LUCI_EVENT_INIT, NULL, result, 0);
    if (result != LUCI_OK)
        return luci_ctl_database_failed(&database, result);
    if (!say_columns(gaps, &added, call->pool))
        return LUCI_EXIT_REFUSED;
    luci_output_done(call->output,
                     apr_psprintf(call->pool, "The tables %s, %s and %s exist.%s", tables->user, tables->key,
                                  tables->session, added),
                     columns, 3, (const char *[]){ tables->user, tables->key, tables->session });
    return LUCI_EXIT_DONE;
}

const luci_command_t luci_command_init = {
    "init",
    "",
    "Creates missing tables and columns",
    "Existing tables and columns are not changed. This module's own columns are added if they are\n"
    "missing, and a text column for each missing attribute; if the database refuses, the statement\n"
    "is shown, and the exit status is 1. A new database file that root creates in another user's\n"
    "folder belongs to httpd's user (with --config) or to the owner of the folder.\n",
    NULL,
    0,
    0,
    run_init,
    NULL,
};
