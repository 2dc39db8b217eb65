/* SPDX-License-Identifier: Apache-2.0 */
/* Floor 5. Where the session cache keeps its records: any provider of ap_socache (shmcb, redis, memcache,
 * ...), shared by all processes, by all servers that name it in the same words, and with redis or memcache by
 * several machines. An error is a miss. A provider that fails or is slow is left alone for a while by the
 * whole server, with one line a minute in the log; ends are tried all the same. */
#ifndef LUCI_CACHE_H
#define LUCI_CACHE_H

#include "config.h"
#include "session_cache.h"

typedef struct luci_cache_t luci_cache_t;

/* The pre_config hook's work: the lock's name for httpd's Mutex directive. Returns what a hook returns. */
int luci_cache_register_lock(apr_pool_t *conf_pool);

/* What LuciaSessionCache means: shmcb where it wasn't written and mod_socache_shmcb is loaded. 0: no cache.
 */
int luci_cache_wanted(luci_cache_name_t *name);

/* What is wrong with the provider or its arguments, as a phrase from temp; NULL: nothing. */
const char *luci_cache_problem(const luci_cache_name_t *name, apr_pool_t *temp);

/* Makes it, before children start; from conf_pool. NULL: it can't be had, which was logged. */
luci_cache_t *luci_cache_create(const luci_cache_name_t *name, server_rec *main_server,
                                apr_pool_t *conf_pool);

/* For each child, before its threads start; calling again does no harm. 0: this child goes without it, which
 * was logged. */
int luci_cache_start(luci_cache_t *cache, apr_pool_t *child_pool);

/* Whether it's this machine's alone. */
int luci_cache_is_local(const luci_cache_t *cache);

/* The store that the core writes to; from all threads. */
luci_session_store_t luci_cache_store(luci_cache_t *cache);

#endif
