/* SPDX-License-Identifier: Apache-2.0 */
/* The session table and its statements. What a statement takes stands in its text, in session_table.c. */
#ifndef LUCI_SESSION_TABLE_H
#define LUCI_SESSION_TABLE_H

#include "core/db/sql.h"

extern const luci_table_t luci_table_session;

extern const luci_statement_t luci_sql_session_insert;
/* Active, idle, user columns (user_table.h), and created_at if it is read. */
extern const luci_statement_t luci_sql_session_get;
extern const luci_statement_t luci_sql_session_renew; /* does nothing when the session is already renewed */
extern const luci_statement_t luci_sql_session_delete;
extern const luci_statement_t luci_sql_session_hash;  /* replaces the id by its hash */
extern const luci_statement_t luci_sql_session_purge; /* removes expired ones, by the index on idle_expires */
extern const luci_statement_t luci_sql_sessions_count;  /* the number of a user's sessions */
extern const luci_statement_t luci_sql_sessions_oldest; /* ids of a user's sessions that expire first */
/* The last one of at most :max ids behind one (NULL: none), and their number. */
extern const luci_statement_t luci_sql_session_step;
/* Removes the expired ones between two ids; where created_at is read, also those that are as old as the
 * oldest or younger than the newest that is allowed. */
extern const luci_statement_t luci_sql_session_purge_step;

/* For administrators. A listed session: id, user id, username, active, idle, created_at, last_seen, address,
 * user agent (NULL where they aren't known). */
extern const luci_statement_t luci_sql_session_page; /* listed sessions */
extern const luci_statement_t luci_sql_session_page_of_user;
extern const luci_statement_t luci_sql_sessions_delete; /* those of a user */

#endif
