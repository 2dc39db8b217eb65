/* SPDX-License-Identifier: Apache-2.0 */
/* PostgreSQL, over libpq. The apr_dbd driver has one code for every failure, so that messages are made to
 * contain the SQLSTATE (appendix A of PostgreSQL's documentation). */
#include "core/db/engine.h"
#include "core/db/place.h"
#include "core/db/process_table.h"
#include "core/db/session_table.h"
#include "core/db/sql.h"

#include <apr_escape.h>
#include <apr_lib.h>
#include <apr_strings.h>
#include <dlfcn.h>
#include <string.h>

/* Sets the limits, unless the administrator has set others; is_local "true": only for the transaction. */
#define LIMITS(is_local)                                                                                     \
    "SELECT set_config(name, most, " is_local ") FROM (VALUES ('lock_timeout', '2s'), "                      \
    "('statement_timeout', '10s')) AS usual (name, most) WHERE current_setting(name) = '0'"

/* ON CONFLICT DO NOTHING requires READ COMMITTED. */
#define BEGIN "BEGIN ISOLATION LEVEL READ COMMITTED"

static const char *const setup[] = {
    "SELECT set_config('client_encoding', 'UTF8', false), "
    "set_config('default_transaction_isolation', 'read committed', false)",
    LIMITS("false"),
    NULL,
};

static const luci_engine_state_t states[] = {
    { "40001" /* serialization_failure */, LUCI_FAILURE_ROLLED_BACK },
    { "40P01" /* deadlock_detected */, LUCI_FAILURE_ROLLED_BACK },
    { "26000" /* invalid_sql_statement_name */, LUCI_FAILURE_SHARED },
    { "42P05" /* duplicate_prepared_statement */, LUCI_FAILURE_SHARED },
    { "23503" /* foreign_key_violation */, LUCI_FAILURE_REFERENCED },
    { "23001" /* restrict_violation, by ON DELETE RESTRICT */, LUCI_FAILURE_REFERENCED },
    { "22001" /* string_data_right_truncation */, LUCI_FAILURE_VALUE },
    { "22003" /* numeric_value_out_of_range */, LUCI_FAILURE_VALUE },
    { "22P02" /* invalid_text_representation */, LUCI_FAILURE_VALUE },
    { "22007" /* invalid_datetime_format */, LUCI_FAILURE_VALUE },
    { "22008" /* datetime_field_overflow */, LUCI_FAILURE_VALUE },
    { "22021" /* character_not_in_repertoire */, LUCI_FAILURE_VALUE },
    { "22P05" /* untranslatable_character */, LUCI_FAILURE_VALUE },
    { "23502" /* not_null_violation */, LUCI_FAILURE_VALUE },
    { "23514" /* check_violation */, LUCI_FAILURE_VALUE },
    { "55P03" /* lock_not_available, by lock_timeout */, LUCI_FAILURE_BUSY },
    { "57014" /* query_canceled, also by statement_timeout */, LUCI_FAILURE_BUSY },
    { NULL, LUCI_FAILURE_OTHER },
};

/* 53300, too_many_connections. The state is not in a message about a connection, because libpq only learns
 * afterwards to write it, so the server's text in English counts. */
static const char *const refusals[] = {
    "too many clients already",
    "connection slots are reserved",
    "too many connections for",    /* a role, or a database */
    "no more connections allowed", /* PgBouncer */
    NULL,
};

/* The limits of user and database do not concern a superuser. PostgreSQL 16 added reserved_connections. */
static const luci_statement_t capacity = {
    .text =
        "SELECT CAST(current_setting('max_connections') AS INTEGER) "
        "- CAST(current_setting('superuser_reserved_connections') AS INTEGER) "
        "- CAST(COALESCE(current_setting('reserved_connections', true), '0') AS INTEGER), "
        "CASE WHEN NOT r.rolsuper THEN LEAST(NULLIF(r.rolconnlimit, -1), NULLIF(d.datconnlimit, -1)) END, "
        "current_setting('max_connections') "
        "FROM pg_catalog.pg_roles r, pg_catalog.pg_database d "
        "WHERE r.rolname = session_user AND d.datname = current_database()",
    .repeatable = 1,
};

