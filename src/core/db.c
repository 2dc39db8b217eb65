/* SPDX-License-Identifier: Apache-2.0 */
#include "db.h"

#include <apr_dbd.h>
#include <apr_file_info.h>
#include <apr_strings.h>
#include <apr_time.h>
#include <string.h>

/* As long as the driver waits for a lock, and more often. */
#define LOCK_TRIES 64
#define LOCK_PAUSE apr_time_from_msec(25)

struct luci_db_t {
    const luci_db_target_t *target;
    luci_sql_dialect_t dialect;
    apr_pool_t *parent;     /* of each connection's pool */
    apr_pool_t *connection; /* NULL: not connected */
    const apr_dbd_driver_t *driver;
    apr_dbd_t *handle;
    luci_sql_columns_t columns;
    luci_sql_statement_t statements[LUCI_SQL_STATEMENTS];
    apr_dbd_prepared_t *prepared[LUCI_SQL_STATEMENTS]; /* NULL: not yet on this connection */
    apr_dev_t device;                                  /* of the file, when the database is one */
    apr_ino_t inode;
    int in_transaction;
    int broken; /* a call failed: replace the connection */
    char error[256];
};

luci_result_t luci_db_init(const char *driver, const char **problem, apr_pool_t *process_pool)
{
    const apr_dbd_driver_t *loaded;
    apr_status_t status = apr_dbd_init(process_pool);

    if (status == APR_SUCCESS)
        status = apr_dbd_get_driver(process_pool, driver, &loaded);
    if (status == APR_SUCCESS)
        return LUCI_OK;
    *problem = apr_psprintf(process_pool, "apr_dbd's driver \"%s\" can't be loaded: %pm", driver, &status);
    return LUCI_UNAVAILABLE;
}

luci_db_t *luci_db_create(const luci_db_target_t *target, apr_pool_t *pool)
{
    luci_db_t *db = apr_pcalloc(pool, sizeof *db);

    db->target = target;
    db->parent = pool;
    return db;
}

static void disconnect(luci_db_t *db)
{
    if (db->connection)
        apr_pool_destroy(db->connection); /* its cleanup ends the connection */
    db->connection = NULL;
    db->in_transaction = 0;
    memset(db->prepared, 0, sizeof db->prepared);
}

void luci_db_close(luci_db_t *db)
{
    disconnect(db);
    db->broken = 0;
}

const char *luci_db_error(const luci_db_t *db)
{
    return db->error[0] ? db->error : "no error";
}

int luci_db_is_broken(const luci_db_t *db)
{
    return db->broken;
}

const luci_db_target_t *luci_db_target(const luci_db_t *db)
{
    return db->target;
}

luci_sql_columns_t luci_db_columns(const luci_db_t *db)
{
    return db->columns;
}

static luci_result_t failed(luci_db_t *db, luci_result_t result, const char *reason)
{
    apr_cpystrn(db->error, reason ? reason : "no reason given", sizeof db->error);
    db->broken = 1;
    return result;
}

/* The answer to a driver's code other than 0. */
static luci_result_t driver_failed(luci_db_t *db, int code)
{
    luci_result_t result = code == luci_sql_busy_code(db->dialect) ? LUCI_BUSY : LUCI_UNAVAILABLE;

    return failed(db, result, apr_dbd_error(db->driver, db->handle, code));
}

static int file_info(const luci_db_t *db, apr_finfo_t *info)
{
    return apr_stat(info, db->target->params, APR_FINFO_IDENT, db->connection) == APR_SUCCESS;
}

int luci_db_is_stale(const luci_db_t *db)
{
    apr_finfo_t info;

    if (!db->connection || !luci_sql_is_file(db->dialect, db->target->params))
        return 0;
    return !file_info(db, &info) || info.inode != db->inode || info.device != db->device;
}

static apr_status_t close_handle(void *baton)
{
    luci_db_t *db = baton;

    apr_dbd_close(db->driver, db->handle);
    return APR_SUCCESS;
}

