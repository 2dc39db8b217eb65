/* SPDX-License-Identifier: Apache-2.0 */
/* Makes tables, and nullable columns that are missing; finds out which are. */
#ifndef LUCI_SCHEMA_H
#define LUCI_SCHEMA_H

#include "core/db/db.h"

/* Makes the tables that are missing, with their indexes, all of them or none; touches none that is there.
 * Safe when several processes do it at once. OK, BUSY, UNAVAILABLE. */
luci_result_t luci_schema_create(luci_db_t *db, apr_pool_t *scratch) LUCI_MUST_USE;

/* A table or a column that is missing. */
typedef struct {
    luci_sql_column_t column; /* without a name: the whole table */
    const char *table;
    int is_attribute;              /* LuciaUserAttributes names it */
    const char *const *statements; /* what makes it, in order, closed by NULL */
    int is_added;                  /* luci_schema_add did, or another process meanwhile */
    const char *problem;           /* why luci_schema_add could not; NULL: it was not tried */
} luci_gap_t;

/* All that is missing: *gaps (luci_gap_t) from pool, empty when nothing is. OK, BUSY, UNAVAILABLE. */
luci_result_t luci_schema_gaps(luci_db_t *db, apr_array_header_t **gaps, apr_pool_t *pool) LUCI_MUST_USE;

/* Adds the columns that are missing, one by one, as far as the database lets it. Safe when several processes
 * do it at once. */
void luci_schema_add(luci_db_t *db, apr_array_header_t *gaps, apr_pool_t *pool);

/* What is missing and what that means, and the statements that make it, as phrases from pool. */
const char *luci_gap_text(const luci_gap_t *gap, apr_pool_t *pool);
const char *luci_gap_statements(const luci_gap_t *gap, apr_pool_t *pool);

#endif
