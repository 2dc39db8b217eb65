/* SPDX-License-Identifier: Apache-2.0 */
/* One-time links: what makes them, what makes them void, every answer of a reset, and what the tables and the
 * caches hold afterwards. Specification: S1.50 to S1.52. */
#include "core/auth/password_reset.h"
#include "core/account/admin.h"
#include "core/base/secret.h"
#include "core/token/token.h"
#include "lib/support_cache.h"
#include "lib/tap.h"

#include <apr_strings.h>
#include <string.h>

#define NEW "battery staple"
#define SESSIONS "SELECT count(*) FROM user_session"
#define LINKS "SELECT count(*) FROM auth_user_token"
#define HASH "SELECT hashed_password FROM user_key WHERE id = 'username:alice'"

static apr_pool_t *pool;
static luci_user_t alice;
static luci_password_reset_t last;

static luci_token_wanted_t make_link(void)
{
    luci_token_wanted_t wanted = { .user = alice, .now = NOW, .expires = NOW + LUCI_MS_HOUR };

    tap_is_result(luci_token_make(with->db, &wanted, pool), LUCI_OK, "a link is made");
    return wanted;
}

static luci_result_t reset_at(const char *token, const char *password, luci_ms_t now)
{
    last = (luci_password_reset_t){ .request = { .password = password, .now = now }, .token = token };
    with->events[0] = '\0';
    return luci_password_reset(&with->auth, &last, pool);
}

static luci_result_t reset(const char *token, const char *password)
{
    return reset_at(token, password, NOW);
}

/* The second form of a double click. */
static luci_result_t reset_again(const char *token, const char *password, luci_ms_t now)
{
    last = (luci_password_reset_t){ .request = { .password = password, .now = now },
                                    .token = token,
                                    .may_be_second = 1 };
    with->events[0] = '\0';
    return luci_password_reset(&with->auth, &last, pool);
}

static luci_result_t find(const char *token)
{
    luci_password_reset_t wanted = { .request.now = NOW, .token = token };
    const char *username = "";
    luci_result_t result = luci_password_reset_find(&with->auth, &wanted, &username, pool);

    if (result == LUCI_OK)
        tap_is_str(username, "alice", "a link that is found has the name of its user");
    return result;
}

/* A link that is not valid is neither shown nor spent, and changes nothing. */
static void is_void(const char *token, const char *why)
{
    const char *hash = apr_pstrdup(pool, support_auth_value(with, HASH));

    tap_is_result(find(token), LUCI_NOT_FOUND, "S1.51: %s: the link is not found", why);
    tap_is_result(reset(token, NEW), LUCI_NOT_FOUND, "S1.51: %s: the link sets no password", why);
    tap_ok(strstr(with->events, "password_reset invalid_link ") == with->events, "%s: the event says so",
           why);
    tap_is_str(support_auth_value(with, HASH), hash, "%s: the hash stays", why);
}

static void check_without_table(void)
{
    int found = 1;

    is_void("abcdefghijklmnopqrstuvwxyz012345", "without the table");
    tap_is_result(luci_token_void(with->db, alice.id, pool), LUCI_OK,
                  "without the table there is no link to void");
    tap_is_result(luci_token_purge(with->db, NOW, &found, pool), LUCI_OK,
                  "without the table there is no link to purge");
    tap_is_int(found, 0, "without the table no link is purged");
    for (int i = 0; i < 2; i++)
        tap_is_result(luci_token_create_table(with->db, pool), LUCI_OK, "the table is made, time %d", i + 1);
    tap_is_result(luci_token_has_table(with->db, &found), LUCI_OK, "the table is looked for");
    tap_is_int(found, 1, "the table is there");
}

