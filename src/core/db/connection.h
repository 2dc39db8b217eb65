/* SPDX-License-Identifier: Apache-2.0 */
/* One connection over apr_dbd, and single operations on it. Only connection.c calls apr_dbd. Only db.c uses
 * connections: it decides when to connect, which statements are prepared, and what is repeated. After a
 * failure, a connection is broken and must not be used any more. */
#ifndef LUCI_CONNECTION_H
#define LUCI_CONNECTION_H

#include "core/db/sql.h"
#include "core/guard/deadline.h"
#include "core/guard/offload.h"

#include <apr_dbd.h>

/* A member of the handle. Initially all zeros, except for the socket of the deadline, which is -1. */
typedef struct {
    const luci_engine_t *engine; /* set before luci_connection_open */
    luci_offload_t *opening;     /* set before luci_connection_open, from luci_db_target_t */
    apr_pool_t *pool;
    const apr_dbd_driver_t *driver;
    apr_dbd_t *handle;
    luci_deadline_t deadline; /* its socket is -1 while not connected */
    int pooled;               /* 1: the server's connection may be another one after each transaction */
    int clustered; /* 1: the server is a node of a cluster, and locks of rows do not reach the other nodes */
    int broken;
    int rolled_back; /* since the last luci_connection_begin or _forget_rollback, the server undid a whole
                        transaction or a statement outside one; this does not break the connection */
    int refused;     /* the last luci_connection_open failed because the server has too many connections */
    int hung;        /* the last call failed because the server did not answer in time */
    int cut;         /* the last call was cut off, so that the server may still be busy with it */
    apr_int64_t process; /* by which the server knows the connection; 0: unknown. Also after the end */
    char error[768];     /* the reason of the last failure, without values */
} luci_connection_t;

/* A prepared statement and its arguments, which are not const because the driver takes them like that; it
 * does not modify them. */
typedef struct {
    apr_dbd_prepared_t *prepared;
    const char *argument[LUCI_SQL_PLACES_MAX];
    int arguments;
    int may_refuse;
    int may_conflict;
    int may_be_referenced;
} luci_bound_t;

/* Loads the driver; see luci_db_init. */
luci_result_t luci_connection_init(const char *driver, const char **problem, apr_pool_t *pool) LUCI_MUST_USE;

/* Connects. Destroying pool closes the connection. A server whose calls cannot be limited is refused. BUSY:
 * no answer in time. UNAVAILABLE. */
luci_result_t luci_connection_open(luci_connection_t *connection, const char *driver, const char *params,
                                   apr_pool_t *pool) LUCI_MUST_USE;

/* Marks the connection as broken, stores the reason (NULL: unknown) without values, and returns result. */
luci_result_t luci_connection_fail(luci_connection_t *connection, luci_result_t result, const char *reason);

/* Limits all following calls to a server to max ms together; 0: each call may take LUCI_DEADLINE_CALL again.
 * A call that exceeds the limit is ended and returns BUSY. Database files are not limited, because their
 * driver limits its waits itself. */
void luci_connection_limit(luci_connection_t *connection, luci_ms_t max);

/* Prepares a statement, which lasts as long as the connection. BUSY, UNAVAILABLE: *prepared is NULL. */
luci_result_t luci_connection_prepare(luci_connection_t *connection, const char *text,
                                      apr_dbd_prepared_t **prepared) LUCI_MUST_USE;

/* Checks whether the tables and columns that a query names exist. Only the driver's code for a missing table
 * or column sets *found to 0: if an unreadable column counted as missing, disabled users could sign in.
 * scratch must be destroyed before the connection. OK, BUSY, UNAVAILABLE. */
luci_result_t luci_connection_probe(luci_connection_t *connection, const char *text, int *found,
                                    apr_pool_t *scratch) LUCI_MUST_USE;

/* As luci_db_select, luci_db_select_all (which appends to an empty array here), luci_db_execute and
 * luci_db_run, but nothing is repeated. */
luci_result_t luci_connection_select(luci_connection_t *connection, luci_bound_t *bound,
                                     const char *const **row, apr_pool_t *pool) LUCI_MUST_USE;
luci_result_t luci_connection_select_all(luci_connection_t *connection, luci_bound_t *bound,
                                         apr_array_header_t *rows, apr_pool_t *pool) LUCI_MUST_USE;
luci_result_t luci_connection_execute(luci_connection_t *connection, luci_bound_t *bound, int *changed,
                                      apr_pool_t *scratch) LUCI_MUST_USE;
luci_result_t luci_connection_run(luci_connection_t *connection, const char *text) LUCI_MUST_USE;

/* Forgets that the server rolled back an earlier statement or transaction; luci_connection_begin does so,
 * too. */
void luci_connection_forget_rollback(luci_connection_t *connection);

/* Transactions. If a rollback fails, the error of the connection is still the reason of the rollback. COMMIT:
 * CONFLICT as a deletion. BUSY, UNAVAILABLE. */
luci_result_t luci_connection_begin(luci_connection_t *connection) LUCI_MUST_USE;
luci_result_t luci_connection_commit(luci_connection_t *connection) LUCI_MUST_USE;
luci_result_t luci_connection_roll_back(luci_connection_t *connection) LUCI_MUST_USE;

#endif
