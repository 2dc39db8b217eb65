/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/commands/commands.h"

#include "core/db/user_table.h"
#include "ctl/cli/progress.h"
#include "ctl/cli/say.h"
#include "ctl/commands/attribute_file.h"
#include "ctl/commands/import_input.h"
#include "ctl/lib/account.h"
#include "ctl/lib/admin_audit.h"
#include "ctl/lib/admin_notice.h"
#include "ctl/lib/session_notice.h"

#include <apr_strings.h>
#include <errno.h>
#include <string.h>

#define SAID_MAX 100 /* messages about records; further ones are only counted */

typedef struct {
    luci_invocation_t *call;
    luci_ctl_database_t database;
    luci_import_input_t input;
    luci_attribute_file_t file;
    const char *known[LUCI_ATTRIBUTE_VALUES_MAX]; /* columns that the table has */
    int known_count;
    apr_int64_t records, changed;
    luci_result_t result;
    apr_pool_t *pool; /* of the current record */
} bulk_t;

/* ---- Records ---- */

static void refuse(bulk_t *bulk, const luci_attribute_record_t *record, const char *why)
{
    if (bulk->input.refused++ >= SAID_MAX)
        return;
    luci_progress_end(&bulk->input.progress);
    luci_say_note("%s:%" APR_INT64_T_FMT ": %s%s%s", bulk->input.name, bulk->file.line,
                  record->name ? record->name : "", record->name ? ": " : "", why);
}

/* 1 if the user table has the column. A JSON file may name any number of columns, of which some are
 * remembered. */
static int has_column(bulk_t *bulk, const char *column)
{
    int found = 0;

    for (int i = 0; i < bulk->known_count; i++) {
        if (strcmp(bulk->known[i], column) == 0)
            return 1;
    }
    bulk->result = luci_db_has_column(bulk->database.db, &luci_table_user, column, &found);
    if (bulk->result == LUCI_OK && found && bulk->known_count < LUCI_ATTRIBUTE_VALUES_MAX)
        bulk->known[bulk->known_count++] = apr_pstrdup(bulk->call->pool, column);
    return found;
}

static luci_result_t find_user(bulk_t *bulk, const luci_attribute_record_t *record, luci_user_t *user)
{
    return record->is_id ? luci_user_get(bulk->database.db, record->name, user, bulk->pool)
                         : luci_admin_find(bulk->database.db, record->name, user, bulk->pool);
}

static void check(bulk_t *bulk, const luci_attribute_record_t *record)
{
    luci_user_t user;
    const char *problem = record->problem;

    for (int i = 0; i < record->count && !problem && bulk->result == LUCI_OK; i++) {
        if (luci_account_is_email(&bulk->database.config.settings, record->values[i].column))
            problem = "with LuciaEmail, user email sets the address of a user";
        else if (!has_column(bulk, record->values[i].column) && bulk->result == LUCI_OK)
            problem = apr_psprintf(bulk->pool, "the user table has no column %s", record->values[i].column);
    }
    if (!problem && bulk->result == LUCI_OK) {
        bulk->result = find_user(bulk, record, &user);
        if (bulk->result == LUCI_NOT_FOUND || bulk->result == LUCI_INVALID) {
            problem = "there is no such user";
            bulk->result = LUCI_OK;
        }
    }
    if (problem)
        refuse(bulk, record, problem);
}

/* Reports a user that was deleted since the check, and changes the others. */
static void change(bulk_t *bulk, const luci_attribute_record_t *record)
{
    const luci_account_values_t values = { record->values, record->count };
    luci_user_t user;

    bulk->result = find_user(bulk, record, &user);
    if (bulk->result == LUCI_OK) {
        bulk->result = luci_admin_notice_set_values(&bulk->database, &user, &values, bulk->pool);
        luci_admin_audit_write(&bulk->database, LUCI_EVENT_USER_SET, &user, bulk->result, 0);
    }
    if (bulk->result == LUCI_OK) {
        bulk->changed++;
        luci_session_notice_changed(bulk->call, &bulk->database, user.id);
    }
    if (bulk->result == LUCI_NOT_FOUND || bulk->result == LUCI_INVALID) {
        refuse(bulk, record, "the user has been deleted meanwhile");
        bulk->result = LUCI_OK;
    }
}

/* ---- The file ---- */

typedef void work_fn(bulk_t *bulk, const luci_attribute_record_t *record);

/* Calls work for each record, from the beginning of the file. 0: it was interrupted, or the file or the
 * database failed, with a message. */
static int each_record(bulk_t *bulk, work_fn *work)
{
    luci_attribute_record_t record;

    rewind(bulk->input.stream);
    bulk->file = (luci_attribute_file_t){ .stream = bulk->input.stream, .pool = bulk->call->pool };
    bulk->records = 0;
    while (bulk->result == LUCI_OK && !luci_progress_interrupted() &&
           luci_attribute_file_next(&bulk->file, &record, bulk->pool)) {
        bulk->records++;
        work(bulk, &record);
        luci_progress_show(&bulk->input.progress, bulk->file.bytes);
        apr_pool_clear(bulk->pool);
    }
    luci_progress_end(&bulk->input.progress);
    if (bulk->result != LUCI_OK)
        luci_ctl_database_failed(&bulk->database, bulk->result);
    if (ferror(bulk->input.stream))
        luci_say_error(LUCI_EXIT_REFUSED, "%s cannot be read: %s", bulk->input.name, strerror(errno));
    return bulk->result == LUCI_OK && !ferror(bulk->input.stream) && !luci_progress_interrupted();
}

