/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/commands/commands.h"

#include "ctl/lib/account.h"
#include "ctl/lib/admin_audit.h"
#include "ctl/lib/one_time_link.h"

#include <apr_strings.h>

#define RESET_VALID LUCI_MS_HOUR

static luci_exit_t run_reset(luci_invocation_t *call)
{
    luci_ctl_database_t database;
    luci_user_t user;
    luci_one_time_link_wanted_t wanted = { .user = &user, .valid = RESET_VALID, .sentence = "" };
    luci_exit_t status = luci_account_open_to_change(call, &database, &user);

    if (status == LUCI_EXIT_DONE)
        status = luci_one_time_link_prepare(call, &database, &wanted.page);
    if (status != LUCI_EXIT_DONE)
        return status;
    wanted.sentence = apr_pstrcat(call->pool, user.username, " can set a new password.", NULL);
    return luci_one_time_link_make(call, &database, &wanted);
}

static const luci_option_t reset_options[] = {
    LUCI_ONE_TIME_LINK_URL,
    LUCI_ACCOUNT_BY_ID,
    { NULL, NULL, NULL, 0 },
};

const luci_command_t luci_command_user_reset = {
    "user reset",
    "NAME",
    "Prints a one-time link with which a user sets a new password",
    "The link is valid for an hour and works once; a new one voids the old one, and so does a\n"
    "change of the password. Until it is used, the old password stays. Using it ends all sessions\n"
    "of the user, who then signs in. Only the user learns the password: send the link on a way\n"
    "that only the user reads. It leads to the page \"reset\" below LuciaMount, at the\n"
    "ServerName of the virtual host if that has a scheme, otherwise at --url.\n",
    reset_options,
    1,
    1,
    run_reset,
    NULL,
};
