/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/cache/cache.h"

#include "core/base/text.h"
#include "core/guard/breaker.h"
#include "httpd/base/httpd_log.h"
#include "httpd/base/mpm.h"
#include "httpd/cache/store_provider.h"

#include <apr_atomic.h>
#include <apr_global_mutex.h>
#include <apr_shm.h>
#include <apr_strings.h>
#include <ap_provider.h>
#include <ap_socache.h>
#include <http_log.h>
#include <util_mutex.h>

APLOG_USE_MODULE(luciauth);

#define DEFAULT_PROVIDER "shmcb"

/* Shared by all processes. */
typedef struct {
    luci_condition_t condition; /* for the log */
    volatile apr_uint64_t
        complained;                 /* when a record that is too large was logged, microseconds since 1970 */
    volatile apr_uint32_t failures; /* in a row */
    luci_condition_t clocks;        /* of this machine and the cache */
    volatile apr_uint64_t lost;     /* when a loss was logged, microseconds since 1970 */
    volatile apr_uint32_t untold;   /* sessions of which it was not told, since that was last logged */
    volatile apr_uint64_t untold_said; /* when that was, microseconds since 1970 */
} shared_t;

struct luci_cache_t {
    const luci_cache_use_t *use;
    const luci_cache_name_t *name;
    const char *title; /* the provider with its arguments, for messages */
    luci_cache_provider_t provider;
    server_rec *server; /* the main server */
    shared_t *shared;
    apr_global_mutex_t *lock; /* NULL: calls need no lock, because the provider is thread-safe and not held */
    luci_offload_t *threads;  /* of this child, which make the calls; NULL: the provider is on this machine */
    luci_breaker_t *breaker;
    int knows_clock; /* 1: the provider is one of store_provider.h */
    int is_started;  /* luci_cache_start succeeded in this child */
};

const luci_cache_use_t luci_cache_of_sessions = {
    .directive = "LuciaSessionCache",
    .name_space = "luciauth",
    .lock = "luciauth-cache",
    .failures_max = 1,
    .pause = LUCI_CACHE_PAUSE,
    .id = "LUCI0402",
    .what = "session cache",
    .instead = "the database is queried instead",
};
const luci_cache_use_t luci_cache_of_counts = {
    .directive = "LuciaThrottleStore",
    .name_space = "luciauth-tries",
    .lock = "luciauth-tries",
    .is_held = 1,
    .failures_max = LUCI_STORE_FAILURES,
    .pause = LUCI_STORE_PAUSE,
    .id = "LUCI0510",
    .what = "throttle store",
    .instead = "each node counts attempts for itself until it works again",
};

static const ap_socache_provider_t *provider_of(const char *name)
{
    return ap_lookup_provider(AP_SOCACHE_PROVIDER_GROUP, name, AP_SOCACHE_PROVIDER_VERSION);
}

int luci_cache_register_lock(apr_pool_t *conf_pool)
{
    const luci_cache_use_t *const uses[] = { &luci_cache_of_sessions, &luci_cache_of_counts };

    for (size_t i = 0; i < sizeof uses / sizeof *uses; i++) {
        if (ap_mutex_register(conf_pool, uses[i]->lock, NULL, APR_LOCK_DEFAULT, 0) != APR_SUCCESS)
            return HTTP_INTERNAL_SERVER_ERROR;
    }
    return OK;
}

int luci_cache_is_same(const luci_cache_name_t *a, const luci_cache_name_t *b)
{
    return luci_text_is_same(a->provider, b->provider) && luci_text_is_same(a->args, b->args);
}

int luci_cache_is_loaded(const char *provider)
{
    return provider_of(provider) != NULL;
}

