/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a pool may open a further connection. After the server refused one, the pool opens none for a
 * pause, and then one at a time until one succeeds: requests wait for the connections that it has. Times are
 * microseconds since 1970 and are passed in. The owner locks. */
#ifndef LUCI_GROWTH_H
#define LUCI_GROWTH_H

#include <apr_time.h>

/* Initially all zeros: the pool may grow. */
typedef struct {
    apr_time_t until; /* no connection is opened before; 0: the last one succeeded */
} luci_growth_t;

/* 1 if the caller may open a connection now, and must then call one of the next two functions. */
int luci_growth_may(luci_growth_t *growth, apr_time_t now);

/* The connection was opened. */
void luci_growth_opened(luci_growth_t *growth);

/* The server refused it: no further one for a pause of at most LUCI_GROWTH_PAUSE. */
void luci_growth_refused(luci_growth_t *growth, apr_interval_time_t pause, apr_time_t now);

/* How long it takes at most until luci_growth_may can return 1; 0: it can now. */
apr_interval_time_t luci_growth_wait(const luci_growth_t *growth, apr_time_t now);

#endif
