/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/commands/commands.h"

#include "core/account/failures.h"
#include "core/activity/activity.h"
#include "core/app_password/app_password.h"
#include "core/base/timestamp.h"
#include "core/db/key_table.h"
#include "core/db/paging.h"
#include "core/group/group.h"
#include "core/password/policy.h"
#include "core/session/session_list.h"
#include "ctl/cli/say.h"
#include "ctl/lib/account.h"

#include <apr_strings.h>
#include <string.h>

/* ---- user list ---- */

/* The options of user list. */
typedef struct {
    luci_invocation_t *call;
    const luci_settings_t *settings;
    const char *prefix; /* in lower case, as in keys; NULL: any name */
    int only_disabled;
    int only_waiting;
    const char *group; /* NULL: any user */
    int columns;
    apr_int64_t left; /* users to show */
} listing_t;

static int has_prefix(const listing_t *listing, const luci_user_t *user, apr_pool_t *scratch)
{
    char *key;

    if (!listing->prefix)
        return 1;
    return luci_policy_key(user->username, &key, scratch) == LUCI_OK &&
           strncmp(key, listing->prefix, strlen(listing->prefix)) == 0;
}

static int list_user(void *baton, const luci_user_t *user, apr_pool_t *scratch)
{
    listing_t *listing = baton;

    if ((listing->only_disabled && !luci_account_is_disabled(user)) ||
        (listing->only_waiting && user->disabled_from != LUCI_USER_WAITING) ||
        (listing->group && !luci_group_list_has(luci_user_groups(user, listing->settings), listing->group)) ||
        !has_prefix(listing, user, scratch))
        return 1;
    luci_output_row(listing->call->output,
                    luci_account_cells(user, listing->settings, listing->columns, scratch));
    return --listing->left > 0;
}

static luci_exit_t choose_users(luci_invocation_t *call, listing_t *listing)
{
    const char *prefix = luci_command_value(call, "prefix");
    char *key;

    listing->left = APR_INT64_MAX;
    listing->only_disabled = luci_command_has(call, "disabled");
    listing->only_waiting = luci_command_has(call, "waiting");
    if (prefix && luci_policy_key(prefix, &key, call->pool) != LUCI_OK)
        return luci_command_misuse(call, "the value of --prefix is not UTF-8");
    listing->prefix = prefix ? key : NULL;
    listing->group = luci_command_value(call, "group");
    if (listing->group && !luci_group_is_name(listing->group))
        return luci_command_misuse(
            call, apr_psprintf(call->pool, "--group %s: that is not the name of a group", listing->group));
    return luci_command_number(call, "limit", 1, APR_INT64_MAX, &listing->left);
}

static luci_exit_t run_list(luci_invocation_t *call)
{
    luci_ctl_database_t database;
    listing_t listing = { .call = call, .settings = &database.config.settings };
    const luci_column_t *columns;
    luci_result_t result;
    luci_exit_t status = choose_users(call, &listing);

    if (status == LUCI_EXIT_DONE)
        status = luci_ctl_database_open(call, &database);
    if (status == LUCI_EXIT_DONE && listing.group)
        status = luci_account_need_groups(&database);
    if (status != LUCI_EXIT_DONE)
        return status;
    columns = luci_account_columns(listing.settings, &listing.columns, call->pool);
    luci_output_begin(call->output, columns, listing.columns);
    result = luci_user_each(database.db, list_user, &listing, call->pool);
    luci_output_end(call->output);
    return result == LUCI_OK ? LUCI_EXIT_DONE : luci_ctl_database_failed(&database, result);
}

static const luci_column_t list_columns[] = { LUCI_ACCOUNT_COLUMNS, LUCI_ACCOUNT_ATTRIBUTE_COLUMN,
                                              LUCI_COLUMNS_END };

static const luci_option_t list_options[] = {
    { "prefix", "TEXT", "list only names that begin with TEXT, in any case", 0 },
    { "disabled", NULL, "list only disabled users", 0 },
    { "waiting", NULL, "list only users who wait for approval", 0 },
    { "group", "GROUP", "list only users who are in this group, with LuciaGroups", 0 },
    { "limit", "N", "list at most N users", 0 },
    { NULL, NULL, NULL, 0 },
};

const luci_command_t luci_command_user_list = {
    "user list",
    "",
    "Lists users by name",
    "The database defines the order. The list is read page by page, in memory that does not\n"
    "depend on the number of users. Users that are added or deleted meanwhile may or may not\n"
    "be listed. With LuciaGroups, there is a column with the groups.\n",
    list_options,
    0,
    0,
    run_list,
    list_columns,
};

/* ---- user show ---- */

static int count_key(void *baton, const char *const *row, apr_pool_t *scratch)
{
    (void)row;
    (void)scratch;
    ++*(apr_int64_t *)baton;
    return 1;
}

/* What is known about the sessions of a user. */
typedef struct {
    apr_int64_t valid;
    luci_ms_t begun; /* the last one; 0: none is known */
} sessions_t;

