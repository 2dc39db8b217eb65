/* SPDX-License-Identifier: Apache-2.0 */
/* The statements of administrators: their texts where the engines or the tables differ, and each one prepared
 * on a real database. */
#include "core/db/device_notice_table.h"
#include "core/db/email_token_table.h"
#include "core/db/invitation_table.h"
#include "core/db/key_table.h"
#include "core/db/mail_table.h"
#include "core/db/passkey_table.h"
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

#include <string.h>

static apr_pool_t *pool;
static luci_settings_t settings;

static const char *text_of(const luci_engine_t *engine, const luci_statement_t *statement, int ours)
{
    const luci_sql_scope_t scope = { .engine = engine,
                                     .settings = &settings,
                                     .found = { .disabled = ours, .user = ours, .session = ours } };

    return luci_sql_text(statement, &scope, pool).text;
}

static void check_texts(void)
{
    static const char *const order[] = { "order" };
    const luci_sql_scope_t of_order = {
        .engine = &luci_engine_mysql, .settings = &settings, .columns = order, .count = 1
    };
    luci_sql_text_t set = luci_sql_text(&luci_sql_user_set_column, &of_order, pool);
    luci_sql_text_t chosen = luci_sql_text(&luci_sql_user_change_column, &of_order, pool);
    luci_sql_text_t taken = luci_sql_text(&luci_sql_user_value_taken, &of_order, pool);
    luci_sql_text_t flag = luci_sql_text(&luci_sql_user_set_flag, &of_order, pool);
    luci_sql_text_t no_flag = luci_sql_text(&luci_sql_user_clear_flag, &of_order, pool);
    luci_probe_t role = luci_probe_column(&luci_table_user, "role");

    tap_is_str(text_of(&luci_engine_sqlite3, &luci_sql_user_get, 0),
               "SELECT u.username, u.id, NULL, u.id, NULL, u.username FROM \"auth_user\" u WHERE u.id = %s",
               "a user on Lucia's tables");
    tap_is_str(
        text_of(&luci_engine_pgsql, &luci_sql_user_get, 1),
        "SELECT u.username, u.id, u.created_at, u.id, u.disabled, u.username FROM \"auth_user\" u WHERE "
        "u.id = %s",
        "USER_GET on our tables reads created_at");
    tap_is_str(
        text_of(&luci_engine_mysql, &luci_sql_session_page_of_user, 1),
        "SELECT s.id, s.user_id, u.username, s.active_expires, s.idle_expires, s.created_at, s.last_seen, "
        "s.address, s.user_agent FROM `user_session` s LEFT JOIN `auth_user` u ON u.id = s.user_id "
        "WHERE s.user_id = %s AND s.id > %s ORDER BY s.id LIMIT 500",
        "a page of sessions");
    tap_ok(strstr(text_of(&luci_engine_sqlite3, &luci_sql_session_page, 0),
                  "s.idle_expires, NULL, NULL, NULL, NULL FROM"),
           "SESSION_PAGE of Lucia's tables reads NULL for our columns");
    tap_ok(strstr(text_of(&luci_engine_mysql, &luci_sql_user_find, 0), "AS BINARY) = CAST(%s AS BINARY)"),
           "MySQL compares names by their bytes");
    tap_is_str(set.text, "UPDATE `auth_user` SET `order` = %s WHERE id = %s", "any column is set");
    tap_is_int(set.places, 2, "  with two arguments");
    tap_is_str(flag.text, "UPDATE `auth_user` SET `order` = '1' WHERE id = %s",
               "any column is set as a flag");
    tap_is_str(no_flag.text, "UPDATE `auth_user` SET `order` = '0' WHERE id = %s",
               "any column is cleared as a flag");
    tap_is_str(taken.text, "SELECT id FROM `auth_user` WHERE `order` = %s AND id <> %s",
               "a value of any column is looked for at other users");
    tap_is_int(luci_sql_user_set_column.repeatable, 0, "  setting a column is not repeated");
    tap_is_str(chosen.text, set.text, "a column is changed as it is set");
    tap_is_int(luci_sql_user_change_column.repeatable, 0, "changing a column is not repeated");
    tap_is_int(luci_sql_user_change_column.may_refuse, 1, "a column may refuse the value of a user");
    tap_is_str(luci_schema_add_column(&luci_engine_sqlite3, &luci_table_user, "disabled", &settings, pool),
               "ALTER TABLE \"auth_user\" ADD COLUMN \"disabled\" BIGINT", "a column of ours is added");
    tap_is_str(luci_schema_add_column(&luci_engine_mysql, &luci_table_user, "role", &settings, pool),
               "ALTER TABLE `auth_user` ADD COLUMN `role` TEXT", "an attribute's column is added as TEXT");
    tap_ok(strstr(luci_probe_text(&role, &luci_engine_sqlite3, &settings, pool), "SELECT t.\"role\" FROM"),
           "SQLite is asked for it by the table's name, or would take it for a string");
}

