/* SPDX-License-Identifier: Apache-2.0 */
/* MySQL and MariaDB. */
#include "core/db/engine.h"

#include "core/db/process_table.h"
#include "core/db/session_table.h"
#include "core/db/sql.h"

#include <apr_strings.h>
#include <dlfcn.h>
#include <string.h>

/* The isolation level of PostgreSQL: a statement that locks rows then does not block inserts between them,
 * such as sign-ins during the purge. A binary log of statements does not permit it. */
#define READ_COMMITTED(variable)                                                                             \
    "IF(@@log_bin AND @@binlog_format = 'STATEMENT', @@" variable ", 'READ-COMMITTED')"

static const char *const setup[] = {
    "SET NAMES utf8mb4",
    "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION', SESSION autocommit = 1, "
    "SESSION innodb_lock_wait_timeout = 2, SESSION lock_wait_timeout = 10 "
    "/*M! , SESSION max_statement_time = 10, SESSION tx_isolation = " READ_COMMITTED(
        "tx_isolation") " */ "
                        "/*!80000 , SESSION transaction_isolation = " READ_COMMITTED(
                            "transaction_isolation") " */",
    NULL,
};

/* For a node of a Galera cluster: it answers a read (1) and runs an UPDATE or DELETE (2) only after it has
 * applied what other nodes had committed before. An INSERT needs no wait: it is in a transaction, whose START
 * TRANSACTION counts as a read. A node without a majority does not answer, whatever its default is. */
static const char *const cluster_setup[] = {
    "SET SESSION wsrep_sync_wait = @@SESSION.wsrep_sync_wait | 3, SESSION wsrep_dirty_reads = 0",
    NULL,
};

/* A replica is read-only, and has the position up to which it has copied another server; a MariaDB that never
 * copied any, such as one during maintenance, cannot lag. MySQL does not tell that to an ordinary user. */
#define LAGS "CONCAT(@@GLOBAL.read_only) NOT IN ('0', 'OFF') /*M! AND @@GLOBAL.gtid_slave_pos <> '' */"

static const luci_engine_code_t codes[] = {
    { 1062 /* ER_DUP_ENTRY */, LUCI_FAILURE_CONFLICT },
    { 1205 /* ER_LOCK_WAIT_TIMEOUT */, LUCI_FAILURE_BUSY },
    { 1213 /* ER_LOCK_DEADLOCK; Galera: a conflict with another node */, LUCI_FAILURE_ROLLED_BACK },
    { 1969 /* ER_STATEMENT_TIMEOUT */, LUCI_FAILURE_BUSY },
    { 1451 /* ER_ROW_IS_REFERENCED_2 */, LUCI_FAILURE_REFERENCED },
    { 1217 /* ER_ROW_IS_REFERENCED, without rights on the other table */, LUCI_FAILURE_REFERENCED },
    { 1048 /* ER_BAD_NULL_ERROR */, LUCI_FAILURE_VALUE },
    { 1264 /* ER_WARN_DATA_OUT_OF_RANGE */, LUCI_FAILURE_VALUE },
    { 1292 /* ER_TRUNCATED_WRONG_VALUE */, LUCI_FAILURE_VALUE },
    { 1366 /* ER_TRUNCATED_WRONG_VALUE_FOR_FIELD */, LUCI_FAILURE_VALUE },
    { 1406 /* ER_DATA_TOO_LONG */, LUCI_FAILURE_VALUE },
    { 4025 /* ER_CONSTRAINT_FAILED, a CHECK of MariaDB */, LUCI_FAILURE_VALUE },
    { 3819 /* ER_CHECK_CONSTRAINT_VIOLATED, of MySQL */, LUCI_FAILURE_VALUE },
    { 1146 /* ER_NO_SUCH_TABLE */, LUCI_FAILURE_MISSING },
    { 1193 /* ER_UNKNOWN_SYSTEM_VARIABLE */, LUCI_FAILURE_MISSING },
    { 1054 /* ER_BAD_FIELD_ERROR */, LUCI_FAILURE_MISSING },
    { 0, LUCI_FAILURE_OTHER },
};

