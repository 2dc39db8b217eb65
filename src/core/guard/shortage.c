/* SPDX-License-Identifier: Apache-2.0 */
#include "core/guard/shortage.h"

#include "core/guard/times.h"

#include <apr_atomic.h>
#include <apr_shm.h>

#include <string.h>

/* Shared by all children. Microseconds since 1970; 0: never. */
struct luci_shortage_t {
    volatile apr_uint64_t noted;
    volatile apr_uint64_t urgent;
};

luci_shortage_t *luci_shortage_create(apr_pool_t *conf_pool)
{
    apr_shm_t *memory;

    if (apr_shm_create(&memory, sizeof(luci_shortage_t), NULL, conf_pool) != APR_SUCCESS)
        return NULL;
    return memset(apr_shm_baseaddr_get(memory), 0, sizeof(luci_shortage_t));
}

void luci_shortage_note(luci_shortage_t *shortage, int is_urgent, apr_time_t now)
{
    apr_atomic_set64(&shortage->noted, (apr_uint64_t)now);
    if (is_urgent)
        apr_atomic_set64(&shortage->urgent, (apr_uint64_t)now);
}

/* A time in the future was noted before the clock was set back. */
static int is_recent(const volatile apr_uint64_t *time, apr_interval_time_t max, apr_time_t now)
{
    apr_time_t noted = (apr_time_t)apr_atomic_read64((volatile apr_uint64_t *)time);

    return noted != 0 && noted <= now && now - noted < max;
}

int luci_shortage_is_on(const luci_shortage_t *shortage, apr_time_t now)
{
    return is_recent(&shortage->noted, LUCI_SHORTAGE_LASTS, now);
}

int luci_shortage_is_urgent(const luci_shortage_t *shortage, apr_time_t now)
{
    return is_recent(&shortage->urgent, LUCI_SHORTAGE_URGENT, now);
}
