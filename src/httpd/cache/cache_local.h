/* SPDX-License-Identifier: Apache-2.0 */
/* The memory of core/session/local_cache.h: the change counters, which all processes of this machine share,
 * and the table of a child. */
#ifndef LUCI_CACHE_LOCAL_H
#define LUCI_CACHE_LOCAL_H

#include "core/session/session_cache.h"
#include "httpd/cache/cache.h"

/* Called by the post_config hook. The counters outlive restarts, because children of before a graceful
 * restart still serve requests. If there is no memory, which is logged, processes keep nothing of their own.
 */
void luci_cache_local_prepare(server_rec *main_server);

/* The change counters; NULL: there is no memory. */
luci_change_counters_t *luci_cache_local_counters(void);

/* Starts the part of a server's session cache that this child has for itself (LuciaSessionCacheLocal). */
void luci_cache_local_start(luci_session_cache_t *sessions, const luci_cache_t *cache, server_rec *server,
                            apr_pool_t *child_pool);

#endif
