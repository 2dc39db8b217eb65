/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/db/breaker.h"

#include <apr_atomic.h>
#include <apr_shm.h>

#include <string.h>

#define PAUSE apr_time_from_sec(2)

/* Answers that come closer together than this are noted as one: noting takes the memory from all others. */
#define NOTE_EVERY apr_time_from_msec(100)

/* Microseconds since 1970. */
struct luci_breaker_t {
    volatile apr_uint64_t hung_until; /* 0: the server answers */
    volatile apr_uint64_t answered;   /* when it last did */
};

luci_breaker_t *luci_breaker_create(apr_pool_t *conf_pool)
{
    apr_shm_t *memory;

    if (apr_shm_create(&memory, sizeof(luci_breaker_t), NULL, conf_pool) != APR_SUCCESS)
        return NULL;
    return memset(apr_shm_baseaddr_get(memory), 0, sizeof(luci_breaker_t));
}

/* A moment too far ahead was noted before the clock was set back. */
static int is_ahead(apr_uint64_t until, apr_time_t now)
{
    return until != 0 && now < (apr_time_t)until && (apr_time_t)until - now <= LUCI_BREAKER_TRY;
}

int luci_breaker_is_open(luci_breaker_t *breaker, apr_time_t now)
{
    return is_ahead(apr_atomic_read64(&breaker->hung_until), now);
}

int luci_breaker_may_ask(luci_breaker_t *breaker, apr_time_t now)
{
    apr_uint64_t until = apr_atomic_read64(&breaker->hung_until);

    if (until == 0)
        return 1;
    if (is_ahead(until, now))
        return 0;
    return apr_atomic_cas64(&breaker->hung_until, (apr_uint64_t)(now + LUCI_BREAKER_TRY), until) == until;
}

void luci_breaker_answered(luci_breaker_t *breaker, apr_time_t now)
{
    apr_time_t before = (apr_time_t)apr_atomic_read64(&breaker->answered);

    if (now < before || now - before > NOTE_EVERY)
        apr_atomic_set64(&breaker->answered, (apr_uint64_t)now);
    if (apr_atomic_read64(&breaker->hung_until) != 0)
        apr_atomic_set64(&breaker->hung_until, 0);
}

void luci_breaker_unanswered(luci_breaker_t *breaker, apr_time_t begun, apr_time_t now)
{
    if ((apr_time_t)apr_atomic_read64(&breaker->answered) < begun)
        apr_atomic_set64(&breaker->hung_until, (apr_uint64_t)(now + PAUSE));
}
