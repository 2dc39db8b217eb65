/* SPDX-License-Identifier: Apache-2.0 */
#include "core/db/connection.h"

#include "core/base/secret.h"
#include "core/db/place.h"
#include "core/guard/offload.h"
#include "core/guard/times.h"

#include <apr_strings.h>
#include <apr_time.h>
#include <dlfcn.h>
#include <string.h>

#define TIME_IS_UP (-1) /* a code that no driver uses */

#define LABEL_DIGITS 32 /* of a digest; PostgreSQL's names have at most 63 characters */

/* What "already exists" and "does not exist" mean for a prepared statement. */
#define SHARED                                                                                               \
    "a prepared statement of this connection is missing, or one of another client is there: a pooler that "  \
    "was not recognized lends connections to several clients; connect to PostgreSQL itself, or let the "     \
    "pooler keep a connection for each client (PgBouncer: pool_mode=session)"

/* Reads all rows at once. If rows are read one by one, PostgreSQL's driver takes an error for the end of the
 * rows, and sleeps if there are no rows. */
#define ALL_ROWS 1

/* The arguments and results of opening a handle. */
typedef struct {
    const apr_dbd_driver_t *driver;
    const char *params;
    apr_pool_t *pool;
    apr_dbd_t *handle;   /* output; NULL: it could not be opened */
    const char *problem; /* output: why not; NULL: unknown */
} opening_t;

luci_result_t luci_connection_init(const char *driver, const char **problem, apr_pool_t *pool)
{
    const apr_dbd_driver_t *loaded;
    apr_status_t status = apr_dbd_init(pool);

    if (status == APR_SUCCESS)
        status = apr_dbd_get_driver(pool, driver, &loaded);
    if (status == APR_SUCCESS)
        return LUCI_OK;
    *problem =
        apr_psprintf(pool,
                     "apr_dbd's driver \"%s\" can't be loaded: %pm; install the package that contains it "
                     "(Debian: libaprutil1-dbd-%s)",
                     driver, &status, driver);
    return LUCI_UNAVAILABLE;
}

/* ---- Failures ---- */

static luci_result_t note_failure(luci_connection_t *connection, luci_result_t result, const char *message)
{
    apr_cpystrn(connection->error, message, sizeof connection->error);
    connection->broken = 1;
    return result;
}

/* Cuts a message before the first part that may contain a value: the further lines of PostgreSQL, and
 * anything that a server quotes as the cause. In a message about unreadable connection parameters, a quoted
 * part may be the password. */
static void clean(char *message)
{
    static const char *const marks[] = { "\n",         ": \"",      ": '",      " after \"",
                                         " option \"", " value \"", " entry '", " host name \"" };

    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        char *found = strstr(message, marks[i]);

        if (found)
            *found = '\0';
    }
}

/* Stores the reason of a failure, without values. */
static void store_reason(luci_connection_t *connection, const char *reason)
{
    apr_cpystrn(connection->error, reason && *reason ? reason : "no reason given", sizeof connection->error);
    clean(connection->error);
}

luci_result_t luci_connection_fail(luci_connection_t *connection, luci_result_t result, const char *reason)
{
    store_reason(connection, reason);
    connection->broken = 1;
    return result;
}

static luci_result_t refuse(luci_connection_t *connection, const char *params, const char *reason)
{
    return note_failure(connection, LUCI_UNAVAILABLE,
                        luci_place_message(connection->engine, params, reason, connection->pool));
}

static luci_result_t give_up(luci_connection_t *connection)
{
    connection->hung = 1;
    return luci_connection_fail(connection, LUCI_BUSY, "the server does not answer in time");
}

static const char *message_of(const luci_connection_t *connection, int code)
{
    return apr_dbd_error(connection->driver, connection->handle, code);
}

