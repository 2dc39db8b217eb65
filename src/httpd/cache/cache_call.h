/* SPDX-License-Identifier: Apache-2.0 */
/* One call to a provider of ap_socache. The end of a session stores an end marker, a few bytes that are no
 * record; until it expires, no record is stored under its key. So a concurrent request cannot restore the
 * session. */
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
    const char *args;       /* as in luci_cache_name_t */
    int is_elsewhere;  /* 1: it is a client of another server, so that further instances can be created */
    server_rec *quiet; /* a server that logs nothing, because providers log every failure */
} luci_cache_provider_t;

typedef enum {
    LUCI_CACHE_RETRIEVE,
    LUCI_CACHE_STORE, /* unless the key has an end marker */
    LUCI_CACHE_END,   /* replaces the record with an end marker */
    LUCI_CACHE_PUT,   /* replaces whatever the key has */
    LUCI_CACHE_REMOVE
} luci_cache_verb_t;

typedef struct {
    luci_cache_verb_t verb;
    const unsigned char *key; /* LUCI_SHA256_BYTES */
    unsigned char *record;    /* the record to store, or a buffer of LUCI_RECORD_MAX bytes */
    unsigned int length;      /* of the record that is stored or was retrieved */
    apr_time_t expiry;        /* of a stored record; providers round it to seconds */
} luci_cache_call_t;

/* Creates the provider's instance, which ends with pool. *problem is NULL, or a phrase that says what is
 * wrong with the arguments. */
apr_status_t luci_cache_open(luci_cache_provider_t *provider, server_rec *server, const char **problem,
                             apr_pool_t *pool);

/* Makes a call. NOTFOUND: the key has no record. EEXIST: the key has an end marker, and nothing was stored.
 * ENOSPC: the provider has no room for a record of this size. Otherwise the provider's status. */
apr_status_t luci_cache_call(const luci_cache_provider_t *provider, luci_cache_call_t *call,
                             apr_pool_t *scratch);

/* Sessions that end together. */
typedef struct {
    const unsigned char *keys; /* LUCI_SHA256_BYTES bytes each */
    int count;
    apr_time_t until; /* when their records have expired in any case */
} luci_cache_ends_t;

#define LUCI_CACHE_ROUNDING                                                                                  \
    apr_time_from_sec(                                                                                       \
        2) /* added to expiry times, because providers round to seconds; records have exact ones */

/* Stores an end marker under each key, until their records have expired. Sets *told, as it goes on, to the
 * number of keys that no record is left of. Returns the status of one that failed, if any did. */
apr_status_t luci_cache_call_ends(const luci_cache_provider_t *provider, const luci_cache_ends_t *ends,
                                  volatile apr_uint32_t *told, apr_pool_t *scratch);

/* The same in one thread, which goes on after max without its caller. TIMEUP and EAGAIN as below. */
apr_status_t luci_cache_call_ends_offloaded(luci_offload_t *threads, const luci_cache_provider_t *provider,
                                            const luci_cache_ends_t *ends, apr_interval_time_t max,
                                            apr_uint32_t *told);

/* Makes the call in a thread that is abandoned after max, because httpd's clients of Redis and memcached wait
 * for an answer without a limit. TIMEUP: the call has not returned; it may still take effect. EAGAIN: all
 * threads hang in earlier calls. */
apr_status_t luci_cache_call_offloaded(luci_offload_t *threads, const luci_cache_provider_t *provider,
                                       luci_cache_call_t *call, apr_interval_time_t max);

#endif
