/* SPDX-License-Identifier: Apache-2.0 */
#include "cache.h"

#include <apr_atomic.h>
#include <apr_global_mutex.h>
#include <apr_shm.h>
#include <apr_strings.h>
#include <ap_provider.h>
#include <ap_socache.h>
#include <http_log.h>
#include <util_mutex.h>

APLOG_USE_MODULE(luciauth);

#define NAMESPACE "luciauth" /* at most 14 characters, for the providers */
#define LOCK "luciauth-cache"
#define DEFAULT_PROVIDER "shmcb"

#define LOCK_WAIT apr_time_from_msec(50)      /* for a record */
#define LOCK_WAIT_REMOVE apr_time_from_sec(2) /* for a removal, which matters more */
#define SLOW apr_time_from_msec(250)
#define PAUSE apr_time_from_sec(10)
#define COMPLAIN_EVERY apr_time_from_sec(60)

/* What all processes share. Moments in microseconds since 1970. */
typedef struct {
    volatile apr_uint64_t paused_until;
    volatile apr_uint64_t complained;
} shared_t;

struct luci_cache_t {
    const luci_cache_name_t *name;
    const ap_socache_provider_t *provider;
    ap_socache_instance_t *instance;
    server_rec *server; /* the main one */
    server_rec *quiet;  /* a copy that hears nothing: providers log every failure */
    shared_t *shared;
    apr_global_mutex_t *lock; /* NULL: the provider needs none */
    int is_started;           /* in this child */
};

static const ap_socache_provider_t *provider_of(const char *name)
{
    return ap_lookup_provider(AP_SOCACHE_PROVIDER_GROUP, name, AP_SOCACHE_PROVIDER_VERSION);
}

int luci_cache_register_lock(apr_pool_t *conf_pool)
{
    return ap_mutex_register(conf_pool, LOCK, NULL, APR_LOCK_DEFAULT, 0) == APR_SUCCESS
               ? OK
               : HTTP_INTERNAL_SERVER_ERROR;
}

int luci_cache_wanted(luci_cache_name_t *name)
{
    if (name->is_off)
        return 0;
    if (!name->provider && !provider_of(DEFAULT_PROVIDER))
        return 0;
    if (!name->provider)
        name->provider = DEFAULT_PROVIDER;
    return 1;
}

const char *luci_cache_problem(const luci_cache_name_t *name, apr_pool_t *temp)
{
    const ap_socache_provider_t *provider = provider_of(name->provider);
    ap_socache_instance_t *instance;

    if (!provider)
        return apr_pstrcat(temp, "there is no such provider; load mod_socache_", name->provider,
                           ", or write off", NULL);
    return provider->create(&instance, name->args, temp, temp);
}

/* ---- Making it ---- */

static luci_cache_t *failed(server_rec *server, const char *provider, const char *what, apr_status_t status)
{
    ap_log_error(APLOG_MARK, APLOG_CRIT, status, server, "LUCI0401: LuciaSessionCache %s: %s", provider,
                 what);
    return NULL;
}

static server_rec *quiet_copy(const server_rec *server, apr_pool_t *pool)
{
    server_rec *quiet = apr_pmemdup(pool, server, sizeof *server);

    quiet->log.level = APLOG_EMERG;
    quiet->log.module_levels = NULL;
    return quiet;
}

luci_cache_t *luci_cache_create(const luci_cache_name_t *name, server_rec *main_server, apr_pool_t *conf_pool)
{
    static struct ap_socache_hints hints = { LUCI_SHA256_BYTES, 128, apr_time_from_sec(10) };
    luci_cache_t *cache = apr_pcalloc(conf_pool, sizeof *cache);
    const char *problem = NULL;
    apr_shm_t *memory;
    apr_status_t status;

    cache->name = name;
    cache->server = main_server;
    cache->quiet = quiet_copy(main_server, conf_pool);
    cache->provider = provider_of(name->provider);
    problem = cache->provider->create(&cache->instance, name->args, conf_pool, conf_pool);
    if (problem)
        return failed(main_server, name->provider, problem, 0);
    status = cache->provider->init(cache->instance, NAMESPACE, &hints, main_server, conf_pool);
    if (status != APR_SUCCESS)
        return failed(main_server, name->provider, "it could not be started", status);
    status = apr_shm_create(&memory, sizeof *cache->shared, NULL, conf_pool);
    if (status == APR_SUCCESS) {
        cache->shared = memset(apr_shm_baseaddr_get(memory), 0, sizeof *cache->shared);
        if (cache->provider->flags & AP_SOCACHE_FLAG_NOTMPSAFE)
            status = ap_global_mutex_create(&cache->lock, NULL, LOCK, NULL, main_server, conf_pool, 0);
    }
    return status == APR_SUCCESS
               ? cache
               : failed(main_server, name->provider, "no shared memory or lock for it", status);
}

int luci_cache_start(luci_cache_t *cache, apr_pool_t *child_pool)
{
    apr_status_t status = APR_SUCCESS;

    if (cache->lock && !cache->is_started)
        status =
            apr_global_mutex_child_init(&cache->lock, apr_global_mutex_lockfile(cache->lock), child_pool);
    if (status == APR_SUCCESS) {
        cache->is_started = 1;
        return 1;
    }
    (void)failed(cache->server, cache->name->provider, "a child goes without it: its lock can't be had",
                 status);
    return 0;
}