static luci_failure_t failure_of(const luci_connection_t *connection, int code)
{
    return code == 0 || code == TIME_IS_UP
               ? LUCI_FAILURE_OTHER
               : luci_engine_failure(connection->engine, code, message_of(connection, code));
}

static int is_busy(const luci_connection_t *connection, int code)
{
    return failure_of(connection, code) == LUCI_FAILURE_BUSY;
}

/* Returns the result for a code of the driver, and stores its message. What the server rolled back leaves a
 * good connection. */
static luci_result_t answer(luci_connection_t *connection, int code)
{
    const char *message;

    if (code == 0)
        return LUCI_OK;
    if (connection->hung)
        return give_up(connection);
    message = message_of(connection, code);
    switch (failure_of(connection, code)) {
    case LUCI_FAILURE_ROLLED_BACK:
        store_reason(connection, message);
        connection->rolled_back = 1;
        return LUCI_BUSY;
    case LUCI_FAILURE_SHARED: return luci_connection_fail(connection, LUCI_UNAVAILABLE, SHARED);
    case LUCI_FAILURE_BUSY: return luci_connection_fail(connection, LUCI_BUSY, message);
    case LUCI_FAILURE_OTHER:
    case LUCI_FAILURE_CONFLICT:
    case LUCI_FAILURE_REFERENCED:
    case LUCI_FAILURE_VALUE:
    case LUCI_FAILURE_MISSING: break;
    }
    return luci_connection_fail(connection, LUCI_UNAVAILABLE, message);
}

/* The same for a deletion and for COMMIT, at which deferred foreign keys are checked. What a foreign key
 * refuses leaves a good connection. */
static luci_result_t answer_deletion(luci_connection_t *connection, int code)
{
    if (failure_of(connection, code) != LUCI_FAILURE_REFERENCED)
        return answer(connection, code);
    store_reason(connection, message_of(connection, code));
    return LUCI_CONFLICT;
}

/* ---- Time ---- */

/* A call that was answered just before it was cancelled leaves the request on its way. */
void luci_connection_limit(luci_connection_t *connection, luci_ms_t max)
{
    int was_over =
        luci_deadline_limit(&connection->deadline, luci_engine_is_server(connection->engine) ? max : 0);

    if (was_over && !connection->broken)
        (void)give_up(connection);
}

static int begin_call(luci_connection_t *connection)
{
    connection->hung = !luci_deadline_begin_call(&connection->deadline);
    return !connection->hung;
}

static void end_call(luci_connection_t *connection)
{
    connection->hung = luci_deadline_end_call(&connection->deadline);
    connection->cut = connection->hung && luci_deadline_has_cut(&connection->deadline);
}

/* The code of a call that writes. PostgreSQL answers "done" to a COMMIT that was cancelled while it waited
 * for a standby: the transaction counts here and may be lost with this server, so that the client is not told
 * that it is done. */
static int code_of_write(luci_connection_t *connection, int code)
{
    return code == 0 && connection->hung && luci_deadline_has_cancelled(&connection->deadline) ? TIME_IS_UP
                                                                                               : code;
}

/* ---- Rows ---- */

/* A copy of a row, counted from 1: not every driver's rows live as long as pool. */
static luci_result_t copy_row(luci_connection_t *connection, apr_dbd_results_t *results, int number,
                              const char *const **row, apr_pool_t *pool)
{
    const apr_dbd_driver_t *driver = connection->driver;
    apr_dbd_row_t *found = NULL;
    int columns = apr_dbd_num_cols(driver, results);
    const char **values;

    if (apr_dbd_get_row(driver, pool, results, &found, number) != 0)
        return LUCI_NOT_FOUND;
    values = apr_pcalloc(pool, (apr_size_t)columns * sizeof *values);
    for (int i = 0; i < columns; i++) {
        const char *value;
        apr_status_t status = apr_dbd_datum_get(driver, found, i, APR_DBD_TYPE_STRING, &value);

        if (status == APR_SUCCESS)
            values[i] = apr_pstrdup(pool, value);
        else if (status != APR_ENOENT) /* NULL */
            return luci_connection_fail(connection, LUCI_UNAVAILABLE, "a column could not be read");
    }
    *row = values;
    return LUCI_OK;
}

