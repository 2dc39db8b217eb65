/* SPDX-License-Identifier: Apache-2.0 */
/* Describes database errors for logs and messages. All such texts are made here. */
#ifndef LUCI_DB_PROBLEM_H
#define LUCI_DB_PROBLEM_H

#include "core/db/db.h"

/* The database and the place where it is configured, without any secret. From pool. */
const char *luci_db_title(const luci_db_target_t *target, apr_pool_t *pool);

/* The same, with the reason why the last call failed (from the library and from the operating system) and
 * what to do next. From pool. */
const char *luci_db_problem(const luci_db_t *db, apr_pool_t *pool);

#endif
