/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/commands/commands.h"

#include "core/base/timestamp.h"
#include "core/token/token.h"
#include "ctl/cli/say.h"
#include "ctl/lib/account.h"
#include "ctl/lib/admin_audit.h"
#include "ctl/lib/session_notice.h"

#include <apr_strings.h>
#include <apr_time.h>
#include <string.h>

/* "2027-01-01" and "2027-01-01T18:00:00Z" become what luci_timestamp_from_iso reads. */
static int read_date(const char *text, luci_ms_t *moment, apr_pool_t *pool)
{
    size_t length = strlen(text);
    const char *whole = text;

    if (length == strlen("2027-01-01"))
        whole = apr_pstrcat(pool, text, "T00:00:00.000Z", NULL);
    else if (length == strlen("2027-01-01T18:00Z"))
        whole = apr_pstrcat(pool, apr_pstrmemdup(pool, text, length - 1), ":00.000Z", NULL);
    else if (length == strlen("2027-01-01T18:00:00Z"))
        whole = apr_pstrcat(pool, apr_pstrmemdup(pool, text, length - 1), ".000Z", NULL);
    return text[0] && (length == strlen("2027-01-01") || text[length - 1] == 'Z') &&
           luci_timestamp_from_iso(whole, moment);
}

/* Sets *from to what luci_admin_set_disabled takes. */
static luci_exit_t choose_date(luci_invocation_t *call, const char *text, luci_ms_t *from)
{
    *from = 0;
    if (strcmp(text, "never") == 0)
        return LUCI_EXIT_DONE;
    if (!read_date(text, from, call->pool))
        return luci_command_misuse(call,
                                   apr_psprintf(call->pool,
                                                "\"%s\" is not a date: write 2027-01-01, 2027-01-01T18:00Z "
                                                "(UTC), or never",
                                                text));
    *from &= ~(luci_ms_t)1;
    if (*from <= LUCI_USER_WAITING)
        return luci_command_misuse(
            call,
            apr_psprintf(call->pool, "%s cannot be stored: a date is later than 1970-01-01T00:00Z", text));
    return LUCI_EXIT_DONE;
}

/* A date that has passed disables the user now, so that links are void, as after user disable. */
static luci_result_t expire(luci_ctl_database_t *database, const luci_user_t *user, luci_ms_t from,
                            luci_ms_t now, apr_pool_t *pool)
{
    luci_result_t result = luci_admin_set_disabled(database->db, user, from, NULL, pool);

    return result == LUCI_OK && from && from <= now ? luci_token_void(database->db, user->id, pool) : result;
}

static const char *say_done(const luci_user_t *user, luci_ms_t from, luci_ms_t now, apr_pool_t *pool)
{
    char text[LUCI_TIMESTAMP_TEXT];

    if (!from)
        return apr_psprintf(pool, "%s does not expire.", user->username);
    luci_timestamp_to_text(from, text);
    if (from > now)
        return apr_psprintf(pool, "%s expires at %s.", user->username, text);
    return apr_psprintf(pool, "%s has expired at %s: the user is disabled from now on.", user->username,
                        text);
}

static luci_exit_t run_expire(luci_invocation_t *call)
{
    luci_ctl_database_t database;
    luci_user_t user;
    luci_ms_t from, now = apr_time_as_msec(apr_time_now());
    luci_result_t result;
    luci_exit_t status = choose_date(call, call->operand[1], &from);

    if (status == LUCI_EXIT_DONE)
        status = luci_account_open_to_change(call, &database, &user);
    if (status != LUCI_EXIT_DONE)
        return status;
    if (!luci_db_columns(database.db).disabled)
        return luci_ctl_database_lacks(&database, "disabled", call->pool);
    if (user.disabled_from == LUCI_USER_DISABLED)
        return luci_say_error(LUCI_EXIT_REFUSED, "%s is disabled: first enable the user with user enable",
                              user.username);
    if (user.disabled_from == LUCI_USER_WAITING)
        return luci_say_error(LUCI_EXIT_REFUSED,
                              "%s waits for approval: first approve the user with user approve",
                              user.username);
    result = expire(&database, &user, from, now, call->pool);
    luci_admin_audit_write(&database, LUCI_EVENT_USER_EXPIRE, &user, result, 0);
    if (result != LUCI_OK)
        return luci_account_refused(call, &database, result, user.username);
    luci_session_notice_changed(call, &database, user.id);
    return luci_account_done(call, &database, user.id, say_done(&user, from, now, call->pool));
}

static const luci_option_t options[] = { LUCI_ACCOUNT_BY_ID, { NULL, NULL, NULL, 0 } };

const luci_command_t luci_command_user_expire = {
    "user expire",
    "NAME DATE | NAME never",
    "Sets the date from which a user is disabled",
    "From DATE on the user cannot sign in, and the user's sessions are invalid, as after user\n"
    "disable. A running httpd notices a date that is set or changed at once if LuciaControl is on,\n"
    "otherwise within LuciaSessionCacheTTL. DATE is a day, which begins at midnight UTC, such as\n"
    "2027-01-01, or a time, such as 2027-01-01T18:00Z; one that has passed disables the user at once.\n"
    "\"never\" and user enable remove the date, user disable replaces it.\n",
    options,
    2,
    2,
    run_expire,
    NULL,
};
