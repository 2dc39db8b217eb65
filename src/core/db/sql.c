/* SPDX-License-Identifier: Apache-2.0 */
/* The statements that requests make, and what engines differ in; sql_admin.c has the statements of
 * administrators, sql_schema.c the tables. */
#include "core/db/sql_text.h"

#include <string.h>

/* sql_text.h says what stands for what in the texts. Columns are qualified in reads because SQLite takes an
 * unknown quoted name for a string otherwise. */

#define USER_COLUMNS "u.id, [D:u.disabled][d:NULL], u.username{attributes}"

/* MySQL compares as the column's collation says, for which names that differ by an accent may be one. */
#define KEY_GET                                                                                              \
    "SELECT k.hashed_password, " USER_COLUMNS                                                                \
    " FROM {key} k JOIN {user} u ON u.id = k.user_id WHERE k.id = %s"
#define KEY_LOCK "SELECT k.hashed_password, k.user_id FROM {key} k WHERE k.id = %s"
#define KEY_IS_SAME " AND CAST(CONVERT(k.id USING utf8mb4) AS BINARY) = CAST(%=s AS BINARY)"

/* INSERT IGNORE would hide other errors too, and ON DUPLICATE KEY counts as the connection was told to. */
static const luci_sql_row_t statements[LUCI_SQL_ADMIN] = {
    [LUCI_SQL_USER_INSERT] = {
        .text = "INSERT INTO {user} (id, username[U:, created_at]) VALUES (%s, %s[U:, %lld]) "
                "ON CONFLICT DO NOTHING",
        .mysql = "INSERT INTO {user} (id, username[U:, created_at]) VALUES (%s, %s[U:, %lld])",
        .may_conflict = 1,
    },
    [LUCI_SQL_KEY_INSERT] = {
        .text = "INSERT INTO {key} (id, user_id, hashed_password) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
        .mysql = "INSERT INTO {key} (id, user_id, hashed_password) VALUES (%s, %s, %s)",
        .may_conflict = 1,
    },
    [LUCI_SQL_KEY_GET] = {
        .text = KEY_GET,
        .mysql = KEY_GET KEY_IS_SAME,
        .repeatable = 1,
    },
    /* A transaction that stores a session, or that takes away the right to one, reads the user's row by this
     * first and then the key's: in this order, so that no two of them wait for each other. */
    [LUCI_SQL_USER_LOCK] = {
        .text = "SELECT " USER_COLUMNS " FROM {user} u WHERE u.id = %s{lock}",
        .repeatable = 1,
    },
    [LUCI_SQL_KEY_LOCK] = {
        .text = KEY_LOCK "{lock}",
        .mysql = KEY_LOCK KEY_IS_SAME "{lock}",
        .repeatable = 1,
    },
    [LUCI_SQL_KEY_REPLACE_HASH] = {
        .text = "UPDATE {key} SET hashed_password = %s WHERE id = %s AND hashed_password = %s",
        .repeatable = 1,
    },
    [LUCI_SQL_SESSION_INSERT] = {
        .text = "INSERT INTO {session} (id, user_id, active_expires, idle_expires"
                              "[S:, created_at, last_seen, address, user_agent]) "
                              "VALUES (%s, %s, %lld, %lld[S:, %lld, %lld, %s, %s])",
    },
    [LUCI_SQL_SESSION_GET] = {
        .text = "SELECT s.active_expires, s.idle_expires, " USER_COLUMNS "[C:, s.created_at]"
                              " FROM {session} s JOIN {user} u ON u.id = s.user_id WHERE s.id = %s",
        .repeatable = 1,
    },
    [LUCI_SQL_SESSION_RENEW] = {
        .text = "UPDATE {session} SET active_expires = %lld, idle_expires = %lld"
                              "[S:, last_seen = %lld, created_at = COALESCE(created_at, %lld)] "
                              "WHERE id = %s AND active_expires = %lld",
        .repeatable = 1,
    },
    [LUCI_SQL_SESSION_DELETE] = {
        .text = "DELETE FROM {session} WHERE id = %s",
        .repeatable = 1,
    },
    [LUCI_SQL_SESSION_HASH] = {
        .text = "UPDATE {session} SET id = %s WHERE id = %s",
        .repeatable = 1,
    },
    /* A row that PostgreSQL waited for is judged again by what stands outside the IN; the plus keeps it from
     * being found by that. MySQL reads the whole table as it pleases, unless the index has all it asks for. */
    [LUCI_SQL_SESSION_PURGE] = {
        .text = "DELETE FROM {session} WHERE +idle_expires < %lld AND id IN (SELECT s.id FROM {session} s "
                "WHERE s.idle_expires < %=lld ORDER BY s.idle_expires LIMIT %lld)",
        .mysql = "DELETE s FROM (SELECT d.id, d.idle_expires FROM {session} d WHERE d.idle_expires < %lld "
                 "ORDER BY d.idle_expires LIMIT %lld) dead STRAIGHT_JOIN {session} s ON s.id = dead.id "
                 "AND s.idle_expires = dead.idle_expires",
        .repeatable = 1,
    },
    [LUCI_SQL_SESSIONS_COUNT] = {
        .text = "SELECT COUNT(*) FROM {session} s WHERE s.user_id = %s",
        .repeatable = 1,
    },
    [LUCI_SQL_SESSIONS_OLDEST] = {
        .text = "SELECT s.id FROM {session} s WHERE s.user_id = %s ORDER BY s.idle_expires, s.id LIMIT %lld",
        .repeatable = 1,
    },
    [LUCI_SQL_SESSION_STEP] = {
        .text = "SELECT MAX(step.id), COUNT(*) FROM (SELECT s.id FROM {session} s WHERE s.id > %s "
                "ORDER BY s.id LIMIT %lld) step",
        .repeatable = 1,
    },
    [LUCI_SQL_SESSION_PURGE_STEP] = {
        .text = "DELETE FROM {session} WHERE id > %s AND id <= %s "
                "AND (idle_expires < %lld[C: OR created_at <= %lld OR created_at > %lld])",
        .repeatable = 1,
    },
};

