/* SPDX-License-Identifier: Apache-2.0 */
/* What can be known of a LuciaDatabase without asking it, for configtest. At a start the database
 * is asked, and one that is not there yet keeps nobody from starting. */
#ifndef LUCI_DATABASE_CHECK_H
#define LUCI_DATABASE_CHECK_H

#include "httpd/base/config.h"

/* Why it can't work, as a phrase from pool without any of its words but the path of a file; NULL: nothing is
 * known. Loads the driver. */
const char *luci_database_problem(const luci_database_t *database, int create_schema, apr_pool_t *pool);

#endif
