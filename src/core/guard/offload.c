/* SPDX-License-Identifier: Apache-2.0 */
#include "core/guard/offload.h"

#include "core/base/thread.h"
#include "core/guard/times.h"

#include <apr_pools.h>
#include <apr_thread_cond.h>
#include <apr_thread_mutex.h>
#include <apr_time.h>
#include <pthread.h>
#include <unistd.h>

typedef enum { IS_FREE, HAS_CALL, IS_DONE, IS_ABANDONED } state_t;

/* A thread and its current call. It lives in a pool of its own. */
typedef struct worker_t {
    struct worker_t *next; /* the next free thread */
    luci_offload_t *group;
    apr_thread_cond_t *called, *done;
    state_t state;
    luci_offload_call_t call;
} worker_t;

struct luci_offload_t {
    apr_thread_mutex_t *mutex; /* guards all following fields, and the state of each thread */
    pid_t process;             /* in which the threads were started */
    worker_t *free;
    int count;
    int max;
};

/* The pool is never destroyed, because a thread may still be in a call when the process ends. */
luci_offload_t *luci_offload_create(int max)
{
    luci_offload_t *group;
    apr_pool_t *pool;

    if (apr_pool_create_unmanaged(&pool) != APR_SUCCESS)
        return NULL;
    group = apr_pcalloc(pool, sizeof *group);
    group->max = max;
    group->process = getpid();
    return apr_thread_mutex_create(&group->mutex, APR_THREAD_MUTEX_DEFAULT, pool) == APR_SUCCESS ? group
                                                                                                 : NULL;
}

static luci_offload_t *of_process;

static void create_of_process(void)
{
    of_process = luci_offload_create(LUCI_OFFLOAD_MAX);
}

luci_offload_t *luci_offload_of_process(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, create_of_process);
    return of_process;
}

/* ---- The thread. The mutex is locked ---- */

static void set_free(worker_t *worker)
{
    worker->state = IS_FREE;
    worker->next = worker->group->free;
    worker->group->free = worker;
}

/* Waits without a time limit: a thread that woke up while the process ends could run code of a module that
 * was unloaded. */
static void await_call(worker_t *worker)
{
    while (worker->state != HAS_CALL && worker->state != IS_ABANDONED)
        apr_thread_cond_wait(worker->called, worker->group->mutex);
}

static void *serve(void *baton)
{
    worker_t *worker = baton;
    apr_thread_mutex_t *mutex = worker->group->mutex;

    apr_thread_mutex_lock(mutex);
    for (;;) {
        await_call(worker);
        apr_thread_mutex_unlock(mutex);
        worker->call.work(worker->call.baton);
        apr_thread_mutex_lock(mutex);
        if (worker->state == IS_ABANDONED) {
            apr_thread_mutex_unlock(mutex);
            worker->call.abandon(worker->call.baton);
            apr_thread_mutex_lock(mutex);
            set_free(worker);
            continue;
        }
        worker->state = IS_DONE;
        apr_thread_cond_signal(worker->done);
    }
    return NULL;
}

/* ---- The caller. The mutex is locked ---- */

/* Starts a thread. NULL: the maximum is reached, or the thread cannot be started. */
static worker_t *new_worker(luci_offload_t *group)
{
    worker_t *worker;
    apr_pool_t *own;

    if (group->count >= group->max || apr_pool_create_unmanaged(&own) != APR_SUCCESS)
        return NULL;
    worker = apr_pcalloc(own, sizeof *worker);
    worker->group = group;
    if (apr_thread_cond_create(&worker->called, own) != APR_SUCCESS ||
        apr_thread_cond_create(&worker->done, own) != APR_SUCCESS ||
        !luci_thread_start(serve, worker, NULL)) {
        apr_pool_destroy(own);
        return NULL;
    }
    group->count++;
    return worker;
}

static worker_t *take_worker(luci_offload_t *group)
{
    worker_t *worker;

    if (group->process != getpid()) { /* a forked process has none of these threads */
        group->process = getpid();
        group->free = NULL;
        group->count = 0;
    }
    worker = group->free;
    if (!worker)
        return new_worker(group);
    group->free = worker->next;
    return worker;
}

/* Waits for the end of a call. A spurious wakeup, which is rare, restarts the wait, because the clock is not
 * read here. */
static luci_result_t await(worker_t *worker, luci_ms_t max)
{
    apr_status_t status = APR_SUCCESS;

    while (worker->state != IS_DONE && !APR_STATUS_IS_TIMEUP(status))
        status = apr_thread_cond_timedwait(worker->done, worker->group->mutex, apr_time_from_msec(max));
    if (worker->state != IS_DONE) {
        worker->state = IS_ABANDONED;
        return LUCI_BUSY;
    }
    set_free(worker);
    return LUCI_OK;
}

luci_result_t luci_offload_run(luci_offload_t *group, const luci_offload_call_t *call, luci_ms_t max)
{
    luci_result_t result = LUCI_INTERNAL;
    worker_t *worker;

    apr_thread_mutex_lock(group->mutex);
    worker = take_worker(group);
    if (worker) {
        worker->call = *call;
        worker->state = HAS_CALL;
        apr_thread_cond_signal(worker->called);
        result = await(worker, max);
    }
    apr_thread_mutex_unlock(group->mutex);
    return result;
}
