/* SPDX-License-Identifier: Apache-2.0 */
/* People who change their username, delete their account or change their attributes: every answer, what the
 * tables hold afterwards, and what the caches forget. Specification: S1.34, S1.36 and
 * S1.39. */
#include "core/auth/account_deletion.h"
#include "core/auth/attribute_change.h"
#include "core/auth/name_change.h"
#include "lib/support_cache.h"
#include "lib/tap.h"

#include <apr_strings.h>
#include <string.h>

#define SESSIONS "SELECT count(*) FROM user_session"
#define USERS "SELECT count(*) FROM auth_user"
#define KEYS "SELECT count(*) FROM user_key"
#define NAME "SELECT username FROM auth_user"
#define HASH_OF(name) "SELECT hashed_password FROM user_key WHERE id = 'username:" name "'"

static apr_pool_t *pool;
static luci_name_change_t last;

static luci_result_t rename_to(const luci_session_t *session, const char *username)
{
    static luci_attempt_t attempt;

    attempt = (luci_attempt_t){ .now = 0 };
    last = (luci_name_change_t){ .request = { .username = username, .now = NOW, .attempt = &attempt },
                                 .session = session };
    with->events[0] = '\0';
    return luci_name_change(&with->auth, &last, pool);
}

static luci_result_t delete_as(const luci_session_t *session, const char *username)
{
    luci_account_deletion_t deletion = { .session = session, .username = username, .now = NOW };

    with->events[0] = '\0';
    return luci_account_deletion(&with->auth, &deletion, pool);
}

static luci_session_t sign_in(const char *username)
{
    tap_is_result(support_sign_in(with, username, PASSWORD), LUCI_OK, "%s signs in", username);
    return support_session;
}

/* What a request with the session sees: the username, or why there is none. */
static const char *name_seen(const luci_session_t *session)
{
    luci_session_claim_t claim = { .token = &session->token, .now = NOW };
    luci_session_t found;
    luci_result_t written, result = luci_auth_validate(&with->auth, &claim, &found, &written, pool);

    return result == LUCI_OK ? found.user.username : luci_result_name(result);
}

static void is_event(const char *kind, const char *reason, const luci_session_t *session, const char *what)
{
    tap_is_str(with->events,
               apr_psprintf(pool, "%s %s %s %s %s\n", kind, reason, session->user.username, session->user.id,
                            session->tag),
               "%s", what);
}

/* ---- Names ---- */

static void check_refused_names(void)
{
    luci_session_t session = sign_in("alice"), ended = sign_in("alice");

    tap_is_result(rename_to(&session, NULL), LUCI_INVALID, "no name is invalid");
    tap_is_result(rename_to(&session, "bob"), LUCI_INVALID, "a short name is invalid");
    is_event("user_rename", "invalid_username", &session, "the event says that the name is invalid");
    tap_is_result(rename_to(&session, " robin"), LUCI_INVALID, "a name that begins with a space is invalid");
    tap_is_result(support_sign_up(with, "robert", PASSWORD), LUCI_OK, "robert signs up");
    tap_is_result(rename_to(&session, "Robert"), LUCI_CONFLICT, "a name of another user is taken");
    is_event("user_rename", "name_taken", &session, "the event says that the name is taken");
    run_sql("UPDATE user_key SET hashed_password = NULL WHERE id = 'username:robert'");
    tap_is_result(rename_to(&session, "robert"), LUCI_CONFLICT, "a key without a password keeps its name");
    run_sql("DELETE FROM user_key WHERE id = 'username:robert'");
    tap_is_result(rename_to(&session, "robert"), LUCI_CONFLICT, "a user without a key keeps the name");
    if (strcmp(with->target.driver, "mysql") == 0) {
        run_sql("ALTER TABLE auth_user MODIFY username VARCHAR(255) CHARACTER SET utf8mb4 COLLATE "
                "utf8mb4_general_ci NOT NULL");
        tap_is_result(rename_to(&session, "r\xc3\xb6"
                                          "bert"),
                      LUCI_CONFLICT, "S1.34: a name that the column takes for another user's is taken");
    }
    tap_is_result(support_sign_out(with, ended.token.id), LUCI_OK, "one session ends");
    tap_is_result(rename_to(&ended, "robin"), LUCI_EXPIRED, "a session that has ended renames nobody");
    is_event("user_rename", "no_session", &ended, "the event says that there is no session");
    run_sql("UPDATE auth_user SET disabled = 1");
    tap_is_result(rename_to(&session, "robin"), LUCI_EXPIRED, "a disabled user is not renamed");
    run_sql("UPDATE auth_user SET disabled = 0");
    with->refuse_at = 1;
    with->with = LUCI_BUSY;
    tap_is_result(rename_to(&session, "robin"), LUCI_BUSY, "without a handle the change is busy");
    tap_is_str(support_auth_value(with, NAME " WHERE username LIKE 'a%'"), "alice", "the name is as before");
    tap_is_str(name_seen(&session), "alice", "the session is as before");
    run_sql("DELETE FROM user_session WHERE user_id IN (SELECT id FROM auth_user WHERE username = 'robert')");
    run_sql("DELETE FROM auth_user WHERE username = 'robert'");
}

