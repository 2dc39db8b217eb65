/* SPDX-License-Identifier: Apache-2.0 */
#include "core/db/schema.h"

#include <apr_strings.h>
#include <string.h>

/* What is to be made when the transaction starts. */
typedef struct {
    const luci_db_target_t *target;
    luci_sql_dialect_t dialect;
    int missing[LUCI_SQL_PROBE_SESSION + 1];
} schema_t;

static luci_result_t lock(luci_db_t *db, luci_sql_dialect_t dialect)
{
    const char *text = luci_sql_schema_lock(dialect);

    return text ? luci_db_run(db, text) : LUCI_OK;
}

static luci_result_t create_tables(luci_db_t *db, void *baton, apr_pool_t *scratch)
{
    const schema_t *schema = baton;
    luci_result_t locked = lock(db, schema->dialect);

    if (locked != LUCI_OK)
        return locked;
    for (int table = 0; table <= LUCI_SQL_PROBE_SESSION; table++) {
        const char *const *statement;

        if (!schema->missing[table])
            continue;
        statement =
            luci_sql_schema(schema->dialect, (luci_sql_probe_t)table, schema->target->settings, scratch);
        for (; *statement; statement++) {
            luci_result_t result = luci_db_run(db, *statement);

            if (result != LUCI_OK)
                return result;
        }
    }
    return LUCI_OK;
}

luci_result_t luci_schema_create(luci_db_t *db, apr_pool_t *scratch)
{
    schema_t schema = { .target = luci_db_target(db) };
    luci_result_t result = luci_db_connect(db);
    int any = 0;

    if (result == LUCI_OK)
        result = luci_sql_dialect(schema.target->driver, &schema.dialect);
    for (int table = 0; result == LUCI_OK && table <= LUCI_SQL_PROBE_SESSION; table++) {
        int found = 0;

        result = luci_db_has(db, (luci_sql_probe_t)table, &found);
        any |= schema.missing[table] = !found;
    }
    if (result != LUCI_OK || !any)
        return result;
    result = luci_db_transaction(db, create_tables, &schema, scratch);
    luci_db_close(db); /* which columns there are is found out anew */
    return result;
}

/* ---- What is missing ---- */

typedef struct {
    luci_db_t *db;
    const luci_settings_t *settings;
    luci_sql_dialect_t dialect;
    apr_array_header_t *gaps;
    int is_there[LUCI_SQL_PROBE_SESSION + 1]; /* which tables are */
    apr_pool_t *pool;
} search_t;

static const char *table_name(const search_t *search, luci_sql_probe_t table)
{
    const luci_tables_t *tables = &search->settings->tables;
    const char *const names[] = { tables->user, tables->key, tables->session };

    return names[table];
}

static luci_result_t find_tables(search_t *search)
{
    luci_result_t result = LUCI_OK;

    for (int table = 0; result == LUCI_OK && table <= LUCI_SQL_PROBE_SESSION; table++) {
        luci_sql_probe_t probe = (luci_sql_probe_t)table;

        result = luci_db_has(search->db, probe, &search->is_there[table]);
        if (result == LUCI_OK && !search->is_there[table])
            APR_ARRAY_PUSH(search->gaps, luci_gap_t) = (luci_gap_t){
                .column = { .table = probe },
                .table = table_name(search, probe),
                .statements = luci_sql_schema(search->dialect, probe, search->settings, search->pool),
            };
    }
    return result;
}

static luci_result_t find_column(search_t *search, luci_sql_column_t column, int is_attribute)
{
    const char **statements;
    int found = 1;
    luci_result_t result = LUCI_OK;

    if (search->is_there[column.table])
        result = luci_db_has_column(search->db, column, &found);
    if (result != LUCI_OK || found)
        return result;
    statements = apr_pcalloc(search->pool, 2 * sizeof *statements);
    statements[0] = luci_sql_add_column(search->dialect, column, &search->settings->tables, search->pool);
    APR_ARRAY_PUSH(search->gaps, luci_gap_t) = (luci_gap_t){ .column = column,
                                                             .table = table_name(search, column.table),
                                                             .is_attribute = is_attribute,
                                                             .statements = statements };
    return LUCI_OK;
}

