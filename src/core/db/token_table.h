/* SPDX-License-Identifier: Apache-2.0 */
/* The table of one-time links and its statements. It exists only where luciactl has made a link; ask for it
 * (luci_probe_table) before any statement is run. The parameters of a statement are in its text, in
 * token_table.c; the comments name the columns of its result. */
#ifndef LUCI_TOKEN_TABLE_H
#define LUCI_TOKEN_TABLE_H

#include "core/db/sql.h"

extern const luci_table_t luci_table_token;

extern const luci_statement_t luci_sql_token_insert;
extern const luci_statement_t luci_sql_token_get;     /* state, expires_at, user columns (user_table.h) */
extern const luci_statement_t luci_sql_token_spend;   /* gives the row another id, if it is as it was read */
extern const luci_statement_t luci_sql_tokens_delete; /* all of a user */
extern const luci_statement_t luci_sql_tokens_purge;  /* those that have expired */

#endif
