/* SPDX-License-Identifier: Apache-2.0 */
#include "core/db/db.h"

#include "core/db/connection.h"
#include "core/db/session_table.h"
#include "core/db/user_table.h"
#include "core/files/file_id.h"
#include "core/guard/times.h"

#include <stdint.h>
#include <apr_strings.h>
#include <string.h>

#define DISABLED "disabled" /* the additional column that the gate needs */

/* A statement that the connection has run, expanded for its database. */
typedef struct ran_t ran_t;
struct ran_t {
    const luci_statement_t *statement;
    const char *column; /* that it is about; NULL: none */
    luci_sql_text_t made;
    apr_dbd_prepared_t *prepared; /* NULL: not yet prepared */
    ran_t *next;                  /* in the same bucket */
};

/* The bucket is computed from the address, so that adjacent records have different buckets. */
#define BUCKETS 32
#define BUCKET_OF(statement) ((uintptr_t)(statement) / sizeof(luci_statement_t) % BUCKETS)

struct luci_db_t {
    const luci_db_target_t *target;
    apr_pool_t *parent; /* the parent of the pool of each connection */
    apr_pool_t *memory; /* the pool of the connection; NULL: not connected */
    luci_connection_t connection;
    const luci_db_guard_t *guard; /* of writes; NULL: none */
    luci_file_id_t file;          /* if the database is a file */
    luci_sql_columns_t columns;
    int knows_later;     /* columns.later was found on this connection */
    apr_uint32_t tables; /* a bit for each row of luci_table_list that was found on this connection */
    ran_t *ran[BUCKETS]; /* by the address of the statement; from the connection's pool */
    int in_transaction;
    enum { INDEX_UNKNOWN, INDEX_MISSING, INDEX_FOUND } user_index; /* on user_id of the session table */
};

luci_result_t luci_db_init(const char *driver, const char **problem, apr_pool_t *pool)
{
    return luci_connection_init(driver, problem, pool);
}

luci_db_t *luci_db_create(const luci_db_target_t *target, apr_pool_t *pool)
{
    luci_db_t *db = apr_pcalloc(pool, sizeof *db);

    db->target = target;
    db->parent = pool;
    db->connection.deadline.socket = -1;
    db->connection.engine = luci_engine_find(target->driver); /* NULL: connecting reports it */
    return db;
}

const char *luci_db_error(const luci_db_t *db)
{
    return db->connection.error[0] ? db->connection.error : "no error";
}

int luci_db_is_broken(const luci_db_t *db)
{
    return db->connection.broken;
}

int luci_db_is_hung(const luci_db_t *db)
{
    return db->connection.broken && db->connection.hung;
}

int luci_db_was_cut(const luci_db_t *db, apr_int64_t *process)
{
    *process = db->connection.process;
    return db->connection.broken && db->connection.cut;
}

void luci_db_guard_writes(luci_db_t *db, const luci_db_guard_t *guard)
{
    db->guard = guard;
}

void luci_db_limit(luci_db_t *db, luci_ms_t max)
{
    luci_connection_limit(&db->connection, max);
}

const luci_db_target_t *luci_db_target(const luci_db_t *db)
{
    return db->target;
}

const luci_engine_t *luci_db_engine(const luci_db_t *db)
{
    return db->connection.engine;
}

luci_sql_columns_t luci_db_columns(const luci_db_t *db)
{
    return db->columns;
}

int luci_db_is_clustered(const luci_db_t *db)
{
    return db->connection.clustered;
}

/* ---- Connecting ---- */

static void disconnect(luci_db_t *db)
{
    if (db->memory)
        apr_pool_destroy(db->memory); /* its cleanup ends the connection */
    db->memory = NULL;
    db->in_transaction = 0;
    db->user_index = INDEX_UNKNOWN;
    db->tables = 0;
    memset(db->ran, 0, sizeof db->ran);
}

void luci_db_close(luci_db_t *db)
{
    disconnect(db);
    db->connection.broken = 0;
}

int luci_db_is_connected(const luci_db_t *db)
{
    return db->memory && !db->connection.broken;
}

