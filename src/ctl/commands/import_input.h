/* SPDX-License-Identifier: Apache-2.0 */
/* What the imports share: the file that they read, their messages about its lines, and the end of a run. */
#ifndef LUCI_IMPORT_INPUT_H
#define LUCI_IMPORT_INPUT_H

#include "ctl/cli/command.h"
#include "ctl/cli/progress.h"
#include "ctl/lib/database.h"

#include <stdio.h>

/* A file that is being imported, set by luci_import_input_open. */
typedef struct {
    FILE *stream;
    const char *name;
    int is_dry_run;       /* the option --dry-run */
    apr_int64_t existing; /* users that exist already */
    apr_int64_t refused;  /* lines that were not imported */
    luci_progress_t progress;
} luci_import_input_t;

/* Opens the database of a command, its audit log, and its first operand ("-": standard input), which root
 * reads as root. On failure it reports the reason, and there is nothing to close. */
luci_exit_t luci_import_input_open(luci_import_input_t *input, luci_invocation_t *call,
                                   luci_ctl_database_t *database);
void luci_import_input_close(const luci_import_input_t *input);

/* Counts a line that is not imported, and reports its user (NULL: not known) and the reason. */
void luci_import_input_refuse(luci_import_input_t *input, apr_int64_t line, const char *username,
                              const char *why);

/* Counts a user who exists already, and reports the first 20. */
void luci_import_input_existing(luci_import_input_t *input, apr_int64_t line, const char *username);

/* Ends the progress bar, reports a failure to read (an errno; 0: none), and writes the audit line unless it
 * is a dry run. result is that of the last step, imported the number of users. Returns 1 if the run failed.
 */
int luci_import_input_end(luci_import_input_t *input, const luci_ctl_database_t *database, int failed,
                          luci_result_t result, apr_int64_t imported);

/* Reports how many existing users were not reported. */
void luci_import_input_say_rest(const luci_import_input_t *input);

#endif
