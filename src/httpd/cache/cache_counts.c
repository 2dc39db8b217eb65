/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/cache/cache_counts.h"

#include "core/base/shared_table.h"

#include <apr_shm.h>
#include <http_log.h>
#include <string.h>

APLOG_USE_MODULE(luciauth);

/* The keys that were stored last, as a ring; next counts all that were added. Used only while the cache is
 * locked.
 */
typedef struct {
    apr_uint32_t next;
    unsigned char keys[LUCI_COUNTS_RECENT][LUCI_SHA256_BYTES];
} recent_t;

struct luci_counts_t {
    luci_shared_table_t *table; /* contains the counts; NULL: cache does */
    luci_cache_t *cache;
    recent_t *recent; /* shared by all processes; NULL: the provider can list its records */
};

static void no_memory(server_rec *main_server, apr_status_t status)
{
    ap_log_error(
        APLOG_MARK, APLOG_CRIT, status, main_server,
        "LUCI0516: LuciaThrottle: there is no shared memory for the counts; provide memory, or write a "
        "smaller size in LuciaThrottleStore shmcb:NAME(BYTES)");
}

/* Anonymous shared memory is zeroed, and allocated only when it is used. */
luci_counts_t *luci_counts_create_table(apr_size_t bytes, server_rec *main_server, apr_pool_t *conf_pool)
{
    luci_counts_t *counts = apr_pcalloc(conf_pool, sizeof *counts);
    apr_size_t least = luci_shared_table_min(LUCI_THROTTLE_RECORD_MAX);
    apr_shm_t *memory;
    apr_status_t status;

    if (bytes < least)
        bytes = least;
    status = apr_shm_create(&memory, bytes, NULL, conf_pool);
    if (status == APR_SUCCESS)
        counts->table = luci_shared_table_make(apr_shm_baseaddr_get(memory), bytes, LUCI_THROTTLE_RECORD_MAX);
    if (!counts->table)
        no_memory(main_server, status);
    return counts->table ? counts : NULL;
}

int luci_counts_start(luci_counts_t *counts, apr_pool_t *child_pool)
{
    return counts->table || luci_cache_start(counts->cache, child_pool);
}

int luci_counts_are_local(const luci_counts_t *counts)
{
    return counts->table || luci_cache_is_local(counts->cache);
}

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
        no_memory(main_server, status);
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
    unsigned char found[LUCI_RECORD_MAX] = { 0 }; /* The size that a call requires. */
    luci_cache_call_t call = { .verb = LUCI_CACHE_RETRIEVE, .key = key, .record = found };
    luci_result_t result = luci_cache_call_held(cache_of(baton), &call, scratch);

    if (result != LUCI_OK)
        return result;
    memcpy(record, found, call.length < *length ? call.length : *length);
    *length = call.length;
    return LUCI_OK;
}

static luci_result_t store(void *baton, const unsigned char *key, const luci_shared_value_t *value,
                           apr_pool_t *scratch)
{
    luci_cache_call_t call = { .verb = LUCI_CACHE_PUT,
                               .key = key,
                               .record = (unsigned char *)value->bytes,
                               .length = (unsigned int)value->length,
                               .expiry = apr_time_from_msec(value->until) + LUCI_CACHE_ROUNDING };
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

/* ---- The store in a table of shared memory ---- */

static luci_shared_table_t *table_of(void *baton)
{
    return ((luci_counts_t *)baton)->table;
}

static luci_ms_t now(void)
{
    return apr_time_as_msec(apr_time_now());
}

static luci_result_t table_hold(void *baton)
{
    return luci_shared_table_hold(table_of(baton), apr_time_as_msec(LUCI_CACHE_WAIT));
}

static void table_release(void *baton)
{
    luci_shared_table_release(table_of(baton));
}

static luci_result_t table_retrieve(void *baton, const unsigned char *key, unsigned char *record,
                                    size_t *length, apr_pool_t *scratch)
{
    const luci_shared_record_t *found = luci_shared_table_find(table_of(baton), key, now());

    (void)scratch;
    if (!found)
        return LUCI_NOT_FOUND;
    memcpy(record, found->bytes, found->length < *length ? found->length : *length);
    *length = found->length;
    return LUCI_OK;
}

/* A record that cannot be read as a count has the least worth, so that it is evicted first. */
static luci_result_t table_store(void *baton, const unsigned char *key, const luci_shared_value_t *value,
                                 apr_pool_t *scratch)
{
    luci_shared_value_t put = *value;
    luci_throttle_count_t count;

    (void)scratch;
    if (luci_throttle_record_read(value->bytes, value->length, &count) == LUCI_OK)
        put.worth = luci_throttle_count_worth(&count, now());
    luci_shared_table_put(table_of(baton), key, &put, now());
    return LUCI_OK;
}

static luci_result_t table_take_out(void *baton, const unsigned char *key, apr_pool_t *scratch)
{
    (void)scratch;
    return luci_shared_table_remove(table_of(baton), key);
}

static luci_throttle_store_t table_store_of(luci_counts_t *counts)
{
    return (luci_throttle_store_t){
        .hold = table_hold,
        .release = table_release,
        .retrieve = table_retrieve,
        .store = table_store,
        .remove = table_take_out,
        .baton = counts,
    };
}

luci_throttle_store_t luci_counts_store(luci_counts_t *counts)
{
    if (counts->table)
        return table_store_of(counts);
    return (luci_throttle_store_t){
        .hold = hold,
        .release = release,
        .retrieve = retrieve,
        .store = store,
        .remove = take_out,
        .baton = counts,
    };
}

/* ---- Listing ---- */

/* Adds a count to the list, unless the record is not a count. */
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

/* Locks the cache for one record at a time, so that no request waits for the whole list. */
static luci_result_t list_recent(luci_counts_t *counts, apr_array_header_t *list, apr_pool_t *scratch)
{
    unsigned char key[LUCI_SHA256_BYTES], record[LUCI_THROTTLE_RECORD_MAX];
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

static void add_record(void *baton, const luci_shared_record_t *record)
{
    add(baton, record->key, record->bytes, record->length);
}

static luci_result_t list_table(luci_counts_t *counts, apr_array_header_t *list)
{
    luci_result_t result = table_hold(counts);

    if (result != LUCI_OK)
        return result;
    luci_shared_table_each(counts->table, now(), add_record, list);
    table_release(counts);
    return LUCI_OK;
}

luci_result_t luci_counts_list(luci_counts_t *counts, apr_array_header_t **list, apr_pool_t *pool)
{
    *list = apr_array_make(pool, 64, sizeof(luci_counted_t));
    if (counts->table)
        return list_table(counts, *list);
    return counts->recent ? list_recent(counts, *list, pool) : list_all(counts->cache, *list, pool);
}
