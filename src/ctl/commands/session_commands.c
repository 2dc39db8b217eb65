/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/commands/commands.h"

#include "core/session/session_list.h"
#include "ctl/cli/say.h"
#include "ctl/cli/secret_prompt.h"
#include "ctl/commands/purge_run.h"
#include "ctl/lib/account.h"
#include "ctl/lib/admin_audit.h"
#include "ctl/lib/session_notice.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <apr_time.h>
#include <string.h>

static luci_ms_t now_ms(void)
{
    return apr_time_as_msec(apr_time_now());
}

/* ---- session list ---- */

static const luci_column_t columns[] = {
    { "session", "Session", LUCI_CELL_TEXT, NULL },
    { "username", "Username", LUCI_CELL_TEXT, NULL },
    { "userId", "User id", LUCI_CELL_TEXT, NULL },
    { "state", "State", LUCI_CELL_TEXT, NULL },
    { "createdAt", "Created", LUCI_CELL_TIMESTAMP, NULL },
    { "lastSeen", "Last renewed", LUCI_CELL_TIMESTAMP, NULL },
    { "activePeriodExpiresAt", "Active until", LUCI_CELL_TIMESTAMP, NULL },
    { "idlePeriodExpiresAt", "Ends", LUCI_CELL_TIMESTAMP, NULL },
    { "address", "Address", LUCI_CELL_TEXT, NULL },
    { "userAgent", "User agent", LUCI_CELL_TEXT, NULL },
    LUCI_COLUMNS_END,
};

#define COLUMNS LUCI_COLUMNS_COUNT(columns)

typedef struct {
    luci_output_t *output;
    int with_expired;
    apr_int64_t left; /* sessions to show */
} listing_t;

static const char *state_name(luci_session_state_t state)
{
    switch (state) {
    case LUCI_SESSION_ACTIVE: return "active";
    case LUCI_SESSION_IDLE: return "idle";
    case LUCI_SESSION_EXPIRED: return "dead";
    }
    return NULL;
}

static int list_session(void *baton, const luci_listed_session_t *session, apr_pool_t *scratch)
{
    listing_t *listing = baton;
    const char *cells[COLUMNS] = {
        session->tag,
        session->username,
        session->user_id,
        state_name(session->state),
        session->created_at,
        session->last_seen,
        luci_sql_number(session->active_expires, scratch),
        luci_sql_number(session->idle_expires, scratch),
        session->address,
        session->user_agent,
    };

    if (session->state == LUCI_SESSION_EXPIRED && !listing->with_expired)
        return 1;
    luci_output_row(listing->output, cells);
    return --listing->left > 0;
}

static luci_exit_t run_list(luci_invocation_t *call)
{
    luci_ctl_database_t database;
    listing_t listing = { call->output, luci_command_has(call, "dead"), APR_INT64_MAX };
    luci_session_list_t list = { NULL, now_ms(), list_session, &listing };
    luci_user_t user = { 0 };
    luci_result_t result;
    luci_exit_t status = luci_command_number(call, "limit", 1, APR_INT64_MAX, &listing.left);

    if (status == LUCI_EXIT_DONE)
        status = call->operands ? luci_account_open(call, &database, &user)
                                : luci_ctl_database_open(call, &database);
    if (status != LUCI_EXIT_DONE)
        return status;
    list.user_id = user.id; /* NULL without NAME */
    luci_output_begin(call->output, columns, COLUMNS);
    result = luci_session_list(database.db, &list, call->pool);
    luci_output_end(call->output);
    return result == LUCI_OK ? LUCI_EXIT_DONE : luci_ctl_database_failed(&database, result);
}

static const luci_option_t list_options[] = {
    { "dead", NULL, "also list expired sessions that are not deleted yet", 0 },
    { "limit", "N", "at most N sessions", 0 },
    LUCI_ACCOUNT_BY_ID,
    { NULL, NULL, NULL, 0 },
};

const luci_command_t luci_command_session_list = {
    "session list",
    "[NAME]",
    "Lists the sessions of all users, or of one",
    "A session is identified by the first digits of the SHA-256 of its id, as in the audit log. The\n"
    "id itself gives access to the account and is never shown.\n",
    list_options,
    0,
    1,
    run_list,
    columns,
};

/* ---- session revoke ---- */

#define TAG_MIN 4 /* characters of a tag on the command line */

