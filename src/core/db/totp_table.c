/* SPDX-License-Identifier: Apache-2.0 */
#include "core/db/totp_table.h"

static const luci_table_column_t columns[] = {
    { "user_id", LUCI_COLUMN_TEXT, 15, 0, LUCI_COLUMN_PRIMARY | LUCI_COLUMN_USER | LUCI_COLUMN_CASCADE,
      NULL },
    { "seed", LUCI_COLUMN_TEXT, 255, 0, 0, NULL },
    { "created_at", LUCI_COLUMN_INTEGER, 0, 0, 0, NULL },
    { "last_step", LUCI_COLUMN_INTEGER, 0, 0, 0, NULL },
    { "failures", LUCI_COLUMN_INTEGER, 0, 0, 0, NULL },
    { NULL, LUCI_COLUMN_TEXT, 0, 0, 0, NULL },
};

static const luci_table_index_t indexes[] = { { NULL, NULL } };

static int is_wanted(const luci_settings_t *settings)
{
    return settings->second_factor != LUCI_SECOND_FACTOR_OFF;
}

const luci_table_t luci_table_totp = {
    .name = "totp",
    .suffix = "totp",
    .columns = columns,
    .indexes = indexes,
    .is_wanted = is_wanted,
    .is_clustered = 1,
    .failure = "LuciaSecondFactor needs it: sign-in and the pages of second factors are answered with 503",
};

/* ---- Statements ---- */

#define NUMBER(number) LUCI_SQL_TEXT_OF(number)

const luci_statement_t luci_sql_totp_insert = {
    .text = "INSERT INTO {totp} (user_id, seed, created_at, last_step, failures) "
            "VALUES (:user, :seed, :now:int, :step:int, 0){or_nothing}",
    .may_conflict = 1,
};

const luci_statement_t luci_sql_totp_get = {
    .text = "SELECT t.seed, t.failures, t.created_at, t.last_step FROM {totp} t WHERE t.user_id = :user",
    .repeatable = 1,
};

/* Not repeatable: if the answer was lost, the code may have been accepted, and would now count as used. */
const luci_statement_t luci_sql_totp_accept = {
    .text = "UPDATE {totp} SET last_step = :step:int, failures = 0, seed = :new_seed WHERE user_id = :user "
            "AND {same:seed:seed} AND last_step < :step:int AND failures < " NUMBER(LUCI_TOTP_FAILURES_MAX),
};

/* The number is part of the texts for the reason that key_table.c gives. A failure that is counted twice does
 * less harm than one that is not counted. */
#define FAIL(is_last)                                                                                        \
    "UPDATE {totp} SET failures = failures + 1 WHERE user_id = :user AND failures + 1 " is_last              \
    " " NUMBER(LUCI_TOTP_FAILURES_MAX)

const luci_statement_t luci_sql_totp_fail = { .text = FAIL("<"), .repeatable = 1 };

const luci_statement_t luci_sql_totp_fail_last = { .text = FAIL("="), .repeatable = 1 };

const luci_statement_t luci_sql_totp_forgive = {
    .text = "UPDATE {totp} SET failures = 0 WHERE user_id = :user AND failures > 0",
    .repeatable = 1,
};

const luci_statement_t luci_sql_totp_delete = {
    .text = "DELETE FROM {totp} WHERE user_id = :user",
    .repeatable = 1,
};

const luci_statement_t luci_sql_totp_page = {
    .text = "SELECT t.user_id, t.seed, u.username FROM {totp} t LEFT JOIN {user} u ON u.id = t.user_id "
            "WHERE t.user_id > :after1 ORDER BY t.user_id" LUCI_SQL_PAGE,
    .repeatable = 1,
};

/* It decides who is signed in, so that the answer of a server that may lag does not count. */
const luci_statement_t luci_sql_factors_count = {
    .text = "SELECT [L:{lags}, 1, ](SELECT COUNT(*) FROM {totp} t WHERE t.user_id = :user), "
            "(SELECT COUNT(*) FROM {recovery_code} r WHERE r.user_id = :user), "
            "[P:(SELECT COUNT(*) FROM {passkey} p WHERE p.user_id = :user)][p:0]",
    .repeatable = 1,
    .is_certain = 1,
};