int luci_db_is_pooled(const luci_db_t *db)
{
    return luci_db_is_connected(db) && db->connection.pooled;
}

int luci_db_is_refused(const luci_db_t *db)
{
    return db->connection.broken && db->connection.refused;
}

static int is_file(const luci_db_t *db)
{
    return luci_engine_is_file(db->connection.engine, db->target->params);
}

static int is_file_stale(const luci_db_t *db)
{
    return db->memory && is_file(db) && !luci_file_id_fits(&db->file, db->target->params, db->memory);
}

/* Stores the identity of the database file. 0: the file does not exist. */
static int note_file(luci_db_t *db)
{
    return !is_file(db) || luci_file_id_take(&db->file, db->target->params, db->memory);
}

/* Runs a probe in a pool of its own, because a connection may last as long as the process and be probed many
 * times. */
static luci_result_t look(luci_db_t *db, const luci_probe_t *probe, int *found)
{
    luci_connection_t *connection = &db->connection;
    apr_pool_t *scratch;
    const char *text;
    luci_result_t result;

    if (apr_pool_create(&scratch, db->memory) != APR_SUCCESS)
        return luci_connection_fail(connection, LUCI_INTERNAL, "out of memory");
    text = luci_probe_text(probe, connection->engine, db->target->settings, scratch);
    result = luci_connection_probe(connection, text, found, scratch);
    apr_pool_destroy(scratch);
    return result;
}

static luci_result_t has_column(luci_db_t *db, const luci_table_t *table, const char *column, int *found)
{
    luci_probe_t probe = luci_probe_column(table, column);

    return look(db, &probe, found);
}

/* Sets a bit in *lacks for each attribute without a column. All columns are probed at once, and one by one
 * only if some are missing. */
static luci_result_t find_attributes(luci_db_t *db, apr_uint32_t *lacks)
{
    const apr_array_header_t *attributes = db->target->settings->attributes;
    luci_probe_t probe = luci_probe_attributes(attributes);
    int all = 1;
    luci_result_t result = probe.count > 0 ? look(db, &probe, &all) : LUCI_OK;

    *lacks = 0;
    for (int i = 0; result == LUCI_OK && !all && i < attributes->nelts; i++) {
        const char *name = APR_ARRAY_IDX(attributes, i, const char *);
        int found = 1;

        if (strcmp(name, "username") != 0)
            result = has_column(db, &luci_table_user, name, &found);
        if (!found)
            *lacks |= 1U << i;
    }
    return result;
}

/* Sets *later. Only statements with such columns need it, so a connection looks when it first runs one. */
static luci_result_t look_for_later(luci_db_t *db, apr_uint32_t *later)
{
    const luci_table_t *table;
    const luci_table_column_t *column;
    luci_result_t result = LUCI_OK;

    *later = 0;
    for (int i = 0; result == LUCI_OK && luci_table_later(i, &table, &column); i++) {
        int found = 0;

        if (luci_table_is_wanted(table, db->target->settings) &&
            luci_table_wants_column(column, db->target->settings))
            result = has_column(db, table, column->name, &found);
        *later |= (apr_uint32_t)found << i;
    }
    return result;
}

static luci_result_t find_later(luci_db_t *db)
{
    luci_result_t result = db->knows_later ? LUCI_OK : look_for_later(db, &db->columns.later);

    db->knows_later = result == LUCI_OK;
    return result;
}

/* 1 if a column that was missing exists now, or if that cannot be determined. */
static int has_got_columns(luci_db_t *db)
{
    apr_uint32_t lacks = db->columns.lacks, later = db->columns.later;
    int added = 0;

    if (db->knows_later && (look_for_later(db, &later) != LUCI_OK || later != db->columns.later))
        return 1;
    if (!db->columns.disabled && (has_column(db, &luci_table_user, DISABLED, &added) != LUCI_OK || added))
        return 1;
    return lacks && (find_attributes(db, &lacks) != LUCI_OK || lacks != db->columns.lacks);
}

/* Only servers are probed for new columns: after a change of the schema, SQLite rejects prepared statements,
 * whereas servers continue to run them. */
