/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/cache/cache_worker.h"

#include "core/base/thread.h"

#include <apr_thread_cond.h>
#include <apr_thread_mutex.h>
#include <string.h>

typedef enum { IS_FREE, HAS_CALL, HAS_ANSWER, IS_ABANDONED } state_t;

/* A thread with its call, in memory of its own, for the time of the process. What it works on is its own,
 * too, since a caller may have gone. */
typedef struct worker_t {
    struct worker_t *next; /* while it's free */
    luci_cache_workers_t *workers;
    apr_thread_cond_t *changed;
    apr_pool_t *scratch;
    state_t state;
    apr_status_t status;
    luci_cache_call_t call;
    unsigned char key[LUCI_SHA256_BYTES];
    unsigned char record[LUCI_RECORD_MAX];
} worker_t;

struct luci_cache_workers_t {
    const luci_cache_provider_t *provider;
    apr_pool_t *pool; /* never destroyed: at the end of the process a thread may still be in a call */
    apr_thread_mutex_t *mutex; /* guards all below, and the states */
    worker_t *free;
    int count;
    int most;
};

luci_cache_workers_t *luci_cache_workers_create(const luci_cache_provider_t *provider, int most)
{
    luci_cache_workers_t *workers;
    apr_pool_t *pool;

    if (apr_pool_create_unmanaged(&pool) != APR_SUCCESS)
        return NULL;
    workers = apr_pcalloc(pool, sizeof *workers);
    workers->provider = provider;
    workers->pool = pool;
    workers->most = most;
    return apr_thread_mutex_create(&workers->mutex, APR_THREAD_MUTEX_DEFAULT, pool) == APR_SUCCESS ? workers
                                                                                                   : NULL;
}

static void set_free(worker_t *worker)
{
    worker->state = IS_FREE;
    worker->next = worker->workers->free;
    worker->workers->free = worker;
}

static void *work(void *baton)
{
    worker_t *worker = baton;
    apr_thread_mutex_t *mutex = worker->workers->mutex;

    apr_thread_mutex_lock(mutex);
    for (;;) {
        while (worker->state != HAS_CALL && worker->state != IS_ABANDONED)
            apr_thread_cond_wait(worker->changed, mutex);
        apr_thread_mutex_unlock(mutex);
        worker->status = luci_cache_call(worker->workers->provider, &worker->call, worker->scratch);
        apr_pool_clear(worker->scratch);
        apr_thread_mutex_lock(mutex);
        if (worker->state == IS_ABANDONED) {
            set_free(worker);
        }
        else {
            worker->state = HAS_ANSWER;
            apr_thread_cond_signal(worker->changed);
        }
    }
    return NULL;
}

/* With the mutex. NULL: there can be no more. */
static worker_t *new_worker(luci_cache_workers_t *workers)
{
    worker_t *worker;
    apr_pool_t *own;

    if (workers->count >= workers->most || apr_pool_create_unmanaged(&own) != APR_SUCCESS)
        return NULL;
    worker = apr_pcalloc(own, sizeof *worker);
    worker->workers = workers;
    if (apr_pool_create(&worker->scratch, own) != APR_SUCCESS ||
        apr_thread_cond_create(&worker->changed, own) != APR_SUCCESS ||
        !luci_thread_start(work, worker, NULL)) {
        apr_pool_destroy(own);
        return NULL;
    }
    workers->count++;
    return worker;
}

static worker_t *take_worker(luci_cache_workers_t *workers)
{
    worker_t *worker = workers->free;

    if (!worker)
        return new_worker(workers);
    workers->free = worker->next;
    return worker;
}

static void give_work(worker_t *worker, const luci_cache_call_t *call)
{
    worker->call = *call;
    memcpy(worker->key, call->key, sizeof worker->key);
    worker->call.key = worker->key;
    if (call->verb == LUCI_CACHE_STORE || call->verb == LUCI_CACHE_PUT)
        memcpy(worker->record, call->record, call->length);
    worker->call.record = worker->record;
    worker->state = HAS_CALL;
    apr_thread_cond_signal(worker->changed);
}

static apr_status_t await(worker_t *worker, luci_cache_call_t *call, apr_interval_time_t most)
{
    apr_time_t end = apr_time_now() + most;

    while (worker->state != HAS_ANSWER) {
        apr_interval_time_t left = end - apr_time_now();

        if (left <= 0 || left > most) {
            worker->state = IS_ABANDONED;
            return APR_TIMEUP;
        }
        (void)apr_thread_cond_timedwait(worker->changed, worker->workers->mutex, left);
    }
    if (call->verb == LUCI_CACHE_RETRIEVE && worker->status == APR_SUCCESS) {
        call->length = worker->call.length;
        memcpy(call->record, worker->record, call->length);
    }
    set_free(worker);
    return worker->status;
}

apr_status_t luci_cache_workers_call(luci_cache_workers_t *workers, luci_cache_call_t *call,
                                     apr_interval_time_t most)
{
    apr_status_t status = APR_EAGAIN;
    worker_t *worker;

    apr_thread_mutex_lock(workers->mutex);
    worker = take_worker(workers);
    if (worker) {
        give_work(worker, call);
        status = await(worker, call, most);
    }
    apr_thread_mutex_unlock(workers->mutex);
    return status;
}
