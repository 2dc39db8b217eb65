/* SPDX-License-Identifier: Apache-2.0 */
#include "core/db/schema.h"

#include <apr_strings.h>
#include <string.h>

#define FILE_TRIES 5 /* at the tables of a database file */

/* ---- Texts ---- */

static const char *expand(const char *text, const luci_engine_t *engine, const luci_table_t *table,
                          const luci_settings_t *settings, apr_pool_t *pool)
{
    const luci_sql_scope_t scope = { .engine = engine, .settings = settings, .table = table };

    return luci_sql_expand(text, &scope, pool);
}

static int is_nullable(const luci_table_column_t *column)
{
    return column->flags & (LUCI_COLUMN_NULLABLE | LUCI_COLUMN_OURS);
}

/* The definition of a column: "NAME TYPE NOT NULL PRIMARY KEY". */
static const char *definition(const luci_table_column_t *column, const luci_engine_t *engine,
                              apr_pool_t *pool)
{
    return apr_pstrcat(pool, column->name, " ", engine->type(column, pool),
                       is_nullable(column) ? "" : " NOT NULL",
                       column->flags & LUCI_COLUMN_PRIMARY ? " PRIMARY KEY" : "",
                       column->flags & LUCI_COLUMN_UNIQUE ? " UNIQUE" : "", NULL);
}

/* An attribute is a text, except for the number that LuciaEmail adds. */
static const luci_table_column_t *attribute_column(const char *name, const luci_settings_t *settings)
{
    static const luci_table_column_t text = { .kind = LUCI_COLUMN_TEXT },
                                     number = { .kind = LUCI_COLUMN_INTEGER };

    return settings->email != LUCI_EMAIL_OFF && strcmp(name, "email_verified") == 0 ? &number : &text;
}

/* The names are quoted, because an attribute may be named like an SQL keyword. username is left out, because
 * every user table has it. */
static const char *attribute_definitions(const luci_engine_t *engine, const luci_settings_t *settings,
                                         apr_pool_t *pool)
{
    const char *text = "";

    for (int i = 0; settings->attributes && i < settings->attributes->nelts; i++) {
        const char *name = APR_ARRAY_IDX(settings->attributes, i, const char *);

        if (strcmp(name, "username") != 0)
            text = apr_psprintf(pool, "%s%c%s%c %s, ", text, engine->quote_name, name, engine->quote_name,
                                engine->type(attribute_column(name, settings), pool));
    }
    return text;
}

/* The definitions of all columns, each followed by a comma. A column that gets its type from the SELECT is
 * left out. */
static const char *definitions(const luci_engine_t *engine, const luci_table_t *table,
                               const luci_settings_t *settings, apr_pool_t *pool)
{
    const char *text = "";
    int has_attributes = !table->has_attributes;

    for (const luci_table_column_t *column = table->columns; column->name; column++) {
        if (column->flags & LUCI_COLUMN_OURS && !has_attributes) {
            text = apr_pstrcat(pool, text, attribute_definitions(engine, settings, pool), NULL);
            has_attributes = 1;
        }
        if (luci_table_wants_column(column, settings) &&
            (!engine->copies_references || !(column->flags & LUCI_COLUMN_USER)))
            text = apr_pstrcat(pool, text, definition(column, engine, pool), ", ", NULL);
    }
    return text;
}

static const char *references(const luci_table_t *table, apr_pool_t *pool)
{
    const char *text = "";

    for (const luci_table_column_t *column = table->columns; column->name; column++) {
        if (column->flags & LUCI_COLUMN_USER)
            text = apr_psprintf(pool, "%sFOREIGN KEY (%s) REFERENCES {user}(id)%s, ", text, column->name,
                                column->flags & LUCI_COLUMN_CASCADE ? " ON DELETE CASCADE" : "");
    }
    return text;
}

/* With the primary key, if the definition of its column is left out. */
static const char *inner_indexes(const luci_table_t *table, apr_pool_t *pool)
{
    const char *text = "";

    for (const luci_table_column_t *column = table->columns; column->name; column++) {
        if (column->flags & LUCI_COLUMN_PRIMARY && column->flags & LUCI_COLUMN_USER)
            text = apr_psprintf(pool, "PRIMARY KEY (%s), ", column->name);
    }
    for (const luci_table_index_t *index = table->indexes; index->column; index++)
        text = apr_psprintf(pool, "%sINDEX (%s), ", text, index->column);
    return text;
}

/* A SELECT without rows, whose columns have the names of the table's columns; "": the table refers to no
 * other table. */
