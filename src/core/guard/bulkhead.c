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

/* How long the database may still not answer. An answer that lies in the future was noted before the clock
 * was set back, and counts as one now. */
static apr_interval_time_t patience(luci_bulkhead_t *bulkhead, apr_time_t now)
{
    if (bulkhead->answered > now)
        bulkhead->answered = now;
    return bulkhead->answered + LUCI_BULKHEAD_WAIT - now;
}

/* A place that a leaving thread gave to a waiting one must not go to a thread that comes just then, because
 * under load the waiting one would never get a place: so a thread that finds others waiting waits, too. */
static luci_bulkhead_entry_t await_place(luci_bulkhead_t *bulkhead, apr_time_t deadline)
{
    int is_behind = bulkhead->waiting > 0;

    while (is_behind || is_full(bulkhead)) {
        apr_time_t now = bulkhead->clock();
        apr_interval_time_t left = patience(bulkhead, now);

        if (left <= 0 || now >= deadline) {
            if (is_full(bulkhead))
                return left <= 0 ? LUCI_BULKHEAD_SILENT : LUCI_BULKHEAD_FULL;
            break;
        }
        if (left > deadline - now)
            left = deadline - now;
        bulkhead->waiting++;
        (void)apr_thread_cond_timedwait(bulkhead->left, bulkhead->lock, left);
        bulkhead->waiting--;
        is_behind = 0;
    }
    return LUCI_BULKHEAD_ENTERED;
}

/* Threads of another pool that left gave no signal here, so that there may be room for several. */
static void wake_next(luci_bulkhead_t *bulkhead)
{
    if (bulkhead->waiting > 0 && !is_full(bulkhead))
        apr_thread_cond_signal(bulkhead->left);
}

luci_bulkhead_entry_t luci_bulkhead_enter(luci_bulkhead_t *bulkhead, apr_time_t deadline)
{
    luci_bulkhead_entry_t entry;

    wake_next(bulkhead);
    entry = await_place(bulkhead, deadline);
    if (entry == LUCI_BULKHEAD_ENTERED) {
        if (bulkhead->inside++ == 0)
            bulkhead->answered = bulkhead->clock();
        apr_atomic_inc32(&threads_inside);
        wake_next(bulkhead);
    }
    return entry;
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
