/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/cache/cache_counts.h"

#include "core/base/shared_table.h"

#include <apr_shm.h>
#include <http_log.h>
#include <string.h>

APLOG_USE_MODULE(luciauth);

#define MIRROR_BYTES ((apr_size_t)4 << 20) /* about 3,700 counts in each of the four parts */

struct luci_counts_t {
    luci_shared_table_t *table; /* contains the counts; NULL: cache does */
    luci_cache_t *cache;
    luci_throttle_mirror_t mirror; /* table NULL: only this machine uses the counts */
};

static void no_memory(server_rec *main_server, apr_status_t status)
{
    ap_log_error(
        APLOG_MARK, APLOG_CRIT, status, main_server,
        "LUCI0516: LuciaThrottle: there is no shared memory for the counts; provide memory, or write a "
        "smaller size in LuciaThrottleStore shmcb:NAME(BYTES)");
}

/* Anonymous shared memory is zeroed, and allocated only when it is used. NULL: there is none, which was
 * logged. */
static luci_shared_table_t *make_table(apr_size_t bytes, size_t record_max, server_rec *main_server,
                                       apr_pool_t *conf_pool)
{
    luci_shared_table_t *table = NULL;
    apr_size_t least = luci_shared_table_min(record_max);
    apr_shm_t *memory;
    apr_status_t status;

    if (bytes < least)
        bytes = least;
    status = apr_shm_create(&memory, bytes, NULL, conf_pool);
    if (status == APR_SUCCESS)
        table = luci_shared_table_make(apr_shm_baseaddr_get(memory), bytes, record_max);
    if (!table)
        no_memory(main_server, status);
    return table;
}

luci_counts_t *luci_counts_create_table(apr_size_t bytes, server_rec *main_server, apr_pool_t *conf_pool)
{
    luci_counts_t *counts = apr_pcalloc(conf_pool, sizeof *counts);

    counts->table = make_table(bytes, LUCI_THROTTLE_RECORD_OWN, main_server, conf_pool);
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

    counts->cache = cache;
    if (luci_cache_is_local(cache))
        return counts;
    if (luci_secret_random((unsigned char *)&counts->mirror.node, sizeof counts->mirror.node) != LUCI_OK)
        return NULL;
    counts->mirror.wait = apr_time_as_msec(LUCI_CACHE_WAIT);
    counts->mirror.table = make_table(MIRROR_BYTES, LUCI_THROTTLE_COPY_MAX, main_server, conf_pool);
    return counts->mirror.table &&
                   luci_secret_random(counts->mirror.secret, sizeof counts->mirror.secret) == LUCI_OK
               ? counts
               : NULL;
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

static luci_ms_t ahead(void *baton)
{
    return luci_cache_ahead(cache_of(baton));
}

static void lost(void *baton)
{
    luci_cache_report_loss(cache_of(baton));
}

static luci_result_t store(void *baton, const unsigned char *key, const luci_shared_value_t *value,
                           apr_pool_t *scratch)
{
    luci_cache_call_t call = { .verb = LUCI_CACHE_PUT,
                               .key = key,
                               .record = (unsigned char *)value->bytes,
                               .length = (unsigned int)value->length,
                               .expiry =
                                   apr_time_from_msec(value->until - ahead(baton)) + LUCI_CACHE_ROUNDING };

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
    if (luci_throttle_record_read(value->bytes, value->length, 0, &count) == LUCI_OK)
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
        .mirror = counts->mirror.table ? &counts->mirror : NULL,
        .ahead = ahead,
        .lost = lost,
    };
}

/* ---- Listing ---- */

/* Adds a count to the list, unless the record is not a count. */
static void add(apr_array_header_t *list, const unsigned char *key, const unsigned char *record,
                size_t length)
{
    luci_counted_t found;

    if (luci_throttle_record_read(record, length, 0, &found.count) != LUCI_OK)
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

/* A count that was deleted is not listed. */
static void add_copy(void *baton, const luci_throttle_copy_t *copy)
{
    luci_counted_t found = { .count = copy->count };

    if (luci_throttle_count_is_empty(&copy->count))
        return;
    memcpy(found.key, copy->key, sizeof found.key);
    APR_ARRAY_PUSH((apr_array_header_t *)baton, luci_counted_t) = found;
}

/* Takes the count as the store has it now. Locks the store for one record, so that no request waits for the
 * whole list. Returns 0 if the store does not answer. */
static int renew(luci_counts_t *counts, luci_counted_t *counted, apr_pool_t *scratch)
{
    unsigned char record[LUCI_THROTTLE_RECORD_MAX];
    size_t length = sizeof record;
    luci_throttle_count_t found;
    luci_result_t result = hold(counts);

    if (result != LUCI_OK)
        return 0;
    result = retrieve(counts, counted->key, record, &length, scratch);
    release(counts);
    if (result == LUCI_OK && length <= sizeof record &&
        luci_throttle_record_read(record, length, counts->mirror.node, &found) == LUCI_OK)
        counted->count = found;
    return result == LUCI_OK || result == LUCI_NOT_FOUND;
}

#define RENEWED_MAX 512 /* counts that a list asks the store for */

static luci_result_t list_mirror(luci_counts_t *counts, apr_array_header_t *list, apr_pool_t *scratch)
{
    int answers = 1;
    luci_ms_t difference;

    if (luci_throttle_mirror_hold(&counts->mirror) != LUCI_OK)
        return LUCI_BUSY;
    luci_throttle_mirror_each(&counts->mirror, now(), add_copy, list);
    luci_throttle_mirror_release(&counts->mirror);
    for (int i = 0; i < list->nelts && i < RENEWED_MAX && answers; i++)
        answers = renew(counts, &APR_ARRAY_IDX(list, i, luci_counted_t), scratch);
    difference = ahead(counts);
    for (int i = 0; i < list->nelts; i++) {
        luci_throttle_count_t *count = &APR_ARRAY_IDX(list, i, luci_counted_t).count;

        count->since -= difference;
        count->until -= count->until > 0 ? difference : 0;
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
    return counts->mirror.table ? list_mirror(counts, *list, pool) : list_all(counts->cache, *list, pool);
}
