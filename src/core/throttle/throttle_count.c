/* SPDX-License-Identifier: Apache-2.0 */
#include "core/throttle/throttle_count.h"

#include "core/base/text.h"

#include <string.h>

#define DOUBLINGS_MAX 3
#define MEMORY_PERIODS (1 << DOUBLINGS_MAX)

/* ---- The rules ---- */

void luci_throttle_count_init(luci_throttle_count_t *count, luci_throttle_kind_t kind, const char *name)
{
    size_t length = strnlen(name, LUCI_THROTTLE_NAME_MAX);

    memset(count, 0, sizeof *count);
    count->kind = kind;
    memcpy(count->name, name, luci_text_valid_bytes(name, length));
}

static luci_ms_t delay_of(const luci_limit_t *limit, apr_uint32_t refusals)
{
    apr_uint32_t doublings = refusals > 0 ? refusals - 1 : 0;

    return limit->period << (doublings < DOUBLINGS_MAX ? doublings : DOUBLINGS_MAX);
}

static luci_ms_t memory_of(const luci_limit_t *limit)
{
    return MEMORY_PERIODS * limit->period;
}

static luci_ms_t earlier(luci_ms_t a, luci_ms_t b)
{
    return a < b ? a : b;
}

/* After the clock was set back, moves each time to the latest value that it can have been set to. */
static void limit_to_clock(luci_throttle_count_t *count, const luci_limit_t *limit, luci_ms_t now)
{
    luci_ms_t until_max = now + delay_of(limit, count->refusals);

    count->since = earlier(count->since, now);
    count->until = earlier(count->until, until_max);
    count->remembered = earlier(count->remembered, until_max + memory_of(limit));
}

static int is_over(const luci_throttle_count_t *count, const luci_limit_t *limit, luci_ms_t now)
{
    return count->until != 0 || now - count->since >= limit->period;
}

static void begin_period(luci_throttle_count_t *count, luci_ms_t now)
{
    count->failures = 0;
    count->since = now;
    count->until = 0;
    if (now >= count->remembered)
        count->refusals = 0;
}

apr_uint32_t luci_throttle_count_under_way(const luci_throttle_count_t *count)
{
    apr_uint32_t number = luci_under_way_number(&count->own);

    for (int i = 0; i < count->others_count; i++)
        number += luci_under_way_number(&count->others[i]);
    return number;
}

static void settle_under_way(luci_throttle_count_t *count, const luci_limit_t *limit, luci_ms_t now)
{
    int kept = 0;

    luci_under_way_settle(&count->own, limit, now);
    for (int i = 0; i < count->others_count; i++) {
        luci_under_way_settle(&count->others[i], limit, now);
        if (luci_under_way_number(&count->others[i]) > 0)
            count->others[kept++] = count->others[i];
    }
    count->others_count = kept;
}

/* Starts a refusal, because the limit was reached. */
static luci_result_t reach(luci_throttle_count_t *count, const luci_limit_t *limit, luci_ms_t now,
                           luci_ms_t *retry_after)
{
    count->refusals++;
    count->until = now + delay_of(limit, count->refusals);
    count->remembered = count->until + memory_of(limit);
    *retry_after = count->until - now;
    return LUCI_THROTTLED;
}

luci_result_t luci_throttle_count_look(luci_throttle_count_t *count, const luci_limit_t *limit, luci_ms_t now,
                                       luci_ms_t *retry_after)
{
    limit_to_clock(count, limit, now);
    if (count->until <= now)
        return LUCI_OK;
    *retry_after = count->until - now;
    return LUCI_THROTTLED;
}

luci_result_t luci_throttle_count_try(luci_throttle_count_t *count, const luci_limit_t *limit, luci_ms_t now,
                                      luci_ms_t *retry_after)
{
    if (luci_throttle_count_look(count, limit, now, retry_after) != LUCI_OK)
        return LUCI_THROTTLED;
    if (is_over(count, limit, now))
        begin_period(count, now);
    if (count->failures >= limit->max)
        return reach(count, limit, now, retry_after);
    settle_under_way(count, limit, now);
    if (count->failures + luci_throttle_count_under_way(count) >= limit->max)
        return LUCI_BUSY;
    luci_under_way_begin(&count->own, limit, now);
    return LUCI_OK;
}

