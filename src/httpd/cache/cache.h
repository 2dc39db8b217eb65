/* SPDX-License-Identifier: Apache-2.0 */
/* The store of the session cache, and optionally of the counts of throttling: a provider of ap_socache
 * (shmcb, redis, memcache, ...). It is shared by all processes, by all virtual hosts with the same arguments,
 * and with redis or memcache by several machines. An error counts as a miss. When a provider fails or is
 * slow, the whole server makes no calls to it for a pause (core/guard/breaker.h) and logs that; only the ends
 * of sessions are tried nevertheless. */
#ifndef LUCI_CACHE_H
#define LUCI_CACHE_H

#include "core/guard/times.h"
#include "httpd/base/config.h"
#include "httpd/cache/cache_call.h"

typedef struct luci_cache_t luci_cache_t;

/* One of the two uses of a provider. */
typedef struct {
    const char *directive;  /* the directive that configures it */
    const char *name_space; /* of its keys; providers allow 14 characters */
    const char *lock;       /* the name of its lock for httpd's directive Mutex */
    int is_held;            /* 1: several calls form a unit (luci_cache_hold), so it always has a lock */
    int failures_max;       /* so many failures in a row begin a pause */
    apr_interval_time_t pause;
    const char *id;      /* of the log message about a failure */
    const char *what;    /* its name in messages */
    const char *instead; /* what happens without it, for messages */
} luci_cache_use_t;

extern const luci_cache_use_t luci_cache_of_sessions;
extern const luci_cache_use_t luci_cache_of_counts;

/* Registers the locks for httpd's directive Mutex, in the pre_config hook. Returns what a hook returns. */
int luci_cache_register_lock(apr_pool_t *conf_pool);

/* Resolves the default of LuciaSessionCache: shmcb if mod_socache_shmcb is loaded. Returns 0 if there is no
 * cache.
 */
int luci_cache_wanted(luci_cache_name_t *name);

/* A phrase from temp that says what is wrong with the provider or its arguments; NULL: nothing. */
const char *luci_cache_problem(const luci_cache_name_t *name, apr_pool_t *temp);

/* Whether a provider keeps its records on another machine. */
int luci_cache_is_elsewhere(const luci_cache_name_t *name);

/* Whether two names denote the same cache. */
int luci_cache_is_same(const luci_cache_name_t *a, const luci_cache_name_t *b);

/* Whether the module of a provider is loaded. */
int luci_cache_is_loaded(const char *provider);

/* Creates a cache from conf_pool, before children start. NULL: an error, which was logged. */
luci_cache_t *luci_cache_create(const luci_cache_use_t *use, const luci_cache_name_t *name,
                                server_rec *main_server, apr_pool_t *conf_pool);

/* Called in each child before its threads start; may be called again. Returns 0 if this child cannot use the
 * cache, which was logged. */
int luci_cache_start(luci_cache_t *cache, apr_pool_t *child_pool);

/* Whether only this machine uses the cache. */
int luci_cache_is_local(const luci_cache_t *cache);

/* ---- Single calls, from all threads ---- */

/* Whether a call may be made: always while the cache works; after a pause, for one call of the whole server.
 */
int luci_cache_may_call(const luci_cache_t *cache);

/* Makes a call that may take wait. NOT_FOUND: there is no record, or it could not be stored. UNAVAILABLE: the
 * call failed, and a pause begins. */
luci_result_t luci_cache_make_call(const luci_cache_t *cache, luci_cache_call_t *call,
                                   apr_interval_time_t wait, apr_pool_t *scratch) LUCI_MUST_USE;

/* Ends sessions, even during a pause, because other nodes may reach the provider and find them. Waits for
 * LUCI_CACHE_WAIT_END for all of them together, and for LUCI_CACHE_WAIT during a pause; a provider on another
 * machine is told of the rest in the background. What it was not told of in time is logged. Results as
 * luci_cache_make_call. */
luci_result_t luci_cache_end(const luci_cache_t *cache, const luci_cache_ends_t *ends,
                             apr_pool_t *scratch) LUCI_MUST_USE;

/* ---- Calls that form a unit, if use->is_held ---- */

/* Locks the cache against all other processes of this machine, for which it waits at most LUCI_CACHE_WAIT.
 * BUSY: a pause is in progress. UNAVAILABLE: the lock timed out; only the calls of its holder tell whether
 * the provider works. */
luci_result_t luci_cache_hold(luci_cache_t *cache) LUCI_MUST_USE;
void luci_cache_release(luci_cache_t *cache);

/* Makes a call while the cache is locked. Results as luci_cache_make_call. Only a call that writes proves
 * that the provider works: a replica can be read. */
luci_result_t luci_cache_call_held(const luci_cache_t *cache, luci_cache_call_t *call,
                                   apr_pool_t *scratch) LUCI_MUST_USE;

/* What the clock of the cache is ahead of this machine's, in ms; 0: not known. */
luci_ms_t luci_cache_ahead(const luci_cache_t *cache);

/* Tells the log that the cache has lost a record that it had accepted. */
void luci_cache_report_loss(const luci_cache_t *cache);

/* Calls with for each record, while the cache is locked, until it returns something other than SUCCESS.
 * ENOTIMPL: the provider cannot list its records. */
apr_status_t luci_cache_each(const luci_cache_t *cache, ap_socache_iterator_t *with, void *baton,
                             apr_pool_t *scratch);

#endif
