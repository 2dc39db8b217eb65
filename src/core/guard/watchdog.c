/* SPDX-License-Identifier: Apache-2.0 */
#include "core/guard/watchdog.h"

#include "core/base/thread.h"
#include "core/guard/times.h"

#include <apr_atomic.h>
#include <apr_time.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER; /* guards all following variables, and each watch */
static pthread_cond_t begun = PTHREAD_COND_INITIALIZER;
static pid_t process; /* in which the thread was started */
static int is_idle;   /* the thread sleeps until it is signalled */
static int begins;    /* number of watches that began since the last check */
static luci_watch_t *watches;

static void cancel(luci_watch_t *watch)
{
    if (!watch->canceller || luci_watchdog_has_cancelled(watch) || !apr_atomic_read32(&watch->is_called))
        return;
    apr_atomic_set32(&watch->is_cancelled, 1);
    luci_canceller_send(watch->canceller);
}

static void cut(luci_watch_t *watch)
{
    if (luci_watchdog_has_cut(watch))
        return;
    apr_atomic_set32(&watch->is_cut, 1);
    if (watch->socket >= 0)
        shutdown(watch->socket, SHUT_RDWR);
}

static void end_overdue(void)
{
    for (luci_watch_t *watch = watches; watch; watch = watch->next) {
        watch->left -= LUCI_WATCHDOG_LOOK;
        if (watch->left <= 0)
            cut(watch);
        else if (watch->left <= LUCI_WATCHDOG_CANCEL)
            cancel(watch);
    }
}

static void *watch_all(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&mutex);
    for (;;) {
        is_idle = !watches && begins == 0;
        begins = 0;
        while (is_idle)
            pthread_cond_wait(&begun, &mutex);
        pthread_mutex_unlock(&mutex);
        apr_sleep(apr_time_from_msec(LUCI_WATCHDOG_LOOK));
        pthread_mutex_lock(&mutex);
        end_overdue();
    }
    return NULL;
}

/* Starts the thread. Clears what a fork copied from the parent, including waiters of the condition. The mutex
 * is locked. */
static int start_thread(void)
{
    static const pthread_cond_t unused = PTHREAD_COND_INITIALIZER;

    begun = unused;
    watches = NULL;
    begins = 0;
    is_idle = 0;
    if (!luci_thread_start(watch_all, NULL, NULL))
        return 0;
    process = getpid();
    return 1;
}

static int is_running(void)
{
    return process == getpid() || start_thread();
}

int luci_watchdog_is_running(void)
{
    int running;

    pthread_mutex_lock(&mutex);
    running = is_running();
    pthread_mutex_unlock(&mutex);
    return running;
}

/* The mutex is locked. */
static void add(luci_watch_t *watch)
{
    watch->next = watches;
    watch->link = &watches;
    if (watches)
        watches->link = &watch->next;
    watches = watch;
    begins++;
    if (is_idle)
        pthread_cond_signal(&begun);
    is_idle = 0;
}

int luci_watchdog_begin(luci_watch_t *watch, int socket, luci_ms_t max)
{
    int running;

    *watch = (luci_watch_t){ .socket = socket, .left = max + LUCI_WATCHDOG_LOOK };
    pthread_mutex_lock(&mutex);
    running = is_running();
    if (running)
        add(watch);
    pthread_mutex_unlock(&mutex);
    return running;
}

void luci_watchdog_follow(luci_watch_t *watch, int socket)
{
    pthread_mutex_lock(&mutex);
    watch->socket = socket;
    pthread_mutex_unlock(&mutex);
}

void luci_watchdog_cancel_with(luci_watch_t *watch, luci_canceller_t *canceller)
{
    pthread_mutex_lock(&mutex);
    watch->canceller = canceller;
    pthread_mutex_unlock(&mutex);
}

void luci_watchdog_note_call(luci_watch_t *watch, int is_running)
{
    apr_atomic_set32(&watch->is_called, is_running != 0);
}

luci_ms_t luci_watchdog_left(luci_watch_t *watch)
{
    luci_ms_t left;

    pthread_mutex_lock(&mutex);
    left = watch->left > 0 ? watch->left : 0;
    pthread_mutex_unlock(&mutex);
    return left;
}

int luci_watchdog_has_cancelled(luci_watch_t *watch)
{
    return apr_atomic_read32(&watch->is_cancelled) != 0;
}

int luci_watchdog_has_cut(luci_watch_t *watch)
{
    return apr_atomic_read32(&watch->is_cut) != 0;
}

int luci_watchdog_is_over(luci_watch_t *watch)
{
    return luci_watchdog_has_cancelled(watch) || luci_watchdog_has_cut(watch);
}

int luci_watchdog_end(luci_watch_t *watch)
{
    pthread_mutex_lock(&mutex);
    *watch->link = watch->next;
    if (watch->next)
        watch->next->link = watch->link;
    pthread_mutex_unlock(&mutex);
    return luci_watchdog_is_over(watch);
}
