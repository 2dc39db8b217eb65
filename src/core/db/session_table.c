/* SPDX-License-Identifier: Apache-2.0 */
#include "core/db/session_table.h"

#include "core/db/user_table.h"

#include <stddef.h>

#define LOSS "so that sessions are listed without it and LuciaMaxLifetime does not work"

static const luci_table_column_t columns[] = {
    { "id", LUCI_COLUMN_TEXT, 127, 0, LUCI_COLUMN_PRIMARY, NULL },
    { "user_id", LUCI_COLUMN_TEXT, 15, 0, LUCI_COLUMN_USER, NULL },
    { "active_expires", LUCI_COLUMN_INTEGER, 0, 0, LUCI_COLUMN_UNSIGNED, NULL },
    { "idle_expires", LUCI_COLUMN_INTEGER, 0, 0, LUCI_COLUMN_UNSIGNED, NULL },
    { "created_at", LUCI_COLUMN_INTEGER, 0, 0, LUCI_COLUMN_OURS, LOSS },
    { "last_seen", LUCI_COLUMN_INTEGER, 0, 0, LUCI_COLUMN_OURS, LOSS },
    { "address", LUCI_COLUMN_TEXT, 45, 0, LUCI_COLUMN_OURS, LOSS },
    { "user_agent", LUCI_COLUMN_TEXT, 255, 0, LUCI_COLUMN_OURS, LOSS },
    { "proved_at", LUCI_COLUMN_INTEGER, 0, 0, LUCI_COLUMN_OURS | LUCI_COLUMN_LATER,
      "so that nothing works that needs a recent proof of the password" },
    { "factors", LUCI_COLUMN_INTEGER, 0, 0, LUCI_COLUMN_OURS | LUCI_COLUMN_LATER | LUCI_COLUMN_FACTORS,
      "so that no session has a second factor" },
    { NULL, LUCI_COLUMN_TEXT, 0, 0, 0, NULL },
};

static int has_lifetime(const luci_settings_t *settings)
{
    return settings->max_lifetime > 0;
}

static int has_proofs(const luci_settings_t *settings)
{
    return settings->has_proofs || settings->second_factor != LUCI_SECOND_FACTOR_OFF ||
           settings->passkeys != LUCI_PASSKEYS_OFF || settings->email != LUCI_EMAIL_OFF ||
           (settings->editable && settings->editable->nelts);
}

#define LIFETIME "LuciaMaxLifetime needs: requests that need the database are answered with 503"

static const luci_table_need_t needs[] = {
    { "created_at", has_lifetime, LIFETIME },
    { "last_seen", has_lifetime, LIFETIME },
    { "address", has_lifetime, LIFETIME },
    { "user_agent", has_lifetime, LIFETIME },
    { "proved_at", has_proofs,
      "LuciaSecondFactor, LuciaPasskeys, LuciaEmail, LuciaUserEditable, LuciaUsernameChange, "
      "LuciaAccountDeletion and Require lucia-fresh need: requests that need a recent proof of the password "
      "are answered with 501" },
    { "factors", luci_settings_count_factors,
      "LuciaSecondFactor and LuciaPasskeys need: no session has a second factor, so that requests that need "
      "one are refused" },
    { NULL, NULL, NULL },
};

static const luci_table_index_t indexes[] = {
    { "user_id", "" },
    { "idle_expires", ", so that cleaning up is slow" },
    { NULL, NULL },
};

/* Sessions without a user are listed, too; only a table without a foreign key can have them. */
#define LISTED_SESSION                                                                                       \
    "SELECT s.id, s.user_id, u.username, s.active_expires, s.idle_expires, "                                 \
    "[S:s.created_at, s.last_seen, s.address, s.user_agent][s:NULL, NULL, NULL, NULL] "                      \
    "FROM {session} s LEFT JOIN {user} u ON u.id = s.user_id"

const luci_table_t luci_table_session = {
    .name = "session",
    .setting = offsetof(luci_tables_t, session),
    .columns = columns,
    .indexes = indexes,
    .is_clustered = 1,
    .needs = needs,
    .loss = "the session table lacks created_at, last_seen, address or user_agent",
    .failure = "sessions need it: requests that need the database are answered with 503",
};

/* ---- Statements ---- */

const luci_statement_t luci_sql_session_insert = {
    .text = "INSERT INTO {session} (id, user_id, active_expires, idle_expires"
            "[S:, created_at, last_seen, address, user_agent][+proved_at:, proved_at][+factors:, factors]) "
            "VALUES (:id, :user, :active:int, :idle:int"
            "[S:, :created:int, :last_seen:int, :address, :user_agent][+proved_at:, :proved:int]"
            "[+factors:, :factors:int])",
};

const luci_statement_t luci_sql_session_get = {
    .text = "SELECT [L:{lags}, u.id, ]s.active_expires, s.idle_expires, " LUCI_SQL_USER_COLUMNS
            "[C:, s.created_at][+factors:, s.factors] FROM [L:(SELECT 1) server LEFT JOIN (]{session} s "
            "JOIN {user} u ON u.id = s.user_id[L:) ON][l: WHERE] s.id = :id",
    .repeatable = 1,
    .is_certain = 1,
};

