/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/db/pool.h"

#include "core/db/db_problem.h"
#include "core/db/place.h"
#include "core/db/process_table.h"
#include "core/db/schema.h"
#include "core/db/user_table.h"
#include "core/guard/bulkhead.h"
#include "core/guard/growth.h"
#include "core/guard/idle_list.h"
#include "core/guard/times.h"
#include "core/guard/write_limit.h"
#include "httpd/base/counters.h"
#include "httpd/base/httpd_log.h"
#include "httpd/base/mpm.h"
#include "httpd/db/keeper.h"

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
    int is_connected;   /* as far as the pool knows; guarded by its lock */
    apr_uint32_t seen;  /* the pool's value of outdated at that check */
    luci_pool_t *pool;
    luci_db_guard_t guard;            /* of its writes */
    apr_time_t write_begun;           /* when the last write began */
    volatile apr_uint32_t is_writing; /* 1: a write runs */
    int write_hung;                   /* of this loan, a write did */
    /* What a connection that was cut off may have left behind in the server: it counts as this handle, which
     * is neither lent nor idle until that is gone. */
    apr_time_t held;     /* when it was cut off; 0: there is nothing */
    apr_time_t looked;   /* when the server was last asked */
    apr_int64_t process; /* by which the server knows it; 0: unknown */
} slot_t;

struct luci_pool_t {
    const luci_db_target_t *target;
    const char *title; /* of the database, for messages */
    luci_quota_t size;
    int is_file;   /* the database is a file, not a server */
    int is_scarce; /* the server has too few connections for one in each child */
    server_rec *server;
    apr_pool_t *memory;          /* used only under the lock */
    apr_thread_mutex_t *lock;    /* guards what follows */
    apr_thread_cond_t *returned; /* a handle */
    slot_t *slots;               /* size.max; the first "made" of them have handles */
    luci_idle_list_t idle;       /* slots */
    luci_growth_t growth;
    int made;
    int waiting;                                          /* threads that wait for a handle */
    slot_t background;                                    /* of luci_pool_background, not one of slots */
    apr_time_t came_back;                                 /* when a handle was last returned or made */
    volatile apr_uint32_t outdated;                       /* number of handles that had to be reopened */
    luci_bulkhead_t bulkhead;                             /* threads that have a handle or wait for one */
    luci_breaker_t *breaker;                              /* shared by all children */
    luci_shortage_t *shortage;                            /* the same */
    luci_write_limit_t writes;                            /* limits those to a server; has its own lock */
    luci_condition_t condition;                           /* of the database, for the log */
    luci_condition_t writing;                             /* of its writes, for the log */
    volatile apr_uint64_t complained_held;                /* when a held handle was logged */
    int holds;                                            /* number of held handles */
    int is_looking;                                       /* one of them asks the server */
    luci_condition_t refusal;                             /* of further connections, for the log */
    luci_condition_t lending;                             /* why requests get no handle, for the log */
    volatile apr_uint64_t no_writing_before[LUCI_WRITES]; /* ms since 1970 */
};

int luci_pool_serves(const luci_pool_t *pool, const luci_db_target_t *target)
{
    const luci_db_target_t *own = pool->target;

    return luci_place_is_same(own->driver, own->params, target->driver, target->params) &&
           luci_settings_share_columns(own->settings, target->settings);
}

static int is_file(const luci_db_target_t *target)
{
    const luci_engine_t *engine = luci_engine_find(target->driver);

    return engine && !luci_engine_is_server(engine);
}

/* ---- Idle handles ---- */

/* The number of connected handles, under the lock. */
static int connected(const luci_pool_t *pool)
{
    int count = 0;

    for (int i = 0; i < pool->made; i++)
        count += pool->slots[i].is_connected;
    return count;
}

/* 1 while another child needs a connection that the server refuses, so that this one must do with what it
 * keeps.
 */
static int must_yield(const luci_pool_t *pool, apr_time_t now)
{
    return !pool->is_file && luci_shortage_is_urgent(pool->shortage, now);
}