static void check_rename(void)
{
    luci_session_t first = sign_in("alice"), second = sign_in("alice");
    const char *hash = apr_pstrdup(pool, support_auth_value(with, HASH_OF("alice")));
    long long sessions = support_auth_number(with, SESSIONS);

    tap_is_str(name_seen(&first), "alice", "the first session is cached");
    tap_is_str(name_seen(&second), "alice", "the second session is cached");
    run_sql("UPDATE user_key SET failures = 7");
    tap_is_result(rename_to(&first, "Robin"), LUCI_OK, "S1.34: a free name is given");
    tap_is_int(support_auth_number(with, "SELECT failures FROM user_key WHERE id = 'username:robin'"), 7,
               "S9.60: another name sets no failures back");
    is_event("user_rename", "none", &first, "the event has the session");
    tap_is_str(support_auth_value(with, NAME), "Robin", "S1.34: the user has the new name");
    tap_is_str(support_auth_value(with, HASH_OF("robin")), hash, "S1.34: the new key has the password");
    tap_is_int(support_auth_number(with, KEYS " WHERE hashed_password IS NULL AND id = 'username:alice'"), 1,
               "S1.34: the old key stays without a password");
    tap_is_int(support_auth_number(with, SESSIONS), sessions, "S1.34: all sessions stay");
    tap_is_str(name_seen(&first), "Robin", "S1.34: the session shows the new name at once");
    tap_is_str(name_seen(&second), "Robin", "S1.34: the other session of the user shows the new name");
    tap_is_str(last.request.attempt->device_account, apr_pstrcat(pool, "username:robin\n", hash, NULL),
               "S1.34: the device cookie is that of the new key");
    tap_is_result(support_sign_in(with, "alice", PASSWORD), LUCI_DENIED, "the old name does not sign in");
    tap_is_result(support_sign_up(with, "alice", PASSWORD), LUCI_CONFLICT, "S1.34: the old name is taken");
    (void)sign_in("robin");
    tap_is_result(rename_to(&first, "ROBIN"), LUCI_OK, "a change of the case alone is made");
    tap_is_str(support_auth_value(with, NAME), "ROBIN", "the name has the other case");
    tap_is_str(support_auth_value(with, HASH_OF("robin")), hash, "a change of the case leaves the password");
    tap_is_int(support_auth_number(with, KEYS), 2, "a change of the case adds no key");
    tap_is_result(rename_to(&first, "alice"), LUCI_OK, "S1.34: the way back to the own old name is open");
    tap_is_str(support_auth_value(with, HASH_OF("alice")), hash, "the old key has the password again");
    tap_is_int(support_auth_number(with, "SELECT COALESCE(SUM(failures), 0) FROM user_key"), 0,
               "a key without a password has no failures");
    tap_is_int(support_auth_number(with, KEYS " WHERE hashed_password IS NULL"), 1,
               "the key that was left has no password");
    (void)sign_in("alice");
    run_sql("DELETE FROM user_key WHERE id = 'username:robin'");
}

