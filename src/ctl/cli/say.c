/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/cli/say.h"

#include <apr_strings.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <utf8proc.h>

/* Whether a terminal would interpret a character or not show it: control characters, line separators,
 * zero-width spaces and joiners, soft hyphens, Unicode's bidirectional overrides, tags. With them, text can
 * look like another one. */
static int is_hidden(utf8proc_int32_t point)
{
    switch (utf8proc_category(point)) {
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP: return 1;
    default: return 0;
    }
}

#define ESCAPE_MAX 12 /* bytes of the longest, "\u{10ffff}", and its NUL */

/* Sets *shown and *length to what the first character of text is shown as; returns how many bytes of text
 * that is. */
static size_t next_piece(const char *text, char escape[ESCAPE_MAX], const char **shown, size_t *length)
{
    utf8proc_int32_t point;
    utf8proc_ssize_t bytes = utf8proc_iterate((const utf8proc_uint8_t *)text, -1, &point);

    *shown = escape;
    if (bytes <= 0) {
        *length = (size_t)apr_snprintf(escape, ESCAPE_MAX, "\\x%02x", (unsigned char)*text);
        return 1;
    }
    if (is_hidden(point)) {
        *length = (size_t)apr_snprintf(escape, ESCAPE_MAX, "\\u{%x}", (unsigned)point);
        return (size_t)bytes;
    }
    *shown = text;
    *length = (size_t)bytes;
    return (size_t)bytes;
}

const char *luci_say_printable(const char *text, apr_pool_t *pool)
{
    char escape[ESCAPE_MAX], *out = apr_palloc(pool, strlen(text) * ESCAPE_MAX + 1);
    size_t at = 0, length;
    const char *shown;

    while (*text) {
        text += next_piece(text, escape, &shown, &length);
        memcpy(out + at, shown, length);
        at += length;
    }
    out[at] = '\0';
    return out;
}

int luci_say_width(const char *text)
{
    int width = 0;

    while (*text) {
        utf8proc_int32_t point;
        utf8proc_ssize_t bytes = utf8proc_iterate((const utf8proc_uint8_t *)text, -1, &point);

        if (bytes <= 0)
            return width + (int)strlen(text);
        width += utf8proc_charwidth(point);
        text += bytes;
    }
    return width;
}

static void say(const char *before, const char *format, va_list arguments)
{
    apr_pool_t *pool;

    if (apr_pool_create(&pool, NULL) != APR_SUCCESS)
        return;
    fprintf(stderr, "%s%s\n", before, luci_say_printable(apr_pvsprintf(pool, format, arguments), pool));
    apr_pool_destroy(pool);
}

luci_exit_t luci_say_error(luci_exit_t status, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    say("luciactl: ", format, arguments);
    va_end(arguments);
    return status;
}

void luci_say_note(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    say("", format, arguments);
    va_end(arguments);
}
