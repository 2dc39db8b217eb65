/* SPDX-License-Identifier: Apache-2.0 */
#include "core/db/db.h"

#include "core/db/connection.h"
#include "core/files/file_id.h"

#include <string.h>

struct luci_db_t {
    const luci_db_target_t *target;
    apr_pool_t *parent; /* of each connection's pool */
    apr_pool_t *memory; /* the connection's; NULL: not connected */
    luci_connection_t connection;
    luci_file_id_t file; /* when the database is one */
    luci_sql_columns_t columns;
    luci_sql_statement_t statements[LUCI_SQL_STATEMENTS]; /* no text: not yet made for this connection */
    apr_dbd_prepared_t *prepared[LUCI_SQL_STATEMENTS];    /* NULL: not yet on this connection */
    int in_transaction;
    enum { LUCI_DB_INDEX_UNKNOWN, LUCI_DB_INDEX_MISSING, LUCI_DB_INDEX_THERE } user_index; /* of sessions */
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
    if (luci_sql_dialect(target->driver, &db->connection.dialect) != LUCI_OK)
        db->connection.dialect = LUCI_SQLITE3; /* connecting says that it isn't known */
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

void luci_db_limit(luci_db_t *db, luci_ms_t most)
{
    luci_connection_limit(&db->connection, most);
}

const luci_db_target_t *luci_db_target(const luci_db_t *db)
{
    return db->target;
}

luci_sql_columns_t luci_db_columns(const luci_db_t *db)
{
    return db->columns;
}

/* ---- Connecting ---- */

static void disconnect(luci_db_t *db)
{
    if (db->memory)
        apr_pool_destroy(db->memory); /* its cleanup ends the connection */
    db->memory = NULL;
    db->in_transaction = 0;
    db->user_index = LUCI_DB_INDEX_UNKNOWN;
    memset(db->statements, 0, sizeof db->statements);
    memset(db->prepared, 0, sizeof db->prepared);
}

void luci_db_close(luci_db_t *db)
{
    disconnect(db);
    db->connection.broken = 0;
}

static int is_connected(const luci_db_t *db)
{
    return db->memory && !db->connection.broken;
}

static int is_file(const luci_db_t *db)
{
    return luci_sql_is_file(db->connection.dialect, db->target->params);
}

static int is_file_stale(const luci_db_t *db)
{
    return db->memory && is_file(db) && !luci_file_id_fits(&db->file, db->target->params, db->memory);
}

/* 0 when the database is a file and there is none at its path. */
static int note_file(luci_db_t *db)
{
    return !is_file(db) || luci_file_id_take(&db->file, db->target->params, db->memory);
}

/* In memory of its own: a connection may live for ever, and be asked again and again. column: what is looked
 * for instead of what the probe says; NULL: nothing. */
static luci_result_t look(luci_db_t *db, luci_sql_probe_t probe, const luci_sql_column_t *column, int *found)
{
    const luci_tables_t *tables = &db->target->settings->tables;
    luci_connection_t *connection = &db->connection;
    apr_pool_t *scratch;
    const char *text;
    luci_result_t result;

    if (apr_pool_create(&scratch, db->memory) != APR_SUCCESS)
        return luci_connection_fail(connection, LUCI_INTERNAL, "out of memory");
    text = column ? luci_sql_probe_column(connection->dialect, *column, tables, scratch)
                  : luci_sql_probe(connection->dialect, probe, tables, scratch);
    result = luci_connection_probe(connection, text, found, scratch);
    apr_pool_destroy(scratch);
    return result;
}

static luci_result_t has(luci_db_t *db, luci_sql_probe_t probe, int *found)
{
    return look(db, probe, NULL, found);
}

/* A bit for each attribute without a column. */
static luci_result_t find_attributes(luci_db_t *db, apr_uint32_t *lacks)
{
    int count = db->target->settings->attributes ? db->target->settings->attributes->nelts : 0;

    *lacks = 0;
    for (int i = 0; i < count; i++) {
        luci_sql_column_t column =
            luci_sql_user_column(APR_ARRAY_IDX(db->target->settings->attributes, i, const char *));
        int found = 1;
        luci_result_t result = LUCI_OK;

        if (strcmp(column.name, "username") != 0)
            result = look(db, LUCI_SQL_PROBE_USER, &column, &found);
        if (result != LUCI_OK)
            return result;
        if (!found)
            *lacks |= 1U << i;
    }
    return LUCI_OK;
}

/* Whether a column that was missing is there by now, or can't be looked for. */
static int has_got_columns(luci_db_t *db)
{
    apr_uint32_t lacks = db->columns.lacks;
    int added = 0;

    if (!db->columns.disabled && (has(db, LUCI_SQL_PROBE_USER_DISABLED, &added) != LUCI_OK || added))
        return 1;
    return lacks && (find_attributes(db, &lacks) != LUCI_OK || lacks != db->columns.lacks);
}

/* SQLite refuses prepared statements after a change of tables; a server goes on as if nothing had been added.
 */
int luci_db_is_stale(luci_db_t *db)
{
    if (!is_connected(db) || db->in_transaction)
        return 0;
    return is_file(db) ? is_file_stale(db) : has_got_columns(db);
}

static luci_result_t find_columns(luci_db_t *db)
{
    int sessions = 0;
    luci_result_t result = has(db, LUCI_SQL_PROBE_USER_DISABLED, &db->columns.disabled);

    if (result == LUCI_OK)
        result = has(db, LUCI_SQL_PROBE_USER_COLUMNS, &db->columns.user);
    if (result == LUCI_OK)
        result = has(db, LUCI_SQL_PROBE_SESSION_COLUMNS, &db->columns.session);
    db->columns.created_at = db->columns.session && db->target->settings->max_lifetime > 0;
    if (result == LUCI_OK)
        result = has(db, LUCI_SQL_PROBE_SESSION, &sessions);
    if (result == LUCI_OK && sessions) /* else there may be no user table, either */
        result = find_attributes(db, &db->columns.lacks);
    if (result == LUCI_OK && sessions && !db->target->looks && !db->columns.session &&
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

    if (luci_sql_dialect(target->driver, &connection->dialect) != LUCI_OK)
        return luci_connection_fail(connection, LUCI_UNAVAILABLE, "the database's driver is not supported");
    /* A path without a file is not opened, because SQLite would make an empty one there. */
    if (!note_file(db) && !target->create)
        return luci_connection_fail(connection, LUCI_UNAVAILABLE,
                                    "the database file is missing or can't be reached");
    connection->opening = target->opening;
    result = luci_connection_open(connection, target->driver, target->params, db->memory);
    if (result == LUCI_OK && target->create)
        (void)note_file(db); /* it may have been made just now */
    if (result == LUCI_OK)
        result = find_columns(db);
    return result;
}

luci_result_t luci_db_connect(luci_db_t *db)
{
    luci_result_t result;

    if (is_connected(db))
        return LUCI_OK;
    if (db->in_transaction) /* a fresh connection would not be inside it */
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

static luci_result_t has_once(luci_db_t *db, luci_sql_probe_t probe, int *found)
{
    luci_result_t result = luci_db_connect(db);

    return result == LUCI_OK ? has(db, probe, found) : result;
}

luci_result_t luci_db_has_column(luci_db_t *db, luci_sql_column_t column, int *found)
{
    luci_result_t result = luci_db_connect(db);

    return result == LUCI_OK ? look(db, column.table, &column, found) : result;
}

luci_result_t luci_db_has_user_index(luci_db_t *db, int *found)
{
    luci_result_t result = luci_db_connect(db);

    if (result == LUCI_OK && db->user_index == LUCI_DB_INDEX_UNKNOWN) {
        result = has(db, LUCI_SQL_PROBE_SESSION_USER_INDEX, found);
        if (result == LUCI_OK)
            db->user_index = *found ? LUCI_DB_INDEX_THERE : LUCI_DB_INDEX_MISSING;
    }
    *found = result == LUCI_OK && db->user_index == LUCI_DB_INDEX_THERE;
    return result;
}

luci_result_t luci_db_has(luci_db_t *db, luci_sql_probe_t probe, int *found)
{
    int was_connected = is_connected(db);
    luci_result_t result = has_once(db, probe, found);

    return result == LUCI_UNAVAILABLE && was_connected ? has_once(db, probe, found) : result;
}

luci_result_t luci_db_run(luci_db_t *db, const char *text)
{
    luci_result_t result = luci_db_connect(db);

    return result == LUCI_OK ? luci_connection_run(&db->connection, text) : result;
}

/* ---- Statements ---- */

/* A statement to run, with all arguments it is listed with, and where its answer goes. */
typedef struct {
    luci_sql_id_t id;
    const char *const *arguments;
    const char *const **row;  /* NULL: it writes, or */
    apr_array_header_t *rows; /* it reads all rows */
    int *changed;             /* when it writes */
    apr_pool_t *pool;
} query_t;

/* A connection makes only the statements that are asked of it. */
static const luci_sql_statement_t *statement_of(luci_db_t *db, luci_sql_id_t id)
{
    luci_sql_statement_t *statement = &db->statements[id];

    if (!statement->text)
        *statement =
            luci_sql_statement(db->connection.dialect, id, db->target->settings, db->columns, db->memory);
    return statement;
}

/* The statement prepared, with those of its arguments that it takes on this connection. */
static luci_result_t prepare(luci_db_t *db, const query_t *query, luci_bound_t *bound)
{
    const luci_sql_statement_t *statement;
    luci_result_t result = luci_db_connect(db);

    if (result != LUCI_OK)
        return result;
    statement = statement_of(db, query->id);
    if (!db->prepared[query->id])
        result = luci_connection_prepare(&db->connection, statement->text, &db->prepared[query->id]);
    if (result != LUCI_OK)
        return result;
    bound->prepared = db->prepared[query->id];
    bound->arguments = statement->arguments;
    bound->may_conflict = statement->may_conflict;
    for (int i = 0; i < statement->arguments; i++)
        bound->argument[i] = query->arguments[statement->argument[i]];
    return LUCI_OK;
}

static luci_result_t run_once(luci_db_t *db, const query_t *query)
{
    luci_bound_t bound = { 0 };
    luci_result_t result = prepare(db, query, &bound);

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

/* Inside a transaction nothing is repeated: the whole of it is, by luci_db_transaction. A connection that was
 * fresh gains nothing from another one. */
static luci_result_t run(luci_db_t *db, const query_t *query)
{
    int was_connected = is_connected(db);
    luci_result_t result = run_once(db, query);

    if (result == LUCI_UNAVAILABLE && was_connected && !db->in_transaction &&
        db->statements[query->id].repeatable)
        result = run_once(db, query);
    return result;
}

luci_result_t luci_db_select(luci_db_t *db, luci_sql_id_t id, const char *const *arguments,
                             const char *const **row, apr_pool_t *pool)
{
    query_t query = { .id = id, .arguments = arguments, .row = row, .pool = pool };

    return run(db, &query);
}

luci_result_t luci_db_select_all(luci_db_t *db, luci_sql_id_t id, const char *const *arguments,
                                 apr_array_header_t **rows, apr_pool_t *pool)
{
    query_t query = { .id = id, .arguments = arguments, .pool = pool };

    *rows = query.rows = apr_array_make(pool, LUCI_SQL_PAGE_ROWS, sizeof(const char *const *));
    return run(db, &query);
}

/* Before anything is written: a file that nobody sees any more would swallow it. */
static void leave_stale_file(luci_db_t *db)
{
    if (!db->in_transaction && is_file_stale(db))
        luci_db_close(db);
}

luci_result_t luci_db_execute(luci_db_t *db, luci_sql_id_t id, const char *const *arguments, int *changed,
                              apr_pool_t *scratch)
{
    query_t query = { .id = id, .arguments = arguments, .changed = changed, .pool = scratch };

    leave_stale_file(db);
    return run(db, &query);
}

luci_result_t luci_db_set_column(luci_db_t *db, const char *column, const char *const *arguments,
                                 apr_pool_t *scratch)
{
    luci_result_t result = luci_db_connect(db);
    int changed;

    if (result != LUCI_OK)
        return result;
    db->prepared[LUCI_SQL_USER_SET_COLUMN] = NULL;
    db->statements[LUCI_SQL_USER_SET_COLUMN] =
        luci_sql_set_column(db->connection.dialect, column, db->target->settings, db->memory);
    return luci_db_execute(db, LUCI_SQL_USER_SET_COLUMN, arguments, &changed, scratch);
}

/* ---- Transactions ---- */

static luci_result_t run_inside(luci_db_t *db, luci_db_work_fn *work, void *baton, apr_pool_t *scratch)
{
    luci_result_t result;

    db->in_transaction = 1;
    result = work(db, baton, scratch);
    db->in_transaction = 0;
    return db->connection.broken && result == LUCI_OK ? LUCI_UNAVAILABLE : result;
}

/* *before_commit: the failure came before COMMIT, so that nothing can have been kept. */
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
    if (ended != LUCI_OK || db->connection.broken)
        disconnect(db); /* the server or the file's journal rolls back what is left */
    return result == LUCI_OK ? ended : result;
}

luci_result_t luci_db_transaction(luci_db_t *db, luci_db_work_fn *work, void *baton, apr_pool_t *scratch)
{
    int was_connected, before_commit;
    luci_result_t result;

    leave_stale_file(db);
    was_connected = is_connected(db);
    result = transaction_once(db, work, baton, &before_commit, scratch);
    if (result == LUCI_UNAVAILABLE && before_commit && was_connected)
        result = transaction_once(db, work, baton, &before_commit, scratch);
    return result;
}
