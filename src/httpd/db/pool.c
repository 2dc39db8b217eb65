/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/db/pool.h"

#include "core/db/db_problem.h"
#include "core/db/place.h"
#include "core/db/schema.h"
#include "core/db/user_table.h"
#include "core/guard/bulkhead.h"
#include "core/guard/times.h"
#include "httpd/base/counters.h"
#include "httpd/base/httpd_log.h"

#include <ap_mpm.h>
#include <apr_atomic.h>
#include <apr_strings.h>
#include <apr_thread_cond.h>
#include <apr_thread_mutex.h>
#include <http_log.h>

APLOG_USE_MODULE(luciauth);

/* If at least half of the handles, and at least this many, are stuck, further requests are refused at once.
 */
#define STUCK_MIN 2

typedef struct {
    luci_db_t *db;
    apr_time_t checked; /* when the handle was last checked for being stale */
    apr_time_t lent;    /* when it was borrowed; 0: it is idle */
    apr_uint32_t seen;  /* the pool's value of outdated at that check */
} slot_t;

struct luci_pool_t {
    const luci_db_target_t *target;
    const char *title; /* of the database, for messages */
    luci_quota_t size;
    int is_file; /* the database is a file, not a server */
    server_rec *server;
    apr_pool_t *memory;          /* used only under the lock */
    apr_thread_mutex_t *lock;    /* guards what follows */
    apr_thread_cond_t *returned; /* a handle */
    slot_t *slots;               /* size.max; the first "made" of them have handles */
    slot_t **idle;               /* a stack of idle slots: the one used last is lent first */
    int made;
    int idle_count;
    slot_t background;                                    /* of luci_pool_background, not one of slots */
    apr_time_t came_back;                                 /* when a handle was last returned or made */
    volatile apr_uint32_t outdated;                       /* number of handles that had to be reopened */
    luci_bulkhead_t bulkhead;                             /* threads that have a handle or wait for one */
    luci_breaker_t *breaker;                              /* shared by all children */
    luci_condition_t condition;                           /* of the database, for the log */
    volatile apr_uint64_t complained_busy;                /* when a lack of handles was logged */
    volatile apr_uint64_t no_writing_before[LUCI_WRITES]; /* ms since 1970 */
};

/* A virtual host that inherits tables and attributes has the same pointers. The maximum lifetime matters
 * because a handle is refused if it needs a column that the database lacks. */
int luci_pool_serves(const luci_pool_t *pool, const luci_db_target_t *target)
{
    const luci_settings_t *a = pool->target->settings, *b = target->settings;

    if (!luci_place_is_same(pool->target->driver, pool->target->params, target->driver, target->params))
        return 0;
    if (a->tables.user != b->tables.user || a->tables.key != b->tables.key ||
        a->tables.session != b->tables.session)
        return 0;
    return a->attributes == b->attributes && !a->max_lifetime == !b->max_lifetime;
}

static int is_file(const luci_db_target_t *target)
{
    const luci_engine_t *engine = luci_engine_find(target->driver);

    return engine && !luci_engine_is_server(engine);
}

static int threads_per_child(void)
{
    int threads = 0;

    if (ap_mpm_query(AP_MPMQ_MAX_THREADS, &threads) != APR_SUCCESS || threads < 1)
        return 1;
    return threads;
}

luci_pool_t *luci_pool_create(const luci_db_target_t *target, luci_quota_t size, luci_breaker_t *breaker,
                              server_rec *server, apr_pool_t *child_pool)
{
    luci_pool_t *pool = apr_pcalloc(child_pool, sizeof *pool);
    int threads = threads_per_child();

    if (size.max == 0)
        size.max = threads;
    pool->target = target;
    pool->title = luci_db_title(target, child_pool);
    pool->breaker = breaker;
    pool->size = size;
    pool->is_file = is_file(target);
    pool->server = server;
    pool->slots = apr_pcalloc(child_pool, (apr_size_t)size.max * sizeof *pool->slots);
    pool->idle = apr_pcalloc(child_pool, (apr_size_t)size.max * sizeof *pool->idle);
    if (apr_pool_create(&pool->memory, child_pool) != APR_SUCCESS ||
        apr_thread_mutex_create(&pool->lock, APR_THREAD_MUTEX_DEFAULT, child_pool) != APR_SUCCESS ||
        apr_thread_cond_create(&pool->returned, child_pool) != APR_SUCCESS ||
        luci_bulkhead_init(&pool->bulkhead, threads, child_pool) != LUCI_OK)
        return NULL;
    pool->bulkhead.lock = pool->lock;
    pool->bulkhead.clock = apr_time_now;
    return pool;
}

