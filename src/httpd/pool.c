/* SPDX-License-Identifier: Apache-2.0 */
#include "pool.h"

#include "httpd_log.h"

#include <apr_atomic.h>
#include <apr_strings.h>
#include <apr_thread_cond.h>
#include <apr_thread_mutex.h>
#include <http_log.h>

APLOG_USE_MODULE(luciauth);

#define STALE_CHECK_EVERY apr_time_from_sec(1)
#define WRITE_PAUSE (10 * LUCI_MS_SECOND)

/* A server that does not answer: for this long it is not asked, and then by one, whom nobody follows before
 * it knows: longer than a call is given (connection.h). */
#define HUNG_PAUSE apr_time_from_sec(2)
#define HUNG_TRY apr_time_from_sec(7)
/* Handles that are out for so long are taken to hang before their calls are cut off. When they are half of
 * them, nobody else is caught by a call. */
#define STUCK_AFTER apr_time_from_sec(2)
#define STUCK_LEAST 2

/* Another handle of a database file is made only when none came back for so long: the processor is what reads
 * wait for, and each handle has 150 KiB for good; one at a time. To servers there are as many as are asked
 * for at once. */
#define PATIENCE apr_time_from_msec(50)

typedef struct {
    luci_db_t *db;
    apr_time_t checked; /* when its file was last looked at */
    apr_time_t lent;    /* when; 0: it is not */
} slot_t;

struct luci_pool_t {
    const luci_db_target_t *target;
    luci_quota_t size;
    int is_file; /* the database, not a server */
    server_rec *server;
    apr_pool_t *memory;       /* used only under the lock */
    apr_thread_mutex_t *lock; /* guards what follows */
    apr_thread_cond_t *returned;
    slot_t *slots; /* size.most; the first "made" of them have handles */
    slot_t **idle; /* a stack of those that are not lent: the one used last is lent first */
    int made;
    int idle_count;
    apr_time_t hung_until;                   /* 0: the server answers */
    apr_time_t answered;                     /* when it last did */
    apr_time_t came_back;                    /* when a handle last did, or was made */
    int down;                                /* the last that was logged is a failure */
    volatile apr_uint64_t complained;        /* when one was logged */
    volatile apr_uint64_t complained_busy;   /* when the lack of handles was */
    volatile apr_uint64_t no_writing_before; /* ms since 1970 */
};

/* Tables and attributes that a server inherited are the very same ones. Whether there is a maximum lifetime
 * matters because a connection is refused when it lacks the columns for one. */
int luci_pool_serves(const luci_pool_t *pool, const luci_db_target_t *target)
{
    const luci_settings_t *a = pool->target->settings, *b = target->settings;

    if (strcmp(pool->target->driver, target->driver) != 0 ||
        strcmp(pool->target->params, target->params) != 0)
        return 0;
    if (a->tables.user != b->tables.user || a->tables.key != b->tables.key ||
        a->tables.session != b->tables.session)
        return 0;
    return a->attributes == b->attributes && !a->max_lifetime == !b->max_lifetime;
}

static int is_file(const luci_db_target_t *target)
{
    luci_sql_dialect_t dialect;

    return luci_sql_dialect(target->driver, &dialect) == LUCI_OK && !luci_sql_is_server(dialect);
}

luci_pool_t *luci_pool_create(const luci_db_target_t *target, luci_quota_t size, server_rec *server,
                              apr_pool_t *child_pool)
{
    luci_pool_t *pool = apr_pcalloc(child_pool, sizeof *pool);

    pool->target = target;
    pool->size = size;
    pool->is_file = is_file(target);
    pool->server = server;
    pool->slots = apr_pcalloc(child_pool, (apr_size_t)size.most * sizeof *pool->slots);
    pool->idle = apr_pcalloc(child_pool, (apr_size_t)size.most * sizeof *pool->idle);
    if (apr_pool_create(&pool->memory, child_pool) != APR_SUCCESS ||
        apr_thread_mutex_create(&pool->lock, APR_THREAD_MUTEX_DEFAULT, child_pool) != APR_SUCCESS ||
        apr_thread_cond_create(&pool->returned, child_pool) != APR_SUCCESS)
        return NULL;
    return pool;
}

/* Each handle has memory of its own, because its user allocates from it without our lock. */
static slot_t *make_slot(luci_pool_t *pool)
{
    slot_t *slot = &pool->slots[pool->made];
    apr_allocator_t *allocator;
    apr_pool_t *own;

    if (apr_allocator_create(&allocator) != APR_SUCCESS)
        return NULL;
    if (apr_pool_create_ex(&own, pool->memory, NULL, allocator) != APR_SUCCESS) {
        apr_allocator_destroy(allocator);
        return NULL;
    }
    apr_allocator_owner_set(allocator, own);
    slot->db = luci_db_create(pool->target, own);
    pool->made++;
    pool->came_back = apr_time_now();
    return slot;
}

/* The first handle that comes back until the deadline, or until none did for the time of patience (0: it
 * does not end). NULL otherwise. Under the lock. */
static slot_t *await_idle(luci_pool_t *pool, apr_time_t deadline, apr_interval_time_t patience)
{
    apr_time_t since = apr_time_now(), now = since;

    while (pool->idle_count == 0) {
        apr_time_t end = deadline;

        if (patience > 0 && pool->came_back > since && pool->came_back <= now)
            since = pool->came_back;
        if (patience > 0 && since + patience < end)
            end = since + patience;
        if (now >= end)
            return NULL;
        apr_thread_cond_timedwait(pool->returned, pool->lock, end - now);
        now = apr_time_now();
    }
    return pool->idle[--pool->idle_count];
}

