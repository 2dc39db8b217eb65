/* SPDX-License-Identifier: Apache-2.0 */
/* httpd's tree of directives as sites: the facts that the rules of core/config/site_rules.h judge. */
#ifndef LUCI_SITE_TREE_H
#define LUCI_SITE_TREE_H

#include <httpd.h>

#include <apr_tables.h>

/* One site (luci_site_t *) for each server, the main server first, in the order of the server records.
 * Everything is from pool or borrowed from the tree. */
apr_array_header_t *luci_site_tree_read(server_rec *main_server, apr_pool_t *pool);

#endif
