/* SPDX-License-Identifier: Apache-2.0 */
/* The record of the command check. */
#ifndef LUCI_CHECK_COMMAND_H
#define LUCI_CHECK_COMMAND_H

#include "ctl/cli/command.h"

extern const luci_command_t luci_command_check;

#endif
