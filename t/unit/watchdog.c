/* SPDX-License-Identifier: Apache-2.0 */
/* A call over the network that gets no answer is cut off when its time is up; others are left alone. */
#include "watchdog.h"
#include "tap.h"

#include <pthread.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LONG (60 * LUCI_MS_SECOND)

static void new_pair(int ends[2])
{
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
        tap_fail("no pair of sockets");
}

static void close_pair(const int ends[2])
{
    close(ends[0]);
    close(ends[1]);
}

static void check_cut(void)
{
    luci_watch_t watch;
    int ends[2];
    char byte;

    new_pair(ends);
    luci_watchdog_begin(&watch, ends[0], 50);
    tap_is_int(read(ends[0], &byte, 1), 0, "a call without an answer comes to an end");
    tap_is_int(luci_watchdog_end(&watch), 1, "  because it was cut off");
    close_pair(ends);
}

static void check_answered(void)
{
    luci_watch_t watch, other;
    int ends[2], hanging[2];
    char byte;

    new_pair(ends);
    new_pair(hanging);
    luci_watchdog_begin(&watch, ends[0], LONG);
    luci_watchdog_begin(&other, hanging[0], 50);
    tap_is_int(read(hanging[0], &byte, 1), 0, "one of two calls hangs");
    tap_is_int(luci_watchdog_end(&other), 1, "  and is cut off");
    tap_is_int(write(ends[1], "x", 1), 1, "the other one is answered");
    tap_is_int(read(ends[0], &byte, 1), 1, "  in time");
    tap_is_int(luci_watchdog_end(&watch), 0, "  and was left alone");
    luci_watchdog_begin(&watch, -1, 0);
    tap_is_int(luci_watchdog_end(&watch), 0, "without a socket nothing is watched");
    close_pair(ends);
    close_pair(hanging);
}

static int is_cut(void)
{
    luci_watch_t watch;
    int ends[2], cut;
    char byte;

    new_pair(ends);
    luci_watchdog_begin(&watch, ends[0], 50);
    cut = read(ends[0], &byte, 1) == 0;
    cut &= luci_watchdog_end(&watch);
    close_pair(ends);
    return cut;
}

#define IDLE_US 400000 /* longer than the thread looks for calls before it sleeps */

/* A child process has no thread of its parent's, whose sleep it has a copy of. */
static void check_fork(void)
{
    int status = -1;
    pid_t child;

    usleep(IDLE_US);
    child = fork();
    if (child == 0) {
        alarm(20); /* or it would wait for ever */
        for (int i = 0; i < 3; i++) {
            if (!is_cut())
                _exit(1);
            usleep(IDLE_US);
        }
        _exit(0);
    }
    waitpid(child, &status, 0);
    tap_is_int(status, 0, "after a fork calls are watched, too, also after a rest");
}

#define THREADS 8
#define CALLS 2000

static void *call_often(void *unused)
{
    luci_watch_t watch;
    long cut = 0;
    int ends[2];
    char byte;

    (void)unused;
    new_pair(ends);
    for (int i = 0; i < CALLS; i++) {
        luci_watchdog_begin(&watch, ends[0], LONG);
        cut += write(ends[1], "x", 1) != 1 || read(ends[0], &byte, 1) != 1;
        cut += luci_watchdog_end(&watch);
    }
    close_pair(ends);
    return (void *)cut;
}

static void check_threads(void)
{
    pthread_t threads[THREADS];
    void *cut;
    long sum = 0;

    for (int i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, call_often, NULL);
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], &cut);
        sum += (long)cut;
    }
    tap_is_int(sum, 0, "of many calls in many threads none is cut off");
}

int main(void)
{
    check_cut();
    check_answered();
    check_fork();
    check_threads();
    return tap_done();
}
