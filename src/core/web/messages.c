/* SPDX-License-Identifier: Apache-2.0 */
#include "core/web/messages.h"

#include "core/base/text.h"
#include "core/web/template.h"

#include <apr_hash.h>
#include <apr_strings.h>

#include <string.h>

#define BLANKS " \t"
#define KEY_CHARACTERS "abcdefghijklmnopqrstuvwxyz0123456789_."
#define KEY_BYTES_MAX 63

/* A line "key = text", borrowed. */
typedef struct {
    const char *key;
    size_t key_length;
    const char *text;
    size_t text_length;
} line_t;

/* The text without the byte order mark that some editors write. */
static const char *first_line(const char *text)
{
    return strncmp(text, "\xef\xbb\xbf", 3) == 0 ? text + 3 : text;
}

typedef enum { LINE_COMMENT, LINE_MESSAGE, LINE_BROKEN } line_kind_t;

static size_t line_length(const char *start, const char **next)
{
    size_t length = strcspn(start, "\n");

    *next = start + length + (start[length] == '\n');
    while (length > 0 && strchr(BLANKS "\r", start[length - 1]))
        length--;
    return length;
}

/* Reads the line at start; *next is where the next one starts. */
static line_kind_t read_line(const char *start, line_t *line, const char **next)
{
    size_t length = line_length(start, next);
    const char *end = start + length, *at;

    if (length == 0 || *start == '#')
        return LINE_COMMENT;
    line->key = start;
    line->key_length = strspn(start, KEY_CHARACTERS);
    at = start + line->key_length;
    at += strspn(at, BLANKS);
    if (line->key_length == 0 || line->key_length > KEY_BYTES_MAX || at >= end || *at != '=')
        return LINE_BROKEN;
    at++;
    at += strspn(at, BLANKS);
    if (at >= end)
        return LINE_BROKEN;
    line->text = at;
    line->text_length = (size_t)(end - at);
    return LINE_MESSAGE;
}

const char *luci_message_code(luci_message_t message, apr_pool_t *pool)
{
    return apr_pstrmemdup(pool, message.key, strcspn(message.key, "."));
}

/* NULL: the line is a message or a comment. *seen (apr_hash_t) has the keys of the lines before. */
static const char *line_problem(line_kind_t kind, const line_t *line, apr_hash_t *seen, apr_pool_t *pool)
{
    const char *text, *problem;
    luci_template_t *compiled;

    switch (kind) {
    case LINE_COMMENT: return NULL;
    case LINE_BROKEN: return "this is neither \"key = text\" nor a comment (#)";
    case LINE_MESSAGE: break;
    }
    if (apr_hash_get(seen, line->key, (apr_ssize_t)line->key_length))
        return apr_psprintf(pool, "the key \"%.*s\" is there twice", (int)line->key_length, line->key);
    apr_hash_set(seen, line->key, (apr_ssize_t)line->key_length, line);
    text = apr_pstrmemdup(pool, line->text, line->text_length);
    if (luci_template_parse(text, line->text_length, &compiled, &problem, pool) == LUCI_OK)
        return NULL;
    return strchr(problem, ':') ? strchr(problem, ':') + 2 : problem; /* without "line 1: " */
}

const char *luci_messages_problem(const char *text, size_t length, apr_pool_t *pool)
{
    apr_hash_t *seen = apr_hash_make(pool);
    const char *copy, *next, *problem;
    line_t line = { 0 };
    int number = 1;

    if (length > LUCI_MESSAGES_BYTES_MAX)
        return apr_psprintf(pool, "it has %" APR_SIZE_T_FMT " bytes, more than %d", length,
                            LUCI_MESSAGES_BYTES_MAX);
    if (luci_text_valid_bytes(text, length) != length)
        return "it is not UTF-8";
    copy = apr_pstrmemdup(pool, text, length);
    for (const char *start = first_line(copy); *start; start = next, number++) {
        line_kind_t kind = read_line(start, &line, &next);

        problem = line_problem(kind, &line, seen, pool);
        if (problem)
            return apr_psprintf(pool, "line %d: %s", number, problem);
    }
    return NULL;
}

const char *luci_messages_find(const char *file, const char *key, apr_pool_t *pool)
{
    size_t length = strlen(key);
    const char *next;
    line_t line;

    for (const char *start = first_line(file); *start; start = next) {
        if (read_line(start, &line, &next) == LINE_MESSAGE && line.key_length == length &&
            memcmp(line.key, key, length) == 0)
            return apr_pstrmemdup(pool, line.text, line.text_length);
    }
    return NULL;
}

const char *luci_messages_fill(const char *text, const apr_table_t *values, apr_pool_t *pool)
{
    luci_template_t *compiled;
    const char *problem;

    if (!strstr(text, "%%") || luci_template_parse(text, strlen(text), &compiled, &problem, pool) != LUCI_OK)
        return text;
    return luci_template_render_plain(compiled, values ? values : apr_table_make(pool, 1), pool);
}
