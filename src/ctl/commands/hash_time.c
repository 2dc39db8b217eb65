/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/commands/hash_time.h"

#include "core/base/thread.h"
#include "core/password/arena.h"
#include "core/password/password_hash.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS_MAX 5 /* hashes a thread; the first is a warm-up and not counted */
#define ROUNDS_MIN 2
#define ENOUGH 1000000 /* microseconds after which no further round starts */
#define PASSWORD "correct horse battery"

typedef struct {
    const luci_hash_cost_t *cost;
    luci_argon2_library_t library;
    luci_arena_t arena;
    pthread_t thread;
    apr_int64_t microseconds[ROUNDS_MAX];
    int rounds;
    int failed;
} worker_t;

static apr_int64_t now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (apr_int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void *work(void *baton)
{
    worker_t *worker = baton;

    apr_int64_t begin = now(), start = begin;

    luci_arena_lend(&worker->arena);
    while (worker->rounds < ROUNDS_MIN || (worker->rounds < ROUNDS_MAX && start - begin < ENOUGH)) {
        /* DENIED means that the hash was computed. */
        worker->failed |= luci_password_verify_dummy(worker->cost, worker->library, PASSWORD) != LUCI_DENIED;
        worker->microseconds[worker->rounds++] = now() - start;
        start = now();
    }
    luci_arena_lend(NULL);
    return NULL;
}

static int by_size(const void *a, const void *b)
{
    apr_int64_t x = *(const apr_int64_t *)a, y = *(const apr_int64_t *)b;

    return x < y ? -1 : x > y;
}

static apr_int64_t median(const worker_t *workers, int count, apr_pool_t *scratch)
{
    apr_int64_t *times = apr_palloc(scratch, (apr_size_t)count * ROUNDS_MAX * sizeof *times);
    apr_size_t all = 0;

    for (int i = 0; i < count; i++) {
        for (int round = 1; round < workers[i].rounds; round++)
            times[all++] = workers[i].microseconds[round];
    }
    qsort(times, all, sizeof *times, by_size);
    return times[all / 2];
}

luci_result_t luci_hash_time(const luci_hash_cost_t *cost, luci_argon2_library_t library, int threads,
                             apr_int64_t *microseconds, apr_pool_t *scratch)
{
    size_t bytes = luci_arena_rounded((size_t)cost->memory_kib << 10);
    uint8_t *memory = luci_arena_map(bytes, (size_t)threads, 0);
    worker_t *workers = apr_pcalloc(scratch, (apr_size_t)threads * sizeof *workers);
    int started, failed;

    if (!memory)
        return LUCI_INTERNAL;
    for (started = 0; started < threads; started++) {
        worker_t *worker = &workers[started];

        worker->cost = cost;
        worker->library = library;
        worker->arena = (luci_arena_t){ memory + (size_t)started * bytes, bytes, NULL };
        luci_arena_warm(&worker->arena);
        if (!luci_thread_start(work, worker, &worker->thread))
            break;
    }
    failed = started < threads;
    for (int i = 0; i < started; i++) {
        pthread_join(workers[i].thread, NULL);
        failed |= workers[i].failed;
    }
    luci_arena_unmap(memory, bytes, (size_t)threads);
    if (!failed)
        *microseconds = median(workers, threads, scratch);
    return failed ? LUCI_INTERNAL : LUCI_OK;
}

/* Reads a number of bytes from a file and returns it in KiB; -1 if the file does not exist or contains "max".
 */
static apr_int64_t limit_in(const char *path)
{
    FILE *file = fopen(path, "re");
    long long bytes;
    int found = 0;

    if (file) {
        found = fscanf(file, "%lld", &bytes) == 1; /* NOLINT(cert-err34-c) */
        fclose(file);
    }
    return found ? bytes / 1024 : -1;
}

apr_int64_t luci_hash_time_memory_kib(void)
{
    static const char *const limits[] = { "/sys/fs/cgroup/memory.max",
                                          "/sys/fs/cgroup/memory/memory.limit_in_bytes" };
    apr_int64_t kib = (apr_int64_t)sysconf(_SC_PHYS_PAGES) * (sysconf(_SC_PAGESIZE) / 1024);

    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        apr_int64_t limit = limit_in(limits[i]);

        if (limit > 0 && limit < kib)
            kib = limit;
    }
    return kib;
}
