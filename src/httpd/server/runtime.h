/* SPDX-License-Identifier: Apache-2.0 */
/* The state of a child for each virtual host that has a LuciaDatabase: the use cases with their database
 * pool, and the pages. Created when the child starts and read-only afterwards, except for members that do
 * their own locking. */
#ifndef LUCI_RUNTIME_H
#define LUCI_RUNTIME_H

#include "core/auth/auth.h"
#include "httpd/base/attribute_names.h"
#include "httpd/base/audit.h"
#include "httpd/base/config.h"
#include "httpd/cache/cache_sessions.h"
#include "httpd/db/pool.h"
#include "httpd/hash/hash_slots.h"
#include "httpd/hash/pace.h"
#include "httpd/hash/password_table.h"
#include "httpd/pages/pages.h"
#include "httpd/server/throttle_start.h"

typedef struct luci_runtime_t {
    luci_auth_t auth;
    luci_session_cache_t session_cache;
    luci_password_memory_t passwords;
    luci_known_passwords_t known;
    luci_db_target_t target;
    luci_pool_t *pool;
    luci_pages_t *pages;
    luci_audit_t *audit;
    luci_pacer_t activity_pacer; /* of failed attempts that LuciaActivity writes down */
    const luci_attribute_name_t *attribute_names;
    int values;                /* of a user (luci_settings_values); attribute_names has as many, too */
    const char *device_cookie; /* its name */
    const char *done_cookie;   /* the same */
    const char *step_cookie;   /* the same; NULL: no site whose cookies come here has LuciaSecondFactor */
} luci_runtime_t;

/* Created for each virtual host with a LuciaDatabase before children start; children inherit it. Virtual
 * hosts that configure the same cache or audit log share it, and those with the same database share its
 * breaker, its shortage and its pace; all share the hash slots and the password memory. */
typedef struct luci_shared_t {
    luci_pages_t *pages;
    luci_breaker_t *breaker;       /* of its database */
    luci_breaker_t *write_breaker; /* of writes to it */
    luci_shortage_t *shortage;     /* the same */
    luci_pace_t *pace;             /* of counting failed attempts, the same */
    luci_pace_t *activity_pace;    /* of writing them down, the same */
    luci_cache_t *cache;           /* NULL: the cache is off */
    luci_hash_slots_t *hash_slots;
    luci_password_table_t *passwords;
    luci_audit_t *audit;
} luci_shared_t;

/* Called by the post_config hook: sets the shared state of all virtual hosts. Returns what a hook returns. */
int luci_runtime_prepare(apr_pool_t *conf_pool, server_rec *main_server);

/* Called by the child_init hook: sets the runtime of all virtual hosts. Those with the same database share a
 * pool. On an error, which is logged, the runtime stays NULL. */
void luci_runtime_start(apr_pool_t *child_pool, server_rec *main_server);

/* NULL if the virtual host has no database, or if starting it failed: callers must fail closed. */
luci_runtime_t *luci_runtime_of(const request_rec *r);

/* The current time. */
luci_ms_t luci_runtime_now(void);

#endif
