/* SPDX-License-Identifier: Apache-2.0 */
/* Ends network calls that take too long. The client libraries of databases wait without limit for an answer,
 * even if the server hangs. A watch knows the socket that a call waits on. When the time is up, the watchdog
 * shuts the socket down, and the call fails. The server does not notice that while it works or waits, so that
 * it is first asked to give up the call, LUCI_WATCHDOG_CANCEL earlier, if the watch has a canceller.
 *
 * One thread of the process serves all watches. It is started by the first watch, and again after a fork; no
 * thread may fork while another one begins or ends a watch. */
#ifndef LUCI_WATCHDOG_H
#define LUCI_WATCHDOG_H

#include "core/base/result.h"
#include "core/base/settings.h"
#include "core/guard/canceller.h"

#include <apr.h>

/* A watch: one call, or several with a common limit. It must exist from begin to end. */
typedef struct luci_watch_t {
    int socket;                      /* -1: not connected */
    luci_ms_t left;                  /* until the socket is shut down */
    luci_canceller_t *canceller;     /* NULL: none */
    volatile apr_uint32_t is_called; /* 1: a call is running, which may be cancelled */
    volatile apr_uint32_t is_cancelled, is_cut;
    struct luci_watch_t *next, **link;
} luci_watch_t;

/* 1 if the thread is running, after starting it if necessary. 0: it cannot be started. */
int luci_watchdog_is_running(void);

/* Begins a watch: limits the calls on a socket, taken together, to max ms. socket is the caller's own
 * duplicate, so that its number is not reused for another file meanwhile; -1: not connected yet. 0: the
 * thread cannot be started, and the watch did not begin. */
int luci_watchdog_begin(luci_watch_t *watch, int socket, luci_ms_t max) LUCI_MUST_USE;

/* Watches another socket within the same limit. -1: no socket; must be called before the watched socket is
 * closed. */
void luci_watchdog_follow(luci_watch_t *watch, int socket);

/* Lets the watchdog cancel a call that is nearly out of time. NULL: it no longer may; must be called before
 * the canceller is released. */
void luci_watchdog_cancel_with(luci_watch_t *watch, luci_canceller_t *canceller);

/* Tells whether a call is running. A watch begins without one. */
void luci_watchdog_note_call(luci_watch_t *watch, int is_running);

/* The time that is left, in ms, in steps of LUCI_WATCHDOG_LOOK; 0: none. */
luci_ms_t luci_watchdog_left(luci_watch_t *watch);

/* 1 if the time is up: the call was cancelled or the socket was shut down, and no further call may be made. A
 * request to cancel may arrive late and then ends the next call, so that the connection must be closed. */
int luci_watchdog_is_over(luci_watch_t *watch);

/* 1 if the server was asked to give up a call; 1 if the socket was shut down. Also after the end. */
int luci_watchdog_has_cancelled(luci_watch_t *watch);
int luci_watchdog_has_cut(luci_watch_t *watch);

/* Ends a watch; returns luci_watchdog_is_over. */
int luci_watchdog_end(luci_watch_t *watch);

#endif
