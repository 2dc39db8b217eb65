/* SPDX-License-Identifier: Apache-2.0 */
/* The names of a virtual host and of its LuciaDatabase line in messages. */
#ifndef LUCI_SERVER_NAME_H
#define LUCI_SERVER_NAME_H

#include <httpd.h>

/* "the main server" or "the virtual host of FILE:LINE". From pool, or constant. */
const char *luci_server_name(const server_rec *server, apr_pool_t *pool);

/* For luci_db_target_t: the place of a virtual host's LuciaDatabase line, and the command to diagnose it.
 * From pool. */
const char *luci_server_database_where(server_rec *server, apr_pool_t *pool);
const char *luci_server_database_report_command(apr_pool_t *pool);

#endif
