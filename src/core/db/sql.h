/* SPDX-License-Identifier: Apache-2.0 */
/* Every statement and every table: a row per statement, a column per dialect. Pure text; db runs it.
 * Tables are Lucia v2's (adapter-sqlite 2, adapter-postgresql 2, adapter-mysql 2) with further nullable
 * columns of ours, which a database made by Lucia alone does not have: parts of a statement that need them
 * are left out then. */
#ifndef LUCI_SQL_H
#define LUCI_SQL_H

#include "core/base/result.h"
#include "core/base/settings.h"

#include <apr_pools.h>

typedef enum {
    LUCI_SQLITE3,
    LUCI_PGSQL,
    LUCI_MYSQL, /* and MariaDB */
    LUCI_SQL_DIALECTS
} luci_sql_dialect_t;

/* Which of our own columns the tables have. */
typedef struct {
    int disabled;       /* the user table's disabled */
    int user;           /* that and created_at */
    int session;        /* created_at, last_seen, address, user_agent */
    int created_at;     /* a session's is read: there, and a maximum lifetime asks for it */
    apr_uint32_t lacks; /* a bit for each of the settings' attributes that has no column and reads as NULL */
} luci_sql_columns_t;

/* The statements. Behind each: its arguments, in order; and its result columns. */
typedef enum {
    LUCI_SQL_USER_INSERT, /* id, username, created_at */
    LUCI_SQL_KEY_INSERT,  /* id, user id, stored hash or NULL */
    LUCI_SQL_KEY_GET,     /* id -> stored hash, user columns */
    LUCI_SQL_USER_LOCK,   /* id -> user columns: nobody else changes the row until the transaction ends */
    LUCI_SQL_KEY_LOCK,    /* id -> stored hash, user id: likewise */
    LUCI_SQL_KEY_REPLACE_HASH, /* new hash, id, old hash: does nothing when the old one is no longer there */
    LUCI_SQL_SESSION_INSERT,   /* id, user id, active, idle, created_at, last_seen, address, user agent */
    LUCI_SQL_SESSION_GET,      /* id -> active, idle, user columns, and created_at if it is read */
    LUCI_SQL_SESSION_RENEW,  /* active, idle, last_seen, created_at, id, old active: does nothing when renewed
                                already */
    LUCI_SQL_SESSION_DELETE, /* id */
    LUCI_SQL_SESSION_HASH,   /* its hash, id: replaces the one by the other */
    LUCI_SQL_SESSION_PURGE,  /* now, most: removes so many of the dead, by the index on idle_expires */
    LUCI_SQL_SESSIONS_COUNT, /* user id -> how many sessions */
    LUCI_SQL_SESSIONS_OLDEST,    /* user id, most -> the ids of so many, those that end first */
    LUCI_SQL_SESSION_STEP,       /* id, most -> the last of so many ids behind it (NULL: none), how many */
    LUCI_SQL_SESSION_PURGE_STEP, /* id, last id, now, created_at, created_at: removes the dead behind the one,
                                    up to the other; where created_at is read, also those as old as the first
                                    or younger than the other */
    LUCI_SQL_ADMIN,              /* what administrators do begins here (sql_admin.c) */
    LUCI_SQL_USER_GET = LUCI_SQL_ADMIN, /* id -> listed user */
    LUCI_SQL_USER_FIND,                 /* username -> listed user */
    LUCI_SQL_USER_PAGE,                 /* username, id -> listed users behind these, in this order */
    LUCI_SQL_USER_RENAME,               /* username, id */
    LUCI_SQL_USER_SET_DISABLED,         /* 1 or 0, id: only where the column is there */
    LUCI_SQL_USER_SET_COLUMN,           /* value or NULL, id: luci_sql_set_column says which column */
    LUCI_SQL_USER_DELETE,               /* id */
    LUCI_SQL_KEY_PAGE,                  /* user id, id -> id, stored hash of the user's keys behind id */
    LUCI_SQL_KEYS_PAGE,            /* id -> id, stored hash, user's id (NULL: gone) of all keys behind it */
    LUCI_SQL_KEY_RENAME,           /* new id, id */
    LUCI_SQL_KEY_SET_HASH,         /* stored hash or NULL, id */
    LUCI_SQL_KEY_DELETE,           /* id */
    LUCI_SQL_KEYS_DELETE,          /* user id */
    LUCI_SQL_SESSION_PAGE,         /* id -> listed sessions behind it */
    LUCI_SQL_SESSION_PAGE_OF_USER, /* user id, id -> the same, of one user */
    LUCI_SQL_SESSIONS_DELETE,      /* user id */
    LUCI_SQL_STATEMENTS
} luci_sql_id_t;

/* Rows that a statement which reads page by page gives at most; fewer: it was the last page. */
#define LUCI_SQL_PAGE_ROWS 500

/* A listed user: username, id, created_at (NULL where it isn't known), then the user columns. A listed
 * session: id, user id, username, active, idle, created_at, last_seen, address, user agent (NULL where they
 * aren't known). */
enum { LUCI_SQL_LISTED_NAME, LUCI_SQL_LISTED_ID, LUCI_SQL_LISTED_CREATED, LUCI_SQL_LISTED_USER };

/* User columns in a result: user id, disabled, username, then the attributes in the order of the
 * settings. */
enum { LUCI_SQL_USER_ID, LUCI_SQL_USER_DISABLED, LUCI_SQL_USER_NAME, LUCI_SQL_USER_ATTRIBUTES };

#define LUCI_SQL_ARGUMENTS_MAX 8