static int is_said(const search_t *search, const char *name)
{
    for (int i = 0; i < search->gaps->nelts; i++) {
        const luci_gap_t *gap = &APR_ARRAY_IDX(search->gaps, i, luci_gap_t);

        if (gap->is_attribute && strcmp(gap->column.name, name) == 0)
            return 1;
    }
    return 0;
}

static luci_result_t find_attributes(search_t *search)
{
    const apr_array_header_t *attributes = search->settings->attributes;
    luci_result_t result = LUCI_OK;

    for (int i = 0; result == LUCI_OK && i < attributes->nelts; i++) {
        const char *name = APR_ARRAY_IDX(attributes, i, const char *);

        if (!is_said(search, name))
            result = find_column(search, luci_sql_user_column(name), 1);
    }
    return result;
}

luci_result_t luci_schema_gaps(luci_db_t *db, apr_array_header_t **gaps, apr_pool_t *pool)
{
    const luci_db_target_t *target = luci_db_target(db);
    search_t search = { .db = db, .settings = target->settings, .pool = pool };
    luci_result_t result = luci_db_connect(db);

    *gaps = search.gaps = apr_array_make(pool, 2, sizeof(luci_gap_t));
    if (result == LUCI_OK)
        result = luci_sql_dialect(target->driver, &search.dialect);
    if (result == LUCI_OK)
        result = find_tables(&search);
    for (const luci_sql_column_t *ours = luci_sql_our_columns; result == LUCI_OK && ours->name; ours++)
        result = find_column(&search, *ours, 0);
    return result == LUCI_OK ? find_attributes(&search) : result;
}

/* ---- Adding ---- */

/* Another process may have been faster. */
static luci_result_t add_column(luci_db_t *db, void *baton, apr_pool_t *scratch)
{
    const luci_gap_t *gap = baton;
    luci_sql_dialect_t dialect;
    int found = 0;
    luci_result_t result = luci_sql_dialect(luci_db_target(db)->driver, &dialect);

    (void)scratch;
    if (result == LUCI_OK)
        result = lock(db, dialect);
    if (result == LUCI_OK)
        result = luci_db_has_column(db, gap->column, &found);
    return result != LUCI_OK || found ? result : luci_db_run(db, gap->statements[0]);
}

void luci_schema_add(luci_db_t *db, apr_array_header_t *gaps, apr_pool_t *pool)
{
    for (int i = 0; i < gaps->nelts; i++) {
        luci_gap_t *gap = &APR_ARRAY_IDX(gaps, i, luci_gap_t);

        if (!gap->column.name)
            continue;
        gap->is_added = luci_db_transaction(db, add_column, gap, pool) == LUCI_OK;
        if (!gap->is_added) {
            gap->problem = apr_pstrdup(pool, luci_db_error(db));
            luci_db_close(db);
            /* MySQL has no lock for this: a column that is there by now was made by another process. */
            if (luci_db_has_column(db, gap->column, &gap->is_added) != LUCI_OK)
                gap->is_added = 0;
        }
    }
    luci_db_close(db); /* which columns there are is found out anew */
}

/* ---- Words ---- */

/* What the module does without one of our columns. */
static const char *loss(const luci_sql_column_t *column)
{
    if (column->table == LUCI_SQL_PROBE_SESSION)
        return "so that sessions are listed without it and LuciaMaxLifetime does not work";
    return strcmp(column->name, "disabled") == 0 ? "so that no user can be disabled"
                                                 : "so that users are listed without it";
}

const char *luci_gap_text(const luci_gap_t *gap, apr_pool_t *pool)
{
    if (!gap->column.name)
        return apr_psprintf(pool, "there is no table %s, or it has not all the columns that Lucia wants",
                            gap->table);
    if (gap->is_attribute)
        return apr_psprintf(
            pool,
            "the table %s has no column %s, which LuciaUserAttributes names: it reads as empty, "
            "and each Require line that asks for it refuses everyone",
            gap->table, gap->column.name);
    return apr_psprintf(pool, "the table %s has no column %s, %s", gap->table, gap->column.name,
                        loss(&gap->column));
}

const char *luci_gap_statements(const luci_gap_t *gap, apr_pool_t *pool)
{
    const char *text = "";

    for (const char *const *statement = gap->statements; *statement; statement++)
        text = apr_pstrcat(pool, text, *text ? " " : "", *statement, ";", NULL);
    return text;
}