int luci_cache_is_elsewhere(const luci_cache_name_t *name)
{
    const ap_socache_provider_t *provider = name->provider ? provider_of(name->provider) : NULL;

    return provider && !(provider->flags & AP_SOCACHE_FLAG_NOTMPSAFE);
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

/* Whether the arguments of the provider are names of servers; these providers parse them only in init. */
static int names_servers(const char *provider)
{
    return strcasecmp(provider, "redis") == 0 || strcasecmp(provider, "memcache") == 0;
}

static const char *server_problem(const char *names, apr_pool_t *temp)
{
    char *state, *name = apr_strtok(apr_pstrdup(temp, names), ",", &state);

    for (; name; name = apr_strtok(NULL, ",", &state)) {
        char *host, *scope;
        apr_port_t port;

        if (strchr(name, '@')) /* the name is not repeated, because it may contain a password */
            return "a server has a user or a password before \"@\", which httpd's clients cannot send: write "
                   "HOST:PORT, and let only the nodes reach that port";
        if (apr_parse_addr_port(&host, &scope, &port, name, temp) != APR_SUCCESS || !host ||
            host[strcspn(host, " \t/")] || (*name != '[' && strchr(host, ':')))
            return apr_psprintf(temp, "\"%s\" is not a server: write HOST, HOST:PORT or [ADDRESS]:PORT",
                                name);
    }
    return NULL;
}

const char *luci_cache_problem(const luci_cache_name_t *name, apr_pool_t *temp)
{
    const ap_socache_provider_t *provider = provider_of(name->provider);
    ap_socache_instance_t *instance;
    const char *problem;

    if (!provider)
        return apr_pstrcat(temp, "there is no such provider; load mod_socache_", name->provider,
                           " (httpd has shmcb, redis and memcache), or write off", NULL);
    problem = provider->create(&instance, name->args, temp, temp);
    return problem || !names_servers(name->provider) ? problem : server_problem(name->args, temp);
}

/* ---- Creation ---- */

static luci_cache_t *failed(const luci_cache_t *cache, const char *what, apr_status_t status)
{
    ap_log_error(APLOG_MARK, APLOG_CRIT, status, cache->server, "LUCI0401: %s \"%s\": %s",
                 cache->use->directive, cache->title, what);
    return NULL;
}

static server_rec *quiet_copy(const server_rec *server, apr_pool_t *pool)
{
    server_rec *quiet = apr_pmemdup(pool, server, sizeof *server);

    quiet->log.level = APLOG_EMERG;
    quiet->log.module_levels = NULL;
    return quiet;
}

/* Each lock gets its own instance, because the files of some kinds of locks would collide. */
static apr_status_t make_lock(luci_cache_t *cache, apr_pool_t *conf_pool)
{
    static int count;
    const char *instance = apr_itoa(conf_pool, ++count);

    return ap_global_mutex_create(&cache->lock, NULL, cache->use->lock, instance, cache->server, conf_pool,
                                  0);
}

/* "redis:HOST:PORT, in FILE:LINE" */
static const char *title_of(const luci_cache_name_t *name, apr_pool_t *pool)
{
    const char *title =
        name->args ? apr_pstrcat(pool, name->provider, ":", name->args, NULL) : name->provider;

    return name->file ? apr_psprintf(pool, "%s, in %s:%d", title, name->file, name->number) : title;
}

luci_cache_t *luci_cache_create(const luci_cache_use_t *use, const luci_cache_name_t *name,
                                server_rec *main_server, apr_pool_t *conf_pool)
{
    luci_cache_t *cache = apr_pcalloc(conf_pool, sizeof *cache);
    luci_cache_provider_t *provider = &cache->provider;
    const char *problem;
    apr_shm_t *memory;
    apr_status_t status;

    cache->use = use;
    cache->name = name;
    cache->title = title_of(name, conf_pool);
    cache->server = main_server;
    provider->name_space = use->name_space;
    provider->quiet = quiet_copy(main_server, conf_pool);
    provider->functions = use->is_held ? luci_store_provider(name->provider) : NULL;
    cache->knows_clock = provider->functions != NULL;
    if (!provider->functions)
        provider->functions = provider_of(name->provider);
    provider->args = name->args;
    provider->is_elsewhere = luci_cache_is_elsewhere(name);
    status = luci_cache_open(provider, main_server, &problem, conf_pool);
    if (problem)
        return failed(cache, problem, 0);
    if (status != APR_SUCCESS)
        return failed(cache, "the provider cannot be initialized", status);
    cache->breaker = luci_breaker_create(use->pause, use->pause, conf_pool);
    status = cache->breaker ? apr_shm_create(&memory, sizeof *cache->shared, NULL, conf_pool) : APR_ENOMEM;
    if (status == APR_SUCCESS) {
        cache->shared = memset(apr_shm_baseaddr_get(memory), 0, sizeof *cache->shared);
        if (!provider->is_elsewhere || use->is_held)
            status = make_lock(cache, conf_pool);
    }
    return status == APR_SUCCESS ? cache : failed(cache, "there is no shared memory or lock for it", status);
}

/* Prepares what a child needs for calls: the lock, and threads for a provider on another machine. */
static apr_status_t prepare_calls(luci_cache_t *cache, apr_pool_t *child_pool)
{
    apr_status_t status = APR_SUCCESS;

    if (cache->lock)
        status =
            apr_global_mutex_child_init(&cache->lock, apr_global_mutex_lockfile(cache->lock), child_pool);
    if (status != APR_SUCCESS || !cache->provider.is_elsewhere)
        return status;
    /* One thread more than httpd has, so that a call that ends a session finds a free one while all others
     * hang. */
    cache->threads = luci_offload_create(luci_mpm_threads() + 1);
    return cache->threads ? APR_SUCCESS : APR_ENOMEM;
}

int luci_cache_start(luci_cache_t *cache, apr_pool_t *child_pool)
{
    apr_status_t status = cache->is_started ? APR_SUCCESS : prepare_calls(cache, child_pool);

    if (status == APR_SUCCESS) {
        cache->is_started = 1;
        return 1;
    }
    ap_log_error(APLOG_MARK, APLOG_ERR, status, cache->server,
                 "LUCI0405: this child does not use the %s (%s), because it cannot open its lock or start "
                 "its threads; see the directive Mutex, and restart httpd",
                 cache->use->what, cache->name->provider);
    return 0;
}

int luci_cache_is_local(const luci_cache_t *cache)
{
    return !cache->provider.is_elsewhere;
}

/* ---- Failures ---- */

static void complain(const luci_cache_t *cache, apr_status_t status, const char *what)
{
    ap_log_error(APLOG_MARK, APLOG_WARNING, status, cache->server, "%s: the %s (%s) %s; %s", cache->use->id,
                 cache->use->what, cache->title, what, cache->use->instead);
}

static void report_success(const luci_cache_t *cache)
{
    if (luci_httpd_log_condition(&cache->shared->condition, NULL))
        ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, cache->server, "LUCI0406: the %s (%s) works again",
                     cache->use->what, cache->title);
}