/* ---- The client library, which apr_dbd's driver has loaded ---- */

#define PQERRORS_VERBOSE 2 /* libpq-fe.h, PGVerbosity */

static void opened(void *native)
{
    int (*set_verbosity)(void *, int) = NULL;

    *(void **)&set_verbosity = dlsym(RTLD_DEFAULT, "PQsetErrorVerbosity");
    if (set_verbosity)
        (void)set_verbosity(native, PQERRORS_VERBOSE);
}

/* PgBouncer gives each client a process id of its own making, because it is only good for canceling. */
static int is_pooled(void *native, const char *own)
{
    int (*backend_pid)(const void *) = NULL;

    *(void **)&backend_pid = dlsym(RTLD_DEFAULT, "PQbackendPID");
    return backend_pid && own && apr_atoi64(own) != backend_pid(native);
}

static apr_int64_t process(void *native)
{
    int (*backend_pid)(const void *) = NULL;

    *(void **)&backend_pid = dlsym(RTLD_DEFAULT, "PQbackendPID");
    return backend_pid ? backend_pid(native) : 0;
}

static void *make_cancel(void *native)
{
    void *(*get)(void *) = NULL;

    *(void **)&get = dlsym(RTLD_DEFAULT, "PQgetCancel");
    return get ? get(native) : NULL;
}

/* PQcancel waits until the server has taken the request, at the address of the connection, with its
 * tcp_user_timeout and keepalives, but without its connect_timeout. */
static void send_cancel(void *request)
{
    int (*cancel)(void *, char *, int) = NULL;
    char problem[256];

    *(void **)&cancel = dlsym(RTLD_DEFAULT, "PQcancel");
    if (cancel)
        (void)cancel(request, problem, sizeof problem);
}

static void release_cancel(void *request)
{
    void (*release)(void *) = NULL;

    *(void **)&release = dlsym(RTLD_DEFAULT, "PQfreeCancel");
    if (release)
        release(request);
}

static const luci_engine_cancel_t canceling = { make_cancel, { send_cancel, release_cancel } };

/* ---- Connection parameters ---- */

static const char *const options[] = {
    "host",
    "hostaddr",
    "port",
    "dbname",
    "user",
    "connect_timeout",
    "client_encoding",
    "options",
    "application_name",
    "fallback_application_name",
    "keepalives",
    "keepalives_idle",
    "keepalives_interval",
    "keepalives_count",
    "tcp_user_timeout",
    "replication",
    "gssencmode",
    "sslmode",
    "requiressl",
    "sslcompression",
    "sslcert",
    "sslkey",
    "sslrootcert",
    "sslcrl",
    "sslcrldir",
    "sslsni",
    "requirepeer",
    "ssl_min_protocol_version",
    "ssl_max_protocol_version",
    "krbsrvname",
    "gsslib",
    "service",
    "target_session_attrs",
    "load_balance_hosts",
    "channel_binding",
    "require_auth",
    "sslnegotiation",
    "password",
    "passfile",
    "sslpassword",
    NULL,
};

/* A value is in single quotes, or ends at white space. A backslash escapes the next character. */
static const char *read_value(const char *c, char *out)
{
    int quoted = *c == '\'';

    for (c += quoted; *c && (quoted ? *c != '\'' : !apr_isspace(*c)); c++) {
        if (*c == '\\' && c[1])
            c++;
        *out++ = *c;
    }
    *out = '\0';
    return c + (*c == '\'');
}

static const luci_engine_words_t words = {
    .options = options,
    .separators = " \r\n\t\f\v",
    .read_value = read_value,
    .quotes_params = 1,
    .port = "5432",
    .socket_file = ".s.PGSQL.",
};

static const char *params_problem(const char *written, apr_pool_t *pool)
{
    (void)pool;
    return strchr(written, '=') || strstr(written, "://")
               ? NULL
               : "PARAMS of pgsql are words NAME=VALUE, or a URL postgresql://";
}