void luci_throttle_count_failure(luci_throttle_count_t *count, const luci_limit_t *limit, luci_ms_t now,
                                 luci_ms_t began)
{
    luci_ms_t retry_after;

    limit_to_clock(count, limit, now);
    if (is_over(count, limit, now) && count->until <= now)
        begin_period(count, now);
    luci_throttle_count_undo(count, limit, now, began);
    count->failures++;
    if (count->failures >= limit->max && count->until == 0)
        (void)reach(count, limit, now, &retry_after);
}

void luci_throttle_count_undo(luci_throttle_count_t *count, const luci_limit_t *limit, luci_ms_t now,
                              luci_ms_t began)
{
    settle_under_way(count, limit, now);
    luci_under_way_end(&count->own, limit, now, began);
}

void luci_throttle_count_clear(luci_throttle_count_t *count, luci_ms_t now)
{
    luci_ms_t after = count->since < now ? now : count->since + 1;

    count->failures = count->refusals = 0;
    count->own.newer = count->own.older = 0;
    count->others_count = 0;
    count->until = count->remembered = 0;
    count->since = count->cleared = after;
}

int luci_throttle_count_is_empty(const luci_throttle_count_t *count)
{
    return count->failures == 0 && luci_throttle_count_under_way(count) == 0 && count->refusals == 0 &&
           count->until == 0;
}

/* Forgets what has expired, so that it does not win against what has not. */
static void settle(luci_throttle_count_t *count, const luci_limit_t *limit, luci_ms_t now)
{
    limit_to_clock(count, limit, now);
    if (is_over(count, limit, now) && count->until <= now)
        count->failures = 0;
    if (count->until <= now)
        count->until = 0;
    if (now >= count->remembered)
        count->refusals = 0;
}

static luci_ms_t later(luci_ms_t a, luci_ms_t b)
{
    return a > b ? a : b;
}

static apr_uint32_t greater(apr_uint32_t a, apr_uint32_t b)
{
    return a > b ? a : b;
}

void luci_throttle_count_join(luci_throttle_count_t *count, const luci_throttle_count_t *other,
                              const luci_limit_t *limit, luci_ms_t now)
{
    luci_throttle_count_t from = *other;

    from.own = count->own;
    memcpy(from.others, count->others, sizeof from.others);
    from.others_count = count->others_count;
    if (count->cleared > from.since)
        return;
    if (from.cleared > count->since) {
        *count = from;
        return;
    }
    settle(count, limit, now);
    settle(&from, limit, now);
    count->failures = greater(count->failures, from.failures);
    count->refusals = greater(count->refusals, from.refusals);
    count->since = later(count->since, from.since);
    count->until = later(count->until, from.until);
    count->remembered = later(count->remembered, from.remembered);
    count->cleared = later(count->cleared, from.cleared);
}

luci_ms_t luci_throttle_count_end(const luci_throttle_count_t *count, const luci_limit_t *limit)
{
    luci_ms_t end = count->failures > 0 ? count->since + limit->period : 0;

    end = later(end, luci_under_way_until(&count->own, limit));
    for (int i = 0; i < count->others_count; i++)
        end = later(end, luci_under_way_until(&count->others[i], limit));
    end = later(end, count->until);
    if (count->cleared > 0)
        end = later(end, count->cleared + memory_of(limit));
    return count->refusals > 0 && count->remembered > end ? count->remembered : end;
}

#define WORTH_OF_REFUSAL ((apr_int64_t)1 << 40)

apr_int64_t luci_throttle_count_worth(const luci_throttle_count_t *count, luci_ms_t now)
{
    apr_int64_t tries = (apr_int64_t)count->failures + luci_throttle_count_under_way(count);

    return count->until > now ? WORTH_OF_REFUSAL : tries;
}

/* ---- Stored form: "Lt", version, kind, then little-endian numbers, then the nodes with attempts under way,
 * this one first, then the name. The last number is remembered, or without refusals, when that has no
 * meaning, cleared ---- */

#define VERSION 2
#define PER_SPAN_MAX 0xffff /* attempts of a node; two bytes */

static unsigned char *put(unsigned char *at, apr_uint64_t number, int bytes)
{
    for (; bytes > 0; bytes--, number >>= 8)
        *at++ = (unsigned char)number;
    return at;
}

static apr_uint64_t take(const unsigned char **at, int bytes)
{
    apr_uint64_t number = 0;

    for (int i = 0; i < bytes; i++)
        number |= (apr_uint64_t) * (*at)++ << (8 * i);
    return number;
}

static unsigned char *put_node(unsigned char *at, const luci_under_way_t *attempts)
{
    at = put(at, attempts->node, 4);
    at = put(at, (apr_uint64_t)attempts->since, 8);
    at = put(at, attempts->newer < PER_SPAN_MAX ? attempts->newer : PER_SPAN_MAX, 2);
    return put(at, attempts->older < PER_SPAN_MAX ? attempts->older : PER_SPAN_MAX, 2);
}

