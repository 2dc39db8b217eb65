/* SPDX-License-Identifier: Apache-2.0 */
#include "core/guard/bulkhead.h"

#include "core/guard/times.h"

#include <apr_atomic.h>

/* Of each four threads of a child, this many may use databases. */
#define SHARE_OF_FOUR 3
/* A child with a single thread does not reserve it. */
#define UNLIMITED APR_UINT32_MAX

/* For all pools of this child together. */
static volatile apr_uint32_t threads_inside;
static apr_uint32_t threads_max;

luci_result_t luci_bulkhead_init(luci_bulkhead_t *bulkhead, int threads, apr_pool_t *child_pool)
{
    threads_max = threads > 1 ? (apr_uint32_t)(threads * SHARE_OF_FOUR / 4) : UNLIMITED;
    return apr_thread_cond_create(&bulkhead->left, child_pool) == APR_SUCCESS ? LUCI_OK : LUCI_INTERNAL;
}

/* 1 if another thread may not enter. A database that no other thread of this child uses always has room for
 * one thread, however many threads wait for other databases. */
static int is_full(const luci_bulkhead_t *bulkhead)
{
    return bulkhead->inside > 0 && apr_atomic_read32(&threads_inside) >= threads_max;
}

int luci_bulkhead_enter(luci_bulkhead_t *bulkhead, apr_time_t now)
{
    apr_time_t end = now + LUCI_BULKHEAD_WAIT;

    while (is_full(bulkhead)) {
        apr_interval_time_t left = end - bulkhead->clock();

        if (now - bulkhead->answered > LUCI_BULKHEAD_WAIT || left <= 0 || left > LUCI_BULKHEAD_WAIT)
            return 0;
        (void)apr_thread_cond_timedwait(bulkhead->left, bulkhead->lock, left);
    }
    if (bulkhead->inside++ == 0)
        bulkhead->answered = now;
    apr_atomic_inc32(&threads_inside);
    return 1;
}

void luci_bulkhead_leave(luci_bulkhead_t *bulkhead)
{
    bulkhead->inside--;
    apr_atomic_dec32(&threads_inside);
    apr_thread_cond_signal(bulkhead->left);
}

void luci_bulkhead_answered(luci_bulkhead_t *bulkhead, apr_time_t now)
{
    bulkhead->answered = now;
}