/* A session that the command line names. */
typedef struct {
    const char *tag;
    int found;
    const char *stored_id;
    luci_user_t user; /* id and name */
    char shown[LUCI_EVENT_TAG_HEX + 1];
} named_t;

typedef struct {
    named_t *named;
    int count;
    apr_pool_t *pool;
} search_t;

static int match_session(void *baton, const luci_listed_session_t *session, apr_pool_t *scratch)
{
    search_t *search = baton;

    (void)scratch;
    for (int i = 0; i < search->count; i++) {
        named_t *named = &search->named[i];

        if (strncmp(session->tag, named->tag, strlen(named->tag)) != 0)
            continue;
        named->found++;
        named->stored_id = apr_pstrdup(search->pool, session->stored_id);
        named->user.id = apr_pstrdup(search->pool, session->user_id);
        named->user.username = apr_pstrdup(search->pool, session->username);
        apr_cpystrn(named->shown, session->tag, sizeof named->shown);
    }
    return 1;
}

static luci_exit_t read_tags(luci_invocation_t *call, search_t *search)
{
    search->pool = call->pool;
    search->named = apr_pcalloc(call->pool, (apr_size_t)(call->operands + 1) * sizeof *search->named);
    for (; search->count < call->operands; search->count++) {
        const char *tag = call->operand[search->count];
        size_t length = strspn(tag, "0123456789abcdef");

        if (tag[length] || length < TAG_MIN || length > LUCI_EVENT_TAG_HEX)
            return luci_command_misuse(
                call,
                apr_psprintf(call->pool,
                             "%s is not a session: write %d to %d of the digits that session list shows", tag,
                             TAG_MIN, LUCI_EVENT_TAG_HEX));
        search->named[search->count].tag = tag;
    }
    return LUCI_EXIT_DONE;
}

/* Refuses to end any session unless each tag belongs to exactly one. */
static luci_exit_t judge(const search_t *search)
{
    for (int i = 0; i < search->count; i++) {
        const named_t *named = &search->named[i];

        if (named->found == 0)
            return luci_say_error(LUCI_EXIT_REFUSED, "there is no session %s; nothing was ended", named->tag);
        if (named->found > 1)
            return luci_say_error(LUCI_EXIT_REFUSED,
                                  "%s matches %d sessions: write more of its digits; nothing was ended",
                                  named->tag, named->found);
    }
    return LUCI_EXIT_DONE;
}

static luci_exit_t say_ended(luci_invocation_t *call, apr_int64_t ended)
{
    static const luci_column_t column = { "ended", "Ended", LUCI_CELL_NUMBER, NULL };
    const char *cell = luci_sql_number(ended, call->pool);

    luci_output_done(call->output,
                     apr_psprintf(call->pool, "%s session%s ended.", cell, ended == 1 ? " was" : "s were"),
                     &column, 1, &cell);
    return LUCI_EXIT_DONE;
}

static luci_exit_t end_named(luci_invocation_t *call, luci_ctl_database_t *database, const search_t *search)
{
    apr_array_header_t *ended = apr_array_make(call->pool, search->count + 1, sizeof(const char *));

    for (int i = 0; i < search->count; i++) {
        const named_t *named = &search->named[i];
        luci_result_t result = luci_session_list_delete(database->db, named->stored_id, call->pool);

        if (result != LUCI_OK && result != LUCI_NOT_FOUND)
            return luci_ctl_database_failed(database, result);
        if (result == LUCI_OK)
            luci_admin_audit_session(database, named->shown, &named->user);
        if (result == LUCI_OK)
            APR_ARRAY_PUSH(ended, const char *) = named->stored_id;
    }
    luci_session_notice_ended(call, database, NULL, ended);
    return say_ended(call, ended->nelts);
}

static luci_exit_t end_all_of(luci_invocation_t *call, luci_ctl_database_t *database, const luci_user_t *user)
{
    luci_admin_ended_t ended = { 0 };
    luci_result_t result = luci_admin_end_sessions(database->db, user, &ended, call->pool);

    luci_admin_audit_write(database, LUCI_EVENT_SESSION_REVOKE, user, result, ended.count);
    if (result != LUCI_OK)
        return luci_account_refused(call, database, result, user->username);
    luci_session_notice_ended(call, database, NULL, ended.stored_ids);
    return say_ended(call, ended.count);
}