/* The session of a request may have been read before another change of the name. */
static void check_stale_name(void)
{
    luci_session_t session = sign_in("alice");

    tap_is_result(rename_to(&session, "first-name"), LUCI_OK, "a first change of the name");
    tap_is_result(rename_to(&session, "alice"), LUCI_OK, "a change with a session that has an older name");
    tap_is_int(support_auth_number(with, KEYS " WHERE hashed_password IS NOT NULL"), 1,
               "one key has the password");
    (void)sign_in("alice");
    run_sql("DELETE FROM user_key WHERE id = 'username:first-name'");
}

/* Users of another provider have no such key: the name is kept for them without a password. */
static void check_without_key(void)
{
    luci_session_t session = sign_in("alice");
    const char *hash = apr_pstrdup(pool, support_auth_value(with, HASH_OF("alice")));

    run_sql("UPDATE user_key SET id = 'github:alice'");
    tap_is_result(rename_to(&session, "robin"), LUCI_OK, "a user of another provider is renamed");
    tap_is_int(support_auth_number(with, KEYS " WHERE hashed_password IS NULL AND id = 'username:robin'"), 1,
               "the new name is theirs, without a password");
    tap_is_str(support_auth_value(with, "SELECT hashed_password FROM user_key WHERE id = 'github:alice'"),
               hash, "the key of the other provider is as before");
    run_sql("DELETE FROM user_key WHERE id = 'username:robin'");
    run_sql("UPDATE user_key SET id = 'username:alice'");
    tap_is_result(rename_to(&session, "alice"), LUCI_OK, "alice has her name again");
}

/* ---- Deletion ---- */

static void check_refused_deletions(void)
{
    luci_session_t session = sign_in("alice");
    long long sessions = support_auth_number(with, SESSIONS);

    tap_is_result(delete_as(&session, NULL), LUCI_INVALID, "no name deletes nothing");
    tap_is_result(delete_as(&session, ""), LUCI_INVALID, "an empty name deletes nothing");
    tap_is_result(delete_as(&session, "alicia"), LUCI_INVALID, "another name deletes nothing");
    is_event("user_delete", "invalid_username", &session, "the event says that the name is wrong");
    if (strcmp(with->target.driver, "mysql") == 0) {
        run_sql("CREATE TABLE orders (FOREIGN KEY (owner) REFERENCES auth_user(id)) "
                "SELECT id AS owner FROM auth_user");
    }
    else {
        run_sql("CREATE TABLE orders (owner VARCHAR(15) REFERENCES auth_user(id))");
        run_sql("INSERT INTO orders SELECT id FROM auth_user");
    }
    with->logged[0] = '\0';
    tap_is_result(delete_as(&session, "alice"), LUCI_CONFLICT,
                  "S1.36: a row of another table keeps the account");
    is_event("user_delete", "referenced", &session, "the event says that the account is in use");
    tap_ok(strncmp(with->logged, "user_referenced: ", 17) == 0, "a notice names the user");
    tap_is_int(luci_db_is_broken(with->db), 0, "the refusal leaves a good connection");
    tap_is_int(support_auth_number(with, SESSIONS), sessions, "S1.36: the sessions stay");
    tap_is_int(support_auth_number(with, KEYS), 1, "S1.36: the key stays");
    tap_is_str(name_seen(&session), "alice", "S1.36: the session is valid");
    run_sql("DROP TABLE orders");
}

