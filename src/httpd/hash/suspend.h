/* SPDX-License-Identifier: Apache-2.0 */
/* Requests that wait without a thread of httpd's. Where the MPM can wait for a connection (event), a
 * request that has to queue gives its thread back; a few threads of our own do the work of those that wait,
 * first come, first served, and one of httpd's threads then sends the answer. The connection stays with the
 * MPM all along: when its client goes away or sends more, the MPM hands it to a thread, which takes the
 * request out of the queue.
 *
 * Only one thread at a time has the request: httpd's until the connection is parked, then one of ours, then
 * httpd's again. */
#ifndef LUCI_SUSPEND_H
#define LUCI_SUSPEND_H

#include <httpd.h>

/* What a request waits for. */
typedef struct {
    void (*work)(void *baton);    /* in a thread of ours, or in one of httpd's */
    void (*expire)(void *baton);  /* instead of work: it waited too long */
    int (*answer)(void *baton);   /* afterwards: sends the whole answer, and returns what a handler returns */
    void (*discard)(void *baton); /* instead of it all: nobody waits any more; wipes secrets */
    void *baton;                  /* lives in the request's pool */
    apr_interval_time_t wait;     /* the longest */
} luci_suspended_t;

/* Hooks of connections. */
void luci_suspend_register(void);

/* In a child before its threads start: so many threads of our own at most. They end with child_pool, after
 * what they have begun; what still waits then is discarded. */
void luci_suspend_start(int threads, apr_pool_t *child_pool);

/* 1: the request is suspended, and its handler returns SUSPENDED. 0: it can't be here; nothing was done. */
int luci_suspend(request_rec *r, const luci_suspended_t *what);

#endif
