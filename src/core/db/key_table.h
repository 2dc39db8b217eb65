/* SPDX-License-Identifier: Apache-2.0 */
/* The key table and its statements. The parameters of a statement are in its text, in key_table.c; the
 * comments name the columns of its result. */
#ifndef LUCI_KEY_TABLE_H
#define LUCI_KEY_TABLE_H

#include "core/db/sql.h"

extern const luci_table_t luci_table_key;

/* After so many failed checks of its password in a row, a key takes none (failures.h). */
#define LUCI_FAILURES_MAX 100

extern const luci_statement_t luci_sql_key_insert;
/* Stored hash, failures (-1: the table does not count them), user columns (user_table.h). */
extern const luci_statement_t luci_sql_key_get;
extern const luci_statement_t luci_sql_key_lock;         /* stored hash, user id, failures; locks the row */
extern const luci_statement_t luci_sql_key_replace_hash; /* changes nothing if the hash has changed */

/* Only if the column exists. Each of the first two counts a failure or changes nothing: the one counts
 * failures that do not reach LUCI_FAILURES_MAX, the other the one that does. */
extern const luci_statement_t luci_sql_key_fail;
extern const luci_statement_t luci_sql_key_fail_last;
extern const luci_statement_t luci_sql_key_forgive; /* sets the failures back */
extern const luci_statement_t luci_sql_key_set_failures;

/* For administrators. */
extern const luci_statement_t luci_sql_keys_failures; /* the most failures of a key of a user, as above */
extern const luci_statement_t luci_sql_keys_forgive;  /* all keys of a user; only if the column exists */
extern const luci_statement_t luci_sql_keys_try;      /* the same; changes nothing, but needs the right to */
extern const luci_statement_t luci_sql_key_page;      /* id, stored hash: the keys of a user */
extern const luci_statement_t
    luci_sql_keys_page; /* id, stored hash, id of the user (NULL: deleted): all keys */
extern const luci_statement_t luci_sql_key_rename;
extern const luci_statement_t luci_sql_key_set_hash; /* sets the failures back as well */
extern const luci_statement_t luci_sql_key_delete;
extern const luci_statement_t luci_sql_keys_delete; /* all keys of a user */

/* The keys of a user's e-mail addresses (core/email) but one. */
extern const luci_statement_t luci_sql_key_delete_addresses;

#endif
