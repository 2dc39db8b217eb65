/* SPDX-License-Identifier: Apache-2.0 */
/* The idle handles of a pool, and which of them is lent or ended next: one that is connected before one that
 * is not, and the one used last first, so that those that are not needed are idle the longest. Times are
 * microseconds since 1970 and are passed in. The owner locks. */
#ifndef LUCI_IDLE_LIST_H
#define LUCI_IDLE_LIST_H

#include <apr_pools.h>
#include <apr_time.h>

typedef struct {
    void *handle;     /* borrowed */
    apr_time_t since; /* when it became idle */
} luci_idle_t;

typedef struct {
    luci_idle_t *entries; /* first those that are not connected, then the others, the one used last at the
                             end */
    int count;
    int closed; /* how many of them are not connected */
} luci_idle_list_t;

/* Creates an empty list, from pool, with room for max handles. */
void luci_idle_init(luci_idle_list_t *list, int max, apr_pool_t *pool);

/* Adds a handle that became idle at now. There must be room for it. */
void luci_idle_put(luci_idle_list_t *list, void *handle, int is_connected, apr_time_t now);

/* Remove and return the connected handle that was used last, and any handle that is not connected. NULL:
 * there is none. */
void *luci_idle_take_connected(luci_idle_list_t *list);
void *luci_idle_take_closed(luci_idle_list_t *list);

/* Removes and returns the connected handle that has been idle the longest, if that is at least max
 * microseconds and more than keep connected handles are idle; otherwise NULL. */
void *luci_idle_take_due(luci_idle_list_t *list, int keep, apr_interval_time_t max, apr_time_t now);

#endif
