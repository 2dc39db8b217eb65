/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/hash/suspend.h"

#include "core/base/thread.h"
#include "httpd/base/config.h"
#include "httpd/base/counters.h"
#include "httpd/hash/hash_slots.h"
#include "httpd/hash/idle.h"

#include <ap_mpm.h>
#include <http_config.h>
#include <http_connection.h>
#include <http_core.h>
#include <http_log.h>
#include <http_protocol.h>
#include <http_request.h>
#include <mpm_common.h>
#include <util_filter.h>

#include <errno.h>
#include <sys/socket.h>

APLOG_USE_MODULE(luciauth);

/* When a response is sent: earlier than any timer of another module. event (2.4.71) wakes up for a new timer
 * only if it is the first by 10 ms, and serves none before its time has passed. */
#define AT_ONCE (-apr_time_from_sec(3600))

/* Seconds that a thread without work stays for the next request, so that in a burst not each request pays for
 * a new thread, its stack and its random generator. */
#define LINGER 10

typedef enum {
    IDLE,      /* no request is suspended */
    BEGUN,     /* a request is suspended, and its handler has not returned yet */
    QUEUED,    /* the request is in the queue; the MPM has the connection */
    RUNNING,   /* a thread of this module does the work */
    WORKED,    /* the work is done; the first available thread of httpd sends the response */
    ANSWERING, /* a thread of httpd sends the response */
    RECALLED,  /* was QUEUED; a thread of httpd has the connection again */
    REDEEMED,  /* was WORKED; a thread of httpd has the connection again */
    GONE       /* the connection was closed */
} state_t;

/* A connection on which a request was suspended. Several threads use it under the lock, except is_parked. The
 * thread of httpd that has the connection reads the state without it, because no other thread changes it
 * then; a callback may still be reading it. */
typedef struct waiter_t {
    struct waiter_t *next; /* in the queue */
    conn_rec *c;
    request_rec *r;
    luci_suspended_t what;
    state_t state;
    apr_time_t since;            /* when it was queued */
    luci_idle_connection_t idle; /* the MPM has the connection, whose next request has not come */
    int references;              /* held by the connection, a working thread and callbacks */
    int is_parked; /* other threads may use it; only the thread of httpd that has the connection asks */
} waiter_t;

/* The queue of this child. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed; /* signals that a waiter's state or the number of threads has changed */
    pthread_cond_t called;  /* signals that calls or is_stopping has changed */
    waiter_t *first;
    waiter_t *last;
    int threads;
    int has_ended; /* ended is a thread, which the next one that ends joins */
    pthread_t ended;
    int threads_max; /* 0: requests cannot be suspended in this child */
    int is_stopping;
    int lingering; /* number of threads that wait for work and have not been called */
    int calls;     /* number of them that were called and have not woken up yet */
} room = { .lock = PTHREAD_MUTEX_INITIALIZER,
           .changed = PTHREAD_COND_INITIALIZER,
           .called = PTHREAD_COND_INITIALIZER };

static __thread conn_rec *inside; /* the connection for which this thread runs the other modules' hooks */

static waiter_t *waiter_of(conn_rec *c)
{
    return ap_get_module_config(c->conn_config, &luciauth_module);
}

/* Requires the lock. */
static void release(waiter_t *waiter)
{
    if (--waiter->references == 0)
        free(waiter);
}

/* ---- The queue; all functions require the lock ---- */

static void append(waiter_t *waiter)
{
    waiter->next = NULL;
    if (room.first)
        room.last->next = waiter;
    else
        room.first = waiter;
    room.last = waiter;
    waiter->state = QUEUED;
    waiter->since = apr_time_now();
    luci_gauge(LUCI_GAUGE_HASHES_WAITING, 1);
}

static void take_out(waiter_t *waiter, state_t state)
{
    waiter_t *before = NULL;

    for (waiter_t *one = room.first; one != waiter; one = one->next)
        before = one;
    if (before)
        before->next = waiter->next;
    else
        room.first = waiter->next;
    if (room.last == waiter)
        room.last = before;
    waiter->state = state;
    luci_gauge(LUCI_GAUGE_HASHES_WAITING, -1);
}

