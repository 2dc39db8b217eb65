/* SPDX-License-Identifier: Apache-2.0 */
/* Every statement, spelled out; and each one prepared on a real database, for tables with and without our
 * columns. */
#include "core/db/activity_table.h"
#include "core/db/app_password_table.h"
#include "core/db/device_notice_table.h"
#include "core/db/email_token_table.h"
#include "core/db/invitation_table.h"
#include "core/db/key_table.h"
#include "core/db/passkey_table.h"
#include "core/db/process_table.h"
#include "core/db/recovery_code_table.h"
#include "core/db/schema.h"
#include "core/db/session_table.h"
#include "core/db/step_table.h"
#include "core/db/token_table.h"
#include "core/db/totp_table.h"
#include "core/db/user_group_table.h"
#include "core/db/user_table.h"
#include "lib/support.h"
#include "lib/tap.h"

#include <apr_strings.h>
#include <stdio.h>
#include <string.h>

static apr_pool_t *pool;
static luci_settings_t settings;

static const char *const none[] = { NULL };
static const char *const one[] = { "plan", NULL };
static const char *const three[] = { "full_name", "username", "order", NULL };
static const char *const *const attribute_lists[] = { none, one, three };

#define USER_PLAIN "u.id, NULL, u.username"
#define USER_OURS "u.id, u.disabled, u.username"

#define SESSIONS_EXPIRED                                                                                     \
    "SELECT MAX(step.idle_expires), MIN(step.idle_expires), COUNT(*) FROM (SELECT s.idle_expires FROM "      \
    "\"user_session\" s WHERE "                                                                              \
    "s.idle_expires >= %lld AND s.idle_expires < %lld ORDER BY s.idle_expires LIMIT 200) step"
#define PURGE                                                                                                \
    "DELETE FROM \"user_session\" WHERE idle_expires < %lld AND id IN (SELECT s.id FROM \"user_session\" "   \
    "s "                                                                                                     \
    "WHERE s.idle_expires >= %lld AND s.idle_expires <= %lld ORDER BY s.idle_expires LIMIT 200)"
#define PURGE_STEP                                                                                           \
    "DELETE FROM \"user_session\" WHERE (idle_expires < %lld) AND id IN (SELECT s.id FROM "                  \
    "\"user_session\" s WHERE s.id > %s AND s.id <= %s AND (s.idle_expires < %lld) ORDER BY s.id LIMIT "     \
    "200)"
#define SESSIONS_COUNT "SELECT COUNT(*) FROM \"user_session\" s WHERE s.user_id = %s"
#define SESSIONS_OLDEST                                                                                      \
    "SELECT s.id FROM \"user_session\" s WHERE s.user_id = %s ORDER BY s.idle_expires + 0, s.id LIMIT "      \
    "%lld"
#define EMAIL_INSERT                                                                                         \
    "INSERT INTO \"auth_user_email_token\" (id, user_id, kind, email, expires_at) VALUES (%s, %s, %s, %s, "  \
    "%lld)"
#define TOKEN_INSERT                                                                                         \
    "INSERT INTO \"auth_user_token\" (id, user_id, state, expires_at) VALUES (%s, %s, %s, %lld)"
#define TOTP_INSERT                                                                                          \
    "INSERT INTO \"auth_user_totp\" (user_id, seed, created_at, last_step, failures) VALUES (%s, %s, %lld, " \
    "%lld, 0) ON CONFLICT DO NOTHING"
#define DEVICE_NOTICE_INSERT                                                                                 \
    "INSERT INTO \"auth_user_device_notice\" (user_id, since, notices) VALUES (%s, %lld, 0) "                \
    "ON CONFLICT DO NOTHING"
#define TOTP_ACCEPT                                                                                          \
    "UPDATE \"auth_user_totp\" SET last_step = %lld, failures = 0, seed = %s WHERE user_id = %s AND seed = " \
    "%s AND "                                                                                                \
    "last_step < %lld AND failures < 100"
#define TOTP_FAIL "UPDATE \"auth_user_totp\" SET failures = failures + 1 WHERE user_id = %s AND failures + 1 "
#define RECOVERY_CODE_INSERT "INSERT INTO \"auth_user_recovery_code\" (id, user_id) VALUES (%s, %s)"
#define INVITATION_INSERT                                                                                    \
    "INSERT INTO \"auth_user_invitation\" (id, uses, expires_at, group_names, address, created_at) "         \
    "VALUES (%s, %lld, %lld, %s, %s, %lld)"
#define INVITATION_GET                                                                                       \
    "SELECT i.group_names, i.address FROM \"auth_user_invitation\" i WHERE i.id = %s AND i.uses > 0 "        \
    "AND i.expires_at > %lld"
#define INVITATION_SPEND                                                                                     \
    "UPDATE \"auth_user_invitation\" SET uses = uses - 1 WHERE id = %s AND uses > 0 AND expires_at > %lld"
#define USER_GROUP_INSERT                                                                                    \
    "INSERT INTO \"auth_user_group\" (user_id, name) VALUES (%s, %s) ON CONFLICT DO NOTHING"
#define RECOVERY_CODE_SPEND "DELETE FROM \"auth_user_recovery_code\" WHERE id = %s AND user_id = %s"
#define STEP_INSERT "INSERT INTO \"auth_user_step\" (id, user_id, expires_at) VALUES (%s, %s, %lld)"
#define STEP_GET                                                                                             \
    "SELECT s.expires_at FROM \"auth_user_step\" s WHERE s.id = %s AND s.user_id = %s AND s.expires_at > "   \
    "%lld"
#define STEP_SPEND "DELETE FROM \"auth_user_step\" WHERE id = %s AND user_id = %s AND expires_at > %lld"
#define STEPS_TRIM                                                                                           \
    "DELETE FROM \"auth_user_step\" WHERE user_id = %s AND (expires_at <= %lld OR id IN "                    \
    "(SELECT old.id FROM (SELECT s.id FROM \"auth_user_step\" s WHERE s.user_id = %s "                       \
    "ORDER BY s.expires_at DESC, s.id LIMIT 200 OFFSET %lld) old))"
#define STEPS_PURGE                                                                                          \
    "DELETE FROM \"auth_user_step\" WHERE expires_at <= %lld AND id IN (SELECT old.id FROM (SELECT s.id "    \
    "FROM "                                                                                                  \
    "\"auth_user_step\" s WHERE s.expires_at <= %lld ORDER BY s.expires_at LIMIT 200) old)"
#define PASSKEY_INSERT                                                                                       \
    "INSERT INTO \"auth_user_passkey\" (id, user_id, credential_id, public_key, algorithm, sign_count, "     \
    "flags, name, created_at) VALUES (%s, %s, %s, %s, %lld, %lld, %lld, %s, %lld) ON CONFLICT DO NOTHING"
