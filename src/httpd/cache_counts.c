/* SPDX-License-Identifier: Apache-2.0 */
#include "cache_counts.h"

#include <apr_shm.h>
#include <http_log.h>
#include <string.h>

APLOG_USE_MODULE(luciauth);

/* The keys that were stored last; the next one goes to place next. Used while the cache is held. */
typedef struct {
    apr_uint32_t next;
    unsigned char keys[LUCI_COUNTS_RECENT][LUCI_SHA256_BYTES];
} recent_t;

struct luci_counts_t {
    luci_cache_t *cache;
    recent_t *recent; /* shared by all processes; NULL: the provider can list */
};

luci_counts_t *luci_counts_create(luci_cache_t *cache, server_rec *main_server, apr_pool_t *conf_pool)
{
    luci_counts_t *counts = apr_pcalloc(conf_pool, sizeof *counts);
    apr_shm_t *memory;
    apr_status_t status;

    counts->cache = cache;
    if (luci_cache_is_local(cache))
        return counts;
    status = apr_shm_create(&memory, sizeof *counts->recent, NULL, conf_pool);
    if (status != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_CRIT, status, main_server,
                     "LUCI0516: no shared memory for LuciaThrottle");
        return NULL;
    }
    counts->recent = memset(apr_shm_baseaddr_get(memory), 0, sizeof *counts->recent);
    return counts;
}

static void note(recent_t *recent, const unsigned char *key)
{
    for (int i = 0; i < LUCI_COUNTS_RECENT; i++) {
        if (memcmp(recent->keys[i], key, LUCI_SHA256_BYTES) == 0)
            return;
    }
    memcpy(recent->keys[recent->next % LUCI_COUNTS_RECENT], key, LUCI_SHA256_BYTES);
    recent->next++;
}

/* ---- The store ---- */

static luci_cache_t *cache_of(void *baton)
{
    return ((luci_counts_t *)baton)->cache;
}

static luci_result_t hold(void *baton)
{
    return luci_cache_hold(cache_of(baton));
}

static void release(void *baton)
{
    luci_cache_release(cache_of(baton));
}

static luci_result_t retrieve(void *baton, const unsigned char *key, unsigned char *record, size_t *length,
                              apr_pool_t *scratch)
{
    unsigned char found[LUCI_RECORD_MOST] = { 0 }; /* what a call may need */
    luci_cache_call_t call = { .verb = LUCI_CACHE_RETRIEVE, .key = key, .record = found };
    luci_result_t result = luci_cache_call_held(cache_of(baton), &call, scratch);

    if (result != LUCI_OK)
        return result;
    memcpy(record, found, call.length < *length ? call.length : *length);
    *length = call.length;
    return LUCI_OK;
}

static luci_result_t store(void *baton, const unsigned char *key, const unsigned char *record, size_t length,
                           luci_ms_t until, apr_pool_t *scratch)
{
    luci_cache_call_t call = { .verb = LUCI_CACHE_PUT,
                               .key = key,
                               .record = (unsigned char *)record,
                               .length = (unsigned int)length,
                               .expiry = apr_time_from_msec(until) + LUCI_CACHE_ROUNDING };
    recent_t *recent = ((luci_counts_t *)baton)->recent;

    if (recent)
        note(recent, key);
    return luci_cache_call_held(cache_of(baton), &call, scratch);
}

static luci_result_t take_out(void *baton, const unsigned char *key, apr_pool_t *scratch)
{
    luci_cache_call_t call = { .verb = LUCI_CACHE_REMOVE, .key = key };

    return luci_cache_call_held(cache_of(baton), &call, scratch);
}

luci_throttle_store_t luci_counts_store(luci_counts_t *counts)
{
    return (luci_throttle_store_t){
        .hold = hold,
        .release = release,
        .retrieve = retrieve,
        .store = store,
        .remove = take_out,
        .baton = counts,
    };
}

/* ---- All of them ---- */

/* Whatever is no record is left out. */
static void add(apr_array_header_t *list, const unsigned char *key, const unsigned char *record,
                size_t length)
{
    luci_counted_t found;

    if (luci_throttle_record_read(record, length, &found.count) != LUCI_OK)
        return;
    memcpy(found.key, key, sizeof found.key);
    APR_ARRAY_PUSH(list, luci_counted_t) = found;
}

static apr_status_t add_each(ap_socache_instance_t *instance, server_rec *server, void *baton,
                             const unsigned char *key, unsigned int key_length, const unsigned char *record,
                             unsigned int length, apr_pool_t *scratch)
{
    (void)instance;
    (void)server;
    (void)scratch;
    if (key_length == LUCI_SHA256_BYTES)
        add(baton, key, record, length);
    return APR_SUCCESS;
}

static luci_result_t list_all(luci_cache_t *cache, apr_array_header_t *list, apr_pool_t *scratch)
{
    luci_result_t result = luci_cache_hold(cache);
    apr_status_t status;

    if (result != LUCI_OK)
        return result;
    status = luci_cache_each(cache, add_each, list, scratch);
    luci_cache_release(cache);
    return status == APR_SUCCESS ? LUCI_OK : LUCI_UNAVAILABLE;
}

/* Held for one at a time, so that nobody waits for the whole list. */
static luci_result_t list_recent(luci_counts_t *counts, apr_array_header_t *list, apr_pool_t *scratch)
{
    unsigned char key[LUCI_SHA256_BYTES], record[LUCI_THROTTLE_RECORD_MOST];
    luci_result_t result = LUCI_OK;

    for (apr_uint32_t i = 0; i < LUCI_COUNTS_RECENT && i < counts->recent->next; i++) {
        size_t length = sizeof record;

        result = hold(counts);
        if (result != LUCI_OK)
            return result;
        memcpy(key, counts->recent->keys[i], sizeof key);
        result = retrieve(counts, key, record, &length, scratch);
        release(counts);
        if (result == LUCI_OK)
            add(list, key, record, length);
        else if (result != LUCI_NOT_FOUND)
            return result;
    }
    return LUCI_OK;
}

luci_result_t luci_counts_list(luci_counts_t *counts, apr_array_header_t **list, apr_pool_t *pool)
{
    *list = apr_array_make(pool, 64, sizeof(luci_counted_t));
    return counts->recent ? list_recent(counts, *list, pool) : list_all(counts->cache, *list, pool);
}
