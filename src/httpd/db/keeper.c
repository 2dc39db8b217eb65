/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/db/keeper.h"

#include "core/base/thread.h"
#include "core/guard/times.h"

#include <apr_atomic.h>
#include <apr_time.h>

#include <pthread.h>
#include <time.h>

typedef struct kept_t kept_t;
struct kept_t {
    luci_keeper_fn *look;
    void *baton;
    kept_t *next;
};

/* This child's. The lock guards the other members; it is not held while something is looked after. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    pthread_t thread;
    kept_t *kept;
    int is_running;
    volatile apr_uint32_t is_awake; /* something must be looked after in a second */
    int is_over;
} keeper = { .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };

static int look_after_all(void)
{
    int again = 0;

    for (kept_t *kept = keeper.kept; kept; kept = kept->next)
        again |= kept->look(kept->baton);
    return again;
}

/* Under the lock. */
static void pause_a_second(void)
{
    struct timespec end;

    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += apr_time_sec(LUCI_KEEPER_LOOK);
    while (!keeper.is_over && pthread_cond_timedwait(&keeper.changed, &keeper.lock, &end) == 0)
        ;
}

static void *keep(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&keeper.lock);
    for (;;) {
        int again;

        while (!apr_atomic_read32(&keeper.is_awake) && !keeper.is_over)
            pthread_cond_wait(&keeper.changed, &keeper.lock);
        pause_a_second();
        if (keeper.is_over)
            break;
        apr_atomic_set32(&keeper.is_awake, 0);
        pthread_mutex_unlock(&keeper.lock);
        again = look_after_all();
        pthread_mutex_lock(&keeper.lock);
        if (again)
            apr_atomic_set32(&keeper.is_awake, 1);
    }
    pthread_mutex_unlock(&keeper.lock);
    return NULL;
}

static apr_status_t stop(void *unused)
{
    int is_running;

    (void)unused;
    pthread_mutex_lock(&keeper.lock);
    keeper.is_over = 1;
    is_running = keeper.is_running;
    pthread_cond_broadcast(&keeper.changed);
    pthread_mutex_unlock(&keeper.lock);
    if (is_running)
        pthread_join(keeper.thread, NULL);
    return APR_SUCCESS;
}

void luci_keeper_add(luci_keeper_fn *look, void *baton, apr_pool_t *child_pool)
{
    kept_t *kept = apr_palloc(child_pool, sizeof *kept);

    if (!keeper.kept)
        apr_pool_pre_cleanup_register(child_pool, NULL, stop);
    *kept = (kept_t){ look, baton, keeper.kept };
    keeper.kept = kept;
}

/* The keeper clears is_awake before it looks, so that it sees all that was there when another thread found it
 * set. */
void luci_keeper_wake(void)
{
    if (apr_atomic_read32(&keeper.is_awake))
        return;
    pthread_mutex_lock(&keeper.lock);
    if (!keeper.is_over) {
        apr_atomic_set32(&keeper.is_awake, 1);
        if (!keeper.is_running)
            keeper.is_running = luci_thread_start(keep, NULL, &keeper.thread);
        pthread_cond_signal(&keeper.changed);
    }
    pthread_mutex_unlock(&keeper.lock);
}