static const char *empty_selection(const luci_table_t *table, const luci_settings_t *settings,
                                   apr_pool_t *pool)
{
    const char *text = "", *separator = " SELECT ";
    int refers = 0;

    for (const luci_table_column_t *column = table->columns; column->name; column++) {
        int is_reference = column->flags & LUCI_COLUMN_USER;
        const char *value = is_reference                          ? "u.id"
                            : is_nullable(column)                 ? "NULL"
                            : column->kind == LUCI_COLUMN_INTEGER ? "0"
                                                                  : "''";

        if (!luci_table_wants_column(column, settings))
            continue;
        text = apr_pstrcat(pool, text, separator, value, " AS ", column->name, NULL);
        separator = ", ";
        refers |= is_reference;
    }
    return refers ? apr_pstrcat(pool, text, " FROM {user} u WHERE 1 = 0", NULL) : "";
}

static const char *table_text(const luci_engine_t *engine, const luci_table_t *table,
                              const luci_settings_t *settings, apr_pool_t *pool)
{
    char *body = apr_pstrcat(pool, definitions(engine, table, settings, pool),
                             table->primary ? apr_psprintf(pool, "PRIMARY KEY (%s), ", table->primary) : "",
                             engine->copies_references ? inner_indexes(table, pool) : "",
                             references(table, pool), NULL);

    body[strlen(body) - strlen(", ")] = '\0';
    return apr_pstrcat(pool, "CREATE TABLE IF NOT EXISTS {table} (", body, ")", engine->table_options,
                       table->is_clustered ? engine->clustered_options : "",
                       engine->copies_references ? empty_selection(table, settings, pool) : "", NULL);
}

const char *const *luci_schema_table(const luci_engine_t *engine, const luci_table_t *table,
                                     const luci_settings_t *settings, apr_pool_t *pool)
{
    apr_array_header_t *texts = apr_array_make(pool, 4, sizeof(const char *));

    APR_ARRAY_PUSH(texts, const char *) =
        expand(table_text(engine, table, settings, pool), engine, table, settings, pool);
    for (const luci_table_index_t *index = table->indexes; index->column && !engine->copies_references;
         index++)
        APR_ARRAY_PUSH(texts, const char *) =
            expand(apr_psprintf(pool, "CREATE INDEX IF NOT EXISTS {%s:%s} ON {table} (%s)", table->name,
                                index->column, index->column),
                   engine, table, settings, pool);
    APR_ARRAY_PUSH(texts, const char *) = NULL;
    return (const char *const *)texts->elts;
}

/* A column that is not an additional column of the module is an attribute. */
const char *luci_schema_add_column(const luci_engine_t *engine, const luci_table_t *table, const char *column,
                                   const luci_settings_t *settings, apr_pool_t *pool)
{
    const luci_table_column_t *known = luci_table_column(table, column);
    const luci_sql_scope_t scope = {
        .engine = engine, .settings = settings, .table = table, .columns = &column, .count = 1
    };

    return apr_pstrcat(
        pool, luci_sql_expand("ALTER TABLE {table} ADD COLUMN {column} ", &scope, pool),
        engine->type(known && known->flags & LUCI_COLUMN_OURS ? known : attribute_column(column, settings),
                     pool),
        NULL);
}

/* ---- What is missing ---- */

typedef struct {
    luci_db_t *db;
    const luci_engine_t *engine;
    const luci_settings_t *settings;
    apr_array_header_t *gaps;
    apr_pool_t *pool;
} search_t;

static luci_gap_t *add_gap(search_t *search, const luci_table_t *table, const char *column)
{
    luci_gap_t *gap = apr_array_push(search->gaps);

    *gap = (luci_gap_t){ .table = table,
                         .table_name = luci_table_name(table, &search->settings->tables, search->pool),
                         .column = column };
    if (column) {
        const char **statements = apr_pcalloc(search->pool, 2 * sizeof *statements);

        statements[0] = luci_schema_add_column(search->engine, table, column, search->settings, search->pool);
        gap->statements = statements;
        gap->failure = luci_table_failure(table, column, search->settings);
    }
    else {
        gap->statements = luci_schema_table(search->engine, table, search->settings, search->pool);
        gap->failure = table->failure;
    }
    return gap;
}

static int is_gap(const search_t *search, const luci_table_t *table, const char *column)
{
    for (int i = 0; i < search->gaps->nelts; i++) {
        const luci_gap_t *gap = &APR_ARRAY_IDX(search->gaps, i, luci_gap_t);

        if (gap->table == table && gap->column && strcmp(gap->column, column) == 0)
            return 1;
    }
    return 0;
}

