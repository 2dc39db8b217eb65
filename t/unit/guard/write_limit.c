/* SPDX-License-Identifier: Apache-2.0 */
/* Which writes may begin while others are not answered. */
#include "core/guard/write_limit.h"

#include "core/guard/times.h"
#include "lib/tap.h"

#include <apr_general.h>
#include <apr_thread_proc.h>

#include <stdlib.h>

#define SECOND apr_time_from_sec(1)

static apr_pool_t *pool;
static apr_time_t now = 1000 * SECOND;

static apr_time_t clock_of_test(void)
{
    return now;
}

static luci_write_limit_t limit_for(int handles)
{
    luci_write_limit_t limit = { .clock = clock_of_test };

    limit.breaker = luci_breaker_create(LUCI_DATABASE_PAUSE, LUCI_DATABASE_RETRY, pool);
    if (!limit.breaker || !luci_write_limit_init(&limit, handles, pool))
        exit(1);
    return limit;
}

static void check_half(void)
{
    luci_write_limit_t limit = limit_for(4), one = limit_for(1);

    tap_ok(luci_write_limit_enter(&limit) && luci_write_limit_enter(&limit), "two of four handles may write");
    tap_ok(!luci_write_limit_is_stuck(&limit), "writes that have just begun do not hang");
    now += 2 * SECOND;
    tap_ok(luci_write_limit_is_stuck(&limit), "writes without an answer for two seconds hang");
    tap_ok(!luci_write_limit_enter(&limit), "a third write is refused at once while they hang");
    luci_write_limit_leave(&limit, now, 0);
    tap_ok(!luci_write_limit_is_stuck(&limit), "after an answer writes do not hang");
    tap_ok(luci_write_limit_enter(&limit), "after an answer another write may begin");
    tap_ok(luci_write_limit_enter(&one), "a pool of one handle may write with it");
}

static void check_breaker(void)
{
    luci_write_limit_t limit = limit_for(8), other = limit;
    apr_time_t begun = now;

    if (!luci_write_limit_init(&other, 8, pool))
        exit(1);
    tap_ok(luci_write_limit_enter(&limit), "a write begins");
    now += 4 * SECOND;
    luci_write_limit_leave(&limit, begun, 1);
    tap_ok(!luci_write_limit_enter(&other), "after a write that hung no child begins another one");
    tap_ok(luci_write_limit_is_stuck(&other), "optional writes of another child are not tried");
    now += LUCI_DATABASE_PAUSE + 1;
    begun = now;
    tap_ok(luci_write_limit_enter(&other), "after the pause one write tries again");
    tap_ok(!luci_write_limit_enter(&limit), "only one write tries again");
    luci_write_limit_leave(&other, begun, 0);
    tap_ok(luci_write_limit_enter(&limit), "after its answer all writes may begin");
    luci_write_limit_leave(&limit, now, 0);
}

typedef struct {
    luci_write_limit_t limit;
    int entered;
} waiter_t;

static void *APR_THREAD_FUNC wait_for_place(apr_thread_t *thread, void *baton)
{
    waiter_t *waiter = baton;

    waiter->entered = luci_write_limit_enter(&waiter->limit);
    apr_thread_exit(thread, APR_SUCCESS);
    return NULL;
}

/* With a clock that runs: a write that finds no place waits for one. */
static void check_wait(void)
{
    waiter_t waiter = { .limit = { .clock = apr_time_now } };
    apr_thread_t *thread;
    apr_status_t status;

    waiter.limit.breaker = luci_breaker_create(LUCI_DATABASE_PAUSE, LUCI_DATABASE_RETRY, pool);
    if (!luci_write_limit_init(&waiter.limit, 2, pool) || !luci_write_limit_enter(&waiter.limit))
        exit(1);
    if (apr_thread_create(&thread, NULL, wait_for_place, &waiter, pool) != APR_SUCCESS)
        exit(1);
    apr_sleep(apr_time_from_msec(50));
    luci_write_limit_leave(&waiter.limit, apr_time_now(), 0);
    apr_thread_join(&status, thread);
    tap_ok(waiter.entered, "a write waits for one that is answered soon");
}

int main(void)
{
    apr_initialize();
    apr_pool_create(&pool, NULL);
    check_half();
    check_breaker();
    check_wait();
    return tap_done();
}
