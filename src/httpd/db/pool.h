/* SPDX-License-Identifier: Apache-2.0 */
/* Lends database handles, each for one operation and never for the time of a response. A child has one pool
 * for each database, which its threads share. Borrowing waits at most as long as LuciaDatabasePool says.
 * Connecting happens outside the lock, so that a database that hangs delays only the requests that need it. A
 * server that does not answer is not called for a while, and then by a single request (core/guard/breaker.h).
 * A quarter of a child's threads is kept from waiting (core/guard/bulkhead.h). Failures and recoveries are logged once,
 * not once a request. core/guard/times.h has all limits. */
#ifndef LUCI_POOL_H
#define LUCI_POOL_H

#include "core/db/db.h"
#include "core/guard/breaker.h"
#include "httpd/base/config.h"

typedef struct luci_pool_t luci_pool_t;

/* A pool of at most size.max handles, living in child_pool. target and breaker, the one for its server, are
 * borrowed. NULL without memory. */
luci_pool_t *luci_pool_create(const luci_db_target_t *target, luci_quota_t size, luci_breaker_t *breaker,
                              server_rec *server, apr_pool_t *child_pool);

/* The pool as the core's use cases see it: borrowing gives OK, or BUSY when all handles were out for too long
 * or the server hangs. All calls until it is given back together have LUCI_POOL_USE. */
luci_db_source_t luci_pool_source(luci_pool_t *pool);

/* The same for work that no request waits for, done by one thread of the process. It has a handle of its own,
 * besides size.max and the bulkhead, so that waiting for a lock there delays no request, and being cut off
 * does not open the breaker. BUSY while the server hangs. */
luci_db_source_t luci_pool_background(luci_pool_t *pool);

/* Ends the connection of that work. */
void luci_pool_background_end(luci_pool_t *pool);

/* Whether two targets may share a pool. */
int luci_pool_serves(const luci_pool_t *pool, const luci_db_target_t *target);

/* Optional writing pauses for LUCI_POOL_WRITE_PAUSE after it failed, so that a locked, full or read-only
 * database does not make every reader wait for a lock. Each kind pauses by itself: a row that can't be
 * migrated does not keep other sessions from being renewed. */
typedef enum {
    LUCI_WRITE_TIMES,     /* renewing, removing expired sessions */
    LUCI_WRITE_MIGRATION, /* hashing the session ids that Lucia stored */
    LUCI_WRITES
} luci_write_t;
int luci_pool_may_write(const luci_pool_t *pool, luci_write_t kind, luci_ms_t now);
void luci_pool_write_failed(luci_pool_t *pool, luci_write_t kind, luci_ms_t now);

#endif
