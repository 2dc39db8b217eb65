/* SPDX-License-Identifier: Apache-2.0 */
/* The session table and its statements. The parameters of a statement are in its text, in session_table.c;
 * the comments name the columns of its result. */
#ifndef LUCI_SESSION_TABLE_H
#define LUCI_SESSION_TABLE_H

#include "core/db/sql.h"

extern const luci_table_t luci_table_session;

extern const luci_statement_t luci_sql_session_insert;
/* Active, idle, user columns (user_table.h), and created_at if it is read. */
extern const luci_statement_t luci_sql_session_get;
extern const luci_statement_t luci_sql_session_renew; /* changes nothing if the session has been renewed */
extern const luci_statement_t luci_sql_session_delete;
extern const luci_statement_t luci_sql_session_hash; /* replaces the id by its hash */
extern const luci_statement_t
    luci_sql_session_purge; /* deletes expired sessions by the index on idle_expires */
extern const luci_statement_t luci_sql_sessions_count;  /* the number of sessions of a user */
extern const luci_statement_t luci_sql_sessions_oldest; /* ids of the sessions of a user that expire first */
/* The last of the next :max ids (NULL: no more), and their number. */
extern const luci_statement_t luci_sql_session_step;
/* Deletes expired sessions between two ids; if created_at is read, also those that have exceeded the maximum
 * lifetime, and those that were created in the future. */
extern const luci_statement_t luci_sql_session_purge_step;

/* For administrators. A listed session: id, user id, username, active, idle, created_at, last_seen, address,
 * user agent (NULL: unknown). */
extern const luci_statement_t luci_sql_session_page; /* listed sessions */
extern const luci_statement_t luci_sql_session_page_of_user;
extern const luci_statement_t luci_sql_sessions_delete; /* all sessions of a user */

#endif
