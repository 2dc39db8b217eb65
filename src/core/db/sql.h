/* SPDX-License-Identifier: Apache-2.0 */
/* SQL statements, and how their texts are made for an engine and a database. A statement is one record,
 * beside its table (NAME_table.c) or beside the only code that uses it; db.c runs it.
 *
 * A text is written once for all engines. In it,
 *
 * - :NAME is a parameter with a text as its value, and :NAME:int one with a number; a name may occur several
 *   times;
 * - {user}, {key} and {session}, the names of the records in table.c, are the quoted names of the tables, and
 *   {user:suffix} is such a name with _suffix;
 * - {attributes} is ", u.COLUMN" for each attribute, or ", NULL" if it has no column, and with LuciaGroups
 *   the names of the user's groups with commas between them, NULL for none;
 * - {lock} makes a SELECT lock its rows until the transaction ends;
 * - {or_nothing} makes an INSERT change nothing if the row exists;
 * - {same:COLUMN:NAME} is COLUMN = :NAME, compared by bytes;
 * - [D:...] is kept only if the user table has "disabled", [U:...] and [S:...] only if the user table or the
 *   session table has all additional columns, [C:...] only if created_at of sessions is read, [L:...] only if
 *   the engine has servers that may lag, [P:...] only with LuciaPasskeys;
 * - [d:...], [u:...], [s:...], [l:...] and [p:...] are kept only if [D:...], [U:...], [S:...], [L:...] and
 *   [P:...] are not;
 * - [+NAME:...] is kept only if the column of this name, which came later (table.h), exists, [-NAME:...] only
 *   if it does not;
 * - {lags}, in [L:...], is 1 if the server that runs the statement may lag.
 *
 * The texts of the schema have no parameters. They refer to one table and to a list of columns: {table} is
 * the quoted name of the table; {columns} is "t.COLUMN, ...", {names} is "'COLUMN', ...", {count} is the
 * number of columns; {column} (quoted) and {name} are the first column. */
#ifndef LUCI_SQL_H
#define LUCI_SQL_H

#include "core/base/result.h"
#include "core/base/settings.h"
#include "core/db/engine.h"
#include "core/db/table.h"

#include <apr_pools.h>

/* The additional columns of the module that the tables of a database have. */
typedef struct {
    int disabled;       /* "disabled" of the user table */
    int user;           /* all of the user table */
    int session;        /* all of the session table */
    int created_at;     /* "created_at" of the session table, which is read for the maximum lifetime */
    apr_uint32_t lacks; /* bit i: attribute i of the settings has no column and reads as NULL */
    apr_uint32_t later; /* bit i: the column that came later with this number (luci_table_later) exists */
} luci_sql_columns_t;

/* A statement. */
typedef struct luci_statement_t {
    const char *text;
    int repeatable;   /* 1: it may safely run twice, so that it is repeated if its answer was lost */
    int may_refuse;   /* 1: a value that the column does not take is INVALID, and leaves a good connection */
    int may_conflict; /* 1: if a row with the same key exists, nothing is changed, and that is not an error */
    int may_be_referenced; /* 1: it deletes rows that rows of other tables may refer to: CONFLICT then */
    /* 1: the answer of a server that may lag does not count. With [L:...], the statement returns a row in any
     * case, whose first two columns are {lags} and a column that is NULL only if nothing was found. */
    int is_certain;
} luci_statement_t;

/* The value of a parameter, as text; NULL is SQL's NULL. */
typedef struct {
    const char *name; /* NULL ends a list */
    const char *value;
} luci_argument_t;

/* The arguments of a call: LUCI_ARGUMENTS({ "id", id }, { "now", now }). A statement needs an argument for
 * each parameter that its text has on this database, and ignores others. */
#define LUCI_ARGUMENTS(...) ((const luci_argument_t[]){ __VA_ARGS__, { NULL, NULL } })

/* The number of rows of a page; the last page has fewer. */
#define LUCI_SQL_PAGE_ROWS 500

/* The maximum number of values in a text; a parameter that occurs twice counts twice. */
#define LUCI_SQL_PLACES_MAX 16

#define LUCI_SQL_TEXT_OF(number) #number
#define LUCI_SQL_LIMIT_OF(number) " LIMIT " LUCI_SQL_TEXT_OF(number)
#define LUCI_SQL_PAGE LUCI_SQL_LIMIT_OF(LUCI_SQL_PAGE_ROWS)

/* A statement that was expanded for one database. */
typedef struct {
    const char *text; /* with %s or %lld of apr_dbd for each value */
    int places;       /* the number of values; the statement cannot run if it exceeds LUCI_SQL_PLACES_MAX */
    const char *parameter[LUCI_SQL_PLACES_MAX]; /* the name of the parameter of each value */
} luci_sql_text_t;

/* What a text is expanded for. */
typedef struct {
    const luci_engine_t *engine;
    const luci_settings_t *settings;
    luci_sql_columns_t found;
    const luci_table_t *table;  /* the table of {table}; NULL: the text has no such placeholder */
    const char *const *columns; /* the columns of {columns}; borrowed */
    int count;
} luci_sql_scope_t;

/* 1 if a text has parts that are kept for a column that came later and that these settings need. */
int luci_sql_asks_for_later(const char *text, const luci_settings_t *settings);

/* Expands a text without parameters, from pool. */
const char *luci_sql_expand(const char *text, const luci_sql_scope_t *scope, apr_pool_t *pool);

/* Expands a statement, from pool. {column} is the first column of scope. */
luci_sql_text_t luci_sql_text(const luci_statement_t *statement, const luci_sql_scope_t *scope,
                              apr_pool_t *pool);

/* A time or any other number as an argument, from pool. */
const char *luci_sql_number(apr_int64_t number, apr_pool_t *pool);

/* The number in a column of a result; fallback if the column is NULL. */
apr_int64_t luci_sql_to_number(const char *column, apr_int64_t fallback);

#endif