static void check_refusals(void)
{
    luci_token_wanted_t link = make_link();

    tap_is_int(strspn(link.text, "abcdefghijklmnopqrstuvwxyz0123456789"), LUCI_TOKEN_LENGTH,
               "S1.50: a token has 32 characters of [a-z0-9]");
    tap_is_int(support_auth_number(with, LINKS), 1, "S1.50: a link is one row");
    tap_is_int(support_auth_number(with, apr_psprintf(pool, LINKS " WHERE id = '%s'", link.text)), 0,
               "S1.50: the table does not have the token");
    is_void(NULL, "no token");
    is_void("", "an empty token");
    is_void(apr_pstrmemdup(pool, link.text, LUCI_TOKEN_LENGTH - 1), "a part of the token");
    is_void(apr_pstrcat(pool, link.text, "a", NULL), "a token that is too long");
    is_void("abcdefghijklmnopqrstuvwxyz012345", "an unknown token");
    is_void(support_auth_value(with, "SELECT id FROM auth_user_token"), "the hash from the table");
    tap_is_result(reset(link.text, NULL), LUCI_INVALID, "no password is invalid");
    tap_is_result(reset(link.text, "abc"), LUCI_INVALID, "a short password is invalid");
    tap_is_int(last.request.weakness, LUCI_WEAKNESS_LENGTH, "a short password has the wrong length");
    with->settings.password_length.min = 5;
    tap_is_result(reset(link.text, "Alice"), LUCI_INVALID, "the username is no password");
    with->settings.password_length.min = 6;
    with->refuse_at = 2;
    with->with = LUCI_BUSY;
    tap_is_result(reset(link.text, NEW), LUCI_BUSY, "without a handle for the transaction the reset is busy");
    tap_is_result(find(link.text), LUCI_OK, "S1.51: refusals leave the link");
    tap_is_result(reset_at(link.text, NEW, NOW + LUCI_MS_HOUR), LUCI_NOT_FOUND, "S1.50: a link expires");
    tap_is_result(reset_at(link.text, NEW, NOW + LUCI_MS_HOUR - 1), LUCI_OK,
                  "S1.50: a link works until then");
}

/* A link that has set PASSWORD at the time NOW. */
static void check_twice(const char *token)
{
    const char *hash = apr_pstrdup(pool, support_auth_value(with, HASH)), *guess[] = { NULL, "", "abc", NEW };

    for (int i = 0; i < 2; i++)
        tap_is_result(reset_again(token, PASSWORD, NOW + LUCI_TWICE_WITHIN - 1), LUCI_OK,
                      "S9.48: a form that a browser sends again is answered as the first one, time %d",
                      i + 1);
    tap_is_str(with->events, "", "S9.48: a form that is sent again is no event");
    tap_is_str(last.request.username, "alice", "S9.48: the second answer names the user as the first one");
    tap_is_result(luci_password_reset_look(&with->auth, &last, pool), LUCI_OK,
                  "S9.48: a form that is sent again waits for a slot, because its password is verified");
    for (int i = 0; i < (int)(sizeof guess / sizeof *guess); i++)
        tap_is_result(reset_again(token, guess[i], NOW), LUCI_NOT_FOUND,
                      "S9.48: a spent link sets no other password, case %d", i + 1);
    tap_ok(strstr(with->events, "password_reset wrong_password alice ") == with->events,
           "S9.48: a guess with a spent link is an event of the account");
    tap_is_str(support_auth_value(with, HASH), hash, "S9.48: the hash stays, whatever is sent again");
    tap_is_int(support_auth_number(with, SESSIONS), 0, "S9.48: a form that is sent again makes no session");
    tap_is_int(support_auth_number(with, "SELECT failures FROM user_key WHERE id = 'username:alice'"), 2,
               "S9.48: each guess with a spent link is a failure of the account");
    tap_is_result(reset_again(token, PASSWORD, NOW + LUCI_TWICE_WITHIN), LUCI_NOT_FOUND,
                  "S9.48: after a minute the form of a spent link is refused");
    tap_is_result(reset_again(support_auth_value(with, "SELECT id FROM auth_user_token"), PASSWORD, NOW),
                  LUCI_NOT_FOUND, "S9.48: the id of a spent row is no token");
    run_sql("UPDATE auth_user SET disabled = 1");
    tap_is_result(reset_again(token, PASSWORD, NOW), LUCI_NOT_FOUND,
                  "S9.48: a second form for a user who was disabled is refused");
    run_sql("UPDATE auth_user SET disabled = NULL");
    run_sql("UPDATE user_key SET hashed_password = hashed_password || ' '");
    tap_is_result(reset_again(token, PASSWORD, NOW), LUCI_NOT_FOUND,
                  "S9.48: a second form after another change of the password is refused");
    run_sql(apr_psprintf(pool, "UPDATE user_key SET hashed_password = '%s'", hash));
}

