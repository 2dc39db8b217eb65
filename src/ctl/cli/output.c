/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/cli/output.h"

#include "core/base/text.h"
#include "core/base/timestamp.h"
#include "ctl/cli/say.h"

#include <apr_strings.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#define ROWS_HELD 200 /* rows of a table that are buffered to compute the widths of its columns */
#define GAP 2         /* blanks between columns */

struct luci_output_t {
    apr_pool_t *pool;
    apr_pool_t *rows_pool; /* of the buffered rows */
    int as_json;
    const luci_column_t *columns;
    int count;
    int *widths;
    const char **held[ROWS_HELD];
    int held_count;
    int in_list;
    apr_int64_t written; /* rows */
    int failed;          /* errno of the first write that failed */
};

luci_output_t *luci_output_create(int as_json, apr_pool_t *pool)
{
    luci_output_t *output = apr_pcalloc(pool, sizeof *output);

    output->pool = pool;
    output->as_json = as_json;
    apr_pool_create(&output->rows_pool, pool);
    return output;
}

const char **luci_output_cells(int count, apr_pool_t *pool)
{
    return apr_pcalloc(pool, (apr_size_t)count * sizeof(const char *));
}

static void put(luci_output_t *output, const char *text)
{
    if (fputs(text, stdout) < 0 && !output->failed)
        output->failed = errno;
}

/* ---- Cells ---- */

static const char *readable(const char *milliseconds, apr_pool_t *pool)
{
    char text[LUCI_TIMESTAMP_TEXT];

    luci_timestamp_to_text(luci_timestamp_from_digits(milliseconds), text);
    return apr_pstrdup(pool, text);
}

static json_t *iso(const char *milliseconds)
{
    char text[LUCI_TIMESTAMP_TEXT];

    luci_timestamp_to_iso(luci_timestamp_from_digits(milliseconds), text);
    return json_string(text);
}

static const char *for_people(luci_cell_t kind, const char *cell, apr_pool_t *pool)
{
    if (!cell)
        return "-";
    switch (kind) {
    case LUCI_CELL_TEXT:
    case LUCI_CELL_WORDS:
    case LUCI_CELL_NUMBER: break;
    case LUCI_CELL_TIMESTAMP: return readable(cell, pool);
    case LUCI_CELL_FLAG: return strcmp(cell, "1") == 0 ? "yes" : "no";
    }
    return luci_say_printable(cell, pool);
}

/* JSON is UTF-8, so each invalid byte becomes U+FFFD. */
static json_t *text_in_json(const char *text, apr_pool_t *pool)
{
    const char *good = "";
    size_t length;

    while ((length = luci_text_valid_bytes(text, strlen(text))) < strlen(text)) {
        good = apr_pstrcat(pool, good, apr_pstrmemdup(pool, text, length), "\xef\xbf\xbd", NULL);
        text += length + 1;
    }
    return json_string(apr_pstrcat(pool, good, text, NULL));
}

static json_t *words(const char *cell, apr_pool_t *pool)
{
    json_t *array = json_array();

    while (*cell) {
        size_t length = strcspn(cell, ",");

        json_array_append_new(array, text_in_json(apr_pstrmemdup(pool, cell, length), pool));
        cell += length + (cell[length] == ',');
    }
    return array;
}

static json_t *for_machines(luci_cell_t kind, const char *cell, apr_pool_t *pool)
{
    if (!cell)
        return kind == LUCI_CELL_WORDS ? json_array() : json_null();
    switch (kind) {
    case LUCI_CELL_TEXT: break;
    case LUCI_CELL_WORDS: return words(cell, pool);
    case LUCI_CELL_NUMBER: return json_integer(apr_atoi64(cell));
    case LUCI_CELL_TIMESTAMP: return iso(cell);
    case LUCI_CELL_FLAG: return json_boolean(strcmp(cell, "1") == 0);
    }
    return text_in_json(cell, pool);
}

/* ---- JSON ---- */

static json_t *object_of(json_t *row, const char *name)
{
    json_t *object = name ? json_object_get(row, name) : row;

    if (object)
        return object;
    json_object_set_new(row, name, json_object());
    return json_object_get(row, name);
}

static void put_object(luci_output_t *output, const luci_column_t *columns, int count,
                       const char *const *cells)
{
    json_t *row = json_object();
    char *text;

    for (int i = 0; i < count; i++)
        json_object_set_new(object_of(row, columns[i].object), columns[i].name,
                            for_machines(columns[i].kind, cells[i], output->rows_pool));
    text = json_dumps(row, 0);
    put(output, text ? text : "null");
    free(text);
    json_decref(row);
    apr_pool_clear(output->rows_pool);
}