/* SQLite: synchronous stays FULL (the default): a session that was acknowledged survives a power cut. The
 * page cache, which grows as pages are read, has 12 MiB instead of 2: room for the way to 1,000 sessions
 * among ten million. PostgreSQL: conflicts are seen only by READ COMMITTED without an error; limits that the
 * administrator set stay. */
static const char *const setup[LUCI_SQL_DIALECTS][4] = {
    [LUCI_SQLITE3] = { "PRAGMA journal_mode = WAL", "PRAGMA foreign_keys = ON",
                       "PRAGMA cache_size = -12288" },
    [LUCI_PGSQL] = { "SELECT set_config('client_encoding', 'UTF8', false), "
                     "set_config('default_transaction_isolation', 'read committed', false)",
                     "SELECT set_config(name, most, false) FROM (VALUES ('lock_timeout', '2s'), "
                     "('statement_timeout', '10s')) AS usual (name, most) WHERE current_setting(name) = "
                     "'0'" },
    [LUCI_MYSQL] = { "SET NAMES utf8mb4",
                     "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION', "
                     "SESSION autocommit = 1, SESSION innodb_lock_wait_timeout = 2, "
                     "SESSION lock_wait_timeout = 10 /*M! , SESSION max_statement_time = 10 */" },
};

static const char *const transaction[LUCI_SQL_DIALECTS][LUCI_SQL_STEPS] = {
    [LUCI_SQLITE3] = { "BEGIN IMMEDIATE", "COMMIT", "ROLLBACK" },
    [LUCI_PGSQL] = { "BEGIN", "COMMIT", "ROLLBACK" },
    [LUCI_MYSQL] = { "START TRANSACTION", "COMMIT", "ROLLBACK" },
};

static const struct {
    const char *driver;
    int setup_matters;
    const char *more_params;
    const char *socket_function; /* NULL: no server */
    const char *lock;            /* what makes a SELECT lock its rows until the transaction ends */
} dialects[LUCI_SQL_DIALECTS] = {
    [LUCI_SQLITE3] = { "sqlite3", 0 /* a file that can't be written stays as it is, and readable */, "", NULL,
                       "" /* BEGIN IMMEDIATE has locked the file */ },
    /* the weaker of its locks lets others refer to the row meanwhile */
    [LUCI_PGSQL] = { "pgsql", 1, "", "PQsocket", " FOR NO KEY UPDATE" },
    /* or the driver would connect anew by itself, in the middle of a transaction, and take a megabyte for
     * each column of type TEXT */
    [LUCI_MYSQL] = { "mysql", 1, ",reconnect=0,fldsz=8192", "mysql_get_socket", " FOR UPDATE" },
};

