/* SPDX-License-Identifier: Apache-2.0 */
/* All waiting times that are neither directives (their defaults: core/config/directive_rows.h) nor an
 * engine's own (core/db/engine_NAME.c), and what waits for what. doc/architecture.md has the same drawing.
 *
 *   request
 *     |
 *     |-- session cache, throttle store: the lock on this machine, or a thread that calls another machine
 *     |     LUCI_CACHE_WAIT a call, LUCI_CACHE_WAIT_END for the end of sessions; then without the cache
 *     |     after a failure: no call for LUCI_CACHE_PAUSE or LUCI_STORE_PAUSE, by the breaker, except
 *     |     for the end of sessions, which then waits for LUCI_CACHE_WAIT
 *     |
 *     |-- a place in the bulkhead, while 3 of 4 threads of the child use databases: LuciaDatabasePool's
 *     |     wait; 503 after LUCI_BULKHEAD_WAIT without an answer of the database
 *     |-- breaker: no wait; 503 while a server is known to hang (LUCI_DATABASE_PAUSE)
 *     |-- a database handle: what is left of that wait; 503 at once while half of them are stuck;
 *     |     LUCI_GROWTH_WAIT for a server without a free connection, in a child that has none
 *     |     |-- a place for a write: LUCI_WRITE_WAIT, while half of the handles write; 503 at once while
 *     |     |     they hang
 *     |     `-- all calls with it: LUCI_POOL_USE, cut off by the watchdog (LUCI_WATCHDOG_LOOK later)
 *     |           |-- a call that still runs LUCI_WATCHDOG_CANCEL before that is cancelled in the server
 *     |           |-- connecting, in a thread that is abandoned: what is left of that
 *     |           `-- a lock: 2 s (the engines' own limits, engine_NAME.c; a statement's 10 s only matter to
 *     |               luciactl, which has no limit for all calls)
 *     |
 *     `-- a hash slot: LuciaHashSlots' wait
 *
 * A limit is longer than those inside it, so that the innermost one answers: a lock (2 s) < all calls with a
 * handle (5 s) < the retry interval of the breaker (7 s) < an abandoned connection attempt (8 s). */
#ifndef LUCI_TIMES_H
#define LUCI_TIMES_H

#include "core/base/settings.h"

#include <apr_time.h>

/* ---- Calls to a database ---- milliseconds ---- */

#define LUCI_DEADLINE_CALL (5 * LUCI_MS_SECOND) /* one call or connecting, unless calls share a limit */
#define LUCI_POOL_USE (5 * LUCI_MS_SECOND)      /* all calls of one use of a handle, connecting included */
#define LUCI_WATCHDOG_LOOK 100                  /* between two checks; a call may exceed its limit by this */
#define LUCI_WATCHDOG_CANCEL LUCI_MS_SECOND     /* the server is asked to give up so long before the limit */

/* Preparing a statement meets a lock without the driver's own wait: it is tried so often, with this pause. */
#define LUCI_LOCK_TRIES 64
#define LUCI_LOCK_PAUSE apr_time_from_msec(25)

/* A deadlock or a failed serialization ends once the other transactions are done. The pause grows with each
 * try. */
#define LUCI_ROLLED_BACK_TRIES 10
#define LUCI_ROLLED_BACK_PAUSE apr_time_from_msec(3)

/* ---- Calls in threads that may be abandoned ---- */

#define LUCI_OFFLOAD_MAX 64  /* threads that connect to one database at the same time */
#define LUCI_CANCELLER_MAX 8 /* threads of a process that send requests to cancel a call */

/* ---- Database handles ---- microseconds from here on ---- */

#define LUCI_POOL_STALE_CHECK apr_time_from_sec(1)  /* interval of checks of a handle's file or columns */
#define LUCI_POOL_STUCK apr_time_from_sec(2)        /* a handle that is lent for longer counts as stuck */
#define LUCI_POOL_PATIENCE apr_time_from_msec(50)   /* wait before another handle of a file is created */
#define LUCI_POOL_WRITE_PAUSE apr_time_from_sec(10) /* no optional writes after one failed */
#define LUCI_POOL_IDLE apr_time_from_sec(30)        /* then an idle handle ends; a child keeps one */
#define LUCI_BULKHEAD_WAIT                                                                                   \
    apr_time_from_sec(1) /* without an answer of the database; opening connections takes long in a burst */
#define LUCI_KEEPER_LOOK apr_time_from_sec(1) /* between two looks for idle handles that must end */

