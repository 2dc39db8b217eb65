/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/hash/hash_slots.h"

#include "core/base/secret.h"
#include "core/base/thread.h"
#include "core/password/arena.h"
#include "httpd/base/counters.h"
#include "httpd/base/httpd_log.h"
#include "httpd/base/mpm.h"

#include <ap_mpm.h>
#include <apr_atomic.h>
#include <apr_shm.h>
#include <http_config.h>
#include <http_log.h>

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdint.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

APLOG_USE_MODULE(luciauth);

/* A restart may load another version of this module: change the number with slots_memory_t and
 * slots_shared_t. */
#define KEY "luciauth-hash-memory-2"

#define SHARE 2      /* one of this many threads may hash or wait */
#define SLICE_MS 100 /* interval at which the head of the queue looks for slots of processes that died */
#define NICENESS 5   /* added to the niceness of a hashing thread; the maximum is 19 */
#define PLACES_MAX                                                                                           \
    4096 /* maximum number of places (struct below) of a server with single-threaded children */

#define NONE (-1)

/* The moving average moves towards each new value by 1/MEAN_SHARE of the difference. A value that is far
 * longer, for instance because the machine was suspended, counts as OUTLIER times the average. */
#define MEAN_SHARE 8
#define OUTLIER 8
#define MICROSECONDS_PER_KIB 2 /* of an arena: the average before the first hash was measured */

#define NO_PLACE "half of the threads hash or wait already"
#define NO_TURN "the queue is longer than LuciaHashSlots' WAIT"
#define TOO_LONG "the wait was too long"

typedef struct {
    int slots;
    int places;         /* additional locks without arenas; may be 0 */
    size_t arena_bytes; /* of each arena; a multiple of LUCI_ARENA_PAGE */
} slots_size_t;

typedef struct {
    pthread_mutex_t queue;            /* held by the thread that gets the next free slot */
    sem_t given_back;                 /* raised for that thread when a slot becomes free */
    volatile apr_uint64_t complained; /* when the last refusal was logged, microseconds since 1970 */
    volatile apr_uint32_t mean;       /* moving average of the time of a hash, in microseconds */
    pthread_mutex_t lock[];           /* one per slot, followed by one per place */
} slots_shared_t;

typedef struct {
    slots_size_t size;
    slots_shared_t *shared;
    volatile apr_uint32_t *warmed; /* one per slot, shared: 1 once the arena's memory is allocated */
    uint8_t *arenas;               /* one per slot, shared */
    apr_shm_t *block;              /* contains shared and warmed */
} slots_memory_t;

typedef enum {
    LOCK_FAILED = 0,
    LOCK_TAKEN,
    LOCK_INHERITED, /* taken; the process that held it before died */
} lock_t;

struct luci_hash_slots_t {
    server_rec *server;
    slots_memory_t *memory;
    int threads_max;               /* how many threads of this child may hash or wait; not used with places */
    volatile apr_uint32_t threads; /* how many do */
    int is_offloaded;              /* each hash is computed in a thread of its own */
};

/* 1: this thread is not one of httpd's, and does not count towards the maximum of waiting threads. */
static __thread int is_detached;

/* The baton of a hasher: the slots with the WAIT of one server. */
typedef struct {
    luci_hash_slots_t *slots;
    luci_ms_t wait;
} access_t;

/* ---- Locks ---- */

static int make_locks(const slots_memory_t *memory)
{
    int code = luci_thread_shared_lock(&memory->shared->queue);

    if (code == 0 && sem_init(&memory->shared->given_back, 1, 0) != 0)
        code = errno;
    for (int i = 0; i < memory->size.slots + memory->size.places && code == 0; i++)
        code = luci_thread_shared_lock(&memory->shared->lock[i]);
    return code;
}

/* The meaning of a pthread call's return code. */
static lock_t lock_result(pthread_mutex_t *lock, int code)
{
    if (code == EOWNERDEAD)
        return pthread_mutex_consistent(lock) == 0 ? LOCK_INHERITED : LOCK_FAILED;
    return code == 0 ? LOCK_TAKEN : LOCK_FAILED;
}

/* Takes the first free one of these locks and returns its index, or NONE. how may be NULL. */
static int lock_any(pthread_mutex_t *locks, int count, lock_t *how)
{
    for (int i = 0; i < count; i++) {
        lock_t taken = lock_result(&locks[i], pthread_mutex_trylock(&locks[i]));

        if (taken == LOCK_FAILED)
            continue;
        if (how)
            *how = taken;
        return i;
    }
    return NONE;
}

/* ---- Memory ---- */

