/* SPDX-License-Identifier: Apache-2.0 */
/* The table of the seeds from which people's apps make codes (core/totp), a row per user, and its statements.
 * The parameters of a statement are in its text, in totp_table.c; the comments name the columns of its
 * result. */
#ifndef LUCI_TOTP_TABLE_H
#define LUCI_TOTP_TABLE_H

#include "core/db/sql.h"

extern const luci_table_t luci_table_totp;

/* Wrong codes in a row after which no code of the app is accepted any more. */
#define LUCI_TOTP_FAILURES_MAX 100

extern const luci_statement_t luci_sql_totp_insert; /* changes nothing if the user has a row */
extern const luci_statement_t luci_sql_totp_get;    /* seed, failures, created_at, last_step */

/* Accepts the code of a step, if none of this step or a later one was accepted before, the seed is still the
 * one that was read, and fewer than LUCI_TOTP_FAILURES_MAX wrong codes came before; and stores the seed as it
 * is sealed now. */
extern const luci_statement_t luci_sql_totp_accept;

/* Count a wrong code: one that is not the last, and the last. */
extern const luci_statement_t luci_sql_totp_fail;
extern const luci_statement_t luci_sql_totp_fail_last;
extern const luci_statement_t luci_sql_totp_forgive; /* no wrong codes */
extern const luci_statement_t luci_sql_totp_delete;
extern const luci_statement_t
    luci_sql_totp_page; /* user id, seed, username (NULL: deleted): the seeds of all users */

/* Counts the seeds of a user, and the rows of the tables of the other second factors: recovery codes. */
extern const luci_statement_t luci_sql_factors_count;

#endif