typedef enum { ONE, PAGE, WRITE } way_t;

static const struct {
    const luci_statement_t *statement;
    way_t way;
} statements[] = {
    { &luci_sql_user_get, ONE },
    { &luci_sql_user_find, ONE },
    { &luci_sql_user_page, PAGE },
    { &luci_sql_user_name_taken, ONE },
    { &luci_sql_user_rename, WRITE },
    { &luci_sql_user_set_disabled, WRITE },
    { &luci_sql_user_approve, WRITE },
    { &luci_sql_users_waiting, PAGE },
    { &luci_sql_users_waiting_count, ONE },
    { &luci_sql_user_delete, WRITE },
    { &luci_sql_key_page, PAGE },
    { &luci_sql_keys_page, PAGE },
    { &luci_sql_key_rename, WRITE },
    { &luci_sql_key_set_hash, WRITE },
    { &luci_sql_key_set_failures, WRITE },
    { &luci_sql_key_delete, WRITE },
    { &luci_sql_keys_delete, WRITE },
    { &luci_sql_key_delete_addresses, WRITE },
    { &luci_sql_session_page, PAGE },
    { &luci_sql_session_page_of_user, PAGE },
    { &luci_sql_session_listed, ONE },
    { &luci_sql_sessions_many, ONE },
    { &luci_sql_sessions_delete, WRITE },
    { &luci_sql_token_get, ONE },
    { &luci_sql_token_spend, WRITE },
    { &luci_sql_tokens_delete, WRITE },
    { &luci_sql_tokens_purge, WRITE },
    { &luci_sql_email_token_name, WRITE },
    { &luci_sql_email_token_get, ONE },
    { &luci_sql_email_token_latest, ONE },
    { &luci_sql_email_token_spend, WRITE },
    { &luci_sql_email_tokens_void, WRITE },
    { &luci_sql_email_tokens_delete, WRITE },
    { &luci_sql_email_tokens_purge, WRITE },
    { &luci_sql_factors_count, ONE },
    { &luci_sql_totp_get, ONE },
    { &luci_sql_totp_accept, WRITE },
    { &luci_sql_totp_fail, WRITE },
    { &luci_sql_totp_fail_last, WRITE },
    { &luci_sql_totp_forgive, WRITE },
    { &luci_sql_totp_delete, WRITE },
    { &luci_sql_totp_page, PAGE },
    { &luci_sql_invitation_page, PAGE },
    { &luci_sql_invitation_delete, WRITE },
    { &luci_sql_invitations_void, WRITE },
    { &luci_sql_invitations_purge, WRITE },
    { &luci_sql_user_group_delete, WRITE },
    { &luci_sql_user_group_page, PAGE },
    { &luci_sql_groups_page, PAGE },
    { &luci_sql_recovery_code_spend, WRITE },
    { &luci_sql_recovery_codes_delete, WRITE },
    { &luci_sql_step_get, ONE },
    { &luci_sql_step_spend, WRITE },
    { &luci_sql_steps_void, WRITE },
    { &luci_sql_steps_trim, WRITE },
    { &luci_sql_steps_purge, WRITE },
    { &luci_sql_passkey_get, ONE },
    { &luci_sql_passkeys_of_user, PAGE },
    { &luci_sql_passkeys_count, ONE },
    { &luci_sql_passkey_used, WRITE },
    { &luci_sql_passkey_rename, WRITE },
    { &luci_sql_passkey_delete, WRITE },
    { &luci_sql_passkeys_delete, WRITE },
    { &luci_sql_passkey_challenge_spend, WRITE },
    { &luci_sql_passkey_challenges_purge, WRITE },
    { &luci_sql_device_notice_get, ONE },
    { &luci_sql_device_notice_set, WRITE },
    { &luci_sql_mail_insert, WRITE },
    { &luci_sql_mail_due, ONE },
    { &luci_sql_mail_claim, WRITE },
    { &luci_sql_mail_hand_over, WRITE },
    { &luci_sql_mail_postpone, WRITE },
    { &luci_sql_mail_list, PAGE },
    { &luci_sql_mail_over, PAGE },
    { &luci_sql_mail_delete_over, WRITE },
    { &luci_sql_mail_delete, WRITE },
    { &luci_sql_mail_count, ONE },
    { &luci_sql_mail_part, PAGE },
    { &luci_sql_mail_drop, WRITE },
};

