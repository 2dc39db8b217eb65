/* SPDX-License-Identifier: Apache-2.0 */
/* Limits the duration of calls to a server, by means of the watchdog: that of each call, or that of several
 * calls together. Before the watchdog ends a call, it asks the server to give it up, if it can. */
#ifndef LUCI_DEADLINE_H
#define LUCI_DEADLINE_H

#include "core/guard/times.h"
#include "core/guard/watchdog.h"

/* A deadline is a member of the connection that it limits. Initially all zeros, with the socket -1. */
typedef struct {
    int socket; /* a duplicate of the socket that calls wait on; -1: calls are not limited */
    luci_watch_t watch;
    luci_canceller_t *canceller; /* of the connection; NULL: its calls cannot be cancelled */
    int is_limited; /* 1: all calls together have one limit; 0: each call has LUCI_DEADLINE_CALL */
} luci_deadline_t;

/* Limits all following calls together to max ms. 0: each call has LUCI_DEADLINE_CALL again. Returns 1 if the
 * limit that ends with this ended a call: the connection must not be used any more. */
int luci_deadline_limit(luci_deadline_t *deadline, luci_ms_t max);

/* The time in ms that the next call may take; 0: no call may begin. */
luci_ms_t luci_deadline_left(luci_deadline_t *deadline);

/* Limits calls on this socket from now on, of which it keeps a duplicate. UNAVAILABLE: they cannot be
 * limited, *problem (a constant) says why. */
luci_result_t luci_deadline_follow(luci_deadline_t *deadline, int socket, const char **problem) LUCI_MUST_USE;

/* Lets calls on this socket be cancelled. Takes the canceller over. */
void luci_deadline_cancel_with(luci_deadline_t *deadline, luci_canceller_t *canceller);

/* Closes the duplicate and releases the canceller. Must be called before the socket is closed. */
void luci_deadline_leave(luci_deadline_t *deadline);

/* Called before and after each call. begin_call returns 0 if no time is left: the call must not be made, nor
 * end_call be called. end_call returns 1 if the watchdog ended the call. */
int luci_deadline_begin_call(luci_deadline_t *deadline) LUCI_MUST_USE;
int luci_deadline_end_call(luci_deadline_t *deadline) LUCI_MUST_USE;

/* About the last call: 1 if the server was asked to give it up; 1 if its socket was shut down, so that the
 * server may still be busy with it. */
int luci_deadline_has_cancelled(luci_deadline_t *deadline);
int luci_deadline_has_cut(luci_deadline_t *deadline);

#endif
