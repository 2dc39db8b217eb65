/* SPDX-License-Identifier: Apache-2.0 */
/* A call over the network that gets no answer is cut off when its time is up; others are left alone. */
#include "core/guard/watchdog.h"
#include "lib/tap.h"

#include <apr_general.h>
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

static void begin(luci_watch_t *watch, int socket, luci_ms_t most)
{
    if (!luci_watchdog_begin(watch, socket, most))
        tap_fail("no thread watches");
}

static void check_cut(void)
{
    luci_watch_t watch;
    int ends[2];
    char byte;

    new_pair(ends);
    begin(&watch, ends[0], 50);
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
    begin(&watch, ends[0], LONG);
    begin(&other, hanging[0], 50);
    tap_is_int(read(hanging[0], &byte, 1), 0, "one of two calls hangs");
    tap_is_int(luci_watchdog_end(&other), 1, "  the hanging call is cut off");
    tap_is_int(write(ends[1], "x", 1), 1, "the other one is answered");
    tap_is_int(read(ends[0], &byte, 1), 1, "  the other call is answered in time");
    tap_is_int(luci_watchdog_end(&watch), 0, "  the answered call is left alone");
    close_pair(ends);
    close_pair(hanging);
}

/* Several calls, on one socket after the other, with a common time. */
static void check_common(void)
{
    luci_watch_t watch;
    int first[2], second[2], hanging[2];
    char byte;

    new_pair(first);
    new_pair(second);
    new_pair(hanging);
    begin(&watch, -1, 300);
    luci_watchdog_follow(&watch, first[0]);
    tap_is_int(write(first[1], "x", 1), 1, "one call is answered");
    tap_is_int(read(first[0], &byte, 1), 1, "  the call is answered in time");
    tap_ok(!luci_watchdog_is_over(&watch) && luci_watchdog_left(&watch) > 0,
           "  the answered call leaves time");
    luci_watchdog_follow(&watch, hanging[0]);
    tap_is_int(read(hanging[0], &byte, 1), 0, "the next one uses it up");
    tap_ok(luci_watchdog_is_over(&watch), "  the second call leaves no time");
    tap_is_int((int)luci_watchdog_left(&watch), 0, "  not a bit");
    luci_watchdog_follow(&watch, second[0]);
    tap_is_int(luci_watchdog_end(&watch), 1, "  ending the watch reports the cut");
    tap_is_int(write(second[1], "x", 1), 1, "a write after the cut succeeds");
    tap_is_int(read(second[0], &byte, 1), 1, "  is not cut off");
    close_pair(first);
    close_pair(second);
    close_pair(hanging);
}

/* Time passes also while there's no socket. */
static void check_without(void)
{
    luci_watch_t watch;

    begin(&watch, -1, 50);
    while (!luci_watchdog_is_over(&watch))
        usleep(10000);
    tap_is_int(luci_watchdog_end(&watch), 1, "time passes without a socket");
    tap_is_int(luci_watchdog_is_running(), 1, "the thread is there");
}

/* ---- Cancelling ---- */

static int sent[2]; /* where a request to cancel writes */
static int released;

static void answer_instead(void *request)
{
    if (write(*(int *)request, "c", 1) != 1)
        tap_fail("a request to cancel cannot be sent");
}

static void count_release(void *request)
{
    (void)request;
    __atomic_fetch_add(&released, 1, __ATOMIC_RELAXED);
}

static const luci_canceller_way_t way = { answer_instead, count_release };

static void check_cancelled(void)
{
    luci_canceller_t *canceller = luci_canceller_create(&way, &sent[1]);
    luci_watch_t watch, idle;
    char byte = 0;

    new_pair(sent);
    begin(&watch, sent[0], 1000);
    begin(&idle, sent[0], 1000);
    luci_watchdog_cancel_with(&watch, canceller);
    luci_watchdog_cancel_with(&idle, canceller);
    luci_watchdog_note_call(&watch, 1);
    tap_is_int(read(sent[0], &byte, 1), 1, "a call without an answer is cancelled before it is cut off");
    tap_is_int(byte, 'c', "  by its canceller");
    tap_ok(luci_watchdog_is_over(&watch) && luci_watchdog_has_cancelled(&watch), "  its time is up");
    tap_ok(!luci_watchdog_has_cut(&watch), "  its socket is not shut down");
    tap_ok(!luci_watchdog_is_over(&idle), "a watch without a running call cancels nothing");
    luci_watchdog_end(&idle);
    luci_watchdog_end(&watch);
    luci_canceller_release(canceller);
    for (int i = 0; i < 500 && !__atomic_load_n(&released, __ATOMIC_RELAXED); i++)
        usleep(10000);
    tap_is_int(__atomic_load_n(&released, __ATOMIC_RELAXED), 1, "the request is released once");
    close_pair(sent);
}

static int is_cut(void)
{
    luci_watch_t watch;
    int ends[2], cut;
    char byte;

    new_pair(ends);
    begin(&watch, ends[0], 50);
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
        begin(&watch, ends[0], LONG);
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
    apr_initialize(); /* for the threads that cancel */
    check_cut();
    check_answered();
    check_common();
    check_without();
    check_cancelled();
    check_fork();
    check_threads();
    return tap_done();
}