/* ---- Opening and closing ---- */

static luci_result_t find_driver(luci_connection_t *connection, const char *name)
{
    if (apr_dbd_get_driver(connection->pool, name, &connection->driver) == APR_SUCCESS)
        return LUCI_OK;
    return luci_connection_fail(connection, LUCI_UNAVAILABLE, "the database driver can't be loaded");
}

static void open_handle(void *baton)
{
    opening_t *opening = baton;

    if (apr_dbd_open_ex(opening->driver, opening->pool, opening->params, &opening->handle,
                        &opening->problem) != APR_SUCCESS)
        opening->handle = NULL;
}

/* Closes a handle that was opened after the attempt had been abandoned. */
static void abandon_handle(void *baton)
{
    opening_t *opening = baton;

    if (opening->handle)
        apr_dbd_close(opening->driver, opening->handle);
    apr_pool_destroy(opening->pool);
}

static apr_status_t destroy_pool(void *pool)
{
    apr_pool_destroy(pool);
    return APR_SUCCESS;
}

/* Copies the arguments into a pool of their own, which stays with an abandoned attempt. */
static opening_t *copy_opening(const opening_t *opening)
{
    opening_t *copy;
    apr_pool_t *own;

    if (apr_pool_create_unmanaged(&own) != APR_SUCCESS)
        return NULL;
    copy = apr_pmemdup(own, opening, sizeof *opening);
    copy->params = apr_pstrdup(own, opening->params);
    copy->pool = own;
    return copy;
}

/* Opens a handle in another thread, because the client libraries wait without limit for a server that accepts
 * a connection and then sends nothing, and there is no socket yet that the watchdog could shut down. */
static luci_result_t open_offloaded(luci_connection_t *connection, opening_t *opening)
{
    luci_offload_call_t call = { .work = open_handle, .abandon = abandon_handle };
    luci_offload_t *threads = connection->opening ? connection->opening : luci_offload_of_process();
    luci_ms_t max = luci_deadline_left(&connection->deadline);
    opening_t *copy;
    luci_result_t result;

    if (max == 0)
        return give_up(connection);
    call.baton = copy = threads ? copy_opening(opening) : NULL;
    if (!copy)
        return luci_connection_fail(connection, LUCI_INTERNAL, "out of memory");
    result = luci_offload_run(threads, &call, max);
    if (result == LUCI_BUSY)
        return give_up(connection);
    connection->hung = result != LUCI_OK;
    apr_pool_cleanup_register(connection->pool, copy->pool, destroy_pool, apr_pool_cleanup_null);
    if (result != LUCI_OK)
        return luci_connection_fail(connection, LUCI_UNAVAILABLE,
                                    "too many earlier connection attempts still hang");
    *opening = *copy;
    return LUCI_OK;
}

static luci_result_t open_in_time(luci_connection_t *connection, const char *params)
{
    opening_t opening = { connection->driver, params, connection->pool, NULL, NULL };
    luci_result_t result = LUCI_OK;

    if (luci_engine_is_server(connection->engine))
        result = open_offloaded(connection, &opening);
    else
        open_handle(&opening);
    if (result != LUCI_OK)
        return result;
    connection->handle = opening.handle;
    if (opening.handle)
        return LUCI_OK;
    if (!opening.problem)
        opening.problem = "the database can't be opened";
    connection->refused = luci_engine_is_refusal(connection->engine, opening.problem);
    return refuse(connection, params, opening.problem);
}

