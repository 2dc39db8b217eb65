/* SPDX-License-Identifier: Apache-2.0 */
#include "connection.h"

#include <apr_strings.h>
#include <apr_time.h>

/* As long as the driver waits for a lock, and more often. */
#define LOCK_TRIES 64
#define LOCK_PAUSE apr_time_from_msec(25)

luci_result_t luci_connection_init(const char *driver, const char **problem, apr_pool_t *pool)
{
    const apr_dbd_driver_t *loaded;
    apr_status_t status = apr_dbd_init(pool);

    if (status == APR_SUCCESS)
        status = apr_dbd_get_driver(pool, driver, &loaded);
    if (status == APR_SUCCESS)
        return LUCI_OK;
    *problem = apr_psprintf(pool, "apr_dbd's driver \"%s\" can't be loaded: %pm", driver, &status);
    return LUCI_UNAVAILABLE;
}

luci_result_t luci_connection_fail(luci_connection_t *connection, luci_result_t result, const char *reason)
{
    apr_cpystrn(connection->error, reason ? reason : "no reason given", sizeof connection->error);
    connection->broken = 1;
    return result;
}

/* The answer to a driver's code. */
static luci_result_t answer(luci_connection_t *connection, int code)
{
    luci_result_t result = code == luci_sql_busy_code(connection->dialect) ? LUCI_BUSY : LUCI_UNAVAILABLE;

    if (code == 0)
        return LUCI_OK;
    return luci_connection_fail(connection, result,
                                apr_dbd_error(connection->driver, connection->handle, code));
}

static apr_status_t close_handle(void *baton)
{
    luci_connection_t *connection = baton;

    apr_dbd_close(connection->driver, connection->handle);
    return APR_SUCCESS;
}

static void set_up(luci_connection_t *connection)
{
    const char *const *query = luci_sql_session_setup(connection->dialect);

    for (; *query; query++) {
        apr_dbd_results_t *results = NULL;

        (void)apr_dbd_select(connection->driver, connection->pool, connection->handle, &results, *query, 0);
    }
}

luci_result_t luci_connection_open(luci_connection_t *connection, const char *driver, const char *params,
                                   apr_pool_t *pool)
{
    const char *problem = NULL;
    apr_status_t status;

    connection->pool = pool;
    if (apr_dbd_get_driver(pool, driver, &connection->driver) != APR_SUCCESS)
        return luci_connection_fail(connection, LUCI_UNAVAILABLE, "the database's driver can't be loaded");
    status = apr_dbd_open_ex(connection->driver, pool, params, &connection->handle, &problem);
    if (status != APR_SUCCESS)
        return luci_connection_fail(connection, LUCI_UNAVAILABLE,
                                    problem ? problem : "the database can't be opened");
    apr_pool_cleanup_register(pool, connection, close_handle, apr_pool_cleanup_null);
    set_up(connection);
    return LUCI_OK;
}

/* The driver waits for a lock when it runs a statement but not when it prepares one, for which SQLite reads
 * the schema. */
static int prepare(luci_connection_t *connection, const char *text, apr_dbd_prepared_t **prepared)
{
    int busy = luci_sql_busy_code(connection->dialect), code;

    for (int tries = 1;; tries++) {
        code =
            apr_dbd_prepare(connection->driver, connection->pool, connection->handle, text, NULL, prepared);
        if (code != busy || tries == LOCK_TRIES)
            return code;
        apr_sleep(LOCK_PAUSE);
    }
}

luci_result_t luci_connection_prepare(luci_connection_t *connection, const char *text,
                                      apr_dbd_prepared_t **prepared)
{
    int code = prepare(connection, text, prepared);

    if (code != 0)
        *prepared = NULL;
    return answer(connection, code);
}

luci_result_t luci_connection_probe(luci_connection_t *connection, const char *text, int *found)
{
    apr_dbd_prepared_t *prepared = NULL;
    int code = prepare(connection, text, &prepared);

    *found = code == 0;
    return code == luci_sql_missing_code(connection->dialect) ? LUCI_OK : answer(connection, code);
}

static luci_result_t first_row(luci_connection_t *connection, apr_dbd_results_t *results,
                               const char *const **row, apr_pool_t *pool)
{
    const apr_dbd_driver_t *driver = connection->driver;
    apr_dbd_row_t *found = NULL;
    int columns = apr_dbd_num_cols(driver, results);
    const char **values;

    if (apr_dbd_get_row(driver, pool, results, &found, -1) != 0)
        return LUCI_NOT_FOUND;
    values = apr_palloc(pool, (apr_size_t)columns * sizeof *values);
    for (int i = 0; i < columns; i++)
        values[i] = apr_dbd_get_entry(driver, found, i);
    /* The result set is read to its end, so that the connection is free for the next statement. */
    while (apr_dbd_get_row(driver, pool, results, &found, -1) == 0)
        ;
    *row = values;
    return LUCI_OK;
}

luci_result_t luci_connection_select(luci_connection_t *connection, luci_bound_t *bound,
                                     const char *const **row, apr_pool_t *pool)
{
    apr_dbd_results_t *results = NULL;
    int code = apr_dbd_pselect(connection->driver, pool, connection->handle, &results, bound->prepared, 0,
                               bound->arguments, bound->argument);

    return code == 0 ? first_row(connection, results, row, pool) : answer(connection, code);
}

luci_result_t luci_connection_execute(luci_connection_t *connection, luci_bound_t *bound, int *changed,
                                      apr_pool_t *scratch)
{
    return answer(connection, apr_dbd_pquery(connection->driver, scratch, connection->handle, changed,
                                             bound->prepared, bound->arguments, bound->argument));
}

luci_result_t luci_connection_run(luci_connection_t *connection, const char *text)
{
    int changed;

    return answer(connection, apr_dbd_query(connection->driver, connection->handle, &changed, text));
}

luci_result_t luci_connection_begin(luci_connection_t *connection, apr_dbd_transaction_t **transaction,
                                    apr_pool_t *scratch)
{
    *transaction = NULL;
    return answer(connection,
                  apr_dbd_transaction_start(connection->driver, scratch, connection->handle, transaction));
}

luci_result_t luci_connection_end(luci_connection_t *connection, apr_dbd_transaction_t *transaction,
                                  int commit, apr_pool_t *scratch)
{
    int code;

    if (!commit)
        apr_dbd_transaction_mode_set(connection->driver, transaction, APR_DBD_TRANSACTION_ROLLBACK);
    code = apr_dbd_transaction_end(connection->driver, scratch, transaction);
    if (commit)
        return answer(connection, code);
    return code == 0 ? LUCI_OK : LUCI_UNAVAILABLE;
}
