/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/commands/commands.h"

#include "core/db/paging.h"
#include "core/group/group.h"
#include "ctl/cli/say.h"
#include "ctl/lib/account.h"
#include "ctl/lib/admin_audit.h"
#include "ctl/lib/session_notice.h"

#include <apr_strings.h>

/* ---- group list ---- */

/* Of one user, only the first column. */
static const luci_column_t columns[] = { { "group", "Group", LUCI_CELL_TEXT, NULL },
                                         { "users", "Users", LUCI_CELL_NUMBER, NULL },
                                         LUCI_COLUMNS_END };

typedef struct {
    luci_invocation_t *call;
    apr_int64_t left; /* groups to show */
} groups_t;

static int list_group(void *baton, const char *const *row, apr_pool_t *scratch)
{
    groups_t *groups = baton;

    (void)scratch;
    luci_output_row(groups->call->output, row);
    return --groups->left > 0;
}

static luci_exit_t list_all(luci_invocation_t *call)
{
    luci_ctl_database_t database;
    groups_t groups = { call, APR_INT64_MAX };
    luci_paging_walk_t walk = { &luci_sql_groups_page, NULL, 1, list_group, &groups };
    luci_result_t result;
    luci_exit_t status = luci_command_number(call, "limit", 1, APR_INT64_MAX, &groups.left);

    if (status == LUCI_EXIT_DONE && luci_command_has(call, "id"))
        status = luci_command_misuse(call, "--id: NAME is missing");
    if (status == LUCI_EXIT_DONE)
        status = luci_ctl_database_open(call, &database);
    if (status == LUCI_EXIT_DONE)
        status = luci_account_need_groups(&database);
    if (status != LUCI_EXIT_DONE)
        return status;
    luci_output_begin(call->output, columns, LUCI_COLUMNS_COUNT(columns));
    result = luci_paging_walk(database.db, &walk, call->pool);
    luci_output_end(call->output);
    return result == LUCI_OK ? LUCI_EXIT_DONE : luci_ctl_database_failed(&database, result);
}

static luci_exit_t list_of_user(luci_invocation_t *call)
{
    luci_ctl_database_t database;
    luci_user_t user;
    apr_array_header_t *names;
    luci_result_t result;
    luci_exit_t status = luci_account_open(call, &database, &user);

    if (status == LUCI_EXIT_DONE)
        status = luci_account_need_groups(&database);
    if (status != LUCI_EXIT_DONE)
        return status;
    result = luci_group_list(database.db, user.id, &names, call->pool);
    if (result != LUCI_OK)
        return luci_ctl_database_failed(&database, result);
    luci_output_begin(call->output, columns, 1);
    for (int i = 0; i < names->nelts; i++)
        luci_output_row(call->output, &APR_ARRAY_IDX(names, i, const char *));
    luci_output_end(call->output);
    return LUCI_EXIT_DONE;
}

static luci_exit_t run_list(luci_invocation_t *call)
{
    if (call->operands == 0)
        return list_all(call);
    if (luci_command_has(call, "limit"))
        return luci_command_misuse(call, "--limit is for the list of all groups, without NAME");
    return list_of_user(call);
}

static const luci_option_t list_options[] = {
    LUCI_ACCOUNT_BY_ID,
    { "limit", "N", "without NAME: list at most N groups", 0 },
    { NULL, NULL, NULL, 0 },
};

const luci_command_t luci_command_group_list = {
    "group list",
    "[NAME]",
    "Lists the groups of a user, or all groups",
    "Without NAME, each group is listed with the number of its users. user list --group lists the\n"
    "users of a group. Require lucia-group reads them. Only with LuciaGroups.\n",
    list_options,
    0,
    1,
    run_list,
    columns,
};

/* ---- group add, group remove ---- */

static const luci_option_t options[] = { LUCI_ACCOUNT_BY_ID, { NULL, NULL, NULL, 0 } };

typedef struct {
    luci_result_t (*run)(luci_db_t *db, const char *user_id, const char *name, int *changed,
                         apr_pool_t *scratch);
    luci_event_kind_t event;
    const char *now, *before; /* what the sentence says of the group */
} change_t;

static luci_exit_t refuse(luci_invocation_t *call, const luci_ctl_database_t *database, luci_result_t result,
                          const luci_user_t *user)
{
    if (result == LUCI_INVALID)
        return luci_say_error(LUCI_EXIT_REFUSED, "%s has too many groups: their names may have %d bytes",
                              user->username, LUCI_GROUPS_BYTES_MAX);
    return luci_account_refused(call, database, result, user->username);
}

static luci_exit_t change(luci_invocation_t *call, const change_t *change)
{
    luci_ctl_database_t database;
    luci_user_t user;
    int changed;
    const char *name = call->operand[1];
    luci_result_t result;
    luci_exit_t status;

    if (!luci_group_is_name(name))
        return luci_command_misuse(call,
                                   apr_psprintf(call->pool,
                                                "\"%s\" is not the name of a group: up to %d lower-case "
                                                "letters, digits, '.', '_' and '-' are allowed",
                                                name, LUCI_GROUP_BYTES_MAX));
    status = luci_account_open_to_change(call, &database, &user);
    if (status == LUCI_EXIT_DONE)
        status = luci_account_need_groups(&database);
    if (status != LUCI_EXIT_DONE)
        return status;
    result = change->run(database.db, user.id, name, &changed, call->pool);
    if (result == LUCI_OK && !changed)
        return luci_say_error(LUCI_EXIT_REFUSED, "%s is %s the group %s", user.username, change->before,
                              name);
    luci_admin_audit_write(&database, change->event, &user, result, 0);
    if (result != LUCI_OK)
        return refuse(call, &database, result, &user);
    luci_session_notice_changed(call, &database, user.id);
    return luci_account_done(
        call, &database, user.id,
        apr_psprintf(call->pool, "%s is %s the group %s.", user.username, change->now, name));
}

static luci_exit_t run_add(luci_invocation_t *call)
{
    return change(call, &(change_t){ luci_group_add, LUCI_EVENT_GROUP_ADD, "now in", "already in" });
}

const luci_command_t luci_command_group_add = {
    "group add",
    "NAME GROUP",
    "Puts a user into a group",
    "A group has a name of up to 64 lower-case letters, digits, '.', '_' and '-', and exists as long\n"
    "as a user is in it. The running server is told, so that sessions of the user have the group at\n"
    "once. Only with LuciaGroups.\n",
    options,
    2,
    2,
    run_add,
    NULL,
};

static luci_exit_t run_remove(luci_invocation_t *call)
{
    return change(call, &(change_t){ luci_group_remove, LUCI_EVENT_GROUP_REMOVE, "no longer in", "not in" });
}

const luci_command_t luci_command_group_remove = {
    "group remove",
    "NAME GROUP",
    "Takes a user out of a group",
    "Sessions of the user stay, but lose the group at once, because the running server is told; other\n"
    "servers notice it within their LuciaSessionCacheTTL. Only with LuciaGroups.\n",
    options,
    2,
    2,
    run_remove,
    NULL,
};