int luci_db_is_stale(luci_db_t *db)
{
    if (!luci_db_is_connected(db) || db->in_transaction)
        return 0;
    return is_file(db) ? is_file_stale(db) : has_got_columns(db);
}

static luci_result_t find_user_columns(luci_db_t *db)
{
    luci_probe_t ours = luci_probe_ours(&luci_table_user);
    luci_result_t result = look(db, &ours, &db->columns.user);

    db->columns.disabled = db->columns.user;
    if (result == LUCI_OK && !db->columns.user)
        result = has_column(db, &luci_table_user, DISABLED, &db->columns.disabled);
    return result;
}

/* Sets *is_there to 1 if the table exists with all columns of Lucia. */
static luci_result_t find_session_columns(luci_db_t *db, int *is_there)
{
    luci_probe_t ours = luci_probe_ours(&luci_table_session), table = luci_probe_table(&luci_table_session);
    luci_result_t result = look(db, &ours, &db->columns.session);

    *is_there = db->columns.session;
    if (result == LUCI_OK && !db->columns.session)
        result = look(db, &table, is_there);
    db->columns.created_at = db->columns.session && db->target->settings->max_lifetime > 0;
    return result;
}

static luci_result_t find_columns(luci_db_t *db)
{
    int sessions = 0;
    luci_result_t result = find_user_columns(db);

    db->columns.lacks = 0;
    db->columns.later = 0;
    db->knows_later = 0;
    if (result == LUCI_OK)
        result = find_session_columns(db, &sessions);
    if (result != LUCI_OK || !sessions) /* without a session table, the user table may be missing, too */
        return result;
    result = find_attributes(db, &db->columns.lacks);
    if (result == LUCI_OK && !db->target->is_inspection && !db->columns.session &&
        db->target->settings->max_lifetime)
        return luci_connection_fail(
            &db->connection, LUCI_UNAVAILABLE,
            "LuciaMaxLifetime needs the columns created_at, last_seen, address, user_agent in the session "
            "table");
    return result;
}

static luci_result_t open_connection(luci_db_t *db)
{
    const luci_db_target_t *target = db->target;
    luci_connection_t *connection = &db->connection;
    luci_result_t result;

    if (!connection->engine)
        return luci_connection_fail(connection, LUCI_UNAVAILABLE, "the database driver is not supported");
    /* SQLite would create an empty file if there is none at the path. */
    if (!note_file(db) && !target->create)
        return luci_connection_fail(connection, LUCI_UNAVAILABLE,
                                    "the database file is missing or can't be reached");
    connection->opening = target->opening;
    result = luci_connection_open(connection, target->driver, target->params, db->memory);
    if (result == LUCI_OK && target->create)
        (void)note_file(db); /* the connection may have created it */
    if (result == LUCI_OK)
        result = find_columns(db);
    return result;
}

luci_result_t luci_db_connect(luci_db_t *db)
{
    luci_result_t result;

    if (db->in_transaction && db->connection.rolled_back) /* a call would not be in this transaction */
        return LUCI_BUSY;
    if (luci_db_is_connected(db))
        return LUCI_OK;
    if (db->in_transaction) /* a new connection would not be in this transaction */
        return LUCI_UNAVAILABLE;
    luci_db_close(db);
    if (apr_pool_create(&db->memory, db->parent) != APR_SUCCESS) {
        db->memory = NULL;
        return luci_connection_fail(&db->connection, LUCI_INTERNAL, "out of memory");
    }
    result = open_connection(db);
    if (result != LUCI_OK)
        disconnect(db);
    return result;
}

static luci_result_t has_once(luci_db_t *db, const luci_probe_t *probe, int *found)
{
    luci_result_t result = luci_db_connect(db);

    return result == LUCI_OK ? look(db, probe, found) : result;
}

luci_result_t luci_db_has(luci_db_t *db, luci_probe_t probe, int *found)
{
    int was_connected = luci_db_is_connected(db);
    luci_result_t result = has_once(db, &probe, found);

    return result == LUCI_UNAVAILABLE && was_connected ? has_once(db, &probe, found) : result;
}

static apr_uint32_t bit_of(const luci_table_t *table)
{
    int i = 0;

    while (luci_table_list[i] && luci_table_list[i] != table)
        i++;
    return 1U << i;
}

