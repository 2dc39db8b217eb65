/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/commands/commands.h"

#include "core/mail/mail_queue.h"
#include "ctl/cli/say.h"
#include "ctl/lib/account.h"
#include "ctl/lib/admin_audit.h"
#include "ctl/lib/one_time_link.h"

#include <apr_strings.h>
#include <apr_time.h>

#define RESET_VALID LUCI_MS_HOUR

/* Lets the server send the link. */
static luci_exit_t order_mail(luci_invocation_t *call, luci_ctl_database_t *database, const luci_user_t *user)
{
    static const luci_column_t columns[] = { { "username", "Username", LUCI_CELL_TEXT, NULL },
                                             { "userId", "User id", LUCI_CELL_TEXT, NULL } };
    const char *cells[] = { user->username, user->id };
    luci_ms_t now = apr_time_as_msec(apr_time_now());
    luci_mail_order_t order = {
        .kind = LUCI_MAIL_RESET, .name = user->username, .now = now, .expires = now + RESET_VALID
    };
    luci_result_t result;

    if (!luci_user_attribute(user, &database->config.settings, "email"))
        return luci_say_error(LUCI_EXIT_REFUSED,
                              "%s has no e-mail address in the column email of LuciaUserAttributes",
                              user->username);
    result = luci_mail_queue_add(database->db, &order, call->pool);
    luci_admin_audit_write(database, LUCI_EVENT_USER_LINK, user, result, 0);
    if (result == LUCI_NOT_FOUND)
        return luci_say_error(LUCI_EXIT_REFUSED, "there is no queue of mails: write LuciaMail and restart "
                                                 "httpd, or run luciactl init");
    if (result != LUCI_OK)
        return luci_ctl_database_failed(database, result);
    luci_output_done(call->output,
                     apr_psprintf(call->pool, "%s is sent a link to set a new password.", user->username),
                     columns, sizeof columns / sizeof *columns, cells);
    return LUCI_EXIT_DONE;
}

static luci_exit_t run_reset(luci_invocation_t *call)
{
    luci_ctl_database_t database;
    luci_user_t user;
    luci_one_time_link_wanted_t wanted = { .user = &user, .valid = RESET_VALID, .sentence = "" };
    luci_exit_t status = luci_account_open_to_change(call, &database, &user);

    if (status == LUCI_EXIT_DONE && luci_command_has(call, "mail"))
        return order_mail(call, &database, &user);
    if (status == LUCI_EXIT_DONE)
        status = luci_one_time_link_prepare(call, &database, &wanted.page);
    if (status != LUCI_EXIT_DONE)
        return status;
    wanted.sentence = apr_pstrcat(call->pool, user.username, " can set a new password.", NULL);
    return luci_one_time_link_make(call, &database, &wanted);
}

static const luci_option_t reset_options[] = {
    { "mail", NULL, "send the link to the user by mail instead of printing it (LuciaMail)", 0 },
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
    "that only the user reads. It leads to the page \"reset\" below LuciaMount, at LuciaSiteURL,\n"
    "otherwise at the ServerName of the virtual host, or to the page of --url. With --mail,\n"
    "httpd sends the link to the address in the column email, if email_verified does not say that it\n"
    "was not proved.\n",
    reset_options,
    1,
    1,
    run_reset,
    NULL,
};
