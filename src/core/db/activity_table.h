/* SPDX-License-Identifier: Apache-2.0 */
/* The table of what happened to accounts, which only LuciaActivity needs, and its statements. The parameters
 * of a statement are in its text, in activity_table.c; the comments name the columns of its result. */
#ifndef LUCI_ACTIVITY_TABLE_H
#define LUCI_ACTIVITY_TABLE_H

#include "core/db/sql.h"

extern const luci_table_t luci_table_activity;

/* The rows of a user that are kept of successes, and as many of failures, so that no number of failures
 * pushes out the sign-ins. */
#define LUCI_ACTIVITY_KEPT 50

/* Rows that one statement deletes at most because of their age. */
#define LUCI_ACTIVITY_BATCH 200

extern const luci_statement_t luci_sql_activity_insert; /* nothing if the user does not exist any more */
/* Delete what is older than the last LUCI_ACTIVITY_KEPT successes or failures of a user. */
extern const luci_statement_t luci_sql_activity_trim;
extern const luci_statement_t luci_sql_activity_trim_failures;
extern const luci_statement_t luci_sql_activity_purge; /* up to LUCI_ACTIVITY_BATCH rows before a time */

/* The rows of a user, the latest first: time, what, reason (NULL: it succeeded), address, user agent (both
 * NULL: unknown), whether a device cookie was there. */
extern const luci_statement_t luci_sql_activity_of_user;

#endif