/* Unmaps the memory from this process; other processes keep theirs. */
static void release(slots_memory_t *memory)
{
    if (memory->block)
        apr_shm_destroy(memory->block);
    luci_arena_unmap(memory->arenas, memory->size.arena_bytes, (size_t)memory->size.slots);
    memset(memory, 0, sizeof *memory);
}

static apr_status_t make(slots_memory_t *memory, const slots_size_t *size, apr_pool_t *pool)
{
    size_t slots = (size_t)size->slots, locks = slots + (size_t)size->places;
    size_t bytes = sizeof(slots_shared_t) + locks * sizeof(pthread_mutex_t);
    apr_shm_t *block;
    apr_status_t status = apr_shm_create(&block, bytes + slots * sizeof(*memory->warmed), NULL, pool);

    if (status != APR_SUCCESS)
        return status;
    memory->size = *size;
    memory->block = block;
    memory->shared = memset(apr_shm_baseaddr_get(block), 0, apr_shm_size_get(block));
    memory->warmed = (apr_uint32_t *)((char *)memory->shared + bytes);
    memory->arenas = luci_arena_map(size->arena_bytes, slots, 1);
    return memory->arenas ? APR_FROM_OS_ERROR(make_locks(memory)) : APR_ENOMEM;
}

static int is_size(const slots_size_t *a, const slots_size_t *b)
{
    return a->slots == b->slots && a->places == b->places && a->arena_bytes == b->arena_bytes;
}

/* Returns memory of this size, in the parent process before children start: that of the last start if its
 * size fits, otherwise new memory. It outlives the configuration; children that use the old memory keep it.
 * NULL: an error, which was logged. */
static slots_memory_t *get_memory(const slots_size_t *size, server_rec *main_server)
{
    slots_memory_t *memory = ap_retained_data_get(KEY);
    apr_status_t status;

    if (!memory)
        memory = ap_retained_data_create(KEY, sizeof *memory);
    if (memory->shared && is_size(&memory->size, size))
        return memory;
    release(memory);
    status = make(memory, size, main_server->process->pool);
    if (status == APR_SUCCESS)
        return memory;
    release(memory);
    ap_log_error(APLOG_MARK, APLOG_CRIT, status, main_server,
                 "LUCI0403: LuciaHashSlots: there is no shared memory for %d slots of %" APR_SIZE_T_FMT
                 " MiB; write fewer slots, or a smaller m in LuciaPasswordHash",
                 size->slots, size->arena_bytes >> 20);
    return NULL;
}

/* ---- Creation ---- */

static int at_least_one(int number)
{
    return number > 1 ? number : 1;
}

/* Half of each child's threads may hash or wait. If children have a single thread, half of all children may;
 * these are limited by places, locks of the whole server. Returns the number of places. */
static int set_shares(luci_hash_slots_t *slots)
{
    int threads = luci_mpm_threads(), all = luci_mpm_children() * threads, is_threaded = 0;

    slots->threads_max = at_least_one(threads / SHARE);
    slots->is_offloaded = ap_mpm_query(AP_MPMQ_IS_THREADED, &is_threaded) == APR_SUCCESS && is_threaded;
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
    slots_size_t size = { count, set_shares(slots), luci_arena_rounded(arena_bytes) };

    slots->server = main_server;
    slots->memory = get_memory(&size, main_server);
    if (!slots->memory)
        return NULL;
    if (slots->memory->shared->mean == 0)
        slots->memory->shared->mean = (apr_uint32_t)(size.arena_bytes / 1024 * MICROSECONDS_PER_KIB);
    return slots;
}

/* ---- Expected waiting time ---- */

/* Concurrent updates may lose a value, which is harmless. */
static void note_duration(slots_shared_t *shared, uint64_t microseconds)
{
    uint64_t mean = apr_atomic_read32(&shared->mean);

    if (microseconds > OUTLIER * mean)
        microseconds = OUTLIER * mean;
    mean = (mean * (MEAN_SHARE - 1) + microseconds) / MEAN_SHARE;
    apr_atomic_set32(&shared->mean, mean < 1000 ? 1000 : (apr_uint32_t)mean);
}

/* How long a further request would wait in the queue of the whole server, in ms. */
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

/* At the head of the queue: waits for the first slot that becomes free or whose holder has died. */
static int next_slot(slots_shared_t *shared, int count, struct timespec deadline, lock_t *how)
{
    for (;;) {
        int slot = lock_any(shared->lock, count, how);
        struct timespec now = monotonic_now(), slice = after(now, SLICE_MS);

        if (slot != NONE || !is_before(now, deadline))
            return slot;
        (void)sem_clockwait(&shared->given_back, CLOCK_MONOTONIC,
                            is_before(slice, deadline) ? &slice : &deadline);
    }
}