/* Adds a gap for each column of a probe that does not exist. The columns are probed one by one only if some
 * are missing. */
static luci_result_t find_columns(search_t *search, const luci_probe_t *probe, int are_attributes)
{
    const luci_settings_t *settings = search->settings;
    int all = 1;
    luci_result_t result = probe->count > 0 ? luci_db_has(search->db, *probe, &all) : LUCI_OK;

    for (int i = 0; result == LUCI_OK && !all && i < probe->count; i++) {
        const char *column = probe->columns[i],
                   *line = are_attributes ? luci_settings_attribute_line(settings, column) : NULL;
        int found = 0;

        if (are_attributes && is_gap(search, probe->table, column)) {
            add_gap(search, probe->table, column)->attribute_line = line;
            continue;
        }
        result = luci_db_has_column(search->db, probe->table, column, &found);
        if (result == LUCI_OK && !found)
            add_gap(search, probe->table, column)->attribute_line = line;
    }
    return result;
}

static luci_result_t find_gaps(search_t *search, const luci_table_t *table)
{
    luci_probe_t ours = luci_probe_ours(table), later = luci_probe_later(table, search->settings);
    luci_probe_t attributes = { .table = table };
    int found = 0;
    luci_result_t result = luci_db_has(search->db, luci_probe_table(table), &found);

    if (table->has_attributes)
        attributes = luci_probe_attributes(search->settings->attributes);
    if (result == LUCI_OK && !found)
        (void)add_gap(search, table, NULL);
    if (result == LUCI_OK && found)
        result = find_columns(search, &ours, 0);
    if (result == LUCI_OK && found)
        result = find_columns(search, &later, 0);
    if (result == LUCI_OK && found)
        result = find_columns(search, &attributes, 1);
    return result;
}

luci_result_t luci_schema_gaps(luci_db_t *db, apr_array_header_t **gaps, apr_pool_t *pool)
{
    search_t search = {
        .db = db, .engine = luci_db_engine(db), .settings = luci_db_target(db)->settings, .pool = pool
    };
    luci_result_t result = luci_db_connect(db);

    *gaps = search.gaps = apr_array_make(pool, 2, sizeof(luci_gap_t));
    for (const luci_table_t *const *table = luci_table_list; *table && result == LUCI_OK; table++) {
        if (luci_table_is_wanted(*table, search.settings))
            result = find_gaps(&search, *table);
    }
    return result;
}

/* ---- Creating and adding ---- */

static luci_result_t lock(luci_db_t *db)
{
    const char *text = luci_db_engine(db)->schema_lock;

    return text ? luci_db_run(db, text) : LUCI_OK;
}

static luci_result_t create_tables(luci_db_t *db, void *baton, apr_pool_t *scratch)
{
    const apr_array_header_t *gaps = baton;
    luci_result_t result = lock(db);

    (void)scratch;
    for (int i = 0; i < gaps->nelts; i++) {
        const luci_gap_t *gap = &APR_ARRAY_IDX(gaps, i, luci_gap_t);

        for (const char *const *statement = gap->statements; !gap->column && *statement; statement++) {
            if (result == LUCI_OK)
                result = luci_db_run(db, *statement);
        }
    }
    return result;
}

/* Adds a column, unless another process has added it meanwhile. */
static luci_result_t add_column(luci_db_t *db, void *baton, apr_pool_t *scratch)
{
    const luci_gap_t *gap = baton;
    int found = 0;
    luci_result_t result = lock(db);

    (void)scratch;
    if (result == LUCI_OK)
        result = luci_db_has_column(db, gap->table, gap->column, &found);
    return result != LUCI_OK || found ? result : luci_db_run(db, gap->statements[0]);
}

static void add_columns(luci_db_t *db, apr_array_header_t *gaps, apr_pool_t *pool)
{
    for (int i = 0; i < gaps->nelts; i++) {
        luci_gap_t *gap = &APR_ARRAY_IDX(gaps, i, luci_gap_t);

        if (!gap->column)
            continue;
        gap->is_added = luci_db_transaction(db, add_column, gap, pool) == LUCI_OK;
        if (!gap->is_added) {
            gap->problem = apr_pstrdup(pool, luci_db_error(db));
            luci_db_close(db);
            /* MySQL has no lock for schema changes: if the column exists now, another process has added
             * it. */
            if (luci_db_has_column(db, gap->table, gap->column, &gap->is_added) != LUCI_OK)
                gap->is_added = 0;
        }
    }
}

