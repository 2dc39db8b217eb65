/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/cache/cache_sessions.h"

static luci_result_t retrieve(void *baton, const unsigned char *key, unsigned char *record, size_t *length,
                              apr_pool_t *scratch)
{
    const luci_cache_t *cache = baton;
    luci_cache_call_t call = { .verb = LUCI_CACHE_RETRIEVE, .key = key, .record = record };
    luci_result_t result;

    if (!luci_cache_may_call(cache))
        return LUCI_BUSY;
    result = luci_cache_make_call(cache, &call, LUCI_CACHE_WAIT, scratch);
    *length = call.length;
    return result;
}

/* Stores nothing that expires at once. */
static luci_result_t store(void *baton, const unsigned char *key, const luci_shared_value_t *value,
                           apr_pool_t *scratch)
{
    const luci_cache_t *cache = baton;
    luci_cache_call_t call = { .verb = LUCI_CACHE_STORE,
                               .key = key,
                               .record = (unsigned char *)value->bytes,
                               .length = (unsigned int)value->length,
                               .expiry = apr_time_from_msec(value->until) + LUCI_CACHE_ROUNDING };

    if (apr_time_from_msec(value->until) <= apr_time_now() || !luci_cache_may_call(cache))
        return LUCI_BUSY;
    return luci_cache_make_call(cache, &call, LUCI_CACHE_WAIT, scratch);
}

static luci_result_t end(void *baton, const luci_session_ends_t *ends, apr_pool_t *scratch)
{
    const luci_cache_ends_t all = { ends->keys, ends->count,
                                    apr_time_now() + apr_time_from_msec(ends->duration) };

    return luci_cache_end(baton, &all, scratch);
}

luci_session_store_t luci_cache_store(luci_cache_t *cache)
{
    return (luci_session_store_t){ .retrieve = retrieve, .store = store, .end = end, .baton = cache };
}
