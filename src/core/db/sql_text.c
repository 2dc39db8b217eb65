/* SPDX-License-Identifier: Apache-2.0 */
#include "core/db/sql_text.h"

#include <apr_strings.h>
#include <string.h>

/* What a text is expanded with, and what comes out. */
typedef struct {
    const luci_sql_names_t *names;
    luci_sql_columns_t columns;
    luci_sql_statement_t *statement; /* NULL when arguments don't matter */
    char *out;                       /* grows by appending; NULL in the measuring pass */
    size_t length;
} expansion_t;

static void append(expansion_t *e, const char *text, size_t length)
{
    if (e->out)
        memcpy(e->out + e->length, text, length);
    e->length += length;
}

static void append_string(expansion_t *e, const char *text)
{
    append(e, text, strlen(text));
}

static void append_quoted(expansion_t *e, const char *name, const char *suffix)
{
    append(e, &e->names->quote, 1);
    append_string(e, name);
    if (suffix) {
        append_string(e, "_");
        append_string(e, suffix);
    }
    append(e, &e->names->quote, 1);
}

/* username is always read, and the first of the user columns, so that it is not repeated. */
static int is_extra(const char *attribute)
{
    return strcmp(attribute, "username") != 0;
}

static void append_attributes(expansion_t *e, int definitions)
{
    for (int i = 0; e->names->attributes && i < e->names->attributes->nelts; i++) {
        const char *name = APR_ARRAY_IDX(e->names->attributes, i, const char *);

        if (!definitions && e->columns.lacks & 1U << i) {
            append_string(e, ", NULL");
        }
        else if (!definitions) {
            append_string(e, ", u.");
            append_quoted(e, name, NULL);
        }
        else if (is_extra(name)) {
            append_quoted(e, name, NULL);
            append_string(e, " TEXT, ");
        }
    }
}

/* {name} or {name:suffix}, from just behind the brace. Returns the length up to the closing brace. */
static size_t append_name(expansion_t *e, const char *text)
{
    static const char *const names[] = { "user", "key", "session" };
    const luci_tables_t *made = e->names->tables;
    const char *tables[] = { made->user, made->key, made->session };
    size_t length = strcspn(text, "}"), name_length = strcspn(text, ":}");

    for (int i = 0; i < 3; i++) {
        if (name_length != strlen(names[i]) || strncmp(text, names[i], name_length) != 0)
            continue;
        if (text[name_length] == ':') {
            char suffix[32];

            apr_cpystrn(suffix, text + name_length + 1, length - name_length);
            append_quoted(e, tables[i], suffix);
        }
        else {
            append_quoted(e, tables[i], NULL);
        }
        return length;
    }
    if (strncmp(text, "column", length) == 0 && e->names->column)
        append_quoted(e, e->names->column, NULL);
    else if (strncmp(text, "lock", length) == 0)
        append_string(e, e->names->lock);
    else
        append_attributes(e, strncmp(text, "definitions", length) == 0);
    return length;
}

/* Whether the optional part that opens with this letter stays. */
static int keeps(const expansion_t *e, char letter)
{
    switch (letter) {
    case 'D': return e->columns.disabled;
    case 'd': return !e->columns.disabled;
    case 'U': return e->columns.user;
    case 'u': return !e->columns.user;
    case 'S': return e->columns.session;
    case 'C': return e->columns.created_at;
    default: return !e->columns.session;
    }
}

/* Returns how much to skip: the mark of an argument that's the same as the one before. */
static int note_argument(luci_sql_statement_t *statement, const char *text, int *place)
{
    int again = text[1] == '=';

    *place -= again;
    if (statement)
        statement->argument[statement->arguments++] = (unsigned char)*place;
    ++*place;
    return again;
}

static void expand(expansion_t *e, const char *text)
{
    int kept = 1, place = 0;

    for (const char *c = text; *c; c++) {
        if (*c == '[') {
            kept = keeps(e, c[1]);
            c += 2;
        }
        else if (*c == ']') {
            kept = 1;
        }
        else if (*c == '{') {
            c += 1 + append_name(e, c + 1);
        }
        else {
            if (kept)
                append(e, c, 1);
            if (*c == '%')
                c += note_argument(kept ? e->statement : NULL, c, &place);
        }
    }
}

luci_sql_names_t luci_sql_names_for(luci_sql_dialect_t dialect, const luci_tables_t *tables,
                                    const apr_array_header_t *attributes)
{
    return (luci_sql_names_t){ tables, attributes, dialect == LUCI_MYSQL ? '`' : '"', NULL, "" };
}

const char *luci_sql_text(const char *text, const luci_sql_names_t *names, luci_sql_columns_t columns,
                          luci_sql_statement_t *statement, apr_pool_t *pool)
{
    expansion_t e = { .names = names, .columns = columns };

    expand(&e, text);
    e.out = apr_palloc(pool, e.length + 1);
    e.length = 0;
    e.statement = statement;
    expand(&e, text);
    e.out[e.length] = '\0';
    return e.out;
}

const char *luci_sql_number(apr_int64_t number, apr_pool_t *pool)
{
    return apr_off_t_toa(pool, number);
}

/* A moment's thirteen digits are read here: each gated request reads some, and strtoll takes its time. */
#define DIGITS_SURE 18 /* no number of so many is too large */

apr_int64_t luci_sql_to_number(const char *column, apr_int64_t fallback)
{
    apr_int64_t number = 0;
    const char *c = column;

    if (!column)
        return fallback;
    for (; c < column + DIGITS_SURE && *c >= '0' && *c <= '9'; c++)
        number = number * 10 + (*c - '0');
    return *c == '\0' && c > column ? number : apr_atoi64(column);
}