luci_result_t luci_db_has_table(luci_db_t *db, const luci_table_t *table, int *found)
{
    apr_uint32_t bit = bit_of(table);
    luci_result_t result;

    *found = luci_db_is_connected(db) && db->tables & bit;
    if (*found)
        return LUCI_OK;
    result = luci_db_has(db, luci_probe_table(table), found);
    if (result == LUCI_OK && *found)
        db->tables |= bit;
    return result;
}

luci_result_t luci_db_has_column(luci_db_t *db, const luci_table_t *table, const char *column, int *found)
{
    luci_probe_t probe = luci_probe_column(table, column);

    return has_once(db, &probe, found);
}

luci_result_t luci_db_has_later(luci_db_t *db, const luci_table_t *table, const char *name, int *found)
{
    const luci_table_t *of;
    const luci_table_column_t *column;
    luci_result_t result = luci_db_connect(db);

    *found = 0;
    if (result == LUCI_OK)
        result = find_later(db);
    for (int i = 0; result == LUCI_OK && luci_table_later(i, &of, &column); i++) {
        if (of == table && strcmp(column->name, name) == 0)
            *found = db->columns.later >> i & 1;
    }
    return result;
}

luci_result_t luci_db_run(luci_db_t *db, const char *text)
{
    luci_result_t result = luci_db_connect(db);

    return result == LUCI_OK ? luci_connection_run(&db->connection, text) : result;
}

/* ---- Statements ---- */

/* A statement to run, its arguments and its outputs. */
typedef struct {
    const luci_statement_t *statement;
    const char *column; /* that the statement is about; NULL: it is about none */
    const luci_argument_t *arguments;
    const char *const **row;  /* output of a statement that reads one row; otherwise NULL */
    apr_array_header_t *rows; /* output of a statement that reads any number of rows; otherwise NULL */
    int *changed;             /* output of a statement that writes */
    apr_pool_t *pool;
} query_t;

static luci_sql_scope_t scope_of(const luci_db_t *db)
{
    return (luci_sql_scope_t){ .engine = db->connection.engine,
                               .settings = db->target->settings,
                               .found = db->columns };
}

static int is_of(const ran_t *ran, const query_t *query)
{
    return ran->statement == query->statement && (!query->column || strcmp(ran->column, query->column) == 0);
}

/* NULL: this connection has not run the statement yet. */
static ran_t *find_ran(luci_db_t *db, const query_t *query)
{
    ran_t *ran = db->ran[BUCKET_OF(query->statement)];

    while (ran && !is_of(ran, query))
        ran = ran->next;
    return ran;
}

/* Expands the statement for this connection, and for its column if it is about one. */
static ran_t *add_ran(luci_db_t *db, const query_t *query)
{
    ran_t **bucket = &db->ran[BUCKET_OF(query->statement)], *ran;
    luci_sql_scope_t scope = scope_of(db);

    ran = apr_pcalloc(db->memory, sizeof *ran);
    ran->statement = query->statement;
    ran->column = query->column ? apr_pstrdup(db->memory, query->column) : NULL;
    scope.columns = &ran->column;
    scope.count = ran->column != NULL;
    ran->made = luci_sql_text(ran->statement, &scope, db->memory);
    ran->next = *bucket;
    return *bucket = ran;
}

/* Fills in the arguments of a statement. 0: a parameter has no argument. */
static int fill_places(const luci_sql_text_t *made, const luci_argument_t *arguments, luci_bound_t *bound)
{
    for (int i = 0; i < made->places; i++) {
        const luci_argument_t *argument = arguments;

        while (argument->name && strcmp(argument->name, made->parameter[i]) != 0)
            argument++;
        if (!argument->name)
            return 0;
        bound->argument[i] = argument->value;
    }
    bound->arguments = made->places;
    return 1;
}

