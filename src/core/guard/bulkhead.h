/* SPDX-License-Identifier: Apache-2.0 */
/* A bulkhead: at most three of four threads of a child may use databases at the same time, in all pools
 * together. Further threads wait at most LUCI_BULKHEAD_WAIT and then fail, so that requests that need no
 * database are served even while all databases hang. Each pool has one bulkhead, and protects it with its own
 * lock. */
#ifndef LUCI_BULKHEAD_H
#define LUCI_BULKHEAD_H

#include "core/base/result.h"

#include <apr_thread_cond.h>
#include <apr_thread_mutex.h>
#include <apr_time.h>

/* Returns the current time, which a waiting thread needs again. */
typedef apr_time_t luci_bulkhead_clock_fn(void);

/* A member of the pool. Initially all zeros except for lock and clock. */
typedef struct {
    luci_bulkhead_clock_fn *clock;
    apr_thread_mutex_t *lock; /* the lock of the pool, held in all calls except luci_bulkhead_init */
    apr_thread_cond_t *left;  /* signalled when a thread leaves */
    int inside;               /* number of threads inside */
    apr_time_t answered;      /* when a thread inside last got an answer, or the first thread entered */
} luci_bulkhead_t;

/* Initialises a bulkhead whose lock and clock are set. threads: the number of threads of the child. INTERNAL:
 * no memory. */
luci_result_t luci_bulkhead_init(luci_bulkhead_t *bulkhead, int threads,
                                 apr_pool_t *child_pool) LUCI_MUST_USE;

/* Enters the bulkhead. 1: entered; call luci_bulkhead_leave afterwards. 0: it is full. While no thread inside
 * gets an answer, others are refused without waiting. */
int luci_bulkhead_enter(luci_bulkhead_t *bulkhead, apr_time_t now) LUCI_MUST_USE;
void luci_bulkhead_leave(luci_bulkhead_t *bulkhead);

/* Records that a thread inside got an answer. */
void luci_bulkhead_answered(luci_bulkhead_t *bulkhead, apr_time_t now);

#endif
