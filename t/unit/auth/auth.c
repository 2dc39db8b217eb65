/* SPDX-License-Identifier: Apache-2.0 */
/* Signing up, in and out: every answer, and what the tables hold afterwards. Specification: S1.10, S9.1,
 * S9.2, S9.7, S9.8, S9.11, S9.13, S9.15 and S9.41. */
#include "core/auth/auth.h"
#include "lib/support.h"
#include "lib/support_auth.h"
#include "lib/tap.h"

#include <apr_strings.h>
#include <string.h>

#define COUNTS                                                                                               \
    "SELECT (SELECT count(*) FROM auth_user) || ' ' || (SELECT count(*) FROM user_key) || ' ' || "           \
    "(SELECT count(*) FROM user_session)"
#define LETTERS "abcdefghijklmnopqrstuvwxyz0123456789"

static apr_pool_t *pool;

static const char *repeated(char letter, int times)
{
    char *all = apr_pcalloc(pool, (apr_size_t)times + 1);

    memset(all, letter, (size_t)times);
    return all;
}

/* ---- Sign-up ---- */

static void check_sign_up(void)
{
    support_auth_t *with = support_auth("sign-up.db", 1);

    tap_is_str(support_auth_value(with, COUNTS), "0 0 0", "S9.8: a new database has no accounts");
    tap_is_result(support_sign_up(with, "Alice", PASSWORD), LUCI_OK, "a sign-up succeeds");
    tap_is_str(support_auth_value(with, COUNTS), "1 1 1", "makes a user, a key and a session");
    tap_is_str(support_auth_value(with, "SELECT username FROM auth_user"), "Alice",
               "the username keeps its case");
    tap_is_str(support_auth_value(with, "SELECT id FROM user_key"), "username:alice", "the key does not");
    tap_is_int(support_auth_number(with,
                                   "SELECT count(*) FROM user_key k JOIN auth_user u ON u.id = k.user_id "
                                   "JOIN user_session s ON s.user_id = u.id"),
               1, "all three belong together");
    tap_is_str(support_auth_value(with, "SELECT id FROM auth_user"), support_session.user.id,
               "the session's user is the one stored");
    tap_is_int(strspn(support_session.user.id, LETTERS), LUCI_USER_ID_LENGTH,
               "a user id has 15 characters of the alphabet");
    tap_is_int(strlen(support_session.user.id), LUCI_USER_ID_LENGTH, "a user id has no other length");
    tap_is_int(strspn(support_session.token.id, LETTERS), LUCI_SESSION_ID_LENGTH, "a session id 40");
    tap_is_int(strlen(support_session.token.id), LUCI_SESSION_ID_LENGTH, "a session id has no other length");
    tap_ok(support_session.fresh && support_session.state == LUCI_SESSION_ACTIVE,
           "the session is active and fresh");
    tap_is_str(support_session.user.username, "Alice", "the session has the username");
    tap_is_int(support_field, LUCI_FIELD_NONE, "no field is to blame");
    tap_ok(strncmp(support_auth_value(with, "SELECT hashed_password FROM user_key"),
                   "$argon2id$v=19$m=8,t=1,p=1$", 27) == 0,
           "the hash has the configured cost");
    tap_is_int(support_auth_number(with, "SELECT created_at FROM auth_user"), NOW,
               "the user's moment is kept");
    tap_is_str(with->logged, "", "nothing is logged");
    support_auth_close(with);
}