int luci_cache_may_call(const luci_cache_t *cache)
{
    return luci_breaker_may_call(cache->breaker, apr_time_now());
}

/* Unlike a call that is slow, an error opens the breaker even if another call has succeeded meanwhile. */
static void open_breaker(const luci_cache_t *cache, apr_status_t status, const char *what)
{
    luci_breaker_open(cache->breaker, apr_time_now());
    if (luci_httpd_log_condition(&cache->shared->condition, what))
        complain(cache, status, what);
}

/* httpd's providers also report NOTFOUND when they cannot reach their server, and a unit of calls needs to
 * write: only a found or stored record proves that a cache works, or only a stored one. */
static int is_proof(const luci_cache_t *cache, const luci_cache_call_t *call, apr_status_t status)
{
    return cache->use->is_held ? call->verb != LUCI_CACHE_RETRIEVE : status != APR_NOTFOUND;
}

static void note_answer(const luci_cache_t *cache, const luci_cache_call_t *call, apr_status_t status)
{
    if (!is_proof(cache, call, status)) {
        luci_breaker_allow_retry(cache->breaker);
        return;
    }
    apr_atomic_set32(&cache->shared->failures, 0);
    luci_breaker_answered(cache->breaker, apr_time_now());
    report_success(cache);
}

/* One failure may be an accident. */
static void note_failure(const luci_cache_t *cache, apr_status_t status, apr_pool_t *scratch)
{
    int failures = (int)apr_atomic_inc32(&cache->shared->failures) + 1;
    int is_late = APR_STATUS_IS_TIMEUP(status) || APR_STATUS_IS_EAGAIN(status);

    if (failures < cache->use->failures_max)
        return;
    if (is_late)
        open_breaker(cache, 0, "does not answer in time");
    else if (cache->knows_clock)
        open_breaker(cache, 0,
                     apr_pstrcat(scratch, "does not work: ",
                                 luci_store_provider_reason(cache->provider.instance, scratch), NULL));
    else
        open_breaker(cache, status, "does not work");
}

