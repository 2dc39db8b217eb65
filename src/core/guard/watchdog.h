/* SPDX-License-Identifier: Apache-2.0 */
/* Ends calls over the network that take too long. The clients of databases wait for an answer as
 * long as it takes; when the server hangs, that is for ever. Calls are watched together with the socket that
 * they wait on: when their time is up, the socket is shut down under them, and they fail.
 *
 * One thread of the process watches, from the first call on; it is made anew after a fork, which
 * no other thread may make while it begins or ends a watch. */
#ifndef LUCI_WATCHDOG_H
#define LUCI_WATCHDOG_H

#include "core/base/result.h"
#include "core/base/settings.h"

#include <apr.h>

/* One call, or several with a common time; lives with its caller from begin to end. */
typedef struct luci_watch_t {
    int socket; /* -1: there is none now */
    luci_ms_t left;
    volatile apr_uint32_t is_over;
    struct luci_watch_t *next, **link;
} luci_watch_t;

/* 0: there is no thread to watch, and none can be started. */
int luci_watchdog_is_there(void);

/* Watches calls on a socket for at most so long all together. The socket is the caller's own duplicate, so
 * that its number can't become somebody else's meanwhile; -1: there is none yet. 0: as
 * luci_watchdog_is_there; nothing was begun. */
int luci_watchdog_begin(luci_watch_t *watch, int socket, luci_ms_t most) LUCI_MUST_USE;

/* Watches another socket in the same time; -1: none, as before the one that is watched is closed. */
void luci_watchdog_follow(luci_watch_t *watch, int socket);

/* How much time there still is, in steps of some 100 ms; 0: none. */
luci_ms_t luci_watchdog_left(luci_watch_t *watch);

/* 1 when its time is up: the socket was shut down, and none should be asked any more. */
int luci_watchdog_is_over(luci_watch_t *watch);

/* Returns luci_watchdog_is_over. */
int luci_watchdog_end(luci_watch_t *watch);

#endif
