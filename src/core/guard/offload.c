/* SPDX-License-Identifier: Apache-2.0 */
#include "core/guard/offload.h"

#include "core/base/thread.h"

#include <apr_atomic.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

enum { RUNNING, DONE, ABANDONED };

/* What caller and thread share; in the pool, which the one who leaves last has. */
typedef struct {
    luci_offload_t aside;
    volatile apr_uint32_t state;
    int ends[2]; /* a pipe that the thread closes when it's done */
} task_t;

static void *work(void *baton)
{
    task_t *task = baton;
    luci_offload_t aside = task->aside;
    int end = task->ends[1];

    aside.work(aside.baton);
    apr_atomic_dec32(aside.threads);
    if (apr_atomic_cas32(&task->state, DONE, RUNNING) == ABANDONED) {
        aside.undo(aside.baton);
        apr_pool_destroy(aside.pool);
    }
    close(end);
    return NULL;
}

static int await(task_t *task, luci_ms_t most)
{
    struct pollfd closed = { .fd = task->ends[0], .events = POLLIN };
    int ready;

    do
        ready = poll(&closed, 1, (int)most);
    while (ready < 0 && errno == EINTR);
    close(task->ends[0]);
    return apr_atomic_cas32(&task->state, ABANDONED, RUNNING) == DONE;
}

luci_result_t luci_offload_run(const luci_offload_t *aside, luci_ms_t most)
{
    task_t *task = apr_pcalloc(aside->pool, sizeof *task);

    task->aside = *aside;
    if (apr_atomic_inc32(aside->threads) >= LUCI_OFFLOAD_MAX || pipe2(task->ends, O_CLOEXEC) != 0) {
        apr_atomic_dec32(aside->threads);
        return LUCI_INTERNAL;
    }
    if (!luci_thread_start(work, task, NULL)) {
        close(task->ends[0]);
        close(task->ends[1]);
        apr_atomic_dec32(aside->threads);
        return LUCI_INTERNAL;
    }
    return await(task, most) ? LUCI_OK : LUCI_BUSY;
}
