/* SPDX-License-Identifier: Apache-2.0 */
/* Creates the throttle of a virtual host: the store of its counts, which virtual hosts that configure the
 * same store share, and the secret of device cookies. */
#ifndef LUCI_THROTTLE_START_H
#define LUCI_THROTTLE_START_H

#include "httpd/cache/cache_counts.h"

/* Created before children start; children inherit it. */
typedef struct luci_throttle_shared_t {
    luci_cache_name_t name; /* of the store; without a provider it is the table in shared memory */
    luci_cache_t *cache;    /* NULL: the store is the table in shared memory */
    luci_counts_t *counts;  /* NULL: this child does not throttle, because the store failed to start */
    const char *secret;     /* LuciaThrottleSecret; NULL: the keys are used */
    const struct luci_seal_keys_t *keys; /* of LuciaSecret; NULL: random is used */
    unsigned char random[LUCI_SHA256_BYTES];
} luci_throttle_shared_t;

/* Sets luci_config_parts(config)->throttle_shared of one server before children start, from conf_pool. OK: it
 * is set, or stays NULL because LuciaThrottle limits nothing. INTERNAL: an error, which was logged. */
luci_result_t luci_throttle_prepare(luci_server_config_t *config, server_rec *main_server,
                                    apr_pool_t *conf_pool) LUCI_MUST_USE;

/* Resolves LuciaThrottleStore: if it is not set, the LuciaSessionCache if other machines share it, and the
 * table in shared memory (no provider) otherwise; the latter also replaces shmcb. */
void luci_throttle_store_wanted(const luci_server_config_t *config, luci_cache_name_t *name);

/* The throttle of a virtual host in a child, for the database of namespace_key; from pool. NULL: none. */
const luci_throttle_t *luci_throttle_start(const luci_server_config_t *config,
                                           const unsigned char namespace_key[LUCI_SHA256_BYTES],
                                           apr_pool_t *pool);

#endif
