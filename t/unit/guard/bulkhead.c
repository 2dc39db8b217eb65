/* SPDX-License-Identifier: Apache-2.0 */
/* Which threads of a child enter the bulkhead, and how long the others wait. */
#include "core/guard/bulkhead.h"

#include "core/guard/times.h"
#include "lib/tap.h"

#include <apr_general.h>
#include <apr_thread_proc.h>

#include <stdlib.h>

#define SECOND apr_time_from_sec(1)

static apr_pool_t *pool;
static apr_thread_mutex_t *lock;

/* The clock of the tests. Each look at it is a step later, and finds that the database of a bulkhead answered
 * so long ago that half a millisecond is left to wait. */
static struct {
    apr_time_t now, step;
    luci_bulkhead_t *answers;
} test = { .now = 1000 * SECOND };

static apr_time_t clock_of_test(void)
{
    test.now += test.step;
    if (test.answers)
        luci_bulkhead_answered(test.answers, test.now - LUCI_BULKHEAD_WAIT + 500);
    return test.now;
}

static luci_bulkhead_t bulkhead_for(int threads)
{
    luci_bulkhead_t bulkhead = { .lock = lock, .clock = clock_of_test };

    if (luci_bulkhead_init(&bulkhead, threads, pool) != LUCI_OK)
        exit(1);
    return bulkhead;
}

/* Without waiting. */
static luci_bulkhead_entry_t enter(luci_bulkhead_t *bulkhead)
{
    return luci_bulkhead_enter(bulkhead, test.now);
}

static int enters(luci_bulkhead_t *bulkhead)
{
    return enter(bulkhead) == LUCI_BULKHEAD_ENTERED;
}

static void check_places(void)
{
    luci_bulkhead_t a = bulkhead_for(8), b = bulkhead_for(8);

    for (int i = 0; i < 6; i++)
        tap_ok(enters(&a), "of eight threads, number %d enters", i + 1);
    tap_ok(!enters(&a), "the seventh is refused");
    tap_ok(enters(&b), "the first of another database enters although the child is full");
    tap_ok(!enters(&b), "the second of that one is refused");
    luci_bulkhead_leave(&b);
    luci_bulkhead_leave(&a);
    tap_ok(enters(&a), "when a thread has left, another one enters");
    for (int i = 0; i < 6; i++)
        luci_bulkhead_leave(&a);
}

static void check_one_thread(void)
{
    luci_bulkhead_t bulkhead = bulkhead_for(1);

    tap_ok(enters(&bulkhead) && enters(&bulkhead), "a child with a single thread keeps none free");
    luci_bulkhead_leave(&bulkhead);
    luci_bulkhead_leave(&bulkhead);
}

static void check_without_answers(void)
{
    luci_bulkhead_t bulkhead = bulkhead_for(2);
    apr_time_t begun;

    tap_ok(enters(&bulkhead), "one of two threads enters");
    test.now += LUCI_BULKHEAD_WAIT;
    begun = test.now;
    tap_ok(luci_bulkhead_enter(&bulkhead, begun + 5 * SECOND) == LUCI_BULKHEAD_SILENT,
           "while that one gets no answer, the other one is refused");
    tap_ok(test.now == begun, "the refused thread does not wait");
    luci_bulkhead_answered(&bulkhead, test.now - LUCI_BULKHEAD_WAIT + 1000);
    test.step = 1000;
    tap_ok(luci_bulkhead_enter(&bulkhead, begun + 5 * SECOND) == LUCI_BULKHEAD_SILENT &&
               test.now - begun <= 2000,
           "without a further answer, a waiting thread is refused");
    test.step = 0;
    luci_bulkhead_answered(&bulkhead, test.now + 3600 * SECOND);
    tap_ok(enter(&bulkhead) == LUCI_BULKHEAD_FULL && bulkhead.answered == test.now,
           "a time before the clock was set back is not waited for");
    luci_bulkhead_leave(&bulkhead);
}

static void check_with_answers(void)
{
    luci_bulkhead_t bulkhead = bulkhead_for(2);
    apr_time_t begun;

    tap_ok(enters(&bulkhead), "one of two threads enters");
    begun = test.now;
    test.step = LUCI_BULKHEAD_WAIT;
    test.answers = &bulkhead;
    tap_ok(luci_bulkhead_enter(&bulkhead, begun + 5 * SECOND) == LUCI_BULKHEAD_FULL,
           "while the database answers, the other one is only refused because of the deadline");
    tap_ok(test.now - begun >= 5 * SECOND, "it waits until then");
    test.step = 0;
    test.answers = NULL;
    luci_bulkhead_leave(&bulkhead);
}

static apr_thread_t *start(apr_thread_start_t work, luci_bulkhead_t *bulkhead)
{
    apr_thread_t *thread;

    if (apr_thread_create(&thread, NULL, work, bulkhead, pool) != APR_SUCCESS)
        exit(1);
    return thread;
}

static void await_end(apr_thread_t *thread)
{
    apr_status_t status;

    apr_thread_mutex_unlock(lock);
    apr_thread_join(&status, thread);
    apr_thread_mutex_lock(lock);
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

    tap_ok(enters(&bulkhead), "one of two threads enters");
    thread = start(leave_later, &bulkhead);
    tap_ok(luci_bulkhead_enter(&bulkhead, test.now + 5 * SECOND) == LUCI_BULKHEAD_ENTERED,
           "the other one enters when it has left");
    luci_bulkhead_leave(&bulkhead);
    await_end(thread);
}

static volatile int turns, turn_of_waiting;

static void *APR_THREAD_FUNC wait_for_place(apr_thread_t *thread, void *baton)
{
    apr_thread_mutex_lock(lock);
    if (luci_bulkhead_enter(baton, test.now + 5 * SECOND) == LUCI_BULKHEAD_ENTERED) {
        turn_of_waiting = ++turns;
        luci_bulkhead_leave(baton);
    }
    apr_thread_mutex_unlock(lock);
    apr_thread_exit(thread, APR_SUCCESS);
    return NULL;
}

/* This thread holds the lock from the time when the place becomes free until it asks for it. */
static void check_turns(void)
{
    luci_bulkhead_t bulkhead = bulkhead_for(2);
    apr_thread_t *thread;

    tap_ok(enters(&bulkhead), "one of two threads enters");
    thread = start(wait_for_place, &bulkhead);
    while (bulkhead.waiting == 0) {
        apr_thread_mutex_unlock(lock);
        apr_sleep(1000);
        apr_thread_mutex_lock(lock);
    }
    luci_bulkhead_leave(&bulkhead);
    tap_ok(luci_bulkhead_enter(&bulkhead, test.now + 5 * SECOND) == LUCI_BULKHEAD_ENTERED,
           "a third one enters");
    turns++;
    tap_ok(turn_of_waiting == 1, "after the one that has waited before it came");
    luci_bulkhead_leave(&bulkhead);
    await_end(thread);
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
    check_with_answers();
    check_waiting();
    check_turns();
    apr_thread_mutex_unlock(lock);
    return tap_done();
}
