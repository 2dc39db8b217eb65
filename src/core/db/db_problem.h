/* SPDX-License-Identifier: Apache-2.0 */
/* The description of a database error for logs and messages; the only place that writes one. */
#ifndef LUCI_DB_PROBLEM_H
#define LUCI_DB_PROBLEM_H

#include "core/db/db.h"

/* Which database it is and where that is written, without any secret. From pool. */
const char *luci_db_title(const luci_db_target_t *target, apr_pool_t *pool);

/* The same, why the last call failed, in the library's words and the system's, and what to do next. From
 * pool.
 */
const char *luci_db_problem(const luci_db_t *db, apr_pool_t *pool);

#endif
