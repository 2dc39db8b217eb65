/* SPDX-License-Identifier: Apache-2.0 */
/* Throttling's rules: how many tries, how long a refusal, and what a wrong clock or a wrong record does. Rows
 * 4, 39 and 40. */
#include "core/throttle/throttle_count.h"
#include "lib/support.h"
#include "lib/tap.h"

#include <string.h>

#define PERIOD (15 * LUCI_MS_MINUTE)
#define NODE 7

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
        luci_throttle_count_failure(&count, &limit, now, now);
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
    luci_throttle_count_undo(&count, &limit, NOW, NOW);
    tap_is_int(luci_throttle_count_under_way(&count), 0, "nothing to undo");
    for (int i = 0; i < 3; i++)
        tap_is_result(begin_at(NOW), LUCI_OK, "S9.4: at once: try %d", i + 1);
    tap_is_result(begin_at(NOW), LUCI_BUSY, "S9.4: at once: no other one");
    luci_throttle_count_undo(&count, &limit, NOW, NOW);
    tap_is_result(begin_at(NOW), LUCI_OK, "until one turns out to be none");
    luci_throttle_count_failure(&count, &limit, NOW, NOW);
    luci_throttle_count_failure(&count, &limit, NOW, NOW);
    tap_is_result(begin_at(NOW), LUCI_BUSY, "S9.4: two failed, one is under way");
    tap_is_int(count.until, 0, "nobody is refused yet");
    luci_throttle_count_failure(&count, &limit, NOW + 1, NOW);
    tap_is_result(begin_at(NOW + 1), LUCI_THROTTLED, "S9.4: all three failed");
    tap_is_int(retry_after, PERIOD, "the refusal after three failures lasts a period");

    begin();
    for (int i = 0; i < 3; i++)
        tap_is_result(begin_at(NOW), LUCI_OK, "a try is begun");
    for (int i = 0; i < 3; i++)
        luci_throttle_count_undo(&count, &limit, NOW, NOW);
    tap_is_int(luci_throttle_count_end(&count, &limit), 0, "all undone: nothing is left to be kept");

    for (int i = 0; i < 3; i++)
        tap_is_result(begin_at(NOW), LUCI_OK, "a try whose process dies");
    tap_is_result(begin_at(NOW + LUCI_UNDER_WAY_SPAN), LUCI_BUSY,
                  "a try whose process died counts for a span");
    tap_is_result(begin_at(NOW + 2 * LUCI_UNDER_WAY_SPAN), LUCI_OK,
                  "a try whose process died does not count after two spans, long before the period ends");
    luci_throttle_count_init(&count, LUCI_THROTTLE_ACCOUNT, "alice");
    luci_throttle_count_failure(&count, &limit, NOW, NOW);
    tap_ok(count.failures == 1 && count.since == NOW, "a failure after everything was cleared counts");
}

