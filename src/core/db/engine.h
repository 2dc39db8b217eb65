/* SPDX-License-Identifier: Apache-2.0 */
/* The database engines: one record each, with everything in which they differ, in engine_NAME.c. To add an
 * engine, write its file and add its row to the list below. No other file knows an engine by name. */
#ifndef LUCI_ENGINE_H
#define LUCI_ENGINE_H

#include "core/base/result.h"
#include "core/db/table.h"

#include <apr_pools.h>

/* What a driver's code for a failure means. */
typedef enum {
    LUCI_FAILURE_OTHER,    /* not known */
    LUCI_FAILURE_BUSY,     /* a lock was not available in time */
    LUCI_FAILURE_CONFLICT, /* a row with the same key exists */
    LUCI_FAILURE_MISSING,  /* on preparing: a table or column does not exist */
} luci_failure_t;

typedef struct {
    int code;
    luci_failure_t failure;
} luci_engine_code_t;

/* What the engine runs instead of the text of a statement. */
typedef struct {
    const struct luci_statement_t *statement; /* sql.h */
    const char *text;
} luci_engine_text_t;

/* Words NAME=VALUE as the driver reads them. A value ends at a separator unless read_value is set. */
typedef struct {
    const char *const *options; /* the names that the driver knows, closed by NULL */
    const char *separators;     /* between words */
    /* Copies the value at c to out, which has room for it and a NUL, and returns the end of the value. NULL:
     * a value has neither quotes nor escapes, nor blanks before it. */
    const char *(*read_value)(const char *c, char *out);
    int ignores_unknown;     /* the driver connects as if a word that it does not know were not there */
    int quotes_params;       /* its messages quote parts of the parameters */
    const char *port;        /* the default port, for messages */
    const char *socket_file; /* the socket's name in the directory that host names, without the port; NULL */
} luci_engine_words_t;

/* A columns_probe that reads none of the rows. */
#define LUCI_PROBE_BY_READING "SELECT COUNT(*) FROM (SELECT {columns} FROM {table} t) probe WHERE 1 = 0"

typedef struct luci_engine_t {
    const char *driver; /* the name of its apr_dbd driver, as in LuciaDatabase */
    const char *title;  /* its name in messages */

    /* ---- Connection parameters ---- */

    const char *params_help;          /* what PARAMS are, for messages; NULL: nothing special */
    const char *params_example;       /* for messages; only the first engine needs one */
    const luci_engine_words_t *words; /* NULL: the engine works on a file, and PARAMS are its path */
    /* What is wrong with PARAMS as written, without showing any part of them; NULL: nothing. From pool. */
    const char *(*params_problem)(const char *written, apr_pool_t *pool);
    /* A secret as a value in params; NULL: the driver can't take it, because of the phrase unquotable. */
    const char *(*quote)(const char *params, const char *secret, apr_pool_t *pool);
    const char *unquotable;
    /* The parameters to connect with: the administrator's and what we need. NULL: they are complete. */
    const char *(*complete)(const char *params, apr_pool_t *pool);

    /* ---- Connections ---- */

    const char *socket_function;     /* of the client library: native handle -> socket; NULL for a file */
    const char *const *setup;        /* queries to run on each new connection, closed by NULL */
    int setup_is_optional;           /* a failing one is no error */
    const char *begin;               /* starts a transaction */
    const luci_engine_code_t *codes; /* closed by code 0; NULL: codes say nothing */

    /* ---- Statements (the placeholders of sql.h) ---- */

    char quote_name;                 /* what stands around a name */
    const char *row_lock;            /* {lock} */
    const char *or_nothing;          /* {or_nothing}; "": a conflict is an error with the code CONFLICT */
    const char *same_bytes;          /* {same:COLUMN:NAME}, with {column} and {value} for these */
    const luci_engine_text_t *texts; /* closed by text NULL; NULL: there are none */

    /* ---- Schema ---- */

    /* The type of a column in a definition, from pool. */
    const char *(*type)(const luci_table_column_t *column, apr_pool_t *pool);
    /* A user_id takes its type, length and collation from the id that it refers to: tables are created from a
     * SELECT, with their indexes inside the definition. */
    int copies_references;
    const char *table_options;     /* behind each definition */
    const char *clustered_options; /* behind the definition of a table that is read by its primary key */
    const char
        *schema_lock; /* what a transaction that changes tables runs first, so that only one does; NULL */
    const char *columns_probe;   /* as the others: a query with a row when {table} has the {columns} */
    const char *index_probe;     /* when {table} has an index that begins with {name} */
    const char *reference_probe; /* when {table} has a foreign key to {user} */
} luci_engine_t;

/* One row an engine: luci_engine_NAME is defined in engine_NAME.c. Messages show the first as an example. */
#define LUCI_ENGINES(ROW)                                                                                    \
    ROW(sqlite3)                                                                                             \
    ROW(pgsql)                                                                                               \
    ROW(mysql)

#define LUCI_ENGINE_DECLARE(name) extern const luci_engine_t luci_engine_##name;
LUCI_ENGINES(LUCI_ENGINE_DECLARE)

/* All engines, closed by NULL. */
extern const luci_engine_t *const luci_engines[];

/* The names of all drivers with these words between them, as in "a, b and c". From pool. */
const char *luci_engine_names(const char *between, const char *before_last, apr_pool_t *pool);

/* The engine of an apr_dbd driver's name; NULL: there is none. */
const luci_engine_t *luci_engine_find(const char *driver);

/* 1 when the engine is a server, which may not answer. engine may be NULL in these two. */
int luci_engine_is_server(const luci_engine_t *engine);

/* 1 when params is the path of a database file, which can be looked at before it is opened. */
int luci_engine_is_file(const luci_engine_t *engine, const char *params);

/* The meaning of a code. */
luci_failure_t luci_engine_failure(const luci_engine_t *engine, int code);

#endif
