/* SPDX-License-Identifier: Apache-2.0 */
#include "core/db/sql.h"

#include <apr_strings.h>
#include <string.h>

/* A text being expanded, once to measure and once to write. */
typedef struct {
    const luci_sql_scope_t *scope;
    luci_sql_statement_t *statement; /* NULL when arguments don't matter */
    char *out;                       /* NULL while measuring */
    size_t length;
    int place; /* of the next argument */
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

static void append_quoted(expansion_t *e, const char *name, const char *suffix, size_t suffix_length)
{
    append(e, &e->scope->engine->quote_name, 1);
    append_string(e, name);
    if (suffix) {
        append_string(e, "_");
        append(e, suffix, suffix_length);
    }
    append(e, &e->scope->engine->quote_name, 1);
}

/* ---- Placeholders ---- */

static void append_attributes(expansion_t *e)
{
    const apr_array_header_t *attributes = e->scope->settings->attributes;

    for (int i = 0; attributes && i < attributes->nelts; i++) {
        if (e->scope->found.lacks & 1U << i) {
            append_string(e, ", NULL");
            continue;
        }
        append_string(e, ", u.");
        append_quoted(e, APR_ARRAY_IDX(attributes, i, const char *), NULL, 0);
    }
}

/* Whether text, up to the end of a placeholder or its colon, is this word. */
static int is_word(const char *text, const char *word)
{
    return strcspn(text, ":}") == strlen(word) && strncmp(text, word, strlen(word)) == 0;
}

/* {user} or {user:suffix}. 0: it is about no table. */
static int append_table(expansion_t *e, const char *text, size_t length)
{
    for (const luci_table_t *const *table = luci_table_list; *table; table++) {
        size_t name = strlen((*table)->name);

        if (!is_word(text, (*table)->name))
            continue;
        append_quoted(e, luci_table_name(*table, &e->scope->settings->tables),
                      text[name] == ':' ? text + name + 1 : NULL, text[name] == ':' ? length - name - 1 : 0);
        return 1;
    }
    return 0;
}

static void append_columns(expansion_t *e, int quoted)
{
    for (int i = 0; i < e->scope->count; i++) {
        append_string(e, i > 0 ? ", " : "");
        append_string(e, quoted ? "t." : "'");
        if (quoted)
            append_quoted(e, e->scope->columns[i], NULL, 0);
        else
            append_string(e, e->scope->columns[i]);
        append_string(e, quoted ? "" : "'");
    }
}

static void append_number(expansion_t *e, int number)
{
    char text[16];

    apr_snprintf(text, sizeof text, "%d", number);
    append_string(e, text);
}

/* 0: there is no such placeholder about one table. */
static int append_about_table(expansion_t *e, const char *text)
{
    const luci_sql_scope_t *scope = e->scope;
    if (is_word(text, "table"))
        append_quoted(e, luci_table_name(scope->table, &scope->settings->tables), NULL, 0);
    else if (is_word(text, "columns"))
        append_columns(e, 1);
    else if (is_word(text, "names"))
        append_columns(e, 0);
    else if (is_word(text, "count"))
        append_number(e, scope->count);
    else if (is_word(text, "column"))
        append_quoted(e, scope->columns[0], NULL, 0);
    else if (is_word(text, "name"))
        append_string(e, scope->columns[0]);
    else
        return 0;
    return 1;
}

static void expand(expansion_t *e, const char *text);

/* The engine's comparison of bytes, where {column} is the column as it is written in the statement. */
static void append_same(expansion_t *e, const char *column, size_t length)
{
    static const char here[] = "{column}";
    const char *pattern = e->scope->engine->same_bytes, *at = strstr(pattern, here);

    if (!at)
        return;
    append(e, pattern, (size_t)(at - pattern));
    append(e, column, length);
    expand(e, at + strlen(here));
}

/* From just behind the opening brace. Returns the length up to the closing one. */
static size_t append_placeholder(expansion_t *e, const char *text)
{
    size_t length = strcspn(text, "}"), word = strcspn(text, ":}");

    if (is_word(text, "attributes"))
        append_attributes(e);
    else if (is_word(text, "lock"))
        append_string(e, e->scope->engine->row_lock);
    else if (is_word(text, "or_nothing"))
        append_string(e, e->scope->engine->or_nothing);
    else if (is_word(text, "same"))
        append_same(e, text + word + 1, length - word - 1);
    else if (!append_table(e, text, length))
        (void)append_about_table(e, text);
    return length;
}

/* ---- Texts ---- */

/* Whether the optional part that opens with this letter stays. */
static int keeps(const expansion_t *e, char letter)
{
    const luci_sql_columns_t *found = &e->scope->found;

    switch (letter) {
    case 'D': return found->disabled;
    case 'd': return !found->disabled;
    case 'U': return found->user;
    case 'u': return !found->user;
    case 'S': return found->session;
    case 'C': return found->created_at;
    default: return !found->session;
    }
}

/* Returns how much to skip: the mark of an argument that's the same as the one before. */
static int note_argument(expansion_t *e, const char *text, int is_kept)
{
    int again = text[1] == '=';

    e->place -= again;
    if (e->out && e->statement && is_kept)
        e->statement->argument[e->statement->arguments++] = (unsigned char)e->place;
    e->place++;
    return again;
}

static void expand(expansion_t *e, const char *text)
{
    int is_kept = 1;

    for (const char *c = text; *c; c++) {
        if (*c == '[') {
            is_kept = keeps(e, c[1]);
            c += 2;
        }
        else if (*c == ']') {
            is_kept = 1;
        }
        else if (*c == '{' && is_kept) {
            c += 1 + append_placeholder(e, c + 1);
        }
        else {
            if (is_kept)
                append(e, c, 1);
            if (*c == '%')
                c += note_argument(e, c, is_kept);
        }
    }
}

const char *luci_sql_expand(const char *text, const luci_sql_scope_t *scope, luci_sql_statement_t *statement,
                            apr_pool_t *pool)
{
    expansion_t measured = { .scope = scope }, e = { .scope = scope, .statement = statement };

    expand(&measured, text);
    e.out = apr_palloc(pool, measured.length + 1);
    expand(&e, text);
    e.out[e.length] = '\0';
    return e.out;
}

/* Every id has a row beside its table. */
static const luci_sql_template_t *template_of(luci_sql_id_t id)
{
    const luci_sql_template_t *found = NULL;

    for (const luci_table_t *const *table = luci_table_list; *table && !found; table++) {
        for (const luci_sql_template_t *row = (*table)->statements; row->text && !found; row++)
            found = row->id == id ? row : NULL;
    }
    return found;
}

luci_sql_statement_t luci_sql_statement(luci_sql_id_t id, const luci_sql_scope_t *scope, apr_pool_t *pool)
{
    const luci_sql_template_t *row = template_of(id);
    luci_sql_statement_t statement = { .repeatable = row->repeatable, .may_conflict = row->may_conflict };
    const char *text = row->text;

    for (const luci_engine_text_t *own = scope->engine->texts; own && own->text; own++) {
        if (own->id == (int)id)
            text = own->text;
    }
    statement.text = luci_sql_expand(text, scope, &statement, pool);
    return statement;
}

/* ---- Numbers ---- */

const char *luci_sql_number(apr_int64_t number, apr_pool_t *pool)
{
    return apr_off_t_toa(pool, number);
}

/* A moment's thirteen digits are read here: each gated request reads some, and strtoll is slower. */
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
