/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/server/runtime.h"

#include "core/base/secret.h"
#include "core/config/connect_params.h"
#include "core/db/db_problem.h"
#include "core/guard/times.h"
#include "core/password/password_hash.h"
#include "httpd/base/counters.h"
#include "httpd/base/httpd_log.h"
#include "httpd/base/server_name.h"
#include "httpd/cache/cache_local.h"
#include "httpd/hash/suspend.h"

#include <ap_mpm.h>
#include <apr_network_io.h>
#include <apr_strings.h>
#include <http_log.h>

#include <string.h>

APLOG_USE_MODULE(luciauth);

#define SPARE_HELPERS 2
/* Appended to the name of the session cookie, so that a prefix such as __Host- applies to all. */
#define DEVICE "_device"
#define STEP "_step"
#define PASSWORD_SET "_done"

static int has_pool_for(const luci_server_config_t *config, const void *target)
{
    const luci_runtime_t *runtime = luci_config_parts(config)->runtime;

    return runtime && runtime->pool && luci_pool_serves(runtime->pool, target);
}

static luci_pool_t *new_pool(const luci_db_target_t *target, server_rec *server, apr_pool_t *pool)
{
    const luci_server_config_t *config = luci_config_server(server);
    const luci_shared_t *shared = luci_config_parts(config)->shared;
    const luci_pool_limits_t limits = {
        .size = { luci_config_parts(config)->handles, config->pool_size.wait },
        .is_scarce = luci_config_parts(config)->is_scarce,
        .breaker = shared->breaker,
        .writes = shared->write_breaker,
        .shortage = shared->shortage,
    };
    const char *problem = NULL;

    if (luci_db_init(target->driver, &problem, pool) != LUCI_OK) {
        ap_log_error(APLOG_MARK, APLOG_CRIT, 0, server, "LUCI0304: %s: %s", luci_db_title(target, pool),
                     problem);
        return NULL;
    }
    return luci_pool_create(target, &limits, server, pool);
}

/* The text that identifies the database in the keys of a cache. If the cache is shared by machines and the
 * database is local, the same configuration denotes another database on each machine, so that the host name
 * is part of it. */
static const char *namespace_of(const luci_server_config_t *config, const luci_cache_t *cache,
                                apr_pool_t *pool)
{
    char host[APRMAXHOSTLEN + 1] = "";

    if (!cache || luci_cache_is_local(cache) ||
        !luci_connect_is_local(config->database.driver, config->database.written))
        return config->database.written;
    if (apr_gethostname(host, sizeof host, pool) != APR_SUCCESS)
        host[0] = '\0';
    return apr_pstrcat(pool, config->database.written, "@", host, NULL);
}

/* The session cache of the use cases; NULL: none. The namespace key is set without a cache, too, because the
 * password memory needs it. */
static const luci_session_cache_t *start_cache(luci_runtime_t *runtime, luci_cache_t *cache,
                                               server_rec *server, apr_pool_t *pool)
{
    const luci_server_config_t *config = luci_config_server(server);
    luci_session_cache_t *own = &runtime->session_cache;

    own->settings = &config->settings;
    own->ttl = config->cache_ttl;
    if (luci_session_cache_namespace(own, config->database.driver, namespace_of(config, cache, pool), pool) !=
            LUCI_OK ||
        !cache)
        return NULL;
    own->store = luci_cache_store(cache);
    luci_cache_local_start(own, cache, server, pool);
    return own;
}

/* What a child keeps of right passwords, for as long as it keeps sessions; nothing if it keeps none. Its
 * counters are there without that, because other virtual hosts may have the same users. */
static const luci_known_passwords_t *start_known(luci_runtime_t *runtime)
{
    const luci_session_cache_t *sessions = runtime->auth.cache;
    luci_known_passwords_t *known = &runtime->known;
    luci_local_table_t *table = sessions ? sessions->local.table : NULL;

    if (table)
        known->ttl = sessions->local_ttl < sessions->ttl ? sessions->local_ttl : sessions->ttl;
    (void)!luci_local_cache_begin(&known->local, table, luci_cache_local_counters()); /* keeps nothing then */
    return known;
}

