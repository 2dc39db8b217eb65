/* SPDX-License-Identifier: Apache-2.0 */
#include "core/db/key_table.h"

#include "core/db/user_table.h"

#include <stddef.h>

static const luci_table_column_t columns[] = {
    { "id", LUCI_COLUMN_TEXT, 255, 600, LUCI_COLUMN_PRIMARY, NULL },
    { "user_id", LUCI_COLUMN_TEXT, 15, 0, LUCI_COLUMN_USER, NULL },
    { "hashed_password", LUCI_COLUMN_TEXT, 255, 0, LUCI_COLUMN_NULLABLE, NULL },
    { "failures", LUCI_COLUMN_INTEGER, 0, 0, LUCI_COLUMN_OURS | LUCI_COLUMN_LATER,
      "so that the number of failed sign-ins in a row has no limit" },
    { NULL, LUCI_COLUMN_TEXT, 0, 0, 0, NULL },
};

static const luci_table_index_t indexes[] = { { "user_id", "" }, { NULL, NULL } };

const luci_table_t luci_table_key = {
    .name = "key",
    .setting = offsetof(luci_tables_t, key),
    .columns = columns,
    .indexes = indexes,
    .failure = "passwords need it: sign-up and sign-in are answered with 503",
};

/* ---- Statements ---- */

#define FAILURES "[+failures:COALESCE(k.failures, 0)][-failures:-1]"

/* One statement each, so that no failure is lost if several nodes count at once. The number is part of the
 * texts, because SQLite's driver binds numbers as texts, which an expression does not compare as numbers. A
 * failure that is counted twice, because its answer was lost, does less harm than one that is not counted. */
#define NUMBER(number) LUCI_SQL_TEXT_OF(number)
#define FAIL(is_last)                                                                                        \
    "UPDATE {key} SET failures = COALESCE(failures, 0) + 1 WHERE id = :id AND COALESCE(failures, 0) + "      \
    "1 " is_last " " NUMBER(LUCI_FAILURES_MAX)

const luci_statement_t luci_sql_key_fail = { .text = FAIL("<"), .repeatable = 1 };

const luci_statement_t luci_sql_key_fail_last = { .text = FAIL("="), .repeatable = 1 };

const luci_statement_t luci_sql_key_forgive = {
    .text = "UPDATE {key} SET failures = NULL WHERE id = :id AND failures IS NOT NULL",
    .repeatable = 1,
};

const luci_statement_t luci_sql_key_set_failures = {
    .text = "UPDATE {key} SET failures = :failures:int WHERE id = :id",
    .repeatable = 1,
};

const luci_statement_t luci_sql_key_insert = {
    .text = "INSERT INTO {key} (id, user_id, hashed_password) VALUES (:id, :user, :hash){or_nothing}",
    .may_conflict = 1,
};

const luci_statement_t luci_sql_key_get = {
    .text = "SELECT [L:{lags}, u.id, ]k.hashed_password, " FAILURES ", " LUCI_SQL_USER_COLUMNS
            " FROM [L:(SELECT 1) server LEFT JOIN (]{key} k "
            "JOIN {user} u ON u.id = k.user_id[L:) ON][l: WHERE] {same:k.id:id}",
    .repeatable = 1,
    .is_certain = 1,
};

const luci_statement_t luci_sql_key_lock = {
    .text = "SELECT k.hashed_password, k.user_id, " FAILURES " FROM {key} k WHERE {same:k.id:id}{lock}",
    .repeatable = 1,
};

const luci_statement_t luci_sql_key_replace_hash = {
    .text = "UPDATE {key} SET hashed_password = :hash WHERE id = :id AND hashed_password = :old_hash",
    .repeatable = 1,
};

const luci_statement_t luci_sql_key_page = {
    .text = "SELECT k.id, k.hashed_password FROM {key} k WHERE k.user_id = :user AND k.id > :after1 "
            "ORDER BY k.id" LUCI_SQL_PAGE,
    .repeatable = 1,
};

const luci_statement_t luci_sql_keys_page = {
    .text = "SELECT k.id, k.hashed_password, u.id FROM {key} k LEFT JOIN {user} u ON u.id = k.user_id "
            "WHERE k.id > :after1 ORDER BY k.id" LUCI_SQL_PAGE,
    .repeatable = 1,
};

const luci_statement_t luci_sql_key_rename = {
    .text = "UPDATE {key} SET id = :new_id WHERE id = :id",
    .repeatable = 1,
};

const luci_statement_t luci_sql_key_set_hash = {
    .text = "UPDATE {key} SET hashed_password = :hash[+failures:, failures = NULL] WHERE id = :id",
    .repeatable = 1,
};

const luci_statement_t luci_sql_keys_failures = {
    .text = "SELECT MAX(" FAILURES ") FROM {key} k WHERE k.user_id = :user",
    .repeatable = 1,
};

const luci_statement_t luci_sql_keys_forgive = {
    .text = "UPDATE {key} SET failures = NULL WHERE user_id = :user AND failures IS NOT NULL",
    .repeatable = 1,
};

const luci_statement_t luci_sql_keys_try = {
    .text = "UPDATE {key} SET failures = failures WHERE 1 = 0",
    .repeatable = 1,
};

const luci_statement_t luci_sql_key_delete = {
    .text = "DELETE FROM {key} WHERE id = :id",
    .repeatable = 1,
};

/* Without LIKE, whose % the driver would take for a parameter, and without an order, which depends on the
 * collation. */
const luci_statement_t luci_sql_key_delete_addresses = {
    .text = "DELETE FROM {key} WHERE user_id = :user AND SUBSTR(id, 1, 6) = 'email:' AND id <> :but",
    .repeatable = 1,
};

const luci_statement_t luci_sql_keys_delete = {
    .text = "DELETE FROM {key} WHERE user_id = :user",
    .repeatable = 1,
    .may_be_referenced = 1,
};
