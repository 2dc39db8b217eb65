/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a server has too few connections for our processes, in memory that all children share. While it
 * has, each child soon ends connections that it does not use; while a child has none at all, the others do
 * with few. Times are microseconds since 1970 and are passed in. */
#ifndef LUCI_SHORTAGE_H
#define LUCI_SHORTAGE_H

#include <apr_pools.h>
#include <apr_time.h>

typedef struct luci_shortage_t luci_shortage_t;

/* Creates one, from conf_pool, before children start. NULL: shared memory is not available. */
luci_shortage_t *luci_shortage_create(apr_pool_t *conf_pool);

/* The server refused a connection because it has too many. is_urgent: the child has none, and a request waits
 * for one. */
void luci_shortage_note(luci_shortage_t *shortage, int is_urgent, apr_time_t now);

/* 1 for LUCI_SHORTAGE_LASTS after any refusal, and for LUCI_SHORTAGE_URGENT after an urgent one. */
int luci_shortage_is_on(const luci_shortage_t *shortage, apr_time_t now);
int luci_shortage_is_urgent(const luci_shortage_t *shortage, apr_time_t now);

#endif