static void check_success(void)
{
    luci_token_wanted_t link = make_link();
    luci_session_claim_t claim = { .now = NOW };
    luci_session_t session, found;
    luci_result_t written;

    tap_is_result(support_sign_in(with, "alice", NEW), LUCI_OK, "alice signs in");
    session = support_session;
    claim.token = &session.token;
    tap_is_result(luci_auth_validate(&with->auth, &claim, &found, &written, pool), LUCI_OK,
                  "the session is valid and cached");
    tap_is_result(reset(link.text, PASSWORD), LUCI_OK, "S1.51: a link sets the password");
    tap_is_str(with->events, apr_psprintf(pool, "password_reset none alice %s -\n", alice.id),
               "the event of a reset names the user and no session");
    tap_is_str(last.request.username, "alice", "a reset tells the name of the user");
    tap_is_int(support_auth_number(with, SESSIONS), 0, "S1.51: no session is left");
    tap_is_result(luci_auth_validate(&with->auth, &claim, &found, &written, pool), LUCI_NOT_FOUND,
                  "S1.51: the session is not in the cache any more");
    tap_is_int(support_auth_number(with, apr_psprintf(pool, LINKS " WHERE expires_at > %" APR_INT64_T_FMT,
                                                      NOW + LUCI_TWICE_WITHIN)),
               0, "the row of a spent link stays for a minute at most");
    is_void(link.text, "a second use");
    check_twice(link.text);
    tap_is_result(support_sign_in(with, "alice", PASSWORD), LUCI_OK, "the new password signs in");
}

/* What makes a link void: each case begins with a new one. */
static void check_void(void)
{
    luci_token_wanted_t link = make_link(), next = make_link();
    luci_admin_ended_t ended;
    int removed;

    is_void(link.text, "a new link");
    tap_is_result(luci_admin_set_password(with->db, &alice,
                                          &(luci_admin_password_t){ .stored_hash = "hash", .ended = &ended },
                                          pool),
                  LUCI_OK, "an administrator sets another password");
    is_void(next.text, "a change of the password");
    link = make_link();
    run_sql("UPDATE user_key SET hashed_password = NULL");
    is_void(link.text, "a password that was taken away");
    link = make_link();
    run_sql("UPDATE auth_user SET disabled = 1");
    is_void(link.text, "a disabled user");
    run_sql(apr_psprintf(pool, "UPDATE auth_user SET disabled = %" APR_INT64_T_FMT, NOW));
    is_void(link.text, "an expired user");
    tap_is_result(luci_token_make(with->db, &link, pool), LUCI_DENIED, "an expired user gets no link");
    run_sql("UPDATE auth_user SET disabled = NULL");
    link = make_link();
    tap_is_result(luci_token_void(with->db, alice.id, pool), LUCI_OK, "a link is voided");
    is_void(link.text, "a link that was voided");
    link = make_link();
    tap_is_result(luci_token_purge(with->db, link.expires - 1, &removed, pool), LUCI_OK, "links are purged");
    tap_is_int(removed, 0, "a valid link is not purged");
    tap_is_result(luci_token_purge(with->db, link.expires, &removed, pool), LUCI_OK,
                  "links are purged later");
    tap_is_int(removed, 1, "an expired link is purged");
}

static void check_keys(void)
{
    luci_admin_deleted_t deleted;
    luci_token_wanted_t link;

    run_sql("DELETE FROM user_key");
    link = make_link();
    tap_is_result(reset(link.text, PASSWORD), LUCI_OK, "a user without a key sets a password");
    tap_is_result(support_sign_in(with, "alice", PASSWORD), LUCI_OK, "the user who had no key signs in");
    tap_is_result(support_sign_up(with, "bertram", PASSWORD), LUCI_OK, "another user signs up");
    link = make_link();
    run_sql("UPDATE user_key SET user_id = (SELECT id FROM auth_user WHERE username = 'bertram') WHERE id = "
            "'username:alice'");
    is_void(link.text, "a key that belongs to another user");
    tap_is_result(luci_token_make(with->db, &link, pool), LUCI_CONFLICT,
                  "a user whose name is another's key gets no link");
    run_sql(apr_psprintf(pool, "UPDATE user_key SET user_id = '%s' WHERE id = 'username:alice'", alice.id));
    link = make_link();
    tap_is_result(luci_admin_delete(with->db, &alice, &deleted, pool), LUCI_OK, "alice is deleted");
    tap_is_int(support_auth_number(with, LINKS), 0, "S1.51: a user that is deleted takes the link along");
    tap_is_result(find(link.text), LUCI_NOT_FOUND, "S1.51: the link of a deleted user is not found");
    tap_is_result(luci_token_make(with->db, &link, pool), LUCI_NOT_FOUND, "a deleted user gets no link");
}

int main(void)
{
    pool = support_start();
    begin(pool, "password-reset.db");
    alice.username = "alice";
    alice.id = apr_pstrdup(pool, support_auth_value(with, "SELECT id FROM auth_user"));
    check_without_table();
    check_refusals();
    check_success();
    check_void();
    check_keys();
    finish();
    return tap_done();
}
