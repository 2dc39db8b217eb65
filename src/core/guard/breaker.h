/* SPDX-License-Identifier: Apache-2.0 */
/* What all children know about a server that does not answer: as soon as one of them has found out, none
 * calls it for a pause, and then a single call of all children tries it. In shared memory. Moments are passed
 * in, in microseconds since 1970. */
#ifndef LUCI_BREAKER_H
#define LUCI_BREAKER_H

#include <apr_pools.h>
#include <apr_time.h>

typedef struct luci_breaker_t luci_breaker_t;

/* Before children start, from conf_pool. After a failure, no call is made for pause; then one is, and another
 * one trial later at the earliest, unless the first succeeds. NULL: no shared memory. */
luci_breaker_t *luci_breaker_create(apr_interval_time_t pause, apr_interval_time_t trial,
                                    apr_pool_t *conf_pool);

/* Whether to call the server now. */
int luci_breaker_may_call(luci_breaker_t *breaker, apr_time_t now);

/* Whether calls pause now, for work that must not be the trial. */
int luci_breaker_is_open(luci_breaker_t *breaker, apr_time_t now);

/* The server answered; a refusal is an answer too. */
void luci_breaker_answered(luci_breaker_t *breaker, apr_time_t now);

/* A pause is over for one call, which may be made at once: the last one neither failed nor proved anything.
 */
void luci_breaker_try_again(luci_breaker_t *breaker);

/* A call that was begun then was not answered. Opens the breaker only if no call has been answered since. */
void luci_breaker_unanswered(luci_breaker_t *breaker, apr_time_t begun, apr_time_t now);

/* Opens it whatever was answered before: for a server that is known to have failed. */
void luci_breaker_open(luci_breaker_t *breaker, apr_time_t now);

#endif