static int wait_for_slot(const slots_memory_t *memory, luci_ms_t wait, lock_t *how)
{
    struct timespec deadline = after(monotonic_now(), wait);
    pthread_mutex_t *queue = &memory->shared->queue;
    int slot;

    if (!lock_result(queue, pthread_mutex_clocklock(queue, CLOCK_MONOTONIC, &deadline)))
        return NONE;
    slot = next_slot(memory->shared, memory->size.slots, deadline, how);
    pthread_mutex_unlock(queue);
    return slot;
}

static void give_back(slots_shared_t *shared, int slot)
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

/* ---- Places: the right to wait ---- */

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
        *place = lock_any(places_of(slots), slots->memory->size.places, NULL);
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
    (void)!nice(NICENESS); /* on Linux it applies to this thread only; failure is harmless */
    work_in_arena(baton);
    return NULL;
}

/* If no thread can be started, this one computes the hash. */
static void work(const luci_hash_slots_t *slots, job_t *job)
{
    struct timespec start = monotonic_now();
    pthread_t thread;
    uint64_t took;

    luci_gauge(LUCI_GAUGE_HASHES_RUNNING, 1);
    if (slots->is_offloaded && luci_thread_start(work_offloaded, job, &thread))
        pthread_join(thread, NULL);
    else
        work_in_arena(job);
    luci_gauge(LUCI_GAUGE_HASHES_RUNNING, -1);
    took = microseconds_since(start);
    note_duration(slots->memory->shared, took);
    luci_count_hash(took);
}

/* Waits for a slot, and counts the wait. */
static int await_slot(const slots_memory_t *memory, luci_ms_t wait, lock_t *how)
{
    struct timespec start = monotonic_now();
    int slot;

    luci_gauge(LUCI_GAUGE_HASHES_WAITING, 1);
    slot = wait_for_slot(memory, wait, how);
    luci_gauge(LUCI_GAUGE_HASHES_WAITING, -1);
    luci_count_by(LUCI_COUNT_HASH_WAIT_MICROSECONDS, microseconds_since(start));
    return slot;
}

/* Wipes the arena of a slot whose holder died while hashing. */
static luci_arena_t arena_of(const slots_memory_t *memory, int slot, lock_t how)
{
    size_t bytes = memory->size.arena_bytes;
    luci_arena_t arena = { memory->arenas + (size_t)slot * bytes, bytes, &memory->warmed[slot] };

    if (how == LOCK_INHERITED)
        luci_secret_wipe(arena.memory, arena.bytes);
    return arena;
}

static luci_result_t refuse(const luci_hash_slots_t *slots, const char *why)
{
    luci_count(LUCI_COUNT_HASHES_REFUSED);
    if (luci_httpd_log_due(&slots->memory->shared->complained))
        ap_log_error(
            APLOG_MARK, APLOG_WARNING, 0, slots->server,
            "LUCI0404: LuciaHashSlots: %d slots cannot serve all sign-ins: %s; some are answered with 503",
            slots->memory->size.slots, why);
    return LUCI_BUSY;
}

static int has_room(const access_t *access)
{
    return expected_wait(access->slots) < access->wait;
}

/* Places are locks; how many of them are free cannot be queried, so only run can tell that none is left. */
static int is_full(void *baton)
{
    const access_t *access = baton;
    luci_hash_slots_t *slots = access->slots;

    if (is_detached)
        return 0;
    if (!has_room(access))
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
    const access_t *access = baton;
    luci_hash_slots_t *slots = access->slots;
    job_t job = { .work = work_fn, .work_baton = work_baton };
    lock_t how;
    int place, slot;

    if (!is_detached && !has_room(access))
        return refuse(slots, NO_TURN);
    if (!take_place(slots, &place))
        return refuse(slots, NO_PLACE);
    slot = await_slot(slots->memory, access->wait, &how);
    if (slot != NONE) {
        job.arena = arena_of(slots->memory, slot, how);
        work(slots, &job);
        give_back(slots->memory->shared, slot);
    }
    leave_place(slots, place);
    return slot != NONE ? job.result : refuse(slots, TOO_LONG);
}

int luci_hash_slots_has_room(const luci_hasher_t *hasher)
{
    return has_room(hasher->baton);
}

luci_ms_t luci_hash_slots_wait(const luci_hasher_t *hasher)
{
    return ((const access_t *)hasher->baton)->wait;
}

void luci_hash_slots_report_refused(const luci_hasher_t *hasher)
{
    (void)refuse(((const access_t *)hasher->baton)->slots, TOO_LONG);
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
    access_t *access = apr_palloc(pool, sizeof *access);

    *access = (access_t){ slots, wait };
    return (luci_hasher_t){ .run = run, .is_full = is_full, .baton = access };
}
