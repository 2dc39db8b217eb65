/* SPDX-License-Identifier: Apache-2.0 */
/* The tables: queries that look for them, and the statements that make them. */
#include "core/db/sql_text.h"

#include <apr_strings.h>
#include <string.h>

/* to_regclass follows the search path. The catalog shows each column, also one that may not be read. */
#define PGSQL_COLUMNS(table, columns, count)                                                                 \
    "SELECT 1 FROM pg_catalog.pg_attribute WHERE attrelid = pg_catalog.to_regclass('" table "') "            \
    "AND NOT attisdropped AND attname IN (" columns ") HAVING COUNT(*) = " count

/* MySQL's catalog shows only what may be read, so that a column would seem missing. */
#define READ_COLUMNS(table, columns)                                                                         \
    "SELECT COUNT(*) FROM (SELECT " columns " FROM " table ") probe WHERE 1 = 0"

#define BY_READING                                                                                           \
    [LUCI_SQL_PROBE_USER] = READ_COLUMNS("{user}", "id, username"),                                          \
    [LUCI_SQL_PROBE_KEY] = READ_COLUMNS("{key}", "id, user_id, hashed_password"),                            \
    [LUCI_SQL_PROBE_SESSION] = READ_COLUMNS("{session}", "id, user_id, active_expires, idle_expires"),       \
    [LUCI_SQL_PROBE_USER_DISABLED] = READ_COLUMNS("{user}", "disabled"),                                     \
    [LUCI_SQL_PROBE_USER_COLUMNS] = READ_COLUMNS("{user}", "disabled, created_at"),                          \
    [LUCI_SQL_PROBE_SESSION_COLUMNS] =                                                                       \
        READ_COLUMNS("{session}", "created_at, last_seen, address, user_agent")

#define SQLITE_INDEX(table, column)                                                                          \
    ("SELECT 1 FROM pragma_index_list(trim('" table "', '\"')) l JOIN pragma_index_info(l.name) i "          \
     "WHERE i.seqno = 0 AND i.name = '" column "' AND NOT l.partial LIMIT 1")
#define PGSQL_INDEX(table, column)                                                                           \
    ("SELECT 1 FROM pg_catalog.pg_index i JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indexrelid "      \
     "WHERE i.indrelid = pg_catalog.to_regclass('" table "') AND i.indisvalid AND i.indpred IS NULL "        \
     "AND a.attnum = 1 AND a.attname = '" column "' LIMIT 1")
#define MYSQL_INDEX(table, column)                                                                           \
    ("SELECT 1 FROM information_schema.statistics WHERE table_schema = DATABASE() "                          \
     "AND table_name = TRIM(BOTH '`' FROM '" table "') AND column_name = '" column "' AND seq_in_index = "   \
     "1 LIMIT 1")

/* A foreign key to the user table. */
#define SQLITE_REFERENCE(table)                                                                              \
    ("SELECT 1 FROM pragma_foreign_key_list(trim('" table "', '\"')) f "                                     \
     "WHERE lower(f.\"table\") = lower(trim('{user}', '\"')) LIMIT 1")
#define PGSQL_REFERENCE(table)                                                                               \
    ("SELECT 1 FROM pg_catalog.pg_constraint WHERE contype = 'f' "                                           \
     "AND conrelid = pg_catalog.to_regclass('" table "') "                                                   \
     "AND confrelid = pg_catalog.to_regclass('{user}') LIMIT 1")
#define MYSQL_REFERENCE(table)                                                                               \
    ("SELECT 1 FROM information_schema.referential_constraints WHERE constraint_schema = DATABASE() "        \
     "AND table_name = TRIM(BOTH '`' FROM '" table "') "                                                     \
     "AND referenced_table_name = TRIM(BOTH '`' FROM '{user}') LIMIT 1")

