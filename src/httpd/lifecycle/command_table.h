/* SPDX-License-Identifier: Apache-2.0 */
/* The directives as httpd's command table, made from their records. */
#ifndef LUCI_COMMAND_TABLE_H
#define LUCI_COMMAND_TABLE_H

#include <httpd.h>
#include <http_config.h>

/* One command for every record, for the module record; ends with an empty one. */
extern const command_rec luci_command_table[];

#endif
