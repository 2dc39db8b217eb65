/* SPDX-License-Identifier: Apache-2.0 */
/* One connection over apr_dbd, the only place that calls it, and what can be done with it once. db.c alone
 * uses it and decides when there is a connection, what is prepared, and what is tried again. After a
 * failure a connection is broken and must not be used any more. */
#ifndef LUCI_CONNECTION_H
#define LUCI_CONNECTION_H

#include "core/db/sql.h"
#include "core/guard/deadline.h"
#include "core/guard/offload.h"

#include <apr_dbd.h>

/* Lives in its owner; all zeros at first, except for the deadline's socket. */
typedef struct {
    const luci_engine_t *engine; /* set before it is opened */
    luci_offload_t *opening;     /* likewise; luci_db_target_t's */
    apr_pool_t *pool;
    const apr_dbd_driver_t *driver;
    apr_dbd_t *handle;
    luci_deadline_t deadline; /* its socket is -1 while there is no connection */
    int prepared;             /* number of statements prepared so far */
    int broken;
    int hung;        /* the last call failed because the server did not answer in time */
    char error[768]; /* the reason of the last failure, without values */
} luci_connection_t;

/* A prepared statement and its arguments. The driver takes them without const but does not write to them. */
typedef struct {
    apr_dbd_prepared_t *prepared;
    const char *argument[LUCI_SQL_PLACES_MAX];
    int arguments;
    int may_conflict;
} luci_bound_t;

/* Loads the driver, as luci_db_init. */
luci_result_t luci_connection_init(const char *driver, const char **problem, apr_pool_t *pool) LUCI_MUST_USE;

/* Connects. Destroying pool ends the connection. A server whose calls could not be cut off is refused. BUSY:
 * no answer in time; UNAVAILABLE. */
luci_result_t luci_connection_open(luci_connection_t *connection, const char *driver, const char *params,
                                   apr_pool_t *pool) LUCI_MUST_USE;

/* Marks it broken with a reason (NULL: unknown), and returns result. */
luci_result_t luci_connection_fail(luci_connection_t *connection, luci_result_t result, const char *reason);

/* Limits the time of all calls to a server from now on, taken together; 0: each call may take
 * LUCI_DEADLINE_CALL again. A call over its time is cut off and gives BUSY. Files are exempt: their driver
 * bounds its waits itself. */
void luci_connection_limit(luci_connection_t *connection, luci_ms_t max);

/* Prepares a statement for the life of the connection. On failure *prepared is NULL: BUSY, UNAVAILABLE. */
luci_result_t luci_connection_prepare(luci_connection_t *connection, const char *text,
                                      apr_dbd_prepared_t **prepared) LUCI_MUST_USE;

/* Whether the tables and columns that a query names exist. Only the driver's code for "no such thing" means
 * that they do not: if an unreadable column passed for a missing one, disabled users could sign in. scratch
 * must end before the connection. OK, BUSY, UNAVAILABLE. */
luci_result_t luci_connection_probe(luci_connection_t *connection, const char *text, int *found,
                                    apr_pool_t *scratch) LUCI_MUST_USE;

/* As luci_db_select, luci_db_select_all (appending to an empty array), luci_db_execute and luci_db_run, but
 * without a second try. */
luci_result_t luci_connection_select(luci_connection_t *connection, luci_bound_t *bound,
                                     const char *const **row, apr_pool_t *pool) LUCI_MUST_USE;
luci_result_t luci_connection_select_all(luci_connection_t *connection, luci_bound_t *bound,
                                         apr_array_header_t *rows, apr_pool_t *pool) LUCI_MUST_USE;
luci_result_t luci_connection_execute(luci_connection_t *connection, luci_bound_t *bound, int *changed,
                                      apr_pool_t *scratch) LUCI_MUST_USE;
luci_result_t luci_connection_run(luci_connection_t *connection, const char *text) LUCI_MUST_USE;

/* A failing rollback keeps the reason for rolling back as the last error. BUSY, UNAVAILABLE. */
luci_result_t luci_connection_begin(luci_connection_t *connection) LUCI_MUST_USE;
luci_result_t luci_connection_commit(luci_connection_t *connection) LUCI_MUST_USE;
luci_result_t luci_connection_roll_back(luci_connection_t *connection) LUCI_MUST_USE;

#endif
