/* SPDX-License-Identifier: Apache-2.0 */
/* The database engines. Each is one record with everything in which engines differ, in engine_NAME.c. To add
 * an engine, write its file and add a row to LUCI_ENGINES below. No other file names an engine. */
#ifndef LUCI_ENGINE_H
#define LUCI_ENGINE_H

#include "core/base/result.h"
#include "core/db/table.h"
#include "core/guard/canceller.h"

#include <apr_pools.h>

/* The meaning of a failure. */
typedef enum {
    LUCI_FAILURE_OTHER,       /* any other */
    LUCI_FAILURE_BUSY,        /* a lock was not available in time */
    LUCI_FAILURE_CONFLICT,    /* a row with the same key exists */
    LUCI_FAILURE_MISSING,     /* from preparing a statement: a table or column does not exist; from a
                                 cluster_query: the server does not have the setting */
    LUCI_FAILURE_ROLLED_BACK, /* the server rolled back the whole transaction because of another one (a
                                 deadlock, a failed serialization); repeated from the start, it may succeed */
    LUCI_FAILURE_REFERENCED, /* a foreign key refuses to delete a row that a row of another table refers to */
    LUCI_FAILURE_VALUE,  /* a column does not take a value: it is too long, of another type, NULL, or refused
                            by a CHECK */
    LUCI_FAILURE_SHARED, /* a prepared statement is missing or already exists: a pooler also lends the
                            server's connection to other clients */
} luci_failure_t;

typedef struct {
    int code;
    luci_failure_t failure;
} luci_engine_code_t;

/* The same for a driver that has one code for all failures and whose messages contain an SQLSTATE. */
typedef struct {
    const char *state; /* five characters */
    luci_failure_t failure;
} luci_engine_state_t;

/* A statement whose text differs for the engine. */
typedef struct {
    const struct luci_statement_t *statement; /* sql.h */
    const char *text;
} luci_engine_text_t;

/* The syntax of connection parameters that consist of words NAME=VALUE. A value ends at a separator unless
 * read_value is set. */
typedef struct {
    const char *const *options; /* the names that the driver knows; ends with NULL */
    const char *separators;     /* the characters that separate words */
    /* Copies the value at c to out, which has room for it and a NUL, and returns the end of the value. NULL:
     * values have no quotes and no escapes, and no spaces before them. */
    const char *(*read_value)(const char *c, char *out);
    int ignores_unknown;     /* 1: the driver silently ignores words that it does not know */
    int quotes_params;       /* 1: messages of the driver quote parts of the parameters */
    const char *port;        /* the default port, for messages */
    const char *socket_file; /* the name of the socket in the folder that host names, without the port; NULL:
                                host is never a folder */
} luci_engine_words_t;

/* A columns_probe that reads no rows. */
#define LUCI_PROBE_BY_READING "SELECT COUNT(*) FROM (SELECT {columns} FROM {table} t) probe WHERE 1 = 0"

/* How the running call of a connection is cancelled from outside. */
typedef struct {
    void *(*make)(void *native); /* the request of a new connection; NULL: it has none */
    luci_canceller_way_t way;
} luci_engine_cancel_t;

