/* SPDX-License-Identifier: Apache-2.0 */
/* The only door to apr_dbd: one connection, and what can be done with it once. It is used by
 * db alone, which decides when there is a connection, what is prepared, and what is tried again;
 * connection_open opens it. After a failure a connection is broken: nothing more is asked of it. */
#ifndef LUCI_CONNECTION_H
#define LUCI_CONNECTION_H

#include "core/db/sql.h"
#include "core/guard/deadline.h"

#include <apr_dbd.h>

/* Lives in its owner; zeros at first, but for the socket. */
typedef struct {
    luci_sql_dialect_t dialect;     /* set before it is opened */
    volatile apr_uint32_t *opening; /* likewise; luci_db_target_t's, or NULL */
    apr_pool_t *pool;
    const apr_dbd_driver_t *driver;
    apr_dbd_t *handle;
    luci_deadline_t deadline; /* its socket is -1 as long as there is no connection */
    int prepared;             /* statements so far */
    int broken;
    int hung;        /* the last failure was that the server did not answer in time */
    char error[768]; /* what the last failure was, in the driver's words or ours; no values */
} luci_connection_t;

/* A prepared statement and its own arguments. The driver wants them without const and does not write. */
typedef struct {
    apr_dbd_prepared_t *prepared;
    const char *argument[LUCI_SQL_ARGUMENTS_MAX];
    int arguments;
    int may_conflict;
} luci_bound_t;

/* Loads the driver, as luci_db_init. */
luci_result_t luci_connection_init(const char *driver, const char **problem, apr_pool_t *pool) LUCI_MUST_USE;

/* Makes it broken for a reason (NULL: none is known), and gives result back. */
luci_result_t luci_connection_fail(luci_connection_t *connection, luci_result_t result, const char *reason);

/* The same, UNAVAILABLE, for the library's words about params: all of them, but for what may be a secret. */
luci_result_t luci_connection_refuse(luci_connection_t *connection, const char *params, const char *reason);

/* The same, BUSY, because the server did not answer in time. */
luci_result_t luci_connection_give_up(luci_connection_t *connection);

/* What takes a server longer than LUCI_DEADLINE_CALL is cut off and BUSY. From now on all waits for it
 * together have so much time; 0: each has its own again. A file is asked as long as it takes: its driver
 * bounds its waits itself. */
void luci_connection_limit(luci_connection_t *connection, luci_ms_t most);

/* ---- The steps of opening, for connection_open ---- */

/* UNAVAILABLE when there is no such driver. */
luci_result_t luci_connection_find_driver(luci_connection_t *connection, const char *name) LUCI_MUST_USE;

/* What opening a handle needs and gives. */
typedef struct {
    const apr_dbd_driver_t *driver;
    const char *params;
    apr_pool_t *pool;
    apr_dbd_t *handle; /* NULL: it could not be opened, because of */
    const char *problem;
} luci_opening_t;

/* Work on a luci_opening_t: opens the handle, as long as that takes; closes it if there is one. */
void luci_connection_open_handle(void *opening);
void luci_connection_close_handle(void *opening);

/* The socket that the driver's library waits on, -1 if it can't be found. apr_dbd does not tell; the
 * libraries do. */
int luci_connection_socket(const luci_connection_t *connection);

/* Runs what each new connection is told. BUSY, UNAVAILABLE. */
luci_result_t luci_connection_set_up(luci_connection_t *connection) LUCI_MUST_USE;

/* A pool's cleanup that ends the luci_connection_t. */
apr_status_t luci_connection_close(void *connection);

/* ---- Running ---- */

/* Prepares a statement for as long as the connection lasts. Otherwise *prepared is NULL: BUSY, UNAVAILABLE.
 */
luci_result_t luci_connection_prepare(luci_connection_t *connection, const char *text,
                                      apr_dbd_prepared_t **prepared) LUCI_MUST_USE;

/* Whether the tables and columns that a query names are there. Only the driver's word for "no such thing"
 * means that they aren't: a column that could not be looked for must not pass for one that is missing, or
 * disabled users would walk in. scratch must end before the connection. OK, BUSY, UNAVAILABLE. */
luci_result_t luci_connection_probe(luci_connection_t *connection, const char *text, int *found,
                                    apr_pool_t *scratch) LUCI_MUST_USE;

/* As luci_db_select, luci_db_select_all (appending to an array that is empty), luci_db_execute and
 * luci_db_run, once. */
luci_result_t luci_connection_select(luci_connection_t *connection, luci_bound_t *bound,
                                     const char *const **row, apr_pool_t *pool) LUCI_MUST_USE;
luci_result_t luci_connection_select_all(luci_connection_t *connection, luci_bound_t *bound,
                                         apr_array_header_t *rows, apr_pool_t *pool) LUCI_MUST_USE;
luci_result_t luci_connection_execute(luci_connection_t *connection, luci_bound_t *bound, int *changed,
                                      apr_pool_t *scratch) LUCI_MUST_USE;
luci_result_t luci_connection_run(luci_connection_t *connection, const char *text) LUCI_MUST_USE;

/* A failing roll-back leaves the reason for rolling back as the last one. BUSY, UNAVAILABLE. */
luci_result_t luci_connection_begin(luci_connection_t *connection) LUCI_MUST_USE;
luci_result_t luci_connection_commit(luci_connection_t *connection) LUCI_MUST_USE;
luci_result_t luci_connection_roll_back(luci_connection_t *connection) LUCI_MUST_USE;

#endif
