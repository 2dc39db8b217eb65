/* SPDX-License-Identifier: Apache-2.0 */
#include "core/guard/idle_list.h"

#include <string.h>

void luci_idle_init(luci_idle_list_t *list, int max, apr_pool_t *pool)
{
    list->entries = apr_pcalloc(pool, (apr_size_t)max * sizeof *list->entries);
    list->count = list->closed = 0;
}

static int connected(const luci_idle_list_t *list)
{
    return list->count - list->closed;
}

void luci_idle_put(luci_idle_list_t *list, void *handle, int is_connected, apr_time_t now)
{
    luci_idle_t *place = &list->entries[list->count];

    if (!is_connected) {
        luci_idle_t *first = &list->entries[list->closed];

        memmove(first + 1, first, (size_t)connected(list) * sizeof *first);
        place = first;
        list->closed++;
    }
    *place = (luci_idle_t){ handle, now };
    list->count++;
}

void *luci_idle_take_connected(luci_idle_list_t *list)
{
    return connected(list) > 0 ? list->entries[--list->count].handle : NULL;
}

/* Removes the entry at a place and returns its handle. */
static void *take_at(luci_idle_list_t *list, int at)
{
    void *handle = list->entries[at].handle;

    list->count--;
    memmove(&list->entries[at], &list->entries[at + 1], (size_t)(list->count - at) * sizeof *list->entries);
    return handle;
}

void *luci_idle_take_closed(luci_idle_list_t *list)
{
    return list->closed > 0 ? take_at(list, --list->closed) : NULL;
}

void *luci_idle_take_due(luci_idle_list_t *list, int keep, apr_interval_time_t max, apr_time_t now)
{
    luci_idle_t *oldest = &list->entries[list->closed];

    if (connected(list) <= keep)
        return NULL;
    if (oldest->since > now) /* the clock was set back */
        oldest->since = now;
    return now - oldest->since >= max ? take_at(list, list->closed) : NULL;
}
