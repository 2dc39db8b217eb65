/* SPDX-License-Identifier: Apache-2.0 */
/* A circuit breaker for a server, in memory that all children share. When one child finds that the server
 * does not answer, the breaker opens: no child calls the server for a pause. After the pause, one call of one
 * child is let through, the retry; an answer to it closes the breaker. Times are microseconds since 1970 and
 * are passed in. */
#ifndef LUCI_BREAKER_H
#define LUCI_BREAKER_H

#include <apr_pools.h>
#include <apr_time.h>

typedef struct luci_breaker_t luci_breaker_t;

/* Creates a breaker, from conf_pool, before children start. After a failure no call is made for pause; then
 * one retry is made, and another one whenever retry has passed without an answer. Both are in microseconds.
 * NULL: shared memory is not available. */
luci_breaker_t *luci_breaker_create(apr_interval_time_t pause, apr_interval_time_t retry,
                                    apr_pool_t *conf_pool);

/* 1 if the caller may call the server now. When a pause is over, it returns 1 to one caller only, whose call
 * is the retry. */
int luci_breaker_may_call(luci_breaker_t *breaker, apr_time_t now);

/* 1 if calls pause now. For optional work, which must not be the retry. */
int luci_breaker_is_open(luci_breaker_t *breaker, apr_time_t now);

/* Closes the breaker: the server has answered. A refusal is an answer, too. */
void luci_breaker_answered(luci_breaker_t *breaker, apr_time_t now);

/* Ends the pause, so that the next call is the retry. For a retry that did not fail, but does not prove
 * either that the server works. */
void luci_breaker_allow_retry(luci_breaker_t *breaker);

/* Opens the breaker because a call that started at begun was not answered, unless another call has been
 * answered since. */
void luci_breaker_unanswered(luci_breaker_t *breaker, apr_time_t begun, apr_time_t now);

/* Opens the breaker even if other calls were answered: the server is known to have failed. */
void luci_breaker_open(luci_breaker_t *breaker, apr_time_t now);

#endif
