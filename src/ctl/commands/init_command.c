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
            *added = apr_pstrcat(pool, *added, **added ? ", " : " Added: ", gap->table_name, ".", gap->column,
                                 NULL);
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

#define TABLES_MAX 32

/* The names of all tables: as cells, a column each, and as a sentence. */
typedef struct {
    luci_column_t columns[TABLES_MAX];
    const char *cells[TABLES_MAX];
    int count;
    const char *sentence;
} tables_t;

static void name_tables(tables_t *tables, const luci_settings_t *settings, apr_pool_t *pool)
{
    for (const luci_table_t *const *table = luci_table_list; *table && tables->count < TABLES_MAX; table++) {
        int i = tables->count;

        if (!luci_table_is_wanted(*table, settings))
            continue;
        tables->columns[i] = (luci_column_t){ (*table)->name, (*table)->name, LUCI_CELL_TEXT, NULL };
        tables->cells[i] = luci_table_name(*table, &settings->tables, pool);
        tables->count++;
    }
    tables->sentence = "The tables";
    for (int i = 0; i < tables->count; i++)
        tables->sentence = apr_pstrcat(pool, tables->sentence,
                                       i == 0                  ? " "
                                       : i < tables->count - 1 ? ", "
                                                               : " and ",
                                       tables->cells[i], NULL);
}

static luci_exit_t run_init(luci_invocation_t *call)
{
    luci_ctl_database_t database;
    apr_array_header_t *gaps;
    const char *added;
    tables_t tables = { .count = 0 };
    luci_result_t result;
    luci_exit_t status = prepare(call, &database);

    if (status != LUCI_EXIT_DONE)
        return status;
    umask(umask(0) | S_IRWXO); /* A new database file will contain password hashes. */
    database.target.create = 1;
    database.target.is_inspection = 1;
    database.db = luci_db_create(&database.target, call->pool);
    result = luci_schema_mend(database.db, &gaps, call->pool);
    luci_admin_audit_write(&database, LUCI_EVENT_INIT, NULL, result, 0);
    if (result != LUCI_OK)
        return luci_ctl_database_failed(&database, result);
    if (!say_columns(gaps, &added, call->pool))
        return LUCI_EXIT_REFUSED;
    name_tables(&tables, &database.config.settings, call->pool);
    luci_output_done(call->output, apr_pstrcat(call->pool, tables.sentence, " exist.", added, NULL),
                     tables.columns, tables.count, tables.cells);
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
