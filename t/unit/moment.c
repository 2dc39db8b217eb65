/* SPDX-License-Identifier: Apache-2.0 */
/* Moments as text: any number that a table can hold, without overflow. */
#include "moment.h"
#include "tap.h"

static void check(luci_ms_t moment, const char *iso, const char *readable)
{
    char text[LUCI_MOMENT_TEXT];

    luci_moment_iso(moment, text);
    tap_is_str(text, iso, "%s", iso);
    luci_moment_readable(moment, text);
    tap_is_str(text, readable, "and for people");
}

int main(void)
{
    check(0, "1970-01-01T00:00:00.000Z", "1970-01-01 00:00:00Z");
    check(1795298400123, "2026-11-21T22:00:00.123Z", "2026-11-21 22:00:00Z");
    check(-1, "1969-12-31T23:59:59.999Z", "1969-12-31 23:59:59Z");
    check(253402300799999, "9999-12-31T23:59:59.999Z", "9999-12-31 23:59:59Z");
    check(253402300800000, "+010000-01-01T00:00:00.000Z", "+010000-01-01 00:00:00Z");
    check(INT64_MAX, "+275760-09-13T00:00:00.000Z", "+275760-09-13 00:00:00Z");
    check(INT64_MIN, "-271821-04-20T00:00:00.000Z", "-271821-04-20 00:00:00Z");
    tap_is_int(luci_moment_parse("1795298400123"), 1795298400123, "digits of a table");
    tap_is_int(luci_moment_parse("99999999999999999999999"), LUCI_MOMENT_MOST, "more than a number holds");
    tap_is_int(luci_moment_parse("-99999999999999999999999"), -LUCI_MOMENT_MOST, "or less");
    tap_is_int(luci_moment_parse("soon"), 0, "what is no number");
    return tap_done();
}
