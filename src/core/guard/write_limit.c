/* SPDX-License-Identifier: Apache-2.0 */
#include "core/guard/write_limit.h"

#include "core/guard/times.h"

int luci_write_limit_init(luci_write_limit_t *limit, int handles, apr_pool_t *child_pool)
{
    limit->max = (handles + 1) / 2;
    return apr_thread_mutex_create(&limit->lock, APR_THREAD_MUTEX_DEFAULT, child_pool) == APR_SUCCESS &&
           apr_thread_cond_create(&limit->left, child_pool) == APR_SUCCESS;
}

/* Under the lock. A time in the future was noted before the clock was set back. */
static int is_unanswered(const luci_write_limit_t *limit, apr_time_t now)
{
    return limit->inside > 0 && (now - limit->answered > LUCI_WRITE_WAIT || now < limit->answered);
}

/* Waits, under the lock, until another write may run. */
static int await_place(luci_write_limit_t *limit)
{
    apr_time_t now = limit->clock(), end = now + LUCI_WRITE_WAIT;

    while (limit->inside >= limit->max) {
        if (is_unanswered(limit, now) || now >= end || end - now > LUCI_WRITE_WAIT)
            return 0;
        (void)apr_thread_cond_timedwait(limit->left, limit->lock, end - now);
        now = limit->clock();
    }
    return 1;
}

int luci_write_limit_enter(luci_write_limit_t *limit)
{
    apr_time_t now;
    int enters;

    apr_thread_mutex_lock(limit->lock);
    enters = await_place(limit);
    now = limit->clock();
    enters = enters && luci_breaker_may_call(limit->breaker, now);
    if (enters && limit->inside++ == 0)
        limit->answered = now;
    apr_thread_mutex_unlock(limit->lock);
    return enters;
}

void luci_write_limit_leave(luci_write_limit_t *limit, apr_time_t begun, int hung)
{
    apr_time_t now = limit->clock();

    apr_thread_mutex_lock(limit->lock);
    limit->inside--;
    if (!hung)
        limit->answered = now;
    apr_thread_cond_signal(limit->left);
    apr_thread_mutex_unlock(limit->lock);
    if (hung)
        luci_breaker_unanswered(limit->breaker, begun, now);
    else
        luci_breaker_answered(limit->breaker, now);
}

int luci_write_limit_is_stuck(luci_write_limit_t *limit)
{
    apr_time_t now = limit->clock();
    int is_stuck = luci_breaker_is_open(limit->breaker, now);

    if (is_stuck)
        return 1;
    apr_thread_mutex_lock(limit->lock);
    is_stuck = is_unanswered(limit, now);
    apr_thread_mutex_unlock(limit->lock);
    return is_stuck;
}
