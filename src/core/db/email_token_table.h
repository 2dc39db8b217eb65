/* SPDX-License-Identifier: Apache-2.0 */
/* The table of links that verify an address or bring one back, which only LuciaEmail needs, and its
 * statements. Ask for the table (luci_db_has_table) before any statement is run. The parameters of a
 * statement are in its text, in email_token_table.c; the comments name the columns of its result. */
#ifndef LUCI_EMAIL_TOKEN_TABLE_H
#define LUCI_EMAIL_TOKEN_TABLE_H

#include "core/db/sql.h"

extern const luci_table_t luci_table_email_token;

extern const luci_statement_t luci_sql_email_token_insert;
extern const luci_statement_t luci_sql_email_token_name; /* gives the row of an order another id */
/* kind, email, expires_at, user columns (user_table.h). */
extern const luci_statement_t luci_sql_email_token_get;
extern const luci_statement_t
    luci_sql_email_token_latest; /* email: the one of a user that is valid longest */
extern const luci_statement_t
    luci_sql_email_token_spend; /* gives the row another id and kind, if it is as it was read */
extern const luci_statement_t luci_sql_email_tokens_void;   /* those of a kind and a user that end later */
extern const luci_statement_t luci_sql_email_tokens_delete; /* all of a user */
extern const luci_statement_t luci_sql_email_tokens_purge;  /* those that have expired */

#endif
