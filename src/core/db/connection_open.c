/* SPDX-License-Identifier: Apache-2.0 */
#include "core/db/connection_open.h"

#include "core/guard/offload.h"

#include <apr_strings.h>

static apr_status_t destroy_pool(void *pool)
{
    apr_pool_destroy(pool);
    return APR_SUCCESS;
}

/* A library waits for a server that accepts and then says nothing as long as it takes, and has no socket yet
 * that could be shut down. */
static luci_result_t open_offloaded(luci_connection_t *connection, luci_opening_t *opening)
{
    static volatile apr_uint32_t opening_of_process;
    luci_offload_t aside = { .work = luci_connection_open_handle, .undo = luci_connection_close_handle };
    luci_ms_t most = luci_deadline_left(&connection->deadline);
    luci_result_t result;

    if (most == 0)
        return luci_connection_give_up(connection);
    if (apr_pool_create_unmanaged(&aside.pool) != APR_SUCCESS)
        return luci_connection_fail(connection, LUCI_INTERNAL, "out of memory");
    aside.threads = connection->opening ? connection->opening : &opening_of_process;
    aside.baton = apr_pmemdup(aside.pool, opening, sizeof *opening);
    ((luci_opening_t *)aside.baton)->params = apr_pstrdup(aside.pool, opening->params);
    ((luci_opening_t *)aside.baton)->pool = aside.pool;
    result = luci_offload_run(&aside, most);
    if (result == LUCI_BUSY)
        return luci_connection_give_up(connection);
    connection->hung = result != LUCI_OK;
    apr_pool_cleanup_register(connection->pool, aside.pool, destroy_pool, apr_pool_cleanup_null);
    if (result != LUCI_OK)
        return luci_connection_fail(connection, LUCI_UNAVAILABLE, "too many earlier tries to connect hang");
    *opening = *(luci_opening_t *)aside.baton;
    return LUCI_OK;
}

static luci_result_t open_in_time(luci_connection_t *connection, const char *params)
{
    luci_opening_t opening = { connection->driver, params, connection->pool, NULL, NULL };
    luci_result_t result = LUCI_OK;

    if (luci_sql_is_server(connection->dialect))
        result = open_offloaded(connection, &opening);
    else
        luci_connection_open_handle(&opening);
    if (result != LUCI_OK)
        return result;
    connection->handle = opening.handle;
    if (!opening.handle)
        return luci_connection_refuse(connection, params,
                                      opening.problem ? opening.problem : "the database can't be opened");
    return LUCI_OK;
}

/* A server whose calls can't be cut off is not asked anything. */
static luci_result_t follow_socket(luci_connection_t *connection)
{
    const char *problem;

    if (!luci_sql_is_server(connection->dialect) ||
        luci_deadline_follow(&connection->deadline, luci_connection_socket(connection), &problem) == LUCI_OK)
        return LUCI_OK;
    return luci_connection_fail(connection, LUCI_UNAVAILABLE, problem);
}

luci_result_t luci_connection_open(luci_connection_t *connection, const char *driver, const char *params,
                                   apr_pool_t *pool)
{
    luci_result_t result;

    connection->pool = pool;
    connection->prepared = 0;
    connection->hung = 0;
    if (luci_connection_find_driver(connection, driver) != LUCI_OK)
        return LUCI_UNAVAILABLE;
    params = apr_pstrcat(pool, params, luci_sql_more_params(connection->dialect), NULL);
    result = open_in_time(connection, params);
    if (result != LUCI_OK)
        return result;
    apr_pool_cleanup_register(pool, connection, luci_connection_close, apr_pool_cleanup_null);
    result = follow_socket(connection);
    return result == LUCI_OK ? luci_connection_set_up(connection) : result;
}
