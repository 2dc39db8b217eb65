/* SPDX-License-Identifier: Apache-2.0 */
/* Suspends requests so that they wait for a hash slot without occupying one of httpd's threads. If the MPM
 * can wait for a connection (event), a request that has to queue returns its thread to httpd. A few threads
 * of this module process the queue in its order, and one of httpd's threads then sends the response. The MPM
 * keeps watching the connection: when the client closes it or sends data, a thread of httpd takes the request
 * out of the queue.
 *
 * At any time only one thread uses the request: httpd's until the connection is suspended, then one of this
 * module, then one of httpd again. */
#ifndef LUCI_SUSPEND_H
#define LUCI_SUSPEND_H

#include <httpd.h>

/* The work that a request waits for. */
typedef struct {
    void (*work)(void *baton);   /* called in a thread of this module or of httpd */
    void (*expire)(void *baton); /* called instead of work after wait has passed */
    int (*answer)(
        void *baton); /* called afterwards: sends the whole response; returns what a handler returns */
    void (*discard)(void *baton); /* called instead of all others if the client has gone; wipes secrets */
    void *baton;                  /* allocated from the request's pool */
    apr_interval_time_t wait;     /* maximum time in the queue */
} luci_suspended_t;

/* Registers the connection hooks. */
void luci_suspend_register(void);

/* Called in a child before its threads start; threads is the maximum number of this module's own threads.
 * They end with child_pool, after the work that they have begun; requests that still wait are discarded. */
void luci_suspend_start(int threads, apr_pool_t *child_pool);

/* 1: the request is suspended; the handler must return SUSPENDED. 0: it cannot be suspended; nothing was
 * done. */
int luci_suspend(request_rec *r, const luci_suspended_t *what);

#endif
