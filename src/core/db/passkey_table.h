/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of passkeys and of spent challenges, which only LuciaPasskeys needs, and their statements. The
 * parameters of a statement are in its text, in passkey_table.c; the comments name the columns of its
 * result. */
#ifndef LUCI_PASSKEY_TABLE_H
#define LUCI_PASSKEY_TABLE_H

#include "core/db/sql.h"

extern const luci_table_t luci_table_passkey;
extern const luci_table_t luci_table_passkey_challenge;

/* The columns of a passkey in a statement that calls the table p, and in its result. */
#define LUCI_SQL_PASSKEY_COLUMNS                                                                             \
    "p.id, p.user_id, p.credential_id, p.public_key, p.sign_count, p.flags, p.name, p.created_at, "          \
    "p.last_used"
enum {
    LUCI_SQL_PASSKEY_ID,
    LUCI_SQL_PASSKEY_USER_ID,
    LUCI_SQL_PASSKEY_CREDENTIAL,
    LUCI_SQL_PASSKEY_KEY,
    LUCI_SQL_PASSKEY_COUNT,
    LUCI_SQL_PASSKEY_FLAGS,
    LUCI_SQL_PASSKEY_NAME,
    LUCI_SQL_PASSKEY_CREATED,
    LUCI_SQL_PASSKEY_USED,
    LUCI_SQL_PASSKEY_USER /* of luci_sql_passkey_get: the user columns (user_table.h) */
};

extern const luci_statement_t luci_sql_passkey_insert;   /* nothing if the credential is registered */
extern const luci_statement_t luci_sql_passkey_get;      /* passkey columns, user columns */
extern const luci_statement_t luci_sql_passkeys_of_user; /* passkey columns, the oldest first */
extern const luci_statement_t luci_sql_passkeys_count;   /* the number of those of a user */
extern const luci_statement_t luci_sql_passkey_used;     /* sets the counter, the flags and last_used */
extern const luci_statement_t luci_sql_passkey_rename;
extern const luci_statement_t luci_sql_passkey_delete;
extern const luci_statement_t luci_sql_passkeys_delete; /* all of a user */

extern const luci_statement_t luci_sql_passkey_challenge_spend; /* nothing if it was spent before */
extern const luci_statement_t luci_sql_passkey_challenges_purge;

#endif