/* Each handle has its own memory, because its borrower allocates from it without the pool's lock. */
static luci_db_t *make_handle(luci_pool_t *pool)
{
    apr_allocator_t *allocator;
    apr_pool_t *own;

    if (apr_allocator_create(&allocator) != APR_SUCCESS)
        return NULL;
    if (apr_pool_create_ex(&own, pool->memory, NULL, allocator) != APR_SUCCESS) {
        apr_allocator_destroy(allocator);
        return NULL;
    }
    apr_allocator_owner_set(allocator, own);
    return luci_db_create(pool->target, own);
}

static slot_t *make_slot(luci_pool_t *pool)
{
    slot_t *slot = &pool->slots[pool->made];

    slot->db = make_handle(pool);
    if (!slot->db)
        return NULL;
    pool->made++;
    pool->came_back = apr_time_now();
    return slot;
}

/* Waits, under the lock, for a handle to be returned: until the deadline, and at most patience after the last
 * one was (0: without this limit). Returns NULL after that. */
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

/* Takes, under the lock, an idle handle, a new one, or the first one that is returned in time; otherwise
 * returns NULL. A file gets a further handle only if none is returned for a while, because its reads wait
 * only for the processor, and each handle needs 150 KiB. A server gets as many handles as are needed at once.
 */
static slot_t *take(luci_pool_t *pool, apr_time_t now)
{
    apr_time_t deadline = now + apr_time_from_msec(pool->size.wait);
    slot_t *slot = NULL;

    if (pool->idle_count > 0)
        return pool->idle[--pool->idle_count];
    if (pool->made > 0 && pool->made < pool->size.max && pool->is_file)
        slot = await_idle(pool, deadline, LUCI_POOL_PATIENCE);
    if (!slot && pool->made < pool->size.max)
        return make_slot(pool);
    if (!slot) {
        luci_count(LUCI_COUNT_LOAN_WAITS);
        slot = await_idle(pool, deadline, 0);
    }
    return slot;
}

static int are_stuck(const luci_pool_t *pool, apr_time_t now)
{
    int limit = pool->size.max / 2 > STUCK_MIN ? pool->size.max / 2 : STUCK_MIN, stuck = 0;

    if (pool->made - pool->idle_count < limit)
        return 0;
    for (int i = 0; i < pool->made; i++)
        stuck += pool->slots[i].lent != 0 && now - pool->slots[i].lent > LUCI_POOL_STUCK;
    return stuck >= limit;
}

/* ---- Returning a handle ---- */

static void note_answer(luci_pool_t *pool, const slot_t *slot)
{
    apr_time_t now = apr_time_now();

    if (luci_db_is_hung(slot->db)) {
        luci_breaker_unanswered(pool->breaker, slot->lent, now);
        return;
    }
    luci_bulkhead_answered(&pool->bulkhead, now);
    luci_breaker_answered(pool->breaker, now);
}

/* Logs a failure or a recovery, under the lock. */
static void report(luci_pool_t *pool, const luci_db_t *db)
{
    int broken = luci_db_is_broken(db);
    apr_pool_t *scratch;

    if (broken)
        luci_count(LUCI_COUNT_DATABASE_ERRORS);
    if (!luci_httpd_log_condition(&pool->condition, broken ? luci_db_error(db) : NULL) ||
        apr_pool_create(&scratch, pool->memory) != APR_SUCCESS)
        return;
    if (broken)
        ap_log_error(APLOG_MARK, APLOG_ERR, 0, pool->server,
                     "LUCI0302: database error: %s; affected requests are answered with 503",
                     luci_db_problem(db, scratch));
    else
        ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, pool->server, "LUCI0303: the database answers again: %s",
                     pool->title);
    apr_pool_destroy(scratch);
}