/* While a server has too few connections for all children, or could have if all used one. */
#define LUCI_POOL_IDLE_SHORT apr_time_from_msec(500) /* replaces LUCI_POOL_IDLE; a child may keep none */
#define LUCI_SHORTAGE_LASTS apr_time_from_sec(5)     /* since a server refused a connection */
#define LUCI_SHORTAGE_URGENT apr_time_from_sec(2)    /* since it refused one to a child that has none */
#define LUCI_GROWTH_PAUSE apr_time_from_sec(1)       /* no further connection in a child that has others */
#define LUCI_GROWTH_RETRY apr_time_from_msec(100)    /* the same in a child that has none */
#define LUCI_GROWTH_WAIT                                                                                     \
    apr_time_from_sec(3) /* how long such a child retries, longer than others need to                        \
                            end an idle connection */
#define LUCI_POOL_LOOK                                                                                       \
    apr_time_from_sec(1) /* between two looks for what a cut connection left in the server */
#define LUCI_POOL_HELD apr_time_from_sec(60) /* how long that counts if the server cannot be asked */
#define LUCI_WRITE_WAIT apr_time_from_sec(1) /* for other writes; without an answer, they hang */

/* ---- Servers that do not answer ---- */

#define LUCI_DATABASE_PAUSE apr_time_from_sec(2) /* no call to a database server after one hung */
#define LUCI_DATABASE_RETRY apr_time_from_sec(7) /* interval of retries after the pause */
#define LUCI_CACHE_PAUSE apr_time_from_sec(10)   /* both for the session cache */

/* The breaker stores the time of an answer at most once in this interval, because a store removes the memory
 * from the caches of all other processors. */
#define LUCI_BREAKER_NOTE apr_time_from_msec(100)

/* ---- Caches ---- */

#define LUCI_CACHE_WAIT apr_time_from_msec(250)  /* about as long as a slow database query */
#define LUCI_CACHE_WAIT_END apr_time_from_sec(2) /* longer, because an ended session must leave the cache */

/* ---- The store of throttling, if other machines share it ---- */

#define LUCI_STORE_WAIT apr_time_from_msec(200) /* for a connection, and for an answer; < LUCI_CACHE_WAIT */
#define LUCI_STORE_PAUSE apr_time_from_sec(2)   /* no call after LUCI_STORE_FAILURES failed in a row */
#define LUCI_STORE_FAILURES 3
#define LUCI_STORE_REST apr_time_from_sec(2)            /* one of several servers that failed is asked last */
#define LUCI_STORE_CLOCK_INTERVAL apr_time_from_sec(10) /* between two questions for the time */
#define LUCI_STORE_CLOCKS_AGREE (2 * LUCI_MS_SECOND)    /* closer clocks count as equal */
#define LUCI_STORE_PROBE (2 * LUCI_MS_SECOND)           /* for a question at a start what a server is; all: */
#define LUCI_STORE_PROBES apr_time_from_sec(5)

/* ---- Logs ---- */

#define LUCI_LOG_INTERVAL apr_time_from_sec(60) /* of a message that many requests would log */
#define LUCI_AUDIT_WAIT_MS 1000                 /* for an audit program that does not read */

/* ---- A start, and work in the background ---- */

#define LUCI_START_SECONDS 30      /* after which the process that checks the tables ends, even if it hangs */
#define LUCI_CONFIGTEST_SECONDS 10 /* the same in configtest, which apachectl runs before each restart */
/* How long httpd waits for these processes. A restart waits less, because no request is answered meanwhile,
 * and the tables usually exist. */
#define LUCI_START_WAIT apr_time_from_sec(LUCI_START_SECONDS + 1)
#define LUCI_CONFIGTEST_WAIT apr_time_from_sec(LUCI_CONFIGTEST_SECONDS + 1)
#define LUCI_RESTART_WAIT apr_time_from_sec(1)

/* The duration of a run. What is left waits for the next one, which follows at once if the job says so. */
#define LUCI_JOB_RUN_MAX apr_time_from_sec(30)
#define LUCI_JOB_SHARE 3           /* a run works at most one part in so many of its time, and rests */
#define LUCI_PURGE_ALL LUCI_MS_DAY /* milliseconds; then the purge searches where it has deleted before */

/* ---- Mail: in threads that no request waits for ---- */

#define LUCI_MAIL_INTERVAL (2 * LUCI_MS_SECOND) /* milliseconds; between two looks for mails to send */
#define LUCI_MAIL_CONNECT_MAX apr_time_from_sec(10)
#define LUCI_MAIL_SEND_MAX apr_time_from_sec(30) /* for one mail, connecting included */

/* ---- The control socket ---- */

#define LUCI_CONTROL_SECONDS 2                    /* for each read and write */
#define LUCI_CONTROL_READING apr_time_from_sec(5) /* for a whole request */
#define LUCI_CONTROL_END_SECONDS 2 /* at the end of a child without threads, for its control thread */

#endif
