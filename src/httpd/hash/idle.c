/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/hash/idle.h"

#include "core/base/thread.h"

#include <apr_portable.h>
#include <http_core.h>

#include <pthread.h>
#include <sys/socket.h>
#include <time.h>

/* The idle connections of this child. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;        /* signals that first, is_running or is_stopping has changed */
    luci_idle_connection_t *first; /* sorted by until */
    luci_idle_connection_t *last;
    pthread_t thread;
    int has_thread; /* thread has been started and not been joined */
    int is_running; /* it has not ended its work */
    int is_stopping;
} list = { .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };

static apr_time_t monotonic_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return apr_time_make(now.tv_sec, now.tv_nsec / 1000);
}

/* ---- The list; all functions require the lock ---- */

/* From the end, where most belong, because a server has one KeepAliveTimeout. */
static void insert(luci_idle_connection_t *idle)
{
    luci_idle_connection_t *next = NULL, *before = list.last;

    for (; before && before->until > idle->until; before = before->before)
        next = before;
    idle->before = before;
    idle->next = next;
    idle->is_listed = 1;
    if (next)
        next->before = idle;
    else
        list.last = idle;
    if (before)
        before->next = idle;
    else
        list.first = idle;
}

static void take_out(luci_idle_connection_t *idle)
{
    if (idle->next)
        idle->next->before = idle->before;
    else
        list.last = idle->before;
    if (idle->before)
        idle->before->next = idle->next;
    else
        list.first = idle->next;
    idle->is_listed = 0;
}

/* Shutting down the receiving side wakes up the MPM with an end of file. */
static void wake_to_close(luci_idle_connection_t *idle)
{
    apr_os_sock_t socket;

    take_out(idle);
    idle->is_over = 1;
    if (apr_os_sock_get(&socket, ap_get_conn_socket(idle->c)) == APR_SUCCESS)
        (void)shutdown(socket, SHUT_RD);
}

static void wait_until(apr_time_t until)
{
    struct timespec moment = { .tv_sec = (time_t)apr_time_sec(until),
                               .tv_nsec = (long)apr_time_usec(until) * 1000 };

    (void)pthread_cond_clockwait(&list.changed, &list.lock, CLOCK_MONOTONIC, &moment);
}

/* ---- The thread ---- */

static void *watch(void *unused)
{
    pthread_mutex_lock(&list.lock);
    while (list.first && !list.is_stopping) {
        luci_idle_connection_t *idle = list.first;

        if (idle->until > monotonic_now()) {
            wait_until(idle->until);
            continue;
        }
        wake_to_close(idle);
    }
    list.is_running = 0;
    pthread_cond_broadcast(&list.changed);
    pthread_mutex_unlock(&list.lock);
    return unused;
}

/* Requires the lock, which a thread that has ended its work does not need any more. */
static void join(void)
{
    if (list.has_thread)
        pthread_join(list.thread, NULL);
    list.has_thread = 0;
}

/* Requires the lock. Returns 0 if the clock cannot be watched. */
static int start(void)
{
    if (!list.is_running && !list.is_stopping) {
        join();
        list.is_running = list.has_thread = luci_thread_start(watch, NULL, &list.thread);
    }
    return list.is_running;
}

void luci_idle_begin(luci_idle_connection_t *idle, conn_rec *c, apr_interval_time_t max)
{
    pthread_mutex_lock(&list.lock);
    idle->c = c;
    idle->until = monotonic_now() + max;
    insert(idle);
    if (max <= 0 || !start()) {
        wake_to_close(idle);
    }
    else if (list.first == idle) {
        pthread_cond_broadcast(&list.changed);
    }
    pthread_mutex_unlock(&list.lock);
}

void luci_idle_end(luci_idle_connection_t *idle)
{
    pthread_mutex_lock(&list.lock);
    if (idle->is_listed)
        take_out(idle);
    pthread_mutex_unlock(&list.lock);
}

void luci_idle_stop(void)
{
    pthread_mutex_lock(&list.lock);
    list.is_stopping = 1;
    pthread_cond_broadcast(&list.changed);
    while (list.is_running)
        pthread_cond_wait(&list.changed, &list.lock);
    join();
    pthread_mutex_unlock(&list.lock);
}
