/* SPDX-License-Identifier: Apache-2.0 */
/* All waiting times, and what waits for what. doc/architecture.md has the same drawing.
 *
 *   request
 *     |
 *     |-- session cache, throttle store: the lock of this machine, or a thread that calls another machine
 *     |     LUCI_CACHE_WAIT a call, LUCI_CACHE_WAIT_END for the end of a session; then without the cache
 *     |     after a failure: no call for LUCI_CACHE_PAUSE, by the breaker
 *     |
 *     |-- a place in the bulkhead: LUCI_BULKHEAD_WAIT, while 3 of 4 threads of the child use databases
 *     |-- breaker: no wait; 503 while a server is known to hang (LUCI_DATABASE_PAUSE)
 *     |-- a database handle: LuciaDatabasePool's wait; 503 at once while half of them are stuck
 *     |     |
 *     |     `-- all calls with it: LUCI_POOL_USE, cut off by the watchdog (LUCI_WATCHDOG_LOOK later)
 *     |           |-- connecting, in a thread that is abandoned: what is left of that
 *     |           `-- a lock: 2 s (the engines' own limits, engine_NAME.c)
 *     |
 *     `-- a hash slot: LuciaHashSlots' wait
 *
 * A limit is longer than those inside it, so that the innermost one answers: a lock (2 s) < all calls with a
 * handle (5 s) < the trial of the breaker (7 s) < the connection attempt that was abandoned (8 s). */
#ifndef LUCI_TIMES_H
#define LUCI_TIMES_H

#include "core/base/settings.h"

#include <apr_time.h>

/* ---- Calls to a database ---- milliseconds ---- */

#define LUCI_DEADLINE_CALL (5 * LUCI_MS_SECOND) /* a call, or connecting, where nothing else limits it */
#define LUCI_POOL_USE (5 * LUCI_MS_SECOND)      /* all calls of one use of a handle, connecting included */
#define LUCI_WATCHDOG_LOOK 100 /* the watchdog's steps: a call may be cut off so much later */

/* ---- Calls in threads that may be abandoned ---- */

#define LUCI_OFFLOAD_MAX 64 /* threads at once that connect to one database */

/* ---- Database handles ---- microseconds from here on ---- */

#define LUCI_POOL_STALE_CHECK apr_time_from_sec(1)  /* how often a handle's file or columns are checked */
#define LUCI_POOL_STUCK apr_time_from_sec(2)        /* a handle that is lent so long counts as stuck */
#define LUCI_POOL_PATIENCE apr_time_from_msec(50)   /* a further handle of a file is made only after this */
#define LUCI_POOL_WRITE_PAUSE apr_time_from_sec(10) /* no optional writing after it failed */
#define LUCI_BULKHEAD_WAIT apr_time_from_msec(250)

/* ---- Servers that do not answer ---- */

#define LUCI_DATABASE_PAUSE apr_time_from_sec(2) /* no call to the database server after one hung */
#define LUCI_DATABASE_TRIAL apr_time_from_sec(7) /* then one; the next so much later */
#define LUCI_CACHE_PAUSE apr_time_from_sec(10)   /* the same for a cache, both */
#define LUCI_BREAKER_NOTE                                                                                    \
    apr_time_from_msec(100) /* answers closer together are noted once: noting takes the                      \
                               memory from all other processors */

/* ---- Caches ---- */

#define LUCI_CACHE_WAIT apr_time_from_msec(250)  /* about as long as the database takes on a bad day */
#define LUCI_CACHE_WAIT_END apr_time_from_sec(2) /* the end of a session matters more */

#endif