/* How many connected handles a child keeps then. If children can only have one at a time, they take turns. */
static int kept(const luci_pool_t *pool)
{
    return pool->size.max > 1 && !pool->is_scarce;
}

/* How long a connected handle may be idle, and how many are kept however long they are. While this process
 * ends, which may take hours after a graceful restart, a handle is only connected while it is lent. */
typedef struct {
    int keep;
    apr_interval_time_t max;
} idling_t;

static idling_t idling(const luci_pool_t *pool, apr_time_t now)
{
    if (luci_mpm_is_stopping())
        return (idling_t){ 0, 0 };
    if (pool->is_scarce || (!pool->is_file && luci_shortage_is_on(pool->shortage, now)))
        return (idling_t){ kept(pool), LUCI_POOL_IDLE_SHORT };
    return (idling_t){ 1, LUCI_POOL_IDLE };
}

/* Ends the connections of handles that were idle for too long, outside the lock. Nothing waits for an answer
 * here: a client library only sends that it leaves. Returns whether connected handles are idle. */
static int end_idle(void *baton)
{
    luci_pool_t *pool = baton;
    int is_left;

    apr_thread_mutex_lock(pool->lock);
    for (;;) {
        apr_time_t now = apr_time_now();
        idling_t limit = idling(pool, now);
        slot_t *slot = luci_idle_take_due(&pool->idle, limit.keep, limit.max, now);

        if (!slot)
            break;
        apr_thread_mutex_unlock(pool->lock);
        luci_db_close(slot->db);
        apr_thread_mutex_lock(pool->lock);
        slot->is_connected = 0;
        luci_idle_put(&pool->idle, slot, 0, now);
        apr_thread_cond_signal(pool->returned);
    }
    is_left = pool->idle.count > pool->idle.closed;
    apr_thread_mutex_unlock(pool->lock);
    return is_left;
}

/* ---- Creating a pool ---- */

luci_pool_t *luci_pool_create(const luci_db_target_t *target, const luci_pool_limits_t *limits,
                              server_rec *server, apr_pool_t *child_pool)
{
    luci_pool_t *pool = apr_pcalloc(child_pool, sizeof *pool);

    pool->target = target;
    pool->title = luci_db_title(target, child_pool);
    pool->breaker = limits->breaker;
    pool->writes.breaker = limits->writes;
    pool->writes.clock = apr_time_now;
    pool->shortage = limits->shortage;
    pool->size = limits->size;
    pool->is_scarce = limits->is_scarce;
    pool->is_file = is_file(target);
    pool->server = server;
    pool->slots = apr_pcalloc(child_pool, (apr_size_t)pool->size.max * sizeof *pool->slots);
    luci_idle_init(&pool->idle, pool->size.max, child_pool);
    if (apr_pool_create(&pool->memory, child_pool) != APR_SUCCESS ||
        apr_thread_mutex_create(&pool->lock, APR_THREAD_MUTEX_DEFAULT, child_pool) != APR_SUCCESS ||
        apr_thread_cond_create(&pool->returned, child_pool) != APR_SUCCESS ||
        !luci_write_limit_init(&pool->writes, pool->size.max, child_pool) ||
        luci_bulkhead_init(&pool->bulkhead, luci_mpm_threads(), child_pool) != LUCI_OK)
        return NULL;
    pool->bulkhead.lock = pool->lock;
    pool->bulkhead.clock = apr_time_now;
    luci_keeper_add(end_idle, pool, child_pool);
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

/* ---- Writes ---- */

static luci_result_t begin_write(void *baton)
{
    slot_t *slot = baton;

    if (!luci_write_limit_enter(&slot->pool->writes))
        return LUCI_BUSY;
    slot->write_begun = apr_time_now();
    apr_atomic_set32(&slot->is_writing, 1);
    return LUCI_OK;
}

static void end_write(void *baton, int hung)
{
    slot_t *slot = baton;
    luci_pool_t *pool = slot->pool;

    apr_atomic_set32(&slot->is_writing, 0);
    slot->write_hung |= hung;
    luci_write_limit_leave(&pool->writes, slot->write_begun, hung);
    if (!luci_httpd_log_condition(&pool->writing, hung ? "hung" : NULL))
        return;
    if (hung)
        ap_log_error(APLOG_MARK, APLOG_ERR, 0, pool->server,
                     "LUCI0319: the database did not answer a write in time: %s; until it answers writes, "
                     "sign-ins and other changes are answered with 503, and sessions are not renewed; ask "
                     "the server which statements wait, and for what (a synchronous standby, a full disk)",
                     pool->title);
    else
        ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, pool->server,
                     "LUCI0320: the database answers writes again: %s", pool->title);
}

