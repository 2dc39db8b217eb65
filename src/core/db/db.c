/* SPDX-License-Identifier: Apache-2.0 */
#include "core/db/db_connect.h"

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
    int was_connected = luci_db_is_connected(db);
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
    if (!db->in_transaction && luci_db_file_is_stale(db))
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
        luci_db_disconnect(db); /* the server or the file's journal rolls back what is left */
    return result == LUCI_OK ? ended : result;
}

luci_result_t luci_db_transaction(luci_db_t *db, luci_db_work_fn *work, void *baton, apr_pool_t *scratch)
{
    int was_connected, before_commit;
    luci_result_t result;

    leave_stale_file(db);
    was_connected = luci_db_is_connected(db);
    result = transaction_once(db, work, baton, &before_commit, scratch);
    if (result == LUCI_UNAVAILABLE && before_commit && was_connected)
        result = transaction_once(db, work, baton, &before_commit, scratch);
    return result;
}
