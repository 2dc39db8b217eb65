/* SPDX-License-Identifier: Apache-2.0 */
/* LuciaCreateSchema: when httpd starts, missing tables and columns are created, or logged with the statements
 * that create them. Short-lived processes, one for each database, do this after they have given up root's
 * rights: so a database file and its companions belong to the children's user, and the children inherit no
 * database handle of the parent. The processes run concurrently; a start waits for them, a restart at most a
 * second. If a database cannot be reached, that is logged, and httpd starts nevertheless. */
#ifndef LUCI_START_SCHEMA_H
#define LUCI_START_SCHEMA_H

#include <httpd.h>

/* Checks the databases of all servers, in the post_config hook; not when httpd only tests the configuration.
 */
void luci_start_schema(apr_pool_t *conf_pool, apr_pool_t *scratch, server_rec *main_server);

/* Reports missing tables and columns on the console, in the test_config hook. */
void luci_start_schema_test(apr_pool_t *conf_pool, server_rec *main_server);

#endif