#define PASSKEY_GET(user)                                                                                    \
    "SELECT p.id, p.user_id, p.credential_id, p.public_key, p.sign_count, p.flags, p.name, p.created_at, "   \
    "p.last_used, " user                                                                                     \
    " FROM \"auth_user_passkey\" p JOIN \"auth_user\" u ON u.id = p.user_id WHERE p.id = %s"
#define CHALLENGE_SPEND                                                                                      \
    "INSERT INTO \"auth_user_passkey_challenge\" (id, expires_at) VALUES (%s, %lld) ON CONFLICT DO NOTHING"
#define STEP                                                                                                 \
    "SELECT MAX(step.id), COUNT(*), SUM(CASE WHEN (step.idle_expires < %lld) THEN 1 ELSE 0 END) FROM "       \
    "(SELECT s.id, s.idle_expires FROM \"user_session\" s WHERE s.id > %s ORDER BY s.id LIMIT 1000) step"

/* A statement where neither table has our columns, and where both have; the parameters with blanks between
 * them. */
static const struct {
    const luci_statement_t *statement;
    int repeatable;
    const char *plain;
    const char *plain_arguments;
    const char *ours;
    const char *our_arguments;
} expected[] = {
    { &luci_sql_user_insert, 0,
      "INSERT INTO \"auth_user\" (id, username) VALUES (%s, %s) ON CONFLICT DO NOTHING", "id username",
      "INSERT INTO \"auth_user\" (id, username, created_at) VALUES (%s, %s, %lld) ON CONFLICT DO NOTHING",
      "id username now" },
    { &luci_sql_key_insert, 0,
      "INSERT INTO \"user_key\" (id, user_id, hashed_password) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
      "id user hash",
      "INSERT INTO \"user_key\" (id, user_id, hashed_password) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
      "id user hash" },
    { &luci_sql_key_get, 1,
      "SELECT k.hashed_password, -1, " USER_PLAIN
      " FROM \"user_key\" k JOIN \"auth_user\" u ON u.id = k.user_id WHERE k.id = %s",
      "id",
      "SELECT k.hashed_password, COALESCE(k.failures, 0), " USER_OURS
      " FROM \"user_key\" k JOIN \"auth_user\" u ON u.id = k.user_id WHERE k.id = %s",
      "id" },
    { &luci_sql_user_touch, 1, "UPDATE \"auth_user\" SET id = id WHERE id = %s", "id",
      "UPDATE \"auth_user\" SET disabled = CASE WHEN disabled IS NULL THEN 0 WHEN disabled = 0 THEN NULL "
      "WHEN disabled > 1 THEN disabled + 1 - 2 * (disabled & 1) ELSE disabled END WHERE id = %s",
      "id" },
    { &luci_sql_user_lock, 1, "SELECT " USER_PLAIN " FROM \"auth_user\" u WHERE u.id = %s", "id",
      "SELECT " USER_OURS " FROM \"auth_user\" u WHERE u.id = %s", "id" },
    { &luci_sql_key_lock, 1, "SELECT k.hashed_password, k.user_id, -1 FROM \"user_key\" k WHERE k.id = %s",
      "id",
      "SELECT k.hashed_password, k.user_id, COALESCE(k.failures, 0) FROM \"user_key\" k WHERE k.id = %s",
      "id" },
    { &luci_sql_key_fail, 1,
      "UPDATE \"user_key\" SET failures = COALESCE(failures, 0) + 1 WHERE id = %s AND COALESCE(failures, 0) "
      "+ 1 < 100",
      "id",
      "UPDATE \"user_key\" SET failures = COALESCE(failures, 0) + 1 WHERE id = %s AND COALESCE(failures, 0) "
      "+ 1 < 100",
      "id" },
    { &luci_sql_key_replace_hash, 1,
      "UPDATE \"user_key\" SET hashed_password = %s WHERE id = %s AND hashed_password = %s",
      "hash id old_hash",
      "UPDATE \"user_key\" SET hashed_password = %s WHERE id = %s AND hashed_password = %s",
      "hash id old_hash" },
    { &luci_sql_key_fail_last, 1,
      "UPDATE \"user_key\" SET failures = COALESCE(failures, 0) + 1 WHERE id = %s AND COALESCE(failures, 0) "
      "+ 1 = 100",
      "id",
      "UPDATE \"user_key\" SET failures = COALESCE(failures, 0) + 1 WHERE id = %s AND COALESCE(failures, 0) "
      "+ 1 = 100",
      "id" },
    { &luci_sql_key_forgive, 1,
      "UPDATE \"user_key\" SET failures = NULL WHERE id = %s AND failures IS NOT NULL", "id",
      "UPDATE \"user_key\" SET failures = NULL WHERE id = %s AND failures IS NOT NULL", "id" },
    { &luci_sql_keys_failures, 1, "SELECT MAX(-1) FROM \"user_key\" k WHERE k.user_id = %s", "user",
      "SELECT MAX(COALESCE(k.failures, 0)) FROM \"user_key\" k WHERE k.user_id = %s", "user" },
    { &luci_sql_keys_forgive, 1,
      "UPDATE \"user_key\" SET failures = NULL WHERE user_id = %s AND failures IS NOT NULL", "user",
      "UPDATE \"user_key\" SET failures = NULL WHERE user_id = %s AND failures IS NOT NULL", "user" },
    { &luci_sql_keys_try, 1, "UPDATE \"user_key\" SET failures = failures WHERE 1 = 0", "",
      "UPDATE \"user_key\" SET failures = failures WHERE 1 = 0", "" },
    { &luci_sql_activity_insert, 0,
      "INSERT INTO \"auth_user_activity\" (id, user_id, happened_at, what, reason, address, user_agent, "
      "known_device) SELECT %s, u.id, %lld, %s, %s, %s, %s, %lld FROM \"auth_user\" u WHERE u.id = %s",
      "id at what reason address user_agent device user",
      "INSERT INTO \"auth_user_activity\" (id, user_id, happened_at, what, reason, address, user_agent, "
      "known_device) SELECT %s, u.id, %lld, %s, %s, %s, %s, %lld FROM \"auth_user\" u WHERE u.id = %s",
      "id at what reason address user_agent device user" },
    { &luci_sql_activity_trim, 1,
      "DELETE FROM \"auth_user_activity\" WHERE user_id = %s AND reason IS NULL AND happened_at < (SELECT "
      "MIN(kept.happened_at) FROM (SELECT a.happened_at FROM \"auth_user_activity\" a WHERE a.user_id = %s "
      "AND a.reason IS NULL ORDER BY a.happened_at DESC LIMIT 50) kept)",
      "user user",
      "DELETE FROM \"auth_user_activity\" WHERE user_id = %s AND reason IS NULL AND happened_at < (SELECT "
      "MIN(kept.happened_at) FROM (SELECT a.happened_at FROM \"auth_user_activity\" a WHERE a.user_id = %s "
      "AND a.reason IS NULL ORDER BY a.happened_at DESC LIMIT 50) kept)",
      "user user" },
    { &luci_sql_activity_trim_failures, 1,
      "DELETE FROM \"auth_user_activity\" WHERE user_id = %s AND reason IS NOT NULL AND happened_at < "
      "(SELECT MIN(kept.happened_at) FROM (SELECT a.happened_at FROM \"auth_user_activity\" a WHERE "
      "a.user_id = %s AND a.reason IS NOT NULL ORDER BY a.happened_at DESC LIMIT 50) kept)",
      "user user",
      "DELETE FROM \"auth_user_activity\" WHERE user_id = %s AND reason IS NOT NULL AND happened_at < "
      "(SELECT MIN(kept.happened_at) FROM (SELECT a.happened_at FROM \"auth_user_activity\" a WHERE "
      "a.user_id = %s AND a.reason IS NOT NULL ORDER BY a.happened_at DESC LIMIT 50) kept)",
      "user user" },
    { &luci_sql_activity_purge, 1,
      "DELETE FROM \"auth_user_activity\" WHERE happened_at < %lld AND id IN (SELECT old.id FROM (SELECT "
      "a.id FROM \"auth_user_activity\" a WHERE a.happened_at < %lld ORDER BY a.happened_at LIMIT 200) old)",
      "oldest oldest",
      "DELETE FROM \"auth_user_activity\" WHERE happened_at < %lld AND id IN (SELECT old.id FROM (SELECT "
      "a.id FROM \"auth_user_activity\" a WHERE a.happened_at < %lld ORDER BY a.happened_at LIMIT 200) old)",
      "oldest oldest" },
    { &luci_sql_activity_of_user, 1,
      "SELECT a.happened_at, a.what, a.reason, a.address, a.user_agent, a.known_device FROM "
      "\"auth_user_activity\" a WHERE a.user_id = %s ORDER BY a.happened_at DESC, a.id",
      "user",
      "SELECT a.happened_at, a.what, a.reason, a.address, a.user_agent, a.known_device FROM "
      "\"auth_user_activity\" a WHERE a.user_id = %s ORDER BY a.happened_at DESC, a.id",
      "user" },
    { &luci_sql_app_password_insert, 0,
      "INSERT INTO \"auth_user_app_password\" (id, user_id, name, created_at) VALUES (%s, %s, %s, %lld)",
      "id user name now",
      "INSERT INTO \"auth_user_app_password\" (id, user_id, name, created_at) VALUES (%s, %s, %s, %lld)",
      "id user name now" },
    { &luci_sql_app_password_get, 1,
      "SELECT a.id, a.last_used, " USER_PLAIN
      " FROM \"auth_user_app_password\" a JOIN \"auth_user\" u ON u.id = a.user_id WHERE a.id = %s",
      "id",
      "SELECT a.id, a.last_used, " USER_OURS
      " FROM \"auth_user_app_password\" a JOIN \"auth_user\" u ON u.id = a.user_id WHERE a.id = %s",
      "id" },
    { &luci_sql_app_password_used, 1,
      "UPDATE \"auth_user_app_password\" SET last_used = %lld WHERE id = %s AND (last_used IS NULL OR "
      "last_used <= %lld)",
      "now id before",
      "UPDATE \"auth_user_app_password\" SET last_used = %lld WHERE id = %s AND (last_used IS NULL OR "
      "last_used <= %lld)",
      "now id before" },
    { &luci_sql_app_password_delete, 1,
      "DELETE FROM \"auth_user_app_password\" WHERE id = %s AND user_id = %s", "id user",
      "DELETE FROM \"auth_user_app_password\" WHERE id = %s AND user_id = %s", "id user" },
    { &luci_sql_app_passwords_of_user, 1,
      "SELECT a.id, a.name, a.created_at, a.last_used FROM \"auth_user_app_password\" a WHERE a.user_id = "
      "%s ORDER BY a.created_at, a.id",
      "user",
      "SELECT a.id, a.name, a.created_at, a.last_used FROM \"auth_user_app_password\" a WHERE a.user_id = "
      "%s ORDER BY a.created_at, a.id",
      "user" },
    { &luci_sql_app_passwords_count, 1,
      "SELECT COUNT(*) FROM \"auth_user_app_password\" a WHERE a.user_id = %s", "user",
      "SELECT COUNT(*) FROM \"auth_user_app_password\" a WHERE a.user_id = %s", "user" },
    { &luci_sql_session_insert, 0,
      "INSERT INTO \"user_session\" (id, user_id, active_expires, idle_expires) VALUES (%s, %s, %lld, %lld)",
      "id user active idle",
      "INSERT INTO \"user_session\" (id, user_id, active_expires, idle_expires, created_at, last_seen, "
      "address, user_agent, proved_at, factors) "
      "VALUES (%s, %s, %lld, %lld, %lld, %lld, %s, %s, %lld, %lld)",
      "id user active idle created last_seen address user_agent proved factors" },
    { &luci_sql_session_get, 1,
      "SELECT s.active_expires, s.idle_expires, " USER_PLAIN
      " FROM \"user_session\" s JOIN \"auth_user\" u ON u.id = s.user_id WHERE s.id = %s",
      "id",
      "SELECT s.active_expires, s.idle_expires, " USER_OURS
      ", s.factors FROM \"user_session\" s JOIN \"auth_user\" u ON u.id = s.user_id WHERE s.id = %s",
      "id" },
    { &luci_sql_session_proof, 1, "SELECT NULL FROM \"user_session\" s WHERE s.id = %s", "id",
      "SELECT s.proved_at FROM \"user_session\" s WHERE s.id = %s", "id" },
    { &luci_sql_session_renew, 1,
      "UPDATE \"user_session\" SET active_expires = %lld, idle_expires = %lld WHERE id = %s AND "
      "active_expires = %lld",
      "active idle id old_active",
      "UPDATE \"user_session\" SET active_expires = %lld, idle_expires = %lld, last_seen = %lld, "
      "created_at = COALESCE(created_at, %lld) WHERE id = %s AND active_expires = %lld",
      "active idle last_seen created id old_active" },
    { &luci_sql_session_delete, 1, "DELETE FROM \"user_session\" WHERE id = %s", "id",
      "DELETE FROM \"user_session\" WHERE id = %s", "id" },
    { &luci_sql_session_hash, 1, "UPDATE \"user_session\" SET id = %s WHERE id = %s", "hash id",
      "UPDATE \"user_session\" SET id = %s WHERE id = %s", "hash id" },
    { &luci_sql_sessions_expired, 1, SESSIONS_EXPIRED, "from now", SESSIONS_EXPIRED, "from now" },
    { &luci_sql_session_purge, 1, PURGE, "now first last", PURGE, "now first last" },
    { &luci_sql_session_purge_waiting, 1, PURGE, "now first last", PURGE, "now first last" },
    { &luci_sql_session_made, 1,
      "SELECT s.id FROM \"user_session\" s WHERE s.user_id = %s AND 1 = 0 AND 1 = 0", "user",
      "SELECT s.id FROM \"user_session\" s WHERE s.user_id = %s AND s.created_at = %lld AND s.factors = 2",
      "user created" },
    { &luci_sql_sessions_count, 1, SESSIONS_COUNT, "user", SESSIONS_COUNT, "user" },
    { &luci_sql_sessions_oldest, 1, SESSIONS_OLDEST, "user max", SESSIONS_OLDEST, "user max" },
    { &luci_sql_session_step, 1, STEP, "now after", STEP, "now after" },
    { &luci_sql_session_purge_step, 1, PURGE_STEP, "now after last now", PURGE_STEP, "now after last now" },
    { &luci_sql_session_purge_step_waiting, 1, PURGE_STEP, "now after last now", PURGE_STEP,
      "now after last now" },
    { &luci_sql_token_insert, 0, TOKEN_INSERT, "id user state expires", TOKEN_INSERT,
      "id user state expires" },
    { &luci_sql_totp_insert, 0, TOTP_INSERT, "user seed now step", TOTP_INSERT, "user seed now step" },
    { &luci_sql_device_notice_insert, 0, DEVICE_NOTICE_INSERT, "user now", DEVICE_NOTICE_INSERT, "user now" },
    { &luci_sql_totp_accept, 0, TOTP_ACCEPT, "step new_seed user seed step", TOTP_ACCEPT,
      "step new_seed user seed step" },
    { &luci_sql_totp_fail, 1, TOTP_FAIL "< 100", "user", TOTP_FAIL "< 100", "user" },
    { &luci_sql_totp_fail_last, 1, TOTP_FAIL "= 100", "user", TOTP_FAIL "= 100", "user" },
    { &luci_sql_email_token_insert, 0, EMAIL_INSERT, "id user kind email expires", EMAIL_INSERT,
      "id user kind email expires" },
    { &luci_sql_invitation_insert, 0, INVITATION_INSERT, "id uses expires groups address now",
      INVITATION_INSERT, "id uses expires groups address now" },
    { &luci_sql_invitation_get, 1, INVITATION_GET, "id now", INVITATION_GET, "id now" },
    { &luci_sql_invitation_spend, 0, INVITATION_SPEND, "id now", INVITATION_SPEND, "id now" },
    { &luci_sql_user_group_insert, 0, USER_GROUP_INSERT, "user name", USER_GROUP_INSERT, "user name" },
    { &luci_sql_recovery_code_insert, 0, RECOVERY_CODE_INSERT, "id user", RECOVERY_CODE_INSERT, "id user" },
    { &luci_sql_recovery_code_spend, 0, RECOVERY_CODE_SPEND, "id user", RECOVERY_CODE_SPEND, "id user" },
    { &luci_sql_step_insert, 0, STEP_INSERT, "id user expires", STEP_INSERT, "id user expires" },
    { &luci_sql_step_get, 1, STEP_GET, "id user now", STEP_GET, "id user now" },
    { &luci_sql_step_spend, 0, STEP_SPEND, "id user now", STEP_SPEND, "id user now" },
    { &luci_sql_steps_trim, 1, STEPS_TRIM, "user now user kept", STEPS_TRIM, "user now user kept" },
    { &luci_sql_steps_purge, 1, STEPS_PURGE, "now now", STEPS_PURGE, "now now" },
    { &luci_sql_passkey_insert, 0, PASSKEY_INSERT, "id user credential key algorithm count flags name now",
      PASSKEY_INSERT, "id user credential key algorithm count flags name now" },
    { &luci_sql_passkey_get, 1, PASSKEY_GET(USER_PLAIN), "id", PASSKEY_GET(USER_OURS), "id" },
    { &luci_sql_passkey_challenge_spend, 0, CHALLENGE_SPEND, "id expires", CHALLENGE_SPEND, "id expires" },
    { &luci_sql_process, 1, "SELECT %lld WHERE %lld < 0", "process seconds", "SELECT %lld WHERE %lld < 0",
      "process seconds" },
};

