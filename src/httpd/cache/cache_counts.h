/* SPDX-License-Identifier: Apache-2.0 */
/* The counts of throttling, in a table in shared memory (shared_table.h) or in a Redis, a memcached or
 * another provider of ap_socache. The table evicts low counts first, so that a flood of attempts removes
 * neither a high count nor a refusal. A count is read, changed and written under a lock of this machine, so
 * that no attempt is lost. If several machines share a store and change the same count at the same moment,
 * one of the two attempts may be lost; what this machine knows of such counts is in its mirror
 * (throttle_mirror.h), a table of the same kind. */
#ifndef LUCI_CACHE_COUNTS_H
#define LUCI_CACHE_COUNTS_H

#include "core/throttle/throttle.h"
#include "httpd/cache/cache.h"

typedef struct luci_counts_t luci_counts_t;

/* Creates the counts before children start, from conf_pool: in cache, whose use is luci_cache_of_counts, or
 * in shared memory of at least bytes. NULL: there is no shared memory, which was logged. */
luci_counts_t *luci_counts_create(luci_cache_t *cache, server_rec *main_server, apr_pool_t *conf_pool);
luci_counts_t *luci_counts_create_table(apr_size_t bytes, server_rec *main_server, apr_pool_t *conf_pool);

/* Called in each child before its threads start; may be called again. Returns 0 if this child cannot use the
 * counts, which was logged. */
int luci_counts_start(luci_counts_t *counts, apr_pool_t *child_pool);

/* Whether only this machine uses the counts. */
int luci_counts_are_local(const luci_counts_t *counts);

/* The store for the core. Thread-safe. */
luci_throttle_store_t luci_counts_store(luci_counts_t *counts);

typedef struct {
    unsigned char key[LUCI_SHA256_BYTES];
    luci_throttle_count_t count;
} luci_counted_t;

/* Lists the counts (luci_counted_t), from pool; times are of this machine's clock. If other machines share
 * the store, those that this machine knows of, as the store has them now, as far as it answers. BUSY,
 * UNAVAILABLE: as luci_cache_hold. */
luci_result_t luci_counts_list(luci_counts_t *counts, apr_array_header_t **list,
                               apr_pool_t *pool) LUCI_MUST_USE;

#endif
