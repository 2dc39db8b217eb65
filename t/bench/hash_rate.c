/* SPDX-License-Identifier: Apache-2.0 */
/* How many passwords this machine verifies in a second at the default cost, with nothing around it: what
 * sign-ins are measured against. Each thread has its working memory from the start, as in the server.
 * hash_rate SECONDS THREADS [auto|libargon2|libsodium] prints two numbers: verified in a second, and
 * milliseconds of a processor for one (user and system). The default of the library is LuciaArgon2's. */
#include "core/password/arena.h"
#include "core/password/password_hash.h"

#include <apr_general.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PASSWORD "correct horse"
#define THREADS_MAX 256

typedef struct {
    const char *stored;
    luci_argon2_library_t library;
    luci_arena_t arena;
    double seconds; /* to go on for */
    double rate;    /* verified in a second, or negative when one failed */
    double used;    /* seconds of a processor */
    int verified;
} task_t;

/* The sum over all threads. */
typedef struct {
    double rate, used;
    int verified;
} hash_sum_t;

static double seconds_of(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void *verify(void *argument)
{
    task_t *task = argument;
    double start = seconds_of(CLOCK_MONOTONIC), used = seconds_of(CLOCK_THREAD_CPUTIME_ID), passed = 0;

    luci_arena_lend(&task->arena);
    while (passed < task->seconds) {
        if (luci_password_verify(task->stored, task->library, PASSWORD) != LUCI_OK) {
            task->rate = -1;
            return NULL;
        }
        task->verified++;
        passed = seconds_of(CLOCK_MONOTONIC) - start;
    }
    task->rate = task->verified / passed;
    task->used = seconds_of(CLOCK_THREAD_CPUTIME_ID) - used;
    return NULL;
}

/* The rate is -1 when a password could not be verified. */
static hash_sum_t sum_of(const char *stored, luci_argon2_library_t library, double seconds, int threads)
{
    pthread_t thread[THREADS_MAX];
    task_t task[THREADS_MAX];
    size_t bytes = luci_arena_rounded((size_t)LUCI_ARGON2_MEMORY_KIB_DEFAULT << 10);
    uint8_t *memory = luci_arena_map(bytes, (size_t)threads, 0);
    const hash_sum_t failed = { .rate = -1 };
    hash_sum_t sum = { .rate = 0 };

    if (memory == NULL)
        return failed;
    for (int i = 0; i < threads; i++) {
        task[i] = (task_t){ .stored = stored,
                            .library = library,
                            .seconds = seconds,
                            .arena = { memory + (size_t)i * bytes, bytes } };
        luci_arena_warm(&task[i].arena);
        if (pthread_create(&thread[i], NULL, verify, &task[i]) != 0)
            return failed;
    }
    for (int i = 0; i < threads; i++) {
        pthread_join(thread[i], NULL);
        if (task[i].rate < 0)
            return failed;
        sum.rate += task[i].rate;
        sum.used += task[i].used;
        sum.verified += task[i].verified;
    }
    return sum;
}

/* 0: the word is none that LuciaArgon2 takes. */
static int read_library(const char *word, luci_argon2_library_t *library)
{
    static const char *const words[] = { [LUCI_ARGON2_AUTO] = "auto",
                                         [LUCI_ARGON2_LIBARGON2] = "libargon2",
                                         [LUCI_ARGON2_LIBSODIUM] = "libsodium" };

    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcmp(words[i], word) == 0) {
            *library = (luci_argon2_library_t)i;
            return 1;
        }
    }
    return 0;
}

int main(int count, char **arguments)
{
    const luci_hash_cost_t cost = {
        .kind = LUCI_HASH_ARGON2ID,
        .memory_kib = LUCI_ARGON2_MEMORY_KIB_DEFAULT,
        .passes = LUCI_ARGON2_PASSES_DEFAULT,
        .lanes = LUCI_ARGON2_LANES_DEFAULT,
    };
    int threads = count == 3 || count == 4 ? atoi(arguments[2]) : 0;
    luci_argon2_library_t library = LUCI_ARGON2_LIBARGON2;
    apr_pool_t *pool;
    char *stored;
    hash_sum_t sum;

    if ((count == 4 && !read_library(arguments[3], &library)) || threads < 1 || threads > THREADS_MAX ||
        apr_initialize() != APR_SUCCESS || apr_pool_create(&pool, NULL) != APR_SUCCESS ||
        luci_password_hash(&cost, library, PASSWORD, &stored, pool) != LUCI_OK)
        return 2;
    sum = sum_of(stored, library, atof(arguments[1]), threads);
    if (sum.rate <= 0)
        return 1;
    printf("%.3f %.3f\n", sum.rate, 1000 * sum.used / sum.verified);
    return 0;
}