static luci_exit_t run_revoke(luci_invocation_t *call)
{
    luci_ctl_database_t database;
    search_t search = { 0 };
    luci_session_list_t list = { NULL, now_ms(), match_session, &search };
    const char *name = luci_command_value(call, "user");
    luci_user_t user = { 0 };
    luci_result_t result;
    luci_exit_t status = read_tags(call, &search);

    if (status == LUCI_EXIT_DONE && !name && call->operands == 0)
        return luci_command_misuse(call, "SESSION or --user NAME is missing");
    if (status == LUCI_EXIT_DONE)
        status = luci_ctl_database_open(call, &database);
    if (status == LUCI_EXIT_DONE && name)
        status = luci_account_find(call, &database, name, &user);
    if (status == LUCI_EXIT_DONE)
        status = luci_admin_audit_open(call, &database);
    if (status != LUCI_EXIT_DONE)
        return status;
    if (call->operands == 0)
        return end_all_of(call, &database, &user);
    list.user_id = name ? user.id : NULL;
    result = luci_session_list(database.db, &list, call->pool);
    if (result != LUCI_OK)
        return luci_ctl_database_failed(&database, result);
    status = judge(&search);
    return status == LUCI_EXIT_DONE ? end_named(call, &database, &search) : status;
}

static const luci_option_t revoke_options[] = {
    { "user", "NAME", "end only sessions of this user; without SESSION all of them", 0 },
    { "id", NULL, "NAME is a user id, not a username", 0 },
    { NULL, NULL, NULL, 0 },
};

const luci_command_t luci_command_session_revoke = {
    "session revoke",
    "SESSION... | --user NAME",
    "Ends sessions",
    "SESSION is the value that session list shows, or a prefix of it that no other session has. The\n"
    "httpd of this machine notices the end at once, as with user disable.\n",
    revoke_options,
    0,
    -1,
    run_revoke,
    NULL,
};

/* ---- session revoke-all ---- */

/* Purges with the largest timestamp as the current time, so that every session counts as expired, and every
 * step that would become one; these first, because one that completes meanwhile has its session then. A
 * session of Lucia v2 gets the hash of its id when it is used, which moves it in the order of ids: the first
 * pass may miss it, so there is a second one. */
static luci_exit_t end_all(luci_invocation_t *call)
{
    luci_ctl_database_t database;
    apr_int64_t removed = 0, more = 0;
    luci_exit_t status = luci_ctl_database_open(call, &database);

    if (status == LUCI_EXIT_DONE)
        status = luci_admin_audit_open(call, &database);
    if (status != LUCI_EXIT_DONE)
        return status;
    status = luci_purge_run_steps(call, &database, LUCI_TIMESTAMP_MAX);
    if (status == LUCI_EXIT_DONE)
        status = luci_purge_run_until(call, &database, LUCI_TIMESTAMP_MAX, &removed);
    if (status == LUCI_EXIT_DONE)
        status = luci_purge_run_until(call, &database, LUCI_TIMESTAMP_MAX, &more);
    removed += more;
    luci_admin_audit_write(&database, LUCI_EVENT_SESSION_REVOKE, NULL,
                           status == LUCI_EXIT_DATABASE ? LUCI_UNAVAILABLE : LUCI_OK, removed);
    return status == LUCI_EXIT_DONE ? say_ended(call, removed) : status;
}

static luci_exit_t run_revoke_all(luci_invocation_t *call)
{
    luci_ctl_database_t database;
    luci_user_t user;
    luci_exit_t status;

    if (call->operands == luci_command_has(call, "everybody"))
        return luci_command_misuse(call, "either NAME or --everybody is needed");
    if (call->operands == 0 && !luci_command_has(call, "yes")) {
        status = luci_secret_prompt_confirm(call, "End all sessions of all users?");
        if (status != LUCI_EXIT_DONE)
            return status;
    }
    if (call->operands == 0)
        return end_all(call);
    status = luci_account_open_to_change(call, &database, &user);
    return status == LUCI_EXIT_DONE ? end_all_of(call, &database, &user) : status;
}

static const luci_option_t revoke_all_options[] = {
    { "everybody", NULL, "end all sessions of all users", 0 },
    { "yes", NULL, "do not ask for confirmation", 0 },
    LUCI_ACCOUNT_BY_ID,
    { NULL, NULL, NULL, 0 },
};

const luci_command_t luci_command_session_revoke_all = {
    "session revoke-all",
    "NAME | --everybody",
    "Ends all sessions of a user, or of all users",
    "Sign-ins that wait for a second factor end, too.\n",
    revoke_all_options,
    0,
    1,
    run_revoke_all,
    NULL,
};
