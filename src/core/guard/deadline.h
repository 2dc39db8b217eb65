/* SPDX-License-Identifier: Apache-2.0 */
/* How long calls to a server may take: each of them, or all that belong to one use together. */
#ifndef LUCI_DEADLINE_H
#define LUCI_DEADLINE_H

#include "core/guard/watchdog.h"

/* The longest wait for a server to connect or to answer, each. */
#define LUCI_DEADLINE_CALL (5 * LUCI_MS_SECOND)

/* Lives in its owner. */
typedef struct {
    int socket; /* what calls wait on, a duplicate of its own; -1: nothing that could be cut off */
    luci_watch_t watch;
    int is_limited; /* for a use */
} luci_deadline_t;

/* From now on all calls together have so much time; 0: each has LUCI_DEADLINE_CALL again. */
void luci_deadline_limit(luci_deadline_t *deadline, luci_ms_t most);

/* What the next call may take; 0: it's not to be begun. */
luci_ms_t luci_deadline_left(luci_deadline_t *deadline);

/* Takes a duplicate of a socket for the calls to come. UNAVAILABLE with *problem set: they could not be cut
 * off. */
luci_result_t luci_deadline_follow(luci_deadline_t *deadline, int socket, const char **problem) LUCI_MUST_USE;

/* Before the socket is closed. */
void luci_deadline_leave(luci_deadline_t *deadline);

/* Around each call. 0 before it: there's no time left for it; it's not made, and doesn't end. 1 after it: it
 * was cut off. */
int luci_deadline_begin_call(luci_deadline_t *deadline) LUCI_MUST_USE;
int luci_deadline_end_call(luci_deadline_t *deadline) LUCI_MUST_USE;

#endif
