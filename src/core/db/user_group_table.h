/* SPDX-License-Identifier: Apache-2.0 */
/* The table of the groups of users, one row a membership, and its statements. The parameters of a statement
 * are in its text, in user_group_table.c; the comments name the columns of its result. */
#ifndef LUCI_USER_GROUP_TABLE_H
#define LUCI_USER_GROUP_TABLE_H

#include "core/db/sql.h"

extern const luci_table_t luci_table_user_group;

#define LUCI_GROUP_BYTES_MAX 64 /* of a name */

/* The groups of the user u, as a column of {attributes}: these three, with the engine's joined_names and the
 * name of the table between them. */
extern const char luci_sql_groups_begin[];
extern const char luci_sql_groups_from[];
extern const char luci_sql_groups_end[];

extern const luci_statement_t luci_sql_user_group_insert;
extern const luci_statement_t luci_sql_user_group_delete;
extern const luci_statement_t luci_sql_groups_page;     /* names of all groups, in order, with their users */
extern const luci_statement_t luci_sql_user_group_page; /* names of the groups of a user, in order */

#endif
