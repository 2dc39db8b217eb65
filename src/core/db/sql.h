/* SPDX-License-Identifier: Apache-2.0 */
/* Statements: what each of them takes and gives, and how its text is made for an engine and a database. The
 * texts stand with their tables (NAME_table.c), where each engine has the same one except for the
 * placeholders below; db.c runs them.
 *
 * In a text, {user} {key} {session} are the quoted tables, {user:suffix} is that name with _suffix;
 * {attributes} is ", u.COLUMN" for each attribute (", NULL" where it has no column). {lock} makes a SELECT
 * lock its rows until the transaction ends; {or_nothing} makes an INSERT change nothing when the row exists;
 * {same:COLUMN} behind COLUMN = %s compares bytes.
 * [D:...] stays only where the user table has "disabled", [U:...] and [S:...] where the user or the session
 * table has all of our columns, [C:...] where a session's created_at is read; [d:...], [u:...] and [s:...]
 * only where not. %s is a text, %lld a number, %=s and %=lld the same argument as the one before.
 * About one table: {table} is the quoted table; {columns} ("t.COLUMN, ..."), {names} ("'COLUMN', ...") and
 * {count} are about a list of columns, {column} (quoted) and {name} about its first one. */
#ifndef LUCI_SQL_H
#define LUCI_SQL_H

#include "core/base/result.h"
#include "core/base/settings.h"
#include "core/db/engine.h"
#include "core/db/table.h"

#include <apr_pools.h>

/* Which of our own columns the tables have. */
typedef struct {
    int disabled;       /* the user table's disabled */
    int user;           /* all of the user table's */
    int session;        /* all of the session table's */
    int created_at;     /* the session table's, and it is read, because there is a maximum lifetime */
    apr_uint32_t lacks; /* a bit for each of the settings' attributes that has no column and reads as NULL */
} luci_sql_columns_t;

/* The statements. Behind each: its arguments, in order; and its result columns. */
typedef enum {
    LUCI_SQL_USER_INSERT,      /* id, username, created_at */
    LUCI_SQL_KEY_INSERT,       /* id, user id, stored hash or NULL */
    LUCI_SQL_KEY_GET,          /* id -> stored hash, user columns */
    LUCI_SQL_USER_LOCK,        /* id -> user columns: locks the row until the transaction ends */
    LUCI_SQL_KEY_LOCK,         /* id -> stored hash, user id: likewise */
    LUCI_SQL_KEY_REPLACE_HASH, /* new hash, id, old hash: does nothing when the old one is no longer there */
    LUCI_SQL_SESSION_INSERT,   /* id, user id, active, idle, created_at, last_seen, address, user agent */
    LUCI_SQL_SESSION_GET,      /* id -> active, idle, user columns, and created_at if it is read */
    LUCI_SQL_SESSION_RENEW,  /* active, idle, last_seen, created_at, id, old active: does nothing when renewed
                                already */
    LUCI_SQL_SESSION_DELETE, /* id */
    LUCI_SQL_SESSION_HASH,   /* its hash, id: replaces the one by the other */
    LUCI_SQL_SESSION_PURGE, /* now, max: removes at most so many expired ones, by the index on idle_expires */
    LUCI_SQL_SESSIONS_COUNT,  /* user id -> how many sessions */
    LUCI_SQL_SESSIONS_OLDEST, /* user id, max -> at most so many ids, of those that expire first */
    LUCI_SQL_SESSION_STEP, /* id, max -> the last of at most so many ids behind it (NULL: none), how many */
    LUCI_SQL_SESSION_PURGE_STEP, /* id, last id, now, created_at, created_at: removes the expired ones behind
                                    the first id, up to the other; where created_at is read, also those as old
                                    as the first or younger than the other */
    LUCI_SQL_ADMIN,              /* from here on: only for administrators */
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

/* The rows of a page; fewer: it was the last page. */
#define LUCI_SQL_PAGE_ROWS 500

/* A listed user: username, id, created_at (NULL where it isn't known), then the user columns. A listed
 * session: id, user id, username, active, idle, created_at, last_seen, address, user agent (NULL where they
 * aren't known). */
enum { LUCI_SQL_LISTED_NAME, LUCI_SQL_LISTED_ID, LUCI_SQL_LISTED_CREATED, LUCI_SQL_LISTED_USER };

/* User columns in a result: user id, disabled, username, then the attributes in the order of the
 * settings. */
enum { LUCI_SQL_USER_ID, LUCI_SQL_USER_DISABLED, LUCI_SQL_USER_NAME, LUCI_SQL_USER_ATTRIBUTES };

#define LUCI_SQL_ARGUMENTS_MAX 8

/* The user columns in a statement that calls the user table u. */
#define LUCI_SQL_USER_COLUMNS "u.id, [D:u.disabled][d:NULL], u.username{attributes}"

#define LUCI_SQL_TEXT_OF(number) #number
#define LUCI_SQL_LIMIT_OF(number) " LIMIT " LUCI_SQL_TEXT_OF(number)
#define LUCI_SQL_PAGE LUCI_SQL_LIMIT_OF(LUCI_SQL_PAGE_ROWS)

/* A statement as it is written, beside its table. */
typedef struct luci_sql_template_t {
    luci_sql_id_t id;
    const char *text;
    int repeatable;   /* running it twice does no harm, so that it is tried again when its answer was lost */
    int may_conflict; /* an existing row with the same key is no error: nothing is changed */
} luci_sql_template_t;

/* A statement made for one database. */
typedef struct {
    const char *text; /* with apr_dbd's %s and %lld */
    int arguments;    /* how many it takes */
    unsigned char
        argument[LUCI_SQL_ARGUMENTS_MAX]; /* for each of them, its index in the arguments listed above */
    int may_conflict;
    int repeatable;
} luci_sql_statement_t;

/* What a text is made for. */
typedef struct {
    const luci_engine_t *engine;
    const luci_settings_t *settings;
    luci_sql_columns_t found;
    const luci_table_t *table;  /* NULL: the text is about no single one, and has no */
    const char *const *columns; /* which live as long as this */
    int count;
} luci_sql_scope_t;

/* A text with its placeholders filled in, from pool. statement gets the places of its arguments; NULL: it has
 * none. */
const char *luci_sql_expand(const char *text, const luci_sql_scope_t *scope, luci_sql_statement_t *statement,
                            apr_pool_t *pool);

/* A statement, from pool. LUCI_SQL_USER_SET_COLUMN is about scope's column. */
luci_sql_statement_t luci_sql_statement(luci_sql_id_t id, const luci_sql_scope_t *scope, apr_pool_t *pool);

/* A moment or any number as an argument, from pool. */
const char *luci_sql_number(apr_int64_t number, apr_pool_t *pool);

/* A result's column as a number; fallback for NULL. */
apr_int64_t luci_sql_to_number(const char *column, apr_int64_t fallback);

#endif