/* Counts belong to a database; their namespace key is that of its sessions. */
static const luci_throttle_t *start_throttle(const luci_server_config_t *config, apr_pool_t *pool)
{
    const luci_throttle_shared_t *shared = luci_config_parts(config)->throttle_shared;
    luci_session_cache_t cache = { .settings = &config->settings };

    if (!shared || luci_session_cache_namespace(&cache, config->database.driver,
                                                namespace_of(config, shared->cache, pool), pool) != LUCI_OK)
        return NULL;
    return luci_throttle_start(config, cache.namespace_key, pool);
}

/* Browsers send the cookie of the step to other sites as well: those of LuciaCookieDomain, and those at other
 * ports of the host. */
static int has_step_named(const luci_server_config_t *config, const void *cookie_name)
{
    return config->database.driver && config->settings.second_factor != LUCI_SECOND_FACTOR_OFF &&
           strcmp(config->cookie_name, cookie_name) == 0;
}

/* Whether a host with the same sessions, which this one can end, makes steps. */
static int makes_steps(const luci_server_config_t *other, const void *config)
{
    return other->settings.second_factor != LUCI_SECOND_FACTOR_OFF && other->database.driver &&
           luci_config_has_same_sessions(config, other);
}

static luci_runtime_t *start_server(server_rec *server, server_rec *main_server, apr_pool_t *pool)
{
    luci_server_config_t *config = luci_config_server(server);
    const luci_shared_t *shared = luci_config_parts(config)->shared;
    luci_runtime_t *runtime = apr_pcalloc(pool, sizeof *runtime);
    const luci_server_config_t *other;

    runtime->target = (luci_db_target_t){
        .driver = config->database.driver,
        .params = config->database.params,
        .settings = &config->settings,
        .finds_steps = luci_config_find(main_server, makes_steps, config) != NULL,
        .where = luci_server_database_where(server, pool),
        .report_command = luci_server_database_report_command(pool),
        .opening = luci_offload_create(LUCI_OFFLOAD_MAX),
    };
    other = luci_config_find(main_server, has_pool_for, &runtime->target);
    runtime->pool =
        other ? luci_config_parts(other)->runtime->pool : new_pool(&runtime->target, server, pool);
    runtime->pages = shared->pages;
    runtime->audit = shared->audit;
    runtime->activity_pacer = luci_pace_pacer(shared->activity_pace);
    runtime->attribute_names = luci_attribute_names(&config->settings, pool);
    runtime->values = luci_settings_values(&config->settings);
    runtime->device_cookie = apr_pstrcat(pool, config->cookie_name, DEVICE, NULL);
    runtime->done_cookie = apr_pstrcat(pool, config->cookie_name, PASSWORD_SET, NULL);
    if (config->settings.second_factor != LUCI_SECOND_FACTOR_OFF || config->cookie_domain ||
        luci_config_find(main_server, has_step_named, config->cookie_name))
        runtime->step_cookie = apr_pstrcat(pool, config->cookie_name, STEP, NULL);
    if (!runtime->pool || !runtime->pages)
        return NULL;
    runtime->auth = (luci_auth_t){
        .settings = &config->settings,
        .source = luci_pool_source(runtime->pool),
        .hasher = luci_hash_slots_hasher(shared->hash_slots, config->hash_slots.wait, pool),
        .pacer = luci_pace_pacer(shared->pace),
        .cache = start_cache(runtime, shared->cache, server, pool),
        .throttle = start_throttle(config, pool),
        .passwords = &runtime->passwords,
    };
    runtime->auth.known = start_known(runtime);
    runtime->passwords = luci_password_table_memory(shared->passwords, runtime->session_cache.namespace_key,
                                                    config->hash_slots.wait, config->throttle.account.period);
    return runtime;
}

static int is_active(const luci_server_config_t *config)
{
    return config->database.driver != NULL;
}

static int slots_of(const luci_server_config_t *config)
{
    return config->hash_slots.max > 0 ? config->hash_slots.max : luci_hash_slots_auto();
}

/* Creates the slots with the maximum number and the maximum memory that any virtual host configures. */
static luci_hash_slots_t *prepare_slots(apr_pool_t *conf_pool, server_rec *main_server)
{
    apr_uint32_t memory_kib = 0;
    int count = 0;

    for (server_rec *server = main_server; server; server = server->next) {
        const luci_server_config_t *config = luci_config_server(server);

        if (is_active(config) && slots_of(config) > count)
            count = slots_of(config);
        if (is_active(config) && config->settings.hash.memory_kib > memory_kib)
            memory_kib = config->settings.hash.memory_kib;
    }
    if (memory_kib == 0)
        memory_kib = LUCI_ARGON2_MEMORY_KIB_DEFAULT;
    return luci_hash_slots_create(count, (size_t)memory_kib * 1024, main_server, conf_pool);
}

