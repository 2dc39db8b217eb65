/* SPDX-License-Identifier: Apache-2.0 */
/* What all children know about a database server that does not answer: as soon as one of them has
 * found out, none asks it for a while, and then one request of the whole server does. Lies in shared memory.
 */
#ifndef LUCI_BREAKER_H
#define LUCI_BREAKER_H

#include <apr_pools.h>
#include <apr_time.h>

/* A try is given so long before somebody else may make one: longer than a use of a handle is given (pool.c).
 */
#define LUCI_BREAKER_TRY apr_time_from_sec(7)

typedef struct luci_breaker_t luci_breaker_t;

/* Made before children start, from conf_pool. NULL: there's no shared memory. */
luci_breaker_t *luci_breaker_create(apr_pool_t *conf_pool);

/* Whether the server is to be asked now. */
int luci_breaker_may_ask(luci_breaker_t *breaker, apr_time_t now);

/* Whether it is taken to hang just now, for work that must not be the one try. */
int luci_breaker_is_open(luci_breaker_t *breaker, apr_time_t now);

/* It answered; a refusal is an answer, too. */
void luci_breaker_answered(luci_breaker_t *breaker, apr_time_t now);

/* It didn't, to somebody who began then. Who was not answered while others were was slow by himself. */
void luci_breaker_unanswered(luci_breaker_t *breaker, apr_time_t begun, apr_time_t now);

#endif
