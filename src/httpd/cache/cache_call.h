/* SPDX-License-Identifier: Apache-2.0 */
/* One call to a provider of ap_socache. A session that was ended leaves an end marker: a few bytes that are
 * no record, over which nothing is stored until they expire. */
#ifndef LUCI_CACHE_CALL_H
#define LUCI_CACHE_CALL_H

#include "core/base/secret.h"
#include "core/guard/offload.h"
#include "core/session/session_record.h"

#include <ap_socache.h>

typedef struct {
    const ap_socache_provider_t *functions;
    ap_socache_instance_t *instance;
    const char *name_space; /* of its keys */
    const char *args;       /* as luci_cache_name_t has them */
    int is_elsewhere;       /* it keeps nothing itself: another client of it can be made at any time */
    server_rec *quiet;      /* hears nothing: providers log every failure */
} luci_cache_provider_t;

typedef enum {
    LUCI_CACHE_RETRIEVE,
    LUCI_CACHE_STORE, /* unless the key was ended */
    LUCI_CACHE_END,
    LUCI_CACHE_PUT, /* whatever is there */
    LUCI_CACHE_REMOVE
} luci_cache_verb_t;

typedef struct {
    luci_cache_verb_t verb;
    const unsigned char *key; /* LUCI_SHA256_BYTES */
    unsigned char *record;    /* LUCI_RECORD_MAX bytes to retrieve into, or what to store */
    unsigned int length;      /* of the record to store, or of what was retrieved */
    apr_time_t expiry;        /* of what is stored; providers count whole seconds */
} luci_cache_call_t;

/* Makes the instance, which ends with pool. *problem: what is wrong with the arguments, as a phrase, or NULL.
 */
apr_status_t luci_cache_open(luci_cache_provider_t *provider, server_rec *server, const char **problem,
                             apr_pool_t *pool);

/* NOTFOUND: nothing, or nothing that could be a record, is there. EEXIST: the key was ended, and nothing was
 * stored. ENOSPC: there is no room for such a record. Else what the provider said. */
apr_status_t luci_cache_call(const luci_cache_provider_t *provider, luci_cache_call_t *call,
                             apr_pool_t *scratch);

/* The same in a thread that is abandoned when max is over: httpd's clients of Redis and memcached wait
 * without limit for an answer. TIMEUP: not done yet; it may still be done later. EAGAIN: all threads hang in
 * earlier calls. */
apr_status_t luci_cache_call_offloaded(luci_offload_t *threads, const luci_cache_provider_t *provider,
                                       luci_cache_call_t *call, apr_interval_time_t max);

#endif
