/* SPDX-License-Identifier: Apache-2.0 */
/* The table of the steps between password and second factor that are open (core/factor/open_step.h), and its
 * statements. The parameters of a statement are in its text, in step_table.c; the comments name the columns
 * of its result. */
#ifndef LUCI_STEP_TABLE_H
#define LUCI_STEP_TABLE_H

#include "core/db/sql.h"

extern const luci_table_t luci_table_step;

/* Rows that one statement deletes at most because they have expired. */
#define LUCI_STEP_BATCH 200

extern const luci_statement_t luci_sql_step_insert;
extern const luci_statement_t luci_sql_step_get;    /* expires_at, of one of a user that has not expired */
extern const luci_statement_t luci_sql_step_spend;  /* deletes the row of such a step */
extern const luci_statement_t luci_sql_steps_void;  /* deletes all of a user */
extern const luci_statement_t luci_sql_steps_trim;  /* deletes those of a user that have expired, and all but
                                                       the last ones, up to LUCI_STEP_BATCH of these */
extern const luci_statement_t luci_sql_steps_purge; /* up to LUCI_STEP_BATCH that have expired, of all */

#endif
