/* SPDX-License-Identifier: Apache-2.0 */
#include "hash_slots.h"

#include "arena.h"

#include <ap_mpm.h>
#include <apr_atomic.h>
#include <apr_shm.h>
#include <http_log.h>

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

APLOG_USE_MODULE(luciauth);

#define SHARE 4          /* of this many threads, one may hash or wait */
#define SLICE_MS 100     /* after which the head of the queue looks for slots of the dead */
#define NICENESS 10      /* added to that of a hashing thread; 19 is the most */
#define PLACES_MOST 4096 /* beyond it, a server of single threads counts no further */
#define COMPLAIN_EVERY apr_time_from_sec(60)

#define NONE (-1)

/* What all children share; locks are robust: they come free when their holder dies. */
typedef struct {
    pthread_mutex_t queue;            /* held by the one who is next to get a slot */
    sem_t given_back;                 /* raised when a slot comes free, for that one */
    volatile apr_uint64_t complained; /* microseconds since 1970 */
    pthread_mutex_t lock[]; /* the slots, and behind them the places of a server of single threads */
} shared_t;

struct luci_hash_slots_t {
    server_rec *server;
    shared_t *shared;
    uint8_t *arenas;
    size_t arena_bytes;
    volatile apr_uint32_t *warmed; /* one a slot, shared */
    int count;
    int places;                    /* places of the server; 0: the child's threads are counted */
    int threads_most;              /* of this child that may hash or wait */
    volatile apr_uint32_t threads; /* of this child that do */
    int aside;                     /* hashes run in threads of their own */
};

/* A server's way to the slots. */
typedef struct {
    luci_hash_slots_t *slots;
    luci_ms_t wait;
} way_t;

/* ---- Locks ---- */