/* The driver waits for a lock when it runs a statement but not when it prepares one, for which SQLite reads
 * the schema. */
static int prepare_text(luci_db_t *db, const char *text, apr_dbd_prepared_t **prepared)
{
    int busy = luci_sql_busy_code(db->dialect), code;

    for (int tries = 1;; tries++) {
        code = apr_dbd_prepare(db->driver, db->connection, db->handle, text, NULL, prepared);
        if (code != busy || tries == LOCK_TRIES)
            return code;
        apr_sleep(LOCK_PAUSE);
    }
}

/* Only the driver's word for "no such thing" means no: a column that could not be looked for must not pass
 * for one that is missing, or disabled users would walk in. */
static luci_result_t has(luci_db_t *db, luci_sql_probe_t probe, int *found)
{
    const char *query = luci_sql_probe(db->dialect, probe, &db->target->settings->tables, db->connection);
    apr_dbd_prepared_t *statement = NULL;
    int code = prepare_text(db, query, &statement);

    *found = code == 0;
    if (code == 0 || code == luci_sql_missing_code(db->dialect))
        return LUCI_OK;
    return driver_failed(db, code);
}

static luci_result_t find_columns(luci_db_t *db)
{
    int sessions = 0;
    luci_result_t result = has(db, LUCI_SQL_PROBE_USER_DISABLED, &db->columns.disabled);

    if (result == LUCI_OK)
        result = has(db, LUCI_SQL_PROBE_USER_COLUMNS, &db->columns.user);
    if (result == LUCI_OK)
        result = has(db, LUCI_SQL_PROBE_SESSION_COLUMNS, &db->columns.session);
    if (result == LUCI_OK)
        result = has(db, LUCI_SQL_PROBE_SESSION, &sessions);
    if (result == LUCI_OK && sessions && !db->columns.session && db->target->settings->max_lifetime)
        return failed(db, LUCI_UNAVAILABLE,
                      "LuciaMaxLifetime needs the columns created_at, last_seen, address, user_agent in the "
                      "session table");
    return result;
}

static luci_result_t set_up(luci_db_t *db)
{
    const char *const *query = luci_sql_session_setup(db->dialect);
    luci_result_t result;

    for (; *query; query++) {
        apr_dbd_results_t *results = NULL;

        (void)apr_dbd_select(db->driver, db->connection, db->handle, &results, *query, 0);
    }
    result = find_columns(db);
    for (int i = 0; result == LUCI_OK && i < LUCI_SQL_STATEMENTS; i++)
        db->statements[i] = luci_sql_statement(db->dialect, (luci_sql_id_t)i, db->target->settings,
                                               db->columns, db->connection);
    return result;
}

/* Remembers which file is at the path. */
static int note_file(luci_db_t *db)
{
    apr_finfo_t info;

    if (!luci_sql_is_file(db->dialect, db->target->params))
        return 1;
    if (!file_info(db, &info))
        return 0;
    db->inode = info.inode;
    db->device = info.device;
    return 1;
}

static luci_result_t open_connection(luci_db_t *db)
{
    const char *problem = NULL;
    apr_status_t status;

    if (luci_sql_dialect(db->target->driver, &db->dialect) != LUCI_OK)
        return failed(db, LUCI_UNAVAILABLE, "the database's driver is not supported");
    /* A path without a file is not opened, because SQLite would make an empty one there. */
    if (!note_file(db) && !db->target->create)
        return failed(db, LUCI_UNAVAILABLE, "the database file is missing or can't be reached");
    if (apr_dbd_get_driver(db->connection, db->target->driver, &db->driver) != APR_SUCCESS)
        return failed(db, LUCI_UNAVAILABLE, "the database's driver can't be loaded");
    status = apr_dbd_open_ex(db->driver, db->connection, db->target->params, &db->handle, &problem);
    if (status != APR_SUCCESS)
        return failed(db, LUCI_UNAVAILABLE, problem ? problem : "the database can't be opened");
    apr_pool_cleanup_register(db->connection, db, close_handle, apr_pool_cleanup_null);
    if (db->target->create)
        (void)note_file(db); /* it may have been made just now */
    return set_up(db);
}