static int socket_of(const luci_connection_t *connection)
{
    const char *name = connection->engine->socket_function;
    int (*get_socket)(void *) = NULL;

    *(void **)&get_socket = dlsym(RTLD_DEFAULT, name);
    return get_socket ? get_socket(apr_dbd_native_handle(connection->driver, connection->handle)) : -1;
}

/* A server whose calls cannot be limited is not used. */
static luci_result_t follow_socket(luci_connection_t *connection)
{
    const char *problem;

    if (!luci_engine_is_server(connection->engine) ||
        luci_deadline_follow(&connection->deadline, socket_of(connection), &problem) == LUCI_OK)
        return LUCI_OK;
    return luci_connection_fail(connection, LUCI_UNAVAILABLE, problem);
}

/* Lets calls be cancelled, and notes by which number the server knows the connection. */
static void meet_process(luci_connection_t *connection)
{
    const luci_engine_t *engine = connection->engine;
    void *native = apr_dbd_native_handle(connection->driver, connection->handle);
    void *request = engine->cancel ? engine->cancel->make(native) : NULL;

    if (request)
        luci_deadline_cancel_with(&connection->deadline,
                                  luci_canceller_create(&engine->cancel->way, request));
    connection->process = engine->process ? engine->process(native) : 0;
}

/* Runs a query without arguments. */
static int ask_text(luci_connection_t *connection, const char *text, apr_dbd_results_t **results)
{
    int code = TIME_IS_UP;

    *results = NULL;
    if (begin_call(connection)) {
        code =
            apr_dbd_select(connection->driver, connection->pool, connection->handle, results, text, ALL_ROWS);
        end_call(connection);
    }
    return code;
}

/* Before anything is set or prepared, because a pooler would show it to other clients. */
static luci_result_t find_pooler(luci_connection_t *connection)
{
    const luci_engine_t *engine = connection->engine;
    void *native = apr_dbd_native_handle(connection->driver, connection->handle);
    apr_dbd_results_t *results;
    const char *const *row;
    luci_result_t result;

    connection->pooled = 0;
    if (!engine->is_pooled)
        return LUCI_OK;
    result = answer(connection, ask_text(connection, engine->own_query, &results));
    if (result == LUCI_OK)
        result = copy_row(connection, results, 1, &row, connection->pool);
    if (result == LUCI_OK)
        connection->pooled = engine->is_pooled(native, row[0]);
    if (connection->pooled)
        connection->process = 0;
    return result;
}

static luci_result_t find_cluster(luci_connection_t *connection)
{
    apr_dbd_results_t *results;
    const char *const *row;
    luci_result_t result;
    int code;

    connection->clustered = 0;
    if (!connection->engine->cluster_query)
        return LUCI_OK;
    code = ask_text(connection, connection->engine->cluster_query, &results);
    if (failure_of(connection, code) == LUCI_FAILURE_MISSING)
        return LUCI_OK;
    result = answer(connection, code);
    if (result == LUCI_OK)
        result = copy_row(connection, results, 1, &row, connection->pool);
    if (result == LUCI_OK)
        connection->clustered = luci_sql_to_number(row[0], 0) != 0;
    return result;
}

static luci_result_t run_setup(luci_connection_t *connection, const char *const *query)
{
    for (; *query; query++) {
        apr_dbd_results_t *results;
        int code = ask_text(connection, *query, &results);

        if (code != 0 && !connection->engine->setup_is_optional)
            return answer(connection, code);
    }
    return LUCI_OK;
}

static luci_result_t set_up(luci_connection_t *connection)
{
    luci_result_t result = find_pooler(connection);

    if (result != LUCI_OK || connection->pooled)
        return result;
    result = run_setup(connection, connection->engine->setup);
    if (result == LUCI_OK)
        result = find_cluster(connection);
    return result == LUCI_OK && connection->clustered
               ? run_setup(connection, connection->engine->cluster_setup)
               : result;
}

static apr_status_t end_connection(void *baton)
{
    luci_connection_t *connection = baton;

    luci_deadline_leave(&connection->deadline);
    apr_dbd_close(connection->driver, connection->handle);
    return APR_SUCCESS;
}

