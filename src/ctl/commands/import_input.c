/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/commands/import_input.h"

#include "core/files/trusted_path.h"
#include "ctl/cli/say.h"
#include "ctl/lib/admin_audit.h"
#include "ctl/lib/server_user.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define SAID_MAX 20 /* messages about existing users; further ones are only counted */

static luci_exit_t open_file(luci_import_input_t *input, apr_pool_t *pool)
{
    const char *problem = NULL;
    struct stat info;
    int opened;

    if (strcmp(input->name, "-") == 0)
        input->stream = stdin;
    else {
        luci_server_user_pause();
        opened = luci_trusted_open(input->name, O_RDONLY, 0, &problem, pool);
        luci_server_user_resume();
        input->stream = opened < 0 ? NULL : fdopen(opened, "r");
    }
    if (!input->stream)
        return luci_say_error(LUCI_EXIT_REFUSED, "%s cannot be read: %s", input->name,
                              problem ? problem : strerror(errno));
    luci_progress_begin(&input->progress, "bytes",
                        fstat(fileno(input->stream), &info) == 0 ? info.st_size : 0);
    return LUCI_EXIT_DONE;
}

luci_exit_t luci_import_input_open(luci_import_input_t *input, luci_invocation_t *call,
                                   luci_ctl_database_t *database)
{
    luci_exit_t status = luci_ctl_database_open(call, database);

    input->name = call->operand[0];
    input->is_dry_run = luci_command_has(call, "dry-run");
    input->existing = input->refused = 0;
    if (status == LUCI_EXIT_DONE)
        status = luci_admin_audit_open(call, database);
    return status == LUCI_EXIT_DONE ? open_file(input, call->pool) : status;
}

void luci_import_input_close(const luci_import_input_t *input)
{
    if (input->stream != stdin)
        fclose(input->stream);
}

/* what is followed by end. */
static void say_line(luci_import_input_t *input, apr_int64_t line, const char *username, const char *what,
                     const char *end)
{
    luci_progress_end(&input->progress);
    luci_say_note("%s:%" APR_INT64_T_FMT ": %s%s%s%s", input->name, line, username ? username : "",
                  username ? ": " : "", what, end);
}

void luci_import_input_refuse(luci_import_input_t *input, apr_int64_t line, const char *username,
                              const char *why)
{
    input->refused++;
    say_line(input, line, username, why, "; not imported");
}

void luci_import_input_existing(luci_import_input_t *input, apr_int64_t line, const char *username)
{
    if (input->existing++ < SAID_MAX)
        say_line(input, line, username, "exists already", "; not changed");
}

int luci_import_input_end(luci_import_input_t *input, const luci_ctl_database_t *database, int failed,
                          luci_result_t result, apr_int64_t imported)
{
    luci_progress_end(&input->progress);
    if (failed)
        luci_say_error(LUCI_EXIT_REFUSED, "%s cannot be read: %s", input->name, strerror(failed));
    if (!input->is_dry_run)
        luci_admin_audit_write(database, LUCI_EVENT_IMPORT, NULL, result, imported);
    return failed || result != LUCI_OK;
}

void luci_import_input_say_rest(const luci_import_input_t *input)
{
    if (input->existing > SAID_MAX)
        luci_say_note("%" APR_INT64_T_FMT " more users exist already", input->existing - SAID_MAX);
}