static int count_session(void *baton, const luci_listed_session_t *session, apr_pool_t *scratch)
{
    sessions_t *sessions = baton;
    luci_ms_t begun = luci_timestamp_clamp(luci_sql_to_number(session->created_at, 0));

    (void)scratch;
    sessions->valid += session->state != LUCI_SESSION_EXPIRED;
    if (begun > sessions->begun)
        sessions->begun = begun;
    return 1;
}

#define FACTS                                                                                                \
    { "keys", "Keys", LUCI_CELL_NUMBER, NULL }, { "sessions", "Valid sessions", LUCI_CELL_NUMBER, NULL },    \
        { "lastSignIn", "Last sign-in", LUCI_CELL_TIMESTAMP, NULL },                                         \
        { "failures", "Failed sign-ins in a row", LUCI_CELL_NUMBER, NULL },                                  \
    {                                                                                                        \
        "appPasswords", "App passwords", LUCI_CELL_NUMBER, NULL                                              \
    }

static const luci_column_t fact_columns[] = { FACTS, LUCI_COLUMNS_END };
static const luci_column_t show_columns[] = { LUCI_ACCOUNT_COLUMNS, LUCI_ACCOUNT_ATTRIBUTE_COLUMN, FACTS,
                                              LUCI_COLUMNS_END };

#define FACT_COUNT LUCI_COLUMNS_COUNT(fact_columns)

/* Sets *moment to the last sign-in that LuciaActivity has written down, if there is one that is later. */
static luci_result_t find_sign_in(luci_db_t *db, const luci_user_t *user, luci_ms_t *moment, apr_pool_t *pool)
{
    apr_array_header_t *rows;
    luci_result_t result = luci_activity_read(db, user->id, &rows, pool);

    for (int i = 0; result == LUCI_OK && i < rows->nelts; i++) {
        const luci_activity_t *row = &APR_ARRAY_IDX(rows, i, luci_activity_t);

        if (!row->reason && strcmp(row->what, luci_event_name(LUCI_EVENT_SIGN_IN)) == 0 && row->at > *moment)
            *moment = row->at;
    }
    return result == LUCI_NOT_FOUND ? LUCI_OK : result;
}

/* Fills in the cells of fact_columns. */
static luci_result_t find_facts(luci_db_t *db, const luci_user_t *user, const char **cells, apr_pool_t *pool)
{
    apr_int64_t keys = 0;
    sessions_t sessions = { 0, 0 };
    luci_paging_walk_t of_keys = { &luci_sql_key_page, user->id, 1, count_key, &keys };
    luci_session_list_t of_sessions = { user->id, apr_time_as_msec(apr_time_now()), count_session,
                                        &sessions };
    int failures = LUCI_KEY_UNCOUNTED, apps = 0;
    luci_result_t result = luci_paging_walk(db, &of_keys, pool);

    if (result == LUCI_OK)
        result = luci_session_list(db, &of_sessions, pool);
    if (result == LUCI_OK)
        result = find_sign_in(db, user, &sessions.begun, pool);
    if (result == LUCI_OK)
        result = luci_failures_of_user(db, user->id, &failures, pool);
    if (result == LUCI_OK)
        result = luci_app_password_count(db, user->id, &apps, pool);
    cells[0] = luci_sql_number(keys, pool);
    cells[1] = luci_sql_number(sessions.valid, pool);
    cells[2] = sessions.begun > 0 ? luci_sql_number(sessions.begun, pool) : NULL;
    cells[3] = failures == LUCI_KEY_UNCOUNTED ? NULL : luci_sql_number(failures, pool);
    cells[4] = luci_sql_number(apps, pool);
    return result;
}

static luci_exit_t run_show(luci_invocation_t *call)
{
    luci_ctl_database_t database;
    const luci_settings_t *settings = &database.config.settings;
    luci_user_t user;
    const luci_column_t *of_user;
    luci_column_t *columns;
    const char **cells;
    int many;
    luci_exit_t status = luci_account_open(call, &database, &user);
    luci_result_t result;

    if (status != LUCI_EXIT_DONE)
        return status;
    of_user = luci_account_columns(settings, &many, call->pool);
    columns = apr_pcalloc(call->pool, sizeof *columns * (apr_size_t)(many + FACT_COUNT));
    memcpy(columns, of_user, sizeof *columns * (apr_size_t)many);
    memcpy(columns + many, fact_columns, FACT_COUNT * sizeof *columns);
    cells = luci_account_cells(&user, settings, many + FACT_COUNT, call->pool);
    result = find_facts(database.db, &user, cells + many, call->pool);
    if (result != LUCI_OK)
        return luci_ctl_database_failed(&database, result);
    luci_output_record(call->output, columns, many + FACT_COUNT, cells);
    return LUCI_EXIT_DONE;
}

static const luci_option_t show_options[] = { LUCI_ACCOUNT_BY_ID, { NULL, NULL, NULL, 0 } };

const luci_command_t luci_command_user_show = {
    "user show",
    "NAME",
    "Shows a user",
    "After 100 failed sign-ins in a row only browsers with an earlier sign-in may try again, until\n"
    "user enable or user passwd sets the number back. With LuciaGroups, the groups are shown.\n",
    show_options,
    1,
    1,
    run_show,
    show_columns,
};