luci_result_t luci_connection_open(luci_connection_t *connection, const char *driver, const char *params,
                                   apr_pool_t *pool)
{
    luci_result_t result;

    connection->pool = pool;
    connection->hung = 0;
    connection->refused = 0;
    connection->cut = 0;
    connection->process = 0;
    connection->rolled_back = 0;
    if (find_driver(connection, driver) != LUCI_OK)
        return LUCI_UNAVAILABLE;
    if (connection->engine->complete)
        params = connection->engine->complete(params, pool);
    result = open_in_time(connection, params);
    if (result != LUCI_OK)
        return result;
    apr_pool_cleanup_register(pool, connection, end_connection, apr_pool_cleanup_null);
    if (connection->engine->opened)
        connection->engine->opened(apr_dbd_native_handle(connection->driver, connection->handle));
    result = follow_socket(connection);
    if (result == LUCI_OK)
        meet_process(connection);
    return result == LUCI_OK ? set_up(connection) : result;
}

/* ---- Statements ---- */

/* Prepares a statement. SQLite's driver waits for a lock when it runs a statement, but not when it prepares
 * one, which reads the schema. PostgreSQL's driver prepares only statements that have a label. */
static int prepare(luci_connection_t *connection, const char *text, const char *label,
                   apr_dbd_prepared_t **prepared, apr_pool_t *pool)
{
    for (int tries = 1;; tries++) {
        int code = TIME_IS_UP;

        if (begin_call(connection)) {
            code = apr_dbd_prepare(connection->driver, pool, connection->handle, text, label, prepared);
            end_call(connection);
        }
        if (luci_engine_is_server(connection->engine) || !is_busy(connection, code) ||
            tries == LUCI_LOCK_TRIES)
            return code;
        apr_sleep(LUCI_LOCK_PAUSE);
    }
}

/* The name of a statement says its text, so that a name that reached another connection of the server could
 * only mean the same statement. NULL: without a name, PostgreSQL's driver sends the text with each call. */
static const char *label_of(const luci_connection_t *connection, const char *text)
{
    char digest[LUCI_SHA256_HEX + 1];

    if (connection->pooled || luci_secret_sha256_hex(text, strlen(text), digest) != LUCI_OK)
        return NULL;
    return apr_psprintf(connection->pool, "luci_%.*s", LABEL_DIGITS, digest);
}

luci_result_t luci_connection_prepare(luci_connection_t *connection, const char *text,
                                      apr_dbd_prepared_t **prepared)
{
    int code = prepare(connection, text, label_of(connection, text), prepared, connection->pool);

    if (code != 0)
        *prepared = NULL;
    return answer(connection, code);
}

static int ask_once(luci_connection_t *connection, luci_bound_t *bound, apr_dbd_results_t **results,
                    apr_pool_t *pool)
{
    int code = TIME_IS_UP;

    *results = NULL;
    if (begin_call(connection)) {
        code = apr_dbd_pselect(connection->driver, pool, connection->handle, results, bound->prepared,
                               ALL_ROWS, bound->arguments, bound->argument);
        end_call(connection);
    }
    return code;
}

static luci_result_t ask(luci_connection_t *connection, luci_bound_t *bound, apr_dbd_results_t **results,
                         apr_pool_t *pool)
{
    return answer(connection, ask_once(connection, bound, results, pool));
}

/* How often a probe is tried. Another process may change the schema of a database file between preparing and
 * running the probe, once for each column that it adds. */
#define PROBE_TRIES 32

