/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/commands/commands.h"

#include "core/account/failures.h"
#include "core/token/token.h"
#include "ctl/cli/say.h"
#include "ctl/cli/secret_prompt.h"
#include "ctl/lib/account.h"
#include "ctl/lib/admin_audit.h"
#include "ctl/lib/admin_notice.h"
#include "ctl/lib/session_notice.h"

#include <apr_strings.h>
#include <apr_time.h>

static const luci_option_t by_id[] = { LUCI_ACCOUNT_BY_ID, { NULL, NULL, NULL, 0 } };

/* Returns "; 3 sessions were ended", for messages. */
static const char *and_ended(luci_invocation_t *call, int ended)
{
    return apr_psprintf(call->pool, "; %d session%s ended", ended, ended == 1 ? " was" : "s were");
}

/* Returns "; 3 failed sign-ins in a row count no more", for messages. */
static const char *and_set_back(luci_invocation_t *call, int failures)
{
    return apr_psprintf(call->pool, "; %d failed sign-in%s in a row count%s no more", failures,
                        failures == 1 ? "" : "s", failures == 1 ? "s" : "");
}

/* ---- user passwd ---- */

static luci_exit_t run_passwd(luci_invocation_t *call)
{
    luci_ctl_database_t database;
    luci_user_t user;
    luci_admin_ended_t ended = { 0 };
    int keep = luci_command_has(call, "keep-sessions");
    luci_admin_notice_t notice = { .settings = &database.config.settings,
                                   .event = LUCI_EVENT_PASSWORD_CHANGE };
    luci_admin_password_t password = { .ended = keep ? NULL : &ended,
                                       .then = { luci_admin_notice_queue, &notice } };
    luci_result_t result;
    luci_exit_t status = luci_account_open_to_change(call, &database, &user);

    if (status == LUCI_EXIT_DONE)
        status = luci_account_password(call, &database, user.username,
                                       apr_pstrcat(call->pool, "New password of ", user.username, NULL),
                                       &password.stored_hash);
    if (status != LUCI_EXIT_DONE)
        return status;
    result = luci_admin_set_password(database.db, &user, &password, call->pool);
    luci_admin_audit_write(&database, LUCI_EVENT_PASSWORD_CHANGE, &user, result, 0);
    if (result != LUCI_OK)
        return luci_account_refused(call, &database, result, user.username);
    luci_session_notice_ended(call, &database, user.id, ended.stored_ids);
    return luci_account_done(call, &database, user.id,
                             apr_psprintf(call->pool, "%s has a new password%s.", user.username,
                                          keep ? "" : and_ended(call, ended.count)));
}

static const luci_option_t passwd_options[] = {
    LUCI_SECRET_PROMPT_STDIN,
    { "keep-sessions", NULL, "do not end the user's sessions", 0 },
    LUCI_ACCOUNT_BY_ID,
    { NULL, NULL, NULL, 0 },
};

const luci_command_t luci_command_user_passwd = {
    "user passwd",
    "NAME",
    "Sets a user's password and ends the user's sessions",
    "A prompt asks for the password twice; if standard input is not a terminal, its first line is\n"
    "the password. It must be valid as at sign-up.\n",
    passwd_options,
    1,
    1,
    run_passwd,
    NULL,
};

/* ---- user rename ---- */

static luci_exit_t run_rename(luci_invocation_t *call)
{
    luci_ctl_database_t database;
    luci_user_t user;
    const char *name = call->operand[1];
    luci_admin_notice_t notice = { .settings = &database.config.settings,
                                   .event = LUCI_EVENT_USER_RENAME,
                                   .new_username = name };
    luci_admin_then_t then = { luci_admin_notice_queue, &notice };
    luci_result_t result;
    luci_exit_t status = luci_account_open_to_change(call, &database, &user);

    if (status != LUCI_EXIT_DONE)
        return status;
    result = luci_admin_rename(database.db, &user, name, &then, call->pool);
    luci_admin_audit_write(&database, LUCI_EVENT_USER_RENAME, &user, result, 0);
    if (result != LUCI_OK)
        return luci_account_refused(call, &database, result, result == LUCI_NOT_FOUND ? user.username : name);
    luci_session_notice_changed(call, &database, user.id);
    return luci_account_done(call, &database, user.id,
                             apr_psprintf(call->pool, "%s is now named %s.", user.username, name));
}

const luci_command_t luci_command_user_rename = {
    "user rename",
    "NAME NEW",
    "Changes a user's name",
    "The user signs in with the new name from now on. Sessions stay valid.\n",
    by_id,
    2,
    2,
    run_rename,
    NULL,
};

/* ---- user set ---- */