static void check_conflicts(void)
{
    support_auth_t *with = support_auth("conflicts.db", 1);

    tap_is_result(support_sign_up(with, "Alice", PASSWORD), LUCI_OK, "a first sign-up");
    tap_is_result(support_sign_up(with, "Alice", "another one"), LUCI_CONFLICT, "the same name again");
    tap_is_result(support_sign_up(with, "aLICE", PASSWORD), LUCI_CONFLICT, "in other case");
    tap_is_result(support_sign_up(with, "alice ", PASSWORD), LUCI_INVALID,
                  "a space at its end makes no other name");
    tap_is_result(support_sign_up(with, "\xc3\x89mile", PASSWORD), LUCI_OK,
                  "a sign-up beyond ASCII succeeds");
    tap_is_result(support_sign_up(with, "\xc3\xa9MILE", PASSWORD), LUCI_CONFLICT, "case is Unicode's");
    support_run(with->target.params,
                "INSERT INTO auth_user (id, username) VALUES ('github0000000000', 'octocat')");
    tap_is_result(support_sign_up(with, "octocat", PASSWORD), LUCI_CONFLICT,
                  "a username that another provider's user has");
    tap_is_str(support_auth_value(with, COUNTS), "3 2 2", "refused sign-ups leave nothing");
    support_run(with->target.params, "INSERT INTO user_key (id, user_id, hashed_password) VALUES "
                                     "('username:hubot', 'github0000000000', NULL)");
    tap_is_result(support_sign_up(with, "Hubot", PASSWORD), LUCI_CONFLICT,
                  "a sign-up with a name whose key has no password conflicts");
    tap_is_result(support_sign_in(with, "Alice", PASSWORD), LUCI_OK, "the first password stays");
    support_auth_close(with);
}

/* ---- What is judged, and in which order ---- */

static const struct {
    const char *what;
    const char *username;
    const char *password;
    luci_field_t sign_up; /* what sign-up blames, NONE: it may pass */
    luci_field_t sign_in;
} inputs[] = {
    { "neither", NULL, NULL, LUCI_FIELD_USERNAME, LUCI_FIELD_USERNAME },
    { "no username", NULL, PASSWORD, LUCI_FIELD_USERNAME, LUCI_FIELD_USERNAME },
    { "no password", "alice", NULL, LUCI_FIELD_PASSWORD, LUCI_FIELD_PASSWORD },
    { "both empty", "", "", LUCI_FIELD_USERNAME, LUCI_FIELD_USERNAME },
    { "an empty password", "alice", "", LUCI_FIELD_PASSWORD, LUCI_FIELD_PASSWORD },
    { "both too short", "abc", "12345", LUCI_FIELD_USERNAME, LUCI_FIELD_NONE },
    { "S9.1: a short password", "alice", "12345", LUCI_FIELD_PASSWORD, LUCI_FIELD_NONE },
    { "the shortest", "abcd", "123456", LUCI_FIELD_NONE, LUCI_FIELD_NONE },
    { "two characters beyond 16 bits", "\xf0\x9f\x90\xb4\xf0\x9f\x90\xb4", PASSWORD, LUCI_FIELD_NONE,
      LUCI_FIELD_NONE },
    { "a newline", "al\nice", PASSWORD, LUCI_FIELD_USERNAME, LUCI_FIELD_USERNAME },
    { "an escape", "al\x1bice", PASSWORD, LUCI_FIELD_USERNAME, LUCI_FIELD_USERNAME },
    { "S9.2: a password of control characters", "control", "\n\r\t\x01\x02\x03", LUCI_FIELD_NONE,
      LUCI_FIELD_NONE },
};

static void is_blamed(luci_result_t result, luci_field_t want, const char *what)
{
    tap_ok(want == LUCI_FIELD_NONE ? result != LUCI_INVALID : result == LUCI_INVALID, "%s: %s", what,
           luci_result_name(result));
    tap_is_int(support_field, want, "  the blamed field");
}

