/* SPDX-License-Identifier: Apache-2.0 */
/* Clients of Redis and memcached for the counts of throttling, as providers of ap_socache. They replace
 * httpd's own, because those tell "no such record" and "no server" apart only by chance, give up a server for
 * seconds after one broken connection of one process, and know neither the reason of a refusal nor the clock
 * of the server.
 *
 * A call waits a bounded time. A connection that was kept and turns out broken, or leads to a server that
 * refuses, is replaced once; of several servers, the next one is asked then. */
#ifndef LUCI_STORE_PROVIDER_H
#define LUCI_STORE_PROVIDER_H

#include "core/base/settings.h"

#include <ap_socache.h>

/* The client for servers of the provider of this name. NULL: there is none, use httpd's. */
const ap_socache_provider_t *luci_store_provider(const char *name);

/* What the clock of the servers is ahead of this machine's, in ms, as it was last asked; 0: it agrees within
 * LUCI_STORE_CLOCKS_AGREE, or is unknown. instance is one of these clients. */
luci_ms_t luci_store_provider_ahead(const ap_socache_instance_t *instance);

/* Why the last call of this process failed, with the name of the server and the next step, from pool. */
const char *luci_store_provider_reason(ap_socache_instance_t *instance, apr_pool_t *pool);

#endif