static luci_exit_t run_set(luci_invocation_t *call)
{
    luci_ctl_database_t database;
    luci_account_values_t values;
    luci_user_t user;
    luci_result_t result;
    luci_exit_t status = luci_ctl_database_choose(call, &database);

    if (status == LUCI_EXIT_DONE)
        status = luci_account_values(call, &database, &values);
    if (status == LUCI_EXIT_DONE && values.count == 0)
        return luci_command_misuse(call, "COLUMN=VALUE or --clear COLUMN is missing");
    if (status == LUCI_EXIT_DONE)
        status = luci_ctl_database_connect(call, &database);
    if (status == LUCI_EXIT_DONE)
        status = luci_account_find(call, &database, call->operand[0], &user);
    if (status == LUCI_EXIT_DONE)
        status = luci_admin_audit_open(call, &database);
    if (status != LUCI_EXIT_DONE)
        return status;
    result = luci_admin_notice_set_values(&database, &user, &values, call->pool);
    luci_admin_audit_write(&database, LUCI_EVENT_USER_SET, &user, result, 0);
    if (result != LUCI_OK)
        return luci_account_refused(call, &database, result, user.username);
    luci_session_notice_changed(call, &database, user.id);
    return luci_account_done(call, &database, user.id,
                             apr_psprintf(call->pool, "%s was changed.", user.username));
}

static const luci_option_t set_options[] = {
    LUCI_ACCOUNT_ATTRIBUTE,
    LUCI_ACCOUNT_CLEAR,
    LUCI_ACCOUNT_BY_ID,
    { NULL, NULL, NULL, 0 },
};

const luci_command_t luci_command_user_set = {
    "user set",
    "NAME [COLUMN=VALUE...]",
    "Sets attributes of a user",
    "Attributes are columns of the user table; httpd reads those in LuciaUserAttributes.\n"
    "Either all given attributes are set, or none. --attribute COLUMN=VALUE is the same as\n"
    "COLUMN=VALUE. For example:\n\n"
    "    luciactl --config FILE user set alice role=admin team=red\n",
    set_options,
    1,
    -1,
    run_set,
    NULL,
};

/* ---- user disable, user enable ---- */

/* A link that was made before must not work after user enable. */
static luci_result_t disable(luci_ctl_database_t *database, const luci_user_t *user,
                             luci_admin_ended_t *ended, apr_pool_t *pool)
{
    luci_result_t result = luci_admin_set_disabled(database->db, user, LUCI_USER_DISABLED, ended, pool);

    return result == LUCI_OK ? luci_token_void(database->db, user->id, pool) : result;
}

static luci_exit_t set_disabled(luci_invocation_t *call, int disabled)
{
    luci_ctl_database_t database;
    luci_user_t user;
    luci_admin_ended_t ended = { 0 };
    int failures = 0, ends = luci_command_has(call, "end-sessions");
    luci_result_t result = LUCI_OK;
    luci_exit_t status = luci_account_open_to_change(call, &database, &user);

    if (status != LUCI_EXIT_DONE)
        return status;
    if (!luci_db_columns(database.db).disabled)
        return luci_ctl_database_lacks(&database, "disabled", call->pool);
    if (!disabled)
        result = luci_failures_of_user(database.db, user.id, &failures, call->pool);
    if (result == LUCI_OK)
        result = disabled ? disable(&database, &user, ends ? &ended : NULL, call->pool)
                          : luci_admin_set_disabled(database.db, &user, 0, NULL, call->pool);
    luci_admin_audit_write(&database, disabled ? LUCI_EVENT_USER_DISABLE : LUCI_EVENT_USER_ENABLE, &user,
                           result, 0);
    if (result != LUCI_OK)
        return luci_account_refused(call, &database, result, user.username);
    if (ends)
        luci_session_notice_ended(call, &database, user.id, ended.stored_ids);
    else if (disabled)
        luci_session_notice_changed(call, &database, user.id);
    return luci_account_done(call, &database, user.id,
                             apr_psprintf(call->pool, "%s is %s%s%s.", user.username,
                                          disabled ? "disabled" : "enabled",
                                          ends ? and_ended(call, ended.count) : "",
                                          failures > 0 ? and_set_back(call, failures) : ""));
}

static luci_exit_t run_disable(luci_invocation_t *call)
{
    return set_disabled(call, 1);
}

static luci_exit_t run_enable(luci_invocation_t *call)
{
    return set_disabled(call, 0);
}

static const luci_option_t disable_options[] = {
    { "end-sessions", NULL, "end the sessions, so that user enable does not restore them", 0 },
    LUCI_ACCOUNT_BY_ID,
    { NULL, NULL, NULL, 0 },
};

const luci_command_t luci_command_user_disable = {
    "user disable",
    "NAME",
    "Disables a user",
    "A disabled user cannot sign in, and the user's sessions are invalid until user enable. A\n"
    "one-time link of the user is void. The httpd of this machine notices it at once, if luciactl\n"
    "reads its configuration and LuciaControl is on; others within LuciaSessionCacheTTL.\n",
    disable_options,
    1,
    1,
    run_disable,
    NULL,
};