static luci_sql_text_t statement(const luci_statement_t *written, int user, int session)
{
    luci_sql_scope_t scope = {
        .engine = &luci_engine_sqlite3,
        .settings = &settings,
        .found = { .disabled = user, .user = user, .session = session, .later = session ? ~0U : 0 }
    };

    return luci_sql_text(written, &scope, pool);
}

static void is_arguments(const luci_sql_text_t *made, const char *want, const char *what)
{
    const char *got = "";

    for (int i = 0; i < made->places && i < LUCI_SQL_PLACES_MAX; i++)
        got = apr_pstrcat(pool, got, *got ? " " : "", made->parameter[i], NULL);
    tap_is_str(got, want, "%s: its arguments", what);
}

static void check_texts(void)
{
    for (int i = 0; i < COUNT(expected); i++) {
        luci_sql_text_t plain = statement(expected[i].statement, 0, 0),
                        ours = statement(expected[i].statement, 1, 1);

        tap_is_str(plain.text, expected[i].plain, "statement %d on Lucia's tables", i);
        is_arguments(&plain, expected[i].plain_arguments, "  its arguments on Lucia's tables");
        tap_is_str(ours.text, expected[i].ours, "statement %d on our tables", i);
        is_arguments(&ours, expected[i].our_arguments, "  its arguments on our tables");
        tap_is_int(expected[i].statement->repeatable, expected[i].repeatable, "  whether it may be repeated");
    }
}