/* Logs missing columns of attributes, under the lock and once a minute: requests are answered, with empty
 * values. */
static void report_lacks(luci_pool_t *pool, const luci_db_t *db)
{
    const luci_settings_t *settings = pool->target->settings;
    apr_uint32_t lacks = luci_db_columns(db).lacks;
    const luci_engine_t *engine = luci_db_engine(db);
    apr_pool_t *scratch;

    if (!lacks || luci_db_is_broken(db) || !luci_httpd_log_topic_due(LUCI_TOPIC_COLUMNS) || !engine ||
        apr_pool_create(&scratch, pool->memory) != APR_SUCCESS)
        return;
    for (int i = 0; i < settings->attributes->nelts; i++) {
        const char *name = APR_ARRAY_IDX(settings->attributes, i, const char *);

        if (lacks >> i & 1)
            ap_log_error(
                APLOG_MARK, APLOG_WARNING, 0, pool->server,
                "LUCI0316: LuciaUserAttributes names %s, but the table %s has no such column: it reads "
                "as empty, and each Require line that reads it refuses every user; add it with: %s",
                name, settings->tables.user,
                luci_schema_add_column(engine, &luci_table_user, name, settings, scratch));
    }
    apr_pool_destroy(scratch);
}

static void give_back(void *baton, luci_db_t *db)
{
    luci_pool_t *pool = baton;

    luci_db_limit(db, 0);
    apr_thread_mutex_lock(pool->lock);
    for (int i = 0; i < pool->made; i++) {
        if (pool->slots[i].db != db)
            continue;
        note_answer(pool, &pool->slots[i]);
        pool->slots[i].lent = 0;
        pool->idle[pool->idle_count++] = &pool->slots[i];
    }
    pool->came_back = apr_time_now();
    report(pool, db);
    report_lacks(pool, db);
    luci_bulkhead_leave(&pool->bulkhead);
    luci_gauge(LUCI_GAUGE_HANDLES, -1);
    apr_thread_cond_signal(pool->returned);
    apr_thread_mutex_unlock(pool->lock);
}

/* Checks periodically whether a handle still shows the current database, and at once after another handle did
 * not, so that all requests see the same columns. Returns 0 if the database did not answer in time; the
 * request has waited long enough then. */
static int refresh(luci_pool_t *pool, slot_t *slot, apr_time_t now)
{
    apr_uint32_t outdated = apr_atomic_read32(&pool->outdated);
    int is_first = slot->seen == outdated; /* no other handle has told it */

    if (now - slot->checked < LUCI_POOL_STALE_CHECK && is_first)
        return 1;
    slot->checked = now;
    slot->seen = outdated;
    if (!luci_db_is_stale(slot->db))
        return 1;
    if (luci_db_is_hung(slot->db))
        return 0;
    luci_db_close(slot->db);
    if (is_first)
        slot->seen = apr_atomic_inc32(&pool->outdated) + 1;
    return 1;
}

/* Borrows a handle, under the lock. NULL: none was returned in time, or, if *asks is 0, the server is known
 * to hang. */
static slot_t *lend(luci_pool_t *pool, apr_time_t now, int *asks)
{
    slot_t *slot = NULL;

    *asks = 0;
    if (are_stuck(pool, now) || !luci_bulkhead_enter(&pool->bulkhead, now))
        return NULL;
    *asks = luci_breaker_may_call(pool->breaker, now);
    if (*asks)
        slot = take(pool, now);
    if (!slot) {
        luci_bulkhead_leave(&pool->bulkhead);
        return NULL;
    }
    slot->lent = apr_time_now();
    luci_gauge(LUCI_GAUGE_HANDLES, 1);
    return slot;
}

