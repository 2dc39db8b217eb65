/* SPDX-License-Identifier: Apache-2.0 */
/* Checks a LuciaDatabase without connecting to it, for configtest. A start connects to it, but does not fail
 * if the database is unavailable. */
#ifndef LUCI_DATABASE_CHECK_H
#define LUCI_DATABASE_CHECK_H

#include "httpd/base/config.h"

/* Loads the driver, and returns a phrase from pool that says why the database cannot work; NULL: no problem
 * is known. Of the parameters, the phrase contains at most the path of a file, never a secret. */
const char *luci_database_problem(const luci_database_t *database, int create_schema, apr_pool_t *pool);

#endif