/* Replaces a stream that cannot be read twice, such as a pipe, by a copy in a file without a name. */
static luci_exit_t make_rewindable(bulk_t *bulk)
{
    FILE *copy;
    char part[8192];
    size_t length;

    if (fseeko(bulk->input.stream, 0, SEEK_SET) == 0)
        return LUCI_EXIT_DONE;
    copy = tmpfile();
    while (copy && (length = fread(part, 1, sizeof part, bulk->input.stream)) > 0) {
        if (fwrite(part, 1, length, copy) != length)
            break;
    }
    if (!copy || ferror(copy) || ferror(bulk->input.stream) || fflush(copy) != 0)
        return luci_say_error(LUCI_EXIT_REFUSED, "%s cannot be copied to a temporary file: %s",
                              bulk->input.name, strerror(errno));
    bulk->input.stream = copy;
    return LUCI_EXIT_DONE;
}

static luci_exit_t finish(bulk_t *bulk)
{
    static const luci_column_t columns[] = {
        { "records", "Records", LUCI_CELL_NUMBER, NULL },
        { "changed", "Changed", LUCI_CELL_NUMBER, NULL },
        { "refused", "Refused", LUCI_CELL_NUMBER, NULL },
    };
    apr_pool_t *pool = bulk->call->pool;
    const char *cells[] = { luci_sql_number(bulk->records, pool), luci_sql_number(bulk->changed, pool),
                            luci_sql_number(bulk->input.refused, pool) };

    luci_output_done(bulk->call->output,
                     apr_psprintf(pool, "%s%s record%s, %s changed, %s refused.",
                                  bulk->input.is_dry_run ? "Dry run: " : "", cells[0],
                                  bulk->records == 1 ? "" : "s", cells[1], cells[2]),
                     columns, sizeof columns / sizeof *columns, cells);
    return bulk->input.refused ? LUCI_EXIT_REFUSED : LUCI_EXIT_DONE;
}

static luci_exit_t run_all(bulk_t *bulk)
{
    luci_exit_t status = make_rewindable(bulk);

    if (status != LUCI_EXIT_DONE)
        return status;
    luci_progress_catch_signals();
    if (!each_record(bulk, check))
        return bulk->result == LUCI_OK ? LUCI_EXIT_REFUSED : LUCI_EXIT_DATABASE;
    if (bulk->input.refused > SAID_MAX)
        luci_say_note("%" APR_INT64_T_FMT " more records are refused", bulk->input.refused - SAID_MAX);
    if (bulk->input.refused)
        luci_say_note("Nothing was changed.");
    if (bulk->input.refused || bulk->input.is_dry_run)
        return finish(bulk);
    if (each_record(bulk, change))
        return finish(bulk);
    luci_say_note("Stopped at line %" APR_INT64_T_FMT
                  "; the records before it are done, and the same command may run again.",
                  bulk->file.line);
    return bulk->result == LUCI_OK ? LUCI_EXIT_REFUSED : LUCI_EXIT_DATABASE;
}

static luci_exit_t run_attributes(luci_invocation_t *call)
{
    bulk_t *bulk = apr_pcalloc(call->pool, sizeof *bulk);
    luci_exit_t status = luci_import_input_open(&bulk->input, call, &bulk->database);

    if (status != LUCI_EXIT_DONE)
        return status;
    bulk->call = call;
    bulk->result = LUCI_OK;
    apr_pool_create(&bulk->pool, call->pool);
    status = run_all(bulk);
    luci_import_input_close(&bulk->input);
    return status;
}

static const luci_option_t options[] = {
    { "dry-run", NULL, "only check the file", 0 },
    { NULL, NULL, NULL, 0 },
};

const luci_command_t luci_command_user_set_attributes = {
    "user set-attributes",
    "FILE",
    "Sets attributes of many users from a file",
    "FILE is CSV with a header, whose columns are username (or userId) and attributes, or has a\n"
    "JSON object a line:\n\n"
    "    username,role,full_name\n"
    "    alice,admin,\"Alice, of course\"\n\n"
    "    {\"username\": \"alice\", \"attributes\": {\"role\": \"admin\", \"full_name\": null}}\n\n"
    "An empty field of CSV without quotes, and null, set NULL. The whole file is checked first: if\n"
    "a record is wrong or a user does not exist, each is reported with its line, nothing is\n"
    "changed, and the exit status is 1. Then each user is one transaction. The memory needed does\n"
    "not depend on the number of records. FILE \"-\" is standard input.\n",
    options,
    1,
    1,
    run_attributes,
    NULL,
};
