/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/commands/commands.h"

#include "core/account/import.h"
#include "ctl/cli/progress.h"
#include "ctl/cli/say.h"
#include "ctl/commands/htpasswd.h"
#include "ctl/commands/import_input.h"

#include <apr_hash.h>
#include <apr_strings.h>
#include <apr_time.h>

typedef struct {
    apr_int64_t added, replaced;
} counts_t;

typedef struct {
    luci_invocation_t *call;
    luci_ctl_database_t database;
    luci_import_input_t input;
    luci_htpasswd_t file;
    luci_settings_t rules; /* for names, without a minimum length */
    apr_hash_t *keys;      /* key id -> apr_int64_t, the line in which it occurred */
    luci_import_batch_t batch;
    luci_import_user_t users[LUCI_IMPORT_BATCH];
    apr_int64_t lines[LUCI_IMPORT_BATCH];
    apr_int64_t last_line; /* the last line that is done, with all before it */
    counts_t counts;
    apr_pool_t *pool; /* of the current batch */
} import_t;

/* ---- A batch ---- */

/* Whether this is the first line with the name, ignoring case; refuses any other. */
static luci_result_t is_first(import_t *import, const char *username, int *first)
{
    const char *id;
    const apr_int64_t *line;
    apr_pool_t *lasting = import->call->pool;
    luci_result_t result = luci_key_id(username, &id, import->pool);

    if (result != LUCI_OK)
        return result;
    line = apr_hash_get(import->keys, id, APR_HASH_KEY_STRING);
    *first = line == NULL;
    if (line)
        luci_import_input_refuse(
            &import->input, import->file.line, username,
            apr_psprintf(import->pool, "line %" APR_INT64_T_FMT " has the same name, ignoring case", *line));
    else
        apr_hash_set(import->keys, apr_pstrdup(lasting, id), APR_HASH_KEY_STRING,
                     apr_pmemdup(lasting, &import->file.line, sizeof *line));
    return LUCI_OK;
}

/* Reads users until the batch is full; *more is 0 at the end of the file. */
static luci_result_t fill(import_t *import, int *more)
{
    luci_htpasswd_user_t user;
    luci_result_t result = LUCI_OK;

    import->batch.count = 0;
    while (import->batch.count < LUCI_IMPORT_BATCH && result == LUCI_OK) {
        int first = 0;

        *more = luci_htpasswd_next(&import->file, &import->rules, &user, import->pool);
        if (!*more)
            return LUCI_OK;
        if (user.problem) {
            luci_import_input_refuse(&import->input, import->file.line, user.username, user.problem);
            continue;
        }
        result = is_first(import, user.username, &first);
        if (result != LUCI_OK || !first)
            continue;
        import->lines[import->batch.count] = import->file.line;
        import->users[import->batch.count++] =
            (luci_import_user_t){ user.username, user.stored_hash, LUCI_IMPORT_ADDED };
    }
    return result;
}

static void count(import_t *import, int i)
{
    const luci_import_user_t *user = &import->users[i];

    switch (user->outcome) {
    case LUCI_IMPORT_ADDED: import->counts.added++; return;
    case LUCI_IMPORT_REPLACED: import->counts.replaced++; return;
    case LUCI_IMPORT_THERE:
        luci_import_input_existing(&import->input, import->lines[i], user->username);
        return;
    case LUCI_IMPORT_TAKEN:
        luci_import_input_refuse(&import->input, import->lines[i], user->username,
                                 "the name belongs to a user who signs in with another name");
    }
}

static luci_result_t import_batch(import_t *import, int *more)
{
    luci_result_t result = fill(import, more);

    if (result == LUCI_OK && import->batch.count > 0)
        result = luci_import_batch(import->database.db, &import->batch, import->pool);
    if (result != LUCI_OK)
        return result;
    for (int i = 0; i < import->batch.count; i++)
        count(import, i);
    import->last_line = import->file.line;
    luci_progress_show(&import->input.progress, import->file.bytes);
    apr_pool_clear(import->pool);
    return LUCI_OK;
}

/* ---- The file ---- */

