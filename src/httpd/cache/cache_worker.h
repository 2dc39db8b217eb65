/* SPDX-License-Identifier: Apache-2.0 */
/* Calls to a provider that speaks to another machine, each with a deadline. httpd's own clients of
 * Redis and memcached wait for an answer as long as it takes, for weeks; a service that is stopped or cut off
 * would hold every request. So threads of this file's own call them, and who waits for one goes on when its
 * time is up. The thread stays with its call until that comes back. */
#ifndef LUCI_CACHE_WORKER_H
#define LUCI_CACHE_WORKER_H

#include "httpd/cache/cache_call.h"

typedef struct luci_cache_workers_t luci_cache_workers_t;

/* For one child: threads start when they are needed, at most so many, and end with the process. NULL: there's
 * no memory. */
luci_cache_workers_t *luci_cache_workers_create(const luci_cache_provider_t *provider, int most);

/* Makes a call; *call is as luci_cache_call leaves it. TIMEUP: it's not done yet, and may still be done
 * later. EAGAIN: all threads hang in earlier calls. Else what luci_cache_call returned. From all threads. */
apr_status_t luci_cache_workers_call(luci_cache_workers_t *workers, luci_cache_call_t *call,
                                     apr_interval_time_t most);

#endif
