/* SPDX-License-Identifier: Apache-2.0 */
/* Counters that threads increment at each request. A thread adds to a stripe of its own, which is a cache
 * line, so that processors do not take the line away from each other; a reader adds up the stripes. An
 * addition takes no lock and, in a stripe that one thread has for itself, no atomic read-modify-write. */
#ifndef LUCI_STRIPES_H
#define LUCI_STRIPES_H

#include <stdint.h>

#define LUCI_STRIPE_BYTES 64   /* a cache line */
#define LUCI_STRIPE_COUNTERS 8 /* which fill a stripe */
#define LUCI_STRIPES 64 /* the threads of a process that count later than the first 63 share the last one */

typedef struct {
    uint64_t counters[LUCI_STRIPE_COUNTERS];
} __attribute__((aligned(LUCI_STRIPE_BYTES))) luci_stripe_t;

/* Initially all zeros. May be in memory that processes share. */
typedef struct {
    luci_stripe_t of[LUCI_STRIPES];
} luci_stripes_t;

/* Adds number to a counter. is_shared: another process may add to the same stripes. */
void luci_stripes_add(luci_stripes_t *stripes, int counter, uint64_t number, int is_shared);

/* The sum of a counter, which includes each addition that happened before the call. */
uint64_t luci_stripes_sum(const luci_stripes_t *stripes, int counter);

#endif