const luci_command_t luci_command_user_enable = {
    "user enable",
    "NAME",
    "Enables a user that is disabled or has too many failed sign-ins",
    "After 100 failed sign-ins in a row only browsers with an earlier sign-in may try again. This\n"
    "sets the number back, as user passwd does.\n",
    by_id,
    1,
    1,
    run_enable,
    NULL,
};

/* ---- user approve ---- */

#define NOT_WAITING "%s is not waiting for approval"
#define APPROVED_VALID LUCI_MS_DAY /* for how long the mail is tried */

static luci_exit_t run_approve(luci_invocation_t *call)
{
    luci_ctl_database_t database;
    luci_user_t user;
    luci_ms_t now = apr_time_as_msec(apr_time_now());
    luci_mail_order_t mail = { .kind = LUCI_MAIL_APPROVED, .now = now, .expires = now + APPROVED_VALID };
    luci_result_t result;
    luci_exit_t status = luci_account_open_to_change(call, &database, &user);

    if (status != LUCI_EXIT_DONE)
        return status;
    if (user.disabled_from != LUCI_USER_WAITING)
        return luci_say_error(LUCI_EXIT_REFUSED, NOT_WAITING, user.username);
    mail.name = user.username;
    mail.address = luci_user_attribute(&user, &database.config.settings, "email");
    result = luci_admin_approve(database.db, &user, mail.address ? &mail : NULL, call->pool);
    luci_admin_audit_write(&database, LUCI_EVENT_USER_APPROVE, &user, result, 0);
    if (result == LUCI_CONFLICT)
        return luci_say_error(LUCI_EXIT_REFUSED, NOT_WAITING, user.username);
    if (result != LUCI_OK)
        return luci_account_refused(call, &database, result, user.username);
    luci_session_notice_changed(call, &database, user.id);
    return luci_account_done(call, &database, user.id,
                             apr_psprintf(call->pool, "%s is approved, and can sign in.", user.username));
}

const luci_command_t luci_command_user_approve = {
    "user approve",
    "NAME",
    "Approves a user that has signed up",
    "With LuciaSignup approval, a new user cannot sign in before. user list --waiting lists those\n"
    "who wait; user delete removes one that is not to be approved. With LuciaMail, a user with an\n"
    "address in the column email is sent a mail.\n",
    by_id,
    1,
    1,
    run_approve,
    NULL,
};

/* ---- user delete ---- */

static luci_exit_t run_delete(luci_invocation_t *call)
{
    static const luci_column_t columns[] = {
        { "userId", "User id", LUCI_CELL_TEXT, NULL },
        { "keys", "Keys", LUCI_CELL_NUMBER, NULL },
        { "sessions", "Sessions", LUCI_CELL_NUMBER, NULL },
    };
    luci_ctl_database_t database;
    luci_admin_deleted_t deleted;
    luci_user_t user;
    const char *cells[3];
    luci_result_t result;
    luci_exit_t status = luci_account_open_to_change(call, &database, &user);

    if (status == LUCI_EXIT_DONE && !luci_command_has(call, "yes"))
        status = luci_secret_prompt_confirm(call, apr_psprintf(call->pool, "Delete %s?", user.username));
    if (status != LUCI_EXIT_DONE)
        return status;
    result = luci_admin_delete(database.db, &user, &deleted, call->pool);
    luci_admin_audit_write(&database, LUCI_EVENT_USER_DELETE, &user, result, 0);
    if (result == LUCI_CONFLICT)
        return luci_say_error(LUCI_EXIT_REFUSED,
                              "%s was not deleted, because a row of another table refers to the user: %s",
                              user.username, luci_db_error(database.db));
    if (result != LUCI_OK)
        return luci_account_refused(call, &database, result, user.username);
    luci_session_notice_ended(call, &database, user.id, deleted.sessions.stored_ids);
    cells[0] = user.id;
    cells[1] = luci_sql_number(deleted.keys, call->pool);
    cells[2] = luci_sql_number(deleted.sessions.count, call->pool);
    luci_output_done(call->output,
                     apr_psprintf(call->pool, "%s was deleted, with %s key%s and %s session%s.",
                                  user.username, cells[1], deleted.keys == 1 ? "" : "s", cells[2],
                                  deleted.sessions.count == 1 ? "" : "s"),
                     columns, 3, cells);
    return LUCI_EXIT_DONE;
}

static const luci_option_t delete_options[] = {
    { "yes", NULL, "do not ask for confirmation", 0 },
    LUCI_ACCOUNT_BY_ID,
    { NULL, NULL, NULL, 0 },
};

const luci_command_t luci_command_user_delete = {
    "user delete",
    "NAME",
    "Deletes a user with all keys and sessions",
    "luciactl does not know the tables of applications. If a row there refers to the user by a\n"
    "foreign key, the database refuses.\n",
    delete_options,
    1,
    1,
    run_delete,
    NULL,
};
