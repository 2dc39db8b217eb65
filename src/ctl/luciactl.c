/* SPDX-License-Identifier: Apache-2.0 */
/* luciactl: users and sessions of mod_luciauth, on the command line. */
#include "commands.h"
#include "help.h"
#include "manual.h"
#include "say.h"

#include <apr_general.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

static luci_command_fn run_help;

static const luci_option_t help_options[] = {
    { "manual", NULL, "the manual page, for man(1)", 0 },
    { "bash-completion", NULL, "what bash reads to complete command lines", 0 },
    { NULL, NULL, NULL, 0 },
};

static const luci_command_t command_help = {
    "help", "[COMMAND]", "Help about luciactl or a command", "", help_options, 0, 2, run_help,
};

/* In the order of the overview, a group's together. */
static const luci_command_t *const commands[] = {
    &luci_command_init,
    &luci_command_user_add,
    &luci_command_user_show,
    &luci_command_user_list,
    &luci_command_user_passwd,
    &luci_command_user_rename,
    &luci_command_user_set,
    &luci_command_user_disable,
    &luci_command_user_enable,
    &luci_command_user_delete,
    &luci_command_session_list,
    &luci_command_session_revoke,
    &luci_command_session_revoke_all,
    &luci_command_key_list,
    &luci_command_key_add,
    &luci_command_key_delete,
    &luci_command_throttle_list,
    &luci_command_throttle_clear,
    &luci_command_purge,
    &luci_command_export,
    &luci_command_import_htpasswd,
    &luci_command_import_users,
    &luci_command_check,
    &luci_command_hash_bench,
    &command_help,
    NULL,
};

static luci_exit_t run_help(luci_call_t *call)
{
    if (luci_command_has(call, "manual"))
        luci_manual_page(commands);
    else if (luci_command_has(call, "bash-completion"))
        luci_manual_completion(commands, call->pool);
    else if (call->operands)
        return luci_help_about(commands, call->operand, call->operands);
    else
        luci_help_all(commands);
    return LUCI_EXIT_DONE;
}

static luci_exit_t run(luci_call_t *call)
{
    luci_exit_t status, written;

    if (luci_command_has(call, "version")) {
        printf("luciactl %s\n", LUCI_VERSION);
        return LUCI_EXIT_DONE;
    }
    if (luci_command_has(call, "help")) {
        if (call->command)
            return luci_help_about(commands, &call->command->name, 1);
        luci_help_all(commands);
        return LUCI_EXIT_DONE;
    }
    if (!call->command)
        return luci_command_misuse(call, "a command is missing");
    call->output = luci_output_create(luci_command_has(call, "json"), call->pool);
    status = call->command->run(call);
    written = luci_output_close(call->output);
    return status == LUCI_EXIT_DONE ? written : status;
}

int main(int argc, const char *const *argv, const char *const *environment)
{
    luci_call_t call = { 0 };
    luci_exit_t status;

    if (apr_app_initialize(&argc, &argv, &environment) != APR_SUCCESS ||
        apr_pool_create(&call.pool, NULL) != APR_SUCCESS)
        return luci_say_error(LUCI_EXIT_REFUSED, "apr can't be started");
    status = luci_command_parse(&call, commands, argc, argv);
    if (status == LUCI_EXIT_DONE)
        status = run(&call);
    apr_pool_destroy(call.pool);
    apr_terminate();
    return status;
}
