/* SPDX-License-Identifier: Apache-2.0 */
/* What administrators do with accounts, on tables with and without our columns: pages of users at their
 * borders, transactions that leave nothing behind, names that two want. */
#include "core/account/admin.h"
#include "core/base/secret.h"
#include "core/db/paging.h"
#include "core/db/user_table.h"
#include "core/session/session_list.h"
#include "lib/support.h"
#include "lib/tap.h"

#include <apr_strings.h>
#include <string.h>

static apr_pool_t *pool;
static luci_settings_t settings;
static luci_db_target_t target;

static luci_db_t *new_database(const char *name, int ours)
{
    static const char *const attributes[] = { "role", "team", NULL };
    const char *path = support_database(name);

    settings = support_settings();
    settings.attributes = support_names(attributes);
    if (ours) {
        support_our_tables(path, &settings);
    }
    else {
        support_lucia_tables(path);
        support_run(path, "ALTER TABLE auth_user ADD COLUMN role TEXT");
        support_run(path, "ALTER TABLE auth_user ADD COLUMN team TEXT");
    }
    target = support_target(path, &settings);
    return luci_db_create(&target, pool);
}

static long long count(const char *table)
{
    return support_number(target.params, apr_psprintf(pool, "SELECT COUNT(*) FROM %s", table));
}

static luci_user_t add(luci_db_t *db, const char *name)
{
    luci_admin_user_t wanted = { .username = name, .stored_hash = "hash", .now = NOW };
    luci_user_t user;
    const char *id;

    if (luci_admin_add(db, &wanted, &id, pool) != LUCI_OK || luci_user_get(db, id, &user, pool) != LUCI_OK)
        support_give_up("a user", luci_db_error(db));
    return user;
}

/* ---- Adding and finding ---- */

static void check_add(luci_db_t *db, int ours)
{
    luci_user_value_t values[] = { { "role", "admin" }, { "team", NULL } };
    luci_admin_user_t wanted = { "Alice", "hash", values, 2, NOW };
    luci_user_t user;
    const char *id;

    tap_is_result(luci_admin_add(db, &wanted, &id, pool), LUCI_OK, "a user is added: %s", luci_db_error(db));
    tap_is_result(luci_admin_find(db, "aLICE", &user, pool), LUCI_OK, "found by the key");
    tap_is_str(user.id, id, "  with the id");
    tap_is_str(user.username, "Alice", "  a user found by the key has the name as it was written");
    tap_is_str(luci_user_attribute(&user, &settings, "role"), "admin", "an added user has the attribute");
    tap_ok(luci_user_attribute(&user, &settings, "team") == NULL, "  another one is NULL");
    tap_is_str(user.created_at, ours ? "1700000000000" : NULL,
               "  a user found by the key has the creation time, where the table has it");
    tap_is_result(luci_user_find(db, "alice", &user, pool), LUCI_NOT_FOUND,
                  "a name is compared by its bytes");
    wanted.username = "ALICE";
    tap_is_result(luci_admin_add(db, &wanted, &id, pool), LUCI_CONFLICT, "a name that is taken");
    tap_is_int(count("auth_user"), 1, "  leaves no user behind");
    wanted.username = "abc";
    tap_is_result(luci_admin_add(db, &wanted, &id, pool), LUCI_INVALID, "a name that is too short");
    wanted.username = "someone";
    values[1].column = "nothing";
    tap_is_result(luci_admin_add(db, &wanted, &id, pool), LUCI_UNAVAILABLE, "a column that is not there");
    tap_is_int(count("auth_user"), 1, "  leaves no user behind");
    tap_is_int(count("user_key"), 1, "  a refused addition leaves no key behind");
}

static void check_columns(luci_db_t *db)
{
    int found = 1;

    tap_is_result(luci_db_has_column(db, &luci_table_user, "role", &found), LUCI_OK,
                  "a column is looked for");
    tap_is_int(found, 1, "the column that was looked for exists");
    tap_is_result(luci_db_has_column(db, &luci_table_user, "rule", &found), LUCI_OK,
                  "a second column is looked for");
    tap_is_int(found, 0, "  the second column does not exist");
    tap_is_result(luci_db_connect(db), LUCI_OK, "  which breaks nothing");
}

