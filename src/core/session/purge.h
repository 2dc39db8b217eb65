/* SPDX-License-Identifier: Apache-2.0 */
/* The purge job deletes expired sessions: those past idle_expires, and those past the maximum lifetime if the
 * table contains their age. It works in small batches. A batch reads which rows come next, without locking
 * any; what has expired among them is deleted by one statement, which is one transaction and checks again
 * that a row has expired, so that a session that any application renews meanwhile survives.
 *
 * With an index on idle_expires, expired rows are found by it. Then the whole table is walked in steps in the
 * order of ids, if there is no such index (tables of Lucia v2) or if there is a maximum lifetime. Sessions
 * of this module end with their maximum lifetime by their idle_expires as well, so the walk only finds those
 * that are older than the directive, that Lucia has renewed, or that come from a clock that was ahead. */
#ifndef LUCI_PURGE_H
#define LUCI_PURGE_H

#include "core/db/db.h"

#define LUCI_PURGE_ID_MAX 511 /* bytes of a stored id; Lucia's column has at most 127 characters */

typedef struct luci_purge_t luci_purge_t;

/* Called before each batch while no handle is borrowed, to pause, to report progress, or to stop (returns 0).
 */
typedef int luci_purge_go_on_fn(void *baton, const luci_purge_t *purge);

/* The state of a job. Initially all fields after baton are zero. A further luci_purge_run begins with the
 * index, and continues both where the last one stopped; at least once in LUCI_PURGE_ALL it searches the whole
 * index. Not thread-safe. */
struct luci_purge_t {
    luci_ms_t now;
    luci_ms_t max_lifetime; /* 0: no maximum, or the servers that share the table disagree about it */
    int waits;              /* 1: waits for rows that other transactions have locked; 0: leaves them to the
                               next run, if the engine can do that */
    int is_anywhere; /* 1: the walk begins at a random id and after the last id continues from the first one,
                        so that runs that end early cover the whole table together, on any number of servers
                        and after any number of restarts; 0: at place */
    luci_purge_go_on_fn *go_on;
    void *baton;
    apr_int64_t removed;    /* so far */
    apr_int64_t seen;       /* rows that the walk has passed */
    int is_done;            /* all expired sessions were found and, but for locked rows, deleted; the
                               next call starts again */
    int is_behind;          /* the last batch by the index was full, so that more sessions have expired */
    luci_ms_t searched_all; /* the time of the last search that began with the first row; 0: none yet */
    luci_ms_t from;         /* the first idle_expires that is not known to be deleted */
    int is_walking;         /* the walk has begun, and not ended */
    int has_wrapped;        /* it has passed the last id */
    char place[LUCI_PURGE_ID_MAX + 1]; /* the walk begins after this id, and ends there; "": the first id */
    char after[LUCI_PURGE_ID_MAX + 1]; /* the last id that the walk has passed */
};

/* OK: is_done, or go_on returned 0. BUSY, UNAVAILABLE: previous batches are committed, the rest is left for
 * the next run; *why (from pool) is the database's message. INVALID: the table contains an id that is too
 * long. */
luci_result_t luci_purge_run(luci_purge_t *purge, const luci_db_source_t *source, const char **why,
                             apr_pool_t *pool) LUCI_MUST_USE;

#endif
