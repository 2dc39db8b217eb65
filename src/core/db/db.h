/* SPDX-License-Identifier: Apache-2.0 */
/* The way to the database, over apr_dbd (connection.h). A handle is one connection with its prepared
 * statements; one thread uses it at a time, and it never crosses a fork. After any failure a handle is
 * replaced by a fresh connection before it's used again: so statements that went stale by a schema change
 * elsewhere are prepared anew, and a transaction that hangs half-way is gone. What can be repeated without
 * harm is tried once more on the fresh connection; a lock that was waited for is not (the driver waited
 * already; but PostgreSQL's says only that something failed). No message holds a value. */
#ifndef LUCI_DB_H
#define LUCI_DB_H

#include "core/base/result.h"
#include "core/base/settings.h"
#include "core/db/sql.h"

#include <apr_pools.h>

typedef struct luci_db_t luci_db_t;

/* What to connect to. Everything is borrowed and outlives the handle. */
typedef struct {
    const char *driver;
    const char *params;
    const luci_settings_t *settings;
    int create;                     /* a missing database file may be made */
    int looks;                      /* it is looked at or mended: columns that requests need may be missing */
    const char *where;              /* where it is written, for messages; NULL: not known */
    const char *next;               /* the command that says more, likewise */
    volatile apr_uint32_t *opening; /* how many threads are connecting; as long as the process. NULL: the
                                       process has one target */
} luci_db_target_t;

/* Loads the driver; before threads start. Calling again does no harm. UNAVAILABLE with *problem set (from
 * pool) when there is none. */
luci_result_t luci_db_init(const char *driver, const char **problem, apr_pool_t *pool) LUCI_MUST_USE;

/* Always gives a handle, from pool; the connection is made when it is first used. */
luci_db_t *luci_db_create(const luci_db_target_t *target, apr_pool_t *pool);

/* Ends the connection now; the handle may be used again. Destroying the pool closes it too. */
void luci_db_close(luci_db_t *db);

/* Connects unless it's connected. UNAVAILABLE otherwise. */
luci_result_t luci_db_connect(luci_db_t *db) LUCI_MUST_USE;

/* Why the last call gave UNAVAILABLE or BUSY: the driver's words. Valid until the next call. Never NULL. */
const char *luci_db_error(const luci_db_t *db);

/* 1 when the last call failed and the connection will be replaced; 0 after a call that the database answered.
 */
int luci_db_is_broken(const luci_db_t *db);

/* 1 when the connection does not show the database as it is: its file is no longer the one at its path
 * (moved, deleted, restored from a backup), or the user table has got its column "disabled" since. Close it
 * then, so that nothing is read from a file that nobody sees, and nobody comes in who is disabled. Before
 * writing, files are looked at by themselves; reading is for whoever lends the handle to decide. */
int luci_db_is_stale(luci_db_t *db);

/* 1 when the last call was cut off, or not begun, because the server did not answer in time. */
int luci_db_is_hung(const luci_db_t *db);

/* From now on all calls together have so much time, connecting and trying again as well; 0: each has its own
 * again. A file is not hurried. */
void luci_db_limit(luci_db_t *db, luci_ms_t most);

/* What it connects to. */
const luci_db_target_t *luci_db_target(const luci_db_t *db);

/* Which of our columns the tables have. Only on a connected handle. */
luci_sql_columns_t luci_db_columns(const luci_db_t *db);

/* Runs a statement that reads one row. OK: *row is its columns (NULL for SQL's NULL), from pool. NOT_FOUND:
 * no row. BUSY, UNAVAILABLE. */
luci_result_t luci_db_select(luci_db_t *db, luci_sql_id_t id, const char *const *arguments,
                             const char *const **row, apr_pool_t *pool) LUCI_MUST_USE;

/* Runs a statement that reads any number of rows: *rows (const char *const *, as above) from pool. OK, also
 * without any; BUSY, UNAVAILABLE. */
luci_result_t luci_db_select_all(luci_db_t *db, luci_sql_id_t id, const char *const *arguments,
                                 apr_array_header_t **rows, apr_pool_t *pool) LUCI_MUST_USE;

/* Runs a statement that writes; *changed is the number of rows. OK, BUSY, UNAVAILABLE. */
luci_result_t luci_db_execute(luci_db_t *db, luci_sql_id_t id, const char *const *arguments, int *changed,
                              apr_pool_t *scratch) LUCI_MUST_USE;

/* Runs LUCI_SQL_USER_SET_COLUMN for a column of the user table, prepared for this one time. OK, BUSY,
 * UNAVAILABLE. */
luci_result_t luci_db_set_column(luci_db_t *db, const char *column, const char *const *arguments,
                                 apr_pool_t *scratch) LUCI_MUST_USE;

/* Runs work between BEGIN and COMMIT; anything but OK from it rolls back and is returned. When the connection
 * fails before COMMIT, work runs once more from the start on a fresh one. A failing COMMIT is BUSY or
 * UNAVAILABLE and not tried again. */
typedef luci_result_t luci_db_work_fn(luci_db_t *db, void *baton, apr_pool_t *scratch);
luci_result_t luci_db_transaction(luci_db_t *db, luci_db_work_fn *work, void *baton,
                                  apr_pool_t *scratch) LUCI_MUST_USE;

/* Whether the tables have what a probe asks for. OK with *found set; BUSY, UNAVAILABLE: it could not be
 * looked for. */
luci_result_t luci_db_has(luci_db_t *db, luci_sql_probe_t probe, int *found) LUCI_MUST_USE;

/* Whether the sessions of a user are found by an index; looked for once on each connection. */
luci_result_t luci_db_has_user_index(luci_db_t *db, int *found) LUCI_MUST_USE;

/* The same for any column of the user or the session table. */
luci_result_t luci_db_has_column(luci_db_t *db, luci_sql_column_t column, int *found) LUCI_MUST_USE;

/* Runs one statement without arguments, as the schema's are. Not repeated. */
luci_result_t luci_db_run(luci_db_t *db, const char *text) LUCI_MUST_USE;

/* Where handles come from: the use cases borrow one for each single operation, never while they hash or wait.
 */
typedef struct {
    luci_result_t (*borrow)(void *baton, luci_db_t **db);
    void (*give_back)(void *baton, luci_db_t *db);
    void *baton;
} luci_db_source_t;

#endif
