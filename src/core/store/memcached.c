/* SPDX-License-Identifier: Apache-2.0 */
/* The text protocol of memcached: https://github.com/memcached/memcached/blob/master/doc/protocol.txt */
#include "core/store/conversation_int.h"

#include "core/base/timestamp.h"

#include <apr_strings.h>
#include <stdio.h>
#include <string.h>

#define COMMAND_MAX 512
#define LINES_MAX 1000 /* of an answer to stats */

static int begins(const char *line, const char *with)
{
    return strncmp(line, with, strlen(with)) == 0;
}

static luci_result_t send_words(luci_link_t *link, const char *text)
{
    return luci_link_send(link, text, strlen(text));
}

static luci_result_t refused(luci_link_t *link, const char *line)
{
    luci_link_set_reason(link, line);
    return LUCI_INVALID;
}

static luci_result_t get(luci_link_t *link, const char *key, unsigned char *value, size_t *length)
{
    char text[COMMAND_MAX], line[LUCI_STORE_LINE_MAX];
    unsigned long given;
    size_t size = *length;

    (void)snprintf(text, sizeof text, "get %s\r\n", key);
    if (send_words(link, text) != LUCI_OK || luci_link_line(link, line, sizeof line) != LUCI_OK)
        return LUCI_UNAVAILABLE;
    if (strcmp(line, "END") == 0)
        return LUCI_NOT_FOUND;
    if (!begins(line, "VALUE ") || sscanf(line, "VALUE %*s %*u %lu", &given) != 1)
        return refused(link, line);
    *length = given;
    if (luci_link_bytes(link, value, size, *length) != LUCI_OK ||
        luci_link_line(link, line, sizeof line) != LUCI_OK ||
        luci_link_line(link, line, sizeof line) != LUCI_OK)
        return LUCI_UNAVAILABLE;
    return strcmp(line, "END") == 0 ? LUCI_OK : refused(link, line);
}

/* memcached takes a number of more than 30 days for a moment. */
#define SECONDS_MAX (30 * 24 * 3600)

static luci_result_t put(luci_link_t *link, const char *key, const luci_store_value_t *value)
{
    char text[COMMAND_MAX], line[LUCI_STORE_LINE_MAX];

    (void)snprintf(text, sizeof text, "set %s 0 %d %lu\r\n", key,
                   value->seconds < SECONDS_MAX ? value->seconds : SECONDS_MAX, (unsigned long)value->length);
    if (send_words(link, text) != LUCI_OK || luci_link_send(link, value->bytes, value->length) != LUCI_OK ||
        send_words(link, "\r\n") != LUCI_OK || luci_link_line(link, line, sizeof line) != LUCI_OK)
        return LUCI_UNAVAILABLE;
    return strcmp(line, "STORED") == 0 ? LUCI_OK : refused(link, line);
}

static luci_result_t take_out(luci_link_t *link, const char *key)
{
    char text[COMMAND_MAX], line[LUCI_STORE_LINE_MAX];

    (void)snprintf(text, sizeof text, "delete %s\r\n", key);
    if (send_words(link, text) != LUCI_OK || luci_link_line(link, line, sizeof line) != LUCI_OK)
        return LUCI_UNAVAILABLE;
    if (strcmp(line, "NOT_FOUND") == 0)
        return LUCI_NOT_FOUND;
    return strcmp(line, "DELETED") == 0 ? LUCI_OK : refused(link, line);
}

/* The answer to stats has a line "STAT time SECONDS". */
static luci_result_t read_clock(luci_link_t *link, luci_ms_t *time)
{
    char line[LUCI_STORE_LINE_MAX];

    *time = 0;
    if (send_words(link, "stats\r\n") != LUCI_OK)
        return LUCI_UNAVAILABLE;
    for (int i = 0; i < LINES_MAX; i++) {
        if (luci_link_line(link, line, sizeof line) != LUCI_OK)
            return LUCI_UNAVAILABLE;
        if (strcmp(line, "END") == 0)
            return *time > 0 ? LUCI_OK : refused(link, "stats without a time");
        if (begins(line, "STAT time "))
            *time = luci_timestamp_from_digits(line + sizeof "STAT time " - 1) * LUCI_MS_SECOND;
        if (!begins(line, "STAT "))
            return refused(link, line);
    }
    luci_link_set_reason(link, "its stats have no end");
    return LUCI_UNAVAILABLE;
}

static luci_result_t identify(luci_link_t *link, luci_store_refusal_t *refusal, apr_pool_t *pool)
{
    char line[LUCI_STORE_LINE_MAX];

    if (send_words(link, "version\r\n") != LUCI_OK || luci_link_line(link, line, sizeof line) != LUCI_OK)
        return LUCI_UNAVAILABLE;
    if (begins(line, "VERSION"))
        return LUCI_OK;
    *refusal = (luci_store_refusal_t){
        apr_psprintf(pool, "is no memcached, it answers \"%.40s\"", apr_pstrdup(pool, line)),
        line[0] == '-' ? "write redis: instead of memcache: for a Redis" : "correct the host or the port", 1
    };
    return LUCI_INVALID;
}

const luci_conversation_t luci_conversation_memcached = {
    .name = "memcache",
    .port = 11211,
    .get = get,
    .put = put,
    .remove = take_out,
    .clock = read_clock,
    .identify = identify,
};
