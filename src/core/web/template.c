/* SPDX-License-Identifier: Apache-2.0 */
#include "core/web/template.h"

#include "core/base/text.h"

#include <apr_strings.h>
#include <string.h>

#define TAG_MARKER "%%"
#define TAG_BYTES 2
#define NAME_BYTES_MAX 63
#define NAME_STARTS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_"
#define NAME_CHARACTERS NAME_STARTS "0123456789"

typedef enum { STEP_TEXT, STEP_VALUE, STEP_SECTION, STEP_LIST } step_kind_t;

/* One step of rendering. */
typedef struct {
    step_kind_t kind;
    const char *text; /* the text, or the name of the value, section or list */
    size_t length;    /* of a text, in bytes */
    int after;        /* of a section or list: the index of the first step after it */
} step_t;

struct luci_template_t {
    apr_array_header_t *steps; /* step_t */
};

/* A tag in the text: %%name%%, %%#name%%, %%*name%% or %%/name%%. */
typedef struct {
    char sign; /* '#', '*', '/' or 0 */
    const char *name;
    const char *end;
} tag_t;

typedef struct {
    int step;
    int line;
} open_section_t;

typedef struct {
    apr_array_header_t *steps;
    open_section_t open[LUCI_TEMPLATE_DEPTH_MAX];
    int depth;
    int line; /* counted from 1 */
    const char *problem;
    apr_pool_t *pool;
} parser_t;

static int count_lines(const char *text, size_t length)
{
    const char *end = text + length;
    int lines = 0;

    while ((text = memchr(text, '\n', (size_t)(end - text)))) {
        text++;
        lines++;
    }
    return lines;
}

/* Why text cannot be a template, whatever its tags are; NULL: it can. */
static const char *unfit(const char *text, size_t length, apr_pool_t *pool)
{
    size_t valid;
    int line;

    if (length == 0)
        return "it is empty";
    if (length > LUCI_TEMPLATE_BYTES_MAX)
        return apr_psprintf(pool, "it has %" APR_SIZE_T_FMT " bytes, more than %d", length,
                            LUCI_TEMPLATE_BYTES_MAX);
    valid = luci_text_valid_bytes(text, length);
    if (valid == length)
        return NULL;
    line = 1 + count_lines(text, valid);
    return apr_psprintf(
        pool, text[valid] ? "line %d: this is not valid UTF-8" : "line %d: there is a NUL byte", line);
}

static const char *find_tag(const char *text)
{
    while ((text = strchr(text, TAG_MARKER[0])) && text[1] != TAG_MARKER[1])
        text++;
    return text;
}

/* Reads the tag at tag_start. 0: these percent signs are plain text. */
static int read_tag(const char *tag_start, tag_t *tag, apr_pool_t *pool)
{
    const char *name = tag_start + TAG_BYTES;
    size_t length;

    tag->sign = 0;
    if (*name == '#' || *name == '*' || *name == '/')
        tag->sign = *name++;
    length = strspn(name, NAME_CHARACTERS);
    if (length == 0 || length > NAME_BYTES_MAX || !strchr(NAME_STARTS, *name))
        return 0;
    if (strncmp(name + length, TAG_MARKER, TAG_BYTES) != 0)
        return 0;
    tag->name = apr_pstrmemdup(pool, name, length);
    tag->end = name + length + TAG_BYTES;
    return 1;
}

static step_t *add_step(parser_t *parser, step_kind_t kind, const char *text, size_t length)
{
    step_t *step = apr_array_push(parser->steps);

    step->kind = kind;
    step->text = text;
    step->length = length;
    return step;
}

static void add_text(parser_t *parser, const char *start, const char *end)
{
    size_t length = (size_t)(end - start);

    if (length)
        add_step(parser, STEP_TEXT, start, length);
    parser->line += count_lines(start, length);
}

static const step_t *innermost(const parser_t *parser)
{
    return &APR_ARRAY_IDX(parser->steps, parser->open[parser->depth - 1].step, step_t);
}

/* The list that is open; NULL: none. */
static const step_t *open_list(const parser_t *parser)
{
    for (int i = 0; i < parser->depth; i++) {
        const step_t *step = &APR_ARRAY_IDX(parser->steps, parser->open[i].step, step_t);

        if (step->kind == STEP_LIST)
            return step;
    }
    return NULL;
}

