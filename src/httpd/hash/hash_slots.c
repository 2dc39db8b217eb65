/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/hash/hash_slots.h"

#include "core/base/secret.h"
#include "core/base/thread.h"
#include "core/password/arena.h"
#include "httpd/base/counters.h"
#include "httpd/base/httpd_log.h"
#include "httpd/hash/hash_memory.h"

#include <ap_mpm.h>
#include <apr_atomic.h>
#include <http_log.h>

#include <time.h>
#include <unistd.h>

APLOG_USE_MODULE(luciauth);

#define SHARE 2         /* of this many threads, one may hash or wait */
#define SLICE_MS 100    /* after which the head of the queue looks for slots of the dead */
#define NICENESS 5      /* added to that of a hashing thread; 19 is the most */
#define PLACES_MAX 4096 /* beyond it, a server of single threads counts no further */

#define NONE (-1)

/* The mean follows new hashes by an eighth of the difference. One that took far longer, say because the
 * machine was suspended, counts for so many times the mean. */
#define MEAN_SHARE 8
#define OUTLIER 8
#define MICROSECONDS_PER_KIB 2 /* of an arena: what a hash may take, before one was measured */

#define NO_PLACE "half of the threads hash or wait already"
#define NO_TURN "the queue is longer than LuciaHashSlots' WAIT"

struct luci_hash_slots_t {
    server_rec *server;
    luci_hash_memory_t *memory;
    int threads_max;               /* of this child that may hash or wait; unless the server's places count */
    volatile apr_uint32_t threads; /* of this child that do */
    int aside;                     /* hashes run in threads of their own */
};

static __thread int is_detached; /* this thread is none of httpd's: it takes nobody's place */

/* A server's way to the slots. */
typedef struct {
    luci_hash_slots_t *slots;
    luci_ms_t wait;
} way_t;

/* ---- Making them ---- */

static int server_threads(int *threads)
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

/* How many may hash or wait: half of each child's threads, or of all where a child has just one. Places are
 * for the latter. */
static int set_shares(luci_hash_slots_t *slots)
{
    int threads, all = server_threads(&threads), is_threaded = 0;

    slots->threads_max = at_least_one(threads / SHARE);
    slots->aside = ap_mpm_query(AP_MPMQ_IS_THREADED, &is_threaded) == APR_SUCCESS && is_threaded;
    if (threads >= SHARE)
        return 0;
    return all / SHARE < PLACES_MAX ? at_least_one(all / SHARE) : PLACES_MAX;
}

int luci_hash_slots_auto(void)
{
    return at_least_one((int)sysconf(_SC_NPROCESSORS_ONLN));
}

luci_hash_slots_t *luci_hash_slots_create(int count, size_t arena_bytes, server_rec *main_server,
                                          apr_pool_t *conf_pool)
{
    luci_hash_slots_t *slots = apr_pcalloc(conf_pool, sizeof *slots);
    luci_hash_size_t size = { count, set_shares(slots), luci_arena_rounded(arena_bytes) };

    slots->server = main_server;
    slots->memory = luci_hash_memory_get(&size, main_server);
    if (!slots->memory)
        return NULL;
    if (slots->memory->shared->mean == 0)
        slots->memory->shared->mean = (apr_uint32_t)(size.arena_bytes / 1024 * MICROSECONDS_PER_KIB);
    return slots;
}

/* ---- How long it takes ---- */

/* Two that are noted at once may lose one; that does no harm. */
static void note_duration(luci_hash_shared_t *shared, uint64_t microseconds)
{
    uint64_t mean = apr_atomic_read32(&shared->mean);

    if (microseconds > OUTLIER * mean)
        microseconds = OUTLIER * mean;
    mean = (mean * (MEAN_SHARE - 1) + microseconds) / MEAN_SHARE;
    apr_atomic_set32(&shared->mean, mean < 1000 ? 1000 : (apr_uint32_t)mean);
}