static luci_result_t run(luci_db_t *db, int i)
{
    static const luci_argument_t arguments[] = {
        { "id", "1" },         { "username", "2" },  { "user", "2" },     { "after1", "1" },
        { "hashed", "2" },     { "plain", "2" },     { "few", "1" },      { "kept", "9" },
        { "after2", "2" },     { "disabled", "1" },  { "new_id", "2" },   { "hash", "3" },
        { "state", "4" },      { "expires", "5" },   { "now", "6" },      { "failures", "7" },
        { "seed", "8" },       { "new_seed", "8" },  { "step", "9" },     { "count", "10" },
        { "flags", "11" },     { "name", "12" },     { "first", "13" },   { "end", "14" },
        { "kind", "13" },      { "language", "14" }, { "claim", "15" },   { "until", "16" },
        { "next", "17" },      { "address", "18" },  { "detail", "19" },  { "email", "20" },
        { "after", "21" },     { "but", "22" },      { "waiting", "23" }, { "since", "23" },
        { "notices", "24" },   { "from", "1" },      { "spent", "25" },   { "spent_kind", "26" },
        { "new_state", "27" }, { NULL, NULL }
    };
    const char *const *row;
    apr_array_header_t *rows;
    int changed;

    switch (statements[i].way) {
    case ONE: return luci_db_select(db, statements[i].statement, arguments, &row, pool);
    case PAGE: return luci_db_select_all(db, statements[i].statement, arguments, &rows, pool);
    case WRITE: break;
    }
    return luci_db_execute(db, statements[i].statement, arguments, &changed, pool);
}

static void make_table(luci_db_t *db, const luci_table_t *table, const char *name)
{
    tap_is_result(luci_schema_create_one(db, table, pool), LUCI_OK, "%s: the table %s: %s", name, table->name,
                  luci_db_error(db));
}

static void check_prepares(const char *name, int ours)
{
    const char *path = support_database(name);
    luci_db_target_t target = support_target(path, &settings);
    luci_db_t *db = luci_db_create(&target, pool);

    if (ours)
        support_our_tables(path, &settings);
    else
        support_lucia_tables(path);
    make_table(db, &luci_table_token, name);
    make_table(db, &luci_table_email_token, name);
    make_table(db, &luci_table_totp, name);
    make_table(db, &luci_table_recovery_code, name);
    make_table(db, &luci_table_step, name);
    make_table(db, &luci_table_user_group, name);
    make_table(db, &luci_table_invitation, name);
    make_table(db, &luci_table_passkey, name);
    make_table(db, &luci_table_passkey_challenge, name);
    make_table(db, &luci_table_mail, name);
    make_table(db, &luci_table_device_notice, name);
    for (int i = 0; i < COUNT(statements); i++) {
        luci_result_t result;

        if (!ours && (statements[i].statement == &luci_sql_user_set_disabled ||
                      statements[i].statement == &luci_sql_user_approve ||
                      statements[i].statement == &luci_sql_users_waiting ||
                      statements[i].statement == &luci_sql_users_waiting_count ||
                      statements[i].statement == &luci_sql_key_set_failures))
            continue;
        result = run(db, i);
        tap_ok(result == LUCI_OK || result == LUCI_NOT_FOUND, "%s: statement %d: %s", name, i,
               luci_db_error(db));
    }
    tap_is_result(luci_db_set_column(db, "1", "username", "2", pool), LUCI_OK, "%s: any column: %s", name,
                  luci_db_error(db));
    luci_db_close(db);
}

int main(void)
{
    pool = support_start();
    settings = support_settings();
    check_texts();
    settings.passkeys = LUCI_PASSKEYS_ON;
    check_prepares("sql-admin-lucia", 0);
    check_prepares("sql-admin-ours", 1);
    return tap_done();
}