/* The writes to a file are limited by its lock. */
static void guard_writes(luci_pool_t *pool, slot_t *slot)
{
    slot->pool = pool;
    slot->guard = (luci_db_guard_t){ begin_write, end_write, slot };
    if (!pool->is_file)
        luci_db_guard_writes(slot->db, &slot->guard);
}

static slot_t *make_slot(luci_pool_t *pool)
{
    slot_t *slot = &pool->slots[pool->made];

    slot->db = make_handle(pool);
    if (!slot->db)
        return NULL;
    guard_writes(pool, slot);
    pool->made++;
    pool->came_back = apr_time_now();
    return slot;
}

/* ---- What a connection that was cut off left behind ---- */

static int is_due_to_look(const slot_t *slot, apr_time_t now)
{
    if (!slot->held || slot->lent || now - slot->looked < LUCI_POOL_LOOK)
        return 0;
    return slot->process || now - slot->held >= LUCI_POOL_HELD;
}

/* Returns, under the lock, a held handle whose turn it is to ask the server; one handle at a time does. NULL:
 * none. */
static slot_t *take_held(luci_pool_t *pool, apr_time_t now)
{
    for (int i = 0; i < pool->made && !pool->is_looking; i++) {
        slot_t *slot = &pool->slots[i];

        if (!is_due_to_look(slot, now))
            continue;
        slot->looked = now;
        pool->is_looking = 1;
        return slot;
    }
    return NULL;
}

/* Asks the server, by the handle itself, whether the process is gone. If the server cannot be asked, enough
 * time has passed. */
static int is_gone(slot_t *slot, apr_time_t now)
{
    const char *const *row;
    const char *number, *seconds;
    apr_pool_t *scratch;
    luci_result_t result;

    if (!slot->process || apr_pool_create_unmanaged(&scratch) != APR_SUCCESS) {
        luci_db_close(slot->db);
        return !slot->process;
    }
    number = luci_sql_number(slot->process, scratch);
    seconds = luci_sql_number(apr_time_sec(now - slot->held), scratch);
    result = luci_db_select(slot->db, &luci_sql_process,
                            LUCI_ARGUMENTS({ "process", number }, { "seconds", seconds }), &row, scratch);
    apr_pool_destroy(scratch);
    return result == LUCI_NOT_FOUND;
}

/* Under the lock, when a handle is returned: holds it if its connection was cut off. */
static int is_held(luci_pool_t *pool, slot_t *slot)
{
    apr_int64_t process;

    if (slot->held || !luci_db_was_cut(slot->db, &process))
        return slot->held != 0;
    slot->held = slot->looked = apr_time_now();
    slot->process = process;
    pool->holds++;
    if (luci_httpd_log_due(&pool->complained_held))
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, pool->server,
                     "LUCI0321: the database did not even cancel a call in time: %s; its connection was cut "
                     "off, and counts in LuciaDatabasePool as long as the server is busy with it",
                     pool->title);
    return 1;
}

/* ---- Taking a handle ---- */

/* A slot, under the lock, that is to be connected: an idle one or a new one. NULL: there is none, or the pool
 * may not grow now. */
static slot_t *grow(luci_pool_t *pool, apr_time_t now)
{
    if (pool->idle.closed == 0 && pool->made == pool->size.max)
        return NULL;
    if ((must_yield(pool, now) && connected(pool) > 0) || !luci_growth_may(&pool->growth, now))
        return NULL;
    return pool->idle.closed > 0 ? luci_idle_take_closed(&pool->idle) : make_slot(pool);
}

