/* SPDX-License-Identifier: Apache-2.0 */
/* The purge job deletes expired sessions: those past idle_expires, and those past the maximum lifetime if the
 * table contains their age. It works in small batches. Each batch is one statement and one transaction, and
 * checks again that a row has expired, so that a session that any application renews meanwhile survives. With
 * an index on idle_expires, expired rows are found by it; without one (tables of Lucia v2), or with a maximum
 * lifetime, the whole table is walked in steps in the order of ids. */
#ifndef LUCI_PURGE_H
#define LUCI_PURGE_H

#include "core/db/db.h"

#define LUCI_PURGE_BATCH                                                                                     \
    200                       /* rows; on a database file a batch blocks other writers for some milliseconds \
                               */
#define LUCI_PURGE_ID_MAX 511 /* bytes of a stored id; Lucia's column has at most 127 characters */

typedef struct luci_purge_t luci_purge_t;

/* Called before each batch while no handle is borrowed, to pause, to report progress, or to stop (returns 0).
 */
typedef int luci_purge_go_on_fn(void *baton, const luci_purge_t *purge);

/* The state of a job. Initially all fields after baton are zero. A further luci_purge_run continues where the
 * last one stopped. Not thread-safe. */
struct luci_purge_t {
    luci_ms_t now;
    luci_ms_t max_lifetime; /* 0: no maximum, or the servers that share the table disagree about it */
    int batch;              /* rows that one statement deletes or reads; at least 1 */
    luci_purge_go_on_fn *go_on;
    void *baton;
    apr_int64_t removed;               /* so far */
    apr_int64_t seen;                  /* rows that the walk has passed; 0 if an index is used */
    int is_done;                       /* all expired sessions are deleted; the next call starts again */
    char after[LUCI_PURGE_ID_MAX + 1]; /* the last id that the walk has passed */
};

/* OK: is_done, or go_on returned 0. BUSY, UNAVAILABLE: previous batches are committed, the rest is left for
 * the next run; *why (from pool) is the database's message. INVALID: the table contains an id that is too
 * long. */
luci_result_t luci_purge_run(luci_purge_t *purge, const luci_db_source_t *source, const char **why,
                             apr_pool_t *pool) LUCI_MUST_USE;

#endif
