/* SPDX-License-Identifier: Apache-2.0 */
/* What this machine knows of the counts in a store that other machines share, in shared memory of all
 * processes: each count as it was last read or written here. While the store fails or does not keep what it
 * is given, counting goes on with these copies, so that each machine admits at most what the limits allow.
 *
 * A copy is joined with the record of the store whenever both can be read (luci_throttle_count_join), so that
 * neither a failure that was counted meanwhile nor a refusal is lost, and no failure counts twice.
 *
 * The memory is bounded: a table evicts low counts first and refusals last (shared_table.h). */
#ifndef LUCI_THROTTLE_MIRROR_H
#define LUCI_THROTTLE_MIRROR_H

#include "core/base/secret.h"
#include "core/base/shared_table.h"
#include "core/throttle/throttle_count.h"

/* Read-only once it is made; shared by threads. */
typedef struct {
    luci_shared_table_t *table;              /* records of at most LUCI_THROTTLE_COPY_MAX bytes */
    unsigned char secret[LUCI_SHA256_BYTES]; /* so that clients cannot choose keys that displace others */
    apr_uint32_t node;                       /* a random number, by which other nodes tell its attempts */
    luci_ms_t wait;                          /* for the lock of the table, in ms */
} luci_throttle_mirror_t;

/* A copy. An unknown one has a count without failures, and zeros. Of attempts under way, it has those of this
 * machine, and nothing else has them for sure. */
typedef struct {
    unsigned char key[LUCI_SHA256_BYTES]; /* of the store */
    luci_throttle_count_t count;
    apr_uint32_t is_stored; /* 1: the store accepted this count */
} luci_throttle_copy_t;

#define LUCI_THROTTLE_COPY_HEAD (LUCI_SHA256_BYTES + sizeof(apr_uint32_t))
#define LUCI_THROTTLE_COPY_MAX (LUCI_THROTTLE_COPY_HEAD + LUCI_THROTTLE_RECORD_OWN)

/* A moment by the clock of the store, which stamps the counts, and what that clock is ahead of this
 * machine's; in ms. */
typedef struct {
    luci_ms_t now;
    luci_ms_t ahead;
} luci_throttle_clock_t;

/* Lock the mirror. BUSY: it is not locked. The functions below require the lock. */
luci_result_t luci_throttle_mirror_hold(const luci_throttle_mirror_t *mirror) LUCI_MUST_USE;
void luci_throttle_mirror_release(const luci_throttle_mirror_t *mirror);

/* Sets *copy, whose key is set, to what is known. NOT_FOUND: nothing is, and *copy is unchanged. */
luci_result_t luci_throttle_mirror_find(const luci_throttle_mirror_t *mirror, luci_throttle_copy_t *copy,
                                        const luci_throttle_clock_t *clock) LUCI_MUST_USE;

/* Stores a copy until a time of the store; if that has passed, removes it. */
void luci_throttle_mirror_put(const luci_throttle_mirror_t *mirror, const luci_throttle_copy_t *copy,
                              luci_ms_t until, const luci_throttle_clock_t *clock);

/* Calls each for all copies; now is the time of this machine. */
typedef void luci_throttle_mirror_each_fn(void *baton, const luci_throttle_copy_t *copy);
void luci_throttle_mirror_each(const luci_throttle_mirror_t *mirror, luci_ms_t now,
                               luci_throttle_mirror_each_fn *each, void *baton);

#endif
