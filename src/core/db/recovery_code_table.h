/* SPDX-License-Identifier: Apache-2.0 */
/* The table of recovery codes (core/recovery), of which it stores the SHA-256, and its statements. The
 * parameters of a statement are in its text, in recovery_code_table.c. */
#ifndef LUCI_RECOVERY_CODE_TABLE_H
#define LUCI_RECOVERY_CODE_TABLE_H

#include "core/db/sql.h"

extern const luci_table_t luci_table_recovery_code;

extern const luci_statement_t luci_sql_recovery_code_insert;
extern const luci_statement_t luci_sql_recovery_code_spend;   /* deletes the row of one code of a user */
extern const luci_statement_t luci_sql_recovery_codes_delete; /* all of a user */

#endif