luci_result_t luci_db_connect(luci_db_t *db)
{
    luci_result_t result;

    if (db->connection && !db->broken)
        return LUCI_OK;
    if (db->in_transaction) /* a fresh connection would not be inside it */
        return LUCI_UNAVAILABLE;
    luci_db_close(db);
    if (apr_pool_create(&db->connection, db->parent) != APR_SUCCESS) {
        db->connection = NULL;
        return failed(db, LUCI_INTERNAL, "out of memory");
    }
    result = open_connection(db);
    if (result != LUCI_OK)
        disconnect(db);
    return result;
}

luci_result_t luci_db_has(luci_db_t *db, luci_sql_probe_t probe, int *found)
{
    luci_result_t result = luci_db_connect(db);

    return result == LUCI_OK ? has(db, probe, found) : result;
}

static luci_result_t prepare(luci_db_t *db, luci_sql_id_t id)
{
    int code;

    if (db->prepared[id])
        return LUCI_OK;
    code = prepare_text(db, db->statements[id].text, &db->prepared[id]);
    if (code == 0)
        return LUCI_OK;
    db->prepared[id] = NULL;
    return driver_failed(db, code);
}

/* The statement's own arguments, picked from the listed ones. The driver wants them without const and does
 * not write. */
static void pick(const luci_sql_statement_t *statement, const char *const *arguments, const char **picked)
{
    for (int i = 0; i < statement->arguments; i++)
        picked[i] = arguments[statement->argument[i]];
}

static luci_result_t first_row(luci_db_t *db, apr_dbd_results_t *results, const char *const **row,
                               apr_pool_t *pool)
{
    apr_dbd_row_t *found = NULL;
    int columns = apr_dbd_num_cols(db->driver, results);
    const char **values;

    if (apr_dbd_get_row(db->driver, pool, results, &found, -1) != 0)
        return LUCI_NOT_FOUND;
    values = apr_palloc(pool, (apr_size_t)columns * sizeof *values);
    for (int i = 0; i < columns; i++)
        values[i] = apr_dbd_get_entry(db->driver, found, i);
    /* The result set is read to its end, so that the connection is free for the next statement. */
    while (apr_dbd_get_row(db->driver, pool, results, &found, -1) == 0)
        ;
    *row = values;
    return LUCI_OK;
}

static luci_result_t select_once(luci_db_t *db, luci_sql_id_t id, const char *const *arguments,
                                 const char *const **row, apr_pool_t *pool)
{
    const char *picked[LUCI_SQL_ARGUMENTS_MOST] = { NULL };
    apr_dbd_results_t *results = NULL;
    luci_result_t result = luci_db_connect(db);
    int code;

    if (result == LUCI_OK)
        result = prepare(db, id);
    if (result != LUCI_OK)
        return result;
    pick(&db->statements[id], arguments, picked);
    code = apr_dbd_pselect(db->driver, pool, db->handle, &results, db->prepared[id], 0,
                           db->statements[id].arguments, picked);
    return code == 0 ? first_row(db, results, row, pool) : driver_failed(db, code);
}

static luci_result_t execute_once(luci_db_t *db, luci_sql_id_t id, const char *const *arguments, int *changed,
                                  apr_pool_t *scratch)
{
    const char *picked[LUCI_SQL_ARGUMENTS_MOST] = { NULL };
    luci_result_t result = luci_db_connect(db);
    int code;

    if (result == LUCI_OK)
        result = prepare(db, id);
    if (result != LUCI_OK)
        return result;
    pick(&db->statements[id], arguments, picked);
    code = apr_dbd_pquery(db->driver, scratch, db->handle, changed, db->prepared[id],
                          db->statements[id].arguments, picked);
    return code == 0 ? LUCI_OK : driver_failed(db, code);
}

