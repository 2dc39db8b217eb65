/* SPDX-License-Identifier: Apache-2.0 */
/* The directive table as httpd wants it. */
#ifndef LUCI_COMMAND_TABLE_H
#define LUCI_COMMAND_TABLE_H

#include <httpd.h>
#include <http_config.h>

/* For the module record: a command for every row, closed by an empty one. */
extern const command_rec luci_command_table[];

#endif