/* Waits, under the lock, until a connected handle is returned or the pool may grow; at most until the
 * deadline. With patience, it may not grow, and the wait ends so long after a handle was last returned.
 * Returns NULL after that. */
static slot_t *await_handle(luci_pool_t *pool, apr_time_t deadline, apr_interval_time_t patience)
{
    apr_time_t since = apr_time_now(), now = since;

    for (;;) {
        slot_t *slot = luci_idle_take_connected(&pool->idle);
        apr_interval_time_t pause =
            must_yield(pool, now) ? LUCI_GROWTH_PAUSE : luci_growth_wait(&pool->growth, now);
        apr_time_t end = deadline;

        if (!slot && patience == 0)
            slot = grow(pool, now);
        if (!slot && patience == 0)
            slot = take_held(pool, now);
        if (slot)
            return slot;
        if (patience > 0 && pool->came_back > since && pool->came_back <= now)
            since = pool->came_back;
        if (patience > 0 && since + patience < end)
            end = since + patience;
        if (patience == 0 && pause > 0 && now + pause < end)
            end = now + pause;
        if (patience == 0 && pool->holds && now + LUCI_POOL_LOOK < end)
            end = now + LUCI_POOL_LOOK;
        if (now >= end)
            return NULL;
        apr_thread_cond_timedwait(pool->returned, pool->lock, end - now);
        now = apr_time_now();
    }
}

/* Takes, under the lock, an idle handle, a new one, or the first one that is returned in time; otherwise
 * returns NULL. A connected handle is taken first. A file gets a further handle only if none is returned for
 * a while, because its reads wait only for the processor, and each handle needs 150 KiB. A server gets as
 * many handles as are needed at once.
 */
static slot_t *take(luci_pool_t *pool, apr_time_t now, apr_time_t deadline)
{
    slot_t *slot = luci_idle_take_connected(&pool->idle);

    if (!slot && pool->is_file && pool->made > pool->idle.closed)
        slot = await_handle(pool, deadline, LUCI_POOL_PATIENCE);
    if (!slot)
        slot = grow(pool, now);
    if (!slot) {
        luci_count(LUCI_COUNT_LOAN_WAITS);
        pool->waiting++;
        slot = await_handle(pool, deadline, 0);
        pool->waiting--;
    }
    return slot;
}

static int are_stuck(const luci_pool_t *pool, apr_time_t now)
{
    int limit = pool->size.max / 2 > STUCK_MIN ? pool->size.max / 2 : STUCK_MIN, stuck = 0;

    if (pool->made - pool->idle.count < limit)
        return 0;
    for (int i = 0; i < pool->made; i++)
        stuck += pool->slots[i].lent != 0 && now - pool->slots[i].lent > LUCI_POOL_STUCK &&
                 !apr_atomic_read32(&pool->slots[i].is_writing);
    return stuck >= limit;
}

/* ---- What the log says about requests that get no handle ---- */

typedef enum { LACK_BUSY, LACK_FULL, LACK_SILENT, LACK_STUCK } lack_t;

static const char *lack_text(const luci_pool_t *pool, lack_t lack, apr_pool_t *scratch)
{
    switch (lack) {
    case LACK_BUSY:
        return apr_psprintf(scratch,
                            "all %d of this process were in use for %" APR_INT64_T_FMT
                            " ms; the database is slow, or LuciaDatabasePool is too small",
                            pool->size.max, pool->size.wait);
    case LACK_FULL:
        return apr_psprintf(scratch,
                            "three quarters of the threads of this process used databases for "
                            "%" APR_INT64_T_FMT
                            " ms; the database is slow, or LuciaDatabasePool is too small",
                            pool->size.wait);
    case LACK_SILENT:
        return apr_psprintf(scratch,
                            "three quarters of the threads of this process use databases, and none got an "
                            "answer for %" APR_TIME_T_FMT " ms; ask the database which statements wait, and "
                            "for what",
                            apr_time_as_msec(LUCI_BULKHEAD_WAIT));
    case LACK_STUCK: break;
    }
    return apr_psprintf(scratch,
                        "half of those of this process were in use for %" APR_TIME_T_FMT
                        " s; ask the database which statements wait, and for what",
                        apr_time_sec(LUCI_POOL_STUCK));
}