/* Prepares a statement and binds the arguments that it has on this connection. */
static luci_result_t prepare(luci_db_t *db, ran_t *ran, const luci_argument_t *arguments, luci_bound_t *bound)
{
    luci_result_t result = LUCI_OK;

    if (ran->made.places > LUCI_SQL_PLACES_MAX || !fill_places(&ran->made, arguments, bound))
        return luci_connection_fail(&db->connection, LUCI_INTERNAL, "the arguments do not fit the statement");
    if (!ran->prepared)
        result = luci_connection_prepare(&db->connection, ran->made.text, &ran->prepared);
    bound->prepared = ran->prepared;
    bound->may_refuse = ran->statement->may_refuse;
    bound->may_conflict = ran->statement->may_conflict;
    bound->may_be_referenced = ran->statement->may_be_referenced;
    return result;
}

static luci_result_t run_once(luci_db_t *db, const query_t *query)
{
    luci_bound_t bound = { 0 };
    luci_result_t result = luci_db_connect(db);
    ran_t *ran = result == LUCI_OK ? find_ran(db, query) : NULL;

    if (result == LUCI_OK && !ran && luci_sql_asks_for_later(query->statement->text, db->target->settings))
        result = find_later(db);
    if (result == LUCI_OK)
        result = prepare(db, ran ? ran : add_ran(db, query), query->arguments, &bound);
    if (result != LUCI_OK)
        return result;
    if (query->rows) {
        apr_array_clear(query->rows);
        return luci_connection_select_all(&db->connection, &bound, query->rows, query->pool);
    }
    if (query->row)
        return luci_connection_select(&db->connection, &bound, query->row, query->pool);
    return luci_connection_execute(&db->connection, &bound, query->changed, query->pool);
}

/* 1 if the server rolled something back because of another transaction, and it is to be tried again. After
 * the last try, the connection counts as broken, so that the failure is reported. */
static int may_try_again(luci_db_t *db, int tries)
{
    if (!db->connection.rolled_back)
        return 0;
    if (tries >= LUCI_ROLLED_BACK_TRIES) {
        db->connection.broken = 1;
        return 0;
    }
    apr_sleep(LUCI_ROLLED_BACK_PAUSE * tries);
    return 1;
}

/* Runs a statement outside a transaction again if it was rolled back, because then it changed nothing. */
static luci_result_t run_until_kept(luci_db_t *db, const query_t *query)
{
    for (int tries = 1;; tries++) {
        luci_result_t result;

        luci_connection_forget_rollback(&db->connection);
        result = run_once(db, query);
        if (result == LUCI_OK || !may_try_again(db, tries))
            return result;
    }
}

/* Runs a statement, and repeats it on a new connection if it failed on an old one. In a transaction it is not
 * repeated, because luci_db_transaction repeats the whole transaction. After a failure on a new connection,
 * another connection would not help. */
static luci_result_t run(luci_db_t *db, const query_t *query)
{
    int was_connected = luci_db_is_connected(db);
    luci_result_t result;

    if (db->in_transaction)
        return run_once(db, query);
    result = run_until_kept(db, query);
    if (result == LUCI_UNAVAILABLE && was_connected && query->statement->repeatable)
        result = run_until_kept(db, query);
    return result;
}

/* The columns of a statement that is_certain which come before its own, where the engine has servers that may
 * lag. */
enum { LAGS, FOUND, OWN_COLUMNS };

/* Runs a statement that reads one row. *lags: the server that answered may lag. */
static luci_result_t select_row(luci_db_t *db, const query_t *query, int *lags)
{
    luci_result_t result = run(db, query);
    const luci_engine_t *engine = db->connection.engine;
    const char *const *row;

    *lags = 0;
    if (result != LUCI_OK || !query->statement->is_certain || !engine->lags)
        return result;
    row = *query->row;
    *query->row = row + OWN_COLUMNS;
    *lags = luci_sql_to_number(row[LAGS], 1) != 0;
    return row[FOUND] ? LUCI_OK : LUCI_NOT_FOUND;
}

/* A server that lags is left, so that the next connection may lead to another one. */
static luci_result_t select_certain(luci_db_t *db, void *query, apr_pool_t *scratch)
{
    int lags;
    luci_result_t result = select_row(db, query, &lags);

    if (!lags)
        return result;
    return luci_connection_fail(
        &db->connection, LUCI_UNAVAILABLE,
        apr_pstrcat(scratch, db->connection.engine->lags_because,
                    ", so that it may not know the last sign-ins and sign-outs; LuciaDatabase must lead to "
                    "the server that takes writes",
                    NULL));
}