/* Attempts that begin in different spans, and end in any order. */
static void check_spans(void)
{
    const luci_ms_t start = NOW - NOW % LUCI_UNDER_WAY_SPAN, next = start + LUCI_UNDER_WAY_SPAN;
    const luci_limit_t brief = { 3, LUCI_MS_SECOND };

    begin();
    tap_is_result(begin_at(next - 1), LUCI_OK, "an attempt at the end of a span");
    tap_is_result(begin_at(next), LUCI_OK, "an attempt at the begin of the next span");
    tap_is_int(luci_throttle_count_end(&count, &limit), next + 2 * LUCI_UNDER_WAY_SPAN,
               "a count is kept as long as an attempt may be under way");
    luci_throttle_count_undo(&count, &limit, next + 1, next);
    tap_is_int(luci_throttle_count_end(&count, &limit), next + LUCI_UNDER_WAY_SPAN,
               "the attempt of the span before is kept for one span more");
    luci_throttle_count_undo(&count, &limit, next + 1, next);
    tap_is_int(luci_throttle_count_under_way(&count), 1, "an end takes out no attempt of another span");
    luci_throttle_count_undo(&count, &limit, next + 1, next - 1);
    tap_is_int(luci_throttle_count_under_way(&count), 0, "an attempt of the span before ends");

    tap_is_result(begin_at(start), LUCI_OK, "an attempt that lasts too long");
    tap_is_result(begin_at(next), LUCI_OK, "an attempt one span later");
    tap_is_result(begin_at(next + LUCI_UNDER_WAY_SPAN), LUCI_OK, "an attempt two spans later");
    luci_throttle_count_failure(&count, &limit, next + LUCI_UNDER_WAY_SPAN, start);
    tap_is_int(luci_throttle_count_under_way(&count), 2,
               "an attempt that was forgotten takes out no other one");
    tap_is_int(count.failures, 1, "S9.4: an attempt that was forgotten counts when it fails");
    luci_throttle_count_failure(&count, &limit, next + LUCI_UNDER_WAY_SPAN, 0);
    tap_is_int(luci_throttle_count_under_way(&count), 2,
               "a failure that was not counted takes out no attempt");

    begin();
    for (int i = 0; i < 3; i++)
        tap_is_result(begin_at(NOW), LUCI_OK, "S9.40: an attempt before the clock is set back");
    tap_is_result(begin_at(NOW - LUCI_UNDER_WAY_SPAN), LUCI_BUSY,
                  "S9.40: attempts count with the clock set back by a span");
    luci_throttle_count_undo(&count, &limit, NOW - LUCI_UNDER_WAY_SPAN, NOW);
    tap_is_int(luci_throttle_count_under_way(&count), 2, "S9.40: an attempt ends with the clock set back");
    tap_is_result(begin_at(NOW - LUCI_UNDER_WAY_SPAN), LUCI_OK,
                  "S9.40: an attempt begins with the clock set back");
    tap_is_result(begin_at(NOW + LUCI_UNDER_WAY_SPAN), LUCI_OK,
                  "S9.40: attempts are forgotten after two spans of the clock that was set back");
    begin();
    for (int i = 0; i < 3; i++)
        tap_is_result(begin_at(NOW), LUCI_OK, "S9.40: an attempt before the clock is set back by an hour");
    tap_is_result(begin_at(NOW - LUCI_MS_HOUR), LUCI_OK, "S9.40: attempts of the future are forgotten");

    begin();
    for (int i = 0; i < 3; i++)
        tap_is_result(luci_throttle_count_try(&count, &brief, NOW, &retry_after), LUCI_OK,
                      "an attempt with a limit of a second");
    tap_is_result(luci_throttle_count_try(&count, &brief, NOW + 2 * LUCI_MS_SECOND, &retry_after), LUCI_OK,
                  "no attempt counts for more than two periods");
}