/* ---- Tables ---- */

static void put_padded(luci_output_t *output, const char *text, int width)
{
    put(output, text);
    for (int at = luci_say_width(text); at < width; at++)
        put(output, " ");
}

/* Pads every cell of a line but the last. */
static void put_line(luci_output_t *output, const char *const *cells)
{
    for (int i = 0; i < output->count; i++)
        put_padded(output, cells[i], i + 1 < output->count ? output->widths[i] + GAP : 0);
    put(output, "\n");
}

static void widen(luci_output_t *output, int column, const char *text)
{
    int width = luci_say_width(text);

    if (width > output->widths[column])
        output->widths[column] = width;
}

static void put_titles(luci_output_t *output)
{
    const char **titles = luci_output_cells(output->count, output->rows_pool);

    for (int i = 0; i < output->count; i++)
        titles[i] = output->columns[i].title;
    put_line(output, titles);
}

static void put_held(luci_output_t *output)
{
    for (int row = 0; row < output->held_count; row++) {
        for (int i = 0; i < output->count; i++)
            widen(output, i, output->held[row][i]);
    }
    if (!output->written && output->held_count)
        put_titles(output);
    for (int row = 0; row < output->held_count; row++)
        put_line(output, output->held[row]);
    output->written += output->held_count;
    output->held_count = 0;
    apr_pool_clear(output->rows_pool);
}

static void hold(luci_output_t *output, const char *const *cells)
{
    const char **shown = luci_output_cells(output->count, output->rows_pool);

    for (int i = 0; i < output->count; i++)
        shown[i] =
            apr_pstrdup(output->rows_pool, for_people(output->columns[i].kind, cells[i], output->rows_pool));
    output->held[output->held_count++] = shown;
    if (output->held_count == ROWS_HELD)
        put_held(output);
}

/* ---- Lists and records ---- */

void luci_output_begin(luci_output_t *output, const luci_column_t *columns, int count)
{
    output->columns = columns;
    output->count = count;
    output->in_list = 1;
    output->written = 0;
    output->widths = apr_pcalloc(output->pool, (apr_size_t)count * sizeof(int));
    for (int i = 0; i < count; i++)
        widen(output, i, columns[i].title);
    if (output->as_json)
        put(output, "[");
}

void luci_output_row(luci_output_t *output, const char *const *cells)
{
    if (!output->as_json) {
        hold(output, cells);
        return;
    }
    luci_output_row_of(output, output->columns, output->count, cells);
}

void luci_output_row_of(luci_output_t *output, const luci_column_t *columns, int count,
                        const char *const *cells)
{
    if (output->in_list)
        put(output, output->written++ ? ",\n " : "\n ");
    put_object(output, columns, count, cells);
    if (!output->in_list)
        put(output, "\n");
}

void luci_output_end(luci_output_t *output)
{
    if (output->as_json)
        put(output, output->written ? "\n]\n" : "]\n");
    else
        put_held(output);
}

void luci_output_record(luci_output_t *output, const luci_column_t *columns, int count,
                        const char *const *cells)
{
    int width = 0;

    for (int i = 0; i < count; i++) {
        int own = luci_say_width(columns[i].title) + 1;

        width = own > width ? own : width;
    }
    if (output->as_json) {
        put_object(output, columns, count, cells);
        put(output, "\n");
        return;
    }
    for (int i = 0; i < count; i++) {
        put_padded(output, apr_pstrcat(output->rows_pool, columns[i].title, ":", NULL), width + GAP);
        put(output, for_people(columns[i].kind, cells[i], output->rows_pool));
        put(output, "\n");
    }
    apr_pool_clear(output->rows_pool);
}

void luci_output_done(luci_output_t *output, const char *sentence, const luci_column_t *columns, int count,
                      const char *const *cells)
{
    if (output->as_json) {
        luci_output_record(output, columns, count, cells);
        return;
    }
    put(output, luci_say_printable(sentence, output->rows_pool));
    put(output, "\n");
    apr_pool_clear(output->rows_pool);
}

luci_exit_t luci_output_close(luci_output_t *output)
{
    if (fflush(stdout) != 0 && !output->failed)
        output->failed = errno;
    if (!output->failed)
        return LUCI_EXIT_DONE;
    return luci_say_error(LUCI_EXIT_REFUSED, "the output cannot be written: %s", strerror(output->failed));
}
