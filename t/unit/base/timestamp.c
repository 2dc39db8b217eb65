/* SPDX-License-Identifier: Apache-2.0 */
/* Moments as text: any number that a table can hold, without overflow. */
#include "core/base/timestamp.h"
#include "lib/tap.h"

static void check(luci_ms_t moment, const char *iso, const char *readable)
{
    char text[LUCI_TIMESTAMP_TEXT];
    luci_ms_t back = 1;

    luci_timestamp_to_iso(moment, text);
    tap_is_str(text, iso, "%s", iso);
    tap_ok(luci_timestamp_from_iso(text, &back) && back == luci_timestamp_clamp(moment),
           "the written timestamp is read again");
    luci_timestamp_to_text(moment, text);
    tap_is_str(text, readable, "the timestamp is readable for people");
}

static void check_minutes(void)
{
    char text[LUCI_TIMESTAMP_TEXT];

    luci_timestamp_to_minutes(1772357405999, text);
    tap_is_str(text, "2026-03-01 09:30 UTC", "a time for people has minutes and its zone");
    luci_timestamp_to_minutes(-1, text);
    tap_is_str(text, "1969-12-31 23:59 UTC", "a time for people before 1970");
}

/* Each was taken for a moment, or overflowed, when a scanf read them. */
static void check_refused(void)
{
    static const char *const none[] = {
        "",
        "soon",
        "2026-03-01",
        "2026-03-01T09:30:00Z",
        "2026-03-01T09:30:00.250",
        "2026-03-01T09:30:00.250Z ",
        " 2026-03-01T09:30:00.250Z",
        "2026-03-01T09:30:00.2Z",
        "2026-3-1T9:30:00.250Z",
        "2026-02-30T09:30:00.250Z",
        "2026-13-01T09:30:00.250Z",
        "2026-00-01T09:30:00.250Z",
        "2026-03-01T24:00:00.000Z",
        "2026-03-01T09:30:60.250Z",
        "2026-03-01T09:30:-1.250Z",
        "+002026-03-01T09:30:00.250Z",
        "-000000-03-01T09:30:00.250Z",
        "+275760-09-13T00:00:00.001Z",
        "+999999-03-01T09:30:00.250Z",
        "292277026596-03-01T09:30:00.250Z",
        "-2147483648-03-01T09:30:00.250Z",
        "9223372036854775807-03-01T09:30:00.250Z",
    };

    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        luci_ms_t moment = 7;

        tap_ok(!luci_timestamp_from_iso(none[i], &moment) && moment == 7, "no moment: \"%s\"", none[i]);
    }
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
    tap_is_int(luci_timestamp_from_digits("1795298400123"), 1795298400123, "digits of a table");
    tap_is_int(luci_timestamp_from_digits("99999999999999999999999"), LUCI_TIMESTAMP_MAX,
               "more than a number holds");
    tap_is_int(luci_timestamp_from_digits("-99999999999999999999999"), -LUCI_TIMESTAMP_MAX,
               "a number below the range is the smallest timestamp");
    tap_is_int(luci_timestamp_from_digits("soon"), 0, "what is no number");
    check_minutes();
    check_refused();
    return tap_done();
}
