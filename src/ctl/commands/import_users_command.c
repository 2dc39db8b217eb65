/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/commands/commands.h"

#include "core/db/schema.h"
#include "core/db/user_table.h"
#include "core/password/policy.h"
#include "ctl/cli/progress.h"
#include "ctl/cli/say.h"
#include "ctl/commands/import_input.h"
#include "ctl/commands/import_record.h"

#include <apr_strings.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    luci_invocation_t *call;
    luci_ctl_database_t database;
    luci_import_input_t input;
    int without_keys;
    apr_int64_t line, bytes;
    apr_int64_t added;
    apr_int64_t keyless; /* lines without the member "keys", most likely all */
    apr_int64_t first_keyless;
    apr_pool_t *pool; /* of the current line */
} import_t;

/* ---- A user ---- */

/* Sets *missing to a column that the record needs and the user table lacks; NULL if there is none. */
static luci_result_t find_missing(import_t *import, const luci_import_account_t *account,
                                  const char **missing)
{
    luci_sql_columns_t columns = luci_db_columns(import->database.db);
    luci_result_t result = LUCI_OK;
    int found = 1;

    *missing = account->disabled_from && !columns.disabled ? "disabled"
               : account->created_at && !columns.user      ? "created_at"
                                                           : NULL;
    for (int i = 0; i < account->values_count && result == LUCI_OK && !*missing; i++) {
        result = luci_db_has_column(import->database.db, &luci_table_user, account->values[i].column, &found);
        if (result == LUCI_OK && !found)
            *missing = account->values[i].column;
    }
    return result;
}

static const char *say_missing(const import_t *import, const char *column)
{
    return apr_psprintf(import->pool, "the user table has no column %s; add it with \"%s\"", column,
                        luci_schema_add_column(luci_db_engine(import->database.db), &luci_table_user, column,
                                               &import->database.config.settings, import->pool));
}

static const char *name_problem(const import_t *import, const char *username)
{
    luci_settings_t settings = import->database.config.settings;

    settings.username_length.min = 1; /* The account may be older than the current LuciaUsernameLength. */
    if (luci_policy_new_name(&settings, username) == LUCI_OK)
        return NULL;
    return apr_pstrcat(import->pool,
                       "the username is not allowed: ", luci_policy_name_rule(&settings, import->pool), NULL);
}

static void count(import_t *import, const luci_import_account_t *account)
{
    switch (account->outcome) {
    case LUCI_IMPORT_REPLACED:
    case LUCI_IMPORT_ADDED: import->added++; return;
    case LUCI_IMPORT_THERE:
        luci_import_input_existing(&import->input, import->line, account->username);
        return;
    case LUCI_IMPORT_TAKEN:
        luci_import_input_refuse(&import->input, import->line, account->username,
                                 apr_psprintf(import->pool,
                                              "belongs to another user, or differs in the database: %s",
                                              account->taken));
    }
}

static void refuse(import_t *import, const char *username, const char *problem)
{
    if (problem != luci_import_record_keyless) {
        luci_import_input_refuse(&import->input, import->line, username, problem);
        return;
    }
    import->input.refused++;
    if (import->keyless++ == 0)
        import->first_keyless = import->line;
}

static void say_keyless(const import_t *import)
{
    if (import->keyless > 0)
        luci_say_note("%s:%" APR_INT64_T_FMT ": %s; %" APR_INT64_T_FMT " such line%s not imported",
                      import->input.name, import->first_keyless, luci_import_record_keyless, import->keyless,
                      import->keyless == 1 ? " was" : "s were");
}

static luci_result_t import_line(import_t *import, const char *text, size_t length)
{
    luci_import_account_t account;
    const char *missing = NULL,
               *problem = luci_import_record_read(text, length, import->without_keys, &account, import->pool);
    luci_result_t result = LUCI_OK;

    if (!problem)
        problem = name_problem(import, account.username);
    if (!problem && account.groups_count && !import->database.config.settings.groups)
        problem = "the user has groups, which this database has not; write LuciaGroups On, and run luciactl "
                  "init";
    if (!problem)
        result = find_missing(import, &account, &missing);
    if (missing)
        problem = say_missing(import, missing);
    if (problem) {
        refuse(import, account.username, problem);
        return LUCI_OK;
    }
    if (result == LUCI_OK)
        result = luci_import_account(import->database.db, &account, import->input.is_dry_run, import->pool);
    if (result == LUCI_OK)
        count(import, &account);
    return result;
}