/* PostgreSQL's driver has one code for everything. */
static const struct {
    luci_sql_dialect_t dialect;
    int code;
    luci_sql_failure_t failure;
} failures[] = {
    { LUCI_SQLITE3, 5 /* SQLITE_BUSY */, LUCI_SQL_BUSY },
    { LUCI_SQLITE3, 1 /* SQLITE_ERROR: the text can't be compiled */, LUCI_SQL_MISSING },
    { LUCI_MYSQL, 1062 /* ER_DUP_ENTRY */, LUCI_SQL_CONFLICT },
    { LUCI_MYSQL, 1205 /* ER_LOCK_WAIT_TIMEOUT */, LUCI_SQL_BUSY },
    { LUCI_MYSQL, 1213 /* ER_LOCK_DEADLOCK */, LUCI_SQL_BUSY },
    { LUCI_MYSQL, 1969 /* ER_STATEMENT_TIMEOUT */, LUCI_SQL_BUSY },
    { LUCI_MYSQL, 1146 /* ER_NO_SUCH_TABLE */, LUCI_SQL_MISSING },
    { LUCI_MYSQL, 1054 /* ER_BAD_FIELD_ERROR */, LUCI_SQL_MISSING },
};

luci_result_t luci_sql_dialect(const char *driver, luci_sql_dialect_t *dialect)
{
    for (int i = 0; i < LUCI_SQL_DIALECTS; i++) {
        if (dialects[i].driver && strcmp(driver, dialects[i].driver) == 0) {
            *dialect = (luci_sql_dialect_t)i;
            return LUCI_OK;
        }
    }
    return LUCI_NOT_FOUND;
}

luci_sql_statement_t luci_sql_statement(luci_sql_dialect_t dialect, luci_sql_id_t id,
                                        const luci_settings_t *settings, luci_sql_columns_t columns,
                                        apr_pool_t *pool)
{
    const luci_sql_row_t *row = id < LUCI_SQL_ADMIN ? &statements[id] : &luci_sql_admin[id - LUCI_SQL_ADMIN];
    const char *text = dialect == LUCI_MYSQL && row->mysql ? row->mysql : row->text;
    luci_sql_statement_t statement = { .repeatable = row->repeatable, .may_conflict = row->may_conflict };
    luci_sql_names_t names = luci_sql_names_for(dialect, &settings->tables, settings->attributes);

    names.lock = dialects[dialect].lock;
    statement.text = luci_sql_text(text, &names, columns, &statement, pool);
    return statement;
}

const char *const *luci_sql_session_setup(luci_sql_dialect_t dialect)
{
    return setup[dialect];
}

int luci_sql_setup_matters(luci_sql_dialect_t dialect)
{
    return dialects[dialect].setup_matters;
}

const char *luci_sql_more_params(luci_sql_dialect_t dialect)
{
    return dialects[dialect].more_params;
}

const char *luci_sql_transaction(luci_sql_dialect_t dialect, luci_sql_step_t step)
{
    return transaction[dialect][step];
}

luci_sql_failure_t luci_sql_failure(luci_sql_dialect_t dialect, int code)
{
    for (size_t i = 0; i < sizeof failures / sizeof *failures; i++) {
        if (failures[i].dialect == dialect && failures[i].code == code)
            return failures[i].failure;
    }
    return LUCI_SQL_OTHER;
}

int luci_sql_is_server(luci_sql_dialect_t dialect)
{
    return dialects[dialect].socket_function != NULL;
}

const char *luci_sql_socket_function(luci_sql_dialect_t dialect)
{
    return dialects[dialect].socket_function;
}

int luci_sql_is_file(luci_sql_dialect_t dialect, const char *params)
{
    return dialect == LUCI_SQLITE3 && strcmp(params, ":memory:") != 0;
}
