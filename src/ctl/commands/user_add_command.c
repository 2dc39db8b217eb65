/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/commands/commands.h"

#include "core/password/policy.h"
#include "ctl/cli/say.h"
#include "ctl/cli/secret_prompt.h"
#include "ctl/lib/account.h"
#include "ctl/lib/admin_audit.h"
#include "ctl/lib/one_time_link.h"

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

#define INVITATION_VALID (7 * LUCI_MS_DAY)

static luci_exit_t check_options(luci_invocation_t *call)
{
    int invites = luci_command_has(call, "invite");

    if (invites && (luci_command_has(call, "stdin") || luci_command_has(call, "no-password")))
        return luci_command_misuse(call, "--invite excludes --stdin and --no-password");
    if (!invites && luci_command_has(call, "url"))
        return luci_command_misuse(call, "--url is allowed only with --invite");
    return LUCI_EXIT_DONE;
}

static luci_exit_t open_for(luci_invocation_t *call, luci_ctl_database_t *database,
                            luci_account_values_t *values)
{
    luci_exit_t status = check_options(call);

    if (status == LUCI_EXIT_DONE)
        status = luci_ctl_database_choose(call, database);
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
    luci_one_time_link_wanted_t link = { .user = &user, .valid = INVITATION_VALID };
    luci_result_t result;
    luci_exit_t status = open_for(call, &database, &values);

    if (status == LUCI_EXIT_DONE && luci_command_has(call, "invite"))
        status = luci_one_time_link_prepare(call, &database, &link.page);
    else if (status == LUCI_EXIT_DONE && !luci_command_has(call, "no-password"))
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
    link.sentence = apr_psprintf(call->pool, "%s was added; the user id is %s.", user.username, user.id);
    return link.page ? luci_one_time_link_make(call, &database, &link)
                     : luci_account_done(call, &database, user.id, link.sentence);
}

static const luci_option_t options[] = {
    LUCI_ACCOUNT_ATTRIBUTE,
    LUCI_SECRET_PROMPT_STDIN,
    { "no-password", NULL, "the user cannot sign in until user passwd sets a password", 0 },
    { "invite", NULL, "print a one-time link, valid for 7 days, that sets a password", 0 },
    LUCI_ONE_TIME_LINK_URL,
    { NULL, NULL, NULL, 0 },
};

const luci_command_t luci_command_user_add = {
    "user add",
    "NAME",
    "Adds a user",
    "A prompt asks for the password twice; if standard input is not a terminal, its first line is\n"
    "the password. Name and password must be valid as at sign-up. For example, add an\n"
    "administrator if the user table has a column role:\n\n"
    "    luciactl --config FILE user add alice --attribute role=admin\n",
    options,
    1,
    1,
    run_add,
    NULL,
};