/* ---- Renaming ---- */

static void check_rename(luci_db_t *db)
{
    luci_user_t bob = add(db, "Robert"), other = add(db, "Other");
    luci_key_t key;

    tap_is_result(luci_admin_rename(db, &bob, "ROBERT", NULL, pool), LUCI_OK,
                  "a rename to other capitals succeeds");
    tap_is_result(luci_key_get(db, "username:robert", &key, pool), LUCI_OK, "  the same key");
    tap_is_result(luci_admin_rename(db, &bob, "Robin", NULL, pool), LUCI_OK,
                  "a rename to another name succeeds");
    bob.username = "Robin";
    tap_is_result(luci_key_get(db, "username:robert", &key, pool), LUCI_NOT_FOUND, "  the old key is gone");
    tap_is_result(luci_key_get(db, "username:robin", &key, pool), LUCI_OK, "  the new one is there");
    tap_is_str(key.stored_hash, "hash", "  with its password");
    tap_is_result(luci_admin_rename(db, &bob, "OTHER", NULL, pool), LUCI_CONFLICT, "a key that somebody has");
    tap_is_result(luci_key_insert(db, "username:robert", bob.id, "alias", pool), LUCI_OK, "a further name");
    tap_is_result(luci_admin_rename(db, &bob, "Robert", NULL, pool), LUCI_OK, "  becomes the name");
    bob.username = "Robert";
    tap_is_result(luci_key_get(db, "username:robin", &key, pool), LUCI_OK,
                  "the old name stays as a further key");
    support_run(target.params, "UPDATE user_key SET hashed_password = NULL WHERE id = 'username:robin'");
    tap_is_result(luci_admin_rename(db, &bob, "Robin", NULL, pool), LUCI_OK,
                  "a rename to a name that the user had before succeeds");
    bob.username = "Robin";
    tap_is_result(luci_key_get(db, "username:robin", &key, pool), LUCI_OK, "  the key of that name is there");
    tap_is_str(key.stored_hash, "alias", "  with the password, so that the name signs in");
    tap_is_result(luci_key_get(db, "username:robert", &key, pool), LUCI_NOT_FOUND,
                  "  the name that the administrator took away is free");
    support_run(target.params, "DELETE FROM user_key WHERE id = 'username:other'");
    tap_is_result(luci_admin_rename(db, &bob, "Other", NULL, pool), LUCI_CONFLICT,
                  "a rename to a name that only a key has conflicts");
    tap_is_result(luci_admin_rename(db, &other, "Others", NULL, pool), LUCI_OK,
                  "a user without a key is renamed");
    tap_is_result(luci_key_get(db, "username:others", &key, pool), LUCI_NOT_FOUND,
                  "  a user without a key gets none by a rename");
}

/* ---- Passwords, flags, ends ---- */

static void start_session(luci_db_t *db, const luci_user_t *user)
{
    static const luci_client_t client = { "192.0.2.1", "Browser" };
    luci_session_t session = { 0 };

    if (luci_session_new(&session, user, &settings, NOW, pool) != LUCI_OK ||
        luci_session_insert(db, &session, &settings, &client, pool) != LUCI_OK)
        support_give_up("a session", luci_db_error(db));
}

