/* SPDX-License-Identifier: Apache-2.0 */
/* Floor 1. Ends calls over the network that take too long. The clients of databases wait for an answer as
 * long as it takes; when the server hangs, that is for ever. A call is watched together with the socket that
 * it waits on: when its time is up, the socket is shut down under it, and the call fails.
 *
 * One thread of the process watches, from the first call on; it is made anew after a fork, which
 * no other thread may make while it begins or ends a call. */
#ifndef LUCI_WATCHDOG_H
#define LUCI_WATCHDOG_H

#include "settings.h"

/* A call; lives with its caller from begin to end. */
typedef struct luci_watch_t {
    int socket; /* -1: not watched */
    luci_ms_t left;
    int cut; /* its time was up */
    struct luci_watch_t *next, **link;
} luci_watch_t;

/* Watches a call on a socket for at most so long. The socket is the caller's own duplicate, so that its
 * number can't become somebody else's meanwhile; -1 watches nothing. Without a thread to watch, the call goes
 * unwatched. */
void luci_watchdog_begin(luci_watch_t *watch, int socket, luci_ms_t most);

/* 1 when it was cut off. */
int luci_watchdog_end(luci_watch_t *watch);

#endif