/* ---- When it fails ---- */

/* When there is nothing to wait for, the clock is not asked either. */
static int is_paused(const luci_cache_t *cache)
{
    apr_uint64_t until = apr_atomic_read64(&cache->shared->paused_until);

    return until != 0 && (apr_uint64_t)apr_time_now() < until;
}

/* The start of a call, which matters only where it may take long. */
static apr_time_t start_of_call(const luci_cache_t *cache)
{
    return cache->lock ? 0 : apr_time_now();
}

/* Of all threads of all processes one says it, once in a while. */
static void complain(const luci_cache_t *cache, apr_status_t status, const char *what, apr_time_t now)
{
    apr_uint64_t before = apr_atomic_read64(&cache->shared->complained);

    if ((apr_uint64_t)now < before + COMPLAIN_EVERY ||
        apr_atomic_cas64(&cache->shared->complained, (apr_uint64_t)now, before) != before)
        return;
    ap_log_error(APLOG_MARK, APLOG_WARNING, status, cache->server,
                 "LUCI0402: the session cache (%s) %s; the database is asked instead", cache->name->provider,
                 what);
}

static void pause_for_a_while(const luci_cache_t *cache, apr_status_t status, const char *what,
                              apr_time_t now)
{
    apr_atomic_set64(&cache->shared->paused_until, (apr_uint64_t)(now + PAUSE));
    complain(cache, status, what, now);
}

/* What a call to the provider came to. In shared memory, a miss is all that can be wrong with an answer. */
static luci_result_t judge(const luci_cache_t *cache, apr_status_t status, apr_time_t started)
{
    int is_answer = status == APR_SUCCESS || status == APR_NOTFOUND;

    if (!is_answer)
        pause_for_a_while(cache, status, "does not work", apr_time_now());
    else if (!cache->lock && apr_time_now() - started > SLOW)
        pause_for_a_while(cache, 0, "is slow", apr_time_now());
    if (status == APR_SUCCESS)
        return LUCI_OK;
    return is_answer ? LUCI_NOT_FOUND : LUCI_UNAVAILABLE;
}

/* ---- The lock: some providers are not even safe among threads ---- */

static apr_status_t take_lock(const luci_cache_t *cache, apr_interval_time_t wait)
{
    apr_status_t status;

    if (!cache->lock)
        return APR_SUCCESS;
    status = apr_global_mutex_trylock(cache->lock);
    if (APR_STATUS_IS_EBUSY(status))
        status = apr_global_mutex_timedlock(cache->lock, wait);
    if (APR_STATUS_IS_ENOTIMPL(status)) /* not every mechanism knows these two */
        status = apr_global_mutex_lock(cache->lock);
    return status;
}

static void release_lock(const luci_cache_t *cache)
{
    if (cache->lock)
        apr_global_mutex_unlock(cache->lock);
}

/* ---- The store ---- */

static luci_result_t retrieve(void *baton, const unsigned char *key, unsigned char *record, size_t *length,
                              apr_pool_t *scratch)
{
    const luci_cache_t *cache = baton;
    apr_time_t started = start_of_call(cache);
    unsigned int size = (unsigned int)*length;
    apr_status_t status;

    if (is_paused(cache))
        return LUCI_UNAVAILABLE;
    status = take_lock(cache, LOCK_WAIT);
    if (status == APR_SUCCESS) {
        status = cache->provider->retrieve(cache->instance, cache->quiet, key, LUCI_SHA256_BYTES, record,
                                           &size, scratch);
        release_lock(cache);
    }
    *length = size;
    return judge(cache, status, started);
}

/* Providers count whole seconds; the record itself says when it ends. */
static luci_result_t store(void *baton, const unsigned char *key, const unsigned char *record, size_t length,
                           luci_ms_t until, apr_pool_t *scratch)
{
    const luci_cache_t *cache = baton;
    apr_time_t started = start_of_call(cache);
    apr_time_t expiry = apr_time_from_msec(until) + apr_time_from_sec(2);
    apr_status_t status;

    if (is_paused(cache))
        return LUCI_UNAVAILABLE;
    status = take_lock(cache, LOCK_WAIT);
    if (status == APR_SUCCESS) {
        status = cache->provider->store(cache->instance, cache->quiet, key, LUCI_SHA256_BYTES, expiry,
                                        (unsigned char *)record, (unsigned int)length, scratch);
        release_lock(cache);
    }
    return judge(cache, status == APR_NOTFOUND ? APR_EGENERAL : status, started);
}

static luci_result_t forget(void *baton, const unsigned char *key, apr_pool_t *scratch)
{
    const luci_cache_t *cache = baton;
    apr_time_t started = start_of_call(cache);
    apr_status_t status = take_lock(cache, LOCK_WAIT_REMOVE);

    if (status == APR_SUCCESS) {
        status = cache->provider->remove(cache->instance, cache->quiet, key, LUCI_SHA256_BYTES, scratch);
        release_lock(cache);
    }
    return judge(cache, status, started);
}

luci_session_store_t luci_cache_store(luci_cache_t *cache)
{
    return (luci_session_store_t){ .retrieve = retrieve, .store = store, .remove = forget, .baton = cache };
}