static void set_state(waiter_t *waiter, state_t state)
{
    pthread_mutex_lock(&room.lock);
    waiter->state = state;
    pthread_mutex_unlock(&room.lock);
}

/* ---- Sending the response, in the thread of httpd that has the connection ---- */

/* Does what ap_process_request_after_handler does, except looking for a pipelined request: the MPM detects
 * one by the data in the socket. */
static void end_request(waiter_t *waiter)
{
    conn_rec *c = waiter->c;
    apr_bucket_brigade *end = apr_brigade_create(c->pool, c->bucket_alloc);

    APR_BRIGADE_INSERT_TAIL(end, ap_bucket_eor_create(c->bucket_alloc, waiter->r));
    APR_BRIGADE_INSERT_TAIL(end, apr_bucket_flush_create(c->bucket_alloc));
    waiter->r = NULL;
    if (ap_pass_brigade(c->output_filters, end) != APR_SUCCESS)
        c->aborted = 1;
    apr_brigade_destroy(end);
}

static void answer(waiter_t *waiter)
{
    int status = waiter->what.answer(waiter->what.baton);

    if (status != OK && status != DONE)
        waiter->r->status = HTTP_OK; /* ap_die takes this for the status of an earlier error */
    ap_die(status, waiter->r);
    end_request(waiter);
}

static int is_kept_alive(const conn_rec *c)
{
    return c->keepalive == AP_CONN_KEEPALIVE && !c->aborted;
}

static void answer_parked(void *baton)
{
    waiter_t *waiter = baton;

    pthread_mutex_lock(&room.lock);
    if (waiter->state == WORKED) {
        apr_interval_time_t max = waiter->r->server->keep_alive_timeout;

        waiter->state = ANSWERING;
        pthread_mutex_unlock(&room.lock);
        answer(waiter);
        pthread_mutex_lock(&room.lock);
        waiter->state = IDLE;
        luci_idle_begin(&waiter->idle, waiter->c, is_kept_alive(waiter->c) ? max : 0);
        pthread_cond_broadcast(&room.changed);
    }
    release(waiter);
    pthread_mutex_unlock(&room.lock);
}

/* ---- Threads of this module ---- */

/* Requires the lock, and releases it during the work. */
static void serve(waiter_t *waiter)
{
    int is_late = apr_time_now() - waiter->since > waiter->what.wait;

    take_out(waiter, RUNNING);
    waiter->references++;
    pthread_mutex_unlock(&room.lock);
    (is_late ? waiter->what.expire : waiter->what.work)(waiter->what.baton);
    pthread_mutex_lock(&room.lock);
    waiter->state = WORKED;
    if (room.is_stopping || ap_mpm_register_timed_callback(AT_ONCE, answer_parked, waiter) !=
                                APR_SUCCESS) /* on success, the callback takes over the reference */
        release(waiter);
    pthread_cond_broadcast(&room.changed);
}

/* Requires the lock. 0: no call came in time, or the child ends. After a call, another thread may have taken
 * the request. */
static int is_called(void)
{
    struct timespec end;
    int code = 0;

    clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_sec += LINGER;
    room.lingering++;
    while (room.calls == 0 && !room.is_stopping && code == 0)
        code = pthread_cond_clockwait(&room.called, &room.lock, CLOCK_MONOTONIC, &end);
    if (room.calls == 0) {
        room.lingering--;
        return 0;
    }
    room.calls--;
    return !room.is_stopping;
}

/* Requires the lock. */
static void call_thread(void)
{
    room.lingering--;
    room.calls++;
    pthread_cond_signal(&room.called);
}

/* Requires the lock, and releases it. When this thread is joined, all that ended before it are gone, too,
 * with what libraries keep for each thread. */
static void end_thread(void)
{
    pthread_t before = room.ended;
    int has_before = room.has_ended;

    room.threads--;
    room.ended = pthread_self();
    room.has_ended = 1;
    pthread_cond_broadcast(&room.changed);
    pthread_mutex_unlock(&room.lock);
    if (has_before)
        pthread_join(before, NULL);
}

