/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/recent.h"

#include <apr_atomic.h>
#include <stddef.h>

#define HASH_SHIFT 32

/* Returns where the thing is to be noted, and what is there before: its own place, or the first that has
 * expired. NULL: it was reported lately, or there is no place. */
static volatile apr_uint64_t *place_for(luci_recent_t *recent, apr_uint32_t hash, apr_uint32_t now,
                                        apr_uint32_t interval, apr_uint64_t *before)
{
    volatile apr_uint64_t *place = NULL;

    for (int i = 0; i < LUCI_RECENT_MAX; i++) {
        apr_uint64_t seen = apr_atomic_read64(&recent->seen[i]);
        int is_expired = now - (apr_uint32_t)seen >= interval, is_own = seen >> HASH_SHIFT == hash;

        if (is_own && !is_expired)
            return NULL;
        if (is_expired && (!place || is_own)) {
            place = &recent->seen[i];
            *before = seen;
        }
    }
    return place;
}

int luci_recent_is_due(luci_recent_t *recent, apr_uint32_t hash, apr_uint32_t now, apr_uint32_t interval)
{
    volatile apr_uint64_t *place;
    apr_uint64_t before = 0;

    /* Of two threads that see the same thing, one finds the place changed, and then its own thing in it. */
    while ((place = place_for(recent, hash, now, interval, &before))) {
        if (apr_atomic_cas64(place, (apr_uint64_t)hash << HASH_SHIFT | now, before) == before)
            return 1;
    }
    return 0;
}
