/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/commands/commands.h"

#include "core/activity/activity.h"
#include "core/email/email_token.h"
#include "core/invitation/invitation.h"
#include "core/passkey/challenge.h"
#include "core/token/token.h"
#include "ctl/commands/purge_run.h"
#include "ctl/lib/admin_audit.h"

#include <apr_strings.h>
#include <apr_time.h>

static luci_exit_t purge_links(luci_invocation_t *call, luci_ctl_database_t *database)
{
    luci_ms_t now = apr_time_as_msec(apr_time_now());
    int removed;
    luci_result_t result = luci_token_purge(database->db, now, &removed, call->pool);

    if (result == LUCI_OK)
        result = luci_email_token_purge(database->db, now, call->pool);
    if (result == LUCI_OK)
        result = luci_invitation_purge(database->db, now, call->pool);
    return result == LUCI_OK ? LUCI_EXIT_DONE : luci_ctl_database_failed(database, result);
}

/* A database without LuciaPasskeys has no such table. */
static luci_exit_t purge_challenges(luci_invocation_t *call, luci_ctl_database_t *database)
{
    int removed;
    luci_result_t result =
        luci_challenge_purge(database->db, apr_time_as_msec(apr_time_now()), &removed, call->pool);

    return result == LUCI_OK || result == LUCI_NOT_FOUND ? LUCI_EXIT_DONE
                                                         : luci_ctl_database_failed(database, result);
}

/* A database without LuciaActivity has no such table. */
static luci_exit_t purge_activity(luci_invocation_t *call, luci_ctl_database_t *database)
{
    int removed = LUCI_ACTIVITY_BATCH;
    luci_result_t result = LUCI_OK;

    while (result == LUCI_OK && removed >= LUCI_ACTIVITY_BATCH)
        result = luci_activity_purge(database->db, apr_time_as_msec(apr_time_now()), &removed, call->pool);
    return result == LUCI_OK || result == LUCI_NOT_FOUND ? LUCI_EXIT_DONE
                                                         : luci_ctl_database_failed(database, result);
}

static luci_exit_t run_purge(luci_invocation_t *call)
{
    static const luci_column_t column = { "removed", "Removed", LUCI_CELL_NUMBER, NULL };
    luci_ctl_database_t database;
    apr_int64_t removed;
    const char *cell;
    luci_exit_t status = luci_ctl_database_open(call, &database);

    if (status == LUCI_EXIT_DONE)
        status = luci_admin_audit_open(call, &database);
    if (status != LUCI_EXIT_DONE)
        return status;
    status = luci_purge_run_until(call, &database, apr_time_as_msec(apr_time_now()), &removed);
    if (status == LUCI_EXIT_DONE)
        status = purge_links(call, &database);
    if (status == LUCI_EXIT_DONE)
        status = purge_activity(call, &database);
    if (status == LUCI_EXIT_DONE)
        status = purge_challenges(call, &database);
    if (status == LUCI_EXIT_DONE)
        status = luci_purge_run_steps(call, &database, apr_time_as_msec(apr_time_now()));
    luci_admin_audit_write(&database, LUCI_EVENT_PURGE, NULL,
                           status == LUCI_EXIT_DATABASE ? LUCI_UNAVAILABLE : LUCI_OK, removed);
    cell = luci_sql_number(removed, call->pool);
    if (status == LUCI_EXIT_DONE)
        luci_output_done(
            call->output,
            apr_psprintf(call->pool, "%s expired session%s deleted.", cell, removed == 1 ? " was" : "s were"),
            &column, 1, &cell);
    return status;
}

const luci_command_t luci_command_purge = {
    "purge",
    "",
    "Deletes expired sessions and one-time links",
    "It deletes them in small batches, each in its own transaction, with pauses in between,\n"
    "so it may run beside httpd, for example from cron. SIGINT, SIGTERM and SIGHUP end it\n"
    "after the current batch, with exit status 1.\n",
    NULL,
    0,
    0,
    run_purge,
    NULL,
};