static void *work(void *unused)
{
    luci_hash_slots_detach();
    pthread_mutex_lock(&room.lock);
    do {
        while (room.first && !room.is_stopping)
            serve(room.first);
    } while (is_called());
    end_thread();
    return unused;
}

/* Requires the lock. If no thread can be started, the request waits for a running thread, or expires at once
 * if there is none. */
static void enqueue(waiter_t *waiter)
{
    pthread_t thread;

    append(waiter);
    if (room.lingering > 0) {
        call_thread();
        return;
    }
    if (room.threads >= room.threads_max)
        return;
    room.threads++;
    if (luci_thread_start(work, NULL, &thread))
        return;
    room.threads--;
    if (room.threads == 0) {
        waiter->since = 0;
        serve(waiter);
    }
}

/* Waits for the threads themselves, not only for the end of their work: libcrypto must not be cleaned up
 * while one of them still gives back what it has of it. */
static apr_status_t stop(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&room.lock);
    room.is_stopping = 1;
    while (room.first) {
        waiter_t *waiter = room.first;

        take_out(waiter, RECALLED);
        waiter->what.discard(waiter->what.baton);
    }
    pthread_cond_broadcast(&room.called);
    while (room.threads > 0)
        pthread_cond_wait(&room.changed, &room.lock);
    pthread_mutex_unlock(&room.lock);
    if (room.has_ended)
        pthread_join(room.ended, NULL);
    luci_idle_stop();
    return APR_SUCCESS;
}

void luci_suspend_start(int threads, apr_pool_t *child_pool)
{
    int is_async = 0, can_wait = 0;

#ifdef AP_MPMQ_CAN_WAITIO
    if (ap_mpm_query(AP_MPMQ_IS_ASYNC, &is_async) != APR_SUCCESS ||
        ap_mpm_query(AP_MPMQ_CAN_WAITIO, &can_wait) != APR_SUCCESS)
        return;
#endif
    if (!is_async || !can_wait)
        return;
    room.threads_max = threads;
    apr_pool_pre_cleanup_register(child_pool, NULL, stop);
}

/* ---- Handing over the connection ---- */

/* Hook: the MPM takes the connection; from now on a thread of this module may use the request. Further
 * requests of the connection take no lock. */
static void park(conn_rec *c, request_rec *r)
{
    waiter_t *waiter = waiter_of(c);

    (void)r;
    if (!waiter || c->master || waiter->state != BEGUN)
        return;
    waiter->is_parked = 1;
    pthread_mutex_lock(&room.lock);
    enqueue(waiter);
    pthread_mutex_unlock(&room.lock);
}

/* Requires the lock. When this returns, no other thread uses the request. */
static void call_back(waiter_t *waiter)
{
    if (waiter->state == QUEUED)
        take_out(waiter, RECALLED);
    while (waiter->state == RUNNING || waiter->state == ANSWERING)
        pthread_cond_wait(&room.changed, &room.lock);
    if (waiter->state == WORKED)
        waiter->state = REDEEMED;
    luci_idle_end(&waiter->idle); /* not before: when an answer has been sent, the connection becomes idle */
}

/* Hook: a thread of httpd takes the connection, or it ends. */
static void recall(conn_rec *c, request_rec *r)
{
    waiter_t *waiter = waiter_of(c);

    (void)r;
    if (!waiter || c->master || !waiter->is_parked)
        return;
    waiter->is_parked = 0;
    pthread_mutex_lock(&room.lock);
    call_back(waiter);
    pthread_mutex_unlock(&room.lock);
}

/* Pre-cleanup of the connection's pool: runs before the request's pool is destroyed. When the process ends,
 * another thread may be using the connection. */
static apr_status_t forget(void *baton)
{
    waiter_t *waiter = baton;

    pthread_mutex_lock(&room.lock);
    call_back(waiter);
    if (waiter->r)
        waiter->what.discard(waiter->what.baton);
    ap_set_module_config(waiter->c->conn_config, &luciauth_module, NULL); /* hooks still run afterwards */
    waiter->state = GONE;
    waiter->r = NULL;
    release(waiter);
    pthread_mutex_unlock(&room.lock);
    return APR_SUCCESS;
}

