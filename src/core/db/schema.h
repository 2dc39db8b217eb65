/* SPDX-License-Identifier: Apache-2.0 */
/* Finds and creates missing tables and columns, according to the records of table.h. */
#ifndef LUCI_SCHEMA_H
#define LUCI_SCHEMA_H

#include "core/db/db.h"

/* A missing table or column. */
typedef struct {
    const luci_table_t *table;
    const char *table_name;     /* its name in the database */
    const char *column;         /* NULL: the whole table */
    const char *attribute_line; /* the directive that names an attribute; NULL: the column is none */
    const char *failure; /* the directives that need it, and which requests fail without it. Of a column, as a
                            phrase after "which", NULL: all requests work; of a table, as in table.h */
    const char *const *statements; /* the statements that create it, in order; ends with NULL */
    int is_added;                  /* 1: it was added by luci_schema_mend or, meanwhile, by another process */
    const char *problem; /* why luci_schema_mend could not add it; NULL: it was added, or not tried */
} luci_gap_t;

/* Finds everything that is missing. OK: *gaps (luci_gap_t) is from pool, and empty if nothing is missing.
 * BUSY, UNAVAILABLE. */
luci_result_t luci_schema_gaps(luci_db_t *db, apr_array_header_t **gaps, apr_pool_t *pool) LUCI_MUST_USE;

/* Creates all missing tables with their indexes in one transaction, and changes no table that exists. *gaps
 * is what is missing afterwards. Several processes may call it at the same time. OK, BUSY, UNAVAILABLE. */
luci_result_t luci_schema_create(luci_db_t *db, apr_array_header_t **gaps, apr_pool_t *pool) LUCI_MUST_USE;

/* The same, and adds missing columns one by one, as far as the database allows; *gaps says which were added.
 * OK also if a column could not be added, or tables that only some requests need could not be created. */
luci_result_t luci_schema_mend(luci_db_t *db, apr_array_header_t **gaps, apr_pool_t *pool) LUCI_MUST_USE;

/* Creates one table with its indexes, unless another process has done so; for tables that are not wanted from
 * the start (table.h). */
luci_result_t luci_schema_create_one(luci_db_t *db, const luci_table_t *table,
                                     apr_pool_t *pool) LUCI_MUST_USE;

/* The statement that adds a column of any name to a table, from pool. */
const char *luci_schema_add_column(const luci_engine_t *engine, const luci_table_t *table, const char *column,
                                   const luci_settings_t *settings, apr_pool_t *pool);

/* The statements that create a table with its indexes, in order, from pool; ends with NULL. */
const char *const *luci_schema_table(const luci_engine_t *engine, const luci_table_t *table,
                                     const luci_settings_t *settings, apr_pool_t *pool);

/* A description of a gap and its consequences, and the statements that create it, as phrases from pool. */
const char *luci_gap_text(const luci_gap_t *gap, apr_pool_t *pool);
const char *luci_gap_statements(const luci_gap_t *gap, apr_pool_t *pool);

#endif
