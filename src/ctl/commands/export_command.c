/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/commands/commands.h"

#include "core/db/key_table.h"
#include "core/db/paging.h"
#include "ctl/lib/account.h"
#include "ctl/lib/admin_audit.h"

#include <apr_strings.h>

typedef struct {
    luci_ctl_database_t database;
    luci_output_t *output; /* JSON, even without --json */
    int is_array;
    int with_hashes;
    luci_result_t result; /* of reading the keys of a user */
    apr_int64_t count;
} export_t;

/* The members of a user's JSON object: columns and cells, both of the same length. */
typedef struct {
    apr_array_header_t *columns; /* luci_column_t */
    apr_array_header_t *cells;   /* const char * */
} member_list_t;

static int add_key(void *baton, const char *const *row, apr_pool_t *scratch)
{
    member_list_t *members = baton;
    luci_column_t column = { NULL, NULL, LUCI_CELL_TEXT, "keys" };

    (void)scratch;
    column.name = apr_pstrdup(members->cells->pool, row[0]);
    APR_ARRAY_PUSH(members->columns, luci_column_t) = column;
    APR_ARRAY_PUSH(members->cells, const char *) = row[1] ? apr_pstrdup(members->cells->pool, row[1]) : NULL;
    return 1;
}

/* The flag is exported as it is stored, so that a date that passes changes no export,
 * and so is the date that means that the user waits for approval. */
static member_list_t members_of(const luci_user_t *user, const luci_settings_t *settings, apr_pool_t *scratch)
{
    int count;
    const luci_column_t *columns = luci_account_columns(settings, &count, scratch);
    const char **cells = luci_account_cells(user, settings, count, scratch);
    member_list_t members = { apr_array_make(scratch, count + 2, sizeof *columns),
                              apr_array_make(scratch, count + 2, sizeof *cells) };

    cells[LUCI_ACCOUNT_DISABLED] = user->disabled_from == LUCI_USER_DISABLED ? "1" : "0";
    if (user->disabled_from == LUCI_USER_WAITING)
        cells[LUCI_ACCOUNT_EXPIRES] = luci_sql_number(LUCI_USER_WAITING, scratch);
    for (int i = 0; i < count; i++) {
        APR_ARRAY_PUSH(members.columns, luci_column_t) = columns[i];
        APR_ARRAY_PUSH(members.cells, const char *) = cells[i];
    }
    return members;
}

static int export_user(void *baton, const luci_user_t *user, apr_pool_t *scratch)
{
    export_t *export = baton;
    member_list_t members = members_of(user, &export->database.config.settings, scratch);
    luci_paging_walk_t keys = { &luci_sql_key_page, user->id, 1, add_key, &members };

    if (export->with_hashes)
        export->result = luci_paging_walk(export->database.db, &keys, scratch);
    if (export->result != LUCI_OK)
        return 0;
    export->count++;
    luci_output_row_of(export->output, (const luci_column_t *)members.columns->elts, members.columns->nelts,
                       (const char *const *)members.cells->elts);
    return 1;
}

static luci_exit_t run_export(luci_invocation_t *call)
{
    export_t export = { .is_array = luci_command_has(call, "json"), .result = LUCI_OK };
    luci_exit_t status = luci_ctl_database_open(call, &export.database), written;
    luci_result_t result;

    if (status == LUCI_EXIT_DONE)
        status = luci_admin_audit_open(call, &export.database);
    if (status != LUCI_EXIT_DONE)
        return status;
    export.with_hashes = luci_command_has(call, "with-hashes");
    export.output = luci_output_create(1, call->pool);
    if (export.is_array)
        luci_output_begin(export.output, NULL, 0);
    result = luci_user_each(export.database.db, export_user, &export, call->pool);
    if (export.is_array)
        luci_output_end(export.output);
    written = luci_output_close(export.output);
    if (result == LUCI_OK)
        result = export.result;
    luci_admin_audit_write(&export.database, LUCI_EVENT_EXPORT, NULL, result, export.count);
    return result == LUCI_OK ? written : luci_ctl_database_failed(&export.database, result);
}

static const luci_option_t options[] = {
    { "with-hashes", NULL, "add each user's keys with their password hashes", 0 },
    { NULL, NULL, NULL, 0 },
};

const luci_command_t luci_command_export = {
    "export",
    "",
    "Prints all users as JSON",
    "Each line is an object with one user; with --json the output is one array of them. The\n"
    "memory needed does not depend on the number of users. --with-hashes adds \"keys\", an\n"
    "object of keys and their password hashes: such a file is as secret as the database.\n",
    options,
    0,
    0,
    run_export,
    NULL,
};