static void check_inputs(void)
{
    support_auth_t *with = support_auth("inputs.db", 1);

    for (int i = 0; i < COUNT(inputs); i++) {
        is_blamed(support_sign_in(with, inputs[i].username, inputs[i].password), inputs[i].sign_in,
                  apr_pstrcat(pool, inputs[i].what, ", sign-in", NULL));
        is_blamed(support_sign_up(with, inputs[i].username, inputs[i].password), inputs[i].sign_up,
                  apr_pstrcat(pool, inputs[i].what, ", sign-up", NULL));
    }
    for (int length = 31; length <= 32; length++)
        is_blamed(support_sign_up(with, repeated('n', length), PASSWORD),
                  length > 31 ? LUCI_FIELD_USERNAME : LUCI_FIELD_NONE,
                  apr_psprintf(pool, "S1.10: a name of %d, sign-up", length));
    for (int length = 255; length <= 256; length++)
        is_blamed(support_sign_up(with, apr_psprintf(pool, "long-%d", length), repeated('p', length)),
                  length > 255 ? LUCI_FIELD_PASSWORD : LUCI_FIELD_NONE,
                  apr_psprintf(pool, "S9.1: a password of %d", length));
    tap_is_result(support_sign_in(with, "long-255", repeated('p', 255)), LUCI_OK,
                  "S9.1: the longest password signs in");
    tap_is_result(support_sign_in(with, "long-255", apr_pstrcat(pool, repeated('p', 254), "q", NULL)),
                  LUCI_DENIED, "S9.2: one that differs in the last character does not");
    support_auth_close(with);
}

/* ---- Sign-in ---- */

static void check_sign_in(void)
{
    support_auth_t *with = support_auth("sign-in.db", 1);
    const char *first;

    tap_is_result(support_sign_in(with, "alice", PASSWORD), LUCI_DENIED, "an unknown user");
    tap_is_result(support_sign_up(with, "Alice", PASSWORD), LUCI_OK, "a known one");
    first = support_session.token.id;
    tap_is_result(support_sign_in(with, "alice", WRONG), LUCI_DENIED, "a wrong password");
    tap_is_result(support_sign_in(with, "alice", "Correct horse"), LUCI_DENIED, "S9.2: in other case");
    tap_is_result(support_sign_in(with, "alice", PASSWORD " "), LUCI_DENIED,
                  "a password with a space appended is denied");
    tap_is_str(support_auth_value(with, COUNTS), "1 1 1", "refused sign-ins make no session");
    tap_is_result(support_sign_in(with, "aLiCe", PASSWORD), LUCI_OK, "the right one, the name in any case");
    tap_is_str(support_session.user.username, "Alice", "  the username is the stored one");
    tap_ok(strcmp(first, support_session.token.id) != 0, "  the session is a new one");
    tap_is_str(support_auth_value(with, COUNTS), "1 1 2", "  beside the first");
    support_auth_close(with);
}

/* Lucia normalises passwords: what looks the same is the same. */
static void check_nfkc(void)
{
    support_auth_t *with = support_auth("nfkc.db", 1);

    tap_is_result(support_sign_up(with, "alice", "caf\xc3\xa9 \xef\xac\x81ne"), LUCI_OK,
                  "a password with an accent and a ligature");
    tap_is_result(support_sign_in(with, "alice", "cafe\xcc\x81 fine"), LUCI_OK, "is the same decomposed");
    tap_is_result(support_sign_in(with, "alice", "cafe fine"), LUCI_DENIED,
                  "a password without its accent is denied");
    tap_is_result(support_sign_up(with, "emoji", "\xf0\x9f\x90\xb4 \xf0\x9f\x94\x8b \xf0\x9f\x93\x8e"),
                  LUCI_OK, "S9.1: emoji and spaces");
    tap_is_result(support_sign_in(with, "emoji", "\xf0\x9f\x90\xb4 \xf0\x9f\x94\x8b \xf0\x9f\x93\x8e"),
                  LUCI_OK, "S9.1: a password of emoji and spaces signs in");
    support_auth_close(with);
}