static void make_lock(pthread_mutex_t *lock)
{
    pthread_mutexattr_t kind;

    pthread_mutexattr_init(&kind);
    pthread_mutexattr_setpshared(&kind, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_setrobust(&kind, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(lock, &kind);
    pthread_mutexattr_destroy(&kind);
}

/* What locking came to: 1 when it is ours, also as the heir of a dead child. */
static int is_locked(pthread_mutex_t *lock, int code)
{
    if (code == EOWNERDEAD)
        code = pthread_mutex_consistent(lock);
    return code == 0;
}

static int take_any(pthread_mutex_t *locks, int count)
{
    for (int i = 0; i < count; i++) {
        if (is_locked(&locks[i], pthread_mutex_trylock(&locks[i])))
            return i;
    }
    return NONE;
}

static pthread_mutex_t *places_of(const luci_hash_slots_t *slots)
{
    return slots->shared->lock + slots->count;
}

/* ---- Making them ---- */

static int workers(int *threads)
{
    int children = 1;

    if (ap_mpm_query(AP_MPMQ_MAX_THREADS, threads) != APR_SUCCESS || *threads < 1)
        *threads = 1;
    if (ap_mpm_query(AP_MPMQ_MAX_DAEMONS, &children) != APR_SUCCESS || children < 1)
        children = 1;
    return children * *threads;
}

static int at_least_one(int number)
{
    return number > 1 ? number : 1;
}

/* How many may hash or wait: a quarter of each child's threads, or of all where a child has fewer than four.
 */
static void set_shares(luci_hash_slots_t *slots)
{
    int threads, all = workers(&threads), is_threaded = 0;

    slots->threads_most = at_least_one(threads / SHARE);
    if (threads < SHARE)
        slots->places = all / SHARE < PLACES_MOST ? at_least_one(all / SHARE) : PLACES_MOST;
    slots->aside = ap_mpm_query(AP_MPMQ_IS_THREADED, &is_threaded) == APR_SUCCESS && is_threaded;
}

static luci_hash_slots_t *failed(server_rec *server, apr_status_t status)
{
    ap_log_error(APLOG_MARK, APLOG_CRIT, status, server,
                 "LUCI0403: LuciaHashSlots: no shared memory for them");
    return NULL;
}

static apr_status_t unmap_arenas(void *baton)
{
    luci_hash_slots_t *slots = baton;

    luci_arena_unmap(slots->arenas, slots->arena_bytes, (size_t)slots->count);
    return APR_SUCCESS;
}

luci_hash_slots_t *luci_hash_slots_create(int count, size_t arena_bytes, server_rec *main_server,
                                          apr_pool_t *conf_pool)
{
    luci_hash_slots_t *slots = apr_pcalloc(conf_pool, sizeof *slots);
    size_t locks, bytes;
    apr_shm_t *memory;
    apr_status_t status;

    slots->server = main_server;
    slots->count = count > 0 ? count : at_least_one((int)sysconf(_SC_NPROCESSORS_ONLN));
    slots->arena_bytes = luci_arena_rounded(arena_bytes);
    set_shares(slots);
    locks = (size_t)(slots->count + slots->places);
    bytes = sizeof(shared_t) + locks * sizeof(pthread_mutex_t);
    status = apr_shm_create(&memory, bytes + (size_t)slots->count * sizeof(*slots->warmed), NULL, conf_pool);
    if (status != APR_SUCCESS)
        return failed(main_server, status);
    slots->shared = memset(apr_shm_baseaddr_get(memory), 0, apr_shm_size_get(memory));
    slots->warmed = (apr_uint32_t *)((char *)slots->shared + bytes);
    slots->arenas = luci_arena_map(slots->arena_bytes, (size_t)slots->count, 1);
    if (!slots->arenas)
        return failed(main_server, APR_FROM_OS_ERROR(errno));
    apr_pool_cleanup_register(conf_pool, slots, unmap_arenas, apr_pool_cleanup_null);
    make_lock(&slots->shared->queue);
    sem_init(&slots->shared->given_back, 1, 0);
    for (size_t i = 0; i < locks; i++)
        make_lock(&slots->shared->lock[i]);
    return slots;
}

/* ---- Waiting ---- */

static struct timespec after(struct timespec moment, luci_ms_t ms)
{
    moment.tv_sec += (time_t)(ms / 1000);
    moment.tv_nsec += (long)(ms % 1000) * 1000000;
    if (moment.tv_nsec >= 1000000000) {
        moment.tv_sec++;
        moment.tv_nsec -= 1000000000;
    }
    return moment;
}

static int is_before(struct timespec a, struct timespec b)
{
    return a.tv_sec != b.tv_sec ? a.tv_sec < b.tv_sec : a.tv_nsec < b.tv_nsec;
}

static struct timespec monotonic_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now;
}

/* At the head of the queue: the first slot that comes free, or that a dead child left. */
static int next_slot(const luci_hash_slots_t *slots, struct timespec deadline)
{
    for (;;) {
        int slot = take_any(slots->shared->lock, slots->count);
        struct timespec now = monotonic_now(), slice = after(now, SLICE_MS);

        if (slot != NONE || !is_before(now, deadline))
            return slot;
        (void)sem_clockwait(&slots->shared->given_back, CLOCK_MONOTONIC,
                            is_before(slice, deadline) ? &slice : &deadline);
    }
}

static int wait_for_slot(const luci_hash_slots_t *slots, luci_ms_t wait)
{
    struct timespec deadline = after(monotonic_now(), wait);
    pthread_mutex_t *queue = &slots->shared->queue;
    int slot;

    if (!is_locked(queue, pthread_mutex_clocklock(queue, CLOCK_MONOTONIC, &deadline)))
        return NONE;
    slot = next_slot(slots, deadline);
    pthread_mutex_unlock(queue);
    return slot;
}

static void give_back(const luci_hash_slots_t *slots, int slot)
{
    int raised = 0;

    pthread_mutex_unlock(&slots->shared->lock[slot]);
    if (sem_getvalue(&slots->shared->given_back, &raised) == 0 && raised == 0)
        sem_post(&slots->shared->given_back);
}

/* ---- A place: the right to wait ---- */

static int take_place(luci_hash_slots_t *slots, int *place)
{
    *place = NONE;
    if (slots->places > 0)
        *place = take_any(places_of(slots), slots->places);
    else if (apr_atomic_inc32(&slots->threads) < (apr_uint32_t)slots->threads_most)
        return 1;
    else
        apr_atomic_dec32(&slots->threads);
    return *place != NONE;
}

static void leave_place(luci_hash_slots_t *slots, int place)
{
    if (place == NONE)
        apr_atomic_dec32(&slots->threads);
    else
        pthread_mutex_unlock(&places_of(slots)[place]);
}

/* ---- Working ---- */

typedef struct {
    luci_arena_t arena;
    luci_hash_work_fn *work;
    void *work_baton;
    luci_result_t result;
} job_t;

static void work_in_arena(job_t *job)
{
    luci_arena_lend(job->arena.bytes ? &job->arena : NULL);
    job->result = job->work(job->work_baton);
    luci_arena_lend(NULL);
}

static void *work_aside(void *baton)
{
    errno = 0;
    (void)!nice(NICENESS); /* on Linux this thread's own; without it the hash just competes with the others */
    work_in_arena(baton);
    return NULL;
}

/* The new thread hears no signals: they are httpd's. Without one, this thread does it. */
static void work(const luci_hash_slots_t *slots, job_t *job)
{
    sigset_t all, before;
    pthread_t thread;
    int code;

    if (!slots->aside) {
        work_in_arena(job);
        return;
    }
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    code = pthread_create(&thread, NULL, work_aside, job);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (code == 0)
        pthread_join(thread, NULL);
    else
        work_in_arena(job);
}

static luci_arena_t arena_of(const luci_hash_slots_t *slots, int slot)
{
    luci_arena_t arena = { slots->arenas + (size_t)slot * slots->arena_bytes, slots->arena_bytes };

    if (!apr_atomic_xchg32(&slots->warmed[slot], 1))
        luci_arena_warm(&arena);
    return arena;
}

static luci_result_t refuse(const luci_hash_slots_t *slots, const char *why)
{
    apr_uint64_t now = (apr_uint64_t)apr_time_now(), before = apr_atomic_read64(&slots->shared->complained);

    if (now >= before + COMPLAIN_EVERY && apr_atomic_cas64(&slots->shared->complained, now, before) == before)
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, slots->server,
                     "LUCI0404: more sign-ins than %d LuciaHashSlots can serve: %s; they get 503",
                     slots->count, why);
    return LUCI_BUSY;
}

static luci_result_t run(void *baton, luci_hash_work_fn *work_fn, void *work_baton)
{
    const way_t *way = baton;
    luci_hash_slots_t *slots = way->slots;
    job_t job = { .work = work_fn, .work_baton = work_baton };
    int place, slot;

    if (!take_place(slots, &place))
        return refuse(slots, "a quarter of the threads hash or wait already");
    slot = wait_for_slot(slots, way->wait);
    if (slot != NONE) {
        job.arena = arena_of(slots, slot);
        work(slots, &job);
        give_back(slots, slot);
    }
    leave_place(slots, place);
    return slot != NONE ? job.result : refuse(slots, "the wait was too long");
}

luci_hasher_t luci_hash_slots_hasher(luci_hash_slots_t *slots, luci_ms_t wait, apr_pool_t *pool)
{
    way_t *way = apr_palloc(pool, sizeof *way);

    *way = (way_t){ slots, wait };
    return (luci_hasher_t){ .run = run, .baton = way };
}