/* The columns of one table say nothing about the other. */
static void check_mixed(void)
{
    const luci_sql_scope_t dated = { .engine = &luci_engine_sqlite3,
                                     .settings = &settings,
                                     .found = { .session = 1, .created_at = 1 } };

    tap_ok(strstr(statement(&luci_sql_session_get, 1, 0).text,
                  "s.idle_expires, u.id, u.disabled, u.username FROM"),
           "SESSION_GET reads our columns of the user table alone");
    tap_ok(strstr(statement(&luci_sql_session_get, 0, 1).text,
                  "s.idle_expires, u.id, NULL, u.username, s.factors FROM"),
           "SESSION_GET reads our columns of the session table alone");
    tap_ok(strstr(luci_sql_text(&luci_sql_session_get, &dated, pool).text, "u.username, s.created_at FROM"),
           "  its created_at is read last, where it is to be read");
    tap_is_int(statement(&luci_sql_user_insert, 0, 1).places, 2,
               "the user table's arguments depend on it alone");
    tap_is_int(statement(&luci_sql_session_insert, 1, 0).places, 4,
               "the session table's arguments depend on it alone");
}

/* Without LuciaSecondFactor, no statement, probe or schema knows the column. */
static void check_factors(void)
{
    const char *const *schema = luci_schema_table(&luci_engine_sqlite3, &luci_table_session, &settings, pool);
    luci_probe_t probe = luci_probe_later(&luci_table_session, &settings);

    tap_ok(!strstr(schema[0], "factors"), "S1.40: without second factors a new table has no such column");
    tap_is_int(probe.count, 1, "S1.40: without second factors the column is not looked for");
    tap_ok(!luci_sql_asks_for_later(luci_sql_session_get.text, &settings),
           "S1.40: without second factors a session is read without a look at columns");
    settings.second_factor = LUCI_SECOND_FACTOR_OPTIONAL;
    schema = luci_schema_table(&luci_engine_sqlite3, &luci_table_session, &settings, pool);
    probe = luci_probe_later(&luci_table_session, &settings);
    tap_ok(strstr(schema[0], "proved_at BIGINT, factors BIGINT, "), "S1.40: with second factors it has it");
    tap_is_int(probe.count, 2, "S1.40: with second factors the column is looked for");
    tap_ok(luci_sql_asks_for_later(luci_sql_session_get.text, &settings),
           "S1.40: with second factors a session is read after a look at columns");
    settings.second_factor = LUCI_SECOND_FACTOR_OFF;
}

