/* SPDX-License-Identifier: Apache-2.0 */
/* Floor 5.1. The directive table as httpd wants it. */
#ifndef LUCI_COMMANDS_H
#define LUCI_COMMANDS_H

#include <httpd.h>
#include <http_config.h>

/* For the module record: a command for every row, closed by an empty one. */
extern const command_rec luci_commands[];

#endif
