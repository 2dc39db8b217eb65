/* SPDX-License-Identifier: Apache-2.0 */
/* The key table and its statements. The parameters of a statement are in its text, in key_table.c; the
 * comments name the columns of its result. */
#ifndef LUCI_KEY_TABLE_H
#define LUCI_KEY_TABLE_H

#include "core/db/sql.h"

extern const luci_table_t luci_table_key;

extern const luci_statement_t luci_sql_key_insert;
extern const luci_statement_t luci_sql_key_get;          /* stored hash, user columns (user_table.h) */
extern const luci_statement_t luci_sql_key_lock;         /* stored hash, user id; locks the row */
extern const luci_statement_t luci_sql_key_replace_hash; /* changes nothing if the hash has changed */

/* For administrators. */
extern const luci_statement_t luci_sql_key_page; /* id, stored hash: the keys of a user */
extern const luci_statement_t
    luci_sql_keys_page; /* id, stored hash, id of the user (NULL: deleted): all keys */
extern const luci_statement_t luci_sql_key_rename;
extern const luci_statement_t luci_sql_key_set_hash;
extern const luci_statement_t luci_sql_key_delete;
extern const luci_statement_t luci_sql_keys_delete; /* all keys of a user */

#endif
