/* SPDX-License-Identifier: Apache-2.0 */
/* The user table and its statements. The parameters of a statement are in its text, in user_table.c; the
 * comments name the columns of its result. */
#ifndef LUCI_USER_TABLE_H
#define LUCI_USER_TABLE_H

#include "core/db/sql.h"

extern const luci_table_t luci_table_user;

/* The user columns in a statement that calls the user table u, and in its result: user id, disabled,
 * username, then the attributes in the order of the settings. */
#define LUCI_SQL_USER_COLUMNS "u.id, [D:u.disabled][d:NULL], u.username{attributes}"
enum { LUCI_SQL_USER_ID, LUCI_SQL_USER_DISABLED, LUCI_SQL_USER_NAME, LUCI_SQL_USER_ATTRIBUTES };

/* A listed user: username, id, created_at (NULL: unknown), then the user columns. */
enum { LUCI_SQL_LISTED_NAME, LUCI_SQL_LISTED_ID, LUCI_SQL_LISTED_CREATED, LUCI_SQL_LISTED_USER };

extern const luci_statement_t luci_sql_user_insert;
extern const luci_statement_t luci_sql_user_touch; /* writes the row, without a change that matters */
extern const luci_statement_t luci_sql_user_lock; /* user columns; locks the row until the transaction ends */

#define LUCI_SQL_WAITING_ROWS 51 /* of luci_sql_users_waiting */

/* For administrators. */
extern const luci_statement_t luci_sql_user_get;  /* listed user */
extern const luci_statement_t luci_sql_user_find; /* listed user, by username */
extern const luci_statement_t luci_sql_user_page; /* listed users, in the order of username and id */
/* id of another user with a name that the column takes for this one: collations may ignore case and accents.
 */
extern const luci_statement_t luci_sql_user_name_taken;
extern const luci_statement_t luci_sql_user_rename;
extern const luci_statement_t luci_sql_user_set_disabled; /* only if the column exists */
extern const luci_statement_t luci_sql_user_approve;      /* the same */
extern const luci_statement_t luci_sql_users_waiting;     /* the same: username, up to the number of rows */
extern const luci_statement_t luci_sql_users_waiting_count;
extern const luci_statement_t luci_sql_user_set_column;    /* run by luci_db_set_column */
extern const luci_statement_t luci_sql_user_change_column; /* run by luci_db_change_column */
extern const luci_statement_t luci_sql_user_set_flag;      /* run by luci_db_set_flag */
extern const luci_statement_t luci_sql_user_clear_flag;    /* the same */
extern const luci_statement_t luci_sql_user_value_taken;   /* run by luci_db_find_value */
extern const luci_statement_t luci_sql_user_delete;

#endif
