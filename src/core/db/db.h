/* SPDX-License-Identifier: Apache-2.0 */
/* A database handle: one connection over apr_dbd (connection.h) and its prepared statements. Only one thread
 * may use a handle at a time, and a forked process must not use it. After a failure, the handle connects
 * again before its next use; this prepares statements again that a schema change has invalidated, and
 * discards an unfinished transaction. A statement that may safely run twice is then repeated once. A
 * statement that waited for a lock is not repeated, because the driver has already waited (PostgreSQL's
 * driver does not distinguish the two). No error message contains a value. */
#ifndef LUCI_DB_H
#define LUCI_DB_H

#include "core/base/result.h"
#include "core/base/settings.h"
#include "core/db/probe.h"
#include "core/db/sql.h"
#include "core/guard/offload.h"

#include <apr_pools.h>

/* A database handle, used by one thread at a time. Besides the results that their comments name, all
 * functions that query the database through a handle may return BUSY, UNAVAILABLE or INTERNAL (result.h). */
typedef struct luci_db_t luci_db_t;

/* The database to connect to. All pointers are borrowed and must outlive the handle. */
typedef struct {
    const char *driver;
    const char *params;
    const luci_settings_t *settings;
    int create;        /* 1: a missing database file may be created */
    int finds_steps;   /* 1: the table of steps is looked for, whether or not the settings want it: another
                          configuration with the same database may make steps */
    int is_inspection; /* 1: for inspection or repair; columns that requests need may be missing */
    const char *where; /* where the database is configured, for messages; NULL: unknown */
    const char *report_command; /* a command that reports more, for messages; NULL: none */
    luci_offload_t *opening;    /* the threads in which connections are opened; NULL: those of the process */
} luci_db_target_t;

/* Loads the driver; must be called before threads start. Further calls have no effect. UNAVAILABLE: it cannot
 * be loaded, *problem (from pool) says why. */
luci_result_t luci_db_init(const char *driver, const char **problem, apr_pool_t *pool) LUCI_MUST_USE;

/* Creates a handle, from pool, which connects at its first use. Never NULL. */
luci_db_t *luci_db_create(const luci_db_target_t *target, apr_pool_t *pool);

/* Closes the connection; the handle may be used again. Destroying the pool closes it, too. */
void luci_db_close(luci_db_t *db);

/* Connects, unless the handle is connected. */
luci_result_t luci_db_connect(luci_db_t *db) LUCI_MUST_USE;

/* 1 if the handle is connected and its last call did not fail. */
int luci_db_is_connected(const luci_db_t *db);

/* 1 if the connection leads to a pooler that lends the server's connections to other clients, too. */
int luci_db_is_pooled(const luci_db_t *db);

/* 1 if the last call failed because the server refused a connection, as it has too many. */
int luci_db_is_refused(const luci_db_t *db);

/* The reason why the last call returned BUSY, UNAVAILABLE or INTERNAL, without values. Valid until the next
 * call. Never NULL. */
const char *luci_db_error(const luci_db_t *db);

/* 1 if the last call failed, so that the connection will be replaced; 0 after a call that the database
 * answered. */
int luci_db_is_broken(const luci_db_t *db);

/* 1 if the connection does not show the current database: the file at its path was replaced (moved, deleted,
 * restored from a backup), or the user table has got a column such as "disabled". The handle must then be
 * closed; otherwise disabled users may sign in. Writes check the file themselves; before reads, the owner of
 * the handle must call this. */
int luci_db_is_stale(luci_db_t *db);

/* 1 if the last call was ended, or not started, because the server did not answer in time. */
int luci_db_is_hung(const luci_db_t *db);

/* 1 if the last call was cut off, so that the server may still be busy with it. *process: the number by which
 * the server knows the connection (process_table.h); 0: unknown. */
int luci_db_was_cut(const luci_db_t *db, apr_int64_t *process);

/* Decides which writes may begin. enter is called before a transaction, or a statement that writes outside of
 * one; if it does not return OK, that is the result, and the handle is as good as before. leave is called
 * after the end; hung: the server did not answer in time. */
typedef struct {
    luci_result_t (*enter)(void *baton);
    void (*leave)(void *baton, int hung);
    void *baton;
} luci_db_guard_t;

/* Lets a guard, which is borrowed, decide about all following writes. */
void luci_db_guard_writes(luci_db_t *db, const luci_db_guard_t *guard);

/* Limits all following calls to max ms together, including connecting and repeated calls; 0: each call has
 * its own limit again (LUCI_DEADLINE_CALL). Database files are not limited. */
void luci_db_limit(luci_db_t *db, luci_ms_t max);

/* The target of the handle, and its engine (NULL: the driver is unknown, and connecting fails). */
const luci_db_target_t *luci_db_target(const luci_db_t *db);
const luci_engine_t *luci_db_engine(const luci_db_t *db);

/* The additional columns that the tables have. The handle must be connected. */
luci_sql_columns_t luci_db_columns(const luci_db_t *db);

/* 1 if other nodes of a cluster do not notice locks of rows, but only writes, at COMMIT. The handle must be
 * connected. */
int luci_db_is_clustered(const luci_db_t *db);