/* How long one more would wait for its turn, in the whole server's queue. */
static luci_ms_t expected_wait(const luci_hash_slots_t *slots)
{
    int64_t count = slots->memory->size.slots;
    int64_t ahead =
        luci_gauge_total(LUCI_GAUGE_HASHES_WAITING) + luci_gauge_total(LUCI_GAUGE_HASHES_RUNNING) + 1 - count;

    return ahead <= 0 ? 0 : ahead * (int64_t)apr_atomic_read32(&slots->memory->shared->mean) / count / 1000;
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
static int next_slot(luci_hash_shared_t *shared, int count, struct timespec deadline, luci_hash_lock_t *how)
{
    for (;;) {
        int slot = luci_hash_lock_any(shared->lock, count, how);
        struct timespec now = monotonic_now(), slice = after(now, SLICE_MS);

        if (slot != NONE || !is_before(now, deadline))
            return slot;
        (void)sem_clockwait(&shared->given_back, CLOCK_MONOTONIC,
                            is_before(slice, deadline) ? &slice : &deadline);
    }
}

static int wait_for_slot(const luci_hash_memory_t *memory, luci_ms_t wait, luci_hash_lock_t *how)
{
    struct timespec deadline = after(monotonic_now(), wait);
    pthread_mutex_t *queue = &memory->shared->queue;
    int slot;

    if (!luci_hash_lock_of(queue, pthread_mutex_clocklock(queue, CLOCK_MONOTONIC, &deadline)))
        return NONE;
    slot = next_slot(memory->shared, memory->size.slots, deadline, how);
    pthread_mutex_unlock(queue);
    return slot;
}

static void give_back(luci_hash_shared_t *shared, int slot)
{
    int raised = 0;

    pthread_mutex_unlock(&shared->lock[slot]);
    if (sem_getvalue(&shared->given_back, &raised) == 0 && raised == 0)
        sem_post(&shared->given_back);
}

static uint64_t microseconds_since(struct timespec start)
{
    struct timespec now = monotonic_now();

    return (uint64_t)(now.tv_sec - start.tv_sec) * 1000000 + (uint64_t)(now.tv_nsec / 1000) -
           (uint64_t)(start.tv_nsec / 1000);
}

/* ---- A place: the right to wait ---- */

static pthread_mutex_t *places_of(const luci_hash_slots_t *slots)
{
    return slots->memory->shared->lock + slots->memory->size.slots;
}

static int take_place(luci_hash_slots_t *slots, int *place)
{
    *place = NONE;
    if (is_detached)
        return 1;
    if (slots->memory->size.places > 0)
        *place = luci_hash_lock_any(places_of(slots), slots->memory->size.places, NULL);
    else if (apr_atomic_inc32(&slots->threads) < (apr_uint32_t)slots->threads_max)
        return 1;
    else
        apr_atomic_dec32(&slots->threads);
    return *place != NONE;
}

static void leave_place(luci_hash_slots_t *slots, int place)
{
    if (place != NONE)
        pthread_mutex_unlock(&places_of(slots)[place]);
    else if (!is_detached)
        apr_atomic_dec32(&slots->threads);
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
    luci_arena_lend(&job->arena);
    job->result = job->work(job->work_baton);
    luci_arena_lend(NULL);
}

static void *work_offloaded(void *baton)
{
    (void)!nice(NICENESS); /* on Linux this thread's own; without it the hash just competes with the others */
    work_in_arena(baton);
    return NULL;
}

/* Without another thread, this one does it. */
static void work(const luci_hash_slots_t *slots, job_t *job)
{
    struct timespec start = monotonic_now();
    pthread_t thread;
    uint64_t took;

    luci_gauge(LUCI_GAUGE_HASHES_RUNNING, 1);
    if (slots->aside && luci_thread_start(work_offloaded, job, &thread))
        pthread_join(thread, NULL);
    else
        work_in_arena(job);
    luci_gauge(LUCI_GAUGE_HASHES_RUNNING, -1);
    took = microseconds_since(start);
    note_duration(slots->memory->shared, took);
    luci_count_hash(took);
}

/* Waiting, as it is counted. */
static int await_slot(const luci_hash_memory_t *memory, luci_ms_t wait, luci_hash_lock_t *how)
{
    struct timespec start = monotonic_now();
    int slot;

    luci_gauge(LUCI_GAUGE_HASHES_WAITING, 1);
    slot = wait_for_slot(memory, wait, how);
    luci_gauge(LUCI_GAUGE_HASHES_WAITING, -1);
    luci_count_by(LUCI_COUNT_HASH_WAIT_MICROSECONDS, microseconds_since(start));
    return slot;
}

/* What a dead child was hashing is wiped for it. */
static luci_arena_t arena_of(const luci_hash_memory_t *memory, int slot, luci_hash_lock_t how)
{
    size_t bytes = memory->size.arena_bytes;
    luci_arena_t arena = { memory->arenas + (size_t)slot * bytes, bytes, &memory->warmed[slot] };

    if (how == LUCI_HASH_LOCK_ORPHAN)
        luci_secret_wipe(arena.memory, arena.bytes);
    return arena;
}

static luci_result_t refuse(const luci_hash_slots_t *slots, const char *why)
{
    luci_count(LUCI_COUNT_HASHES_REFUSED);
    if (luci_httpd_log_due(&slots->memory->shared->complained))
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, slots->server,
                     "LUCI0404: more sign-ins than %d LuciaHashSlots can serve: %s; they get 503",
                     slots->memory->size.slots, why);
    return LUCI_BUSY;
}

