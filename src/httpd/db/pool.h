/* SPDX-License-Identifier: Apache-2.0 */
/* Lends database handles: each for one operation, never over a response. A child has one pool for
 * each database; threads share it. Borrowing waits at most as long as LuciaDatabasePool says; connecting
 * happens outside the lock, so a database that hangs delays only those who ask it. A server that does
 * not answer is not asked for a while, and then by one (breaker.h). A quarter of a child's threads is kept
 * from waiting (bulkhead.h). Failures and recoveries are logged once, not once a request. */
#ifndef LUCI_POOL_H
#define LUCI_POOL_H

#include "core/db/db.h"
#include "httpd/base/config.h"
#include "httpd/db/breaker.h"

typedef struct luci_pool_t luci_pool_t;

/* A pool of at most size.most handles, living in child_pool. target and breaker, the one for its server, are
 * borrowed. NULL without memory. */
luci_pool_t *luci_pool_create(const luci_db_target_t *target, luci_quota_t size, luci_breaker_t *breaker,
                              server_rec *server, apr_pool_t *child_pool);

/* The pool as the core's use cases see it: borrowing gives OK, or BUSY when all handles were out for too long
 * or the server hangs. Whatever is done until it's given back has five seconds. */
luci_db_source_t luci_pool_source(luci_pool_t *pool);

/* The same for work that no request waits for, done by one thread of the process: a handle of its own, beside
 * size.most and beside the share of the child's threads. So what waits for a lock there keeps no request
 * waiting, and says nothing of the server's health when it is cut off. BUSY while the server hangs. */
luci_db_source_t luci_pool_background(luci_pool_t *pool);

/* That work is done for now: its connection ends. */
void luci_pool_background_end(luci_pool_t *pool);

/* Whether two targets may share a pool. */
int luci_pool_serves(const luci_pool_t *pool, const luci_db_target_t *target);

/* Writing that nobody waits for pauses for a while after it failed, so that a locked, full or read-only
 * database does not make every reader wait for a lock. Each kind by itself: a row that can't be taken over
 * keeps no other session from being renewed. */
typedef enum {
    LUCI_WRITE_TIMES,     /* renewing, removing the dead */
    LUCI_WRITE_MIGRATION, /* hashing what Lucia left */
    LUCI_WRITES
} luci_write_t;
int luci_pool_may_write(const luci_pool_t *pool, luci_write_t kind, luci_ms_t now);
void luci_pool_write_failed(luci_pool_t *pool, luci_write_t kind, luci_ms_t now);

#endif