static void check_old_session(void)
{
    support_auth_t *with = support_auth("old.db", 1);
    luci_auth_request_t request = { .username = "alice", .password = PASSWORD, .now = NOW };
    luci_session_t session, other;
    luci_field_t field;

    tap_is_result(support_sign_up(with, "alice", PASSWORD), LUCI_OK, "a sign-up makes alice's session");
    other = support_session;
    request.old_session = &support_session.token;
    tap_is_result(luci_auth_sign_in(&with->auth, &request, &session, &field, pool), LUCI_OK,
                  "S9.11: signing in with it");
    tap_ok(strcmp(session.token.id, other.token.id) != 0, "S9.11: gives a new id");
    tap_is_result(support_sign_out(with, other.token.id), LUCI_NOT_FOUND,
                  "S9.11: a sign-in ends the old session");
    request.old_session = support_token(LETTERS "aaaa");
    tap_is_result(luci_auth_sign_in(&with->auth, &request, &session, &field, pool), LUCI_OK,
                  "S9.11: an unknown id does no harm");
    tap_ok(strcmp(session.token.id, request.old_session->id) != 0, "S9.11: an unknown id is never adopted");
    request.password = WRONG;
    request.old_session = support_token(session.token.id);
    tap_is_result(luci_auth_sign_in(&with->auth, &request, &other, &field, pool), LUCI_DENIED,
                  "a wrong password");
    tap_is_result(support_sign_out(with, session.token.id), LUCI_OK,
                  "a wrong password does not end the old session");
    request = (luci_auth_request_t){ .username = "alice", .password = PASSWORD, .now = NOW };
    tap_is_result(luci_auth_sign_in(&with->auth, &request, &session, &field, pool), LUCI_OK,
                  "alice signs in again");
    request.username = "bobby";
    request.old_session = support_token(session.token.id);
    tap_is_result(luci_auth_sign_up(&with->auth, &request, &other, &field, pool), LUCI_OK,
                  "a sign-up in alice's browser");
    tap_is_result(support_sign_out(with, session.token.id), LUCI_NOT_FOUND, "ends her session there");
    support_auth_close(with);
}

static void check_sign_out(void)
{
    support_auth_t *with = support_auth("sign-out.db", 1);
    luci_session_claim_t claim = { .now = NOW, .may_write = 1 };
    luci_session_token_t known;
    luci_session_t session;
    luci_result_t written;

    tap_is_result(support_sign_up(with, "alice", PASSWORD), LUCI_OK, "a sign-up makes a session to end");
    known = support_session.token;
    claim.token = &known;
    tap_is_result(luci_auth_validate(&with->auth, &claim, &session, &written, pool), LUCI_OK,
                  "the session is valid before the sign-out");
    tap_is_result(support_sign_out(with, support_session.token.id), LUCI_OK, "sign-out ends the session");
    tap_is_result(luci_auth_validate(&with->auth, &claim, &session, &written, pool), LUCI_NOT_FOUND,
                  "S9.13: a signed-out session is unknown at once");
    tap_is_result(support_sign_out(with, support_session.token.id), LUCI_NOT_FOUND,
                  "a second sign-out is not found");
    with->refuse_at = 1;
    with->with = LUCI_BUSY;
    tap_is_result(support_sign_out(with, support_session.token.id), LUCI_BUSY,
                  "S9.33: a sign-out that fails says so");
    support_auth_close(with);
}

/* HTTP Basic: no session, and whatever is impossible is just wrong. */
static void check_basic(void)
{
    support_auth_t *with = support_auth("basic.db", 1);
    luci_user_t user = { 0 };

    tap_is_result(support_sign_up(with, "Alice", PASSWORD), LUCI_OK, "a sign-up makes a user to check");
    tap_is_result(support_check(with, "alice", PASSWORD, &user), LUCI_OK, "checking the password");
    tap_is_str(user.username, "Alice", "  gives the user");
    tap_is_str(support_auth_value(with, COUNTS), "1 1 1", "  checking the password makes no session");
    tap_is_result(support_check(with, "alice", WRONG, &user), LUCI_DENIED, "a wrong one");
    tap_is_result(support_check(with, "nobody", PASSWORD, &user), LUCI_NOT_FOUND, "an unknown user");
    tap_is_result(support_check(with, "", PASSWORD, &user), LUCI_DENIED, "an empty name");
    tap_is_result(support_check(with, NULL, NULL, &user), LUCI_DENIED, "nothing at all");
    tap_is_result(support_check(with, "alice", repeated('p', 256), &user), LUCI_DENIED,
                  "a password that is too long");
    support_auth_close(with);
}

int main(void)
{
    pool = support_start();
    check_sign_up();
    check_conflicts();
    check_inputs();
    check_sign_in();
    check_nfkc();
    check_old_session();
    check_sign_out();
    check_basic();
    return tap_done();
}
