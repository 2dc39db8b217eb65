/* SPDX-License-Identifier: Apache-2.0 */
/* Limits the duration of calls to a server, by means of the watchdog: that of each call, or that of several
 * calls together. */
#ifndef LUCI_DEADLINE_H
#define LUCI_DEADLINE_H

#include "core/guard/times.h"
#include "core/guard/watchdog.h"

/* A deadline is a member of the connection that it limits. Initially all zeros, with the socket -1. */
typedef struct {
    int socket; /* a duplicate of the socket that calls wait on; -1: calls are not limited */
    luci_watch_t watch;
    int is_limited; /* 1: all calls together have one limit; 0: each call has LUCI_DEADLINE_CALL */
} luci_deadline_t;

/* Limits all following calls together to max ms. 0: each call has LUCI_DEADLINE_CALL again. */
void luci_deadline_limit(luci_deadline_t *deadline, luci_ms_t max);

/* The time in ms that the next call may take; 0: no call may begin. */
luci_ms_t luci_deadline_left(luci_deadline_t *deadline);

/* Limits calls on this socket from now on, of which it keeps a duplicate. UNAVAILABLE: they cannot be
 * limited, *problem (a constant) says why. */
luci_result_t luci_deadline_follow(luci_deadline_t *deadline, int socket, const char **problem) LUCI_MUST_USE;

/* Closes the duplicate. Must be called before the socket is closed. */
void luci_deadline_leave(luci_deadline_t *deadline);

/* Called before and after each call. begin_call returns 0 if no time is left: the call must not be made, nor
 * end_call be called. end_call returns 1 if the watchdog ended the call. */
int luci_deadline_begin_call(luci_deadline_t *deadline) LUCI_MUST_USE;
int luci_deadline_end_call(luci_deadline_t *deadline) LUCI_MUST_USE;

#endif