static luci_exit_t show(const import_t *import, int stopped)
{
    static const luci_column_t columns[] = {
        { "added", "Added", LUCI_CELL_NUMBER, NULL },
        { "replaced", "Replaced", LUCI_CELL_NUMBER, NULL },
        { "there", "Existing", LUCI_CELL_NUMBER, NULL },
        { "refused", "Refused", LUCI_CELL_NUMBER, NULL },
        { "lastLine", "Last line", LUCI_CELL_NUMBER, NULL },
        { "complete", "Complete", LUCI_CELL_FLAG, NULL },
    };
    const counts_t *counts = &import->counts;
    apr_pool_t *pool = import->call->pool;
    const apr_int64_t numbers[] = { counts->added, counts->replaced, import->input.existing,
                                    import->input.refused, import->last_line };
    const char *cells[sizeof columns / sizeof *columns];

    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        cells[i] = luci_sql_number(numbers[i], pool);
    cells[sizeof numbers / sizeof *numbers] = stopped ? "0" : "1";
    luci_import_input_say_rest(&import->input);
    luci_output_done(import->call->output,
                     apr_psprintf(pool,
                                  "%s%" APR_INT64_T_FMT " added, %" APR_INT64_T_FMT
                                  " replaced, %" APR_INT64_T_FMT " existing, %" APR_INT64_T_FMT " refused",
                                  import->batch.dry_run ? "Dry run: " : "", counts->added, counts->replaced,
                                  import->input.existing, import->input.refused),
                     columns, sizeof columns / sizeof *columns, cells);
    return stopped || import->input.refused ? LUCI_EXIT_REFUSED : LUCI_EXIT_DONE;
}

static luci_exit_t import_all(import_t *import)
{
    int more = 1, stopped = 0;
    luci_result_t result = LUCI_OK;

    luci_progress_catch_signals();
    while (more && result == LUCI_OK && !(stopped = luci_progress_interrupted()))
        result = import_batch(import, &more);
    stopped |= luci_import_input_end(&import->input, &import->database, import->file.failed, result,
                                     import->counts.added + import->counts.replaced);
    if (stopped)
        luci_say_note("Stopped after line %" APR_INT64_T_FMT "; the same command continues from there.",
                      import->last_line);
    if (result != LUCI_OK)
        return luci_ctl_database_failed(&import->database, result);
    return show(import, stopped);
}

static luci_exit_t run_import(luci_invocation_t *call)
{
    import_t *import = apr_pcalloc(call->pool, sizeof *import);
    luci_exit_t status = luci_import_input_open(&import->input, call, &import->database);

    if (status != LUCI_EXIT_DONE)
        return status;
    import->call = call;
    import->file.stream = import->input.stream;
    import->rules = import->database.config.settings;
    import->rules.username_length.min = 1;
    import->keys = apr_hash_make(call->pool);
    import->batch.users = import->users;
    import->batch.replace = luci_command_has(call, "replace");
    import->batch.dry_run = import->input.is_dry_run;
    import->batch.now = apr_time_as_msec(apr_time_now());
    apr_pool_create(&import->pool, call->pool);
    status = import_all(import);
    luci_import_input_close(&import->input);
    return status;
}

static const luci_option_t options[] = {
    { "replace", NULL, "set the hashes of existing users, and end their sessions", 0 },
    { "dry-run", NULL, "only report what would be done", 0 },
    { NULL, NULL, NULL, 0 },
};

const luci_command_t luci_command_import_htpasswd = {
    "import htpasswd",
    "FILE",
    "Imports the users of an htpasswd file",
    "Hashes of bcrypt, apr1, SHA-1 and crypt(3) are imported unchanged; users sign in\n"
    "with their passwords, and then get a new hash as LuciaPasswordHash says. If two\n"
    "names differ only in case, the first one is imported. Existing users are not\n"
    "changed. A refused line is reported with its number and the reason, and the exit\n"
    "status is 1. FILE \"-\" is standard input.\n\n"
    "Users are imported in transactions of 200. After an interruption or an error, the\n"
    "same command continues where it stopped.\n",
    options,
    1,
    1,
    run_import,
    NULL,
};
