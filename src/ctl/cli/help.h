/* SPDX-License-Identifier: Apache-2.0 */
/* Help, from the records of the commands. */
#ifndef LUCI_HELP_H
#define LUCI_HELP_H

#include "ctl/cli/command.h"

/* The overview on stdout. */
void luci_help_all(const luci_command_t *const *commands);

/* About the command, or all of the group, that words name. NOT DONE: there is none, said. */
luci_exit_t luci_help_about(const luci_command_t *const *commands, const char *const *words, int count);

#endif
