/* SPDX-License-Identifier: Apache-2.0 */
/* The table of invitations to sign up, and its statements. The parameters of a statement are in its text, in
 * invitation_table.c; the comments name the columns of its result. */
#ifndef LUCI_INVITATION_TABLE_H
#define LUCI_INVITATION_TABLE_H

#include "core/db/sql.h"

extern const luci_table_t luci_table_invitation;

extern const luci_statement_t luci_sql_invitation_insert;
extern const luci_statement_t luci_sql_invitation_get;   /* groups and address, of one that can be used */
extern const luci_statement_t luci_sql_invitation_spend; /* takes one use, if there is one */
extern const luci_statement_t
    luci_sql_invitation_page; /* id, uses, expires_at, groups, created_at, address */
extern const luci_statement_t luci_sql_invitation_delete; /* from :first on, before :end */
extern const luci_statement_t luci_sql_invitations_void;  /* those of an address */
extern const luci_statement_t luci_sql_invitations_purge; /* those that have expired */

#endif