static void check_nodes(void)
{
    unsigned char record[LUCI_THROTTLE_RECORD_MAX];
    luci_throttle_count_t read;
    size_t length;

    begin();
    tap_is_result(begin_at(NOW), LUCI_OK, "an attempt of node 0");
    length = luci_throttle_record_write(&count, record);
    tap_is_result(luci_throttle_record_read(record, length, NODE, &read), LUCI_OK,
                  "a record with an attempt of another node is read");
    tap_is_int(read.others_count, 1, "the record has one other node");
    tap_is_int(luci_under_way_number(&read.own), 0, "an attempt of another node is not one of this node");
    tap_is_int(luci_throttle_count_under_way(&read), 1, "an attempt of another node counts");
    tap_is_result(luci_throttle_record_read(record, length, 0, &read), LUCI_OK,
                  "a record with an own attempt is read");
    tap_is_int(luci_under_way_number(&read.own), 1, "an own attempt is found again");
    for (size_t i = LUCI_THROTTLE_RECORD_HEAD; i < LUCI_THROTTLE_RECORD_HEAD + LUCI_THROTTLE_RECORD_NODE; i++)
        tap_is_result(luci_throttle_record_read(record, i, 0, &read), LUCI_INVALID,
                      "S9.39: a record whose node is cut off at byte %d is none", (int)i);

    for (int i = 0; i < LUCI_THROTTLE_NODES_MAX; i++)
        count.others[i] = (luci_under_way_t){ .node = (apr_uint32_t)i + 1, .newer = 1, .since = NOW };
    count.others_count = LUCI_THROTTLE_NODES_MAX;
    length = luci_throttle_record_write(&count, record);
    tap_is_int(length, LUCI_THROTTLE_RECORD_OF(LUCI_THROTTLE_NODES_MAX) - LUCI_THROTTLE_NAME_MAX + 5,
               "a record has room for 16 nodes");
    tap_is_result(luci_throttle_record_read(record, length, LUCI_THROTTLE_NODES_MAX, &read), LUCI_OK,
                  "a record of 16 nodes is read");
    tap_is_int(luci_under_way_number(&read.own), 0, "the last of 17 nodes is left out");
    tap_is_int(luci_throttle_count_under_way(&read), LUCI_THROTTLE_NODES_MAX, "16 nodes count");
    tap_is_str(read.name, "alice", "a record of 16 nodes has the name");
    record[8]++;
    memcpy(record + length - 5, record + length - 5 - LUCI_THROTTLE_RECORD_NODE, LUCI_THROTTLE_RECORD_NODE);
    tap_is_result(luci_throttle_record_read(record, length - 5 + LUCI_THROTTLE_RECORD_NODE, NODE, &read),
                  LUCI_INVALID, "S9.39: a record of 17 nodes is none");
    length = luci_throttle_record_write(&count, record);
    tap_is_result(luci_throttle_record_read(record, length, NODE, &read), LUCI_OK,
                  "a record of 16 nodes is read again");
    memcpy(record + LUCI_THROTTLE_RECORD_HEAD, record + LUCI_THROTTLE_RECORD_HEAD + LUCI_THROTTLE_RECORD_NODE,
           LUCI_THROTTLE_RECORD_NODE);
    tap_is_result(luci_throttle_record_read(record, length, 1, &read), LUCI_INVALID,
                  "S9.39: a record that has the own node twice is none");
    memset(record + LUCI_THROTTLE_RECORD_HEAD + 12, 0, 4);
    tap_is_result(luci_throttle_record_read(record, length, NODE, &read), LUCI_INVALID,
                  "S9.39: a record with a node without attempts is none");
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
    unsigned char record[LUCI_THROTTLE_RECORD_MAX];
    char name[2 * LUCI_THROTTLE_NAME_MAX];
    luci_throttle_count_t read;
    size_t length;

    begin();
    reach_at(NOW, PERIOD, "a record");
    length = luci_throttle_record_write(&count, record);
    tap_is_int(length, LUCI_THROTTLE_RECORD_HEAD + 5, "is so long");
    tap_is_result(luci_throttle_record_read(record, length, NODE, &read), LUCI_OK,
                  "the record of a count is read");
    tap_ok(read.kind == count.kind && read.failures == count.failures && read.refusals == count.refusals &&
               read.since == count.since && read.until == count.until && read.remembered == count.remembered,
           "the record holds the whole count");
    tap_is_str(read.name, "alice", "the record holds the name");
    for (size_t i = 0; i < LUCI_THROTTLE_RECORD_HEAD; i++)
        tap_is_result(luci_throttle_record_read(record, i, NODE, &read), LUCI_INVALID,
                      "S9.39: only %d bytes are no record", (int)i);
    /* Nothing but its length is wrong with it: the name is text, and goes on. */
    memset(record + length, 'a', LUCI_THROTTLE_RECORD_OF(0) + 1 - length);
    tap_is_result(luci_throttle_record_read(record, LUCI_THROTTLE_RECORD_OF(0), NODE, &read), LUCI_OK,
                  "the longest name");
    tap_is_result(luci_throttle_record_read(record, LUCI_THROTTLE_RECORD_OF(0) + 1, NODE, &read),
                  LUCI_INVALID, "S9.39: a name that is longer than there is room for");
    for (int i = 0; i < 4; i++) {
        record[i] ^= 0x80;
        tap_is_result(luci_throttle_record_read(record, length, NODE, &read), LUCI_INVALID,
                      "S9.39: another byte %d", i);
        record[i] ^= 0x80;
    }
    record[23] = 0xff; /* since: negative */
    tap_is_result(luci_throttle_record_read(record, length, NODE, &read), LUCI_INVALID,
                  "S9.39: a moment that is none");
    record[23] = 0;
    record[length - 1] = 0xff;
    tap_is_result(luci_throttle_record_read(record, length, NODE, &read), LUCI_INVALID,
                  "S9.39: a name that is no text");

    for (size_t i = 0; i + 2 < sizeof name; i += 3)
        memcpy(name + i, "\xe2\x82\xac", 3); /* a euro sign */
    name[sizeof name - 2] = '\0';
    luci_throttle_count_init(&count, LUCI_THROTTLE_ADDRESS, name);
    tap_is_int(strlen(count.name), LUCI_THROTTLE_NAME_MAX - LUCI_THROTTLE_NAME_MAX % 3,
               "a long name is cut between characters");
    length = luci_throttle_record_write(&count, record);
    tap_is_result(luci_throttle_record_read(record, length, NODE, &read), LUCI_OK,
                  "a record with a cut name is readable");
}

int main(void)
{
    check_limit();
    check_growth();
    check_under_way();
    check_spans();
    check_nodes();
    check_clock();
    check_lowered_limit();
    check_records();
    return tap_done();
}
