/* SPDX-License-Identifier: Apache-2.0 */
/* Probes: queries that tell whether a database has columns of a table, an index or a foreign key. */
#ifndef LUCI_PROBE_H
#define LUCI_PROBE_H

#include "core/db/sql.h"

typedef enum {
    LUCI_PROBE_COLUMNS,  /* the table exists and has all columns of a list */
    LUCI_PROBE_INDEX,    /* the table has an index that begins with a column */
    LUCI_PROBE_REFERENCE /* the table has a foreign key to the user table */
} luci_probe_kind_t;

#define LUCI_PROBE_COLUMNS_MAX LUCI_ATTRIBUTES_READ_MAX /* no table record has more columns */

typedef struct {
    luci_probe_kind_t kind;
    const luci_table_t *table;
    const char *columns[LUCI_PROBE_COLUMNS_MAX]; /* borrowed; for an index, its first column */
    int count;
} luci_probe_t;

/* A probe for Lucia's columns of a table, which the table must have. */
luci_probe_t luci_probe_table(const luci_table_t *table);

/* A probe for the additional columns of the module that are used all or none, and one for those that came
 * later and that these settings need; count is 0 if the table has none. */
luci_probe_t luci_probe_ours(const luci_table_t *table);
luci_probe_t luci_probe_later(const luci_table_t *table, const luci_settings_t *settings);

/* A probe for one column of any name. */
luci_probe_t luci_probe_column(const luci_table_t *table, const char *column);

/* Probes for an index that begins with a column, and for a foreign key to the user table. */
luci_probe_t luci_probe_index(const luci_table_t *table, const char *column);
luci_probe_t luci_probe_reference(const luci_table_t *table);

/* A probe for the columns of LuciaUserAttributes (may be NULL), except for username, which is always read;
 * count is 0 if there are none. They are not part of luci_probe_ours, because an attribute may have the name
 * of an additional column in another case, and only some engines take the two for the same column. */
luci_probe_t luci_probe_attributes(const apr_array_header_t *attributes);

/* The query of a probe, from pool. It returns a row if everything exists. Otherwise it returns none, or
 * preparing it fails with LUCI_FAILURE_MISSING. */
const char *luci_probe_text(const luci_probe_t *probe, const luci_engine_t *engine,
                            const luci_settings_t *settings, apr_pool_t *pool);

#endif
