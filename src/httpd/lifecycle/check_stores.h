/* SPDX-License-Identifier: Apache-2.0 */
/* The start-up checks of what a server keeps its records in: caches, session tables that others
 * read differently, and, for configtest, the database. */
#ifndef LUCI_CHECK_STORES_H
#define LUCI_CHECK_STORES_H

#include "httpd/lifecycle/check.h"

void luci_check_stores(luci_check_t *check, server_rec *server);

#endif