/* Logs, under the lock, why a request is refused. */
static void report_lack(luci_pool_t *pool, lack_t lack)
{
    static const char *const reasons[] = { "busy", "full", "silent", "stuck" };
    apr_pool_t *scratch;

    if (!luci_httpd_log_condition(&pool->lending, reasons[lack]) ||
        apr_pool_create(&scratch, pool->memory) != APR_SUCCESS)
        return;
    ap_log_error(APLOG_MARK, APLOG_WARNING, 0, pool->server,
                 "LUCI0301: requests get no database handle, and are answered with 503: %s: %s", pool->title,
                 lack_text(pool, lack, scratch));
    apr_pool_destroy(scratch);
}

/* Under the lock, after an answer: logs that requests are no longer refused, unless others still wait. */
static void report_plenty(luci_pool_t *pool, apr_time_t now)
{
    if (pool->waiting > 0 || pool->bulkhead.waiting > 0 || are_stuck(pool, now) ||
        !luci_httpd_log_condition(&pool->lending, NULL))
        return;
    ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, pool->server,
                 "LUCI0323: requests get database handles again: %s", pool->title);
}

/* ---- Returning a handle ---- */

/* A write that hangs says nothing about reads. */
static void note_answer(luci_pool_t *pool, const slot_t *slot)
{
    apr_time_t now = apr_time_now();

    if (slot->write_hung)
        return;
    if (luci_db_is_hung(slot->db)) {
        luci_breaker_unanswered(pool->breaker, slot->lent, now);
        return;
    }
    luci_bulkhead_answered(&pool->bulkhead, now);
    luci_breaker_answered(pool->breaker, now);
    report_plenty(pool, now);
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

    if (!lacks || luci_db_is_broken(db) || !luci_httpd_log_topic_due(LUCI_TOPIC_COLUMNS, pool->title) ||
        !engine || apr_pool_create(&scratch, pool->memory) != APR_SUCCESS)
        return;
    for (int i = 0; i < settings->attributes->nelts; i++) {
        const char *name = APR_ARRAY_IDX(settings->attributes, i, const char *);

        if (lacks >> i & 1)
            ap_log_error(APLOG_MARK, APLOG_WARNING, 0, pool->server,
                         "LUCI0316: %s names %s, but the table %s has no such column: it reads "
                         "as empty, and each Require line that reads it refuses every user; add it with: %s",
                         luci_settings_attribute_line(settings, name), name, settings->tables.user,
                         luci_schema_add_column(engine, &luci_table_user, name, settings, scratch));
    }
    apr_pool_destroy(scratch);
}

static slot_t *slot_of(luci_pool_t *pool, const luci_db_t *db)
{
    slot_t *slot = pool->slots;

    while (slot->db != db)
        slot++;
    return slot;
}

/* Makes a handle idle, or holds it, under the lock, which this releases while a connection is closed. One
 * that is broken is closed at once, because others are lent before it; so is one more than this child keeps
 * while another child lacks one. */
static void put_idle(luci_pool_t *pool, slot_t *slot)
{
    apr_time_t now = apr_time_now();
    int is_connected = luci_db_is_connected(slot->db), holds = is_held(pool, slot);

    if (holds || (is_connected && must_yield(pool, now) && connected(pool) > kept(pool)))
        is_connected = 0;
    if (!is_connected) {
        apr_thread_mutex_unlock(pool->lock);
        luci_db_close(slot->db);
        apr_thread_mutex_lock(pool->lock);
    }
    slot->lent = 0;
    slot->is_connected = is_connected;
    if (!holds)
        luci_idle_put(&pool->idle, slot, is_connected, now);
    pool->came_back = apr_time_now();
    if (is_connected)
        luci_keeper_wake();
    apr_thread_cond_signal(pool->returned);
}

