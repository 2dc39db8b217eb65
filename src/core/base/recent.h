/* SPDX-License-Identifier: Apache-2.0 */
/* What was reported lately: a small table of hashes in memory that threads and processes share, without a
 * lock. Each thing is reported when it is first seen and then once in an interval; of different things, at
 * most LUCI_RECENT_MAX are reported in an interval, however many a client makes up. */
#ifndef LUCI_RECENT_H
#define LUCI_RECENT_H

#include <apr.h>

#define LUCI_RECENT_MAX 16

/* Initially all zeros. */
typedef struct {
    volatile apr_uint64_t seen[LUCI_RECENT_MAX]; /* the upper half is the hash, the lower half when */
} luci_recent_t;

/* 1 if the thing with this hash is to be reported now; from then on it counts as reported. Clients must not
 * be able to choose the hash. now and interval are in seconds; if the clock was set back, the thing is
 * reported all the same. */
int luci_recent_is_due(luci_recent_t *recent, apr_uint32_t hash, apr_uint32_t now, apr_uint32_t interval);

#endif
