/* SPDX-License-Identifier: Apache-2.0 */
/* Questions about what a database has: columns of a table, an index, a foreign key. */
#ifndef LUCI_PROBE_H
#define LUCI_PROBE_H

#include "core/db/sql.h"

typedef enum {
    LUCI_PROBE_COLUMNS,  /* all of a list, and so the table */
    LUCI_PROBE_INDEX,    /* one that begins with a column */
    LUCI_PROBE_REFERENCE /* a foreign key to the user table */
} luci_probe_kind_t;

#define LUCI_PROBE_COLUMNS_MAX LUCI_ATTRIBUTES_MAX /* at least as many as a table record has */

typedef struct {
    luci_probe_kind_t kind;
    const luci_table_t *table;
    const char *columns[LUCI_PROBE_COLUMNS_MAX]; /* borrowed; of an index, one */
    int count;
} luci_probe_t;

/* Lucia's columns of a table, which it must have. */
luci_probe_t luci_probe_table(const luci_table_t *table);

/* The columns of our own; count is 0 when the table has none. */
luci_probe_t luci_probe_ours(const luci_table_t *table);

/* One column of any name. */
luci_probe_t luci_probe_column(const luci_table_t *table, const char *column);

/* An index that begins with a column, and a foreign key. */
luci_probe_t luci_probe_index(const luci_table_t *table, const char *column);
luci_probe_t luci_probe_reference(const luci_table_t *table);

/* The columns of LuciaUserAttributes, except for username, which is always read; count is 0 when there are
 * none. attributes may be NULL. They are not probed together with our own, because an attribute may have
 * the name of one of ours in another case, which only some engines take for the same. */
luci_probe_t luci_probe_attributes(const apr_array_header_t *attributes);

/* A query, from pool: it has a row when everything is found. Otherwise it has none, or preparing it fails
 * with LUCI_FAILURE_MISSING. */
const char *luci_probe_text(const luci_probe_t *probe, const luci_engine_t *engine,
                            const luci_settings_t *settings, apr_pool_t *pool);

#endif
