/* SPDX-License-Identifier: Apache-2.0 */
/* The session cache's records in a provider of ap_socache. */
#ifndef LUCI_CACHE_SESSIONS_H
#define LUCI_CACHE_SESSIONS_H

#include "core/session/session_cache.h"
#include "httpd/cache/cache.h"

/* The store for the core. Thread-safe. */
luci_session_store_t luci_cache_store(luci_cache_t *cache);

#endif