/* Inside a transaction nothing is repeated: the whole of it is, by luci_db_transaction. A connection that was
 * fresh gains nothing from another one. */
static int worth_repeating(const luci_db_t *db, luci_sql_id_t id, luci_result_t result, int was_connected)
{
    return result == LUCI_UNAVAILABLE && was_connected && !db->in_transaction &&
           db->statements[id].repeatable;
}

static int is_connected(const luci_db_t *db)
{
    return db->connection && !db->broken;
}

luci_result_t luci_db_select(luci_db_t *db, luci_sql_id_t id, const char *const *arguments,
                             const char *const **row, apr_pool_t *pool)
{
    int was_connected = is_connected(db);
    luci_result_t result = select_once(db, id, arguments, row, pool);

    if (worth_repeating(db, id, result, was_connected))
        result = select_once(db, id, arguments, row, pool);
    return result;
}

/* Before anything is written: a file that nobody sees any more would swallow it. */
static void leave_stale_file(luci_db_t *db)
{
    if (!db->in_transaction && luci_db_is_stale(db))
        luci_db_close(db);
}

luci_result_t luci_db_execute(luci_db_t *db, luci_sql_id_t id, const char *const *arguments, int *changed,
                              apr_pool_t *scratch)
{
    luci_result_t result;
    int was_connected;

    leave_stale_file(db);
    was_connected = is_connected(db);
    result = execute_once(db, id, arguments, changed, scratch);
    if (worth_repeating(db, id, result, was_connected))
        result = execute_once(db, id, arguments, changed, scratch);
    return result;
}

static luci_result_t run_inside(luci_db_t *db, luci_db_work_fn *work, void *baton, apr_pool_t *scratch)
{
    luci_result_t result;

    db->in_transaction = 1;
    result = work(db, baton, scratch);
    db->in_transaction = 0;
    return db->broken && result == LUCI_OK ? LUCI_UNAVAILABLE : result;
}

/* *before_commit: the failure came before COMMIT, so that nothing can have been kept. */
static luci_result_t transaction_once(luci_db_t *db, luci_db_work_fn *work, void *baton, int *before_commit,
                                      apr_pool_t *scratch)
{
    apr_dbd_transaction_t *transaction = NULL;
    luci_result_t result = luci_db_connect(db);
    int code;

    *before_commit = 1;
    if (result != LUCI_OK)
        return result;
    code = apr_dbd_transaction_start(db->driver, scratch, db->handle, &transaction);
    result = code == 0 ? run_inside(db, work, baton, scratch) : driver_failed(db, code);
    if (!transaction)
        return result;
    if (result == LUCI_OK)
        *before_commit = 0;
    else
        apr_dbd_transaction_mode_set(db->driver, transaction, APR_DBD_TRANSACTION_ROLLBACK);
    /* Also what failed or did not even begin is ended: until then it clings to scratch, which may outlive the
     * connection. */
    code = apr_dbd_transaction_end(db->driver, scratch, transaction);
    if (code != 0 && result == LUCI_OK)
        result = driver_failed(db, code);
    if (code != 0 || db->broken)
        disconnect(db); /* the server or the file's journal rolls back what is left */
    return result;
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

luci_result_t luci_db_run(luci_db_t *db, const char *text)
{
    int changed, code;
    luci_result_t result = luci_db_connect(db);

    if (result != LUCI_OK)
        return result;
    code = apr_dbd_query(db->driver, db->handle, &changed, text);
    return code == 0 ? LUCI_OK : driver_failed(db, code);
}

const char *luci_db_number(apr_int64_t number, apr_pool_t *pool)
{
    return apr_off_t_toa(pool, number);
}

apr_int64_t luci_db_to_number(const char *column, apr_int64_t fallback)
{
    return column ? apr_atoi64(column) : fallback;
}