static int has_room(const way_t *way)
{
    return expected_wait(way->slots) < way->wait;
}

/* Places are not counted but taken: who has none finds out in run. */
static int is_full(void *baton)
{
    const way_t *way = baton;
    luci_hash_slots_t *slots = way->slots;

    if (is_detached)
        return 0;
    if (!has_room(way))
        (void)refuse(slots, NO_TURN);
    else if (slots->memory->size.places > 0 ||
             apr_atomic_read32(&slots->threads) < (apr_uint32_t)slots->threads_max)
        return 0;
    else
        (void)refuse(slots, NO_PLACE);
    return 1;
}

static luci_result_t run(void *baton, luci_hash_work_fn *work_fn, void *work_baton)
{
    const way_t *way = baton;
    luci_hash_slots_t *slots = way->slots;
    job_t job = { .work = work_fn, .work_baton = work_baton };
    luci_hash_lock_t how;
    int place, slot;

    if (!is_detached && !has_room(way))
        return refuse(slots, NO_TURN);
    if (!take_place(slots, &place))
        return refuse(slots, NO_PLACE);
    slot = await_slot(slots->memory, way->wait, &how);
    if (slot != NONE) {
        job.arena = arena_of(slots->memory, slot, how);
        work(slots, &job);
        give_back(slots->memory->shared, slot);
    }
    leave_place(slots, place);
    return slot != NONE ? job.result : refuse(slots, "the wait was too long");
}

int luci_hash_slots_has_room(const luci_hasher_t *hasher)
{
    return has_room(hasher->baton);
}

luci_ms_t luci_hash_slots_wait(const luci_hasher_t *hasher)
{
    return ((const way_t *)hasher->baton)->wait;
}

void luci_hash_slots_refused(const luci_hasher_t *hasher)
{
    (void)refuse(((const way_t *)hasher->baton)->slots, "the wait was too long");
}

void luci_hash_slots_detach(void)
{
    is_detached = 1;
}

int luci_hash_slots_count(const luci_hash_slots_t *slots)
{
    return slots->memory->size.slots;
}

luci_hasher_t luci_hash_slots_hasher(luci_hash_slots_t *slots, luci_ms_t wait, apr_pool_t *pool)
{
    way_t *way = apr_palloc(pool, sizeof *way);

    *way = (way_t){ slots, wait };
    return (luci_hasher_t){ .run = run, .is_full = is_full, .baton = way };
}
