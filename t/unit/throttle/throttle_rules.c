/* SPDX-License-Identifier: Apache-2.0 */
/* Throttling's rules: how many tries, how long a refusal, and what a wrong clock or a wrong record does. Rows
 * 4, 39 and 40. */
#include "core/throttle/throttle_count.h"
#include "lib/support.h"
#include "lib/tap.h"

#include <string.h>

#define PERIOD (15 * LUCI_MS_MINUTE)

static const luci_limit_t limit = { 3, PERIOD };
static luci_throttle_count_t count;
static luci_ms_t retry_after;

static luci_result_t begin_at(luci_ms_t now)
{
    retry_after = 0;
    return luci_throttle_count_try(&count, &limit, now, &retry_after);
}

/* One that fails at once, unless it's refused. */
static luci_result_t try_at(luci_ms_t now)
{
    luci_result_t result = begin_at(now);

    if (result == LUCI_OK)
        luci_throttle_count_failure(&count, &limit, now);
    return result;
}

static void begin(void)
{
    luci_throttle_count_init(&count, LUCI_THROTTLE_ACCOUNT, "alice");
}

/* As many as are allowed from a moment on, and one more. */
static void reach_at(luci_ms_t now, luci_ms_t delay, const char *what)
{
    for (apr_uint32_t i = 0; i < limit.max; i++)
        tap_is_result(try_at(now), LUCI_OK, "%s: try %d", what, (int)i + 1);
    tap_is_result(try_at(now), LUCI_THROTTLED, "%s: one too many", what);
    tap_is_int(retry_after, delay, "%s: for so long", what);
}

static void check_limit(void)
{
    begin();
    reach_at(NOW, PERIOD, "S9.4");
    tap_is_result(try_at(NOW + PERIOD - 1), LUCI_THROTTLED, "S9.4: a millisecond before the end");
    tap_is_int(retry_after, 1, "S9.4: one more to wait");
    tap_is_int(count.failures, 3, "S9.4: refused ones are not counted");
    tap_is_result(try_at(NOW + PERIOD), LUCI_OK, "S9.4: at the end");
    tap_is_int(count.failures, 1, "S9.4: counting begins anew");

    begin();
    tap_is_result(try_at(NOW), LUCI_OK, "the first of a period");
    tap_is_result(try_at(NOW + PERIOD - 1), LUCI_OK, "the second try of a period");
    tap_is_result(try_at(NOW + PERIOD), LUCI_OK, "a try in the next period");
    tap_is_int(count.failures, 1, "the next period begins with one failure");
    tap_is_int(luci_throttle_count_end(&count, &limit), NOW + 2 * PERIOD,
               "the count is worth keeping for a period");
}

static void check_growth(void)
{
    luci_ms_t now = NOW;

    begin();
    for (int i = 0; i < 6; i++) {
        luci_ms_t delay = PERIOD << (i < 3 ? i : 3);

        reach_at(now, delay, "growing");
        tap_is_int(luci_throttle_count_end(&count, &limit), now + delay + 8 * PERIOD,
                   "a growing refusal is remembered for eight periods");
        now += delay;
    }
    reach_at(now + 8 * PERIOD - 1, 8 * PERIOD, "a bad memory's last moment");
    reach_at(now + 8 * PERIOD - 1 + 16 * PERIOD, PERIOD, "after a quiet time");
}

static void check_under_way(void)
{
    begin();
    luci_throttle_count_undo(&count);
    tap_is_int(count.under_way, 0, "nothing to undo");
    for (int i = 0; i < 3; i++)
        tap_is_result(begin_at(NOW), LUCI_OK, "S9.4: at once: try %d", i + 1);
    tap_is_result(begin_at(NOW), LUCI_BUSY, "S9.4: at once: no other one");
    luci_throttle_count_undo(&count);
    tap_is_result(begin_at(NOW), LUCI_OK, "until one turns out to be none");
    luci_throttle_count_failure(&count, &limit, NOW);
    luci_throttle_count_failure(&count, &limit, NOW);
    tap_is_result(begin_at(NOW), LUCI_BUSY, "S9.4: two failed, one is under way");
    tap_is_int(count.until, 0, "nobody is refused yet");
    luci_throttle_count_failure(&count, &limit, NOW + 1);
    tap_is_result(begin_at(NOW + 1), LUCI_THROTTLED, "S9.4: all three failed");
    tap_is_int(retry_after, PERIOD, "the refusal after three failures lasts a period");

    begin();
    for (int i = 0; i < 3; i++)
        tap_is_result(begin_at(NOW), LUCI_OK, "a try is begun");
    for (int i = 0; i < 3; i++)
        luci_throttle_count_undo(&count);
    tap_is_int(luci_throttle_count_end(&count, &limit), 0, "all undone: nothing is left to be kept");

    for (int i = 0; i < 3; i++)
        tap_is_result(begin_at(NOW), LUCI_OK, "a try whose process dies");
    tap_is_result(begin_at(NOW + PERIOD - 1), LUCI_BUSY, "counts for a period");
    tap_is_result(begin_at(NOW + PERIOD), LUCI_OK,
                  "a try whose process died does not count in the next period");
    luci_throttle_count_init(&count, LUCI_THROTTLE_ACCOUNT, "alice");
    luci_throttle_count_failure(&count, &limit, NOW);
    tap_ok(count.failures == 1 && count.since == NOW, "a failure after everything was cleared counts");
}

