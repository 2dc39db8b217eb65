/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/commands/commands.h"

#include "core/app_password/app_password.h"
#include "core/db/app_password_table.h"
#include "ctl/cli/say.h"
#include "ctl/lib/account.h"
#include "ctl/lib/admin_audit.h"

#include <apr_strings.h>

static luci_exit_t say_no_table(luci_invocation_t *call, const luci_ctl_database_t *database)
{
    return luci_ctl_database_lacks_table(database, &luci_table_app_password,
                                         "there are no app passwords, because",
                                         "LuciaSecondFactor optional or required", call->pool);
}

/* ---- app-password list ---- */

static const luci_column_t columns[] = {
    { "tag", "App password", LUCI_CELL_TEXT, NULL },
    { "name", "Name", LUCI_CELL_TEXT, NULL },
    { "createdAt", "Created", LUCI_CELL_TIMESTAMP, NULL },
    { "lastUsed", "Last used", LUCI_CELL_TIMESTAMP, NULL },
    LUCI_COLUMNS_END,
};

static luci_exit_t run_list(luci_invocation_t *call)
{
    luci_ctl_database_t database;
    luci_user_t user;
    apr_array_header_t *list;
    luci_result_t result;
    luci_exit_t status = luci_account_open(call, &database, &user);

    if (status != LUCI_EXIT_DONE)
        return status;
    result = luci_app_password_list(database.db, user.id, &list, call->pool);
    if (result == LUCI_NOT_FOUND)
        return say_no_table(call, &database);
    if (result != LUCI_OK)
        return luci_ctl_database_failed(&database, result);
    luci_output_begin(call->output, columns, LUCI_COLUMNS_COUNT(columns));
    for (int i = 0; i < list->nelts; i++) {
        const luci_app_password_t *listed = &APR_ARRAY_IDX(list, i, luci_app_password_t);
        const char *cells[] = { listed->tag, listed->name, luci_sql_number(listed->created_at, call->pool),
                                listed->last_used ? luci_sql_number(listed->last_used, call->pool) : NULL };

        luci_output_row(call->output, cells);
    }
    luci_output_end(call->output);
    return LUCI_EXIT_DONE;
}

static const luci_option_t options[] = { LUCI_ACCOUNT_BY_ID, { NULL, NULL, NULL, 0 } };

const luci_command_t luci_command_app_password_list = {
    "app-password list",
    "NAME",
    "Lists the app passwords of a user",
    "They are for programs that cannot ask for a second factor. Each is identified by the first digits\n"
    "of its SHA-256, as on the user's own page; the password itself is not known. The last use is\n"
    "written down at most once an hour. Only with LuciaSecondFactor.\n",
    options,
    1,
    1,
    run_list,
    columns,
};

/* ---- app-password delete ---- */

static luci_exit_t say_deleted(luci_invocation_t *call, const char *tag, const char *user_id)
{
    static const luci_column_t done[] = {
        { "tag", "App password", LUCI_CELL_TEXT, NULL },
        { "userId", "User id", LUCI_CELL_TEXT, NULL },
    };
    const char *cells[] = { tag, user_id };

    luci_output_done(call->output, apr_psprintf(call->pool, "The app password %s was deleted.", tag), done, 2,
                     cells);
    return LUCI_EXIT_DONE;
}

static luci_exit_t run_delete(luci_invocation_t *call)
{
    luci_ctl_database_t database;
    luci_user_t user;
    const char *tag = call->operand[1];
    luci_result_t result;
    luci_exit_t status;

    if (!luci_command_is_tag(tag, LUCI_APP_PASSWORD_TAG_HEX))
        return luci_command_misuse(call, "TAG is the 12 digits that app-password list shows");
    status = luci_account_open_to_change(call, &database, &user);
    if (status != LUCI_EXIT_DONE)
        return status;
    result = luci_app_password_has_table(database.db);
    if (result == LUCI_NOT_FOUND)
        return say_no_table(call, &database);
    if (result == LUCI_OK)
        result = luci_app_password_delete(database.db, user.id, tag, call->pool);
    luci_admin_audit_app_password(&database, tag, &user, result);
    if (result == LUCI_NOT_FOUND)
        return luci_say_error(LUCI_EXIT_REFUSED, "%s has no app password %s", user.username, tag);
    return result == LUCI_OK ? say_deleted(call, tag, user.id) : luci_ctl_database_failed(&database, result);
}

const luci_command_t luci_command_app_password_delete = {
    "app-password delete",
    "NAME TAG",
    "Deletes an app password of a user",
    "TAG is what app-password list shows. The program that has it is refused with its next request.\n",
    options,
    2,
    2,
    run_delete,
    NULL,
};
