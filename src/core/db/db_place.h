/* SPDX-License-Identifier: Apache-2.0 */
/* Where a database is, in words without any secret, and what of a library's words about a failing
 * connection may be shown. */
#ifndef LUCI_DB_PLACE_H
#define LUCI_DB_PLACE_H

#include "core/db/sql.h"

/* "the file /srv/x.db", "the PostgreSQL database lucia at db.example:5432". From pool. */
const char *luci_db_place(luci_sql_dialect_t dialect, const char *params, apr_pool_t *pool);

/* The library's message whole, as one line, from pool; only a quoted word that may be part of a password is
 * left out. A misspelled option of params is named, also where the driver leaves it out without a word. */
const char *luci_db_place_message(luci_sql_dialect_t dialect, const char *params, const char *message,
                                  apr_pool_t *pool);

#endif
