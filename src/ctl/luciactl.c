/* SPDX-License-Identifier: Apache-2.0 */
/* luciactl manages users and sessions of mod_luciauth on the command line. */
#include "ctl/check/check_command.h"
#include "ctl/cli/help.h"
#include "ctl/cli/manual.h"
#include "ctl/cli/say.h"
#include "ctl/commands/commands.h"

#include <apr_general.h>
#include <apr_signal.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static luci_command_fn run_help;

static const luci_option_t help_options[] = {
    { "manual", NULL, "print the manual page, for man(1)", 0 },
    { "bash-completion", NULL, "print the completion for bash", 0 },
    { NULL, NULL, NULL, 0 },
};

static const luci_command_t command_help = {
    "help", "[COMMAND]", "Shows help about luciactl or a command", "", help_options, 0, 2, run_help, NULL,
};

/* In the order of the overview; the commands of a group are adjacent. */
static const luci_command_t *const commands[] = {
    &luci_command_init,
    &luci_command_user_add,
    &luci_command_user_show,
    &luci_command_user_list,
    &luci_command_user_passwd,
    &luci_command_user_reset,
    &luci_command_user_email,
    &luci_command_user_rename,
    &luci_command_user_set,
    &luci_command_user_set_attributes,
    &luci_command_user_disable,
    &luci_command_user_enable,
    &luci_command_user_approve,
    &luci_command_user_expire,
    &luci_command_user_delete,
    &luci_command_session_list,
    &luci_command_session_revoke,
    &luci_command_session_revoke_all,
    &luci_command_key_list,
    &luci_command_key_add,
    &luci_command_key_delete,
    &luci_command_invite_add,
    &luci_command_invite_list,
    &luci_command_invite_delete,
    &luci_command_group_list,
    &luci_command_group_add,
    &luci_command_group_remove,
    &luci_command_factor_list,
    &luci_command_factor_reset,
    &luci_command_app_password_list,
    &luci_command_app_password_delete,
    &luci_command_passkey_list,
    &luci_command_passkey_delete,
    &luci_command_throttle_list,
    &luci_command_throttle_clear,
    &luci_command_mail_queue,
    &luci_command_mail_test,
    &luci_command_purge,
    &luci_command_export,
    &luci_command_activity,
    &luci_command_import_htpasswd,
    &luci_command_import_users,
    &luci_command_check,
    &luci_command_hash_bench,
    &command_help,
    NULL,
};

static luci_exit_t run_help(luci_invocation_t *call)
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

static luci_exit_t run(luci_invocation_t *call)
{
    luci_exit_t status, written;

    if (luci_command_has(call, "version")) {
        printf("luciactl %s\n", LUCI_VERSION);
        return LUCI_EXIT_DONE;
    }
    if (luci_command_has(call, "help")) {
        if (call->command)
            return luci_help_about(commands, &call->command->name, 1);
        if (call->group)
            return luci_help_about(commands, &call->group, 1);
        luci_help_all(commands);
        return LUCI_EXIT_DONE;
    }
    if (!call->command)
        return luci_command_misuse(call, "a command is missing");
    call->output = luci_output_create(luci_command_has(call, "json"), call->pool);
    status = call->command->run(call);
    written = luci_output_close(call->output);
    if (status != LUCI_EXIT_DONE && call->implied_config)
        luci_say_note("The configuration is %s, %s; --config FILE names another one.", call->implied_config,
                      call->implied_by);
    return status == LUCI_EXIT_DONE ? written : status;
}

/* If a standard descriptor is closed at the start, the next file that is opened would take its number, and a
 * message could be written into the database. /dev/null takes its place, opened so that reading or writing
 * fails with an error. SIGPIPE is ignored, so that a reader that ends early is a write error like any other.
 */
static void secure_descriptors(void)
{
    for (int descriptor = STDIN_FILENO; descriptor <= STDERR_FILENO; descriptor++) {
        if (fcntl(descriptor, F_GETFD) < 0 &&
            open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY) != descriptor)
            _exit(LUCI_EXIT_REFUSED);
    }
    apr_signal(SIGPIPE, SIG_IGN);
}

/* Help and the manual page are printed without luci_output_t, so their write errors are found here. */
static luci_exit_t finish(luci_exit_t status)
{
    int failed = fflush(stdout) != 0 || ferror(stdout);

    if (status != LUCI_EXIT_DONE || !failed)
        return status;
    return luci_say_error(LUCI_EXIT_REFUSED, "the output cannot be written");
}

int main(int argc, const char *const *argv, const char *const *environment)
{
    luci_invocation_t call = { 0 };
    luci_exit_t status;

    secure_descriptors();
    if (apr_app_initialize(&argc, &argv, &environment) != APR_SUCCESS ||
        apr_pool_create(&call.pool, NULL) != APR_SUCCESS)
        return luci_say_error(LUCI_EXIT_REFUSED, "APR cannot be initialized");
    status = luci_command_parse(&call, commands, argc, argv);
    if (status == LUCI_EXIT_DONE)
        status = finish(run(&call));
    apr_pool_destroy(call.pool);
    apr_terminate();
    return status;
}
