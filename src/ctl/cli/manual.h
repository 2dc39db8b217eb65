/* SPDX-License-Identifier: Apache-2.0 */
/* The manual page and the completion for bash, on stdout. They are made from the records of the commands, so
 * that they always describe the program as it is. */
#ifndef LUCI_MANUAL_H
#define LUCI_MANUAL_H

#include "ctl/cli/command.h"

/* Prints luciactl(8) with the macros of man(7). */
void luci_manual_page(const luci_command_t *const *commands);

/* Prints a file for bash-completion. */
void luci_manual_completion(const luci_command_t *const *commands, apr_pool_t *scratch);

#endif
