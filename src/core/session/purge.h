/* SPDX-License-Identifier: Apache-2.0 */
/* Dead sessions go from their table: those past idle_expires, and those past the maximum lifetime
 * where the table says when they were made. They go in small batches, each one statement and a transaction of
 * its own, which asks again whether the row is dead: who is renewed meanwhile stays, by whichever
 * application. With an index on idle_expires the dead are found by it. Without one (a table of Lucia v2's),
 * or with a maximum lifetime, the whole table is walked in steps along its ids. */
#ifndef LUCI_PURGE_H
#define LUCI_PURGE_H

#include "core/db/db.h"

#define LUCI_PURGE_BATCH 200  /* rows; on a file some milliseconds during which nobody else writes */
#define LUCI_PURGE_ID_MAX 511 /* bytes of a stored id; Lucia's column has 127 characters at most */

typedef struct luci_purge_t luci_purge_t;

/* Asked before each batch, while no handle is borrowed: to rest, to show progress, or to stop (0). */
typedef int luci_purge_go_on_fn(void *baton, const luci_purge_t *purge);

/* Zeros at first but for the first five; asked again afterwards it goes on where it stopped. Of one thread.
 */
struct luci_purge_t {
    luci_ms_t now;
    luci_ms_t max_lifetime; /* 0: none, or none that all who share the table agree on */
    int batch;              /* rows to remove, or to look at, in one statement: 1 and more */
    luci_purge_go_on_fn *go_on;
    void *baton;
    apr_int64_t removed;               /* so far */
    apr_int64_t seen;                  /* rows that the walk passed; 0 where there is an index */
    int is_done;                       /* none was left; the next call begins anew */
    char after[LUCI_PURGE_ID_MAX + 1]; /* where the walk stands */
};

/* OK: is_done, or go_on said 0. BUSY, UNAVAILABLE: what came before is removed, the rest is for another time;
 * *why (from pool) is the database's reason. INVALID: an id that is too long to be one. */
luci_result_t luci_purge_run(luci_purge_t *purge, const luci_db_source_t *source, const char **why,
                             apr_pool_t *pool) LUCI_MUST_USE;

#endif