static void check_attributes(void)
{
    settings.attributes = support_names(one);
    tap_ok(strstr(statement(&luci_sql_key_get, 0, 0).text, "u.username, u.\"plan\" FROM"),
           "KEY_GET reads one attribute");
    settings.attributes = support_names(three);
    tap_ok(strstr(statement(&luci_sql_session_get, 1, 1).text,
                  "u.username, u.\"full_name\", u.\"username\", u.\"order\", s.factors FROM"),
           "three in their order, one of them username, one an SQL word");
    tap_ok(strstr(luci_schema_table(&luci_engine_sqlite3, &luci_table_user, &settings, pool)[0],
                  "UNIQUE, \"full_name\" TEXT, \"order\" TEXT, disabled BIGINT"),
           "a new table has them, username once");
    settings.attributes = NULL;
    tap_ok(strstr(statement(&luci_sql_key_get, 0, 0).text, "u.username FROM"),
           "no list at all is an empty one");
    settings.attributes = support_names(none);
}

#define GROUPS(joined)                                                                                       \
    "u.username, (SELECT " joined                                                                            \
    " FROM \"auth_user_group\" g WHERE g.user_id = u.id AND g.name = REPLACE(g.name, ',', '')) FROM"

static void check_groups(void)
{
    const char *const *schema;

    settings.groups = 1;
    tap_ok(strstr(statement(&luci_sql_key_get, 0, 0).text, GROUPS("group_concat(g.name)")),
           "S4.28: with groups a user is read with them");
    schema = luci_schema_table(&luci_engine_sqlite3, &luci_table_user_group, &settings, pool);
    tap_is_str(schema[0],
               "CREATE TABLE IF NOT EXISTS \"auth_user_group\" (user_id VARCHAR(15) NOT NULL, name "
               "VARCHAR(64) NOT NULL, PRIMARY KEY (user_id, name), FOREIGN KEY (user_id) REFERENCES "
               "\"auth_user\"(id) ON DELETE CASCADE) WITHOUT ROWID",
               "S6.8: the table of groups has a primary key of two columns");
    tap_ok(luci_table_is_wanted(&luci_table_user_group, &settings),
           "S6.8: with groups their table is needed");
    settings.groups = 0;
    tap_ok(!luci_table_is_wanted(&luci_table_user_group, &settings),
           "S6.8: without groups their table is neither made nor missed");
    tap_ok(!strstr(statement(&luci_sql_key_get, 0, 0).text, "group"),
           "S4.28: without groups a user is read as before");
}

static void check_tables(void)
{
    luci_settings_t usual = settings;
    luci_probe_t probe = luci_probe_table(&luci_table_user);
    const char *const *schema;

    settings.tables = (luci_tables_t){ "user", "user_key", "user_session" };
    tap_ok(strstr(statement(&luci_sql_key_get, 0, 0).text, "FROM \"user_key\" k JOIN \"user\" u"),
           "a table named user is quoted");
    schema = luci_schema_table(&luci_engine_sqlite3, &luci_table_session, &settings, pool);
    tap_ok(strstr(schema[0], "REFERENCES \"user\"(id)"), "a table named user is quoted in references");
    tap_is_str(schema[1], "CREATE INDEX IF NOT EXISTS \"user_session_user_id\" ON \"user_session\" (user_id)",
               "an index is named after its table");
    tap_is_str(schema[2],
               "CREATE INDEX IF NOT EXISTS \"user_session_idle_expires\" ON \"user_session\" (idle_expires)",
               "an index is named after its table and column");
    tap_ok(schema[3] == NULL, "the list ends");
    tap_is_str(luci_probe_text(&probe, &luci_engine_sqlite3, &settings, pool),
               "SELECT COUNT(*) FROM (SELECT t.\"id\", t.\"username\" FROM \"user\" t) probe WHERE 1 = 0",
               "a probe is quoted");
    settings = usual;
}

static void is_schema(const luci_engine_t *engine, const luci_table_t *table, const char *const *want)
{
    const char *const *got = luci_schema_table(engine, table, &settings, pool);
    int i = 0;

    for (; want[i] && got[i]; i++)
        tap_is_str(got[i], want[i], "%s, %s table: statement %d", engine->driver, table->name, i);
    tap_ok(!want[i] && !got[i], "%s, %s table: %d statements", engine->driver, table->name, i);
}

#define MYSQL_END                                                                                            \
    " ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 /*M! COLLATE = utf8mb4_nopad_bin */ "                        \
    "/*!80017 COLLATE = utf8mb4_0900_bin */"