static void check_deletion(void)
{
    luci_session_t first = sign_in("alice"), second = sign_in("alice");

    tap_is_str(name_seen(&first), "alice", "the first session is cached");
    tap_is_str(name_seen(&second), "alice", "the second session is cached");
    run_sql("INSERT INTO user_key (id, user_id) SELECT 'github:1', id FROM auth_user");
    tap_is_result(support_sign_up(with, "robert", PASSWORD), LUCI_OK, "robert signs up");
    tap_is_result(delete_as(&first, " ALICE "), LUCI_OK, "S1.36: the name is compared as at sign-in");
    is_event("user_delete", "none", &first, "the event has the session");
    tap_is_int(support_auth_number(with, USERS), 1, "S1.36: the user is gone, and no other");
    tap_is_int(support_auth_number(with, KEYS), 1, "S1.36: all keys are gone, and no other");
    tap_is_int(support_auth_number(with, SESSIONS), 1, "S1.36: all sessions are gone, and no other");
    tap_is_int(support_cache_records(), 0, "S1.36: no record is left in the cache");
    tap_is_str(name_seen(&first), luci_result_name(LUCI_NOT_FOUND), "S1.36: the session is unknown");
    tap_is_str(name_seen(&second), luci_result_name(LUCI_NOT_FOUND), "S1.36: the other session is unknown");
    tap_is_result(delete_as(&first, "alice"), LUCI_EXPIRED, "a second deletion finds no session");
    tap_is_result(support_sign_up(with, "alice", PASSWORD), LUCI_OK, "S1.36: the name is free");
}

/* ---- Attributes ---- */

#define EMAIL "SELECT email FROM auth_user"
#define OWN EMAIL " WHERE username = 'alice'"

/* email and nick may be changed; group_name may not. */
static void add_columns(void)
{
    apr_array_header_t *names = with->settings.attributes;

    run_sql("ALTER TABLE auth_user ADD COLUMN email VARCHAR(100)");
    run_sql("ALTER TABLE auth_user ADD COLUMN group_name VARCHAR(100)");
    run_sql("ALTER TABLE auth_user ADD COLUMN nick VARCHAR(100)");
    run_sql("CREATE UNIQUE INDEX one_nick ON auth_user (nick)");
    APR_ARRAY_PUSH(names, const char *) = "group_name";
    APR_ARRAY_PUSH(names, const char *) = "email";
    APR_ARRAY_PUSH(names, const char *) = "nick";
    with->settings.editable = apr_array_make(pool, 2, sizeof(luci_asked_attribute_t));
    APR_ARRAY_PUSH(with->settings.editable, luci_asked_attribute_t) = (luci_asked_attribute_t){ "email", 1 };
    APR_ARRAY_PUSH(with->settings.editable, luci_asked_attribute_t) = (luci_asked_attribute_t){ "nick", 1 };
    luci_db_close(with->db);
}

static luci_attribute_change_t changed;

static luci_result_t change_to(const luci_session_t *session, const char *email, const char *nick)
{
    static luci_attempt_t attempt;
    static const char *values[2];

    values[0] = email;
    values[1] = nick;
    attempt = (luci_attempt_t){ .now = 0 };
    changed = (luci_attribute_change_t){
        .request = { .now = NOW, .attempt = &attempt }, .session = session, .values = values, .refused = -1
    };
    with->events[0] = '\0';
    return luci_attribute_change(&with->auth, &changed, pool);
}

/* What a request with the session sees of an attribute. */
static const char *value_seen(const luci_session_t *session, const char *column)
{
    luci_session_claim_t claim = { .token = &session->token, .now = NOW };
    luci_session_t found;
    luci_result_t written, result = luci_auth_validate(&with->auth, &claim, &found, &written, pool);

    return result == LUCI_OK ? luci_user_attribute(&found.user, &with->settings, column)
                             : luci_result_name(result);
}