static void check_password(luci_db_t *db)
{
    luci_user_t user = add(db, "Carla"), thief = add(db, "Thief"),
                nobody = { .id = "nobody", .username = "CARLA" };
    luci_key_t key;
    luci_admin_ended_t ended = { 0 };

    start_session(db, &user);
    start_session(db, &user);
    tap_is_result(
        luci_admin_set_password(db, &user, &(luci_admin_password_t){ .stored_hash = "second" }, pool),
        LUCI_OK, "a new password");
    tap_is_int(count("user_session"), 2, "  may leave sessions alone");
    tap_is_result(luci_admin_set_password(
                      db, &user, &(luci_admin_password_t){ .stored_hash = "third", .ended = &ended }, pool),
                  LUCI_OK, "a third password is set");
    tap_is_int(ended.count, 2, "the third password ends two sessions");
    tap_is_int(ended.stored_ids->nelts, 2, "the third password names the two sessions that it ends");
    tap_is_int(count("user_session"), 0, "the third password leaves no session");
    tap_is_result(luci_key_get(db, "username:carla", &key, pool), LUCI_OK, "the key of the user is found");
    tap_is_str(key.stored_hash, "third", "  has the last");
    support_run(target.params, "DELETE FROM user_key WHERE id = 'username:carla'");
    tap_is_result(luci_admin_set_password(
                      db, &user, &(luci_admin_password_t){ .stored_hash = "fourth", .ended = &ended }, pool),
                  LUCI_OK, "a password for a user without a key is set");
    tap_is_result(luci_key_get(db, "username:carla", &key, pool), LUCI_OK, "  one is made");
    thief.username = "CARLA";
    tap_is_result(luci_admin_set_password(
                      db, &thief, &(luci_admin_password_t){ .stored_hash = "mine", .ended = &ended }, pool),
                  LUCI_CONFLICT, "a password for a key of another user conflicts");
    tap_is_result(luci_admin_set_password(
                      db, &nobody, &(luci_admin_password_t){ .stored_hash = "mine", .ended = &ended }, pool),
                  LUCI_NOT_FOUND, "a password for a deleted user is not found");
}

/* What the lock of a cluster writes, and what administrators of other programs may have written. */
static void check_written(luci_db_t *db, luci_user_t *user)
{
    static const struct {
        const char *written;
        luci_ms_t read;
    } cases[] = {
        { "NULL", 0 }, { "0", 0 }, { "1", 1 }, { "2", 2 }, { "3", 2 }, { "-1", 1 }, { "1700000000001", NOW },
    };
    int changed;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        support_run(target.params, apr_psprintf(pool, "UPDATE auth_user SET disabled = %s WHERE id = '%s'",
                                                cases[i].written, user->id));
        for (int touched = 0; touched < 3; touched++) {
            tap_is_result(luci_user_get(db, user->id, user, pool), LUCI_OK, "the user is read");
            tap_is_int(user->disabled_from, cases[i].read, "disabled %s is read as %ld after %d touches",
                       cases[i].written, (long)cases[i].read, touched);
            tap_is_result(
                luci_db_execute(db, &luci_sql_user_touch, LUCI_ARGUMENTS({ "id", user->id }), &changed, pool),
                LUCI_OK, "the lock of a cluster writes the row");
        }
    }
}

static void check_expiry(luci_db_t *db, luci_user_t *user)
{
    tap_is_result(luci_admin_set_disabled(db, user, NOW + 2, NULL, pool), LUCI_OK, "a user gets a date");
    tap_is_result(luci_user_get(db, user->id, user, pool), LUCI_OK, "the user with the date is read");
    tap_is_int(luci_user_is_disabled(user, NOW + 1), 0, "a user is enabled before the date");
    tap_is_int(luci_user_is_disabled(user, NOW + 2), 1, "a user is disabled from the date on");
    check_written(db, user);
}

static void check_disabled(luci_db_t *db)
{
    luci_user_t user = add(db, "Doris");
    luci_admin_ended_t ended = { 0 };

    start_session(db, &user);
    tap_is_result(luci_admin_set_disabled(db, &user, 1, NULL, pool), LUCI_OK, "a user is disabled");
    tap_is_result(luci_user_get(db, user.id, &user, pool), LUCI_OK, "  as is read");
    tap_is_int(luci_user_is_disabled(&user, NOW), 1, "a user who is disabled twice is disabled");
    tap_is_result(luci_admin_set_disabled(db, &user, 1, &ended, pool), LUCI_OK, "twice is no failure");
    tap_is_int(ended.count, 1, "  disabling a user ends the sessions if that is asked for");
    tap_is_result(luci_admin_set_disabled(db, &user, 0, NULL, pool), LUCI_OK, "a user is enabled");
    tap_is_result(luci_user_get(db, user.id, &user, pool), LUCI_OK, "  as is read");
    tap_is_int(luci_user_is_disabled(&user, NOW), 0, "an enabled user is read as enabled");
    check_expiry(db, &user);
}