#define BY_CATALOGUE(engine)                                                                                 \
    [LUCI_SQL_PROBE_SESSION_INDEX] = engine##_INDEX("{session}", "idle_expires"),                            \
    [LUCI_SQL_PROBE_SESSION_USER_INDEX] = engine##_INDEX("{session}", "user_id"),                            \
    [LUCI_SQL_PROBE_KEY_USER_INDEX] = engine##_INDEX("{key}", "user_id"),                                    \
    [LUCI_SQL_PROBE_SESSION_REFERENCE] = engine##_REFERENCE("{session}"),                                    \
    [LUCI_SQL_PROBE_KEY_REFERENCE] = engine##_REFERENCE("{key}")

static const char *const probes[LUCI_SQL_DIALECTS][LUCI_SQL_PROBES] = {
    [LUCI_SQLITE3] = { BY_READING, BY_CATALOGUE(SQLITE) },
    [LUCI_MYSQL] = { BY_READING, BY_CATALOGUE(MYSQL) },
    [LUCI_PGSQL] = {
        [LUCI_SQL_PROBE_USER] = PGSQL_COLUMNS("{user}", "'id', 'username'", "2"),
        [LUCI_SQL_PROBE_KEY] = PGSQL_COLUMNS("{key}", "'id', 'user_id', 'hashed_password'", "3"),
        [LUCI_SQL_PROBE_SESSION] =
            PGSQL_COLUMNS("{session}", "'id', 'user_id', 'active_expires', 'idle_expires'", "4"),
        [LUCI_SQL_PROBE_USER_DISABLED] = PGSQL_COLUMNS("{user}", "'disabled'", "1"),
        [LUCI_SQL_PROBE_USER_COLUMNS] = PGSQL_COLUMNS("{user}", "'disabled', 'created_at'", "2"),
        [LUCI_SQL_PROBE_SESSION_COLUMNS] =
            PGSQL_COLUMNS("{session}", "'created_at', 'last_seen', 'address', 'user_agent'", "4"),
        BY_CATALOGUE(PGSQL),
    },
};

#define SCHEMA_STATEMENTS_MAX 4

/* Strings are equal when their bytes are, blanks at the end included. A user_id is what the user table's id
 * is, which Lucia may have made with another collation: a foreign key wants the same. */
#define MYSQL_TABLE                                                                                          \
    " ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 /*M! COLLATE = utf8mb4_nopad_bin */ "                        \
    "/*!80017 COLLATE = utf8mb4_0900_bin */"

