/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/hash/pace.h"

#include <apr_atomic.h>
#include <apr_shm.h>
#include <apr_time.h>

#include <string.h>

#define SAMPLES 64 /* a power of two */

/* Before the first write: about what an SSD takes. */
#define USUAL ((apr_uint32_t)apr_time_from_msec(2))

/* A write that waits for locks may take longer, but a thread is not held for longer because of it. */
#define MAX ((apr_uint32_t)apr_time_from_sec(1))

struct luci_pace_t {
    volatile apr_uint32_t written; /* the number of writes */
    volatile apr_uint32_t took[SAMPLES];
};

luci_pace_t *luci_pace_create(apr_pool_t *conf_pool)
{
    apr_shm_t *memory;

    if (apr_shm_create(&memory, sizeof(luci_pace_t), NULL, conf_pool) != APR_SUCCESS)
        return NULL;
    return memset(apr_shm_baseaddr_get(memory), 0, sizeof(luci_pace_t));
}

static luci_result_t run(void *baton, luci_hash_work_fn *work, void *work_baton)
{
    luci_pace_t *pace = baton;
    apr_time_t began = apr_time_now();
    luci_result_t result = work(work_baton);
    apr_interval_time_t took = apr_time_now() - began;

    if (took < 0) /* the clock was set */
        return result;
    apr_atomic_set32(&pace->took[apr_atomic_inc32(&pace->written) % SAMPLES],
                     took < MAX ? (apr_uint32_t)took : MAX);
    return result;
}

static void pretend(void *baton)
{
    luci_pace_t *pace = baton;
    apr_uint32_t samples = apr_atomic_read32(&pace->written), random;

    if (samples > SAMPLES)
        samples = SAMPLES;
    if (luci_secret_random((unsigned char *)&random, sizeof random) != LUCI_OK)
        random = 0;
    apr_sleep(samples > 0 ? apr_atomic_read32(&pace->took[random % samples]) : USUAL);
}

luci_pacer_t luci_pace_pacer(luci_pace_t *pace)
{
    return (luci_pacer_t){ run, pretend, pace };
}