static luci_result_t try_borrow(luci_pool_t *pool, luci_db_t **db)
{
    apr_time_t now = apr_time_now();
    slot_t *slot;
    int asks;

    apr_thread_mutex_lock(pool->lock);
    slot = lend(pool, now, &asks);
    apr_thread_mutex_unlock(pool->lock);
    if (!slot) {
        if (asks && luci_httpd_log_due(&pool->complained_busy))
            ap_log_error(APLOG_MARK, APLOG_WARNING, 0, pool->server,
                         "LUCI0301: all %d database handles of this process were in use for %" APR_INT64_T_FMT
                         " ms: %s; the database is slow, or LuciaDatabasePool is too small",
                         pool->size.max, pool->size.wait, pool->title);
        return LUCI_BUSY;
    }
    luci_db_limit(slot->db, LUCI_POOL_USE);
    if (!refresh(pool, slot, now)) {
        give_back(pool, slot->db);
        return LUCI_BUSY;
    }
    *db = slot->db;
    return LUCI_OK;
}

static luci_result_t count_loan(luci_result_t result)
{
    luci_count(result == LUCI_OK ? LUCI_COUNT_LOANS : LUCI_COUNT_LOANS_REFUSED);
    return result;
}

static luci_result_t borrow(void *baton, luci_db_t **db)
{
    return count_loan(try_borrow(baton, db));
}

luci_db_source_t luci_pool_source(luci_pool_t *pool)
{
    return (luci_db_source_t){ .borrow = borrow, .give_back = give_back, .baton = pool };
}

/* ---- In the background ---- */

static void give_back_background(void *baton, luci_db_t *db)
{
    luci_pool_t *pool = baton;

    luci_db_limit(db, 0);
    if (!luci_db_is_hung(db))
        luci_breaker_answered(pool->breaker, apr_time_now());
    if (luci_db_is_broken(db))
        luci_count(LUCI_COUNT_DATABASE_ERRORS);
    luci_gauge(LUCI_GAUGE_HANDLES, -1);
}

static luci_result_t try_borrow_background(luci_pool_t *pool, luci_db_t **db)
{
    apr_time_t now = apr_time_now();
    slot_t *slot = &pool->background;

    if (luci_breaker_is_open(pool->breaker, now))
        return LUCI_BUSY;
    if (!slot->db) {
        apr_thread_mutex_lock(pool->lock);
        slot->db = make_handle(pool);
        apr_thread_mutex_unlock(pool->lock);
    }
    if (!slot->db)
        return LUCI_BUSY;
    luci_gauge(LUCI_GAUGE_HANDLES, 1);
    luci_db_limit(slot->db, LUCI_POOL_USE);
    if (!refresh(pool, slot, now)) {
        give_back_background(pool, slot->db);
        return LUCI_BUSY;
    }
    *db = slot->db;
    return LUCI_OK;
}

static luci_result_t borrow_background(void *baton, luci_db_t **db)
{
    return count_loan(try_borrow_background(baton, db));
}

luci_db_source_t luci_pool_background(luci_pool_t *pool)
{
    return (
        luci_db_source_t){ .borrow = borrow_background, .give_back = give_back_background, .baton = pool };
}

void luci_pool_background_end(luci_pool_t *pool)
{
    if (pool->background.db)
        luci_db_close(pool->background.db);
}

int luci_pool_may_write(const luci_pool_t *pool, luci_write_t kind, luci_ms_t now)
{
    return (apr_uint64_t)now >= apr_atomic_read64(&((luci_pool_t *)pool)->no_writing_before[kind]);
}

void luci_pool_write_failed(luci_pool_t *pool, luci_write_t kind, luci_ms_t now)
{
    apr_atomic_set64(&pool->no_writing_before[kind],
                     (apr_uint64_t)(now + apr_time_as_msec(LUCI_POOL_WRITE_PAUSE)));
}
