/* SPDX-License-Identifier: Apache-2.0 */
/* Who may come in to use a database: three of four of a child's threads, in all its pools together.
 * The others wait for a moment and then go on without, so that requests which need no database are served
 * whatever it does. A pool has one bulkhead and guards it by its lock. */
#ifndef LUCI_BULKHEAD_H
#define LUCI_BULKHEAD_H

#include "core/base/result.h"

#include <apr_thread_cond.h>
#include <apr_thread_mutex.h>
#include <apr_time.h>

/* Lives in its owner, zeros at first. */
typedef struct {
    apr_thread_mutex_t *lock; /* the owner's, held in all calls but the first */
    apr_thread_cond_t *left;  /* a thread, and another one may come */
    int inside;               /* threads */
    apr_time_t answered;      /* when one of them last was, or the first of them came */
} luci_bulkhead_t;

/* threads: all that the child has. INTERNAL without memory. */
luci_result_t luci_bulkhead_init(luci_bulkhead_t *bulkhead, apr_thread_mutex_t *lock, int threads,
                                 apr_pool_t *child_pool) LUCI_MUST_USE;

/* 1: in, until it leaves. 0: there's no room. When those inside get no answer, others don't wait either. */
int luci_bulkhead_enter(luci_bulkhead_t *bulkhead, apr_time_t now) LUCI_MUST_USE;
void luci_bulkhead_leave(luci_bulkhead_t *bulkhead);

/* Somebody inside got an answer. */
void luci_bulkhead_answered(luci_bulkhead_t *bulkhead, apr_time_t now);

#endif
