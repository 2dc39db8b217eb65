/* SPDX-License-Identifier: Apache-2.0 */
#include "core/db/passkey_table.h"

#include "core/db/user_table.h"

#include <stddef.h>

static int is_wanted(const luci_settings_t *settings)
{
    return settings->passkeys != LUCI_PASSKEYS_OFF;
}

/* A credential id has up to 1,023 bytes, and a key up to 272, in base64url. */
static const luci_table_column_t columns[] = {
    { "id", LUCI_COLUMN_TEXT, 64, 0, LUCI_COLUMN_PRIMARY, NULL },
    { "user_id", LUCI_COLUMN_TEXT, 15, 0, LUCI_COLUMN_USER | LUCI_COLUMN_CASCADE, NULL },
    { "credential_id", LUCI_COLUMN_TEXT, 1364, 0, 0, NULL },
    { "public_key", LUCI_COLUMN_TEXT, 363, 0, 0, NULL },
    { "algorithm", LUCI_COLUMN_INTEGER, 0, 0, 0, NULL },
    { "sign_count", LUCI_COLUMN_INTEGER, 0, 0, 0, NULL },
    { "flags", LUCI_COLUMN_INTEGER, 0, 0, 0, NULL },
    { "name", LUCI_COLUMN_TEXT, 64, 0, 0, NULL },
    { "created_at", LUCI_COLUMN_INTEGER, 0, 0, 0, NULL },
    { "last_used", LUCI_COLUMN_INTEGER, 0, 0, LUCI_COLUMN_NULLABLE, NULL },
    { NULL, LUCI_COLUMN_TEXT, 0, 0, 0, NULL },
};

static const luci_table_index_t indexes[] = { { "user_id", "" }, { NULL, NULL } };

const luci_table_t luci_table_passkey = {
    .name = "passkey",
    .suffix = "passkey",
    .columns = columns,
    .indexes = indexes,
    .is_wanted = is_wanted,
    .failure = "LuciaPasskeys needs it: no passkey works, and with LuciaSecondFactor or LuciaPasskeys only, "
               "sign-in is answered with 503",
};

static const luci_table_column_t challenge_columns[] = {
    { "id", LUCI_COLUMN_TEXT, 64, 0, LUCI_COLUMN_PRIMARY, NULL },
    { "expires_at", LUCI_COLUMN_INTEGER, 0, 0, 0, NULL },
    { NULL, LUCI_COLUMN_TEXT, 0, 0, 0, NULL },
};

static const luci_table_index_t no_indexes[] = { { NULL, NULL } };

const luci_table_t luci_table_passkey_challenge = {
    .name = "passkey_challenge",
    .suffix = "passkey_challenge",
    .columns = challenge_columns,
    .indexes = no_indexes,
    .is_wanted = is_wanted,
    .is_clustered = 1,
    .failure = "LuciaPasskeys needs it: requests with a passkey are answered with 503",
};

/* ---- Statements ---- */

const luci_statement_t luci_sql_passkey_insert = {
    .text = "INSERT INTO {passkey} (id, user_id, credential_id, public_key, algorithm, sign_count, flags, "
            "name, created_at) VALUES (:id, :user, :credential, :key, :algorithm:int, :count:int, "
            ":flags:int, :name, :now:int){or_nothing}",
    .may_conflict = 1,
};

/* A server that lags may still have a passkey that was deleted. */
const luci_statement_t luci_sql_passkey_get = {
    .text = "SELECT [L:{lags}, u.id, ]" LUCI_SQL_PASSKEY_COLUMNS ", " LUCI_SQL_USER_COLUMNS
            " FROM [L:(SELECT 1) server LEFT JOIN (]{passkey} p "
            "JOIN {user} u ON u.id = p.user_id[L:) ON][l: WHERE] {same:p.id:id}",
    .repeatable = 1,
    .is_certain = 1,
};

const luci_statement_t luci_sql_passkeys_of_user = {
    .text = "SELECT " LUCI_SQL_PASSKEY_COLUMNS " FROM {passkey} p WHERE p.user_id = :user "
            "ORDER BY p.created_at, p.id",
    .repeatable = 1,
};

const luci_statement_t luci_sql_passkeys_count = {
    .text = "SELECT COUNT(*) FROM {passkey} p WHERE p.user_id = :user",
    .repeatable = 1,
};

const luci_statement_t luci_sql_passkey_used = {
    .text = "UPDATE {passkey} SET sign_count = :count:int, flags = :flags:int, last_used = :now:int "
            "WHERE id = :id AND user_id = :user",
    .repeatable = 1,
};

const luci_statement_t luci_sql_passkey_rename = {
    .text = "UPDATE {passkey} SET name = :name WHERE id = :id AND user_id = :user",
    .repeatable = 1,
};

const luci_statement_t luci_sql_passkey_delete = {
    .text = "DELETE FROM {passkey} WHERE id = :id AND user_id = :user",
    .repeatable = 1,
};

const luci_statement_t luci_sql_passkeys_delete = {
    .text = "DELETE FROM {passkey} WHERE user_id = :user",
    .repeatable = 1,
};

/* Not repeatable: if the answer was lost, the challenge may have been spent by this very call. */
const luci_statement_t luci_sql_passkey_challenge_spend = {
    .text = "INSERT INTO {passkey_challenge} (id, expires_at) VALUES (:id, :expires:int){or_nothing}",
    .may_conflict = 1,
};

const luci_statement_t luci_sql_passkey_challenges_purge = {
    .text = "DELETE FROM {passkey_challenge} WHERE expires_at <= :now:int",
    .repeatable = 1,
};
