/* SPDX-License-Identifier: Apache-2.0 */
/* The table of app passwords and its statements. It exists only where LuciaSecondFactor is not off; ask for
 * it (luci_db_has_table) before any statement is run. The parameters of a statement are in its text, in
 * app_password_table.c; the comments name the columns of its result. */
#ifndef LUCI_APP_PASSWORD_TABLE_H
#define LUCI_APP_PASSWORD_TABLE_H

#include "core/db/sql.h"

extern const luci_table_t luci_table_app_password;

extern const luci_statement_t luci_sql_app_password_insert;
/* id, last_used, user columns (user_table.h) */
extern const luci_statement_t luci_sql_app_password_get;
extern const luci_statement_t luci_sql_app_password_used; /* sets last_used unless it is later than before */
extern const luci_statement_t luci_sql_app_password_delete;   /* one of a user */
extern const luci_statement_t luci_sql_app_passwords_of_user; /* id, name, created_at, last_used; oldest first
                                                               */
extern const luci_statement_t luci_sql_app_passwords_count;   /* the number of those of a user */

#endif
