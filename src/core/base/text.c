/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/text.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <utf8proc.h>

#include <strings.h>

size_t luci_text_valid_bytes(const char *text, size_t length)
{
    const utf8proc_uint8_t *bytes = (const utf8proc_uint8_t *)text;
    size_t at = 0;

    while (at < length && bytes[at]) {
        utf8proc_int32_t character;
        size_t left = length - at;
        utf8proc_ssize_t size =
            bytes[at] < 0x80 ? 1 : utf8proc_iterate(bytes + at, left < 4 ? (int)left : 4, &character);

        if (size <= 0)
            break;
        at += (size_t)size;
    }
    return at;
}

/* The value of a hexadecimal digit, or -1. */
static int digit_value(char digit)
{
    if (apr_isdigit(digit))
        return digit - '0';
    return apr_isxdigit(digit) ? apr_tolower(digit) - 'a' + 10 : -1;
}

/* The byte that the escape "%XX" stands for, or -1. apr_unescape_hex would read the byte behind it, which may
 * be none of the text. */
static int escaped_byte(const char *escape, size_t left)
{
    int high = left < 3 ? -1 : digit_value(escape[1]), low = left < 3 ? -1 : digit_value(escape[2]);

    return high < 0 || low < 0 ? -1 : 16 * high + low;
}

size_t luci_text_percent_decode(char *text, size_t *length)
{
    size_t from = 0, to = 0, broken = 0;

    while (from < *length) {
        int byte = text[from] == '%' ? escaped_byte(text + from, *length - from) : -1;

        if (text[from] == '%' && byte < 0)
            broken++;
        text[to++] = (char)(byte < 0 ? text[from] : byte);
        from += byte < 0 ? 1 : 3;
    }
    *length = to;
    return broken;
}

static int ends_name(char c)
{
    return !apr_isalnum(c) && c != '_';
}

int luci_text_has_name(const char *text, const char *name)
{
    size_t length = strlen(name);

    for (const char *at = text; *at; at++) {
        if (strncasecmp(at, name, length) == 0 && ends_name(at[length]))
            return 1;
    }
    return 0;
}

size_t luci_text_printable_bytes(const char *text, size_t length)
{
    size_t at = 0;

    while (at < length && (unsigned char)text[at] >= 0x20 && text[at] != 0x7f)
        at++;
    return at;
}

size_t luci_text_json_depth(const char *json, size_t length)
{
    size_t depth = 0, max = 0;
    int in_string = 0;

    for (size_t i = 0; i < length; i++) {
        if (in_string && json[i] == '\\')
            i++;
        else if (json[i] == '"')
            in_string = !in_string;
        else if (!in_string && (json[i] == '[' || json[i] == '{') && ++depth > max)
            max = depth;
        else if (!in_string && (json[i] == ']' || json[i] == '}') && depth)
            depth--;
    }
    return max;
}

int luci_text_is_same(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

const char *luci_text_printable_ascii(const char *text, size_t max, apr_pool_t *pool)
{
    char *copy = text ? apr_pstrndup(pool, text, max) : NULL;

    for (char *c = copy; c && *c; c++) {
        if (*c < ' ' || *c > '~')
            *c = '?';
    }
    return copy;
}
