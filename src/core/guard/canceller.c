/* SPDX-License-Identifier: Apache-2.0 */
#include "core/guard/canceller.h"

#include "core/guard/offload.h"
#include "core/guard/times.h"

#include <apr_atomic.h>
#include <pthread.h>
#include <stdlib.h>

struct luci_canceller_t {
    const luci_canceller_way_t *way;
    void *request;
    volatile apr_uint32_t owners; /* the connection, and a thread that sends */
};

static luci_offload_t *threads;

static void create_threads(void)
{
    threads = luci_offload_create(LUCI_CANCELLER_MAX);
}

luci_canceller_t *luci_canceller_create(const luci_canceller_way_t *way, void *request)
{
    luci_canceller_t *canceller = malloc(sizeof *canceller);

    if (canceller)
        *canceller = (luci_canceller_t){ way, request, 1 };
    else
        way->release(request);
    return canceller;
}

void luci_canceller_release(luci_canceller_t *canceller)
{
    if (!canceller || apr_atomic_dec32(&canceller->owners) != 0)
        return;
    canceller->way->release(canceller->request);
    free(canceller);
}

static void send_request(void *baton)
{
    luci_canceller_t *canceller = baton;

    canceller->way->send(canceller->request);
}

static void release_sent(void *baton)
{
    luci_canceller_release(baton);
}

/* The call is abandoned at once, unless it could not start or has already returned. */
void luci_canceller_send(luci_canceller_t *canceller)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    luci_offload_call_t call = { .work = send_request, .abandon = release_sent, .baton = canceller };

    pthread_once(&once, create_threads);
    if (!threads)
        return;
    apr_atomic_inc32(&canceller->owners);
    if (luci_offload_run(threads, &call, 0) != LUCI_BUSY)
        luci_canceller_release(canceller);
}
