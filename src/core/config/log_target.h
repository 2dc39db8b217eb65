/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a log can be opened, as far as that shows before it is. */
#ifndef LUCI_LOG_TARGET_H
#define LUCI_LOG_TARGET_H

#include <apr_pools.h>

/* Why the program of "|COMMAND" (command: what follows the bar) can't be started; NULL: it can, or only a
 * start shows. */
const char *luci_log_program_problem(const char *command, apr_pool_t *pool);

/* Why the file at that absolute path can't be opened or made; likewise. */
const char *luci_log_file_problem(const char *path, apr_pool_t *pool);

#endif
