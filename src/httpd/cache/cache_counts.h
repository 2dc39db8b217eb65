/* SPDX-License-Identifier: Apache-2.0 */
/* The throttle's counts, in a table of our own in shared memory (shared_table.h), where tries that
 * come and go push out no count that is higher and no refusal, or in a provider of ap_socache. A count is
 * read, changed and written while all other processes of this machine wait, so that none gets lost. Where
 * several machines share a redis or memcache, two that change the same count at the same moment may lose one
 * of the two tries. */
#ifndef LUCI_CACHE_COUNTS_H
#define LUCI_CACHE_COUNTS_H

#include "core/throttle/throttle.h"
#include "httpd/cache/cache.h"

typedef struct luci_counts_t luci_counts_t;

/* Counts in cache, which is luci_cache_of_counts; or in shared memory of so many bytes, or as many as it
 * takes. Before children start; from conf_pool. NULL: no shared memory, which was logged. */
luci_counts_t *luci_counts_create(luci_cache_t *cache, server_rec *main_server, apr_pool_t *conf_pool);
luci_counts_t *luci_counts_create_table(apr_size_t bytes, server_rec *main_server, apr_pool_t *conf_pool);

/* For each child, before its threads start; calling again does no harm. 0: this child goes without them,
 * which was logged. */
int luci_counts_start(luci_counts_t *counts, apr_pool_t *child_pool);

/* Whether they are this machine's alone. */
int luci_counts_are_local(const luci_counts_t *counts);

/* The store that the core writes to; from all threads. */
luci_throttle_store_t luci_counts_store(luci_counts_t *counts);

typedef struct {
    unsigned char key[LUCI_SHA256_BYTES];
    luci_throttle_count_t count;
} luci_counted_t;

/* What is counted (luci_counted_t), from pool: all of it where the provider can list it, else the
 * LUCI_COUNTS_RECENT that this server counted last. BUSY, UNAVAILABLE. */
luci_result_t luci_counts_list(luci_counts_t *counts, apr_array_header_t **list,
                               apr_pool_t *pool) LUCI_MUST_USE;

#define LUCI_COUNTS_RECENT 512

#endif
