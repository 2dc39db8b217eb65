/* SPDX-License-Identifier: Apache-2.0 */
/* The tables. Each is one record in NAME_table.c, from which the schema, the search for missing columns and
 * the checks are made. They are the tables of Lucia v2 (adapter-sqlite 2, adapter-postgresql 2, adapter-mysql
 * 2) with additional nullable columns of the module, which a database that Lucia created does not have. To
 * add a table, write its file and add a row to the list in table.c; to add a column, add it to the file of
 * its table. The module's first columns of a table are used all or none ([S:...] in sql.h); each column that
 * came later (LUCI_COLUMN_LATER) is used where it exists ([+NAME:...]). A start or luciactl init adds what is
 * missing. The statements about a table are beside it or beside the only code that uses them (sql.h). */
#ifndef LUCI_TABLE_H
#define LUCI_TABLE_H

#include "core/base/settings.h"

#include <apr_pools.h>

typedef enum {
    LUCI_COLUMN_TEXT,
    LUCI_COLUMN_INTEGER /* 64 bits; times are milliseconds since 1970 */
} luci_column_kind_t;

enum {
    LUCI_COLUMN_PRIMARY = 1,
    LUCI_COLUMN_UNIQUE = 2,
    LUCI_COLUMN_NULLABLE = 4,
    LUCI_COLUMN_UNSIGNED = 8,
    LUCI_COLUMN_USER = 16,  /* refers to the id of the user table */
    LUCI_COLUMN_OURS = 32,  /* an additional column of the module, which may be missing; nullable */
    LUCI_COLUMN_LATER = 64, /* beside OURS: a database may lack it and have the others; its name is unique */
    LUCI_COLUMN_CASCADE = 128, /* beside USER: the row is deleted with the user, by any program */
    LUCI_COLUMN_FACTORS = 256  /* beside LATER: neither made, missed nor used unless factors are counted */
};

typedef struct {
    const char *name;
    luci_column_kind_t kind;
    int length;          /* of a text, in characters; 0: any */
    int enforced_length; /* used instead by an engine that enforces lengths; 0: length */
    int flags;
    const char
        *loss; /* of an additional column: the consequence if it is missing, as a phrase after a comma */
} luci_table_column_t;

typedef struct {
    const char *column; /* the first column; NULL ends a list */
    const char *loss;   /* the consequence if the index is missing, as a phrase after a comma; "" */
} luci_table_index_t;

/* A column of the module that some settings cannot do without. */
typedef struct {
    const char *column; /* NULL ends a list */
    int (*is_needed)(const luci_settings_t *settings);
    const char *failure; /* the directives, and which requests fail without it, as a phrase after "which" */
} luci_table_need_t;

typedef struct {
    const char *name;   /* in statements, as {name} */
    const char *suffix; /* appended to the name of the user table; NULL: LuciaTables has the name */
    size_t setting;     /* offset of the name in luci_tables_t */
    const luci_table_column_t *columns; /* the additional ones are last; ends with name NULL */
    const char *primary; /* the columns of a primary key of several, with commas; NULL: a column is it */
    const luci_table_index_t *indexes;                 /* except for those of primary and unique columns */
    int (*is_wanted)(const luci_settings_t *settings); /* 0: it is neither made nor missed; NULL: always 1 */
    int has_attributes;             /* 1: the columns of LuciaUserAttributes precede the additional ones */
    int is_clustered;               /* 1: mostly read by its primary key */
    const luci_table_need_t *needs; /* NULL: none */
    const char *failure; /* what needs the table, and which requests fail without it, as a phrase after a
                            semicolon; NULL: it is not reported as missing */
    const char
        *loss; /* the consequence if additional columns are missing, as a sentence; NULL: it has none */
} luci_table_t;

/* All tables; ends with NULL. A table follows those that it refers to. */
extern const luci_table_t *const luci_table_list[];

/* The name of a table in the database, from pool unless LuciaTables has it. */
const char *luci_table_name(const luci_table_t *table, const luci_tables_t *tables, apr_pool_t *pool);

/* 1 if these settings need the table. */
int luci_table_is_wanted(const luci_table_t *table, const luci_settings_t *settings);

/* 1 if these settings need the column. */
int luci_table_wants_column(const luci_table_column_t *column, const luci_settings_t *settings);

/* The directives that need a column, and which requests fail without it, as a phrase after "which"; NULL:
 * these settings work without it. */
const char *luci_table_failure(const luci_table_t *table, const char *column,
                               const luci_settings_t *settings);

/* 1 if both settings need the same tables, and fail without the same columns. */
int luci_tables_are_alike(const luci_settings_t *a, const luci_settings_t *b);

/* A column that came later, by its number among those of all tables. 0: there are no more. */
#define LUCI_LATER_MAX 32
int luci_table_later(int number, const luci_table_t **table, const luci_table_column_t **column);

/* Finds a column by its name; NULL: unknown. */
const luci_table_column_t *luci_table_column(const luci_table_t *table, const char *name);

#endif