static void check_clock(void)
{
    begin();
    reach_at(NOW, PERIOD, "S9.40");
    tap_is_result(try_at(NOW - 365 * LUCI_MS_DAY), LUCI_THROTTLED, "S9.40: a year back");
    tap_is_int(retry_after, PERIOD, "S9.40: nobody waits longer than ever");
    tap_is_result(try_at(NOW - 365 * LUCI_MS_DAY + PERIOD), LUCI_OK,
                  "S9.40: a refusal ends after its period when the clock went back a year");
    begin();
    tap_is_result(try_at(NOW), LUCI_OK, "S9.40: a try with the clock set back");
    tap_is_result(try_at(NOW - LUCI_MS_HOUR), LUCI_OK, "S9.40: an hour back: the second");
    tap_is_int(count.failures, 2, "S9.40: an attempt an hour back counts in the same period");
    tap_is_result(try_at(NOW - LUCI_MS_HOUR + PERIOD), LUCI_OK, "S9.40: the period ends by the new clock");
    tap_is_int(count.failures, 1, "S9.40: the count begins anew with the clock set back");
    tap_is_result(try_at(NOW + 36500 * LUCI_MS_DAY), LUCI_OK, "S9.40: a century ahead");
}

static void check_lowered_limit(void)
{
    const luci_limit_t lower = { 1, LUCI_MS_MINUTE }, equal = { 2, LUCI_MS_MINUTE };

    begin();
    tap_is_result(try_at(NOW), LUCI_OK, "a first try of a limit that shrinks");
    tap_is_result(try_at(NOW), LUCI_OK, "a second try of a limit that shrinks");
    tap_is_result(luci_throttle_count_try(&count, &equal, NOW, &retry_after), LUCI_THROTTLED,
                  "a limit of as many refuses at once");
    begin();
    tap_is_result(try_at(NOW), LUCI_OK, "a first try of a limit that shrinks to one");
    tap_is_result(try_at(NOW), LUCI_OK, "a second try of a limit that shrinks to one");
    tap_is_result(luci_throttle_count_try(&count, &lower, NOW, &retry_after), LUCI_THROTTLED,
                  "a limit of one refuses at once");
    tap_is_int(retry_after, LUCI_MS_MINUTE, "the refusal lasts the limit's own time");
}

static void check_records(void)
{
    unsigned char record[LUCI_THROTTLE_RECORD_MAX + 1];
    char name[2 * LUCI_THROTTLE_NAME_MAX];
    luci_throttle_count_t read;
    size_t length;

    begin();
    reach_at(NOW, PERIOD, "a record");
    length = luci_throttle_record_write(&count, record);
    tap_is_int(length, LUCI_THROTTLE_RECORD_HEAD + 5, "is so long");
    tap_is_result(luci_throttle_record_read(record, length, &read), LUCI_OK, "the record of a count is read");
    tap_ok(read.kind == count.kind && read.failures == count.failures && read.under_way == count.under_way &&
               read.refusals == count.refusals && read.since == count.since && read.until == count.until &&
               read.remembered == count.remembered,
           "the record holds the whole count");
    tap_is_str(read.name, "alice", "the record holds the name");
    for (size_t i = 0; i < LUCI_THROTTLE_RECORD_HEAD; i++)
        tap_is_result(luci_throttle_record_read(record, i, &read), LUCI_INVALID,
                      "S9.39: only %d bytes are no record", (int)i);
    /* Nothing but its length is wrong with it: the name is text, and goes on. */
    memset(record + length, 'a', sizeof record - length);
    tap_is_result(luci_throttle_record_read(record, LUCI_THROTTLE_RECORD_MAX, &read), LUCI_OK,
                  "the longest name");
    tap_is_result(luci_throttle_record_read(record, sizeof record, &read), LUCI_INVALID,
                  "S9.39: a name that is longer than there is room for");
    for (int i = 0; i < 4; i++) {
        record[i] ^= 0x80;
        tap_is_result(luci_throttle_record_read(record, length, &read), LUCI_INVALID,
                      "S9.39: another byte %d", i);
        record[i] ^= 0x80;
    }
    record[23] = 0xff; /* since: negative */
    tap_is_result(luci_throttle_record_read(record, length, &read), LUCI_INVALID,
                  "S9.39: a moment that is none");
    record[23] = 0;
    record[length - 1] = 0xff;
    tap_is_result(luci_throttle_record_read(record, length, &read), LUCI_INVALID,
                  "S9.39: a name that is no text");

    for (size_t i = 0; i + 2 < sizeof name; i += 3)
        memcpy(name + i, "\xe2\x82\xac", 3); /* a euro sign */
    name[sizeof name - 2] = '\0';
    luci_throttle_count_init(&count, LUCI_THROTTLE_ADDRESS, name);
    tap_is_int(strlen(count.name), LUCI_THROTTLE_NAME_MAX - LUCI_THROTTLE_NAME_MAX % 3,
               "a long name is cut between characters");
    length = luci_throttle_record_write(&count, record);
    tap_is_result(luci_throttle_record_read(record, length, &read), LUCI_OK,
                  "a record with a cut name is readable");
}

int main(void)
{
    check_limit();
    check_growth();
    check_under_way();
    check_clock();
    check_lowered_limit();
    check_records();
    return tap_done();
}
