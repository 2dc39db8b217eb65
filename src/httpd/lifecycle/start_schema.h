/* SPDX-License-Identifier: Apache-2.0 */
/* LuciaCreateSchema: missing tables and columns are made when httpd starts, or told with the
 * statements that make them, by short-lived processes, one a
 * server, that have already dropped root's rights, so that a database file and its companions belong to those
 * who use it, and no database handle of the parent lives on in the children. They work side by side; a start
 * waits for them, a restart for a second at most. A database that can't be reached then is logged; httpd
 * starts all the same. */
#ifndef LUCI_START_SCHEMA_H
#define LUCI_START_SCHEMA_H

#include <httpd.h>

/* The post_config hook's work for all servers; not for the configuration's trial reading. */
void luci_start_schema(apr_pool_t *conf_pool, apr_pool_t *scratch, server_rec *main_server);

/* The test_config hook's work: looks, and tells on the console what is missing. */
void luci_start_schema_test(apr_pool_t *conf_pool, server_rec *main_server);

#endif
