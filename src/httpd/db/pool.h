/* SPDX-License-Identifier: Apache-2.0 */
/* Lends database handles, each for one operation and never for the duration of a response. A child has one
 * pool for each database, which its threads share. Borrowing waits at most as long as LuciaDatabasePool says.
 * Handles connect outside the lock, so that a database that hangs delays only the requests that need it. If a
 * server does not answer, no call is made for a while, and then one by a single request
 * (core/guard/breaker.h). A handle that is not used for a while ends its connection (core/guard/idle_list.h),
 * and a request waits for a connected handle if the server refuses a further connection
 * (core/guard/growth.h). A quarter of a child's threads never waits for databases (core/guard/bulkhead.h).
 * Writes use at most half of the handles, and pause separately (core/guard/write_limit.h). A connection
 * that was cut off in a call counts in size.max until the server's process is gone, so that the server never
 * has more of them than the handles of all pools.
 * Failures and recoveries are logged once, not once a request. core/guard/times.h has all limits. */
#ifndef LUCI_POOL_H
#define LUCI_POOL_H

#include "core/db/db.h"
#include "core/guard/breaker.h"
#include "core/guard/shortage.h"
#include "httpd/base/config.h"

typedef struct luci_pool_t luci_pool_t;

/* What limits a pool. */
typedef struct {
    luci_quota_t size;         /* the maximum number of handles, and the maximum wait for one */
    int is_scarce;             /* 1: the server has too few connections for one in each child */
    luci_breaker_t *breaker;   /* of the database's server; borrowed, as the next two */
    luci_breaker_t *writes;    /* of writes to it (core/guard/write_limit.h) */
    luci_shortage_t *shortage; /* of connections to it */
} luci_pool_limits_t;

/* Creates a pool from child_pool, before the child has threads. target is borrowed. Returns NULL without
 * memory. */
luci_pool_t *luci_pool_create(const luci_db_target_t *target, const luci_pool_limits_t *limits,
                              server_rec *server, apr_pool_t *child_pool);

/* The source of handles for the core's use cases. Borrowing returns OK; UNAVAILABLE if the server cannot be
 * connected to; or BUSY if no handle was returned in
 * time, if the server hangs, or if too many threads of the child wait for databases (core/guard/bulkhead.h).
 * All calls with a borrowed handle together may take LUCI_POOL_USE. */
luci_db_source_t luci_pool_source(luci_pool_t *pool);

/* The source for work that no request waits for, in one thread of the process. It has its own handle, which
 * does not count in size.max and the bulkhead, so that its wait for a lock delays no request; a call that is
 * cut off does not open the breaker. BUSY while the server hangs. */
luci_db_source_t luci_pool_background(luci_pool_t *pool);

/* Closes the connection of the background handle. */
void luci_pool_background_end(luci_pool_t *pool);

/* Whether two targets may share a pool. */
int luci_pool_serves(const luci_pool_t *pool, const luci_db_target_t *target);

/* Optional writes, which are not made while writes hang. After one failed, its kind pauses for
 * LUCI_POOL_WRITE_PAUSE, so that not every request waits for a lock if the database is locked, full or
 * read-only. Each kind pauses independently: a row that cannot be migrated does not prevent the renewal of
 * other sessions. */
typedef enum {
    LUCI_WRITE_TIMES,     /* renewal, and deletion of expired sessions */
    LUCI_WRITE_MIGRATION, /* hashing of session ids that Lucia v2 stored */
    LUCI_WRITE_ACTIVITY,  /* what happened to accounts */
    LUCI_WRITES
} luci_write_t;
int luci_pool_may_write(luci_pool_t *pool, luci_write_t kind, luci_ms_t now);
void luci_pool_write_failed(luci_pool_t *pool, luci_write_t kind, luci_ms_t now);

#endif