/* Like the encoding of forms, except that libpq does not read a plus sign as a space. */
static const char *escaped_for_url(const char *secret, apr_pool_t *pool)
{
    const char *escaped = apr_pescape_urlencoded(pool, secret), *plus;

    while ((plus = strchr(escaped, '+')) != NULL)
        escaped = apr_pstrcat(pool, apr_pstrmemdup(pool, escaped, (apr_size_t)(plus - escaped)), "%20",
                              plus + 1, NULL);
    return escaped;
}

/* Quotes a secret: percent-encoded in a URL; otherwise in single quotes, with a backslash before each quote
 * and backslash. */
static const char *quote(const char *params, const char *secret, apr_pool_t *pool)
{
    char *quoted, *out;

    if (luci_place_is_url(params))
        return escaped_for_url(secret, pool);
    quoted = out = apr_palloc(pool, 2 * strlen(secret) + 3);
    *out++ = '\'';
    for (; *secret; secret++) {
        if (*secret == '\'' || *secret == '\\')
            *out++ = '\\';
        *out++ = *secret;
    }
    *out++ = '\'';
    *out = '\0';
    return quoted;
}

#define CONNECT_TIMEOUT "connect_timeout"

static const char *with_word(const char *params, const char *word, apr_pool_t *pool)
{
    const char *before = " ";

    if (luci_place_is_url(params))
        before = strchr(params, '?') ? "&" : "?";
    return apr_pstrcat(pool, params, before, word, NULL);
}

#define SERVER_KIND "target_session_attrs"

/* The first version of libpq that can look for the primary server. */
#define KNOWS_PRIMARY 140000

/* Of several hosts, the primary server is meant; libpq would take the first one that answers. Hosts are
 * separated by commas. A comma elsewhere does no harm, because the module needs a primary server anyway. */
static const char *prefer_primary(const char *params, apr_pool_t *pool)
{
    int (*version)(void) = NULL;

    *(void **)&version = dlsym(RTLD_DEFAULT, "PQlibVersion");
    if (!strchr(params, ',') || strstr(params, SERVER_KIND))
        return params;
    return with_word(
        params, version && version() < KNOWS_PRIMARY ? SERVER_KIND "=read-write" : SERVER_KIND "=primary",
        pool);
}

/* Sets the encoding, also where no setting can be made later, and limits a connection attempt; libpq would
 * otherwise wait as long as TCP does. The timeout ends an attempt that was abandoned. It is longer than
 * LUCI_DEADLINE_CALL, because libpq reports a timeout like a refused connection. */
static const char *complete(const char *params, apr_pool_t *pool)
{
    params = prefer_primary(with_word(params, "client_encoding=UTF8", pool), pool);
    return strstr(params, CONNECT_TIMEOUT) ? params : with_word(params, CONNECT_TIMEOUT "=8", pool);
}

/* ---- Statements ---- */

/* The array is computed once, and its rows are then found by their ids. IN would let the planner join the
 * whole table. A plus prevents that rows are searched by a condition. After waiting for a row, PostgreSQL
 * evaluates only the condition outside of the array again. */
#define EXPIRED LUCI_SQL_SESSION_EXPIRED("+")
#define EXPIRED_S LUCI_SQL_SESSION_EXPIRED("+s.")
#define LOCK LUCI_SQL_PURGE_LIMIT " FOR UPDATE"

#define PURGE(locked)                                                                                        \
    "DELETE FROM {session} WHERE id = ANY(ARRAY(SELECT s.id FROM {session} s "                               \
    "WHERE s.idle_expires >= :first:int AND s.idle_expires <= :last:int ORDER BY s.idle_expires" LOCK locked \
    ")) AND +idle_expires < :now:int"

#define PURGE_STEP(locked)                                                                                   \
    "DELETE FROM {session} WHERE id = ANY(ARRAY(SELECT s.id FROM {session} s "                               \
    "WHERE s.id > :after AND s.id <= :last AND " EXPIRED_S " ORDER BY s.id" LOCK locked ")) AND " EXPIRED