static int has_cache(const luci_server_config_t *config, const void *name)
{
    const luci_shared_t *shared = luci_config_parts(config)->shared;

    return shared && shared->cache && luci_cache_is_same(&config->cache_name, name);
}

/* Sets the cache that this server configures. Returns 0 after an error, which was logged. */
static int prepare_cache(luci_shared_t *shared, luci_cache_name_t *name, server_rec *main_server,
                         apr_pool_t *conf_pool)
{
    const luci_server_config_t *other = luci_config_find(main_server, has_cache, name);

    shared->cache = other ? luci_config_parts(other)->shared->cache
                          : luci_cache_create(&luci_cache_of_sessions, name, main_server, conf_pool);
    return shared->cache != NULL;
}

static int has_breaker(const luci_server_config_t *config, const void *wanted)
{
    return luci_config_parts(config)->shared && luci_database_is_same(&config->database, wanted);
}

/* Sets what children tell each other about the database; virtual hosts with the same LuciaDatabase share it.
 * 0: there is no shared memory. */
static int prepare_guards(luci_shared_t *shared, const luci_database_t *database, server_rec *main_server,
                          apr_pool_t *conf_pool)
{
    const luci_server_config_t *other = luci_config_find(main_server, has_breaker, database);

    shared->breaker = other ? luci_config_parts(other)->shared->breaker
                            : luci_breaker_create(LUCI_DATABASE_PAUSE, LUCI_DATABASE_RETRY, conf_pool);
    shared->write_breaker = other ? luci_config_parts(other)->shared->write_breaker
                                  : luci_breaker_create(LUCI_DATABASE_PAUSE, LUCI_DATABASE_RETRY, conf_pool);
    shared->shortage = other ? luci_config_parts(other)->shared->shortage : luci_shortage_create(conf_pool);
    shared->pace = other ? luci_config_parts(other)->shared->pace : luci_pace_create(conf_pool);
    shared->activity_pace =
        other ? luci_config_parts(other)->shared->activity_pace : luci_pace_create(conf_pool);
    return shared->breaker && shared->write_breaker && shared->shortage && shared->pace &&
           shared->activity_pace;
}

static int has_audit(const luci_server_config_t *config, const void *target)
{
    return luci_config_parts(config)->shared && config->audit_log && strcmp(config->audit_log, target) == 0;
}

/* Returns the audit log that this server configures. Virtual hosts with the same target share it, so that a
 * program runs once. */
static luci_audit_t *prepare_audit(const char *target, server_rec *server, server_rec *main_server,
                                   apr_pool_t *conf_pool)
{
    const luci_server_config_t *other = target ? luci_config_find(main_server, has_audit, target) : NULL;

    return other ? luci_config_parts(other)->shared->audit : luci_audit_open(target, server, conf_pool);
}

int luci_runtime_prepare(apr_pool_t *conf_pool, server_rec *main_server)
{
    luci_hash_slots_t *slots = NULL;
    luci_password_table_t *passwords = NULL;

    luci_counters_create(main_server);
    luci_cache_local_prepare(main_server);
    for (server_rec *server = main_server; server; server = server->next) {
        luci_server_config_t *config = luci_config_server(server);
        luci_shared_t *shared;

        if (!is_active(config) || luci_config_parts(config)->shared)
            continue; /* Virtual hosts without Lucia directives share the main server's configuration. */
        shared = apr_pcalloc(conf_pool, sizeof *shared);
        if (!slots)
            slots = prepare_slots(conf_pool, main_server);
        shared->hash_slots = slots;
        if (!passwords)
            passwords = luci_password_table_create(main_server, conf_pool);
        shared->passwords = passwords;
        shared->pages = luci_pages_create(config->templates, config->languages, server, conf_pool);
        shared->audit = prepare_audit(config->audit_log, server, main_server, conf_pool);
        if (!prepare_guards(shared, &config->database, main_server, conf_pool)) {
            ap_log_error(
                APLOG_MARK, APLOG_CRIT, 0, server,
                "LUCI0312: LuciaDatabase: there is no shared memory for its circuit breaker; provide "
                "memory and restart httpd");
            return HTTP_INTERNAL_SERVER_ERROR;
        }
        if (luci_throttle_prepare(config, main_server, conf_pool) != LUCI_OK)
            return HTTP_INTERNAL_SERVER_ERROR;
        if (!slots || !passwords || !shared->audit ||
            (luci_cache_wanted(&config->cache_name) &&
             !prepare_cache(shared, &config->cache_name, main_server, conf_pool)))
            return HTTP_INTERNAL_SERVER_ERROR;
        luci_config_parts(config)->shared = shared;
    }
    return OK;
}