/* ---- The file: an object a line, with or without the brackets and commas of an array ---- */

static luci_result_t import_next(import_t *import, char *line, size_t length)
{
    const char *start = line + strspn(line, "[, \t");
    size_t left = length - (size_t)(start - line);

    while (left > 0 && strchr("], \t\r\n", start[left - 1]))
        left--;
    import->line++;
    import->bytes += (apr_int64_t)length;
    luci_progress_show(&import->input.progress, import->bytes);
    return left > 0 ? import_line(import, start, left) : LUCI_OK;
}

static luci_exit_t show(const import_t *import, int stopped)
{
    static const luci_column_t columns[] = {
        { "added", "Added", LUCI_CELL_NUMBER, NULL },     { "there", "Existing", LUCI_CELL_NUMBER, NULL },
        { "refused", "Refused", LUCI_CELL_NUMBER, NULL }, { "lastLine", "Last line", LUCI_CELL_NUMBER, NULL },
        { "complete", "Complete", LUCI_CELL_FLAG, NULL },
    };
    apr_pool_t *pool = import->call->pool;
    const char *cells[] = { luci_sql_number(import->added, pool),
                            luci_sql_number(import->input.existing, pool),
                            luci_sql_number(import->input.refused, pool), luci_sql_number(import->line, pool),
                            stopped ? "0" : "1" };

    luci_import_input_say_rest(&import->input);
    luci_output_done(import->call->output,
                     apr_psprintf(pool, "%s%s added, %s existing, %s refused",
                                  import->input.is_dry_run ? "Dry run: " : "", cells[0], cells[1], cells[2]),
                     columns, sizeof columns / sizeof *columns, cells);
    return stopped || import->input.refused ? LUCI_EXIT_REFUSED : LUCI_EXIT_DONE;
}

static luci_exit_t import_all(import_t *import)
{
    char *line = NULL;
    size_t size = 0;
    ssize_t length = 0;
    int stopped = 0, failed;
    luci_result_t result = LUCI_OK;

    luci_progress_catch_signals();
    while (result == LUCI_OK && !(stopped = luci_progress_interrupted()) &&
           (length = getline(&line, &size, import->input.stream)) >= 0) {
        result = import_next(import, line, (size_t)length);
        apr_pool_clear(import->pool);
    }
    failed = ferror(import->input.stream) ? errno : 0;
    free(line);
    stopped |= luci_import_input_end(&import->input, &import->database, failed, result, import->added);
    say_keyless(import);
    if (stopped)
        luci_say_note("Stopped at line %" APR_INT64_T_FMT "; the same command continues from there.",
                      import->line);
    return result == LUCI_OK ? show(import, stopped) : luci_ctl_database_failed(&import->database, result);
}

static luci_exit_t run_import(luci_invocation_t *call)
{
    import_t *import = apr_pcalloc(call->pool, sizeof *import);
    luci_exit_t status = luci_import_input_open(&import->input, call, &import->database);

    if (status != LUCI_EXIT_DONE)
        return status;
    import->call = call;
    import->without_keys = luci_command_has(call, "without-keys");
    apr_pool_create(&import->pool, call->pool);
    status = import_all(import);
    luci_import_input_close(&import->input);
    return status;
}

static const luci_option_t options[] = {
    { "dry-run", NULL, "only report what would be done", 0 },
    { "without-keys", NULL, "import users without keys if the file has none; they have no password", 0 },
    { NULL, NULL, NULL, 0 },
};

const luci_command_t luci_command_import_users = {
    "import users",
    "FILE",
    "Imports users that export wrote",
    "The ids, names, attributes, disabled flags, keys with their hashes and creation times\n"
    "that export --with-hashes wrote are imported unchanged, from any engine to any other.\n"
    "Each user is imported in one transaction, or refused with the line and the reason; the\n"
    "exit status is 1 then. Existing users with the same id, name, flag and keys are not\n"
    "changed, so that the same command continues where it stopped. Sessions are not moved:\n"
    "users sign in again. FILE \"-\" is standard input; luciactl import FILE does the same.\n",
    options,
    1,
    1,
    run_import,
    NULL,
};
