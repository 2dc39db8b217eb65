/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/commands/commands.h"

#include "core/db/passkey_table.h"
#include "core/db/recovery_code_table.h"
#include "core/db/totp_table.h"
#include "core/factor/factor.h"
#include "core/totp/totp_seed.h"
#include "ctl/cli/say.h"
#include "ctl/lib/account.h"
#include "ctl/lib/admin_audit.h"
#include "ctl/lib/admin_notice.h"
#include "ctl/lib/session_notice.h"

#include <apr_strings.h>

/* ---- The tables ---- */

/* Says which tables the database has, because --database names no configuration that does. REFUSED: it has no
 * second factors. */
static luci_exit_t find_tables(luci_invocation_t *call, luci_ctl_database_t *database)
{
    int has_totp = 0, has_recovery_code = 0, has_passkey = 0;
    luci_result_t result = luci_db_has_table(database->db, &luci_table_totp, &has_totp);

    if (result == LUCI_OK)
        result = luci_db_has_table(database->db, &luci_table_recovery_code, &has_recovery_code);
    if (result == LUCI_OK)
        result = luci_db_has_table(database->db, &luci_table_passkey, &has_passkey);
    if (result != LUCI_OK)
        return luci_ctl_database_failed(database, result);
    if (!has_totp || !has_recovery_code)
        return luci_ctl_database_lacks_table(
            database, has_totp ? &luci_table_recovery_code : &luci_table_totp,
            "there are no second factors:", "LuciaSecondFactor optional", call->pool);
    database->config.settings.passkeys = has_passkey ? LUCI_PASSKEYS_ON : LUCI_PASSKEYS_OFF;
    return LUCI_EXIT_DONE;
}

/* ---- factor list ---- */

static const luci_column_t columns[] = {
    { "factor", "Factor", LUCI_CELL_TEXT, NULL },
    { "number", "Number", LUCI_CELL_NUMBER, NULL },
    { "createdAt", "Set up", LUCI_CELL_TIMESTAMP, NULL },
    { "wrongCodes", "Wrong codes in a row", LUCI_CELL_NUMBER, NULL },
    LUCI_COLUMNS_END,
};

static void list_app(luci_invocation_t *call, const luci_totp_about_t *about)
{
    const char *cells[] = { "totp", "1", luci_sql_number(about->created_at, call->pool),
                            luci_sql_number(about->failures, call->pool) };

    luci_output_row(call->output, cells);
}

static void list_number(luci_invocation_t *call, const char *factor, int number)
{
    const char *cells[] = { factor, luci_sql_number(number, call->pool), NULL, NULL };

    if (number > 0)
        luci_output_row(call->output, cells);
}

static luci_exit_t run_list(luci_invocation_t *call)
{
    luci_ctl_database_t database;
    luci_user_t user;
    luci_factors_t factors;
    luci_totp_about_t about;
    luci_result_t result;
    luci_exit_t status = luci_account_open(call, &database, &user);

    if (status == LUCI_EXIT_DONE)
        status = find_tables(call, &database);
    if (status != LUCI_EXIT_DONE)
        return status;
    result = luci_factor_read(database.db, user.id, &factors, call->pool);
    if (result == LUCI_OK && factors.kinds & LUCI_FACTOR_TOTP)
        result = luci_totp_about(database.db, user.id, &about, call->pool);
    if (result != LUCI_OK && result != LUCI_NOT_FOUND)
        return luci_ctl_database_failed(&database, result);
    luci_output_begin(call->output, columns, LUCI_COLUMNS_COUNT(columns));
    if (result == LUCI_OK && factors.kinds & LUCI_FACTOR_TOTP)
        list_app(call, &about);
    list_number(call, "recovery", factors.recovery_codes);
    list_number(call, "passkey", factors.passkeys);
    luci_output_end(call->output);
    return LUCI_EXIT_DONE;
}

static const luci_option_t list_options[] = { LUCI_ACCOUNT_BY_ID, { NULL, NULL, NULL, 0 } };

