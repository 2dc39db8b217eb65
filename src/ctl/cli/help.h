/* SPDX-License-Identifier: Apache-2.0 */
/* The help texts on stdout, made from the records of the commands. */
#ifndef LUCI_HELP_H
#define LUCI_HELP_H

#include "ctl/cli/command.h"

/* Prints the overview. */
void luci_help_all(const luci_command_t *const *commands);

/* Prints the help about the command that words name, or lists the commands of that group. USAGE: there is no
 * such command, with a message. */
luci_exit_t luci_help_about(const luci_command_t *const *commands, const char *const *words, int count);

#endif