luci_result_t luci_connection_probe(luci_connection_t *connection, const char *text, int *found,
                                    apr_pool_t *scratch)
{
    int max = luci_engine_is_server(connection->engine) ? 1 : PROBE_TRIES, code = 0;
    apr_dbd_results_t *results = NULL;
    const char *const *row;
    luci_result_t result;

    *found = 0;
    for (int tries = 1; tries <= max; tries++) {
        luci_bound_t bound = { 0 };

        code = prepare(connection, text, NULL, &bound.prepared, scratch);
        if (failure_of(connection, code) == LUCI_FAILURE_MISSING)
            return LUCI_OK;
        if (code != 0)
            break;
        code = ask_once(connection, &bound, &results, scratch);
        if (code == 0 || is_busy(connection, code))
            break;
    }
    result = answer(connection, code);
    if (result == LUCI_OK)
        result = copy_row(connection, results, 1, &row, scratch);
    *found = result == LUCI_OK;
    return result == LUCI_NOT_FOUND ? LUCI_OK : result;
}

luci_result_t luci_connection_select(luci_connection_t *connection, luci_bound_t *bound,
                                     const char *const **row, apr_pool_t *pool)
{
    apr_dbd_results_t *results;
    luci_result_t result = ask(connection, bound, &results, pool);

    return result == LUCI_OK ? copy_row(connection, results, 1, row, pool) : result;
}

luci_result_t luci_connection_select_all(luci_connection_t *connection, luci_bound_t *bound,
                                         apr_array_header_t *rows, apr_pool_t *pool)
{
    apr_dbd_results_t *results;
    const char *const *row;
    luci_result_t result = ask(connection, bound, &results, pool);

    while (result == LUCI_OK) {
        result = copy_row(connection, results, rows->nelts + 1, &row, pool);
        if (result == LUCI_OK)
            APR_ARRAY_PUSH(rows, const char *const *) = row;
    }
    return result == LUCI_NOT_FOUND ? LUCI_OK : result;
}

luci_result_t luci_connection_execute(luci_connection_t *connection, luci_bound_t *bound, int *changed,
                                      apr_pool_t *scratch)
{
    int code = TIME_IS_UP;

    if (begin_call(connection)) {
        code = apr_dbd_pquery(connection->driver, scratch, connection->handle, changed, bound->prepared,
                              bound->arguments, bound->argument);
        end_call(connection);
        code = code_of_write(connection, code);
    }
    if (bound->may_conflict && failure_of(connection, code) == LUCI_FAILURE_CONFLICT) {
        *changed = 0;
        return LUCI_OK;
    }
    if (bound->may_refuse && failure_of(connection, code) == LUCI_FAILURE_VALUE) {
        store_reason(connection, message_of(connection, code));
        return LUCI_INVALID;
    }
    return bound->may_be_referenced ? answer_deletion(connection, code) : answer(connection, code);
}

static int run(luci_connection_t *connection, const char *text)
{
    int changed, code = TIME_IS_UP;

    if (begin_call(connection)) {
        code = apr_dbd_query(connection->driver, connection->handle, &changed, text);
        end_call(connection);
        code = code_of_write(connection, code);
    }
    return code;
}

luci_result_t luci_connection_run(luci_connection_t *connection, const char *text)
{
    return answer(connection, run(connection, text));
}

void luci_connection_forget_rollback(luci_connection_t *connection)
{
    connection->rolled_back = 0;
}

/* The transactions of apr_dbd are not used, because PostgreSQL's driver ends the process when BEGIN fails. */
luci_result_t luci_connection_begin(luci_connection_t *connection)
{
    const luci_engine_t *engine = connection->engine;

    luci_connection_forget_rollback(connection);
    return answer(connection, run(connection, connection->pooled ? engine->begin_pooled : engine->begin));
}

luci_result_t luci_connection_commit(luci_connection_t *connection)
{
    return answer_deletion(connection, run(connection, "COMMIT"));
}

luci_result_t luci_connection_roll_back(luci_connection_t *connection)
{
    return run(connection, "ROLLBACK") == 0 ? LUCI_OK : LUCI_UNAVAILABLE;
}
