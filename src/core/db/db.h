/* SPDX-License-Identifier: Apache-2.0 */
/* A database handle: one connection, over apr_dbd (connection.h), with its prepared statements. One thread
 * uses a handle at a time, and it never crosses a fork. After a failure the handle connects anew before it
 * is used again, so that statements that a schema change elsewhere invalidated are prepared anew, and an
 * unfinished transaction is gone. A statement that can be repeated without harm is tried once more on the
 * new connection. One that waited for a lock is not, because the driver waited already (PostgreSQL's driver
 * does not tell the two apart). No error message contains a value. */
#ifndef LUCI_DB_H
#define LUCI_DB_H

#include "core/base/result.h"
#include "core/base/settings.h"
#include "core/db/probe.h"
#include "core/db/sql.h"
#include "core/guard/offload.h"

#include <apr_pools.h>

typedef struct luci_db_t luci_db_t;

/* What to connect to. Everything is borrowed and outlives the handle. */
typedef struct {
    const char *driver;
    const char *params;
    const luci_settings_t *settings;
    int create;              /* a missing database file may be created */
    int looks;               /* for inspection or repair: columns that requests need may be missing */
    const char *where;       /* where the database is configured, for messages; NULL: not known */
    const char *next;        /* the command that tells more, likewise */
    luci_offload_t *opening; /* the threads that connect to it; NULL: those of the process */
} luci_db_target_t;

/* Loads the driver; before threads start. Calling again is harmless. UNAVAILABLE with *problem set (from
 * pool) when there is none. */
luci_result_t luci_db_init(const char *driver, const char **problem, apr_pool_t *pool) LUCI_MUST_USE;

/* Always returns a handle, from pool; it connects at its first use. */
luci_db_t *luci_db_create(const luci_db_target_t *target, apr_pool_t *pool);

/* Ends the connection; the handle may be used again. Destroying the pool closes it too. */
void luci_db_close(luci_db_t *db);

/* Connects unless it is connected. BUSY, UNAVAILABLE. */
luci_result_t luci_db_connect(luci_db_t *db) LUCI_MUST_USE;

/* Why the last call gave UNAVAILABLE or BUSY, in the driver's words. Valid until the next call. Never NULL.
 */
const char *luci_db_error(const luci_db_t *db);

/* 1 when the last call failed and the connection will be replaced; 0 after a call that the database answered.
 */
int luci_db_is_broken(const luci_db_t *db);

/* 1 when the connection does not show the current database: the file at its path was replaced (moved,
 * deleted, restored from a backup), or the user table has got a column since, such as "disabled". Close the
 * handle then, or disabled users may sign in. Writing checks the file by itself; before reading, the owner of
 * the handle decides. */
int luci_db_is_stale(luci_db_t *db);

/* 1 when the last call was cut off, or not begun, because the server did not answer in time. */
int luci_db_is_hung(const luci_db_t *db);

/* Limits the time of all calls from now on, taken together, including connecting and second tries; 0: each
 * call has its own limit again. Files are exempt. */
void luci_db_limit(luci_db_t *db, luci_ms_t max);

/* What it connects to, and its engine (NULL: the driver is not known, and connecting fails). */
const luci_db_target_t *luci_db_target(const luci_db_t *db);
const luci_engine_t *luci_db_engine(const luci_db_t *db);

/* Which of our columns the tables have. Only on a connected handle. */
luci_sql_columns_t luci_db_columns(const luci_db_t *db);

/* Runs a statement that reads one row. OK: *row is its columns (NULL for SQL's NULL), from pool. NOT_FOUND:
 * no row. BUSY, UNAVAILABLE. */
luci_result_t luci_db_select(luci_db_t *db, const luci_statement_t *statement,
                             const luci_argument_t *arguments, const char *const **row,
                             apr_pool_t *pool) LUCI_MUST_USE;

/* Runs a statement that reads any number of rows: *rows (const char *const *, as above) from pool. OK, also
 * without any; BUSY, UNAVAILABLE. */
luci_result_t luci_db_select_all(luci_db_t *db, const luci_statement_t *statement,
                                 const luci_argument_t *arguments, apr_array_header_t **rows,
                                 apr_pool_t *pool) LUCI_MUST_USE;

/* Runs a statement that writes; *changed is the number of rows. OK, BUSY, UNAVAILABLE. */
luci_result_t luci_db_execute(luci_db_t *db, const luci_statement_t *statement,
                              const luci_argument_t *arguments, int *changed,
                              apr_pool_t *scratch) LUCI_MUST_USE;

/* Sets a column of a user, by a statement that is prepared for this one time. value: NULL is SQL's NULL. OK,
 * BUSY, UNAVAILABLE. */
luci_result_t luci_db_set_column(luci_db_t *db, const char *user_id, const char *column, const char *value,
                                 apr_pool_t *scratch) LUCI_MUST_USE;

/* Runs work between BEGIN and COMMIT; any result of it but OK rolls back and is returned. When the connection
 * fails before COMMIT, work runs once more from the start on a new one. A failing COMMIT is BUSY or
 * UNAVAILABLE and not tried again. */
typedef luci_result_t luci_db_work_fn(luci_db_t *db, void *baton, apr_pool_t *scratch);
luci_result_t luci_db_transaction(luci_db_t *db, luci_db_work_fn *work, void *baton,
                                  apr_pool_t *scratch) LUCI_MUST_USE;

/* Whether the database has what a probe asks for. OK with *found set; BUSY, UNAVAILABLE: not known. */
luci_result_t luci_db_has(luci_db_t *db, luci_probe_t probe, int *found) LUCI_MUST_USE;

/* The same for a single column, without a second try. */
luci_result_t luci_db_has_column(luci_db_t *db, const luci_table_t *table, const char *column,
                                 int *found) LUCI_MUST_USE;

/* Whether an index finds the sessions of a user; looked for once on each connection. */
luci_result_t luci_db_has_user_index(luci_db_t *db, int *found) LUCI_MUST_USE;

/* Runs one statement without arguments, as the schema's are. Not repeated. */
luci_result_t luci_db_run(luci_db_t *db, const char *text) LUCI_MUST_USE;

/* Where handles come from: a use case borrows one for each single operation, and never keeps it while it
 * hashes or waits. */
typedef struct {
    luci_result_t (*borrow)(void *baton, luci_db_t **db);
    void (*give_back)(void *baton, luci_db_t *db);
    void *baton;
} luci_db_source_t;

#endif