static void check_schema(void)
{
    settings.attributes = support_names(one);
    is_schema(
        &luci_engine_sqlite3, &luci_table_user,
        (const char *[]){ "CREATE TABLE IF NOT EXISTS \"auth_user\" (id VARCHAR(15) NOT NULL PRIMARY KEY, "
                          "username VARCHAR(31) NOT NULL UNIQUE, \"plan\" TEXT, disabled BIGINT, "
                          "created_at BIGINT) WITHOUT ROWID",
                          NULL });
    is_schema(&luci_engine_sqlite3, &luci_table_key,
              (const char *[]){
                  "CREATE TABLE IF NOT EXISTS \"user_key\" (id VARCHAR(255) NOT NULL PRIMARY KEY, "
                  "user_id VARCHAR(15) NOT NULL, hashed_password VARCHAR(255), failures BIGINT, "
                  "FOREIGN KEY (user_id) REFERENCES \"auth_user\"(id))",
                  "CREATE INDEX IF NOT EXISTS \"user_key_user_id\" ON \"user_key\" (user_id)", NULL });
    is_schema(
        &luci_engine_pgsql, &luci_table_session,
        (const char *[]){
            "CREATE TABLE IF NOT EXISTS \"user_session\" (id TEXT NOT NULL PRIMARY KEY, "
            "user_id TEXT NOT NULL, active_expires BIGINT NOT NULL, idle_expires BIGINT NOT NULL, "
            "created_at BIGINT, last_seen BIGINT, address TEXT, user_agent TEXT, proved_at BIGINT, "
            "FOREIGN KEY (user_id) REFERENCES \"auth_user\"(id))",
            "CREATE INDEX IF NOT EXISTS \"user_session_user_id\" ON \"user_session\" (user_id)",
            "CREATE INDEX IF NOT EXISTS \"user_session_idle_expires\" ON \"user_session\" (idle_expires)",
            NULL });
    is_schema(
        &luci_engine_mysql, &luci_table_user,
        (const char *[]){ "CREATE TABLE IF NOT EXISTS `auth_user` (id VARCHAR(15) NOT NULL PRIMARY KEY, "
                          "username VARCHAR(255) NOT NULL UNIQUE, `plan` TEXT, disabled BIGINT, "
                          "created_at BIGINT)" MYSQL_END,
                          NULL });
    is_schema(&luci_engine_mysql, &luci_table_session,
              (const char *[]){
                  "CREATE TABLE IF NOT EXISTS `user_session` (id VARCHAR(127) NOT NULL PRIMARY KEY, "
                  "active_expires BIGINT UNSIGNED NOT NULL, idle_expires BIGINT UNSIGNED NOT NULL, "
                  "created_at BIGINT, last_seen BIGINT, address VARCHAR(45), user_agent VARCHAR(255), "
                  "proved_at BIGINT, "
                  "INDEX (user_id), INDEX (idle_expires), FOREIGN KEY (user_id) REFERENCES "
                  "`auth_user`(id))" MYSQL_END
                  " SELECT '' AS id, u.id AS user_id, 0 AS active_expires, 0 AS idle_expires, NULL AS "
                  "created_at, NULL AS last_seen, NULL AS address, NULL AS user_agent, NULL AS proved_at "
                  "FROM `auth_user` u "
                  "WHERE 1 = 0",
                  NULL });
    is_schema(
        &luci_engine_mysql, &luci_table_totp,
        (const char *[]){
            "CREATE TABLE IF NOT EXISTS `auth_user_totp` (seed VARCHAR(255) NOT NULL, created_at BIGINT "
            "NOT NULL, last_step BIGINT NOT NULL, failures BIGINT NOT NULL, PRIMARY KEY (user_id), "
            "FOREIGN KEY (user_id) REFERENCES `auth_user`(id) ON DELETE CASCADE)" MYSQL_END
            " SELECT u.id AS user_id, '' AS seed, 0 AS created_at, 0 AS last_step, 0 AS failures FROM "
            "`auth_user` u WHERE 1 = 0",
            NULL });
    is_schema(&luci_engine_sqlite3, &luci_table_totp,
              (const char *[]){
                  "CREATE TABLE IF NOT EXISTS \"auth_user_totp\" (user_id VARCHAR(15) NOT NULL PRIMARY KEY, "
                  "seed VARCHAR(255) NOT NULL, created_at BIGINT NOT NULL, last_step BIGINT NOT NULL, "
                  "failures BIGINT NOT NULL, FOREIGN KEY (user_id) REFERENCES \"auth_user\"(id) ON DELETE "
                  "CASCADE) WITHOUT ROWID",
                  NULL });
    is_schema(&luci_engine_sqlite3, &luci_table_step,
              (const char *[]){
                  "CREATE TABLE IF NOT EXISTS \"auth_user_step\" (id VARCHAR(64) NOT NULL PRIMARY KEY, "
                  "user_id VARCHAR(15) NOT NULL, expires_at BIGINT NOT NULL, FOREIGN KEY (user_id) "
                  "REFERENCES \"auth_user\"(id) ON DELETE CASCADE) WITHOUT ROWID",
                  "CREATE INDEX IF NOT EXISTS \"auth_user_step_user_id\" ON \"auth_user_step\" (user_id)",
                  "CREATE INDEX IF NOT EXISTS \"auth_user_step_expires_at\" ON \"auth_user_step\" "
                  "(expires_at)",
                  NULL });
    settings.attributes = support_names(none);
}

static luci_sql_text_t for_engine(const luci_engine_t *engine, const luci_statement_t *statement)
{
    const luci_sql_scope_t scope = { .engine = engine, .settings = &settings };

    return luci_sql_text(statement, &scope, pool);
}

static int has_own_text(const luci_engine_t *engine, const luci_statement_t *written)
{
    const luci_engine_text_t *own = engine->texts;

    while (own->text && own->statement != written)
        own++;
    return own->text != NULL;
}

#define LOCKED_ROWS                                                                                          \
    "SELECT s.id FROM \"user_session\" s WHERE s.id > %s AND s.id <= %s AND (+s.idle_expires < %lld) ORDER " \
    "BY s.id LIMIT 200 FOR UPDATE"

