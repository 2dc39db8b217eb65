/* SPDX-License-Identifier: Apache-2.0 */
/* Closes kept connections on which no further request comes. A connection on which a request was suspended is
 * in the MPM's queue for reading, where its timeout is Timeout instead of KeepAliveTimeout. The MPM's timers
 * do not help: until something else happens, event (2.4.71) does not wake up for one that is still to come.
 * So a thread of this module watches the clock as long as there is such a connection. */
#ifndef LUCI_IDLE_H
#define LUCI_IDLE_H

#include <apr_time.h>
#include <httpd.h>

/* A connection, and its place among the idle ones. All zero: not idle. */
typedef struct luci_idle_connection_t {
    struct luci_idle_connection_t *next;
    struct luci_idle_connection_t *before;
    conn_rec *c;
    apr_time_t until; /* of the monotonic clock */
    int is_listed;
    int is_over; /* 1: the MPM was woken up to close the connection; no further request is read from it */
} luci_idle_connection_t;

/* From now on the connection is idle, for at most max; 0 or less: it is closed at once. The MPM must have it.
 * The memory belongs to the caller. */
void luci_idle_begin(luci_idle_connection_t *idle, conn_rec *c, apr_interval_time_t max);

/* The connection is no longer idle. When this returns, no other thread uses it or the memory. Does nothing if
 * it was not idle. */
void luci_idle_end(luci_idle_connection_t *idle);

/* Ends the thread, and waits until it has ended. */
void luci_idle_stop(void);

#endif
