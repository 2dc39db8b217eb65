/* SPDX-License-Identifier: Apache-2.0 */
/* A bulkhead: at most three of four threads of a child may use databases at the same time, in all pools
 * together, so that requests that need no database are served even while all databases hang. Further threads
 * wait for a place, in turn, as long as the database goes on answering; once it has not answered for
 * LUCI_BULKHEAD_WAIT, they are refused. Each pool has one bulkhead, and protects it with its own lock. */
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
    int waiting;              /* number of threads that wait for a place */
    apr_time_t answered;      /* when a thread inside last got an answer, or the first thread entered */
} luci_bulkhead_t;

typedef enum {
    LUCI_BULKHEAD_ENTERED,
    LUCI_BULKHEAD_SILENT, /* it is full, and the database does not answer the threads inside */
    LUCI_BULKHEAD_FULL    /* it answers them, but no place became free before the deadline */
} luci_bulkhead_entry_t;

/* Initialises a bulkhead whose lock and clock are set. threads: the number of threads of the child. INTERNAL:
 * no memory. */
luci_result_t luci_bulkhead_init(luci_bulkhead_t *bulkhead, int threads,
                                 apr_pool_t *child_pool) LUCI_MUST_USE;

/* Waits for a place, at most until the deadline. ENTERED: call luci_bulkhead_leave afterwards. While no
 * thread inside gets an answer, others are refused without waiting. */
luci_bulkhead_entry_t luci_bulkhead_enter(luci_bulkhead_t *bulkhead, apr_time_t deadline) LUCI_MUST_USE;
void luci_bulkhead_leave(luci_bulkhead_t *bulkhead);

/* Records that a thread inside got an answer. */
void luci_bulkhead_answered(luci_bulkhead_t *bulkhead, apr_time_t now);

#endif