static void check_approval(luci_db_t *db)
{
    luci_user_t user = add(db, "waits"), other = add(db, "does not");
    luci_admin_deleted_t deleted;
    luci_mail_order_t mail = { .kind = LUCI_MAIL_APPROVED, .name = "waits", .now = NOW, .expires = NOW + 1 };

    support_run(target.params, "UPDATE auth_user SET disabled = 2 WHERE username = 'waits'");
    tap_is_result(luci_admin_approve(db, &other, NULL, pool), LUCI_CONFLICT,
                  "S1.73: a user who does not wait is not approved");
    tap_is_result(luci_admin_approve(db, &user, &mail, pool), LUCI_OK,
                  "S1.76: without a queue, a user who waits is approved: %s", luci_db_error(db));
    tap_is_int(count("auth_user WHERE username = 'waits' AND disabled = 0"), 1,
               "S1.73: an approved user is not disabled");
    tap_is_result(luci_admin_approve(db, &user, NULL, pool), LUCI_CONFLICT, "S1.73: a user is approved once");
    support_run(target.params, "UPDATE auth_user SET disabled = 1 WHERE username = 'waits'");
    tap_is_result(luci_admin_approve(db, &user, NULL, pool), LUCI_CONFLICT,
                  "S1.73: a user who was disabled since is not approved");
    tap_is_result(luci_admin_delete(db, &user, &deleted, pool), LUCI_OK, "a user who waits is deleted");
    tap_is_result(luci_admin_delete(db, &other, &deleted, pool), LUCI_OK, "another user is deleted");
    tap_is_result(luci_admin_approve(db, &user, NULL, pool), LUCI_NOT_FOUND,
                  "S1.73: a user who was deleted since is not approved");
}

static void check_delete(luci_db_t *db)
{
    luci_user_t user = add(db, "Edith");
    luci_admin_deleted_t deleted;
    long long others = count("user_key") - 1;

    start_session(db, &user);
    tap_is_result(luci_admin_delete(db, &user, &deleted, pool), LUCI_OK, "a user is deleted");
    tap_is_int(deleted.sessions.count, 1, "  with a session");
    tap_is_int(deleted.keys, 1, "  the deletion counts the user's key");
    tap_is_int(count("user_key"), others, "  the deletion leaves the keys of other users");
    tap_is_result(luci_user_get(db, user.id, &user, pool), LUCI_NOT_FOUND, "  the user is gone");
}

/* ---- Pages ---- */

typedef struct {
    int seen;
    int stop_at;
    int disorder;
    char last[32];
} walk_t;

static int note_user(void *baton, const luci_user_t *user, apr_pool_t *scratch)
{
    walk_t *walk = baton;

    (void)scratch;
    walk->disorder += strcmp(user->username, walk->last) <= 0;
    apr_cpystrn(walk->last, user->username, sizeof walk->last);
    return ++walk->seen != walk->stop_at;
}

static void check_pages(luci_db_t *db)
{
    int have = 0;

    support_run(target.params, "DELETE FROM user_key");
    support_run(target.params, "DELETE FROM auth_user");
    for (int page = 0; page < 2; page++) {
        for (int border = -1; border <= 1; border++) {
            walk_t walk = { 0 };

            for (; have < (page + 1) * LUCI_SQL_PAGE_ROWS + border; have++)
                support_run(target.params,
                            apr_psprintf(pool,
                                         "INSERT INTO auth_user (id, username) VALUES ('u%d', 'user%05d')",
                                         (have * 7919) % 10007, have));
            tap_is_result(luci_user_each(db, note_user, &walk, pool), LUCI_OK, "a list of %d", have);
            tap_is_int(walk.seen, have, "  each is seen");
            tap_is_int(walk.disorder, 0, "  once and in order");
        }
    }
    for (int most = LUCI_SQL_PAGE_ROWS - 1; most <= LUCI_SQL_PAGE_ROWS + 1; most++) {
        walk_t walk = { .stop_at = most };

        tap_is_result(luci_user_each(db, note_user, &walk, pool), LUCI_OK, "a list that ends after %d", most);
        tap_is_int(walk.seen, most, "  has so many");
    }
}