static void give_back(void *baton, luci_db_t *db)
{
    luci_pool_t *pool = baton;
    slot_t *slot;

    luci_db_limit(db, 0);
    apr_thread_mutex_lock(pool->lock);
    slot = slot_of(pool, db);
    note_answer(pool, slot);
    if (!slot->write_hung)
        report(pool, db);
    report_lacks(pool, db);
    luci_bulkhead_leave(&pool->bulkhead);
    luci_gauge(LUCI_GAUGE_HANDLES, -1);
    put_idle(pool, slot);
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

/* ---- Lending a handle ---- */

/* One attempt to borrow. */
typedef struct {
    apr_time_t begun;
    apr_time_t deadline; /* of the wait for a handle */
    int is_refused;      /* 1: the server refused a further connection, so that another handle must be lent */
} attempt_t;

/* Takes a place in the bulkhead, under the lock. 0: there is none in time, or the server is known to hang. */
static int enter(luci_pool_t *pool, const attempt_t *attempt)
{
    luci_bulkhead_entry_t entry;

    if (are_stuck(pool, attempt->begun)) {
        report_lack(pool, LACK_STUCK);
        return 0;
    }
    entry = luci_bulkhead_enter(&pool->bulkhead, attempt->deadline);
    if (entry != LUCI_BULKHEAD_ENTERED) {
        report_lack(pool, entry == LUCI_BULKHEAD_FULL ? LACK_FULL : LACK_SILENT);
        return 0;
    }
    if (luci_breaker_may_call(pool->breaker, apr_time_now()))
        return 1;
    luci_bulkhead_leave(&pool->bulkhead);
    return 0;
}

/* Lends a handle, under the lock. NULL: none was returned in time. */
static slot_t *lend(luci_pool_t *pool, const attempt_t *attempt)
{
    slot_t *slot = take(pool, apr_time_now(), attempt->deadline);

    if (!slot) {
        if (!attempt->is_refused) /* otherwise the log has the reason */
            report_lack(pool, LACK_BUSY);
        luci_bulkhead_leave(&pool->bulkhead);
        return NULL;
    }
    slot->lent = apr_time_now();
    slot->write_hung = 0;
    luci_gauge(LUCI_GAUGE_HANDLES, 1);
    return slot;
}

static const char *refusal_remedy(const luci_db_t *db)
{
    return luci_db_is_refused(db) ? "raise the server's limit, or lower LuciaDatabasePool"
                                  : "if a balancer chooses among servers, let it leave out those that "
                                    "cannot serve";
}

/* Logs, under the lock, that the server refuses further connections (the handle that it refused), or no
 * longer does (NULL). */
static void report_refusal(luci_pool_t *pool, const luci_db_t *db)
{
    apr_pool_t *scratch;

    if (!luci_httpd_log_condition(&pool->refusal, db ? luci_db_error(db) : NULL) ||
        apr_pool_create(&scratch, pool->memory) != APR_SUCCESS)
        return;
    if (db)
        ap_log_error(
            APLOG_MARK, APLOG_WARNING, 0, pool->server,
            "LUCI0317: the database server refuses a further connection: %s; this process has %d, and "
            "requests wait for one of them; %s",
            luci_db_problem(db, scratch), connected(pool), refusal_remedy(db));
    else
        ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, pool->server,
                     "LUCI0318: the database server accepts further connections again: %s", pool->title);
    apr_pool_destroy(scratch);
}

/* After a failed attempt to connect: sets is_refused if the server only refuses further connections, so that
 * waiting helps. Then the handle is idle again, and the caller keeps its place in the bulkhead. If this
 * process has no connection, the wait is shorter: others may end one, but need not. */
static void note_refused(luci_pool_t *pool, slot_t *slot, attempt_t *attempt)
{
    int is_full = luci_db_is_refused(slot->db), others;
    apr_time_t now = apr_time_now();

    apr_thread_mutex_lock(pool->lock);
    others = connected(pool);
    attempt->is_refused = !luci_db_is_hung(slot->db) && (is_full || others > 0);
    if (is_full) {
        luci_bulkhead_answered(&pool->bulkhead, now);
        luci_shortage_note(pool->shortage, others == 0, now);
    }
    if (attempt->is_refused) {
        luci_growth_refused(&pool->growth, others > 0 ? LUCI_GROWTH_PAUSE : LUCI_GROWTH_RETRY, now);
        if (others == 0 && attempt->deadline > attempt->begun + LUCI_GROWTH_WAIT)
            attempt->deadline = attempt->begun + LUCI_GROWTH_WAIT;
        report_refusal(pool, slot->db);
        luci_gauge(LUCI_GAUGE_HANDLES, -1);
        luci_db_limit(slot->db, 0);
        put_idle(pool, slot);
    }
    apr_thread_mutex_unlock(pool->lock);
}