/* Converts the status of a call to a result, and updates the breaker. */
static luci_result_t judge(const luci_cache_t *cache, const luci_cache_call_t *call, apr_status_t status,
                           apr_pool_t *scratch)
{
    if (status == APR_SUCCESS || status == APR_NOTFOUND || status == APR_EEXIST) {
        note_answer(cache, call, status);
        return status == APR_SUCCESS ? LUCI_OK : LUCI_NOT_FOUND;
    }
    if (status == APR_ENOSPC) {
        if (luci_httpd_log_due(&cache->shared->complained))
            complain(cache, 0, "is too small for a record");
        return LUCI_NOT_FOUND;
    }
    note_failure(cache, status, scratch);
    return LUCI_UNAVAILABLE;
}

/* ---- Clocks, and records that are lost ---- */

#define CLOCKS_DIFFER (5 * LUCI_MS_SECOND)

luci_ms_t luci_cache_ahead(const luci_cache_t *cache)
{
    luci_ms_t ahead = cache->knows_clock ? luci_store_provider_ahead(cache->provider.instance) : 0;
    const char *is = ahead >= CLOCKS_DIFFER ? "behind" : ahead <= -CLOCKS_DIFFER ? "ahead of" : NULL;

    if (!luci_httpd_log_condition(&cache->shared->clocks, is))
        return ahead;
    if (is)
        ap_log_error(
            APLOG_MARK, APLOG_WARNING, 0, cache->server,
            "LUCI0519: the clock of this machine is %d seconds %s that of the %s (%s); attempts are "
            "counted by the latter, but sessions and logs are not; set the clocks of all machines by "
            "NTP",
            (int)((ahead < 0 ? -ahead : ahead) / LUCI_MS_SECOND), is, cache->use->what, cache->title);
    else
        ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, cache->server,
                     "LUCI0520: the clocks of this machine and of the %s (%s) agree again", cache->use->what,
                     cache->title);
    return ahead;
}

void luci_cache_report_loss(const luci_cache_t *cache)
{
    if (luci_httpd_log_due(&cache->shared->lost))
        ap_log_error(
            APLOG_MARK, APLOG_WARNING, 0, cache->server,
            "LUCI0521: the %s (%s) has lost counts that it had accepted, which this node replaces by "
            "its own; it was restarted, is short of memory (memcached -m, Redis maxmemory-policy "
            "volatile-ttl), or is a replica",
            cache->use->what, cache->title);
}

/* ---- Calls ---- */

static apr_status_t take_lock(const luci_cache_t *cache, apr_interval_time_t wait)
{
    apr_status_t status = apr_global_mutex_trylock(cache->lock);

    if (APR_STATUS_IS_EBUSY(status))
        status = apr_global_mutex_timedlock(cache->lock, wait);
    if (APR_STATUS_IS_ENOTIMPL(status)) /* Some kinds of locks support neither of these two calls. */
        status = apr_global_mutex_lock(cache->lock);
    return status;
}

/* A provider with a lock is on this machine and answers without a wait, so that only the lock needs a
 * timeout. */
