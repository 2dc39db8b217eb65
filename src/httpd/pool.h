/* SPDX-License-Identifier: Apache-2.0 */
/* Floor 5. Lends database handles: each for one operation, never over a response. A child has one pool for
 * each database; threads share it. Borrowing waits at most as long as LuciaDatabasePool says; connecting
 * happens outside the lock, so a database that hangs delays only those who ask it. A server that does
 * not answer is not asked for a while, and then by one; handles that hang are noticed before all threads are
 * caught by them. Failures and recoveries are logged once, not once a request. */
#ifndef LUCI_POOL_H
#define LUCI_POOL_H

#include "config.h"
#include "db.h"

typedef struct luci_pool_t luci_pool_t;

/* A pool of at most size.most handles (which must be set), living in child_pool. target is borrowed. NULL
 * without memory. */
luci_pool_t *luci_pool_create(const luci_db_target_t *target, luci_quota_t size, server_rec *server,
                              apr_pool_t *child_pool);

/* The pool as the core's use cases see it: borrowing gives OK, or BUSY when all handles were out for too
 * long. */
luci_db_source_t luci_pool_source(luci_pool_t *pool);

/* Whether two targets may share a pool. */
int luci_pool_serves(const luci_pool_t *pool, const luci_db_target_t *target);

/* Writing that nobody waits for (renewing, removing the dead) pauses for a while after it failed, so that a
 * locked, full or read-only database does not make every reader wait for a lock. */
int luci_pool_may_write(const luci_pool_t *pool, luci_ms_t now);
void luci_pool_write_failed(luci_pool_t *pool, luci_ms_t now);

#endif