/* A proxy that sends reads to replicas sends a transaction to the server that takes writes. */
luci_result_t luci_db_select(luci_db_t *db, const luci_statement_t *statement,
                             const luci_argument_t *arguments, const char *const **row, apr_pool_t *pool)
{
    query_t query = { .statement = statement, .arguments = arguments, .row = row, .pool = pool };
    int lags;
    luci_result_t result;

    if (db->in_transaction)
        return select_certain(db, &query, pool);
    result = select_row(db, &query, &lags);
    return lags ? luci_db_transaction(db, select_certain, &query, pool) : result;
}

static luci_result_t find_user_index(luci_db_t *db)
{
    luci_probe_t probe = luci_probe_index(&luci_table_session, "user_id");
    int found = 0;
    luci_result_t result = luci_db_connect(db);

    if (result != LUCI_OK || db->user_index != INDEX_UNKNOWN)
        return result;
    result = look(db, &probe, &found);
    if (result == LUCI_OK)
        db->user_index = found ? INDEX_FOUND : INDEX_MISSING;
    return result;
}

luci_result_t luci_db_finds_sessions(luci_db_t *db, int *found, apr_pool_t *scratch)
{
    const char *const *row;
    luci_result_t result = find_user_index(db);

    *found = 1;
    if (result != LUCI_OK || db->user_index == INDEX_FOUND)
        return result;
    result = luci_db_select(db, &luci_sql_sessions_many,
                            LUCI_ARGUMENTS({ "few", luci_sql_number(LUCI_SQL_SESSIONS_FEW, scratch) }), &row,
                            scratch);
    *found = result == LUCI_NOT_FOUND;
    return *found ? LUCI_OK : result;
}

luci_result_t luci_db_select_all(luci_db_t *db, const luci_statement_t *statement,
                                 const luci_argument_t *arguments, apr_array_header_t **rows,
                                 apr_pool_t *pool)
{
    query_t query = { .statement = statement, .arguments = arguments, .pool = pool };

    *rows = query.rows = apr_array_make(pool, LUCI_SQL_PAGE_ROWS, sizeof(const char *const *));
    return run(db, &query);
}

/* Outside of a transaction each write asks the guard. */
static luci_result_t enter_write(luci_db_t *db)
{
    return db->guard && !db->in_transaction ? db->guard->enter(db->guard->baton) : LUCI_OK;
}

static void leave_write(luci_db_t *db)
{
    if (db->guard && !db->in_transaction)
        db->guard->leave(db->guard->baton, luci_db_is_hung(db));
}

/* Called before writes: what is written to a file that was replaced at its path would be lost. */
static void leave_stale_file(luci_db_t *db)
{
    if (!db->in_transaction && is_file_stale(db))
        luci_db_close(db);
}

static luci_result_t write_rows(luci_db_t *db, const query_t *query)
{
    luci_result_t result = enter_write(db);

    if (result != LUCI_OK)
        return result;
    leave_stale_file(db);
    result = run(db, query);
    leave_write(db);
    return result;
}

luci_result_t luci_db_execute(luci_db_t *db, const luci_statement_t *statement,
                              const luci_argument_t *arguments, int *changed, apr_pool_t *scratch)
{
    query_t query = { .statement = statement, .arguments = arguments, .changed = changed, .pool = scratch };

    return write_rows(db, &query);
}

/* The arguments are those of both statements that set a column. */
static luci_result_t write_column(luci_db_t *db, const luci_statement_t *statement, const char *column,
                                  const luci_argument_t *arguments, apr_pool_t *scratch)
{
    int changed;
    query_t query = {
        .statement = statement, .column = column, .arguments = arguments, .changed = &changed, .pool = scratch
    };

    return write_rows(db, &query);
}

luci_result_t luci_db_set_column(luci_db_t *db, const char *user_id, const char *column, const char *value,
                                 apr_pool_t *scratch)
{
    return write_column(db, &luci_sql_user_set_column, column,
                        LUCI_ARGUMENTS({ "value", value }, { "id", user_id }), scratch);
}

