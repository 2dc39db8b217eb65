/* SPDX-License-Identifier: Apache-2.0 */
/* Which threads of a child enter the bulkhead, and how long the others wait. */
#include "core/guard/bulkhead.h"

#include "core/guard/times.h"
#include "lib/tap.h"

#include <apr_general.h>
#include <apr_thread_proc.h>

#include <stdlib.h>

static apr_pool_t *pool;
static apr_thread_mutex_t *lock;

static luci_bulkhead_t bulkhead_for(int threads)
{
    luci_bulkhead_t bulkhead = { .lock = lock, .clock = apr_time_now };

    if (luci_bulkhead_init(&bulkhead, threads, pool) != LUCI_OK)
        exit(1);
    return bulkhead;
}

static int enter(luci_bulkhead_t *bulkhead)
{
    return luci_bulkhead_enter(bulkhead, apr_time_now());
}

static void check_places(void)
{
    luci_bulkhead_t a = bulkhead_for(8), b = bulkhead_for(8);

    for (int i = 0; i < 6; i++)
        tap_ok(enter(&a), "of eight threads, number %d enters", i + 1);
    tap_ok(!enter(&a), "the seventh is refused");
    tap_ok(enter(&b), "the first of another database enters although the child is full");
    tap_ok(!enter(&b), "the second of that one is refused");
    luci_bulkhead_leave(&b);
    luci_bulkhead_leave(&a);
    tap_ok(enter(&a), "when a thread has left, another one enters");
    for (int i = 0; i < 6; i++)
        luci_bulkhead_leave(&a);
}

static void check_one_thread(void)
{
    luci_bulkhead_t bulkhead = bulkhead_for(1);

    tap_ok(enter(&bulkhead) && enter(&bulkhead), "a child with a single thread keeps none free");
    luci_bulkhead_leave(&bulkhead);
    luci_bulkhead_leave(&bulkhead);
}

static void check_without_answers(void)
{
    luci_bulkhead_t bulkhead = bulkhead_for(2);
    apr_time_t before;

    tap_ok(enter(&bulkhead), "one of two threads enters");
    bulkhead.answered = apr_time_now() - 2 * LUCI_BULKHEAD_WAIT;
    before = apr_time_now();
    tap_ok(!enter(&bulkhead), "while that one gets no answer, the other one is refused");
    tap_ok(apr_time_now() - before < LUCI_BULKHEAD_WAIT, "the refused thread does not wait");
    luci_bulkhead_answered(&bulkhead, apr_time_now());
    before = apr_time_now();
    tap_ok(!enter(&bulkhead), "once it got one, the other one is refused");
    tap_ok(apr_time_now() - before >= LUCI_BULKHEAD_WAIT, "after it has waited");
    luci_bulkhead_leave(&bulkhead);
}

static void *APR_THREAD_FUNC leave_later(apr_thread_t *thread, void *baton)
{
    apr_sleep(LUCI_BULKHEAD_WAIT / 5);
    apr_thread_mutex_lock(lock);
    luci_bulkhead_leave(baton);
    apr_thread_mutex_unlock(lock);
    apr_thread_exit(thread, APR_SUCCESS);
    return NULL;
}

static void check_waiting(void)
{
    luci_bulkhead_t bulkhead = bulkhead_for(2);
    apr_thread_t *thread;
    apr_status_t status;

    tap_ok(enter(&bulkhead), "one of two threads enters");
    if (apr_thread_create(&thread, NULL, leave_later, &bulkhead, pool) != APR_SUCCESS)
        exit(1);
    tap_ok(enter(&bulkhead), "the other one enters when it has left");
    luci_bulkhead_leave(&bulkhead);
    apr_thread_join(&status, thread);
}

int main(void)
{
    if (apr_initialize() != APR_SUCCESS || apr_pool_create(&pool, NULL) != APR_SUCCESS ||
        apr_thread_mutex_create(&lock, APR_THREAD_MUTEX_DEFAULT, pool) != APR_SUCCESS)
        return 1;
    apr_thread_mutex_lock(lock);
    check_places();
    check_one_thread();
    check_without_answers();
    check_waiting();
    apr_thread_mutex_unlock(lock);
    return tap_done();
}