/* Batches of the purge: which rows are locked, and which are left to other transactions. */
static void check_purge(void)
{
    const luci_sql_scope_t dated = { .engine = &luci_engine_mysql,
                                     .settings = &settings,
                                     .found = { .session = 1, .created_at = 1 } };

    tap_is_str(for_engine(&luci_engine_pgsql, &luci_sql_session_purge).text,
               "DELETE FROM \"user_session\" WHERE id = ANY(ARRAY(SELECT s.id FROM \"user_session\" s WHERE "
               "s.idle_expires >= %lld AND s.idle_expires <= %lld ORDER BY s.idle_expires LIMIT 200 FOR "
               "UPDATE SKIP LOCKED)) AND +idle_expires < %lld",
               "PostgreSQL deletes by an array of ids, which it plans alike for any arguments");
    tap_is_str(for_engine(&luci_engine_pgsql, &luci_sql_session_purge_step_waiting).text,
               "DELETE FROM \"user_session\" WHERE id = ANY(ARRAY(" LOCKED_ROWS
               ")) AND (+idle_expires < %lld)",
               "PostgreSQL waits for locked rows if it is to wait");
    tap_ok(strstr(for_engine(&luci_engine_pgsql, &luci_sql_session_purge_step).text,
                  LOCKED_ROWS " SKIP LOCKED)"),
           "PostgreSQL walks past locked rows");
    tap_ok(!strstr(for_engine(&luci_engine_pgsql, &luci_sql_session_purge_waiting).text, "SKIP"),
           "PostgreSQL waits for rows found by the index if it is to wait");
    tap_ok(strstr(for_engine(&luci_engine_mysql, &luci_sql_session_purge).text,
                  " FOR UPDATE /*M!100600 SKIP LOCKED */ /*!80001 SKIP LOCKED */) expired"),
           "MySQL passes over locked rows where its version can do that");
    tap_ok(strstr(luci_sql_text(&luci_sql_session_purge_step, &dated, pool).text,
                  "(s.idle_expires < %lld OR s.created_at <= %lld OR s.created_at > %lld)"),
           "MySQL proves again that a row has expired");
}

/* What decides who is signed in says with each row, or without one, whether the server may lag. */
static void check_certain(void)
{
    tap_is_str(for_engine(&luci_engine_pgsql, &luci_sql_session_get).text,
               "SELECT CASE WHEN pg_catalog.pg_is_in_recovery() THEN 1 ELSE 0 END, u.id, s.active_expires, "
               "s.idle_expires, " USER_PLAIN
               " FROM (SELECT 1) server LEFT JOIN (\"user_session\" s JOIN \"auth_user\" u "
               "ON u.id = s.user_id) ON s.id = %s",
               "PostgreSQL reads a session together with whether the server is in recovery");
    tap_is_str(for_engine(&luci_engine_mysql, &luci_sql_session_get).text,
               "SELECT CONCAT(@@GLOBAL.read_only) NOT IN ('0', 'OFF') /*M! AND @@GLOBAL.gtid_slave_pos <> '' "
               "*/, u.id, s.active_expires, "
               "s.idle_expires, " USER_PLAIN
               " FROM (SELECT 1) server LEFT JOIN (`user_session` s JOIN `auth_user` u "
               "ON u.id = s.user_id) ON s.id = %s",
               "MySQL reads a session together with whether the server looks like a replica");
    tap_is_int(luci_sql_session_get.is_certain, 1, "a session is only read from a server that cannot lag");
    tap_is_int(luci_sql_key_get.is_certain, 1, "a key is only read from a server that cannot lag");
    tap_is_int(luci_sql_factors_count.is_certain, 1,
               "the factors of a user are only read from a server that cannot lag");
    tap_is_int(luci_sql_passkey_get.is_certain, 1, "a passkey is only read from a server that cannot lag");
    tap_is_int(luci_sql_app_password_get.is_certain, 1,
               "an app password is only read from a server that cannot lag");
}

/* Where the engines differ. */
static void check_engines(void)
{
    luci_sql_text_t get = for_engine(&luci_engine_mysql, &luci_sql_key_get);

    for (int i = 0; i < COUNT(expected); i++) {
        const luci_statement_t *written = expected[i].statement;
        int locks = written == &luci_sql_user_lock || written == &luci_sql_key_lock;

        if (has_own_text(&luci_engine_pgsql, written) || written->is_certain)
            continue;
        tap_is_str(for_engine(&luci_engine_pgsql, written).text,
                   apr_pstrcat(pool, statement(written, 0, 0).text, locks ? " FOR NO KEY UPDATE" : "", NULL),
                   "statement %d: PostgreSQL reads what SQLite does", i);
    }
    tap_ok(strstr(for_engine(&luci_engine_mysql, &luci_sql_user_lock).text, "WHERE u.id = %s FOR UPDATE"),
           "MySQL locks a user");
    tap_ok(strstr(for_engine(&luci_engine_mysql, &luci_sql_key_lock).text, " AS BINARY) FOR UPDATE"),
           "MySQL locks a key");
    tap_is_str(for_engine(&luci_engine_mysql, &luci_sql_user_insert).text,
               "INSERT INTO `auth_user` (id, username) VALUES (%s, %s)",
               "MySQL tells a conflict by its code");
    tap_is_int(luci_sql_key_insert.may_conflict, 1, "  which is no error for a key");
    tap_is_int(luci_sql_session_insert.may_conflict, 0, "  inserting a session may conflict");
    tap_ok(strstr(get.text, ") ON k.id = %s AND CAST(CONVERT(k.id USING utf8mb4) AS BINARY) = CAST(%s AS "
                            "BINARY)"),
           "  MySQL compares a key by bytes: %s", get.text);
    is_arguments(&get, "id id", "  twice with the same name");
    tap_is_int(luci_engine_failure(&luci_engine_mysql, 1062, NULL), LUCI_FAILURE_CONFLICT,
               "MySQL: ER_DUP_ENTRY is a conflict");
    tap_is_int(luci_engine_failure(&luci_engine_mysql, 1205, NULL), LUCI_FAILURE_BUSY,
               "MySQL: ER_LOCK_WAIT_TIMEOUT is busy");
    tap_is_int(luci_engine_failure(&luci_engine_mysql, 1054, NULL), LUCI_FAILURE_MISSING,
               "MySQL: ER_BAD_FIELD_ERROR is a missing column");
    tap_is_int(luci_engine_failure(&luci_engine_mysql, 1193, NULL), LUCI_FAILURE_MISSING,
               "MySQL: ER_UNKNOWN_SYSTEM_VARIABLE is a missing setting");
    tap_is_int(luci_engine_failure(&luci_engine_mysql, 1142, NULL), LUCI_FAILURE_OTHER,
               "ER_TABLEACCESS_DENIED_ERROR: not missing");
}