luci_result_t luci_db_set_flag(luci_db_t *db, const char *user_id, const char *column, int flag,
                               apr_pool_t *scratch)
{
    return write_column(db, flag ? &luci_sql_user_set_flag : &luci_sql_user_clear_flag, column,
                        LUCI_ARGUMENTS({ "id", user_id }), scratch);
}

luci_result_t luci_db_change_column(luci_db_t *db, const char *user_id, const char *column, const char *value,
                                    apr_pool_t *scratch)
{
    return write_column(db, &luci_sql_user_change_column, column,
                        LUCI_ARGUMENTS({ "value", value }, { "id", user_id }), scratch);
}

luci_result_t luci_db_find_value(luci_db_t *db, const char *user_id, const char *column, const char *value,
                                 apr_pool_t *scratch)
{
    const char *const *row;
    query_t query = { .statement = &luci_sql_user_value_taken,
                      .column = column,
                      .arguments = LUCI_ARGUMENTS({ "value", value }, { "id", user_id }),
                      .row = &row,
                      .pool = scratch };

    return run(db, &query);
}

/* ---- Transactions ---- */

static luci_result_t run_inside(luci_db_t *db, luci_db_work_fn *work, void *baton, apr_pool_t *scratch)
{
    luci_result_t result;

    db->in_transaction = 1;
    result = work(db, baton, scratch);
    db->in_transaction = 0;
    if (result == LUCI_OK && db->connection.rolled_back)
        return LUCI_BUSY;
    return db->connection.broken && result == LUCI_OK ? LUCI_UNAVAILABLE : result;
}

/* Sets *before_commit to 1 if the failure occurred before COMMIT, so that the database cannot have stored
 * anything. */
static luci_result_t transaction_once(luci_db_t *db, luci_db_work_fn *work, void *baton, int *before_commit,
                                      apr_pool_t *scratch)
{
    luci_result_t ended, result = luci_db_connect(db);

    *before_commit = 1;
    if (result == LUCI_OK)
        result = luci_connection_begin(&db->connection);
    if (result != LUCI_OK)
        return result;
    result = run_inside(db, work, baton, scratch);
    *before_commit = result != LUCI_OK;
    ended = result == LUCI_OK ? luci_connection_commit(&db->connection)
                              : luci_connection_roll_back(&db->connection);
    /* After a COMMIT that was rolled back the connection is good. Otherwise the server, or the journal of the
     * file, rolls back what is uncommitted. */
    if ((ended != LUCI_OK && !(result == LUCI_OK && db->connection.rolled_back)) || db->connection.broken)
        disconnect(db);
    return result == LUCI_OK ? ended : result;
}

static luci_result_t transaction_until_kept(luci_db_t *db, luci_db_work_fn *work, void *baton,
                                            int *before_commit, apr_pool_t *scratch)
{
    for (int tries = 1;; tries++) {
        luci_result_t result;

        luci_connection_forget_rollback(&db->connection);
        result = transaction_once(db, work, baton, before_commit, scratch);
        if (!may_try_again(db, tries))
            return result;
    }
}

luci_result_t luci_db_transaction(luci_db_t *db, luci_db_work_fn *work, void *baton, apr_pool_t *scratch)
{
    int was_connected, before_commit;
    luci_result_t result = enter_write(db);

    if (result != LUCI_OK)
        return result;
    leave_stale_file(db);
    was_connected = luci_db_is_connected(db);
    result = transaction_until_kept(db, work, baton, &before_commit, scratch);
    if (result == LUCI_UNAVAILABLE && before_commit && was_connected)
        result = transaction_until_kept(db, work, baton, &before_commit, scratch);
    leave_write(db);
    return result;
}

luci_result_t luci_db_source_transaction(const luci_db_source_t *source, luci_db_work_fn *work, void *baton,
                                         apr_pool_t *scratch)
{
    luci_db_t *db;
    luci_result_t result = source->borrow(source->baton, &db);

    if (result != LUCI_OK)
        return result;
    result = luci_db_transaction(db, work, baton, scratch);
    source->give_back(source->baton, db);
    return result;
}
