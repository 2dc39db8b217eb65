/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/base32.h"

#include "core/base/secret.h"

#include <apr.h>
#include <string.h>

#define BLOCK_BYTES 5
#define BLOCK_CHARACTERS 8

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

void luci_base32_encode(const unsigned char *data, size_t length, char *out)
{
    for (; length >= BLOCK_BYTES; data += BLOCK_BYTES, length -= BLOCK_BYTES) {
        apr_uint64_t block = 0;

        for (int i = 0; i < BLOCK_BYTES; i++)
            block = block << 8 | data[i];
        for (int i = BLOCK_CHARACTERS - 1; i >= 0; i--)
            *out++ = alphabet[block >> 5 * i & 31];
    }
    *out = '\0';
}

/* The value of a character; -1: it has none. */
static int value_of(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a';
    return c >= '2' && c <= '7' ? c - '2' + 26 : -1;
}

static int is_separator(char c)
{
    return c == ' ' || c == '-';
}

/* Reads one block; returns where text goes on, NULL if it is no block. */
static const char *read_block(const char *text, unsigned char out[BLOCK_BYTES])
{
    apr_uint64_t block = 0;

    for (int i = 0; i < BLOCK_CHARACTERS; i++) {
        int value;

        while (is_separator(*text))
            text++;
        value = value_of(*text++);
        if (value < 0)
            return NULL;
        block = block << 5 | (apr_uint64_t)value;
    }
    for (int i = BLOCK_BYTES - 1; i >= 0; i--, block >>= 8)
        out[i] = (unsigned char)(block & 255);
    return text;
}

luci_result_t luci_base32_decode(const char *text, unsigned char *out, size_t length)
{
    size_t made = 0;

    for (; text && made + BLOCK_BYTES <= length; made += BLOCK_BYTES)
        text = read_block(text, out + made);
    while (text && is_separator(*text))
        text++;
    if (text && !*text && made == length)
        return LUCI_OK;
    memset(out, 0, length);
    return LUCI_INVALID;
}