luci_result_t luci_cache_make_call(const luci_cache_t *cache, luci_cache_call_t *call,
                                   apr_interval_time_t wait, apr_pool_t *scratch)
{
    apr_status_t status;

    if (cache->threads)
        return judge(cache, call, luci_cache_call_offloaded(cache->threads, &cache->provider, call, wait),
                     scratch);
    status = take_lock(cache, wait);
    if (status == APR_SUCCESS) {
        status = luci_cache_call(&cache->provider, call, scratch);
        apr_global_mutex_unlock(cache->lock);
    }
    return judge(cache, call, status, scratch);
}

/* A lock is taken once for all sessions: other requests wait for it meanwhile, for less than a millisecond a
 * hundred sessions. */
static apr_status_t end_all(const luci_cache_t *cache, const luci_cache_ends_t *ends, apr_uint32_t *told,
                            apr_pool_t *scratch)
{
    apr_interval_time_t wait =
        luci_breaker_is_open(cache->breaker, apr_time_now()) ? LUCI_CACHE_WAIT : LUCI_CACHE_WAIT_END;
    apr_status_t status;

    *told = 0;
    if (cache->threads)
        return luci_cache_call_ends_offloaded(cache->threads, &cache->provider, ends, wait, told);
    status = take_lock(cache, wait);
    if (status != APR_SUCCESS)
        return status;
    status = luci_cache_call_ends(&cache->provider, ends, told, scratch);
    apr_global_mutex_unlock(cache->lock);
    return status;
}

/* The line counts all sessions since the last one. */
static void report_untold(const luci_cache_t *cache, apr_uint32_t count, apr_time_t until)
{
    shared_t *shared = cache->shared;
    char date[APR_RFC822_DATE_LEN];

    apr_atomic_add32(&shared->untold, count);
    if (!luci_httpd_log_due(&shared->untold_said))
        return;
    apr_rfc822_date(date, until);
    ap_log_error(
        APLOG_MARK, APLOG_WARNING, 0, cache->server,
        "LUCI0409: the %s (%s) was not told in time that sessions ended or changed: %u; servers that "
        "find them there may accept them as they were until %s (LuciaSessionCacheTTL)",
        cache->use->what, cache->title, apr_atomic_xchg32(&shared->untold, 0), date);
}

luci_result_t luci_cache_end(const luci_cache_t *cache, const luci_cache_ends_t *ends, apr_pool_t *scratch)
{
    const luci_cache_call_t call = { .verb = LUCI_CACHE_END };
    apr_uint32_t told;
    apr_status_t status = end_all(cache, ends, &told, scratch);

    if (told < (apr_uint32_t)ends->count)
        report_untold(cache, (apr_uint32_t)ends->count - told, ends->until);
    return judge(cache, &call, status, scratch);
}

/* ---- Calls under the lock ---- */

/* Asks the breaker again after the wait for the lock, because the process that held it may have found that
 * the cache fails. */
luci_result_t luci_cache_hold(luci_cache_t *cache)
{
    apr_status_t status;

    if (luci_breaker_is_open(cache->breaker, apr_time_now()))
        return LUCI_BUSY;
    status = take_lock(cache, LUCI_CACHE_WAIT);
    if (status != APR_SUCCESS)
        return LUCI_UNAVAILABLE;
    if (luci_cache_may_call(cache))
        return LUCI_OK;
    apr_global_mutex_unlock(cache->lock);
    return LUCI_BUSY;
}

void luci_cache_release(luci_cache_t *cache)
{
    apr_global_mutex_unlock(cache->lock);
}

luci_result_t luci_cache_call_held(const luci_cache_t *cache, luci_cache_call_t *call, apr_pool_t *scratch)
{
    apr_status_t status =
        cache->threads ? luci_cache_call_offloaded(cache->threads, &cache->provider, call, LUCI_CACHE_WAIT)
                       : luci_cache_call(&cache->provider, call, scratch);

    return judge(cache, call, status, scratch);
}

apr_status_t luci_cache_each(const luci_cache_t *cache, ap_socache_iterator_t *with, void *baton,
                             apr_pool_t *scratch)
{
    const luci_cache_provider_t *provider = &cache->provider;

    return provider->functions->iterate(provider->instance, provider->quiet, baton, with, scratch);
}