const luci_command_t luci_command_factor_list = {
    "factor list",
    "NAME",
    "Lists a user's second factors",
    "totp is an app that makes codes, of which none is accepted any more after 100 wrong codes in a\n"
    "row; recovery are the recovery codes that are left. No secret is shown.\n",
    list_options,
    1,
    1,
    run_list,
    columns,
};

/* ---- factor reset ---- */

typedef struct {
    const char *user_id;
    luci_admin_notice_t notice;
    int kinds; /* output: that were there */
} resetting_t;

static luci_result_t reset(luci_db_t *db, void *baton, apr_pool_t *scratch)
{
    resetting_t *resetting = baton;
    luci_user_t user;
    luci_result_t result = luci_user_lock(db, resetting->user_id, &user, scratch);

    if (result == LUCI_OK)
        result = luci_factor_reset(db, user.id, &resetting->kinds, scratch);
    return result == LUCI_OK && resetting->kinds
               ? luci_admin_notice_queue(db, &resetting->notice, &user, scratch)
               : result;
}

/* "totp, recovery" */
static const char *names(int kinds, apr_pool_t *pool)
{
    const char *text = "";

    for (const luci_factor_kind_t *kind = luci_factor_kind_list; kind->kind; kind++) {
        if (kinds & kind->kind)
            text = apr_pstrcat(pool, text, *text ? ", " : "", kind->name, NULL);
    }
    return text;
}

static luci_exit_t say_reset(luci_invocation_t *call, const luci_user_t *user, int kinds, int ended)
{
    static const luci_column_t done[] = { { "userId", "User id", LUCI_CELL_TEXT, NULL },
                                          { "removed", "Removed", LUCI_CELL_TEXT, NULL },
                                          { "sessions", "Sessions", LUCI_CELL_NUMBER, NULL } };
    const char *cells[] = { user->id, names(kinds, call->pool), luci_sql_number(ended, call->pool) };

    luci_output_done(call->output,
                     apr_psprintf(call->pool, "%s has no second factor any more (%s); %d session%s ended.",
                                  user->username, cells[1], ended, ended == 1 ? " was" : "s were"),
                     done, sizeof done / sizeof *done, cells);
    return LUCI_EXIT_DONE;
}

static luci_exit_t run_reset(luci_invocation_t *call)
{
    luci_ctl_database_t database;
    luci_user_t user;
    luci_admin_ended_t ended = { 0 };
    resetting_t resetting = { .notice = { .settings = &database.config.settings,
                                          .event = LUCI_EVENT_FACTOR_RESET } };
    luci_result_t result;
    luci_exit_t status = luci_account_open_to_change(call, &database, &user);

    if (status == LUCI_EXIT_DONE)
        status = find_tables(call, &database);
    if (status != LUCI_EXIT_DONE)
        return status;
    resetting.user_id = user.id;
    result = luci_db_transaction(database.db, reset, &resetting, call->pool);
    if (result == LUCI_OK && !resetting.kinds)
        return luci_say_error(LUCI_EXIT_REFUSED, "%s has no second factor", user.username);
    if (result == LUCI_OK && luci_command_has(call, "end-sessions"))
        result = luci_admin_end_sessions(database.db, &user, &ended, call->pool);
    luci_admin_audit_write(&database, LUCI_EVENT_FACTOR_RESET, &user, result, 0);
    if (result != LUCI_OK)
        return luci_account_refused(call, &database, result, user.username);
    luci_session_notice_ended(call, &database, user.id, ended.stored_ids);
    return say_reset(call, &user, resetting.kinds, ended.count);
}

static const luci_option_t reset_options[] = {
    { "end-sessions", NULL, "end the user's sessions, too", 0 },
    LUCI_ACCOUNT_BY_ID,
    { NULL, NULL, NULL, 0 },
};

const luci_command_t luci_command_factor_reset = {
    "factor reset",
    "NAME",
    "Removes all second factors of a user",
    "For a user who has lost the phone and the recovery codes. The password alone signs in\n"
    "afterwards, until the user sets up a second factor again; make sure that it is the user who\n"
    "asks. App passwords stay. Sessions stay unless --end-sessions is given.\n",
    reset_options,
    1,
    1,
    run_reset,
    NULL,
};
