/* SPDX-License-Identifier: Apache-2.0 */
/* How many database handles a child process has where LuciaDatabasePool gives no number, and a warning if the
 * server's connections do not suffice (core/config/pool_fit.h). The process that checks the tables also asks
 * for the server's connections (start_schema.h), so that a start asks each database once. */
#ifndef LUCI_POOL_SIZES_H
#define LUCI_POOL_SIZES_H

#include <httpd.h>

/* Before the tables are checked: gives each server with a database the memory for the answer about its
 * connections. Without shared memory, the answers are unknown. */
void luci_pool_sizes_prepare(apr_pool_t *conf_pool, server_rec *main_server);

/* After that: sets handles and is_scarce in the parts of each server, and warns; is_test: on the console. */
void luci_pool_sizes_set(apr_pool_t *conf_pool, server_rec *main_server, int is_test);

#endif
