/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/commands/commands.h"

#include "ctl/cli/say.h"
#include "ctl/lib/admin_audit.h"
#include "ctl/lib/control_client.h"

#include <apr_strings.h>
#include <string.h>

/* ---- throttle list ---- */

static const luci_column_t columns[] = {
    { "kind", "Kind", LUCI_CELL_TEXT, NULL },
    { "name", "Name", LUCI_CELL_TEXT, NULL },
    { "count", "Count", LUCI_CELL_NUMBER, NULL },
    { "since", "Since", LUCI_CELL_TIMESTAMP, NULL },
    { "until", "Refused until", LUCI_CELL_TIMESTAMP, NULL },
    LUCI_COLUMNS_END,
};

#define COLUMNS LUCI_COLUMNS_COUNT(columns)

/* The text of a member, for a cell. */
static const char *cell_of(json_t *object, const char *name, apr_pool_t *pool)
{
    const json_t *value = json_object_get(object, name);

    if (json_is_string(value))
        return apr_pstrdup(pool, json_string_value(value));
    return json_is_integer(value)
               ? apr_psprintf(pool, "%" APR_INT64_T_FMT, (apr_int64_t)json_integer_value(value))
               : NULL;
}

static void put_one(luci_invocation_t *call, json_t *object)
{
    const char *cells[COLUMNS];
    apr_pool_t *scratch;

    if (apr_pool_create(&scratch, call->pool) != APR_SUCCESS)
        return;
    for (int i = 0; i < COLUMNS; i++)
        cells[i] = cell_of(object, columns[i].name, scratch);
    luci_output_row(call->output, cells);
    apr_pool_destroy(scratch);
}

static void keep(void *baton, json_t *object)
{
    json_array_append((json_t *)baton, object);
}

/* Reads the whole answer before it writes any row, because the server closes the connection to a slow reader,
 * and a pager on standard output may make this process one. */
static luci_exit_t run_list(luci_invocation_t *call)
{
    json_t *list = json_array();
    luci_control_question_t question = { NULL, "throttle-list", keep, list, call->pool, 0 };
    luci_ctl_database_t database;
    luci_exit_t status = luci_control_choose(call, &database, &question.path);
    int done;

    if (status == LUCI_EXIT_DONE)
        status = luci_control_ask(&question, &done);
    if (status == LUCI_EXIT_DONE) {
        luci_output_begin(call->output, columns, COLUMNS);
        for (size_t i = 0; i < json_array_size(list); i++)
            put_one(call, json_array_get(list, i));
        luci_output_end(call->output);
        if (json_array_size(list) == 0 && !luci_command_has(call, "json"))
            luci_say_note("No attempts are counted.");
    }
    json_decref(list);
    return status;
}

static const luci_option_t list_options[] = {
    LUCI_CONTROL_SOCKET,
    { NULL, NULL, NULL, 0 },
};

const luci_command_t luci_command_throttle_list = {
    "throttle list",
    "",
    "Lists the attempts that the running server counts",
    "It counts failed sign-ins of an account, from an address, and on a device (a browser with\n"
    "an earlier sign-in to the account), wrong codes of a user's second factor, sign-ups from an\n"
    "address, requests for a mail by name and by address, and mails by recipient. If the counts\n"
    "are in Redis or memcached, the list has those that this server changed last.\n",
    list_options,
    0,
    0,
    run_list,
    columns,
};

/* ---- throttle clear ---- */

static void ignore(void *baton, json_t *object)
{
    (void)baton;
    (void)object;
}

/* The command for the option that is given; NULL if none or several are given. */
static const char *clear_command(const luci_invocation_t *call)
{
    const char *account = luci_command_value(call, "account"), *address = luci_command_value(call, "address");
    int all = luci_command_has(call, "all");

    if ((account != NULL) + (address != NULL) + all != 1)
        return NULL;
    if (all)
        return "throttle-clear\tall";
    return apr_pstrcat(call->pool, "throttle-clear\t", account ? "account\t" : "address\t",
                       account ? account : address, NULL);
}

/* Whether a value would end a word of the command with a tab, or the command with a newline. */
static int has_separator(const char *value)
{
    return value && strpbrk(value, "\t\n");
}

static luci_exit_t run_clear(luci_invocation_t *call)
{
    static const luci_column_t column = { "cleared", "Cleared", LUCI_CELL_NUMBER, NULL };
    luci_control_question_t question = { NULL, clear_command(call), ignore, NULL, call->pool, 0 };
    luci_ctl_database_t database;
    int cleared = 0;
    const char *cell;
    luci_exit_t status;

    if (!question.command)
        return luci_command_misuse(call, "exactly one of --account, --address and --all is needed");
    if (has_separator(luci_command_value(call, "account")) ||
        has_separator(luci_command_value(call, "address")))
        return luci_command_misuse(call, "a name or an address cannot contain tabs or newlines");
    status = luci_control_choose(call, &database, &question.path);
    if (status == LUCI_EXIT_DONE)
        status = luci_admin_audit_open(call, &database);
    if (status == LUCI_EXIT_DONE)
        status = luci_control_ask(&question, &cleared);
    if (status != LUCI_EXIT_DONE)
        return status;
    luci_admin_audit_write(&database, LUCI_EVENT_THROTTLE_CLEAR, NULL, cleared ? LUCI_OK : LUCI_NOT_FOUND,
                           cleared);
    if (!cleared && !luci_command_has(call, "all"))
        return luci_say_error(LUCI_EXIT_REFUSED, "no attempts are counted for it");
    cell = apr_itoa(call->pool, cleared);
    luci_output_done(call->output,
                     apr_psprintf(call->pool, "%s count%s cleared.", cell, cleared == 1 ? " was" : "s were"),
                     &column, 1, &cell);
    return LUCI_EXIT_DONE;
}

static const luci_option_t clear_options[] = {
    { "account", "NAME", "clear the counts of an account, or of mails to an address", 0 },
    { "address", "ADDRESS", "clear the counts of an address; for IPv6, of its /64 network", 0 },
    { "all", NULL, "clear all counts", 0 },
    LUCI_CONTROL_SOCKET,
    { NULL, NULL, NULL, 0 },
};

const luci_command_t luci_command_throttle_clear = {
    "throttle clear",
    "",
    "Ends the throttling of an account or an address",
    "The running server clears what it counted for the account, for the address, or for all.\n",
    clear_options,
    0,
    0,
    run_clear,
    NULL,
};