static void check_attributes(void)
{
    luci_session_t first = sign_in("alice"), second = sign_in("alice");

    tap_is_str(value_seen(&second, "email"), NULL, "the second session is cached without an address");
    tap_is_result(change_to(&first, "a@example.org", NULL), LUCI_OK, "S1.39: the address is changed");
    is_event("user_set", "none", &first, "the event of the change has the session");
    tap_is_str(support_auth_value(with, OWN), "a@example.org", "S1.39: the user has the address");
    tap_is_str(value_seen(&second, "email"), "a@example.org", "S1.39: no cache keeps the old address");
    tap_is_str(luci_user_attribute(&changed.user, &with->settings, "email"), "a@example.org",
               "the answer has the new address");
    tap_is_result(change_to(&first, NULL, "Al"), LUCI_OK, "S1.39: the nickname is changed alone");
    tap_is_str(support_auth_value(with, OWN), "a@example.org", "S1.39: what is not named stays");
    tap_is_str(luci_user_attribute(&changed.user, &with->settings, "email"), "a@example.org",
               "the answer has what stays");
    tap_is_result(change_to(&first, "", "Al"), LUCI_OK, "S1.39: the address is removed");
    tap_is_str(support_auth_value(with, OWN), NULL, "S1.39: an empty value is NULL");
    tap_is_str(value_seen(&second, "nick"), "Al", "the nickname stays");
    tap_is_result(change_to(&first, NULL, NULL), LUCI_OK, "a change of nothing succeeds");
    tap_is_result(change_to(&first, NULL, "Al"), LUCI_OK, "S1.39: the same value once more succeeds");
    tap_is_str(with->events, "", "S1.39: a form that changes nothing is no event");
}

static void check_refused_attributes(void)
{
    luci_session_t alice = sign_in("alice"), robert, ended = sign_in("alice");

    robert = sign_in("robert");
    tap_is_result(change_to(&robert, "r@example.org", "Al"), LUCI_CONFLICT,
                  "S1.39: a value that the column takes once is taken");
    tap_is_int(changed.refused, 1, "S1.39: the answer says which value is taken");
    is_event("user_set", "value_taken", &robert, "the event says that the value is taken");
    tap_is_str(support_auth_value(with, EMAIL " WHERE username = 'robert'"), NULL,
               "S1.39: nothing of a refused change is written");
    tap_is_int(luci_db_is_broken(with->db), 0, "a taken value leaves a good connection");
    tap_is_result(change_to(&robert, "r@example.org", "Rob"), LUCI_OK, "a free value is given");
    tap_is_result(support_sign_out(with, ended.token.id), LUCI_OK, "the session of the page ends");
    tap_is_result(change_to(&ended, "x@example.org", NULL), LUCI_EXPIRED, "an ended session changes nothing");
    is_event("user_set", "no_session", &ended, "the event of the change says that there is no session");
    run_sql("UPDATE auth_user SET disabled = 1 WHERE username = 'alice'");
    tap_is_result(change_to(&alice, "x@example.org", NULL), LUCI_EXPIRED, "a disabled user changes nothing");
    run_sql("UPDATE auth_user SET disabled = 0");
    with->refuse_at = 1;
    with->with = LUCI_BUSY;
    tap_is_result(change_to(&alice, "x@example.org", NULL), LUCI_BUSY, "without a handle it is busy");
    tap_is_str(support_auth_value(with, OWN), NULL, "no refused change was written");
}

static void check_missing_column(void)
{
    luci_session_t session = sign_in("alice");

    run_sql("ALTER TABLE auth_user DROP COLUMN email");
    luci_db_close(with->db);
    tap_is_result(change_to(&session, NULL, "Ally"), LUCI_OK, "other columns can be changed");
    tap_is_result(change_to(&session, "a@example.org", "Alice"), LUCI_UNAVAILABLE,
                  "S1.39: a value without a column is not lost in silence");
    tap_is_str(value_seen(&session, "nick"), "Ally", "S1.39: nothing is written beside it");
}

int main(void)
{
    pool = support_start();
    begin(pool, "own-account.db");
    check_refused_names();
    check_rename();
    check_stale_name();
    check_without_key();
    check_refused_deletions();
    check_deletion();
    add_columns();
    check_attributes();
    check_refused_attributes();
    check_missing_column();
    finish();
    return tap_done();
}
