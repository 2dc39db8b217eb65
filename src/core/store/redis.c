/* SPDX-License-Identifier: Apache-2.0 */
/* The protocol RESP: https://redis.io/docs/latest/develop/reference/protocol-spec/ */
#include "core/store/conversation_int.h"

#include "core/base/timestamp.h"

#include <apr_strings.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COMMAND_MAX 512 /* bytes of the words of a command */
#define INFO_MAX 16384

/* ---- Commands ---- */

/* Sends a command of up to four words; the last one, value, may contain any bytes. */
static luci_result_t send_command(luci_link_t *link, const char *const *words, int count,
                                  const luci_store_value_t *value)
{
    char text[COMMAND_MAX];
    size_t length = (size_t)snprintf(text, sizeof text, "*%d\r\n", count + (value != NULL));

    for (int i = 0; i < count && length < sizeof text; i++)
        length += (size_t)snprintf(text + length, sizeof text - length, "$%d\r\n%s\r\n",
                                   (int)strlen(words[i]), words[i]);
    if (value && length < sizeof text)
        length += (size_t)snprintf(text + length, sizeof text - length, "$%d\r\n", (int)value->length);
    if (length >= sizeof text) {
        luci_link_set_reason(link, "the key is too long");
        return LUCI_UNAVAILABLE;
    }
    if (luci_link_send(link, text, length) != LUCI_OK)
        return LUCI_UNAVAILABLE;
    if (!value)
        return LUCI_OK;
    return luci_link_send(link, value->bytes, value->length) == LUCI_OK ? luci_link_send(link, "\r\n", 2)
                                                                        : LUCI_UNAVAILABLE;
}

/* Reads the first line of an answer. A line of another protocol is a refusal, too. */
static luci_result_t read_line(luci_link_t *link, char line[LUCI_STORE_LINE_MAX])
{
    if (luci_link_line(link, line, LUCI_STORE_LINE_MAX) != LUCI_OK)
        return LUCI_UNAVAILABLE;
    if (line[0] && strchr("+:$*", line[0]))
        return LUCI_OK;
    luci_link_set_reason(link, line[0] == '-' ? line + 1 : line);
    return LUCI_INVALID;
}

static luci_result_t ask(luci_link_t *link, const char *const *words, int count,
                         const luci_store_value_t *value, char line[LUCI_STORE_LINE_MAX])
{
    luci_result_t result = send_command(link, words, count, value);

    return result == LUCI_OK ? read_line(link, line) : result;
}

/* Reads the string whose first line is line. NOT_FOUND: there is none. */
static luci_result_t read_string(luci_link_t *link, const char *line, void *value, size_t *length)
{
    size_t size = *length;
    long given = line[0] == '$' ? strtol(line + 1, NULL, 10) : -1;
    char end[2];

    if (given < 0)
        return LUCI_NOT_FOUND;
    *length = (size_t)given;
    if (luci_link_bytes(link, value, size, *length) != LUCI_OK)
        return LUCI_UNAVAILABLE;
    return luci_link_bytes(link, end, sizeof end, sizeof end);
}

static luci_result_t get(luci_link_t *link, const char *key, unsigned char *value, size_t *length)
{
    const char *const words[] = { "GET", key };
    char line[LUCI_STORE_LINE_MAX];
    luci_result_t result = ask(link, words, 2, NULL, line);

    return result == LUCI_OK ? read_string(link, line, value, length) : result;
}

static luci_result_t put(luci_link_t *link, const char *key, const luci_store_value_t *value)
{
    char seconds[16], line[LUCI_STORE_LINE_MAX];
    const char *const words[] = { "SETEX", key, seconds };

    (void)snprintf(seconds, sizeof seconds, "%d", value->seconds);
    return ask(link, words, 3, value, line);
}