static void note_opened(luci_pool_t *pool, slot_t *slot)
{
    apr_thread_mutex_lock(pool->lock);
    slot->is_connected = 1;
    luci_bulkhead_answered(&pool->bulkhead, apr_time_now());
    luci_growth_opened(&pool->growth);
    report_refusal(pool, NULL);
    apr_thread_mutex_unlock(pool->lock);
}

/* Asks the server about a handle that is held. 0: it stays so, and another one must be lent, unless the
 * server does not answer. */
static int release_held(luci_pool_t *pool, slot_t *slot, attempt_t *attempt)
{
    int gone = is_gone(slot, apr_time_now());

    apr_thread_mutex_lock(pool->lock);
    pool->is_looking = 0;
    if (gone) {
        slot->held = 0;
        pool->holds--;
        slot->is_connected = luci_db_is_connected(slot->db);
    }
    else if (!luci_db_is_hung(slot->db)) {
        attempt->is_refused = 1;
        luci_gauge(LUCI_GAUGE_HANDLES, -1);
        luci_db_limit(slot->db, 0);
        put_idle(pool, slot);
    }
    apr_thread_mutex_unlock(pool->lock);
    return gone;
}

/* Makes a lent handle fit for use; a file is opened by the first statement. Otherwise the handle is idle
 * again.
 */
static luci_result_t make_ready(luci_pool_t *pool, slot_t *slot, attempt_t *attempt)
{
    luci_result_t result = LUCI_BUSY;

    attempt->is_refused = 0;
    luci_db_limit(slot->db, LUCI_POOL_USE);
    if ((!slot->held || release_held(pool, slot, attempt)) && refresh(pool, slot, attempt->begun)) {
        if (pool->is_file || luci_db_is_connected(slot->db))
            return LUCI_OK;
        result = luci_db_connect(slot->db);
        if (result == LUCI_OK) {
            note_opened(pool, slot);
            return LUCI_OK;
        }
        note_refused(pool, slot, attempt);
    }
    if (!attempt->is_refused)
        give_back(pool, slot->db);
    return result;
}

static luci_result_t try_borrow(luci_pool_t *pool, luci_db_t **db)
{
    apr_time_t now = apr_time_now();
    attempt_t attempt = { now, now + apr_time_from_msec(pool->size.wait), 0 };
    luci_result_t result = LUCI_BUSY;
    int may_ask;

    apr_thread_mutex_lock(pool->lock);
    may_ask = enter(pool, &attempt);
    apr_thread_mutex_unlock(pool->lock);
    if (!may_ask)
        return LUCI_BUSY;
    do {
        slot_t *slot;

        apr_thread_mutex_lock(pool->lock);
        slot = lend(pool, &attempt);
        apr_thread_mutex_unlock(pool->lock);
        if (!slot)
            return LUCI_BUSY;
        *db = slot->db;
        result = make_ready(pool, slot, &attempt);
    } while (attempt.is_refused);
    return result;
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

int luci_pool_may_write(luci_pool_t *pool, luci_write_t kind, luci_ms_t now)
{
    return (apr_uint64_t)now >= apr_atomic_read64(&pool->no_writing_before[kind]) &&
           (pool->is_file || !luci_write_limit_is_stuck(&pool->writes));
}

void luci_pool_write_failed(luci_pool_t *pool, luci_write_t kind, luci_ms_t now)
{
    apr_atomic_set64(&pool->no_writing_before[kind],
                     (apr_uint64_t)(now + apr_time_as_msec(LUCI_POOL_WRITE_PAUSE)));
}