static luci_result_t open_section(parser_t *parser, step_kind_t kind, const char *name)
{
    const step_t *list = kind == STEP_LIST ? open_list(parser) : NULL;
    open_section_t *section;

    if (list) {
        parser->problem = apr_psprintf(parser->pool, "line %d: list \"%s\" is inside list \"%s\"",
                                       parser->line, name, list->text);
        return LUCI_INVALID;
    }
    if (parser->depth == LUCI_TEMPLATE_DEPTH_MAX) {
        parser->problem = apr_psprintf(parser->pool, "line %d: section \"%s\" nests deeper than %d",
                                       parser->line, name, LUCI_TEMPLATE_DEPTH_MAX);
        return LUCI_INVALID;
    }
    section = &parser->open[parser->depth++];
    section->step = parser->steps->nelts;
    section->line = parser->line;
    add_step(parser, kind, name, 0);
    return LUCI_OK;
}

static luci_result_t close_section(parser_t *parser, const char *name)
{
    const open_section_t *section;

    if (parser->depth == 0) {
        parser->problem =
            apr_psprintf(parser->pool, "line %d: section \"%s\" is closed but not open", parser->line, name);
        return LUCI_INVALID;
    }
    section = &parser->open[parser->depth - 1];
    if (strcmp(innermost(parser)->text, name) != 0) {
        parser->problem =
            apr_psprintf(parser->pool, "line %d: section \"%s\" is closed inside section \"%s\" of line %d",
                         parser->line, name, innermost(parser)->text, section->line);
        return LUCI_INVALID;
    }
    APR_ARRAY_IDX(parser->steps, section->step, step_t).after = parser->steps->nelts;
    parser->depth--;
    return LUCI_OK;
}

static luci_result_t add_tag(parser_t *parser, const tag_t *tag)
{
    if (tag->sign == '#' || tag->sign == '*')
        return open_section(parser, tag->sign == '#' ? STEP_SECTION : STEP_LIST, tag->name);
    if (tag->sign == '/')
        return close_section(parser, tag->name);
    add_step(parser, STEP_VALUE, tag->name, 0);
    return LUCI_OK;
}

static luci_result_t parse_steps(parser_t *parser, const char *text)
{
    const char *rest = text, *search = text, *tag_start;
    tag_t tag;

    while ((tag_start = find_tag(search))) {
        if (!read_tag(tag_start, &tag, parser->pool)) {
            search = tag_start + 1;
            continue;
        }
        add_text(parser, rest, tag_start);
        if (add_tag(parser, &tag) != LUCI_OK)
            return LUCI_INVALID;
        rest = search = tag.end;
    }
    add_text(parser, rest, rest + strlen(rest));
    if (parser->depth == 0)
        return LUCI_OK;
    parser->problem = apr_psprintf(parser->pool, "line %d: section \"%s\" is not closed",
                                   parser->open[parser->depth - 1].line, innermost(parser)->text);
    return LUCI_INVALID;
}

luci_result_t luci_template_parse(const char *text, size_t length, luci_template_t **compiled,
                                  const char **problem, apr_pool_t *pool)
{
    parser_t parser = { .line = 1, .pool = pool };

    *problem = unfit(text, length, pool);
    if (*problem)
        return LUCI_INVALID;
    parser.steps = apr_array_make(pool, 32, sizeof(step_t));
    if (parse_steps(&parser, apr_pstrmemdup(pool, text, length)) != LUCI_OK) {
        *problem = parser.problem;
        return LUCI_INVALID;
    }
    *compiled = apr_palloc(pool, sizeof **compiled);
    (*compiled)->steps = parser.steps;
    return LUCI_OK;
}

static const char *entity(char c)
{
    switch (c) {
    case '&': return "&amp;";
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '"': return "&quot;";
    case '\'': return "&#39;";
    default: return NULL;
    }
}

/* Returns the length of the escaped text (0 for NULL), and writes it to out, without NUL, unless out is
 * NULL. */
static size_t escape(const char *text, char *out)
{
    size_t length = 0;

    for (; text && *text; text++) {
        const char *written = entity(*text);

        if (out && written)
            memcpy(out + length, written, strlen(written)); /* NOLINT(bugprone-not-null-terminated-result) */
        else if (out)
            out[length] = *text;
        length += written ? strlen(written) : 1;
    }
    return length;
}

/* ---- Rows of lists ---- */

/* The name of a row's value in the table. The number comes first, because the table compares the first four
 * characters before the rest. It is not a name of the template language. */
#define ROW_KEY_BYTES (2 * NAME_BYTES_MAX + 16)

