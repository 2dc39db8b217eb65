/* SPDX-License-Identifier: Apache-2.0 */
/* How long password hashes take on this machine, with the memory that they have in the server:
 * mapped once and used again. */
#ifndef LUCI_HASH_TIME_H
#define LUCI_HASH_TIME_H

#include "core/base/result.h"
#include "core/base/settings.h"

#include <apr_pools.h>

/* The median of a hash's time in microseconds, while so many threads hash at once. INTERNAL: no memory, or no
 * threads. */
luci_result_t luci_hash_time(const luci_hash_cost_t *cost, int threads, apr_int64_t *microseconds,
                             apr_pool_t *scratch) LUCI_MUST_USE;

/* Memory that this process may use in KiB: the machine's, or less where its cgroup says so. */
apr_int64_t luci_hash_time_memory_kib(void);

#endif
