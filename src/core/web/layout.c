/* SPDX-License-Identifier: Apache-2.0 */
#include "core/web/layout.h"

#include <apr_strings.h>
#include <string.h>

#define OPEN "%%@"
#define CLOSE "%%"
#define PUT_INTO "%%>layout%%"
#define BYTE_ORDER_MARK "\xEF\xBB\xBF"
#define BODY OPEN "body" CLOSE
#define FOOTER "footer"
#define NAME_CHARACTERS "abcdefghijklmnopqrstuvwxyz_"

/* A part of a text, borrowed. */
typedef struct {
    const char *start;
    size_t length;
} part_t;

/* Reads the marker at text and returns its end; NULL: there is no marker. */
static const char *read_marker(const char *text, part_t *name)
{
    if (strncmp(text, OPEN, strlen(OPEN)) != 0)
        return NULL;
    name->start = text + strlen(OPEN);
    name->length = strspn(name->start, NAME_CHARACTERS);
    if (name->length == 0 || strncmp(name->start + name->length, CLOSE, strlen(CLOSE)) != 0)
        return NULL;
    return name->start + name->length + strlen(CLOSE);
}

/* The same for a marker on a line of its own; returns the start of the next line. */
static const char *read_marker_line(const char *text, part_t *name)
{
    const char *end = read_marker(text, name);

    if (end && *end == '\r')
        end++;
    return end && *end == '\n' ? end + 1 : NULL;
}

/* The page after a first line PUT_INTO; NULL: it has none. Blanks beside it, empty lines and a byte order
 * mark before it, which editors do not show, do not matter. */
static const char *after_put_into(const char *page)
{
    const char *start =
        strncmp(page, BYTE_ORDER_MARK, strlen(BYTE_ORDER_MARK)) == 0 ? page + strlen(BYTE_ORDER_MARK) : page;
    const char *end;

    start += strspn(start, " \t\r\n");
    if (strncmp(start, PUT_INTO, strlen(PUT_INTO)) != 0)
        return NULL;
    end = start + strlen(PUT_INTO);
    end += strspn(end, " \t\r");
    return *end == '\n' ? end + 1 : *end ? NULL : end;
}

int luci_layout_is_body(const char *page)
{
    part_t name;

    return after_put_into(page) || read_marker_line(page, &name);
}

/* The blocks of the page: what follows PUT_INTO without a marker is the block "body". */
static const char *blocks_of(const char *page, apr_pool_t *pool)
{
    const char *rest = after_put_into(page);
    part_t name;

    if (!rest)
        return page;
    return read_marker_line(rest, &name) ? rest : apr_pstrcat(pool, BODY "\n", rest, NULL);
}

const char *luci_layout_problem(const char *layout)
{
    return strstr(layout, BODY) ? NULL : "a layout needs " BODY;
}

static const char *next_line(const char *text)
{
    const char *end = strchr(text, '\n');

    return end ? end + 1 : text + strlen(text);
}

/* The text without its last line end. */
static part_t trim(const char *start, const char *end)
{
    if (end > start && end[-1] == '\n')
        end--;
    if (end > start && end[-1] == '\r')
        end--;
    return (part_t){ start, (size_t)(end - start) };
}

/* The text of a block, without the line end before the next marker or the end of the page. */
static part_t read_block(const char *start)
{
    const char *end = start;
    part_t name;

    while (*end && !read_marker_line(end, &name))
        end = next_line(end);
    return trim(start, end);
}

/* text may be NULL. */
static part_t whole_text(const char *text)
{
    return text ? trim(text, text + strlen(text)) : (part_t){ "", 0 };
}

static part_t find_block(const char *page, const part_t *wanted)
{
    const char *text;
    part_t name;

    for (; *page; page = next_line(page)) {
        text = read_marker_line(page, &name);
        if (text && name.length == wanted->length && memcmp(name.start, wanted->start, name.length) == 0)
            return read_block(text);
    }
    return (part_t){ "", 0 };
}

static int is_named(const part_t *name, const char *text)
{
    return name->length == strlen(text) && memcmp(name->start, text, name->length) == 0;
}

char *luci_layout_compose(const char *layout, const char *page, const char *footer, apr_pool_t *pool)
{
    const char *rest = layout, *marker = layout, *blocks = blocks_of(page, pool), *end;
    char *whole = apr_pstrdup(pool, "");
    part_t name;

    while ((marker = strstr(marker, OPEN)) != NULL) {
        end = read_marker(marker, &name);
        if (end) {
            part_t block = is_named(&name, FOOTER) ? whole_text(footer) : find_block(blocks, &name);

            whole = apr_pstrcat(pool, whole, apr_pstrmemdup(pool, rest, (size_t)(marker - rest)),
                                apr_pstrmemdup(pool, block.start, block.length), NULL);
            rest = end;
        }
        marker = end ? end : marker + 1;
    }
    return apr_pstrcat(pool, whole, rest, NULL);
}
