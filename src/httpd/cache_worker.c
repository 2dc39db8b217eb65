/* SPDX-License-Identifier: Apache-2.0 */
#include "cache_worker.h"

#include <apr_portable.h>
#include <apr_signal.h>
#include <apr_thread_cond.h>
#include <apr_thread_mutex.h>
#include <apr_thread_proc.h>
#include <string.h>

typedef enum { IS_FREE, HAS_CALL, HAS_ANSWER, IS_ABANDONED } state_t;

/* A thread with its call. What it works on is its own, since a caller may have gone. */
typedef struct worker_t {
    struct worker_t *next; /* while it's free */
    luci_cache_workers_t *workers;
    apr_thread_cond_t *changed;
    apr_pool_t *scratch;
    state_t state;
    apr_status_t status;
    luci_cache_call_t call;
    unsigned char key[LUCI_SHA256_BYTES];
    unsigned char record[LUCI_RECORD_MOST];
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

static void *APR_THREAD_FUNC work(apr_thread_t *thread, void *baton)
{
    worker_t *worker = baton;
    apr_thread_mutex_t *mutex = worker->workers->mutex;

    (void)thread;
    apr_setup_signal_thread(); /* signals are for httpd's own threads */
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
    apr_threadattr_t *detached;
    apr_thread_t *thread;
    worker_t *worker;

    if (workers->count >= workers->most)
        return NULL;
    worker = apr_pcalloc(workers->pool, sizeof *worker);
    worker->workers = workers;
    if (apr_pool_create_unmanaged(&worker->scratch) != APR_SUCCESS ||
        apr_thread_cond_create(&worker->changed, workers->pool) != APR_SUCCESS ||
        apr_threadattr_create(&detached, workers->pool) != APR_SUCCESS ||
        apr_threadattr_detach_set(detached, 1) != APR_SUCCESS ||
        apr_thread_create(&thread, detached, work, worker, workers->pool) != APR_SUCCESS)
        return NULL;
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
