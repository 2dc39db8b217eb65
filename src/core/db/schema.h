/* SPDX-License-Identifier: Apache-2.0 */
/* Finds tables and columns that are missing, and creates them, as the records of table.h say. */
#ifndef LUCI_SCHEMA_H
#define LUCI_SCHEMA_H

#include "core/db/db.h"

/* A table or a column that is missing. */
typedef struct {
    const luci_table_t *record;
    const char *table;             /* its name in the database */
    const char *column;            /* NULL: the whole table */
    int is_attribute;              /* the column is one of LuciaUserAttributes */
    const char *const *statements; /* that create it, in order, closed by NULL */
    int is_added;                  /* luci_schema_mend, or another process meanwhile, has added it */
    const char *problem;           /* why luci_schema_mend could not add it; NULL: it did not try */
} luci_gap_t;

/* Everything that is missing: *gaps (luci_gap_t) from pool, empty when nothing is. OK, BUSY, UNAVAILABLE. */
luci_result_t luci_schema_gaps(luci_db_t *db, apr_array_header_t **gaps, apr_pool_t *pool) LUCI_MUST_USE;

/* Creates the missing tables with their indexes, all of them or none, and touches no table that exists. *gaps
 * is what is missing afterwards. Safe when several processes do it at once. OK, BUSY, UNAVAILABLE. */
luci_result_t luci_schema_create(luci_db_t *db, apr_array_header_t **gaps, apr_pool_t *pool) LUCI_MUST_USE;

/* The same, and adds the missing columns one by one, as far as the database allows: *gaps tells which. Also
 * OK when a column could not be added. */
luci_result_t luci_schema_mend(luci_db_t *db, apr_array_header_t **gaps, apr_pool_t *pool) LUCI_MUST_USE;

/* The statement that adds a column of any name to a table, from pool. */
const char *luci_schema_add_column(const luci_engine_t *engine, const luci_table_t *table, const char *column,
                                   const luci_settings_t *settings, apr_pool_t *pool);

/* The statements that create a table with its indexes, in order, closed by NULL; from pool. */
const char *const *luci_schema_table(const luci_engine_t *engine, const luci_table_t *table,
                                     const luci_settings_t *settings, apr_pool_t *pool);

/* What is missing and what that means, and the statements that create it, as phrases from pool. */
const char *luci_gap_text(const luci_gap_t *gap, apr_pool_t *pool);
const char *luci_gap_statements(const luci_gap_t *gap, apr_pool_t *pool);

#endif