static int lacks_table(const apr_array_header_t *gaps)
{
    for (int i = 0; i < gaps->nelts; i++) {
        if (!APR_ARRAY_IDX(gaps, i, luci_gap_t).column)
            return 1;
    }
    return 0;
}

static luci_result_t create_once(luci_db_t *db, apr_array_header_t **gaps, apr_pool_t *pool)
{
    luci_result_t result = luci_schema_gaps(db, gaps, pool);

    if (result != LUCI_OK || !lacks_table(*gaps))
        return result;
    result = luci_db_transaction(db, create_tables, *gaps, pool);
    luci_db_close(db); /* the next connection finds the new columns */
    return result == LUCI_OK ? luci_schema_gaps(db, gaps, pool) : result;
}

/* SQLite ends a statement with an error if another process changes the schema at the same time, as that of
 * another virtual host does at a start. It finishes soon. */
luci_result_t luci_schema_create(luci_db_t *db, apr_array_header_t **gaps, apr_pool_t *pool)
{
    luci_result_t result = create_once(db, gaps, pool);
    int tries = luci_engine_is_file(luci_db_engine(db), luci_db_target(db)->params) ? FILE_TRIES : 1;

    while (result == LUCI_UNAVAILABLE && --tries > 0) {
        luci_db_close(db);
        result = create_once(db, gaps, pool);
    }
    return result;
}

static luci_result_t create_table(luci_db_t *db, void *baton, apr_pool_t *scratch)
{
    const char *const *statement =
        luci_schema_table(luci_db_engine(db), baton, luci_db_target(db)->settings, scratch);
    luci_result_t result = lock(db);

    for (; *statement && result == LUCI_OK; statement++)
        result = luci_db_run(db, *statement);
    return result;
}

luci_result_t luci_schema_create_one(luci_db_t *db, const luci_table_t *table, apr_pool_t *pool)
{
    return luci_db_transaction(db, create_table, (void *)table, pool);
}

/* Whether tables are missing, but none of those that every request needs. */
static int works_without(const apr_array_header_t *gaps)
{
    for (int i = 0; i < gaps->nelts; i++) {
        const luci_gap_t *gap = &APR_ARRAY_IDX(gaps, i, luci_gap_t);

        if (!gap->column && !gap->table->is_wanted)
            return 0;
    }
    return lacks_table(gaps);
}

/* The account may have no right to create tables, which ends no service: the gaps say why. */
static luci_result_t leave_tables(luci_db_t *db, apr_array_header_t **gaps, apr_pool_t *pool)
{
    const char *problem = apr_pstrdup(pool, luci_db_error(db));
    luci_result_t result;

    luci_db_close(db);
    result = luci_schema_gaps(db, gaps, pool);
    for (int i = 0; result == LUCI_OK && i < (*gaps)->nelts; i++) {
        luci_gap_t *gap = &APR_ARRAY_IDX(*gaps, i, luci_gap_t);

        if (!gap->column)
            gap->problem = problem;
    }
    return result;
}

luci_result_t luci_schema_mend(luci_db_t *db, apr_array_header_t **gaps, apr_pool_t *pool)
{
    luci_result_t result = luci_schema_create(db, gaps, pool);

    if (result == LUCI_UNAVAILABLE && works_without(*gaps))
        result = leave_tables(db, gaps, pool);
    if (result != LUCI_OK || (*gaps)->nelts == 0)
        return result;
    add_columns(db, *gaps, pool);
    luci_db_close(db);
    return LUCI_OK;
}

/* ---- Messages ---- */

const char *luci_gap_text(const luci_gap_t *gap, apr_pool_t *pool)
{
    if (!gap->column)
        return apr_psprintf(pool, "there is no table %s, or it lacks columns; %s", gap->table_name,
                            gap->failure);
    if (gap->attribute_line)
        return apr_psprintf(pool,
                            "the table %s has no column %s, which %s names: it reads as empty, "
                            "and each Require line that names it refuses everyone",
                            gap->table_name, gap->column, gap->attribute_line);
    return apr_psprintf(pool, "the table %s has no column %s, %s%s", gap->table_name, gap->column,
                        gap->failure ? "which " : "",
                        gap->failure ? gap->failure : luci_table_column(gap->table, gap->column)->loss);
}

const char *luci_gap_statements(const luci_gap_t *gap, apr_pool_t *pool)
{
    const char *text = "";

    for (const char *const *statement = gap->statements; *statement; statement++)
        text = apr_pstrcat(pool, text, *text ? " " : "", *statement, ";", NULL);
    return text;
}
