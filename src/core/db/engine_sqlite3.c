/* SPDX-License-Identifier: Apache-2.0 */
/* SQLite: a file, which every process opens itself. */
#include "core/db/engine.h"

#include <apr_strings.h>

/* synchronous stays FULL, the default, so that an acknowledged session survives a power failure. The page
 * cache may grow to 12 MiB instead of 2 MiB, which is enough to find 1,000 sessions among ten million. */
static const char *const setup[] = { "PRAGMA journal_mode = WAL", "PRAGMA foreign_keys = ON",
                                     "PRAGMA cache_size = -12288", NULL };

static const luci_engine_code_t codes[] = {
    { 5 /* SQLITE_BUSY */, LUCI_FAILURE_BUSY },
    { 1 /* SQLITE_ERROR: the statement cannot be compiled */, LUCI_FAILURE_MISSING },
    { 0, LUCI_FAILURE_OTHER },
};

static const char *type(const luci_table_column_t *column, apr_pool_t *pool)
{
    if (column->kind == LUCI_COLUMN_INTEGER)
        return "BIGINT";
    return column->length ? apr_psprintf(pool, "VARCHAR(%d)", column->length) : "TEXT";
}

const luci_engine_t luci_engine_sqlite3 = {
    .driver = "sqlite3",
    .title = "SQLite",
    .params_example = "/var/lib/luciauth/luciauth.db",
    .params_help = "the path of the database file",

    .setup = setup,
    .setup_is_optional = 1, /* a read-only file cannot be changed, but can be read */
    .begin = "BEGIN IMMEDIATE",
    .codes = codes,
    .referenced = "FOREIGN KEY constraint failed", /* the driver has one code for almost all errors */

    .quote_name = '"',
    .row_lock = "", /* BEGIN IMMEDIATE has locked the file */
    .or_nothing = " ON CONFLICT DO NOTHING",
    .same_bytes = "{column} = {value}",
    .joined_names = "group_concat(g.name)", /* in the order of the primary key */

    .type = type,
    .table_options = "",
    .clustered_options = " WITHOUT ROWID", /* one search instead of two for each row of a gated request */
    /* The columns are qualified, because SQLite would take an unknown quoted name for a string. */
    .columns_probe = LUCI_PROBE_BY_READING,
    .index_probe =
        "SELECT 1 FROM pragma_index_list(trim('{table}', '\"')) l JOIN pragma_index_info(l.name) i "
        "WHERE i.seqno = 0 AND i.name = '{name}' AND NOT l.partial LIMIT 1",
    .reference_probe = "SELECT 1 FROM pragma_foreign_key_list(trim('{table}', '\"')) f "
                       "WHERE lower(f.\"table\") = lower(trim('{user}', '\"')) LIMIT 1",
};