/* Runs a statement that reads one row. OK: *row has its columns (NULL for SQL's NULL), from pool. NOT_FOUND:
 * no row. UNAVAILABLE also if the statement is_certain and the server may lag, in a transaction, too. */
luci_result_t luci_db_select(luci_db_t *db, const luci_statement_t *statement,
                             const luci_argument_t *arguments, const char *const **row,
                             apr_pool_t *pool) LUCI_MUST_USE;

/* Runs a statement that reads any number of rows; *rows is an array of const char *const * as above, from
 * pool. OK: it may be empty. */
luci_result_t luci_db_select_all(luci_db_t *db, const luci_statement_t *statement,
                                 const luci_argument_t *arguments, apr_array_header_t **rows,
                                 apr_pool_t *pool) LUCI_MUST_USE;

/* Runs a statement that writes; *changed is the number of changed rows. CONFLICT: a foreign key refuses to
 * delete a row, if the statement may_be_referenced; luci_db_error names the key where the engine does. */
luci_result_t luci_db_execute(luci_db_t *db, const luci_statement_t *statement,
                              const luci_argument_t *arguments, int *changed,
                              apr_pool_t *scratch) LUCI_MUST_USE;

/* Sets a column of a user. If value is NULL, the column becomes NULL. */
luci_result_t luci_db_set_column(luci_db_t *db, const char *user_id, const char *column, const char *value,
                                 apr_pool_t *scratch) LUCI_MUST_USE;

/* Sets a column of a user that is a number or a boolean to 1 or 0. */
luci_result_t luci_db_set_flag(luci_db_t *db, const char *user_id, const char *column, int flag,
                               apr_pool_t *scratch) LUCI_MUST_USE;

/* luci_db_set_column for a value that a user chose. INVALID: the column does not take it (too long, another
 * type, NULL, a CHECK), as far as the engine says so; the connection stays good. */
luci_result_t luci_db_change_column(luci_db_t *db, const char *user_id, const char *column, const char *value,
                                    apr_pool_t *scratch) LUCI_MUST_USE;

/* OK: a user other than user_id has a value in a column that the column takes for this one. NOT_FOUND. */
luci_result_t luci_db_find_value(luci_db_t *db, const char *user_id, const char *column, const char *value,
                                 apr_pool_t *scratch) LUCI_MUST_USE;

/* Runs work in a transaction. If work returns another result than OK, the transaction is rolled back and the
 * result is returned. If the connection fails before COMMIT, work runs a second time, from the start, on a
 * new connection. If the server rolls everything back because of another transaction (a deadlock, a failed
 * serialization), work runs up to nine times more. CONFLICT, besides the results of work: a deferred foreign
 * key refused COMMIT, as a deletion. If COMMIT fails otherwise, the result is BUSY or UNAVAILABLE and nothing
 * is repeated, because the database may have committed. */
typedef luci_result_t luci_db_work_fn(luci_db_t *db, void *baton, apr_pool_t *scratch);
luci_result_t luci_db_transaction(luci_db_t *db, luci_db_work_fn *work, void *baton,
                                  apr_pool_t *scratch) LUCI_MUST_USE;

/* Tells whether the database has what a probe asks for. OK: *found is set; otherwise it is unknown. */
luci_result_t luci_db_has(luci_db_t *db, luci_probe_t probe, int *found) LUCI_MUST_USE;

/* The same for one column, without repetition. */
luci_result_t luci_db_has_column(luci_db_t *db, const luci_table_t *table, const char *column,
                                 int *found) LUCI_MUST_USE;

/* Tells whether a table exists with all its columns, other than those of luci_db_has_later. That it does is
 * remembered until the connection ends; one that is missing is looked for each time. Results as above. */
luci_result_t luci_db_has_table(luci_db_t *db, const luci_table_t *table, int *found) LUCI_MUST_USE;

/* Tells whether a table has a column that came later; determined once per connection. Results as above. */
luci_result_t luci_db_has_later(luci_db_t *db, const luci_table_t *table, const char *name,
                                int *found) LUCI_MUST_USE;

/* Tells whether the sessions of a user are found quickly: the session table has an index on user_id, which is
 * determined once per connection, or few rows (LUCI_SQL_SESSIONS_FEW), as that of a Lucia application may.
 * Results as above. */
luci_result_t luci_db_finds_sessions(luci_db_t *db, int *found, apr_pool_t *scratch) LUCI_MUST_USE;

/* Runs a statement without arguments, such as those of the schema, without repetition. OK, BUSY,
 * UNAVAILABLE. */
luci_result_t luci_db_run(luci_db_t *db, const char *text) LUCI_MUST_USE;

/* A source of handles. A use case borrows a handle for each single operation, and never keeps it while it
 * hashes or waits. borrow: OK, BUSY, UNAVAILABLE. */
typedef struct {
    luci_result_t (*borrow)(void *baton, luci_db_t **db);
    void (*give_back)(void *baton, luci_db_t *db);
    void *baton;
} luci_db_source_t;

/* luci_db_transaction with a handle that is borrowed for it. BUSY, UNAVAILABLE: also if there was none. */
luci_result_t luci_db_source_transaction(const luci_db_source_t *source, luci_db_work_fn *work, void *baton,
                                         apr_pool_t *scratch) LUCI_MUST_USE;

#endif