typedef struct luci_engine_t {
    const char *driver; /* the name of the apr_dbd driver, as in LuciaDatabase */
    const char *title;  /* the name of the engine in messages */

    /* ---- Connection parameters ---- */

    const char *params_help;          /* a description of PARAMS for messages; NULL: none */
    const char *params_example;       /* for messages; only the first engine needs one */
    const luci_engine_words_t *words; /* NULL: the database is a file, and PARAMS is its path */
    /* Why PARAMS are not valid, without showing any part of them; NULL: they are. From pool or constant. */
    const char *(*params_problem)(const char *written, apr_pool_t *pool);
    /* Quotes a secret as a value in params, from pool. NULL: the driver cannot take it; unquotable says why,
     * as a phrase. */
    const char *(*quote)(const char *params, const char *secret, apr_pool_t *pool);
    const char *unquotable;
    /* Adds the parameters that the module needs to those of the administrator, from pool. NULL: nothing is
     * added. */
    const char *(*complete)(const char *params, apr_pool_t *pool);

    /* ---- Connections ---- */

    const char *socket_function; /* a function of the client library that returns the socket of a native
                                    handle; NULL for a file */
    const char *const *setup;    /* queries to run on each new connection; ends with NULL */
    int setup_is_optional;       /* 1: if a setup query fails, that is not an error */
    /* Returns 1 if the server is a node of a cluster in which each node takes writes, and locks of rows do
     * not reach the other nodes; fails with MISSING if it cannot be one. NULL: the engine has none. */
    const char *cluster_query;
    const char *const *cluster_setup;  /* further queries as setup, for such a node */
    const char *begin;                 /* the statement that begins a transaction */
    const char *begin_pooled;          /* the same through a pooler; NULL: the engine has none */
    const luci_engine_code_t *codes;   /* ends with code 0; NULL: the codes of the driver have no meaning */
    const luci_engine_state_t *states; /* ends with state NULL; NULL: messages contain no SQLSTATE */
    const char
        *referenced; /* a part of the message that means REFERENCED; NULL: a code or a state means it */
    const char *const *refusals; /* parts of messages that refuse a connection because the server, the user or
                                    the database has too many; ends with NULL; NULL: there are none */
    int connections;             /* that a server has for ordinary users by default; 0: a file */
    /* Reads the connections that the server has for ordinary users; the least that our user or all users of
     * the database may have, NULL: no limit; and all that it has. NULL: a file. */
    const struct luci_statement_t *capacity;
    void (*opened)(void *native); /* prepares the native handle of a new connection; NULL: nothing to do */
    /* 1 if the connection leads to a pooler that lends the server's connections to other clients between
     * transactions, so that neither prepared statements nor settings may be left on it. own is the answer to
     * own_query. NULL: the engine has no such pooler. */
    int (*is_pooled)(void *native, const char *own);
    const char *own_query;
    const luci_engine_cancel_t *cancel; /* NULL: the server itself ends each call after some seconds */
    /* The number by which the server's list of connections knows a native handle. 0: unknown. NULL for a
     * file. luci_sql_process in texts asks for it. */
    apr_int64_t (*process)(void *native);

    /* ---- Statements (the placeholders of sql.h) ---- */

    char quote_name;      /* the quote around a name */
    const char *row_lock; /* the text of {lock} */
    /* An expression that is 1 if the server may not know yet what another server has committed. It is part of
     * each read that must be certain, because a proxy may send each statement to another server, and because
     * it changes when servers change their roles. NULL: only one process has the data. lags_because says
     * why. */
    const char *lags;
    const char *lags_because;
    const char *or_nothing;          /* of {or_nothing}; "": a conflict is an error with the code CONFLICT */
    const char *same_bytes;          /* of {same:COLUMN:NAME}; {column} and {value} stand for the two */
    const char *joined_names;        /* the names of the rows g, in order, with commas; NULL if there are more
                                        bytes than are read as a whole */
    const luci_engine_text_t *texts; /* ends with text NULL; NULL: none */

    /* ---- Schema ---- */

    /* The type of a column in CREATE TABLE, from pool. */
    const char *(*type)(const luci_table_column_t *column, apr_pool_t *pool);
    /* 1: a user_id takes its type, length and collation from the id that it refers to. Tables are then
     * created from a SELECT, with their indexes in CREATE TABLE. */
    int copies_references;
    const char *table_options;     /* the end of each CREATE TABLE */
    const char *clustered_options; /* the same for a table that is read by its primary key */
    const char *schema_lock;     /* a query that begins each transaction that changes tables, so that only one
                                    such transaction runs; NULL */
    const char *columns_probe;   /* a query that returns a row if {table} has the {columns} */
    const char *index_probe;     /* the same: if {table} has an index that begins with {name} */
    const char *reference_probe; /* the same: if {table} has a foreign key to {user} */
} luci_engine_t;

/* One row per engine; luci_engine_NAME is defined in engine_NAME.c. Messages show the first one as an
 * example. */
#define LUCI_ENGINES(ROW)                                                                                    \
    ROW(sqlite3)                                                                                             \
    ROW(pgsql)                                                                                               \
    ROW(mysql)

#define LUCI_ENGINE_DECLARE(name) extern const luci_engine_t luci_engine_##name;
LUCI_ENGINES(LUCI_ENGINE_DECLARE)

/* All engines; ends with NULL. */
extern const luci_engine_t *const luci_engines[];

/* The names of all drivers, from pool, separated by between and, for the last one, by before_last: "a, b and
 * c". */
const char *luci_engine_names(const char *between, const char *before_last, apr_pool_t *pool);

/* Finds an engine by the name of its apr_dbd driver; NULL: unknown. */
const luci_engine_t *luci_engine_find(const char *driver);

/* 1 if the engine is a server, which may not answer. In these two functions engine may be NULL. */
int luci_engine_is_server(const luci_engine_t *engine);

/* 1 if params is the path of a database file, which can be examined before it is opened. */
int luci_engine_is_file(const luci_engine_t *engine, const char *params);

/* The meaning of a driver's error code and its message (NULL: no message). */
luci_failure_t luci_engine_failure(const luci_engine_t *engine, int code, const char *message);

/* 1 if a message that refuses a connection says that there are too many. */
int luci_engine_is_refusal(const luci_engine_t *engine, const char *message);

#endif
