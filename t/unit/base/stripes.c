/* SPDX-License-Identifier: Apache-2.0 */
/* The counters of requests: no addition is lost, and threads write to different cache lines. */
#include "core/base/stripes.h"

#include "lib/tap.h"

#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define THREADS (LUCI_STRIPES + 16)
#define ROUNDS_OF_THREADS 1500000
#define ROUNDS_OF_PROCESSES 10000000
#define COUNTER 3
#define TAKEN 3 /* stripes that the earlier checks take: the main thread's, and two threads' */

typedef struct {
    luci_stripes_t *stripes;
    pthread_barrier_t *start; /* all threads add at once, and none ends before the last one has begun */
    int is_shared, rounds;
} work_t;

static void *add(void *baton)
{
    const work_t *work = baton;

    pthread_barrier_wait(work->start);
    for (int i = 0; i < work->rounds; i++)
        luci_stripes_add(work->stripes, COUNTER, 1, work->is_shared);
    return NULL;
}

/* Returns 0 if a thread cannot be started. */
static int run(work_t *work, int threads)
{
    pthread_t ids[THREADS];

    for (int i = 0; i < threads; i++) {
        if (pthread_create(&ids[i], NULL, add, work) != 0)
            return 0;
    }
    for (int i = 0; i < threads; i++)
        pthread_join(ids[i], NULL);
    return 1;
}

static int stripes_used(const luci_stripes_t *stripes)
{
    int used = 0;

    for (int i = 0; i < LUCI_STRIPES; i++)
        used += stripes->of[i].counters[COUNTER] != 0;
    return used;
}

static void check_lines(void)
{
    static luci_stripes_t stripes;

    luci_stripes_add(&stripes, COUNTER, 5, 0);
    luci_stripes_add(&stripes, COUNTER, 2, 0);
    luci_stripes_add(&stripes, COUNTER + 1, 1, 0);
    tap_is_int((int)luci_stripes_sum(&stripes, COUNTER), 7, "the sum of a counter is what was added to it");
    tap_is_int((int)luci_stripes_sum(&stripes, COUNTER + 1), 1, "each counter of a stripe has its own sum");
    tap_is_int(stripes_used(&stripes), 1, "a thread adds to one stripe");
    tap_is_int((int)sizeof(luci_stripe_t), LUCI_STRIPE_BYTES, "a stripe is one cache line");
    tap_is_int((int)((uintptr_t)&stripes % LUCI_STRIPE_BYTES), 0, "stripes begin at a cache line");
}

static void check_threads(void)
{
    static luci_stripes_t stripes;
    pthread_barrier_t start;
    work_t work = { &stripes, &start, 0, ROUNDS_OF_THREADS };

    pthread_barrier_init(&start, NULL, THREADS);
    tap_ok(run(&work, THREADS), "%d threads add at once", THREADS);
    tap_is_int((int)luci_stripes_sum(&stripes, COUNTER), THREADS * ROUNDS_OF_THREADS,
               "more threads than there are stripes lose no addition");
    tap_is_int(stripes_used(&stripes), LUCI_STRIPES - TAKEN,
               "threads add to all stripes that are not taken yet");
}

/* Two threads of each process have the same stripes as those of the other. */
static void check_processes(void)
{
    struct {
        luci_stripes_t stripes;
        pthread_barrier_t start;
    } *shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pthread_barrierattr_t attributes;
    work_t work;
    pid_t other;
    int status = 0;

    if (shared == MAP_FAILED)
        return (void)tap_fail("memory is shared");
    pthread_barrierattr_init(&attributes);
    pthread_barrierattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    pthread_barrier_init(&shared->start, &attributes, 4);
    work = (work_t){ &shared->stripes, &shared->start, 1, ROUNDS_OF_PROCESSES };
    other = fork();
    if (other == 0)
        _exit(run(&work, 2) ? 0 : 1);
    tap_ok(run(&work, 2), "two processes add at once");
    waitpid(other, &status, 0);
    tap_is_int(status, 0, "each of two processes can start threads that add");
    tap_is_int((int)luci_stripes_sum(&shared->stripes, COUNTER), 4 * ROUNDS_OF_PROCESSES,
               "processes that share stripes lose no addition");
}

int main(void)
{
    check_lines();
    check_processes(); /* before all stripes are taken */
    check_threads();
    return tap_done();
}
