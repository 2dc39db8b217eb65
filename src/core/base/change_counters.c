/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/change_counters.h"

/* The last bytes of a key, because nothing else depends on them. */
static apr_uint16_t index_of(const unsigned char key[LUCI_SHA256_BYTES])
{
    return (apr_uint16_t)((key[LUCI_SHA256_BYTES - 2] | (apr_uint32_t)key[LUCI_SHA256_BYTES - 1] << 8) %
                          LUCI_CHANGE_COUNTERS);
}

/* An acquire load: what is read after it is not older than the counter. */
static apr_uint32_t value_of(const volatile apr_uint32_t *counter)
{
    return __atomic_load_n(counter, __ATOMIC_ACQUIRE);
}

apr_uint32_t luci_change_counter(const luci_change_counters_t *counters,
                                 const unsigned char key[LUCI_SHA256_BYTES])
{
    return counters ? value_of(&counters->of[index_of(key)]) : 0;
}

/* The number of all changes moves first: who sees the new counter sees the new number, too. */
void luci_change_counter_move(luci_change_counters_t *counters, const unsigned char key[LUCI_SHA256_BYTES])
{
    if (!counters)
        return;
    __atomic_fetch_add(&counters->all, 1, __ATOMIC_SEQ_CST);
    __atomic_fetch_add(&counters->of[index_of(key)], 1, __ATOMIC_SEQ_CST);
}

apr_uint32_t luci_change_counters_all(const luci_change_counters_t *counters)
{
    return counters ? value_of(&counters->all) : 0;
}

void luci_change_watch_add(luci_change_watch_t *watch, const unsigned char key[LUCI_SHA256_BYTES],
                           apr_uint32_t counted)
{
    if (watch->count < LUCI_WATCHED_MAX)
        watch->of[watch->count] = index_of(key);
    watch->count++;
    watch->sum += counted;
}

int luci_change_watch_is_unchanged(const luci_change_watch_t *watch, const luci_change_counters_t *counters)
{
    apr_uint32_t sum = 0;

    if (watch->count > LUCI_WATCHED_MAX)
        return 0;
    for (int i = 0; i < watch->count; i++)
        sum += value_of(&counters->of[watch->of[i]]);
    return sum == watch->sum;
}
