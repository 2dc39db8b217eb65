/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/commands/commands.h"

#include "core/password/policy.h"
#include "ctl/cli/say.h"
#include "ctl/cli/secret_prompt.h"
#include "ctl/lib/account.h"
#include "ctl/lib/admin_audit.h"

#include <apr_strings.h>
#include <apr_time.h>

/* Checks that the name is valid and not taken, before the prompt asks for a password. */
static luci_exit_t check_name(luci_invocation_t *call, luci_ctl_database_t *database, const char *name)
{
    luci_user_t other;
    luci_result_t result = luci_policy_new_name(&database->config.settings, name);

    if (result == LUCI_OK)
        result = luci_admin_find(database->db, name, &other, call->pool);
    if (result == LUCI_NOT_FOUND)
        return LUCI_EXIT_DONE;
    return luci_account_refused(call, database, result == LUCI_OK ? LUCI_CONFLICT : result, name);
}

static luci_exit_t open_for(luci_invocation_t *call, luci_ctl_database_t *database,
                            luci_account_values_t *values)
{
    luci_exit_t status = luci_ctl_database_choose(call, database);

    if (status == LUCI_EXIT_DONE)
        status = luci_account_values(call, database, values);
    if (status == LUCI_EXIT_DONE)
        status = luci_ctl_database_connect(call, database);
    if (status == LUCI_EXIT_DONE)
        status = luci_admin_audit_open(call, database);
    return status == LUCI_EXIT_DONE ? check_name(call, database, call->operand[0]) : status;
}

static luci_exit_t run_add(luci_invocation_t *call)
{
    luci_ctl_database_t database;
    luci_account_values_t values;
    luci_admin_user_t wanted = { .username = call->operand[0] };
    luci_user_t user = { .username = wanted.username };
    luci_result_t result;
    luci_exit_t status = open_for(call, &database, &values);

    if (status == LUCI_EXIT_DONE && !luci_command_has(call, "no-password"))
        status = luci_account_password(call, &database, wanted.username,
                                       apr_pstrcat(call->pool, "Password of ", wanted.username, NULL),
                                       &wanted.stored_hash);
    if (status != LUCI_EXIT_DONE)
        return status;
    wanted.values = values.values;
    wanted.values_count = values.count;
    wanted.now = apr_time_as_msec(apr_time_now());
    result = luci_admin_add(database.db, &wanted, &user.id, call->pool);
    luci_admin_audit_write(&database, LUCI_EVENT_USER_ADD, &user, result, 0);
    if (result != LUCI_OK)
        return luci_account_refused(call, &database, result, user.username);
    return luci_account_done(
        call, &database, user.id,
        apr_psprintf(call->pool, "%s was added; the user id is %s.", user.username, user.id));
}

static const luci_option_t options[] = {
    LUCI_ACCOUNT_ATTRIBUTE,
    LUCI_SECRET_PROMPT_STDIN,
    { "no-password", NULL, "the user cannot sign in until user passwd sets a password", 0 },
    { NULL, NULL, NULL, 0 },
};

const luci_command_t luci_command_user_add = {
    "user add",
    "NAME",
    "Adds a user",
    "A prompt asks for the password twice, or --stdin reads it. Name and password must be valid as\n"
    "at sign-up. For example, add an administrator if the user table has a column role:\n\n"
    "    luciactl --config FILE user add alice --attribute role=admin\n",
    options,
    1,
    1,
    run_add,
    NULL,
};