static const char *const refusals[] = {
    "Too many connections", /* 1040 */
    "max_user_connections", /* 1203 and 1226, in every language */
    NULL,
};
static apr_int64_t process(void *native)
{
    unsigned long (*thread_id)(void *) = NULL;

    *(void **)&thread_id = dlsym(RTLD_DEFAULT, "mysql_thread_id");
    return thread_id ? (apr_int64_t)thread_id(native) : 0;
}

static const luci_statement_t capacity = {
    .text = "SELECT @@global.max_connections, NULLIF(@@max_user_connections, 0), @@global.max_connections",
    .repeatable = 1,
};

/* ---- Connection parameters ---- */

/* The parameters that apr_dbd's driver knows. */
static const char *const options[] = { "host",  "user",  "pass",  "dbname",    "port", "sock",
                                       "flags", "fldsz", "group", "reconnect", NULL };

/* A value ends at one of these characters; the driver has no quotes. */
#define SEPARATORS " \r\n\t;|,"

static const luci_engine_words_t words = {
    .options = options,
    .separators = SEPARATORS,
    .ignores_unknown = 1,
    .port = "3306",
};

static int is_option(const char *word, size_t length)
{
    for (const char *const *option = options; *option; option++) {
        if (strlen(*option) == length && strncmp(*option, word, length) == 0)
            return 1;
    }
    return length == 0; /* there is a space before the equals sign */
}

static const char *params_problem(const char *written, apr_pool_t *pool)
{
    char *state, *word = apr_strtok(apr_pstrdup(pool, written), SEPARATORS, &state);
    int good = strchr(written, '=') != NULL;

    for (; word && good; word = apr_strtok(NULL, SEPARATORS, &state))
        good = !strchr(word, '=') || is_option(word, strcspn(word, "="));
    return good ? NULL
                : "PARAMS of mysql are words NAME=VALUE, and the driver knows host, user, pass, dbname, "
                  "port, sock, flags, fldsz, group and reconnect";
}

static const char *quote(const char *params, const char *secret, apr_pool_t *pool)
{
    (void)params;
    (void)pool;
    return strpbrk(secret, SEPARATORS) ? NULL : secret;
}

/* Without these parameters, the driver would reconnect on its own, even in a transaction, and allocate a
 * megabyte for each column of type TEXT. */
static const char *complete(const char *params, apr_pool_t *pool)
{
    return apr_pstrcat(pool, params, ",reconnect=0,fldsz=8192", NULL);
}

/* ---- Statements ---- */

/* MySQL would read the whole table instead of the index if the index did not contain all columns of the inner
 * query. The rows are locked before they are deleted and in the order of the index, so that two purges do not
 * block each other; SKIP LOCKED is known since MariaDB 10.6 and MySQL 8.0.1. */
#define EXPIRED_D LUCI_SQL_SESSION_EXPIRED("d.")
#define EXPIRED_S LUCI_SQL_SESSION_EXPIRED("s.")
#define LOCK LUCI_SQL_PURGE_LIMIT " FOR UPDATE"

#define PURGE(locked)                                                                                        \
    "DELETE s FROM (SELECT d.id, d.idle_expires FROM {session} d "                                           \
    "WHERE d.idle_expires >= :first:int AND d.idle_expires <= :last:int ORDER BY d.idle_expires" LOCK locked \
    ") expired STRAIGHT_JOIN {session} s ON s.id = expired.id AND s.idle_expires = expired.idle_expires "    \
    "WHERE s.idle_expires < :now:int"

#define PURGE_STEP(locked)                                                                                   \
    "DELETE s FROM (SELECT d.id FROM {session} d FORCE INDEX (PRIMARY) "                                     \
    "WHERE d.id > :after AND d.id <= :last AND " EXPIRED_D " ORDER BY d.id" LOCK locked                      \
    ") expired STRAIGHT_JOIN {session} s ON s.id = expired.id WHERE " EXPIRED_S

