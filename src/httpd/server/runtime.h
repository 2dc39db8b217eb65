/* SPDX-License-Identifier: Apache-2.0 */
/* What a child process keeps for each server that has a LuciaDatabase: the use cases with their
 * database pool, and the pages. Made once when the child starts; read-only afterwards but for what the parts
 * guard themselves. */
#ifndef LUCI_RUNTIME_H
#define LUCI_RUNTIME_H

#include "core/auth/auth.h"
#include "httpd/base/attribute_names.h"
#include "httpd/base/audit.h"
#include "httpd/base/config.h"
#include "httpd/cache/cache_sessions.h"
#include "httpd/db/pool.h"
#include "httpd/hash/hash_slots.h"
#include "httpd/hash/password_table.h"
#include "httpd/pages/pages.h"
#include "httpd/server/throttle_start.h"

typedef struct {
    luci_auth_t auth;
    luci_session_cache_t session_cache;
    luci_password_memory_t passwords;
    luci_db_target_t target;
    luci_pool_t *pool;
    luci_pages_t *pages;
    luci_audit_t *audit;
    const luci_attribute_name_t *attribute_names;
    const char *device_cookie; /* its name */
} luci_runtime_t;

/* What the children of a server with a LuciaDatabase inherit. Servers that name the same cache or log share
 * it, and those that name the same database what is known about it; the hash slots and the memory of
 * passwords are the whole server's. */
typedef struct {
    luci_pages_t *pages;
    luci_breaker_t *breaker; /* of its database */
    luci_cache_t *cache;     /* NULL: none is wanted */
    luci_hash_slots_t *hash_slots;
    luci_password_table_t *passwords;
    luci_audit_t *audit;
} luci_shared_t;

/* The post_config hook's work for all servers: what children inherit. Returns what a hook returns. */
int luci_runtime_prepare(apr_pool_t *conf_pool, server_rec *main_server);

/* The child_init hook's work for all servers. Servers with the same database share a pool. What can't be made
 * is logged and stays NULL. */
void luci_runtime_start(apr_pool_t *child_pool, server_rec *main_server);

/* NULL when this server has no database (or this child could not start): whoever asks fails closed. */
luci_runtime_t *luci_runtime_of(const request_rec *r);

/* Now, in the core's unit. */
luci_ms_t luci_runtime_now(void);

#endif
