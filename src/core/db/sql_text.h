/* SPDX-License-Identifier: Apache-2.0 */
/* Fills the names of tables and columns into the texts of sql.c, sql_admin.c and sql_schema.c.
 * In a text: {user} {key} {session} are the quoted tables, {user:suffix} is that name with _suffix;
 * {attributes} is ", u.COLUMN" for each attribute (", NULL" where it has no column), {definitions} is "COLUMN
 * TEXT, " for each; [D:...], [U:...] and [S:...] stay only where the user table has "disabled", the user or
 * the session table all our columns, [C:...] where a session's created_at is read; [d:...], [u:...] and
 * [s:...] only where not. {column} is the quoted name of one column, {lock} what makes a SELECT lock its
 * rows. */
#ifndef LUCI_SQL_TEXT_H
#define LUCI_SQL_TEXT_H

#include "core/db/sql.h"

typedef struct {
    const luci_tables_t *tables;
    const apr_array_header_t *attributes; /* NULL: none */
    char quote;                           /* what the dialect puts around a name */
    const char *column;                   /* NULL: none is named */
    const char *lock;                     /* what makes a SELECT lock its rows until the transaction ends */
} luci_sql_names_t;

/* A statement as it is written: a row of the table in sql.c or sql_admin.c. */
typedef struct {
    const char *text;
    const char *mysql; /* NULL: MySQL's reads the same; the other two always do */
    int repeatable;
    int may_conflict;
} luci_sql_row_t;

/* Those from LUCI_SQL_ADMIN on. */
extern const luci_sql_row_t luci_sql_admin[LUCI_SQL_STATEMENTS - LUCI_SQL_ADMIN];

/* What stands for the names in a dialect; no column is named. */
luci_sql_names_t luci_sql_names_for(luci_sql_dialect_t dialect, const luci_tables_t *tables,
                                    const apr_array_header_t *attributes);

/* The text filled in, from pool. statement gets the places of its arguments, unless it's NULL. */
const char *luci_sql_text(const char *text, const luci_sql_names_t *names, luci_sql_columns_t columns,
                          luci_sql_statement_t *statement, apr_pool_t *pool);

#endif
