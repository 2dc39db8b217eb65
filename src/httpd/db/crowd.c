/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/db/crowd.h"

#include <apr_atomic.h>

/* Of a child's threads, so many in four may use databases, wherever there are several; and how long others
 * wait for one of them to come back. */
#define SHARE_OF_FOUR 3
/* The one thread of a child that has no other keeps none free. */
#define UNLIMITED APR_UINT32_MAX
#define CROWD_WAIT apr_time_from_msec(250)

/* Of all pools of this child together. */
static volatile apr_uint32_t threads_inside;
static apr_uint32_t threads_most;

luci_result_t luci_crowd_init(luci_crowd_t *crowd, apr_thread_mutex_t *lock, int threads,
                              apr_pool_t *child_pool)
{
    threads_most = threads > 1 ? (apr_uint32_t)(threads * SHARE_OF_FOUR / 4) : UNLIMITED;
    crowd->lock = lock;
    return apr_thread_cond_create(&crowd->left, child_pool) == APR_SUCCESS ? LUCI_OK : LUCI_INTERNAL;
}

/* A database that none of this child's threads asks has room for one, however many wait for others. */
static int is_full(const luci_crowd_t *crowd)
{
    return crowd->inside > 0 && apr_atomic_read32(&threads_inside) >= threads_most;
}

int luci_crowd_enter(luci_crowd_t *crowd, apr_time_t now)
{
    apr_time_t end = now + CROWD_WAIT;

    while (is_full(crowd)) {
        apr_interval_time_t left = end - apr_time_now();

        if (now - crowd->answered > CROWD_WAIT || left <= 0 || left > CROWD_WAIT)
            return 0;
        (void)apr_thread_cond_timedwait(crowd->left, crowd->lock, left);
    }
    if (crowd->inside++ == 0)
        crowd->answered = now;
    apr_atomic_inc32(&threads_inside);
    return 1;
}

void luci_crowd_leave(luci_crowd_t *crowd)
{
    crowd->inside--;
    apr_atomic_dec32(&threads_inside);
    apr_thread_cond_signal(crowd->left);
}

void luci_crowd_answered(luci_crowd_t *crowd, apr_time_t now)
{
    crowd->answered = now;
}
