/* SPDX-License-Identifier: Apache-2.0 */
#include "core/db/user_table.h"

#include <stddef.h>

static const luci_table_column_t columns[] = {
    { "id", LUCI_COLUMN_TEXT, 15, 0, LUCI_COLUMN_PRIMARY, NULL },
    { "username", LUCI_COLUMN_TEXT, 31, 255, LUCI_COLUMN_UNIQUE, NULL },
    { "disabled", LUCI_COLUMN_INTEGER, 0, 0, LUCI_COLUMN_OURS, "so that no user can be disabled" },
    { "created_at", LUCI_COLUMN_INTEGER, 0, 0, LUCI_COLUMN_OURS, "so that users are listed without it" },
    { NULL, LUCI_COLUMN_TEXT, 0, 0, 0, NULL },
};

static int has_approval(const luci_settings_t *settings)
{
    return settings->has_approval;
}

static const luci_table_need_t needs[] = {
    { "disabled", has_approval, "LuciaSignup approval needs: sign-up is answered with 503" },
    { NULL, NULL, NULL },
};

static const luci_table_index_t indexes[] = { { NULL, NULL } };

#define LISTED_USER                                                                                          \
    "SELECT u.username, u.id, [U:u.created_at][u:NULL], " LUCI_SQL_USER_COLUMNS " FROM {user} u"

/* The index on username serves as well where it isn't unique. */
const luci_table_t luci_table_user = {
    .name = "user",
    .setting = offsetof(luci_tables_t, user),
    .columns = columns,
    .indexes = indexes,
    .has_attributes = 1,
    .is_clustered = 1,
    .needs = needs,
    .loss = "the user table lacks disabled or created_at, so that no user can be disabled",
    .failure = "accounts need it: requests that need the database are answered with 503",
};

/* ---- Statements ---- */

const luci_statement_t luci_sql_user_insert = {
    .text =
        "INSERT INTO {user} (id, username[U:, created_at]) VALUES (:id, :username[U:, :now:int]){or_nothing}",
    .may_conflict = 1,
};

/* A transaction that inserts a session, or revokes the right to one, first reads the row of the user with
 * this statement and then the row of the key. All use this order, so that they cannot deadlock. */
const luci_statement_t luci_sql_user_lock = {
    .text = "SELECT " LUCI_SQL_USER_COLUMNS " FROM {user} u WHERE u.id = :id{lock}",
    .repeatable = 1,
};

/* A lock that reaches the other nodes of a cluster: of two transactions on two nodes that write the row, only
 * one can commit, and the other runs again. NULL and 0 mean the same, users with the flag 1 have no sessions,
 * and the last bit of a time has no meaning. Without the column, nothing is written. */
const luci_statement_t luci_sql_user_touch = {
    .text = "UPDATE {user} SET [D:disabled = CASE WHEN disabled IS NULL THEN 0 WHEN disabled = 0 THEN NULL "
            "WHEN disabled > 1 THEN disabled + 1 - 2 * (disabled & 1) ELSE disabled END][d:id = id] "
            "WHERE id = :id",
    .repeatable = 1,
};

const luci_statement_t luci_sql_user_get = {
    .text = LISTED_USER " WHERE u.id = :id",
    .repeatable = 1,
};

const luci_statement_t luci_sql_user_find = {
    .text = LISTED_USER " WHERE {same:u.username:username}",
    .repeatable = 1,
};

const luci_statement_t luci_sql_user_name_taken = {
    .text = "SELECT id FROM {user} WHERE username = :username AND id <> :id",
    .repeatable = 1,
};

const luci_statement_t luci_sql_user_page = {
    .text = LISTED_USER " WHERE u.username >= :after1 AND (u.username > :after1 OR u.id > :after2) "
                        "ORDER BY u.username, u.id" LUCI_SQL_PAGE,
    .repeatable = 1,
};

const luci_statement_t luci_sql_user_rename = {
    .text = "UPDATE {user} SET username = :username WHERE id = :id",
    .repeatable = 1,
};

const luci_statement_t luci_sql_user_set_disabled = {
    .text = "UPDATE {user} SET disabled = :disabled:int WHERE id = :id",
    .repeatable = 1,
};

const luci_statement_t luci_sql_user_approve = {
    .text = "UPDATE {user} SET disabled = 0 WHERE id = :id AND disabled = :waiting:int",
};

const luci_statement_t luci_sql_users_waiting = {
    .text = "SELECT u.username FROM {user} u WHERE u.disabled = :waiting:int AND u.username IS NOT NULL "
            "ORDER BY u.username" LUCI_SQL_LIMIT_OF(LUCI_SQL_WAITING_ROWS),
    .repeatable = 1,
};

const luci_statement_t luci_sql_users_waiting_count = {
    .text = "SELECT COUNT(*) FROM {user} u WHERE u.disabled = :waiting:int AND u.username IS NOT NULL",
    .repeatable = 1,
};

const luci_statement_t luci_sql_user_set_column = {
    .text = "UPDATE {user} SET {column} = :value WHERE id = :id",
};

const luci_statement_t luci_sql_user_change_column = {
    .text = "UPDATE {user} SET {column} = :value WHERE id = :id",
    .may_refuse = 1,
};

/* A text without a type, which a column of each type takes: a number, as the module makes it, and a boolean.
 */
const luci_statement_t luci_sql_user_set_flag = {
    .text = "UPDATE {user} SET {column} = '1' WHERE id = :id",
};

const luci_statement_t luci_sql_user_clear_flag = {
    .text = "UPDATE {user} SET {column} = '0' WHERE id = :id",
};

const luci_statement_t luci_sql_user_value_taken = {
    .text = "SELECT id FROM {user} WHERE {column} = :value AND id <> :id",
    .repeatable = 1,
};

const luci_statement_t luci_sql_user_delete = {
    .text = "DELETE FROM {user} WHERE id = :id",
    .repeatable = 1,
    .may_be_referenced = 1,
};