static void row_key(char key[ROW_KEY_BYTES], const char *list, int row, const char *name)
{
    apr_snprintf(key, ROW_KEY_BYTES, "%04x%s.%s", (unsigned)row, list, name);
}

/* A template may name any value as a list; one that is a large number is limited, too. */
static int rows_of(const apr_table_t *values, const char *list)
{
    const char *count = apr_table_get(values, list);
    apr_int64_t rows = count ? apr_atoi64(count) : 0;

    return rows < LUCI_TEMPLATE_ROWS_MAX ? (int)rows : LUCI_TEMPLATE_ROWS_MAX;
}

void luci_template_set_row(apr_table_t *values, const char *list, int row, const char *name,
                           const char *value)
{
    apr_pool_t *pool = apr_table_elts(values)->pool;
    char key[ROW_KEY_BYTES];

    if (row >= LUCI_TEMPLATE_ROWS_MAX)
        return;
    row_key(key, list, row, name);
    apr_table_setn(values, apr_pstrdup(pool, key), value);
    if (row >= rows_of(values, list))
        apr_table_setn(values, list, apr_itoa(pool, row + 1));
}

/* ---- Rendering, which runs twice: to measure the page, and to write it ---- */

typedef struct {
    const luci_template_t *compiled;
    const apr_table_t *values;
    const char *list; /* the list that is repeated; NULL: none */
    int row;
    char *out; /* NULL while measuring */
    size_t length;
    int is_plain; /* 1: values are not escaped */
} filling_t;

static const char *value_of(const filling_t *filling, const char *name)
{
    char key[ROW_KEY_BYTES];
    const char *value = NULL;

    if (filling->list) {
        row_key(key, filling->list, filling->row, name);
        value = apr_table_get(filling->values, key);
    }
    return value ? value : apr_table_get(filling->values, name);
}

static void fill_bytes(filling_t *filling, const char *bytes, size_t length)
{
    if (filling->out && length > 0)
        memcpy(filling->out + filling->length, bytes, length);
    filling->length += length;
}

static void fill_value(filling_t *filling, const char *value)
{
    if (filling->is_plain)
        fill_bytes(filling, value, value ? strlen(value) : 0);
    else
        filling->length += escape(value, filling->out ? filling->out + filling->length : NULL);
}

static void fill(filling_t *filling, int from, int to);

/* Lists do not nest. */
static void fill_list(filling_t *filling, const char *list, int from, int to)
{
    int rows = rows_of(filling->values, list);

    filling->list = list;
    for (filling->row = 0; filling->row < rows; filling->row++)
        fill(filling, from, to);
    filling->list = NULL;
}

/* Fills in the steps from one index up to another one. */
static void fill(filling_t *filling, int from, int to)
{
    for (int i = from; i < to;) {
        const step_t *step = &APR_ARRAY_IDX(filling->compiled->steps, i++, step_t);
        const char *value = step->kind == STEP_TEXT ? NULL : value_of(filling, step->text);

        switch (step->kind) {
        case STEP_TEXT: fill_bytes(filling, step->text, step->length); break;
        case STEP_VALUE: fill_value(filling, value); break;
        case STEP_SECTION:
            if (!value || !*value)
                i = step->after;
            break;
        case STEP_LIST:
            fill_list(filling, step->text, i, step->after);
            i = step->after;
            break;
        }
    }
}

static const char *render(const filling_t *filling, size_t *length, apr_pool_t *pool)
{
    filling_t measured = *filling, written = *filling;
    int steps = filling->compiled->steps->nelts;

    fill(&measured, 0, steps);
    written.out = apr_palloc(pool, measured.length + 1);
    fill(&written, 0, steps);
    written.out[written.length] = '\0';
    if (length)
        *length = written.length;
    return written.out;
}

const char *luci_template_render(const luci_template_t *compiled, const apr_table_t *values, size_t *length,
                                 apr_pool_t *pool)
{
    return render(&(filling_t){ .compiled = compiled, .values = values }, length, pool);
}

const char *luci_template_render_plain(const luci_template_t *compiled, const apr_table_t *values,
                                       apr_pool_t *pool)
{
    return render(&(filling_t){ .compiled = compiled, .values = values, .is_plain = 1 }, NULL, pool);
}

const char *luci_template_escape(const char *text, apr_pool_t *pool)
{
    size_t size = escape(text, NULL);
    char *escaped = apr_palloc(pool, size + 1);

    escape(text, escaped);
    escaped[size] = '\0';
    return escaped;
}
