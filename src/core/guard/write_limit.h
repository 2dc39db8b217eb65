/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps writes to a database server that does not answer them (a synchronous standby is missing, a disk is
 * full) from using up the handles of a pool: at most half of the handles may write at the same time, and
 * while no write is answered, others are refused at once. A breaker that all children share then lets one
 * write a time through. Reads go on. From all threads of a child. */
#ifndef LUCI_WRITE_LIMIT_H
#define LUCI_WRITE_LIMIT_H

#include "core/guard/breaker.h"

#include <apr_thread_cond.h>
#include <apr_thread_mutex.h>

/* A member of the pool. Initially all zeros except for breaker and clock. */
typedef struct {
    luci_breaker_t *breaker;
    apr_time_t (*clock)(void);
    apr_thread_mutex_t *lock; /* guards what follows */
    apr_thread_cond_t *left;  /* signalled when a write has ended */
    int max;                  /* writes at the same time */
    int inside;               /* writes that run */
    apr_time_t answered;      /* when one of them was last answered, or the first one began */
} luci_write_limit_t;

/* Initialises a limit for a pool of so many handles. 0: no memory. */
int luci_write_limit_init(luci_write_limit_t *limit, int handles, apr_pool_t *child_pool);

/* 1 if a write may begin now, perhaps after LUCI_WRITE_WAIT; luci_write_limit_leave must follow. 0: it may
 * not. */
int luci_write_limit_enter(luci_write_limit_t *limit);

/* After the end of a write that began at begun; hung: the server did not answer it in time. */
void luci_write_limit_leave(luci_write_limit_t *limit, apr_time_t begun, int hung);

/* 1 while writes are not answered, so that an optional one should not be tried. */
int luci_write_limit_is_stuck(luci_write_limit_t *limit);

#endif