/* Starts each cache once; if it fails, no virtual host uses it in this child. */
static void start_caches(apr_pool_t *child_pool, server_rec *main_server)
{
    for (server_rec *server = main_server; server; server = server->next) {
        luci_shared_t *shared = luci_config_parts(luci_config_server(server))->shared;
        luci_throttle_shared_t *throttle = luci_config_parts(luci_config_server(server))->throttle_shared;

        if (shared && shared->cache && !luci_cache_start(shared->cache, child_pool))
            shared->cache = NULL;
        if (throttle && throttle->counts && !luci_counts_start(throttle->counts, child_pool))
            throttle->counts = NULL;
    }
}

/* The caches of other virtual hosts that may contain sessions of this database; NULL: none. */
static const luci_session_cache_t *const *other_caches(const luci_server_config_t *config,
                                                       server_rec *main_server, apr_pool_t *pool)
{
    const luci_runtime_t *own = luci_config_parts(config)->runtime;
    apr_array_header_t *found = apr_array_make(pool, 2, sizeof(luci_session_cache_t *));

    for (server_rec *server = main_server; server; server = server->next) {
        const luci_server_config_t *other = luci_config_server(server);
        const luci_runtime_t *runtime = luci_config_parts(other)->runtime;

        if (!runtime || !runtime->auth.cache || !luci_config_has_same_sessions(config, other))
            continue;
        if (!own->auth.cache || runtime->session_cache.store.baton != own->session_cache.store.baton)
            APR_ARRAY_PUSH(found, const luci_session_cache_t *) = runtime->auth.cache;
    }
    if (found->nelts == 0)
        return NULL;
    APR_ARRAY_PUSH(found, const luci_session_cache_t *) = NULL;
    return (const luci_session_cache_t *const *)found->elts;
}

/* The number of threads for suspended requests: as many as there are slots, and some more to keep the slots
 * busy while others query the database. A client that disconnects makes a thread of httpd wait for such a
 * thread, hence at most half of httpd's number. */
static int helpers(server_rec *main_server)
{
    int threads = 1, wanted = 0;

    if (ap_mpm_query(AP_MPMQ_MAX_THREADS, &threads) != APR_SUCCESS)
        return 0;
    for (server_rec *server = main_server; server && wanted == 0; server = server->next) {
        const luci_shared_t *shared = luci_config_parts(luci_config_server(server))->shared;

        if (shared)
            wanted = luci_hash_slots_count(shared->hash_slots) + SPARE_HELPERS;
    }
    threads = threads > 2 ? threads / 2 : 1;
    return wanted < threads ? wanted : threads;
}

void luci_runtime_start(apr_pool_t *child_pool, server_rec *main_server)
{
    if (luci_secret_init(child_pool) != LUCI_OK) {
        ap_log_error(
            APLOG_MARK, APLOG_CRIT, 0, main_server,
            "LUCI0305: OpenSSL has no SHA-256, so this process answers all requests that need a user "
            "with 503; check the installation of OpenSSL and its configuration (FIPS)");
        return;
    }
    luci_counters_start();
    luci_suspend_start(helpers(main_server), child_pool);
    start_caches(child_pool, main_server);
    for (server_rec *server = main_server; server; server = server->next) {
        luci_server_config_t *config = luci_config_server(server);

        if (luci_config_parts(config)->shared && !luci_config_parts(config)->runtime)
            luci_config_parts(config)->runtime = start_server(server, main_server, child_pool);
    }
    for (server_rec *server = main_server; server; server = server->next) {
        luci_runtime_t *runtime = luci_config_parts(luci_config_server(server))->runtime;

        if (runtime)
            runtime->auth.others = other_caches(luci_config_server(server), main_server, child_pool);
    }
}

luci_runtime_t *luci_runtime_of(const request_rec *r)
{
    return luci_config_parts(luci_config_server(r->server))->runtime;
}

luci_ms_t luci_runtime_now(void)
{
    return apr_time_as_msec(apr_time_now());
}