static void check_engine_list(void)
{
    tap_ok(luci_engine_find("sqlite3") == &luci_engine_sqlite3, "sqlite3 is a driver");
    tap_ok(luci_engine_find("pgsql") == &luci_engine_pgsql, "pgsql is a driver");
    tap_ok(luci_engine_find("mysql") == &luci_engine_mysql, "mysql is a driver");
    tap_is_str(luci_engine_names(", ", " and ", pool), "sqlite3, pgsql and mysql", "all drivers are listed");
    tap_ok(luci_engine_find("sqlite2") == NULL, "sqlite2 is no driver");
    tap_ok(luci_engine_find("") == NULL, "an empty name is no driver");
    tap_is_int(luci_engine_is_file(&luci_engine_pgsql, "host=/run/postgresql"), 0, "a server is no file");
    tap_is_int(luci_engine_is_file(&luci_engine_sqlite3, "/srv/users.db"), 1, "a path is a file");
    tap_is_int(luci_engine_is_file(&luci_engine_sqlite3, ":memory:"), 0, "memory is no file");
    tap_is_int(luci_engine_is_file(NULL, "/srv/users.db"), 0, "an unknown engine has no file");
    for (const luci_engine_t *const *engine = luci_engines; *engine; engine++)
        tap_is_int(luci_engine_is_server(*engine), *engine != &luci_engine_sqlite3, "%s is a server or not",
                   (*engine)->driver);
    tap_is_int(luci_engine_failure(&luci_engine_sqlite3, 5, NULL), LUCI_FAILURE_BUSY,
               "SQLite: SQLITE_BUSY is busy");
    tap_is_int(luci_engine_failure(&luci_engine_sqlite3, 1, NULL), LUCI_FAILURE_MISSING,
               "SQLite: SQLITE_ERROR is a missing table or column");
    tap_is_int(luci_engine_failure(&luci_engine_sqlite3, 11, NULL), LUCI_FAILURE_OTHER,
               "SQLite: SQLITE_CORRUPT is another failure");
    tap_is_int(luci_engine_failure(&luci_engine_pgsql, 5, NULL), LUCI_FAILURE_OTHER,
               "another engine's code is not SQLite's");
}

/* ---- On a real database ---- */

/* A file with tables of our making; those that should lack our columns are made anew without. */
static const char *database(int user, int session)
{
    static int number;
    char name[32];
    const char *path;

    snprintf(name, sizeof name, "tables-%d", number++);
    path = support_path(name);
    support_our_tables(path, &settings);
    if (!user)
        support_run(path,
                    "ALTER TABLE \"user\" DROP COLUMN disabled; ALTER TABLE \"user\" DROP COLUMN created_at");
    if (!session)
        support_run(
            path,
            "ALTER TABLE user_session DROP COLUMN created_at; ALTER TABLE user_session DROP COLUMN last_seen;"
            "ALTER TABLE user_session DROP COLUMN address; ALTER TABLE user_session DROP COLUMN user_agent;"
            "ALTER TABLE user_session DROP COLUMN proved_at; ALTER TABLE user_session DROP COLUMN factors");
    return path;
}

/* Numbers for all parameters of all statements. */
static const luci_argument_t arguments[] = {
    { "id", "1" },         { "username", "2" },  { "now", "3" },     { "user", "2" },
    { "hash", "3" },       { "old_hash", "3" },  { "active", "3" },  { "idle", "4" },
    { "created", "5" },    { "last_seen", "6" }, { "address", "7" }, { "user_agent", "8" },
    { "old_active", "6" }, { "max", "2" },       { "after", "1" },   { "last", "2" },
    { "oldest", "4" },     { "newest", "5" },    { "at", "6" },      { "what", "7" },
    { "reason", "8" },     { "device", "1" },    { "seed", "2" },    { "new_seed", "2" },
    { "step", "3" },       { "factors", "2" },   { "name", "9" },    { "before", "1" },
    { NULL, NULL },
};

/* The core prepares a statement when it's first run. */
static void check_prepares(int user, int session, int list)
{
    luci_db_target_t target = support_target(database(user, session), &settings);
    luci_db_t *db = luci_db_create(&target, pool);
    int failed = 0;

    tap_is_result(luci_db_connect(db), LUCI_OK, "list %d: a database", list);
    tap_is_result(luci_schema_create_one(db, &luci_table_invitation, pool), LUCI_OK,
                  "  the table of invitations is made");
    tap_is_result(luci_schema_create_one(db, &luci_table_device_notice, pool), LUCI_OK,
                  "  the table of notices of devices is made");
    tap_is_int(luci_db_columns(db).disabled, user, "  its column disabled is seen: %d", user);
    tap_is_int(luci_db_columns(db).user, user, "  its user columns are seen: %d", user);
    tap_is_int(luci_db_columns(db).session, session, "  its session columns are seen: %d", session);
    for (int i = 0; i < COUNT(expected); i++) {
        const luci_statement_t *written = expected[i].statement;
        int reads = strncmp(written->text, "SELECT ", 7) == 0, changed;
        const char *const *row;
        luci_result_t result = reads ? luci_db_select(db, written, arguments, &row, pool)
                                     : luci_db_execute(db, written, arguments, &changed, pool);

        if (result == LUCI_UNAVAILABLE && !strstr(luci_db_error(db), "FOREIGN KEY")) {
            failed++;
            tap_diag("statement %d: %s", i, luci_db_error(db));
        }
    }
    tap_is_int(failed, 0, "  every statement prepares and runs");
    tap_is_result(luci_db_execute(db, &luci_sql_session_hash, LUCI_ARGUMENTS({ "id", "1" }), &failed, pool),
                  LUCI_INTERNAL, "  none without an argument for each parameter");
    luci_db_close(db);
}

static void check_numbers(void)
{
    tap_is_str(luci_sql_number(NOW, pool), "1700000000000", "a moment as an argument");
    tap_is_str(luci_sql_number(APR_INT64_MIN, pool), "-9223372036854775808", "the least number");
    tap_is_int(luci_sql_to_number("1700000000000", 1), NOW, "a column as a moment");
    tap_is_int(luci_sql_to_number(NULL, 7), 7, "NULL is the fallback");
    tap_is_int(luci_sql_to_number("", 7), 0, "text is zero");
}

int main(void)
{
    pool = support_start();
    settings = support_settings();
    check_texts();
    check_mixed();
    check_factors();
    check_attributes();
    check_groups();
    check_tables();
    check_engine_list();
    check_schema();
    check_engines();
    check_purge();
    check_certain();
    check_numbers();
    settings.tables = (luci_tables_t){ "user", "user_key", "user_session" };
    settings.activity = 1;
    settings.groups = 1;
    settings.second_factor = LUCI_SECOND_FACTOR_OPTIONAL;
    settings.passkeys = LUCI_PASSKEYS_ON;
    for (int list = 0; list < COUNT(attribute_lists); list++) {
        settings.attributes = support_names(attribute_lists[list]);
        for (int columns = 0; columns < 4; columns++)
            check_prepares(columns & 1, columns >> 1, list);
    }
    return tap_done();
}
