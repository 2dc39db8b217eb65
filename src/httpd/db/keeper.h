/* SPDX-License-Identifier: Apache-2.0 */
/* A thread of a child that looks after idle things, such as database handles, once a second, while no request
 * may come. It starts when it is first woken, and sleeps without waking up while there is nothing to look
 * after. It ends before the child's pool is destroyed. */
#ifndef LUCI_KEEPER_H
#define LUCI_KEEPER_H

#include <apr_pools.h>

/* Looks after a thing, in the keeper's thread; must not wait. 1: it must be called again in a second; 0: not
 * until the keeper is woken. */
typedef int luci_keeper_fn(void *baton);

/* Adds a thing before the child has threads. It must live as long as child_pool. */
void luci_keeper_add(luci_keeper_fn *look, void *baton, apr_pool_t *child_pool);

/* From any thread, also under the locks that look takes: there is something to look after. */
void luci_keeper_wake(void);

#endif
