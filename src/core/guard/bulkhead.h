/* SPDX-License-Identifier: Apache-2.0 */
/* At most three of four threads of a child use databases at a time, in all its pools together. The others
 * wait for LUCI_BULKHEAD_WAIT and then fail, so that requests which need no database are served even while
 * all databases hang. A pool has one bulkhead and guards it by its lock. */
#ifndef LUCI_BULKHEAD_H
#define LUCI_BULKHEAD_H

#include "core/base/result.h"

#include <apr_thread_cond.h>
#include <apr_thread_mutex.h>
#include <apr_time.h>

/* Tells the time; a waiting thread needs it again. */
typedef apr_time_t luci_bulkhead_clock_fn(void);

/* Lives in its owner, zeros at first. */
typedef struct {
    luci_bulkhead_clock_fn *clock;
    apr_thread_mutex_t *lock; /* the owner's, held in all calls but the first */
    apr_thread_cond_t *left;  /* a thread, and another one may come */
    int inside;               /* threads */
    apr_time_t answered;      /* when one of them last was, or the first of them came */
} luci_bulkhead_t;

/* lock and clock of *bulkhead are set. threads: all that the child has. INTERNAL without memory. */
luci_result_t luci_bulkhead_init(luci_bulkhead_t *bulkhead, int threads,
                                 apr_pool_t *child_pool) LUCI_MUST_USE;

/* 1: entered, until luci_bulkhead_leave. 0: full. While no thread inside gets an answer, others are refused
 * without waiting. */
int luci_bulkhead_enter(luci_bulkhead_t *bulkhead, apr_time_t now) LUCI_MUST_USE;
void luci_bulkhead_leave(luci_bulkhead_t *bulkhead);

/* A thread inside got an answer. */
void luci_bulkhead_answered(luci_bulkhead_t *bulkhead, apr_time_t now);

#endif
