/* SPDX-License-Identifier: Apache-2.0 */
/* The breaker at times that are played: who may call while it pauses, and what a clock that is set back does.
 */
#include "core/guard/breaker.h"
#include "lib/tap.h"

#include <apr_general.h>
#include <stdlib.h>

#define NOW ((apr_time_t)1700000000000000)
#define SECOND ((apr_time_t)1000000)
#define PAUSE (10 * SECOND)
#define RETRY (2 * SECOND)

static apr_pool_t *pool;

static luci_breaker_t *new_breaker(void)
{
    luci_breaker_t *breaker = luci_breaker_create(PAUSE, RETRY, pool);

    if (!breaker) {
        tap_fail("a breaker is created in shared memory");
        exit(tap_done());
    }
    return breaker;
}

static void check_pause(void)
{
    luci_breaker_t *breaker = new_breaker();

    tap_ok(!luci_breaker_is_open(breaker, NOW), "a new breaker is closed");
    tap_ok(luci_breaker_may_call(breaker, NOW), "a closed breaker lets a call pass");
    luci_breaker_open(breaker, NOW);
    tap_ok(luci_breaker_is_open(breaker, NOW), "an opened breaker is open");
    tap_ok(!luci_breaker_may_call(breaker, NOW + PAUSE - 1),
           "an open breaker lets no call pass until its pause ends");
    tap_ok(luci_breaker_may_call(breaker, NOW + PAUSE), "the first call after the pause passes");
    tap_ok(!luci_breaker_may_call(breaker, NOW + PAUSE), "a second call after the pause waits for the first");
    tap_ok(luci_breaker_may_call(breaker, NOW + PAUSE + RETRY),
           "a call passes when the first one is overdue");
    luci_breaker_answered(breaker, NOW + PAUSE + RETRY + 1);
    tap_ok(luci_breaker_may_call(breaker, NOW + PAUSE + RETRY + 1) &&
               luci_breaker_may_call(breaker, NOW + PAUSE + RETRY + 1),
           "an answer closes the breaker for all calls");
}

static void check_retry(void)
{
    luci_breaker_t *breaker = new_breaker();

    luci_breaker_allow_retry(breaker);
    tap_ok(!luci_breaker_is_open(breaker, NOW), "allowing a retry leaves a closed breaker closed");
    luci_breaker_open(breaker, NOW);
    luci_breaker_allow_retry(breaker);
    tap_ok(luci_breaker_may_call(breaker, NOW), "a call that is allowed passes before the pause ends");
    tap_ok(!luci_breaker_may_call(breaker, NOW), "one call is allowed, and a second one waits");
}

static void check_unanswered(void)
{
    luci_breaker_t *breaker = new_breaker();

    luci_breaker_answered(breaker, NOW);
    luci_breaker_unanswered(breaker, NOW - SECOND, NOW + SECOND);
    tap_ok(!luci_breaker_is_open(breaker, NOW + SECOND),
           "an unanswered call is the only one: others were answered since it began");
    luci_breaker_unanswered(breaker, NOW + 1, NOW + SECOND);
    tap_ok(luci_breaker_is_open(breaker, NOW + SECOND),
           "an unanswered call without an answer to others opens the breaker");
}

static void check_clock(void)
{
    luci_breaker_t *breaker = new_breaker();

    luci_breaker_open(breaker, NOW);
    tap_ok(!luci_breaker_is_open(breaker, NOW - 3600 * SECOND),
           "a clock that is set back does not prolong the pause");
    tap_ok(luci_breaker_may_call(breaker, NOW - 3600 * SECOND), "a call passes when the clock was set back");
    breaker = new_breaker();
    luci_breaker_answered(breaker, NOW);
    luci_breaker_unanswered(breaker, NOW - 3601 * SECOND, NOW - 3600 * SECOND);
    tap_ok(luci_breaker_is_open(breaker, NOW - 3600 * SECOND),
           "an answer that lies in the future does not count");
}

int main(void)
{
    apr_initialize();
    apr_pool_create(&pool, NULL);
    check_pause();
    check_retry();
    check_unanswered();
    check_clock();
    apr_terminate();
    return tap_done();
}
