/* SPDX-License-Identifier: Apache-2.0 */
/* Measures how long password hashes take on this machine. As in the server, libargon2's memory is mapped
 * once and reused. */
#ifndef LUCI_HASH_TIME_H
#define LUCI_HASH_TIME_H

#include "core/base/result.h"
#include "core/base/settings.h"

#include <apr_pools.h>

/* Measures the median time of a hash in microseconds while that many threads hash at once. INTERNAL: there is
 * not enough memory, or a thread cannot be started. */
luci_result_t luci_hash_time(const luci_hash_cost_t *cost, luci_argon2_library_t library, int threads,
                             apr_int64_t *microseconds, apr_pool_t *scratch) LUCI_MUST_USE;

/* The memory that this process may use, in KiB: that of the machine, or less if its cgroup has a limit. */
apr_int64_t luci_hash_time_memory_kib(void);

#endif
