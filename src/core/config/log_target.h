/* SPDX-License-Identifier: Apache-2.0 */
/* Checks whether a log can be opened, as far as that is possible without opening it. */
#ifndef LUCI_LOG_TARGET_H
#define LUCI_LOG_TARGET_H

#include <apr_pools.h>

/* Why the program of "|COMMAND" cannot be started, from pool; command is the part after the bar. NULL: it
 * can, or this is known only when it is started. */
const char *luci_log_program_problem(const char *command, apr_pool_t *pool);

/* Why the file at this absolute path cannot be opened or created, from pool or constant; NULL: it can, or
 * this is known only when it is opened. */
const char *luci_log_file_problem(const char *path, apr_pool_t *pool);

#endif
