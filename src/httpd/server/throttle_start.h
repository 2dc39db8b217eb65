/* SPDX-License-Identifier: Apache-2.0 */
/* What a server's throttle stands on: the store of its counts, which servers that name it in the
 * same words share, and the secret of device cookies. */
#ifndef LUCI_THROTTLE_START_H
#define LUCI_THROTTLE_START_H

#include "httpd/cache/cache_counts.h"

/* What children inherit. */
typedef struct {
    luci_cache_name_t name; /* of the store; without a provider our own in shared memory */
    luci_cache_t *cache;    /* NULL: it is in shared memory */
    luci_counts_t *counts;  /* NULL: this child goes without them */
    const char *secret;     /* LuciaThrottleSecret; NULL: */
    unsigned char random[LUCI_SHA256_BYTES];
} luci_throttle_shared_t;

/* Makes it for one server, luci_config_parts(config)->throttle_shared, before children start; from conf_pool.
 * OK: that is NULL where nothing is to be throttled. INTERNAL: it can't be had, which was logged, too. */
luci_result_t luci_throttle_prepare(luci_server_config_t *config, server_rec *main_server,
                                    apr_pool_t *conf_pool) LUCI_MUST_USE;

/* What LuciaThrottleStore means: the shared LuciaSessionCache where it wasn't written; else, as with shmcb,
 * nobody's provider but our own table in shared memory. */
void luci_throttle_store_wanted(const luci_server_config_t *config, luci_cache_name_t *name);

/* The throttle of a server whose database has this namespace key, in a child; from pool. NULL: none. */
const luci_throttle_t *luci_throttle_start(const luci_server_config_t *config,
                                           const unsigned char namespace_key[LUCI_SHA256_BYTES],
                                           apr_pool_t *pool);

#endif
