/* SPDX-License-Identifier: Apache-2.0 */
/* The tables: one record each, in NAME_table.c, from which the schema, the search for missing columns, and
 * the checks follow. They are Lucia v2's (adapter-sqlite 2, adapter-postgresql 2, adapter-mysql 2), with
 * further nullable columns of our own, which a database that Lucia alone made does not have. To add a
 * table, write its file and add a row to the list in table.c; to add a column, add it to its table's file.
 * The statements about a table are beside it or beside the only code that uses them (sql.h). */
#ifndef LUCI_TABLE_H
#define LUCI_TABLE_H

#include "core/base/settings.h"

#include <apr_pools.h>

typedef enum {
    LUCI_COLUMN_TEXT,
    LUCI_COLUMN_INTEGER /* 64 bits; moments are milliseconds since 1970 */
} luci_column_kind_t;

enum {
    LUCI_COLUMN_PRIMARY = 1,
    LUCI_COLUMN_UNIQUE = 2,
    LUCI_COLUMN_NULLABLE = 4,
    LUCI_COLUMN_UNSIGNED = 8,
    LUCI_COLUMN_USER = 16, /* refers to the id of the user table */
    LUCI_COLUMN_OURS = 32  /* not one of Lucia's, so that it may be missing; nullable */
};

typedef struct {
    const char *name;
    luci_column_kind_t kind;
    int length;          /* of a text, in characters; 0: any */
    int enforced_length; /* where the engine enforces lengths and Lucia declares a longer one; 0: length */
    int flags;
    const char *loss; /* of ours: what happens without it, as a phrase after a comma */
} luci_table_column_t;

typedef struct {
    const char *column; /* the first one; NULL closes a list */
    const char *loss;   /* what happens without it, as a phrase after a comma; "" */
} luci_table_index_t;

typedef struct {
    const char *name;   /* in statements, as {name} */
    const char *suffix; /* behind the user table's name: its name in the database; NULL: LuciaTables has it */
    size_t setting;     /* offset of that, in luci_tables_t */
    const luci_table_column_t *columns; /* ours stand last; closed by name NULL */
    const luci_table_index_t *indexes;  /* besides those of primary and unique columns */
    int has_attributes;                 /* the columns of LuciaUserAttributes stand before ours */
    int is_clustered;                   /* mostly read by its primary key */
    const char *loss; /* what happens without our columns, as a sentence; NULL: none are ours */
} luci_table_t;

/* All tables, closed by NULL. A table stands behind those that it refers to. */
extern const luci_table_t *const luci_table_list[];

/* The name of a table in the database; from pool unless LuciaTables has it. */
const char *luci_table_name(const luci_table_t *table, const luci_tables_t *tables, apr_pool_t *pool);

/* A column by its name; NULL: there is none. */
const luci_table_column_t *luci_table_column(const luci_table_t *table, const char *name);

#endif
