/* SPDX-License-Identifier: Apache-2.0 */
/* Floor 6. The records of all commands; each is beside its function. */
#ifndef LUCI_COMMANDS_H
#define LUCI_COMMANDS_H

#include "command.h"

/* init_command.c */
extern const luci_command_t luci_command_init;

#endif