/* SQLite: WITHOUT ROWID, what each gated request reads is found by one descent each instead of two. */
static const char *const schema[LUCI_SQL_DIALECTS][LUCI_SQL_PROBE_SESSION + 1][SCHEMA_STATEMENTS_MAX] = {
    [LUCI_SQLITE3] = {
        [LUCI_SQL_PROBE_USER] = {
            "CREATE TABLE IF NOT EXISTS {user} (id VARCHAR(15) NOT NULL PRIMARY KEY, "
            "username VARCHAR(31) NOT NULL UNIQUE, {definitions}disabled BIGINT, created_at BIGINT) WITHOUT ROWID",
        },
        [LUCI_SQL_PROBE_KEY] = {
            "CREATE TABLE IF NOT EXISTS {key} (id VARCHAR(255) NOT NULL PRIMARY KEY, "
            "user_id VARCHAR(15) NOT NULL, hashed_password VARCHAR(255), "
            "FOREIGN KEY (user_id) REFERENCES {user}(id))",
            "CREATE INDEX IF NOT EXISTS {key:user_id} ON {key} (user_id)",
        },
        [LUCI_SQL_PROBE_SESSION] = {
            "CREATE TABLE IF NOT EXISTS {session} (id VARCHAR(127) NOT NULL PRIMARY KEY, "
            "user_id VARCHAR(15) NOT NULL, active_expires BIGINT NOT NULL, idle_expires BIGINT NOT NULL, "
            "created_at BIGINT, last_seen BIGINT, address VARCHAR(45), user_agent VARCHAR(255), "
            "FOREIGN KEY (user_id) REFERENCES {user}(id)) WITHOUT ROWID",
            "CREATE INDEX IF NOT EXISTS {session:user_id} ON {session} (user_id)",
            "CREATE INDEX IF NOT EXISTS {session:idle_expires} ON {session} (idle_expires)",
        },
    },
    [LUCI_PGSQL] = {
        [LUCI_SQL_PROBE_USER] = {
            "CREATE TABLE IF NOT EXISTS {user} (id TEXT NOT NULL PRIMARY KEY, "
            "username TEXT NOT NULL UNIQUE, {definitions}disabled BIGINT, created_at BIGINT)",
        },
        [LUCI_SQL_PROBE_KEY] = {
            "CREATE TABLE IF NOT EXISTS {key} (id TEXT NOT NULL PRIMARY KEY, "
            "user_id TEXT NOT NULL REFERENCES {user}(id), hashed_password TEXT)",
            "CREATE INDEX IF NOT EXISTS {key:user_id} ON {key} (user_id)",
        },
        [LUCI_SQL_PROBE_SESSION] = {
            "CREATE TABLE IF NOT EXISTS {session} (id TEXT NOT NULL PRIMARY KEY, "
            "user_id TEXT NOT NULL REFERENCES {user}(id), active_expires BIGINT NOT NULL, "
            "idle_expires BIGINT NOT NULL, created_at BIGINT, last_seen BIGINT, address TEXT, user_agent TEXT)",
            "CREATE INDEX IF NOT EXISTS {session:user_id} ON {session} (user_id)",
            "CREATE INDEX IF NOT EXISTS {session:idle_expires} ON {session} (idle_expires)",
        },
    },
    [LUCI_MYSQL] = {
        [LUCI_SQL_PROBE_USER] = {
            "CREATE TABLE IF NOT EXISTS {user} (id VARCHAR(15) NOT NULL PRIMARY KEY, "
            "username VARCHAR(255) NOT NULL UNIQUE, {definitions}disabled BIGINT, created_at BIGINT)" MYSQL_TABLE,
        },
        [LUCI_SQL_PROBE_KEY] = {
            "CREATE TABLE IF NOT EXISTS {key} (id VARCHAR(600) NOT NULL PRIMARY KEY, "
            "hashed_password VARCHAR(255), INDEX (user_id), FOREIGN KEY (user_id) REFERENCES {user}(id))" MYSQL_TABLE
            " SELECT '' AS id, u.id AS user_id, NULL AS hashed_password FROM {user} u WHERE 1 = 0",
        },
        [LUCI_SQL_PROBE_SESSION] = {
            "CREATE TABLE IF NOT EXISTS {session} (id VARCHAR(127) NOT NULL PRIMARY KEY, "
            "active_expires BIGINT UNSIGNED NOT NULL, idle_expires BIGINT UNSIGNED NOT NULL, "
            "created_at BIGINT, last_seen BIGINT, address VARCHAR(45), user_agent VARCHAR(255), "
            "INDEX (user_id), INDEX (idle_expires), FOREIGN KEY (user_id) REFERENCES {user}(id))" MYSQL_TABLE
            " SELECT '' AS id, u.id AS user_id, 0 AS active_expires, 0 AS idle_expires, NULL AS created_at, "
            "NULL AS last_seen, NULL AS address, NULL AS user_agent FROM {user} u WHERE 1 = 0",
        },
    },
};

const char *luci_sql_probe(luci_sql_dialect_t dialect, luci_sql_probe_t probe, const luci_tables_t *tables,
                           apr_pool_t *pool)
{
    luci_sql_names_t names = luci_sql_names_for(dialect, tables, NULL);

    return luci_sql_text(probes[dialect][probe], &names, (luci_sql_columns_t){ 0 }, NULL, pool);
}

const char *const *luci_sql_schema(luci_sql_dialect_t dialect, luci_sql_probe_t probe,
                                   const luci_settings_t *settings, apr_pool_t *pool)
{
    const char **texts = apr_pcalloc(pool, (SCHEMA_STATEMENTS_MAX + 1) * sizeof *texts);
    luci_sql_names_t names = luci_sql_names_for(dialect, &settings->tables, settings->attributes);

    for (int i = 0; i < SCHEMA_STATEMENTS_MAX && schema[dialect][probe][i]; i++)
        texts[i] = luci_sql_text(schema[dialect][probe][i], &names, (luci_sql_columns_t){ 0 }, NULL, pool);
    return texts;
}

