/* SPDX-License-Identifier: Apache-2.0 */
/* What was reported lately: each thing at once and then once in an interval, and a flood stays bounded. */
#include "core/base/recent.h"
#include "lib/tap.h"

#include <string.h>

#define MINUTE 60
#define NOW 1800000000u

static luci_recent_t recent;

static int is_due(apr_uint32_t hash, apr_uint32_t now)
{
    return luci_recent_is_due(&recent, hash, now, MINUTE);
}

static void test_repetition(void)
{
    tap_ok(is_due(7, NOW), "a thing is reported when it is first seen");
    tap_ok(!is_due(7, NOW), "a thing that was just reported is not reported");
    tap_ok(is_due(8, NOW), "another thing is reported at once");
    tap_ok(is_due(0, NOW), "the hash 0 is a thing like others");
    tap_ok(!is_due(0, NOW), "the hash 0 is not reported twice");
    tap_ok(!is_due(7, NOW + MINUTE - 1), "a thing is not reported again before the interval has passed");
    tap_ok(is_due(7, NOW + MINUTE), "a thing is reported again after the interval");
    tap_ok(!is_due(7, NOW + MINUTE), "a thing that was reported again waits for another interval");
    tap_ok(is_due(7, NOW - MINUTE), "a thing is reported if the clock was set back");
}

/* The number that are reported of so many different things. */
static int reported(apr_uint32_t first, int things, apr_uint32_t now)
{
    int number = 0;

    for (int i = 0; i < things; i++)
        number += is_due(first + (apr_uint32_t)i, now);
    return number;
}

static void test_flood(void)
{
    memset(&recent, 0, sizeof recent);
    tap_is_int(reported(1000, 5000, NOW), LUCI_RECENT_MAX, "a flood of different things is bounded");
    tap_is_int(reported(1000, 5000, NOW + MINUTE - 1), 0, "a flood reports nothing more in its interval");
    tap_ok(is_due(1003, NOW + MINUTE), "a thing of a flood is reported again after the interval");
    tap_is_int(reported(9000, 5000, NOW + MINUTE), LUCI_RECENT_MAX - 1,
               "the next interval has room for as many things");
    tap_ok(!is_due(1003, NOW + MINUTE), "a flood does not make a thing reported twice");
}

/* A thing keeps its own place, although one before it has expired. */
static void test_place(void)
{
    memset(&recent, 0, sizeof recent);
    (void)is_due(1, NOW);
    (void)is_due(2, NOW + 1);
    tap_ok(is_due(2, NOW + 1 + MINUTE), "a thing whose place is not the first is reported again");
    tap_is_int(reported(100, 5000, NOW + 1 + MINUTE), LUCI_RECENT_MAX - 1,
               "a thing that is reported again takes one place");
}

int main(void)
{
    test_repetition();
    test_flood();
    test_place();
    return tap_done();
}
