/* SPDX-License-Identifier: Apache-2.0 */
#include "core/guard/growth.h"

#include "core/guard/times.h"

/* A pause that is further ahead than the longest one began before the clock was set back, and is over. */
apr_interval_time_t luci_growth_wait(const luci_growth_t *growth, apr_time_t now)
{
    apr_interval_time_t wait = growth->until - now;

    return growth->until == 0 || wait < 0 || wait > LUCI_GROWTH_PAUSE ? 0 : wait;
}

int luci_growth_may(luci_growth_t *growth, apr_time_t now)
{
    if (luci_growth_wait(growth, now) > 0)
        return 0;
    if (growth->until != 0)
        growth->until = now + LUCI_GROWTH_PAUSE; /* others wait for the outcome of this attempt */
    return 1;
}

void luci_growth_opened(luci_growth_t *growth)
{
    growth->until = 0;
}

void luci_growth_refused(luci_growth_t *growth, apr_interval_time_t pause, apr_time_t now)
{
    growth->until = now + pause;
}
