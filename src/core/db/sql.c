/* SPDX-License-Identifier: Apache-2.0 */
#include "core/db/sql.h"

#include "core/db/user_group_table.h"

#include <apr_strings.h>
#include <string.h>

/* The expansion of a text, which runs twice: to measure the result, and to write it. */
typedef struct {
    const luci_sql_scope_t *scope;
    luci_sql_text_t *made; /* output: the parameters; NULL: the text has none */
    char *out;             /* NULL while measuring */
    size_t length;
    apr_pool_t *pool;
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

static void append_groups(expansion_t *e)
{
    append_string(e, luci_sql_groups_begin);
    append_string(e, e->scope->engine->joined_names);
    append_string(e, luci_sql_groups_from);
    append_quoted(e, luci_table_name(&luci_table_user_group, &e->scope->settings->tables, e->pool), NULL, 0);
    append_string(e, luci_sql_groups_end);
}

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
    if (e->scope->settings->groups)
        append_groups(e);
}

/* 1 if text, up to a colon or the end of the placeholder, is this word. */
static int is_word(const char *text, const char *word)
{
    return strcspn(text, ":}") == strlen(word) && strncmp(text, word, strlen(word)) == 0;
}

/* Appends {user} or {user:suffix}. 0: the placeholder is not the name of a table. */
static int append_table(expansion_t *e, const char *text, size_t length)
{
    for (const luci_table_t *const *table = luci_table_list; *table; table++) {
        size_t name = strlen((*table)->name);

        if (!is_word(text, (*table)->name))
            continue;
        append_quoted(e, luci_table_name(*table, &e->scope->settings->tables, e->pool),
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

/* Appends a placeholder of the texts of the schema. 0: unknown. */
static int append_about_table(expansion_t *e, const char *text)
{
    const luci_sql_scope_t *scope = e->scope;
    if (is_word(text, "table"))
        append_quoted(e, luci_table_name(scope->table, &scope->settings->tables, e->pool), NULL, 0);
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

/* ---- Parameters ---- */

static int is_parameter(const char *text)
{
    return text[0] == ':' && text[1] >= 'a' && text[1] <= 'z';
}

/* Appends a value for the parameter of this name. */
static void append_place(expansion_t *e, const char *name, size_t length, int is_number)
{
    append_string(e, is_number ? "%lld" : "%s");
    if (!e->out)
        return;
    if (e->made->places < LUCI_SQL_PLACES_MAX)
        e->made->parameter[e->made->places] = apr_pstrmemdup(e->pool, name, length);
    e->made->places++;
}

/* Appends a parameter; text starts at its colon. Returns the length of the parameter. */
static size_t append_parameter(expansion_t *e, const char *text, int is_kept)
{
    static const char number[] = ":int";
    size_t length = 1 + strspn(text + 1, "abcdefghijklmnopqrstuvwxyz0123456789_");
    int is_number = strncmp(text + length, number, strlen(number)) == 0;

    if (is_kept)
        append_place(e, text + 1, length - 1, is_number);
    return length + (is_number ? strlen(number) : 0);
}

/* Appends {same:COLUMN:NAME}; text starts at COLUMN. */
static void append_same(expansion_t *e, const char *text)
{
    static const char column[] = "{column}", value[] = "{value}";
    size_t length = strcspn(text, ":");

    for (const char *c = e->scope->engine->same_bytes; *c; c++) {
        if (strncmp(c, column, strlen(column)) == 0) {
            append(e, text, length);
            c += strlen(column) - 1;
        }
        else if (strncmp(c, value, strlen(value)) == 0) {
            append_place(e, text + length + 1, strcspn(text + length + 1, "}"), 0);
            c += strlen(value) - 1;
        }
        else {
            append(e, c, 1);
        }
    }
}

/* Appends a placeholder; text starts after its opening brace. Returns the length up to the closing brace. */
static size_t append_placeholder(expansion_t *e, const char *text)
{
    size_t length = strcspn(text, "}"), word = strcspn(text, ":}");

    if (is_word(text, "attributes"))
        append_attributes(e);
    else if (is_word(text, "lock"))
        append_string(e, e->scope->engine->row_lock);
    else if (is_word(text, "lags"))
        append_string(e, e->scope->engine->lags);
    else if (is_word(text, "or_nothing"))
        append_string(e, e->scope->engine->or_nothing);
    else if (is_word(text, "same"))
        append_same(e, text + word + 1);
    else if (!append_table(e, text, length))
        (void)append_about_table(e, text);
    return length;
}

/* ---- Texts ---- */

/* Finds the column of a name that came later. Returns its number; -1: there is none. */
static int number_of_later(const char *name, size_t length, const luci_table_column_t **column)
{
    const luci_table_t *table;

    for (int i = 0; luci_table_later(i, &table, column); i++) {
        if (strlen((*column)->name) == length && strncmp((*column)->name, name, length) == 0)
            return i;
    }
    return -1;
}

/* 1 if the column of this name, which came later, exists. */
static int has_later(const luci_sql_columns_t *found, const char *name, size_t length)
{
    const luci_table_column_t *column;
    int number = number_of_later(name, length, &column);

    return number >= 0 && found->later >> number & 1;
}

/* 1 if the optional part with this letter is kept. */
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
    case 'P': return e->scope->settings->passkeys != LUCI_PASSKEYS_OFF;
    case 'p': return e->scope->settings->passkeys == LUCI_PASSKEYS_OFF;
    case 'L': return e->scope->engine->lags != NULL;
    case 'l': return !e->scope->engine->lags;
    default: return !found->session;
    }
}

/* Judges the beginning of an optional part, "[X:" or "[+NAME:", and returns its last character. */
static const char *begin_optional(const expansion_t *e, const char *text, int *is_kept)
{
    size_t length = strcspn(text, ":");

    if (text[1] == '+' || text[1] == '-')
        *is_kept = has_later(&e->scope->found, text + 2, length - 2) == (text[1] == '+');
    else
        *is_kept = keeps(e, text[1]);
    return text + length;
}

static void expand(expansion_t *e, const char *text)
{
    int is_kept = 1;

    for (const char *c = text; *c; c++) {
        if (*c == '[') {
            c = begin_optional(e, c, &is_kept);
        }
        else if (*c == ']') {
            is_kept = 1;
        }
        else if (e->made && is_parameter(c)) {
            c += append_parameter(e, c, is_kept) - 1;
        }
        else if (is_kept && *c == '{') {
            c += 1 + append_placeholder(e, c + 1);
        }
        else if (is_kept) {
            append(e, c, 1);
        }
    }
}

static const char *make(const char *text, const luci_sql_scope_t *scope, luci_sql_text_t *made,
                        apr_pool_t *pool)
{
    expansion_t measured = { .scope = scope, .made = made, .pool = pool }, e = measured;

    expand(&measured, text);
    e.out = apr_palloc(pool, measured.length + 1);
    expand(&e, text);
    e.out[e.length] = '\0';
    return e.out;
}

int luci_sql_asks_for_later(const char *text, const luci_settings_t *settings)
{
    for (const char *c = strchr(text, '['); c; c = strchr(c + 1, '[')) {
        const luci_table_column_t *column;

        if ((c[1] == '+' || c[1] == '-') && number_of_later(c + 2, strcspn(c + 2, ":"), &column) >= 0 &&
            luci_table_wants_column(column, settings))
            return 1;
    }
    return 0;
}

const char *luci_sql_expand(const char *text, const luci_sql_scope_t *scope, apr_pool_t *pool)
{
    return make(text, scope, NULL, pool);
}

luci_sql_text_t luci_sql_text(const luci_statement_t *statement, const luci_sql_scope_t *scope,
                              apr_pool_t *pool)
{
    luci_sql_text_t made = { 0 };
    const char *text = statement->text;

    for (const luci_engine_text_t *own = scope->engine->texts; own && own->text; own++) {
        if (own->statement == statement)
            text = own->text;
    }
    made.text = make(text, scope, &made, pool);
    return made;
}

/* ---- Numbers ---- */

const char *luci_sql_number(apr_int64_t number, apr_pool_t *pool)
{
    return apr_off_t_toa(pool, number);
}

/* Times have thirteen digits and are read here, because each gated request reads some and strtoll is
 * slower. */
#define DIGITS_SURE 18 /* a number with this many digits always fits */

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
