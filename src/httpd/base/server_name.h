/* SPDX-License-Identifier: Apache-2.0 */
/* How messages name a server and its LuciaDatabase line, so that the administrator finds both. */
#ifndef LUCI_SERVER_NAME_H
#define LUCI_SERVER_NAME_H

#include <httpd.h>

/* "the main server" or "the virtual host of FILE:LINE". From pool, or constant. */
const char *luci_server_name(const server_rec *server, apr_pool_t *pool);

/* For luci_db_target_t: where a server's LuciaDatabase is written, and the command that says more. From pool.
 */
const char *luci_server_database_where(server_rec *server, apr_pool_t *pool);
const char *luci_server_database_next(apr_pool_t *pool);

#endif
