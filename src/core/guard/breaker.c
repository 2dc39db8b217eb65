/* SPDX-License-Identifier: Apache-2.0 */
#include "core/guard/breaker.h"

#include "core/guard/times.h"

#include <apr_atomic.h>
#include <apr_shm.h>

#include <string.h>

/* Shared by all children. Times are microseconds since 1970. */
typedef struct {
    volatile apr_uint64_t open_until; /* calls pause until then; 0: the breaker is closed */
    volatile apr_uint64_t answered;   /* when a call was last answered */
} shared_t;

struct luci_breaker_t {
    shared_t *shared;
    apr_interval_time_t pause, retry;
};

luci_breaker_t *luci_breaker_create(apr_interval_time_t pause, apr_interval_time_t retry,
                                    apr_pool_t *conf_pool)
{
    luci_breaker_t *breaker = apr_pcalloc(conf_pool, sizeof *breaker);
    apr_shm_t *memory;

    if (apr_shm_create(&memory, sizeof *breaker->shared, NULL, conf_pool) != APR_SUCCESS)
        return NULL;
    breaker->shared = memset(apr_shm_baseaddr_get(memory), 0, sizeof *breaker->shared);
    breaker->pause = pause;
    breaker->retry = retry;
    return breaker;
}

/* 1 if the time until lies in the future. A time that is further ahead than the longest pause was stored
 * before the clock was set back, and does not count. */
static int is_ahead(const luci_breaker_t *breaker, apr_uint64_t until, apr_time_t now)
{
    apr_interval_time_t max = breaker->retry > breaker->pause ? breaker->retry : breaker->pause;

    return until != 0 && now < (apr_time_t)until && (apr_time_t)until - now <= max;
}

int luci_breaker_is_open(luci_breaker_t *breaker, apr_time_t now)
{
    return is_ahead(breaker, apr_atomic_read64(&breaker->shared->open_until), now);
}

int luci_breaker_may_call(luci_breaker_t *breaker, apr_time_t now)
{
    volatile apr_uint64_t *open_until = &breaker->shared->open_until;
    apr_uint64_t until = apr_atomic_read64(open_until);

    if (until == 0)
        return 1;
    if (is_ahead(breaker, until, now))
        return 0;
    return apr_atomic_cas64(open_until, (apr_uint64_t)(now + breaker->retry), until) == until;
}

void luci_breaker_answered(luci_breaker_t *breaker, apr_time_t now)
{
    shared_t *shared = breaker->shared;
    apr_time_t before = (apr_time_t)apr_atomic_read64(&shared->answered);

    if (now < before || now - before > LUCI_BREAKER_NOTE)
        apr_atomic_set64(&shared->answered, (apr_uint64_t)now);
    if (apr_atomic_read64(&shared->open_until) != 0)
        apr_atomic_set64(&shared->open_until, 0);
}

void luci_breaker_allow_retry(luci_breaker_t *breaker)
{
    if (apr_atomic_read64(&breaker->shared->open_until) != 0)
        apr_atomic_set64(&breaker->shared->open_until, 1); /* a time in the past: the pause is over */
}

void luci_breaker_unanswered(luci_breaker_t *breaker, apr_time_t begun, apr_time_t now)
{
    apr_time_t answered = (apr_time_t)apr_atomic_read64(&breaker->shared->answered);

    if (answered < begun || answered > now) /* the second: stored before the clock was set back */
        luci_breaker_open(breaker, now);
}

void luci_breaker_open(luci_breaker_t *breaker, apr_time_t now)
{
    apr_atomic_set64(&breaker->shared->open_until, (apr_uint64_t)(now + breaker->pause));
}