/* A statement made for one database. */
typedef struct {
    const char *text; /* with apr_dbd's %s and %lld */
    int arguments;    /* how many it takes */
    unsigned char
        argument[LUCI_SQL_ARGUMENTS_MAX]; /* which of the arguments listed above stands at each place */
    int may_conflict; /* a row that has the same key already is no error: nothing is changed */
    int repeatable;   /* running it twice does no harm, so a lost answer may be asked for again */
} luci_sql_statement_t;

/* The dialect of an apr_dbd driver's name. NOT_FOUND when there is none. */
luci_result_t luci_sql_dialect(const char *driver, luci_sql_dialect_t *dialect) LUCI_MUST_USE;

/* A statement for these tables and columns, from pool. */
luci_sql_statement_t luci_sql_statement(luci_sql_dialect_t dialect, luci_sql_id_t id,
                                        const luci_settings_t *settings, luci_sql_columns_t columns,
                                        apr_pool_t *pool);

/* LUCI_SQL_USER_SET_COLUMN for a column of the user table, from pool. */
luci_sql_statement_t luci_sql_set_column(luci_sql_dialect_t dialect, const char *column,
                                         const luci_settings_t *settings, apr_pool_t *pool);

/* Queries that have a row when the table and the columns are there. Otherwise they have none, or preparing
 * them fails with LUCI_SQL_MISSING. From pool. */
typedef enum {
    LUCI_SQL_PROBE_USER,
    LUCI_SQL_PROBE_KEY,
    LUCI_SQL_PROBE_SESSION,
    LUCI_SQL_PROBE_USER_DISABLED,
    LUCI_SQL_PROBE_USER_COLUMNS,
    LUCI_SQL_PROBE_SESSION_COLUMNS,
    LUCI_SQL_PROBE_SESSION_INDEX,      /* one that begins with idle_expires */
    LUCI_SQL_PROBE_SESSION_USER_INDEX, /* begin with user_id */
    LUCI_SQL_PROBE_KEY_USER_INDEX,
    LUCI_SQL_PROBE_SESSION_REFERENCE, /* foreign keys to the user table */
    LUCI_SQL_PROBE_KEY_REFERENCE,
    LUCI_SQL_PROBES
} luci_sql_probe_t;
const char *luci_sql_probe(luci_sql_dialect_t dialect, luci_sql_probe_t probe, const luci_tables_t *tables,
                           apr_pool_t *pool);

/* A column of one of the tables, which the first three probes stand for. */
typedef struct {
    luci_sql_probe_t table;
    const char *name;
    const char *type; /* NULL, as of attributes: TEXT */
    const char *pgsql_type;
} luci_sql_column_t;

/* Our own columns, all of them nullable; the last has no name. */
extern const luci_sql_column_t luci_sql_our_columns[];

/* A column of the user table: one of ours, or an attribute. */
luci_sql_column_t luci_sql_user_column(const char *name);

/* A probe for any column of the user or the session table. */
const char *luci_sql_probe_column(luci_sql_dialect_t dialect, luci_sql_column_t column,
                                  const luci_tables_t *tables, apr_pool_t *pool);

/* What adds a nullable column to the user or the session table: one of ours, or an attribute. From pool. */
const char *luci_sql_add_column(luci_sql_dialect_t dialect, luci_sql_column_t column,
                                const luci_tables_t *tables, apr_pool_t *pool);

/* What makes the table that probe (one of the first three) misses, with its indexes: statements to run in
 * order, closed by NULL. */
const char *const *luci_sql_schema(luci_sql_dialect_t dialect, luci_sql_probe_t probe,
                                   const luci_settings_t *settings, apr_pool_t *pool);

/* What a transaction that changes tables runs first, so that no other one does at the same time; NULL: the
 * engine sees to it. */
const char *luci_sql_schema_lock(luci_sql_dialect_t dialect);

/* Queries to run on each new connection, closed by NULL; and whether one that fails is an error. */
const char *const *luci_sql_session_setup(luci_sql_dialect_t dialect);
int luci_sql_setup_matters(luci_sql_dialect_t dialect);

/* What follows the administrator's params when connecting. */
const char *luci_sql_more_params(luci_sql_dialect_t dialect);

/* The statements around a transaction. */
typedef enum { LUCI_SQL_BEGIN, LUCI_SQL_COMMIT, LUCI_SQL_ROLLBACK, LUCI_SQL_STEPS } luci_sql_step_t;
const char *luci_sql_transaction(luci_sql_dialect_t dialect, luci_sql_step_t step);

/* What a driver's code for a failure says. */
typedef enum {
    LUCI_SQL_OTHER,    /* nothing that is known */
    LUCI_SQL_BUSY,     /* a lock could not be had in time */
    LUCI_SQL_CONFLICT, /* a row with the same key is there; engines that say "nothing changed" instead never
                          do */
    LUCI_SQL_MISSING,  /* on preparing: a table or column is not there */
} luci_sql_failure_t;
luci_sql_failure_t luci_sql_failure(luci_sql_dialect_t dialect, int code);

/* 1 when the engine is a server, which may not answer. */
int luci_sql_is_server(luci_sql_dialect_t dialect);

/* The function of the engine's library that gives a connection's socket, taking the native handle; NULL:
 * there is none. */
const char *luci_sql_socket_function(luci_sql_dialect_t dialect);

/* 1 when params is the path of a database file (so that it can be looked at before it's opened). */
int luci_sql_is_file(luci_sql_dialect_t dialect, const char *params);

/* A moment or any number as an argument, from pool. */
const char *luci_sql_number(apr_int64_t number, apr_pool_t *pool);

/* A result's column as a number; fallback for NULL. */
apr_int64_t luci_sql_to_number(const char *column, apr_int64_t fallback);

#endif