/* 1: the client has closed the connection. */
static int is_at_end(conn_rec *c)
{
    apr_os_sock_t socket;
    char byte;
    ssize_t got;

    if (apr_os_sock_get(&socket, ap_get_conn_socket(c)) != APR_SUCCESS)
        return 1;
    do
        got = recv(socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    while (got < 0 && errno == EINTR);
    return got == 0 || (got < 0 && errno != EAGAIN && errno != EWOULDBLOCK);
}

static void drop(waiter_t *waiter)
{
    waiter->what.discard(waiter->what.baton);
    waiter->c->aborted = 1;
    waiter->r->status = HTTP_REQUEST_TIME_OUT; /* for the access log */
    end_request(waiter);
}

/* Finishes the request when the connection has come back. Returns 1 if the next request can be read. */
static int settle(waiter_t *waiter)
{
    conn_rec *c = waiter->c;
    state_t state = waiter->state;

    if (state != RECALLED && state != REDEEMED)
        return !waiter->idle.is_over;
    if (state == RECALLED && is_at_end(c)) {
        drop(waiter);
    }
    else {
        if (state == RECALLED)
            waiter->what.work(waiter->what.baton);
        answer(waiter);
    }
    set_state(waiter, IDLE);
    return is_kept_alive(c);
}

/* Hook: runs the other modules' hooks for the connection. If they have suspended a request, makes the MPM
 * wait until the connection is readable. */
static int process(conn_rec *c)
{
    conn_rec *before = inside;
    waiter_t *waiter;
    int result;

    if (room.threads_max == 0 || c->master || inside == c)
        return DECLINED;
    waiter = waiter_of(c);
    if (waiter && !settle(waiter)) {
        c->cs->state = CONN_STATE_LINGER;
        return OK;
    }
    inside = c;
    result = ap_run_process_connection(c);
    inside = before;
    waiter = waiter_of(c);
#ifdef AP_MPMQ_CAN_WAITIO
    if (waiter && waiter->state == BEGUN && c->cs->state == CONN_STATE_SUSPENDED) {
        c->cs->state = CONN_STATE_ASYNC_WAITIO;
        c->cs->sense = CONN_SENSE_WANT_READ;
    }
#endif
    return result;
}

void luci_suspend_register(void)
{
    ap_hook_process_connection(process, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_suspend_connection(park, NULL, NULL, APR_HOOK_REALLY_LAST);
    ap_hook_resume_connection(recall, NULL, NULL, APR_HOOK_REALLY_FIRST);
}

/* ---- Suspending ---- */

/* 1: input filters hold data that the MPM cannot see. */
static int has_input(conn_rec *c)
{
    apr_bucket_brigade *peek = apr_brigade_create(c->pool, c->bucket_alloc);
    apr_status_t status = ap_get_brigade(c->input_filters, peek, AP_MODE_SPECULATIVE, APR_NONBLOCK_READ, 1);
    int is_empty = APR_STATUS_IS_EAGAIN(status) || (status == APR_SUCCESS && APR_BRIGADE_EMPTY(peek));

    apr_brigade_destroy(peek);
    return !is_empty;
}

static int can_suspend(request_rec *r)
{
    conn_rec *c = r->connection;

    return room.threads_max > 0 && inside == c && !r->main && !r->prev && !c->master && c->cs &&
           !c->clogging_input_filters && !c->data_in_output_filters && !has_input(c);
}

static waiter_t *make_waiter(conn_rec *c)
{
    waiter_t *waiter = calloc(1, sizeof *waiter);

    if (!waiter)
        return NULL;
    waiter->c = c;
    waiter->references = 1;
    ap_set_module_config(c->conn_config, &luciauth_module, waiter);
    apr_pool_pre_cleanup_register(c->pool, waiter, forget);
    return waiter;
}

int luci_suspend(request_rec *r, const luci_suspended_t *what)
{
    waiter_t *waiter;

    if (!can_suspend(r))
        return 0;
    waiter = waiter_of(r->connection);
    if (!waiter)
        waiter = make_waiter(r->connection);
    if (!waiter)
        return 0;
    waiter->r = r;
    waiter->what = *what;
    set_state(waiter, BEGUN);
    return 1;
}
