/* SPDX-License-Identifier: Apache-2.0 */
/* Where the session cache keeps its records, and the throttle its counts: any provider of ap_socache (shmcb,
 * redis, memcache, ...), shared by all processes, by all servers that name it in the same words, and with
 * redis or memcache by several machines. An error is a miss. When a provider fails or is slow, the whole
 * server makes no calls to it for LUCI_CACHE_PAUSE (core/guard/breaker.h) and logs one line a minute; ends of
 * sessions are tried nevertheless. */
#ifndef LUCI_CACHE_H
#define LUCI_CACHE_H

#include "core/guard/times.h"
#include "httpd/base/config.h"
#include "httpd/cache/cache_call.h"

typedef struct luci_cache_t luci_cache_t;

/* What a provider is used for. */
typedef struct {
    const char *directive;  /* that names it */
    const char *name_space; /* of its keys; at most 14 characters, for the providers */
    const char *lock;       /* for httpd's Mutex directive */
    int is_held;            /* several calls belong together: it has a lock wherever it is */
    const char *id;         /* of the message that it fails, */
    const char *what;       /* its name there, */
    const char *instead;    /* and what is done without it */
} luci_cache_use_t;

extern const luci_cache_use_t luci_cache_of_sessions;
extern const luci_cache_use_t luci_cache_of_counts;

/* The pre_config hook's work: the locks' names for httpd's Mutex directive. Returns what a hook returns. */
int luci_cache_register_lock(apr_pool_t *conf_pool);

/* What LuciaSessionCache means: shmcb where it wasn't written and mod_socache_shmcb is loaded. 0: no cache.
 */
int luci_cache_wanted(luci_cache_name_t *name);

/* What is wrong with the provider or its arguments, as a phrase from temp; NULL: nothing. */
const char *luci_cache_problem(const luci_cache_name_t *name, apr_pool_t *temp);

/* Whether a provider keeps its records on another machine. */
int luci_cache_is_elsewhere(const luci_cache_name_t *name);

/* Whether two names mean the same cache. */
int luci_cache_is_same(const luci_cache_name_t *a, const luci_cache_name_t *b);

/* Whether there is such a provider. */
int luci_cache_is_loaded(const char *provider);

/* Makes it, before children start; from conf_pool. NULL: it can't be had, which was logged. */
luci_cache_t *luci_cache_create(const luci_cache_use_t *use, const luci_cache_name_t *name,
                                server_rec *main_server, apr_pool_t *conf_pool);

/* For each child, before its threads start; calling again does no harm. 0: this child goes without it, which
 * was logged. */
int luci_cache_start(luci_cache_t *cache, apr_pool_t *child_pool);

/* Whether it's this machine's alone. */
int luci_cache_is_local(const luci_cache_t *cache);

/* ---- Single calls, from all threads ---- */

#define LUCI_CACHE_ROUNDING                                                                                  \
    apr_time_from_sec(2) /* providers count whole seconds; records say when they end */

/* Whether to call it: always while it works, and for one call of the whole server when a pause is over. */
int luci_cache_may_call(const luci_cache_t *cache);

/* NOT_FOUND: there is no record, or it could not be stored. UNAVAILABLE: it failed, and a pause begins. */
luci_result_t luci_cache_make_call(const luci_cache_t *cache, luci_cache_call_t *call,
                                   apr_interval_time_t wait, apr_pool_t *scratch) LUCI_MUST_USE;

/* ---- Calls that belong together, where use->is_held ---- */

/* Holds it against all processes of this machine, for which it waits as long as for a call. BUSY,
 * UNAVAILABLE: it is not held, and a pause begins. */
luci_result_t luci_cache_hold(luci_cache_t *cache) LUCI_MUST_USE;
void luci_cache_release(luci_cache_t *cache);

/* A call while it's held. NOT_FOUND; UNAVAILABLE. */
luci_result_t luci_cache_call_held(const luci_cache_t *cache, luci_cache_call_t *call,
                                   apr_pool_t *scratch) LUCI_MUST_USE;

/* All that it keeps, while it's held; each is shown to with, whose answer other than SUCCESS ends it.
 * ENOTIMPL: it can't say. */
apr_status_t luci_cache_each(const luci_cache_t *cache, ap_socache_iterator_t *with, void *baton,
                             apr_pool_t *scratch);

#endif
