/* SPDX-License-Identifier: Apache-2.0 */
/* The manual page and bash's completion, from the records of the commands, so that neither can say
 * something else than the program does. Both go to stdout. */
#ifndef LUCI_MANUAL_H
#define LUCI_MANUAL_H

#include "ctl/cli/command.h"

/* luciactl(8), in the macros of man(7). */
void luci_manual_page(const luci_command_t *const *commands);

/* A file for bash-completion. */
void luci_manual_completion(const luci_command_t *const *commands, apr_pool_t *scratch);

#endif
