/* SPDX-License-Identifier: Apache-2.0 */
/* The session table and its statements. The parameters of a statement are in its text, in session_table.c;
 * the comments name the columns of its result. */
#ifndef LUCI_SESSION_TABLE_H
#define LUCI_SESSION_TABLE_H

#include "core/db/sql.h"

extern const luci_table_t luci_table_session;

extern const luci_statement_t luci_sql_session_insert;
/* Active, idle, user columns (user_table.h), created_at if it is read, and factors if the settings need it.
 */
extern const luci_statement_t luci_sql_session_get;
/* proved_at, or NULL. */
extern const luci_statement_t luci_sql_session_proof;
extern const luci_statement_t luci_sql_session_renew; /* changes nothing if the session has been renewed */
extern const luci_statement_t luci_sql_session_delete;
extern const luci_statement_t luci_sql_session_hash; /* replaces the id by its hash */
/* id: the session with two factors that a user got at a time; no row without these columns. */
extern const luci_statement_t luci_sql_session_made;
extern const luci_statement_t luci_sql_sessions_count;  /* the number of sessions of a user */
extern const luci_statement_t luci_sql_sessions_oldest; /* ids of the sessions of a user that expire first */

/* ---- The purge ---- */

#define LUCI_SQL_PURGE_ROWS 200 /* that one statement deletes at most: some milliseconds */
#define LUCI_SQL_STEP_ROWS 1000 /* that a step of the walk reads at most, without locking any */

#define LUCI_SQL_PURGE_LIMIT LUCI_SQL_LIMIT_OF(LUCI_SQL_PURGE_ROWS)

/* The condition that a session has expired; if created_at is read, it includes sessions that have exceeded
 * the maximum lifetime, and those that were created in the future. s is the table's alias and a dot, or "".
 * A plus before it keeps PostgreSQL from searching rows by the condition. SQLite must have none: its driver
 * binds numbers as texts, which are compared as numbers only with a bare column. */
#define LUCI_SQL_SESSION_EXPIRED(s)                                                                          \
    "(" s "idle_expires < :now:int[C: OR " s "created_at <= :oldest:int OR " s "created_at > :newest:int])"

/* The last and the first idle_expires (NULL: no more) of the next LUCI_SQL_PURGE_ROWS expired sessions in the
 * order of idle_expires, and their number. */
extern const luci_statement_t luci_sql_sessions_expired;
/* Deletes up to LUCI_SQL_PURGE_ROWS expired sessions between two idle_expires, by the index on it. Rows that
 * other transactions have locked are left out if the engine can do that; _waiting waits for them. */
extern const luci_statement_t luci_sql_session_purge;
extern const luci_statement_t luci_sql_session_purge_waiting;
/* The last of the next LUCI_SQL_STEP_ROWS ids (NULL: no more), their number, and how many have expired. */
extern const luci_statement_t luci_sql_session_step;
/* Deletes up to LUCI_SQL_PURGE_ROWS expired sessions between two ids, in the order of ids; locks as above. */
extern const luci_statement_t luci_sql_session_purge_step;
extern const luci_statement_t luci_sql_session_purge_step_waiting;

/* For administrators. A listed session: id, user id, username, active, idle, created_at, last_seen, address,
 * user agent (NULL: unknown). */
extern const luci_statement_t luci_sql_session_page; /* listed sessions */
extern const luci_statement_t luci_sql_session_page_of_user;
extern const luci_statement_t luci_sql_session_listed;  /* the one with an id, hashed or plain */
extern const luci_statement_t luci_sql_sessions_delete; /* all sessions of a user */

/* Of so few sessions, those of a user are found quickly without an index: in less than a millisecond. */
#define LUCI_SQL_SESSIONS_FEW 1000

extern const luci_statement_t luci_sql_sessions_many; /* a row if there are more */

#endif
