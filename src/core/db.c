/* SPDX-License-Identifier: Apache-2.0 */
#include "db.h"

#include "connection_open.h"
#include "file_mark.h"

#include <string.h>

struct luci_db_t {
    const luci_db_target_t *target;
    apr_pool_t *parent; /* of each connection's pool */
    apr_pool_t *memory; /* the connection's; NULL: not connected */
    luci_connection_t connection;
    luci_file_mark_t file; /* when the database is one */
    luci_sql_columns_t columns;
    luci_sql_statement_t statements[LUCI_SQL_STATEMENTS];
    apr_dbd_prepared_t *prepared[LUCI_SQL_STATEMENTS]; /* NULL: not yet on this connection */
    int in_transaction;
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

static void disconnect(luci_db_t *db)
{
    if (db->memory)
        apr_pool_destroy(db->memory); /* its cleanup ends the connection */
    db->memory = NULL;
    db->in_transaction = 0;
    memset(db->prepared, 0, sizeof db->prepared);
}

void luci_db_close(luci_db_t *db)
{
    disconnect(db);
    db->connection.broken = 0;
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

static int is_connected(const luci_db_t *db)
{
    return db->memory && !db->connection.broken;
}

/* ---- Connecting ---- */

static int is_file(const luci_db_t *db)
{
    return luci_sql_is_file(db->connection.dialect, db->target->params);
}

static int file_is_stale(const luci_db_t *db)
{
    return db->memory && is_file(db) && !luci_file_mark_fits(&db->file, db->target->params, db->memory);
}

/* 0 when the database is a file and there is none at its path. */
static int note_file(luci_db_t *db)
{
    return !is_file(db) || luci_file_mark_take(&db->file, db->target->params, db->memory);
}

/* In memory of its own: a connection may live for ever, and be asked again and again. column: what is looked
 * for instead of what the probe says. */
static luci_result_t has_column(luci_db_t *db, luci_sql_probe_t probe, const char *column, int *found)
{
    const luci_tables_t *tables = &db->target->settings->tables;
    luci_connection_t *connection = &db->connection;
    apr_pool_t *scratch;
    const char *text;
    luci_result_t result;

    if (apr_pool_create(&scratch, db->memory) != APR_SUCCESS)
        return luci_connection_fail(connection, LUCI_INTERNAL, "out of memory");
    text = column ? luci_sql_probe_column(connection->dialect, column, tables, scratch)
                  : luci_sql_probe(connection->dialect, probe, tables, scratch);
    result = luci_connection_probe(connection, text, found, scratch);
    apr_pool_destroy(scratch);
    return result;
}

static luci_result_t has(luci_db_t *db, luci_sql_probe_t probe, int *found)
{
    return has_column(db, probe, NULL, found);
}

/* SQLite refuses prepared statements after a change of tables; a server goes on as if nothing had been added.
 */
int luci_db_is_stale(luci_db_t *db)
{
    int added = 0;

    if (!is_connected(db) || db->in_transaction)
        return 0;
    if (is_file(db))
        return file_is_stale(db);
    return !db->columns.disabled && (has(db, LUCI_SQL_PROBE_USER_DISABLED, &added) != LUCI_OK || added);
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
    if (result == LUCI_OK && sessions && !db->columns.session && db->target->settings->max_lifetime)
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
    for (int i = 0; result == LUCI_OK && i < LUCI_SQL_STATEMENTS; i++)
        db->statements[i] = luci_sql_statement(connection->dialect, (luci_sql_id_t)i, target->settings,
                                               db->columns, db->memory);
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

luci_result_t luci_db_has_column(luci_db_t *db, const char *column, int *found)
{
    luci_result_t result = luci_db_connect(db);

    return result == LUCI_OK ? has_column(db, LUCI_SQL_PROBE_USER, column, found) : result;
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
} errand_t;

/* The statement prepared, with those of its arguments that it takes on this connection. */
static luci_result_t prepare(luci_db_t *db, const errand_t *errand, luci_bound_t *bound)
{
    const luci_sql_statement_t *statement = &db->statements[errand->id];
    luci_result_t result = luci_db_connect(db);

    if (result == LUCI_OK && !db->prepared[errand->id])
        result = luci_connection_prepare(&db->connection, statement->text, &db->prepared[errand->id]);
    if (result != LUCI_OK)
        return result;
    bound->prepared = db->prepared[errand->id];
    bound->arguments = statement->arguments;
    bound->may_conflict = statement->may_conflict;
    for (int i = 0; i < statement->arguments; i++)
        bound->argument[i] = errand->arguments[statement->argument[i]];
    return LUCI_OK;
}

static luci_result_t run_once(luci_db_t *db, const errand_t *errand)
{
    luci_bound_t bound = { 0 };
    luci_result_t result = prepare(db, errand, &bound);

    if (result != LUCI_OK)
        return result;
    if (errand->rows) {
        apr_array_clear(errand->rows);
        return luci_connection_select_all(&db->connection, &bound, errand->rows, errand->pool);
    }
    if (errand->row)
        return luci_connection_select(&db->connection, &bound, errand->row, errand->pool);
    return luci_connection_execute(&db->connection, &bound, errand->changed, errand->pool);
}

/* Inside a transaction nothing is repeated: the whole of it is, by luci_db_transaction. A connection that was
 * fresh gains nothing from another one. */
static luci_result_t run(luci_db_t *db, const errand_t *errand)
{
    int was_connected = is_connected(db);
    luci_result_t result = run_once(db, errand);

    if (result == LUCI_UNAVAILABLE && was_connected && !db->in_transaction &&
        db->statements[errand->id].repeatable)
        result = run_once(db, errand);
    return result;
}

luci_result_t luci_db_select(luci_db_t *db, luci_sql_id_t id, const char *const *arguments,
                             const char *const **row, apr_pool_t *pool)
{
    errand_t errand = { .id = id, .arguments = arguments, .row = row, .pool = pool };

    return run(db, &errand);
}

luci_result_t luci_db_select_all(luci_db_t *db, luci_sql_id_t id, const char *const *arguments,
                                 apr_array_header_t **rows, apr_pool_t *pool)
{
    errand_t errand = { .id = id, .arguments = arguments, .pool = pool };

    *rows = errand.rows = apr_array_make(pool, LUCI_SQL_PAGE_ROWS, sizeof(const char *const *));
    return run(db, &errand);
}

/* Before anything is written: a file that nobody sees any more would swallow it. */
static void leave_stale_file(luci_db_t *db)
{
    if (!db->in_transaction && file_is_stale(db))
        luci_db_close(db);
}

luci_result_t luci_db_execute(luci_db_t *db, luci_sql_id_t id, const char *const *arguments, int *changed,
                              apr_pool_t *scratch)
{
    errand_t errand = { .id = id, .arguments = arguments, .changed = changed, .pool = scratch };

    leave_stale_file(db);
    return run(db, &errand);
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
