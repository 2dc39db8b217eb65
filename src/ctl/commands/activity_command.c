/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/commands/commands.h"

#include "core/activity/activity.h"
#include "ctl/cli/say.h"
#include "ctl/lib/account.h"

static const luci_column_t columns[] = {
    { "at", "At", LUCI_CELL_TIMESTAMP, NULL },
    { "what", "What", LUCI_CELL_TEXT, NULL },
    { "reason", "Failure", LUCI_CELL_TEXT, NULL },
    { "address", "Address", LUCI_CELL_TEXT, NULL },
    { "userAgent", "User agent", LUCI_CELL_TEXT, NULL },
    { "knownDevice", "Device cookie", LUCI_CELL_FLAG, NULL },
    LUCI_COLUMNS_END,
};

static luci_exit_t run_activity(luci_invocation_t *call)
{
    luci_ctl_database_t database;
    luci_user_t user;
    apr_array_header_t *rows;
    luci_result_t result;
    luci_exit_t status = luci_account_open(call, &database, &user);

    if (status != LUCI_EXIT_DONE)
        return status;
    result = luci_activity_read(database.db, user.id, &rows, call->pool);
    if (result == LUCI_NOT_FOUND)
        return luci_ctl_database_lacks_table(&database, &luci_table_activity,
                                             "activity is not written down:", "LuciaActivity On", call->pool);
    if (result != LUCI_OK)
        return luci_ctl_database_failed(&database, result);
    luci_output_begin(call->output, columns, LUCI_COLUMNS_COUNT(columns));
    for (int i = 0; i < rows->nelts; i++) {
        const luci_activity_t *row = &APR_ARRAY_IDX(rows, i, luci_activity_t);
        const char *cells[] = {
            luci_sql_number(row->at, call->pool), row->what, row->reason, row->address, row->user_agent,
            row->has_device ? "1" : "0",
        };

        luci_output_row(call->output, cells);
    }
    luci_output_end(call->output);
    return LUCI_EXIT_DONE;
}

static const luci_option_t options[] = { LUCI_ACCOUNT_BY_ID, { NULL, NULL, NULL, 0 } };

const luci_command_t luci_command_activity = {
    "activity",
    "NAME",
    "Shows the last sign-ins and failures of a user",
    "The latest comes first, up to 90 days ago: at most 50 successes and 50 failures. Only with\n"
    "LuciaActivity On.\n",
    options,
    1,
    1,
    run_activity,
    columns,
};
