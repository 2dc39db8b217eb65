/* SPDX-License-Identifier: Apache-2.0 */
/* Change counters tell all processes of a machine that something has changed of which they keep copies. They
 * are in shared memory. Each change increments the counter of its key after it was committed; a copy is valid
 * as long as the counters that it depends on are what they were before the original was read. Therefore a
 * copy that was read before a change is invalid, in every process, before the request that made the change is
 * answered.
 *
 * The counter of a key follows from its last bytes. Keys that share a counter invalidate each other's copies,
 * which costs their next use a look at the original; so keys are hashes that clients cannot choose. */
#ifndef LUCI_CHANGE_COUNTERS_H
#define LUCI_CHANGE_COUNTERS_H

#include "core/base/secret.h"

#include <apr.h>

#define LUCI_CHANGE_COUNTERS 65536
#define LUCI_WATCHED_MAX 5 /* counters that one copy may depend on */

/* Initially all zeros. */
typedef struct {
    volatile apr_uint32_t of[LUCI_CHANGE_COUNTERS];
    volatile apr_uint32_t all; /* number of all changes; on a cache line that no reader of a copy needs */
} luci_change_counters_t;

/* The counters that a copy depends on, and their sum. As counters only grow, the sum changes with each of
 * them. Initially all zeros. */
typedef struct {
    apr_uint32_t sum;
    apr_uint16_t count;
    apr_uint16_t of[LUCI_WATCHED_MAX];
} luci_change_watch_t;

/* The counter of a key. Without counters 0. */
apr_uint32_t luci_change_counter(const luci_change_counters_t *counters,
                                 const unsigned char key[LUCI_SHA256_BYTES]);

/* Tells of a change of what has this key. counters may be NULL. */
void luci_change_counter_move(luci_change_counters_t *counters, const unsigned char key[LUCI_SHA256_BYTES]);

/* The number of changes of all keys. If it is the same before an original was read and after its counters
 * were added to a watch, nothing of that original changed between the two; this is for originals whose key is
 * known only after they were read. Without counters 0. */
apr_uint32_t luci_change_counters_all(const luci_change_counters_t *counters);

/* Adds the counter of a key, with the value that it had before the original was read. A watch of too many
 * counters is never unchanged. */
void luci_change_watch_add(luci_change_watch_t *watch, const unsigned char key[LUCI_SHA256_BYTES],
                           apr_uint32_t counted);

/* 1 if no counter of the watch has moved. */
int luci_change_watch_is_unchanged(const luci_change_watch_t *watch, const luci_change_counters_t *counters);

#endif