#define SKIP " SKIP LOCKED"

/* Ends the process as well: a request to cancel may have been lost, and its answer is not awaited any more. A
 * process that began later has the same number by chance. */
#define PROCESS                                                                                              \
    "SELECT CAST(pg_catalog.pg_terminate_backend(pid) AS TEXT) FROM pg_catalog.pg_stat_activity "            \
    "WHERE pid = :process:int AND usename = session_user "                                                   \
    "AND backend_start < clock_timestamp() - :seconds:int * INTERVAL '1 second'"

static const luci_engine_text_t texts[] = {
    { &luci_sql_session_purge, PURGE(SKIP) },
    { &luci_sql_session_purge_waiting, PURGE("") },
    { &luci_sql_session_purge_step, PURGE_STEP(SKIP) },
    { &luci_sql_session_purge_step_waiting, PURGE_STEP("") },
    { &luci_sql_process, PROCESS },
    { NULL, NULL },
};

/* ---- Schema ---- */

static const char *type(const luci_table_column_t *column, apr_pool_t *pool)
{
    (void)pool;
    return column->kind == LUCI_COLUMN_INTEGER ? "BIGINT" : "TEXT";
}

const luci_engine_t luci_engine_pgsql = {
    .driver = "pgsql",
    .title = "PostgreSQL",
    .params_help = "what libpq takes, such as \"host=/run/postgresql dbname=lucia\"",
    .words = &words,
    .params_problem = params_problem,
    .quote = quote,
    .complete = complete,

    .socket_function = "PQsocket",
    .setup = setup,
    .begin = BEGIN,
    .begin_pooled = BEGIN "; " LIMITS("true"),
    .states = states,
    .refusals = refusals,
    .connections = 97,
    .capacity = &capacity,
    .opened = opened,
    .is_pooled = is_pooled,
    .own_query = "SELECT pg_catalog.pg_backend_pid()",
    .cancel = &canceling,
    .process = process,

    .quote_name = '"',
    .row_lock =
        " FOR NO KEY UPDATE", /* the weaker lock, which allows other transactions to refer to the row */
    .lags = "CASE WHEN pg_catalog.pg_is_in_recovery() THEN 1 ELSE 0 END",
    .lags_because = "the server is a hot standby (pg_is_in_recovery)",
    .or_nothing = " ON CONFLICT DO NOTHING",
    .same_bytes = "{column} = {value}",
    .joined_names = "string_agg(g.name, ',' ORDER BY g.name)",
    .texts = texts,

    .type = type,
    .table_options = "",
    .clustered_options = "",
    /* Two transactions that create the same table would collide, even with IF NOT EXISTS. The number is
     * arbitrary, but must not change. The lock ends with the transaction. */
    .schema_lock = "SELECT pg_catalog.pg_advisory_xact_lock(7810772011)",
    /* to_regclass uses the search path. The catalog lists every column, including those that the user may not
     * read. */
    .columns_probe =
        "SELECT 1 FROM pg_catalog.pg_attribute WHERE attrelid = pg_catalog.to_regclass('{table}') "
        "AND attnum > 0 AND NOT attisdropped AND attname IN ({names}) HAVING COUNT(*) = {count}",
    .index_probe = "SELECT 1 FROM pg_catalog.pg_index i JOIN pg_catalog.pg_attribute a "
                   "ON a.attrelid = i.indexrelid WHERE i.indrelid = pg_catalog.to_regclass('{table}') "
                   "AND i.indisvalid AND i.indpred IS NULL AND a.attnum = 1 AND a.attname = '{name}' LIMIT 1",
    .reference_probe = "SELECT 1 FROM pg_catalog.pg_constraint WHERE contype = 'f' "
                       "AND conrelid = pg_catalog.to_regclass('{table}') "
                       "AND confrelid = pg_catalog.to_regclass('{user}') LIMIT 1",
};
