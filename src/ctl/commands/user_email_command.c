/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/commands/commands.h"

#include "core/email/email_address.h"
#include "core/email/email_admin.h"
#include "ctl/cli/say.h"
#include "ctl/lib/account.h"
#include "ctl/lib/admin_audit.h"
#include "ctl/lib/admin_notice.h"
#include "ctl/lib/session_notice.h"

#include <apr_strings.h>

/* *address: NULL with --none. */
static luci_exit_t take_address(luci_invocation_t *call, const char **address)
{
    const char *key;

    *address = call->operand[1];
    if (!*address == !luci_command_has(call, "none"))
        return luci_command_misuse(call, "write either an address or --none");
    if (*address && luci_email_key_id(*address, &key, call->pool) != LUCI_OK)
        return luci_command_misuse(
            call,
            apr_psprintf(call->pool, "\"%s\" is not an email address: write anna@example.org", *address));
    return LUCI_EXIT_DONE;
}

static luci_exit_t open_account(luci_invocation_t *call, luci_ctl_database_t *database, luci_user_t *user)
{
    luci_exit_t status = luci_account_open_to_change(call, database, user);

    if (status == LUCI_EXIT_DONE && database->config.settings.email == LUCI_EMAIL_OFF)
        return luci_say_error(LUCI_EXIT_REFUSED,
                              "LuciaEmail is off in the configuration, so that users have no verified "
                              "addresses; user set changes a column");
    return status;
}

static luci_exit_t run_email(luci_invocation_t *call)
{
    luci_ctl_database_t database;
    luci_user_t user;
    const char *address;
    luci_admin_notice_t notice = { .settings = &database.config.settings, .event = LUCI_EVENT_USER_EMAIL };
    luci_admin_then_t then = { luci_admin_notice_queue, &notice };
    luci_result_t result;
    luci_exit_t status = take_address(call, &address);

    if (status == LUCI_EXIT_DONE)
        status = open_account(call, &database, &user);
    if (status != LUCI_EXIT_DONE)
        return status;
    notice.new_address = address;
    result = luci_email_admin_set(database.db, &user, address, &then, call->pool);
    luci_admin_audit_write(&database, LUCI_EVENT_USER_EMAIL, &user, result, 0);
    if (result == LUCI_CONFLICT)
        return luci_say_error(LUCI_EXIT_REFUSED, "the address %s is that of another user", address);
    if (result != LUCI_OK)
        return luci_account_refused(call, &database, result, user.username);
    luci_session_notice_changed(call, &database, user.id);
    return luci_account_done(call, &database, user.id,
                             address
                                 ? apr_psprintf(call->pool, "%s has the address %s.", user.username, address)
                                 : apr_psprintf(call->pool, "%s has no address.", user.username));
}

static const luci_option_t options[] = {
    { "none", NULL, "take the address away", 0 },
    LUCI_ACCOUNT_BY_ID,
    { NULL, NULL, NULL, 0 },
};

const luci_command_t luci_command_user_email = {
    "user email",
    "NAME ADDRESS | NAME --none",
    "Sets the email address of a user",
    "The address counts as verified: links to a new password go there. No two users have the same\n"
    "one. Links that were sent to the user before are void. The former address is told, unless\n"
    "LuciaMailNotices leaves out email.\n"
    "Needs LuciaEmail.\n",
    options,
    1,
    2,
    run_email,
    NULL,
};