/* An idle handle, or a new one, or the first that comes back in time. NULL otherwise. Under the lock. */
static slot_t *take(luci_pool_t *pool, apr_time_t now)
{
    apr_time_t deadline = now + apr_time_from_msec(pool->size.wait);
    slot_t *slot = NULL;

    if (pool->idle_count > 0)
        return pool->idle[--pool->idle_count];
    if (pool->made > 0 && pool->made < pool->size.most && pool->is_file)
        slot = await_idle(pool, deadline, PATIENCE);
    if (!slot && pool->made < pool->size.most)
        return make_slot(pool);
    return slot ? slot : await_idle(pool, deadline, 0);
}

static int are_stuck(const luci_pool_t *pool, apr_time_t now)
{
    int most = pool->size.most / 2 > STUCK_LEAST ? pool->size.most / 2 : STUCK_LEAST, stuck = 0;

    if (pool->made - pool->idle_count < most)
        return 0;
    for (int i = 0; i < pool->made; i++)
        stuck += pool->slots[i].lent != 0 && now - pool->slots[i].lent > STUCK_AFTER;
    return stuck >= most;
}

/* Whether the database is to be asked now. Under the lock. */
static int may_ask(luci_pool_t *pool, apr_time_t now)
{
    if (pool->hung_until == 0)
        return !are_stuck(pool, now);
    if (now < pool->hung_until && pool->hung_until - now <= HUNG_TRY)
        return 0;
    pool->hung_until = now + HUNG_TRY;
    return 1;
}

/* A refusal is an answer, too. A call that was cut off while others were answered was slow by itself. */
static void note_hanging(luci_pool_t *pool, const slot_t *slot)
{
    apr_time_t now = apr_time_now();

    if (!luci_db_is_hung(slot->db)) {
        pool->answered = now;
        pool->hung_until = 0;
    }
    else if (pool->answered < slot->lent) {
        pool->hung_until = now + HUNG_PAUSE;
    }
}

/* Under the lock. Reading may work all along while writing fails. */
static void report(luci_pool_t *pool, const luci_db_t *db)
{
    if (!luci_db_is_broken(db)) {
        if (pool->down)
            ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, pool->server, "LUCI0303: the database answers again");
        pool->down = 0;
        return;
    }
    if (!luci_httpd_log_due(&pool->complained))
        return;
    pool->down = 1;
    ap_log_error(APLOG_MARK, APLOG_ERR, 0, pool->server,
                 "LUCI0302: the database does not do what it was asked: %s; requests that need it get 503",
                 luci_db_error(db));
}

static void give_back(void *baton, luci_db_t *db)
{
    luci_pool_t *pool = baton;

    apr_thread_mutex_lock(pool->lock);
    for (int i = 0; i < pool->made; i++) {
        if (pool->slots[i].db != db)
            continue;
        note_hanging(pool, &pool->slots[i]);
        pool->slots[i].lent = 0;
        pool->idle[pool->idle_count++] = &pool->slots[i];
    }
    pool->came_back = apr_time_now();
    report(pool, db);
    apr_thread_cond_signal(pool->returned);
    apr_thread_mutex_unlock(pool->lock);
}

/* Now and then, whether a handle still shows the database as it is. 0: there was no answer in time, and who
 * asked has waited enough. */
static int look_at(slot_t *slot, apr_time_t now)
{
    if (now - slot->checked < STALE_CHECK_EVERY)
        return 1;
    slot->checked = now;
    if (!luci_db_is_stale(slot->db))
        return 1;
    if (luci_db_is_hung(slot->db))
        return 0;
    luci_db_close(slot->db);
    return 1;
}

static luci_result_t borrow(void *baton, luci_db_t **db)
{
    luci_pool_t *pool = baton;
    apr_time_t now = apr_time_now();
    slot_t *slot = NULL;
    int asks;

    apr_thread_mutex_lock(pool->lock);
    asks = may_ask(pool, now);
    if (asks)
        slot = take(pool, now);
    if (slot)
        slot->lent = apr_time_now();
    apr_thread_mutex_unlock(pool->lock);
    if (!asks)
        return LUCI_BUSY;
    if (!slot) {
        if (luci_httpd_log_due(&pool->complained_busy))
            ap_log_error(APLOG_MARK, APLOG_WARNING, 0, pool->server,
                         "LUCI0301: all %d database handles of this process were in use for %" APR_INT64_T_FMT
                         " ms",
                         pool->size.most, pool->size.wait);
        return LUCI_BUSY;
    }
    if (!look_at(slot, now)) {
        give_back(pool, slot->db);
        return LUCI_BUSY;
    }
    *db = slot->db;
    return LUCI_OK;
}

luci_db_source_t luci_pool_source(luci_pool_t *pool)
{
    return (luci_db_source_t){ .borrow = borrow, .give_back = give_back, .baton = pool };
}

int luci_pool_may_write(const luci_pool_t *pool, luci_ms_t now)
{
    return (apr_uint64_t)now >= apr_atomic_read64(&((luci_pool_t *)pool)->no_writing_before);
}

void luci_pool_write_failed(luci_pool_t *pool, luci_ms_t now)
{
    apr_atomic_set64(&pool->no_writing_before, (apr_uint64_t)(now + WRITE_PAUSE));
}
