/* SPDX-License-Identifier: Apache-2.0 */
/* Ends calls over the network that take too long. The client libraries of databases wait without limit for an
 * answer, also when the server hangs. A watch knows the socket that a call waits on: when the time is up, it
 * shuts the socket down, and the call fails.
 *
 * One thread of the process watches, from the first call on. After a fork it is started again; no thread may
 * fork while another one begins or ends a watch. */
#ifndef LUCI_WATCHDOG_H
#define LUCI_WATCHDOG_H

#include "core/base/result.h"
#include "core/base/settings.h"

#include <apr.h>

/* One call, or several with a common limit; its caller keeps it from begin to end. */
typedef struct luci_watch_t {
    int socket; /* -1: none at present */
    luci_ms_t left;
    volatile apr_uint32_t is_over;
    struct luci_watch_t *next, **link;
} luci_watch_t;

/* 0: there is no thread to watch, and none can be started. */
int luci_watchdog_is_there(void);

/* Limits the calls on a socket, taken together, to max. The socket is the caller's own duplicate, so that its
 * number can't be reused for another file meanwhile; -1: there is none yet. 0: there is no thread to watch,
 * and nothing was begun. */
int luci_watchdog_begin(luci_watch_t *watch, int socket, luci_ms_t max) LUCI_MUST_USE;

/* Watches another socket within the same limit; -1: none, before the watched one is closed. */
void luci_watchdog_follow(luci_watch_t *watch, int socket);

/* The time that is left, in steps of LUCI_WATCHDOG_LOOK; 0: none. */
luci_ms_t luci_watchdog_left(luci_watch_t *watch);

/* 1 when the time is up: the socket was shut down, and no further call may be made. */
int luci_watchdog_is_over(luci_watch_t *watch);

/* Returns luci_watchdog_is_over. */
int luci_watchdog_end(luci_watch_t *watch);

#endif