/* Two that make a table at once get in each other's way in PostgreSQL, IF NOT EXISTS or not. The number is
 * any that is always the same; the lock ends with the transaction. */
const char *luci_sql_schema_lock(luci_sql_dialect_t dialect)
{
    return dialect == LUCI_PGSQL ? "SELECT pg_catalog.pg_advisory_xact_lock(7810772011)" : NULL;
}

/* ---- Single columns ---- */

/* As they are in the tables above. */
const luci_sql_column_t luci_sql_our_columns[] = {
    { LUCI_SQL_PROBE_USER, "disabled", "BIGINT", "BIGINT" },
    { LUCI_SQL_PROBE_USER, "created_at", "BIGINT", "BIGINT" },
    { LUCI_SQL_PROBE_SESSION, "created_at", "BIGINT", "BIGINT" },
    { LUCI_SQL_PROBE_SESSION, "last_seen", "BIGINT", "BIGINT" },
    { LUCI_SQL_PROBE_SESSION, "address", "VARCHAR(45)", "TEXT" },
    { LUCI_SQL_PROBE_SESSION, "user_agent", "VARCHAR(255)", "TEXT" },
    { LUCI_SQL_PROBES, NULL, NULL, NULL },
};

luci_sql_column_t luci_sql_user_column(const char *name)
{
    for (const luci_sql_column_t *ours = luci_sql_our_columns; ours->name; ours++) {
        if (ours->table == LUCI_SQL_PROBE_USER && strcmp(ours->name, name) == 0)
            return *ours;
    }
    return (luci_sql_column_t){ .table = LUCI_SQL_PROBE_USER, .name = name };
}

/* The first text is about the user table, the second about the session table. */
static const char *about_column(luci_sql_dialect_t dialect, luci_sql_column_t column,
                                const luci_tables_t *tables, const char *const texts[2], apr_pool_t *pool)
{
    luci_sql_names_t names = luci_sql_names_for(dialect, tables, NULL);

    names.column = column.name;
    return luci_sql_text(texts[column.table == LUCI_SQL_PROBE_SESSION], &names, (luci_sql_columns_t){ 0 },
                         NULL, pool);
}

#define PGSQL_COLUMN(table)                                                                                  \
    "SELECT 1 FROM pg_catalog.pg_attribute WHERE attrelid = pg_catalog.to_regclass('" table "') "            \
    "AND attnum > 0 AND NOT attisdropped AND attname = ANY(pg_catalog.parse_ident('{column}'))"
#define READ_COLUMN(table) "SELECT COUNT(*) FROM (SELECT u.{column} FROM " table " u) probe WHERE 1 = 0"

const char *luci_sql_probe_column(luci_sql_dialect_t dialect, luci_sql_column_t column,
                                  const luci_tables_t *tables, apr_pool_t *pool)
{
    static const char *const pgsql[] = { PGSQL_COLUMN("{user}"), PGSQL_COLUMN("{session}") },
                             *const others[] = { READ_COLUMN("{user}"), READ_COLUMN("{session}") };

    return about_column(dialect, column, tables, dialect == LUCI_PGSQL ? pgsql : others, pool);
}

const char *luci_sql_add_column(luci_sql_dialect_t dialect, luci_sql_column_t column,
                                const luci_tables_t *tables, apr_pool_t *pool)
{
    static const char *const texts[] = { "ALTER TABLE {user} ADD COLUMN {column} ",
                                         "ALTER TABLE {session} ADD COLUMN {column} " };
    const char *type = dialect == LUCI_PGSQL ? column.pgsql_type : column.type;

    return apr_pstrcat(pool, about_column(dialect, column, tables, texts, pool), type ? type : "TEXT", NULL);
}