static luci_result_t take_out(luci_link_t *link, const char *key)
{
    const char *const words[] = { "DEL", key };
    char line[LUCI_STORE_LINE_MAX];
    luci_result_t result = ask(link, words, 2, NULL, line);

    return result == LUCI_OK && strcmp(line, ":0") == 0 ? LUCI_NOT_FOUND : result;
}

/* TIME answers with two strings: seconds and microseconds. */
static luci_result_t read_clock(luci_link_t *link, luci_ms_t *time)
{
    static const char *const words[] = { "TIME" };
    char line[LUCI_STORE_LINE_MAX], number[2][24] = { "", "" };
    luci_result_t result = ask(link, words, 1, NULL, line);

    for (int i = 0; i < 2 && result == LUCI_OK; i++) {
        size_t length = sizeof number[i] - 1;

        result = read_line(link, line);
        if (result == LUCI_OK)
            result = read_string(link, line, number[i], &length);
    }
    *time =
        luci_timestamp_from_digits(number[0]) * LUCI_MS_SECOND + luci_timestamp_from_digits(number[1]) / 1000;
    return result;
}

/* ---- What it is ---- */

static int is_said(const char *info, const char *line)
{
    return strstr(info, line) != NULL;
}

static luci_result_t refuse(luci_store_refusal_t *refusal, const char *what, const char *remedy, int is_unfit)
{
    *refusal = (luci_store_refusal_t){ what, remedy, is_unfit };
    return LUCI_INVALID;
}

/* A replica that accepts writes loses them when it is synchronised again. */
static luci_result_t judge(const char *info, luci_store_refusal_t *refusal)
{
    if (is_said(info, "\nredis_mode:sentinel"))
        return refuse(refusal, "is a Redis Sentinel, which stores nothing",
                      "name the Redis itself; for a failover, a HAProxy in front of all of them that finds "
                      "the primary by a role:master check (doc/nodes.md)",
                      1);
    if (is_said(info, "\ncluster_enabled:1"))
        return refuse(refusal, LUCI_STORE_IS_CLUSTER " (cluster_enabled:1)", LUCI_STORE_CLUSTER_REMEDY, 1);
    if (is_said(info, "\nrole:slave"))
        return refuse(refusal,
                      "is a replica (role:slave), which refuses writes, or loses them at its next "
                      "synchronisation",
                      LUCI_STORE_REPLICA_REMEDY, 0);
    return LUCI_OK;
}

/* What answers this to INFO speaks another protocol. */
static luci_result_t refuse_other(const char *line, luci_store_refusal_t *refusal, apr_pool_t *pool)
{
    return refuse(refusal, apr_psprintf(pool, "is no Redis, it answers \"%.40s\"", apr_pstrdup(pool, line)),
                  strcmp(line, "ERROR") == 0 ? "write memcache: instead of redis: for a memcached"
                                             : "correct the host or the port",
                  1);
}

static luci_result_t identify(luci_link_t *link, luci_store_refusal_t *refusal, apr_pool_t *pool)
{
    static const char *const words[] = { "INFO" };
    char line[LUCI_STORE_LINE_MAX], *info = apr_pcalloc(pool, INFO_MAX);
    size_t length = INFO_MAX - 1;
    luci_result_t result = send_command(link, words, 1, NULL);

    if (result != LUCI_OK || luci_link_line(link, line, sizeof line) != LUCI_OK)
        return LUCI_UNAVAILABLE;
    if (line[0] == '-') {
        *refusal = luci_store_refusal(line + 1, pool);
        return LUCI_INVALID;
    }
    result = read_string(link, line, info, &length);
    if (result == LUCI_NOT_FOUND)
        return refuse_other(line, refusal, pool);
    return result == LUCI_OK ? judge(info, refusal) : LUCI_UNAVAILABLE;
}

const luci_conversation_t luci_conversation_redis = {
    .name = "redis",
    .port = 6379,
    .get = get,
    .put = put,
    .remove = take_out,
    .clock = read_clock,
    .identify = identify,
};
