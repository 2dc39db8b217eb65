/* SPDX-License-Identifier: Apache-2.0 */
/* Limits the duration of calls to a server: of each call, or of all calls of one use together. */
#ifndef LUCI_DEADLINE_H
#define LUCI_DEADLINE_H

#include "core/guard/times.h"
#include "core/guard/watchdog.h"

/* Lives in its owner. */
typedef struct {
    int socket; /* that calls wait on, its own duplicate; -1: there is none, and calls are not limited */
    luci_watch_t watch;
    int is_limited; /* calls share one limit */
} luci_deadline_t;

/* Limits all calls from now on, taken together; 0: each call has LUCI_DEADLINE_CALL again. */
void luci_deadline_limit(luci_deadline_t *deadline, luci_ms_t max);

/* The time that the next call may take; 0: it must not be begun. */
luci_ms_t luci_deadline_left(luci_deadline_t *deadline);

/* Takes a duplicate of the socket of the following calls. UNAVAILABLE with *problem set: they could not be
 * cut off. */
luci_result_t luci_deadline_follow(luci_deadline_t *deadline, int socket, const char **problem) LUCI_MUST_USE;

/* Before the socket is closed. */
void luci_deadline_leave(luci_deadline_t *deadline);

/* Around each call. Begin returns 0 when no time is left: the call must not be made, and end not be called.
 * End returns 1 when the call was cut off. */
int luci_deadline_begin_call(luci_deadline_t *deadline) LUCI_MUST_USE;
int luci_deadline_end_call(luci_deadline_t *deadline) LUCI_MUST_USE;

#endif