size_t luci_throttle_record_write(const luci_throttle_count_t *count,
                                  unsigned char record[LUCI_THROTTLE_RECORD_MAX])
{
    int has_own = luci_under_way_number(&count->own) > 0, others = count->others_count;
    const unsigned char head[] = { 'L', 't', VERSION, (unsigned char)count->kind };
    size_t name_length = strlen(count->name);
    unsigned char *at = record;

    memcpy(at, head, sizeof head);
    if (others > LUCI_THROTTLE_NODES_MAX - has_own)
        others = LUCI_THROTTLE_NODES_MAX - has_own;
    at = put(at + sizeof head, count->failures, 4);
    at = put(at, (apr_uint64_t)has_own + (apr_uint64_t)others, 4);
    at = put(at, count->refusals, 4);
    at = put(at, (apr_uint64_t)count->since, 8);
    at = put(at, (apr_uint64_t)count->until, 8);
    at = put(at, (apr_uint64_t)(count->refusals > 0 ? count->remembered : count->cleared), 8);
    if (has_own)
        at = put_node(at, &count->own);
    for (int i = 0; i < others; i++)
        at = put_node(at, &count->others[i]);
    memcpy(at, count->name, name_length);
    return (size_t)(at - record) + name_length;
}

static int is_timestamp(luci_ms_t moment)
{
    return moment >= 0 && moment <= LUCI_TIMESTAMP_MAX;
}

/* Returns 0 if the bytes are no attempts of a node. */
static int read_node(const unsigned char **at, luci_throttle_count_t *count)
{
    luci_under_way_t attempts = { 0 };

    attempts.node = (apr_uint32_t)take(at, 4);
    attempts.since = (luci_ms_t)take(at, 8);
    attempts.newer = (apr_uint32_t)take(at, 2);
    attempts.older = (apr_uint32_t)take(at, 2);
    if (!is_timestamp(attempts.since) || luci_under_way_number(&attempts) == 0)
        return 0;
    if (attempts.node != count->own.node)
        count->others[count->others_count++] = attempts;
    else if (luci_under_way_number(&count->own) == 0)
        count->own = attempts;
    else
        return 0;
    return 1;
}

/* 1: it begins as a record does; the whole one has this number of nodes. */
static int is_record(const unsigned char *record, size_t length, apr_uint32_t *nodes)
{
    const unsigned char *at = record + 8;

    if (length < LUCI_THROTTLE_RECORD_HEAD || record[0] != 'L' || record[1] != 't' || record[2] != VERSION ||
        !luci_throttle_is_kind(record[3]))
        return 0;
    *nodes = (apr_uint32_t)take(&at, 4);
    return *nodes <= LUCI_THROTTLE_NODES_MAX &&
           length >= LUCI_THROTTLE_RECORD_OF(*nodes) - LUCI_THROTTLE_NAME_MAX &&
           length <= LUCI_THROTTLE_RECORD_OF(*nodes);
}

luci_result_t luci_throttle_record_read(const unsigned char *record, size_t length, apr_uint32_t node,
                                        luci_throttle_count_t *count)
{
    const unsigned char *at = record + 4;
    luci_throttle_count_t read = { .own = { .node = node } };
    apr_uint32_t nodes;
    size_t name_length;
    luci_ms_t last;

    if (!is_record(record, length, &nodes))
        return LUCI_INVALID;
    read.kind = (luci_throttle_kind_t)record[3];
    read.failures = (apr_uint32_t)take(&at, 4);
    at += 4;
    read.refusals = (apr_uint32_t)take(&at, 4);
    read.since = (luci_ms_t)take(&at, 8);
    read.until = (luci_ms_t)take(&at, 8);
    last = (luci_ms_t)take(&at, 8);
    read.remembered = read.refusals > 0 ? last : 0;
    read.cleared = read.refusals > 0 ? 0 : last;
    for (apr_uint32_t i = 0; i < nodes; i++) {
        if (!read_node(&at, &read))
            return LUCI_INVALID;
    }
    name_length = length - (size_t)(at - record);
    memcpy(read.name, at, name_length);
    if (!is_timestamp(read.since) || !is_timestamp(read.until) || !is_timestamp(last) ||
        luci_text_valid_bytes(read.name, name_length) < name_length)
        return LUCI_INVALID;
    *count = read;
    return LUCI_OK;
}
