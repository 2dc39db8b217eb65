/* SPDX-License-Identifier: Apache-2.0 */
/* The key table and its statements. What a statement takes stands in its text, in key_table.c. */
#ifndef LUCI_KEY_TABLE_H
#define LUCI_KEY_TABLE_H

#include "core/db/sql.h"

extern const luci_table_t luci_table_key;

extern const luci_statement_t luci_sql_key_insert;
extern const luci_statement_t luci_sql_key_get;          /* stored hash, user columns (user_table.h) */
extern const luci_statement_t luci_sql_key_lock;         /* stored hash, user id; locks the row */
extern const luci_statement_t luci_sql_key_replace_hash; /* nothing when the old hash is no longer there */

/* For administrators. */
extern const luci_statement_t luci_sql_key_page;  /* id, stored hash: the keys of a user */
extern const luci_statement_t luci_sql_keys_page; /* id, stored hash, id of the user (NULL: gone): all keys */
extern const luci_statement_t luci_sql_key_rename;
extern const luci_statement_t luci_sql_key_set_hash;
extern const luci_statement_t luci_sql_key_delete;
extern const luci_statement_t luci_sql_keys_delete; /* those of a user */

#endif