/* ---- Sessions ---- */

static int note_session(void *baton, const luci_listed_session_t *session, apr_pool_t *scratch)
{
    (void)scratch;
    *(luci_listed_session_t *)baton = *session;
    return 1;
}

static void check_sessions(luci_db_t *db, int ours)
{
    luci_listed_session_t session = { 0 };
    luci_session_list_t list = { NULL, NOW, note_session, &session };
    luci_user_t user = add(db, "Franz");
    char hex[LUCI_SHA256_HEX + 1];
    const char *bare = "abcdefghijklmnopqrstuvwxyz0123456789abcd";

    support_run(target.params,
                apr_psprintf(pool,
                             "INSERT INTO user_session (id, user_id, active_expires, idle_expires) "
                             "VALUES ('%s', '%s', 1699999999999, 1700000000001)",
                             bare, user.id));
    tap_is_result(luci_session_list(db, &list, pool), LUCI_OK, "a session that Lucia left");
    tap_is_result(luci_secret_sha256_hex(bare, strlen(bare), hex), LUCI_OK,
                  "  the hash of Lucia's session id is computed");
    tap_ok(strncmp(session.tag, hex, LUCI_EVENT_TAG_HEX) == 0, "  which stands for it");
    tap_is_int(session.state, LUCI_SESSION_IDLE, "a session of Lucia is listed as idle");
    tap_ok(session.created_at == NULL, "  of unknown age");
    list.now = NOW + 2;
    tap_is_result(luci_session_list(db, &list, pool), LUCI_OK, "a session of Lucia is listed later");
    tap_is_int(session.state, LUCI_SESSION_EXPIRED, "a session of Lucia is listed as expired later");
    tap_is_result(luci_session_list_delete(db, bare, pool), LUCI_OK,
                  "a session of Lucia is deleted from the list");
    tap_is_result(luci_session_list_delete(db, bare, pool), LUCI_NOT_FOUND, "a deleted session is not found");
    support_run(target.params,
                apr_psprintf(pool,
                             "INSERT INTO user_session (id, user_id, active_expires, idle_expires) "
                             "VALUES ('%s', '%s', 1699999999999, 1700000000001)",
                             hex, user.id));
    tap_is_result(luci_session_list_delete(db, bare, pool), LUCI_OK,
                  "  a session is deleted that got its hash since it was listed");
    tap_is_result(luci_session_list_delete(db, hex, pool), LUCI_NOT_FOUND,
                  "  the deleted session is not found by its hash");
    start_session(db, &user);
    list.user_id = user.id;
    tap_is_result(luci_session_list(db, &list, pool), LUCI_OK, "a session of ours");
    tap_ok(strncmp(session.tag, session.stored_id, LUCI_EVENT_TAG_HEX) == 0, "  has its hash in the table");
    tap_is_str(session.address, ours ? "192.0.2.1" : NULL,
               "  the listed session has its address, where there is a column");
    list.user_id = "nobody";
    memset(&session, 0, sizeof session);
    tap_is_result(luci_session_list(db, &list, pool), LUCI_OK, "the sessions of an unknown user are listed");
    tap_ok(session.stored_id == NULL, "an unknown user has no session");
}

int main(void)
{
    pool = support_start();
    if (luci_secret_init(pool) != LUCI_OK)
        support_give_up("SHA-256", "luci_secret_init failed");
    for (int ours = 0; ours <= 1; ours++) {
        luci_db_t *db = new_database(ours ? "admin-ours" : "admin-lucia", ours);

        check_add(db, ours);
        check_columns(db);
        check_rename(db);
        check_password(db);
        if (ours) {
            check_disabled(db);
            check_approval(db);
        }
        check_delete(db);
        check_sessions(db, ours);
        support_run(target.params, "DELETE FROM user_session");
        check_pages(db);
        luci_db_close(db);
    }
    return tap_done();
}
