/* SPDX-License-Identifier: Apache-2.0 */
#include "core/passkey/cbor_item.h"

#include <stdint.h>

enum { MAJOR_BYTES = 2, MAJOR_TEXT, MAJOR_ARRAY, MAJOR_MAP, MAJOR_TAG, MAJOR_SIMPLE };

/* What is left of the data; end does not move. */
typedef struct {
    const unsigned char *at;
    const unsigned char *end;
} rest_t;

static size_t left(const rest_t *rest)
{
    return (size_t)(rest->end - rest->at);
}

/* Reads the head of an item. 0: it is cut off or has no definite value. */
static int read_head(rest_t *rest, int *major, uint64_t *value)
{
    int bytes;

    if (left(rest) < 1)
        return 0;
    *major = *rest->at >> 5;
    *value = *rest->at++ & 31;
    if (*value < 24)
        return 1;
    if (*value > 27)
        return 0;
    bytes = 1 << (*value - 24);
    if (left(rest) < (size_t)bytes)
        return 0;
    for (*value = 0; bytes; bytes--)
        *value = *value << 8 | *rest->at++;
    return 1;
}

/* depth: the number of arrays and maps that may still be entered. */
static int skip_item(rest_t *rest, int depth) /* NOLINT(misc-no-recursion): depth bounds it */
{
    uint64_t value, items;
    int major;

    if (!read_head(rest, &major, &value) || major == MAJOR_TAG)
        return 0;
    if (major == MAJOR_BYTES || major == MAJOR_TEXT) {
        if (value > left(rest))
            return 0;
        rest->at += value;
        return 1;
    }
    if (major != MAJOR_ARRAY && major != MAJOR_MAP)
        return 1;
    if (depth == 0 || value > left(rest))
        return 0;
    for (items = major == MAJOR_MAP ? 2 * value : value; items; items--) {
        if (!skip_item(rest, depth - 1))
            return 0;
    }
    return 1;
}

size_t luci_cbor_item_bytes(const unsigned char *data, size_t length)
{
    rest_t rest = { data, data + length };

    return skip_item(&rest, LUCI_CBOR_DEPTH_MAX) ? length - left(&rest) : 0;
}

int luci_cbor_is_one_map(const unsigned char *data, size_t length)
{
    return length > 0 && *data >> 5 == MAJOR_MAP && luci_cbor_item_bytes(data, length) == length;
}
