/* SPDX-License-Identifier: Apache-2.0 */
#include "core/throttle/under_way.h"

apr_uint32_t luci_under_way_number(const luci_under_way_t *attempts)
{
    return attempts->newer + attempts->older;
}

/* No attempt counts for longer than two periods of its limit. A limit that is off has none. */
static luci_ms_t span_of(const luci_limit_t *limit)
{
    return limit->period > 0 && limit->period < LUCI_UNDER_WAY_SPAN ? limit->period : LUCI_UNDER_WAY_SPAN;
}

/* All nodes have the same spans. Attempts that would begin in the future, because the clock was set back, are
 * forgotten, too. */
void luci_under_way_settle(luci_under_way_t *attempts, const luci_limit_t *limit, luci_ms_t now)
{
    luci_ms_t span = span_of(limit), start = now - now % span;

    if (start - attempts->since > span || attempts->since - start > span)
        attempts->newer = attempts->older = 0;
    if (start > attempts->since) {
        attempts->older = attempts->newer;
        attempts->newer = 0;
    }
    attempts->since = start;
}

void luci_under_way_begin(luci_under_way_t *attempts, const luci_limit_t *limit, luci_ms_t now)
{
    luci_under_way_settle(attempts, limit, now);
    attempts->newer++;
}

void luci_under_way_end(luci_under_way_t *attempts, const luci_limit_t *limit, luci_ms_t now, luci_ms_t began)
{
    luci_under_way_settle(attempts, limit, now);
    if (began >= attempts->since)
        attempts->newer -= attempts->newer > 0;
    else if (began >= attempts->since - span_of(limit))
        attempts->older -= attempts->older > 0;
}

luci_ms_t luci_under_way_until(const luci_under_way_t *attempts, const luci_limit_t *limit)
{
    if (attempts->newer > 0)
        return attempts->since + 2 * span_of(limit);
    return attempts->older > 0 ? attempts->since + span_of(limit) : 0;
}