#define SKIP " /*M!100600 SKIP LOCKED */ /*!80001 SKIP LOCKED */"

static const luci_engine_text_t texts[] = {
    { &luci_sql_session_purge, PURGE(SKIP) },
    { &luci_sql_session_purge_waiting, PURGE("") },
    { &luci_sql_session_purge_step, PURGE_STEP(SKIP) },
    { &luci_sql_session_purge_step_waiting, PURGE_STEP("") },
    { &luci_sql_process, "SELECT 1 FROM information_schema.processlist WHERE id = :process:int" },
    { NULL, NULL },
};

/* ---- Schema ---- */

/* Unlike the other engines, MySQL enforces lengths. */
static const char *type(const luci_table_column_t *column, apr_pool_t *pool)
{
    if (column->kind == LUCI_COLUMN_INTEGER)
        return column->flags & LUCI_COLUMN_UNSIGNED ? "BIGINT UNSIGNED" : "BIGINT";
    if (!column->length)
        return "TEXT";
    return apr_psprintf(pool, "VARCHAR(%d)",
                        column->enforced_length ? column->enforced_length : column->length);
}

const luci_engine_t luci_engine_mysql = {
    .driver = "mysql",
    .title = "MySQL or MariaDB",
    .words = &words,
    .params_problem = params_problem,
    .quote = quote,
    .unquotable = "contains a space, comma, semicolon or bar, which the mysql driver can't take",
    .complete = complete,

    .socket_function = "mysql_get_socket",
    .setup = setup,
    .process = process,
    .cluster_query = "SELECT @@SESSION.wsrep_on",
    .cluster_setup = cluster_setup,
    .begin = "START TRANSACTION",
    .codes = codes,
    .refusals = refusals,
    .connections = 151,
    .capacity = &capacity,

    .quote_name = '`',
    .row_lock = " FOR UPDATE",
    /* The value is a number or, in new versions of MariaDB, a word. */
    .lags = LAGS,
    .lags_because = "the server is read-only (read_only) and looks like a replica",
    .or_nothing = "", /* INSERT IGNORE hides other errors; the count of ON DUPLICATE KEY depends on flags */
    /* The collation of the column may treat names as equal that differ in an accent. */
    /* GROUP_CONCAT cuts its result after group_concat_max_len bytes, by default 1,024. */
    .joined_names = "CASE WHEN SUM(LENGTH(g.name) + 1) <= 1000 THEN GROUP_CONCAT(g.name ORDER BY g.name) END",
    .same_bytes =
        "{column} = {value} AND CAST(CONVERT({column} USING utf8mb4) AS BINARY) = CAST({value} AS BINARY)",
    .texts = texts,

    .type = type,
    .copies_references = 1, /* Lucia may have created the user table with another collation */
    /* Strings are equal if their bytes are equal, including trailing spaces. */
    .table_options = " ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 /*M! COLLATE = utf8mb4_nopad_bin */ "
                     "/*!80017 COLLATE = utf8mb4_0900_bin */",
    .clustered_options = "",
    /* The catalog lists only columns that the user may read, so that others would seem to be missing. */
    .columns_probe = LUCI_PROBE_BY_READING,
    .index_probe = "SELECT 1 FROM information_schema.statistics WHERE table_schema = DATABASE() "
                   "AND table_name = TRIM(BOTH '`' FROM '{table}') AND column_name = '{name}' "
                   "AND seq_in_index = 1 LIMIT 1",
    .reference_probe = "SELECT 1 FROM information_schema.referential_constraints "
                       "WHERE constraint_schema = DATABASE() "
                       "AND table_name = TRIM(BOTH '`' FROM '{table}') "
                       "AND referenced_table_name = TRIM(BOTH '`' FROM '{user}') LIMIT 1",
};
