/* SPDX-License-Identifier: Apache-2.0 */
/* Statements: a record each, beside its table (NAME_table.c) or beside the only code that uses it, and how
 * its text is made for an engine and a database; db.c runs them.
 *
 * A text is written once for all engines. :NAME in it is a parameter, a text, and :NAME:int a number; a name
 * may occur several times. {user} {key} {session}, the names of the records in table.c, are the quoted
 * tables, and {user:suffix} is that name with _suffix; {attributes} is ", u.COLUMN" for each attribute
 * (", NULL" where it has no column). {lock} makes a SELECT lock its rows until the transaction ends;
 * {or_nothing} makes an INSERT change nothing when the row exists; {same:COLUMN:NAME} is COLUMN = :NAME by
 * bytes.
 * [D:...] stays only where the user table has "disabled", [U:...] and [S:...] where the user or the session
 * table has all of our columns, [C:...] where a session's created_at is read; [d:...], [u:...] and [s:...]
 * only where not.
 * The schema's texts have no parameters. About one table they have: {table} is the quoted table; {columns}
 * ("t.COLUMN, ..."), {names} ("'COLUMN', ...") and {count} are about a list of columns, {column} (quoted) and
 * {name} about its first one. */
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

/* A statement as it is written. */
typedef struct luci_statement_t {
    const char *text;
    int repeatable;   /* running it twice does no harm, so that it is tried again when its answer was lost */
    int may_conflict; /* an existing row with the same key is no error: nothing is changed */
} luci_statement_t;

/* The value of a parameter, as text; NULL is SQL's NULL. */
typedef struct {
    const char *name; /* NULL closes a list */
    const char *value;
} luci_argument_t;

/* The arguments of a call: LUCI_ARGUMENTS({ "id", id }, { "now", now }). A statement needs one for each
 * parameter that its text has on this database; others are ignored. */
#define LUCI_ARGUMENTS(...) ((const luci_argument_t[]){ __VA_ARGS__, { NULL, NULL } })

/* The rows of a page; fewer: it was the last page. */
#define LUCI_SQL_PAGE_ROWS 500

/* Places for values in a text, where a parameter that occurs twice has two. */
#define LUCI_SQL_PLACES_MAX 16

#define LUCI_SQL_TEXT_OF(number) #number
#define LUCI_SQL_LIMIT_OF(number) " LIMIT " LUCI_SQL_TEXT_OF(number)
#define LUCI_SQL_PAGE LUCI_SQL_LIMIT_OF(LUCI_SQL_PAGE_ROWS)

/* A statement made for one database. */
typedef struct {
    const char *text;                           /* with apr_dbd's %s and %lld, a place each */
    int places;                                 /* more than LUCI_SQL_PLACES_MAX: it can't be run */
    const char *parameter[LUCI_SQL_PLACES_MAX]; /* the name of each place's */
} luci_sql_text_t;

/* What a text is made for. */
typedef struct {
    const luci_engine_t *engine;
    const luci_settings_t *settings;
    luci_sql_columns_t found;
    const luci_table_t *table;  /* NULL: the text is about no single one, and has no */
    const char *const *columns; /* which live as long as this */
    int count;
} luci_sql_scope_t;

/* A text with its placeholders filled in, from pool, without parameters. */
const char *luci_sql_expand(const char *text, const luci_sql_scope_t *scope, apr_pool_t *pool);

/* A statement, from pool; one with {column} is about scope's. */
luci_sql_text_t luci_sql_text(const luci_statement_t *statement, const luci_sql_scope_t *scope,
                              apr_pool_t *pool);

/* A moment or any number as an argument, from pool. */
const char *luci_sql_number(apr_int64_t number, apr_pool_t *pool);

/* A result's column as a number; fallback for NULL. */
apr_int64_t luci_sql_to_number(const char *column, apr_int64_t fallback);

#endif