const luci_statement_t luci_sql_session_proof = {
    .text = "SELECT [L:{lags}, s.id, ][+proved_at:s.proved_at][-proved_at:NULL] FROM [L:(SELECT 1) server "
            "LEFT JOIN ]{session} s"
            "[L: ON][l: WHERE] s.id = :id",
    .repeatable = 1,
    .is_certain = 1,
};

const luci_statement_t luci_sql_session_renew = {
    .text = "UPDATE {session} SET active_expires = :active:int, idle_expires = :idle:int"
            "[S:, last_seen = :last_seen:int, created_at = COALESCE(created_at, :created:int)] "
            "WHERE id = :id AND active_expires = :old_active:int",
    .repeatable = 1,
};

const luci_statement_t luci_sql_session_delete = {
    .text = "DELETE FROM {session} WHERE id = :id",
    .repeatable = 1,
};

const luci_statement_t luci_sql_session_hash = {
    .text = "UPDATE {session} SET id = :hash WHERE id = :id",
    .repeatable = 1,
};

/* The batches of the purge. Their sizes are part of the texts, because PostgreSQL plans a prepared statement
 * without its arguments: for an unknown number of rows it would read and sort the whole table. */
const luci_statement_t luci_sql_sessions_expired = {
    .text = "SELECT MAX(step.idle_expires), MIN(step.idle_expires), COUNT(*) FROM (SELECT s.idle_expires "
            "FROM {session} s "
            "WHERE s.idle_expires >= :from:int AND s.idle_expires < :now:int "
            "ORDER BY s.idle_expires" LUCI_SQL_PURGE_LIMIT ") step",
    .repeatable = 1,
};

#define PURGE                                                                                                \
    "DELETE FROM {session} WHERE idle_expires < :now:int AND id IN (SELECT s.id FROM {session} s "           \
    "WHERE s.idle_expires >= :first:int AND s.idle_expires <= :last:int "                                    \
    "ORDER BY s.idle_expires" LUCI_SQL_PURGE_LIMIT ")"

const luci_statement_t luci_sql_session_purge = { .text = PURGE, .repeatable = 1 };

const luci_statement_t luci_sql_session_purge_waiting = { .text = PURGE, .repeatable = 1 };

const luci_statement_t luci_sql_session_made = {
    .text = "SELECT s.id FROM {session} s WHERE s.user_id = :user "
            "[S:AND s.created_at = :created:int ][s:AND 1 = 0 ]"
            "[+factors:AND s.factors = 2][-factors:AND 1 = 0]",
    .repeatable = 1,
};

const luci_statement_t luci_sql_sessions_count = {
    .text = "SELECT COUNT(*) FROM {session} s WHERE s.user_id = :user",
    .repeatable = 1,
};

/* The sum prevents servers from reading the sessions of all users in the order of the index on idle_expires
 * until they have met enough of this one. */
const luci_statement_t luci_sql_sessions_oldest = {
    .text = "SELECT s.id FROM {session} s WHERE s.user_id = :user ORDER BY s.idle_expires + 0, s.id "
            "LIMIT :max:int",
    .repeatable = 1,
};

#define EXPIRED LUCI_SQL_SESSION_EXPIRED("")
#define EXPIRED_S LUCI_SQL_SESSION_EXPIRED("s.")
#define EXPIRED_STEP LUCI_SQL_SESSION_EXPIRED("step.")

const luci_statement_t luci_sql_session_step = {
    .text = "SELECT MAX(step.id), COUNT(*), SUM(CASE WHEN " EXPIRED_STEP " THEN 1 ELSE 0 END) "
            "FROM (SELECT s.id, s.idle_expires[C:, s.created_at] FROM {session} s WHERE s.id > :after "
            "ORDER BY s.id" LUCI_SQL_LIMIT_OF(LUCI_SQL_STEP_ROWS) ") step",
    .repeatable = 1,
};

#define PURGE_STEP                                                                                           \
    "DELETE FROM {session} WHERE " EXPIRED " AND id IN (SELECT s.id FROM {session} s "                       \
    "WHERE s.id > :after AND s.id <= :last AND " EXPIRED_S " ORDER BY s.id" LUCI_SQL_PURGE_LIMIT ")"

const luci_statement_t luci_sql_session_purge_step = { .text = PURGE_STEP, .repeatable = 1 };

const luci_statement_t luci_sql_session_purge_step_waiting = { .text = PURGE_STEP, .repeatable = 1 };

const luci_statement_t luci_sql_session_page = {
    .text = LISTED_SESSION " WHERE s.id > :after1 ORDER BY s.id" LUCI_SQL_PAGE,
    .repeatable = 1,
};

const luci_statement_t luci_sql_session_page_of_user = {
    .text = LISTED_SESSION " WHERE s.user_id = :user AND s.id > :after1 ORDER BY s.id" LUCI_SQL_PAGE,
    .repeatable = 1,
};

const luci_statement_t luci_sql_session_listed = {
    .text = LISTED_SESSION " WHERE s.id IN (:hashed, :plain)",
    .repeatable = 1,
};

const luci_statement_t luci_sql_sessions_many = {
    .text = "SELECT s.id FROM {session} s ORDER BY s.id LIMIT 1 OFFSET :few:int",
    .repeatable = 1,
};

const luci_statement_t luci_sql_sessions_delete = {
    .text = "DELETE FROM {session} WHERE user_id = :user",
    .repeatable = 1,
    .may_be_referenced = 1,
};
