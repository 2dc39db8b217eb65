/* SPDX-License-Identifier: Apache-2.0 */
/* People who change their password: every answer, what the tables hold afterwards, and what the caches
 * forget. Specification: S1.26 and S1.27. */
#include "core/auth/password_change.h"
#include "core/base/secret.h"
#include "core/session/session_end.h"
#include "lib/support_cache.h"
#include "lib/tap.h"

#include <apr_strings.h>
#include <string.h>

#define NEW "battery staple"
#define SESSIONS "SELECT count(*) FROM user_session"
#define HASH "SELECT hashed_password FROM user_key WHERE id = 'username:alice'"

static apr_pool_t *pool;
static luci_session_t renewed;
static luci_password_change_t last;

/* A change by the holder of a session. */
static luci_result_t change(const luci_session_t *session, const char *current, const char *password,
                            int keep_sessions)
{
    last = (luci_password_change_t){
        .request = { .username = session->user.username, .password = current, .now = NOW },
        .session = session,
        .password = password,
        .keep_sessions = keep_sessions
    };
    with->events[0] = '\0';
    return luci_password_change(&with->auth, &last, &renewed, pool);
}

static luci_session_t sign_in(const char *password)
{
    tap_is_result(support_sign_in(with, "alice", password), LUCI_OK, "alice signs in with %s", password);
    return support_session;
}

static luci_result_t validate_session(const luci_session_t *session)
{
    luci_session_claim_t claim = { .token = &session->token, .now = NOW };
    luci_session_t found;
    luci_result_t written;

    return luci_auth_validate(&with->auth, &claim, &found, &written, pool);
}

static void is_event(const char *reason, const luci_session_t *session, const char *what)
{
    tap_is_str(with->events,
               apr_psprintf(pool, "password_change %s alice %s %s\n", reason, session->user.id, session->tag),
               "%s", what);
}

static void check_refusals(void)
{
    luci_session_t session = sign_in(PASSWORD);
    const char *hash = apr_pstrdup(pool, support_auth_value(with, HASH));

    tap_is_result(change(&session, PASSWORD, NULL, 0), LUCI_INVALID, "no new password is invalid");
    tap_is_int(last.request.weakness, LUCI_WEAKNESS_LENGTH, "no new password has no length");
    is_event("invalid_password", &session, "the event says that the new password is invalid");
    tap_is_result(change(&session, PASSWORD, "alice", 0), LUCI_INVALID, "a short new password is invalid");
    with->settings.password_length.min = 5;
    tap_is_result(change(&session, PASSWORD, "Alice", 0), LUCI_INVALID, "the username is no new password");
    tap_is_int(last.request.weakness, LUCI_WEAKNESS_USERNAME, "the weakness is the username");
    is_event("weak_password", &session, "the event says that the new password is weak");
    tap_is_result(change(&session, WRONG, NEW, 0), LUCI_DENIED, "a wrong password is denied");
    is_event("wrong_password", &session, "the event says that the password is wrong");
    tap_is_result(change(&session, NULL, NEW, 0), LUCI_DENIED, "no current password is denied");
    tap_is_result(change(&session, "", NEW, 0), LUCI_DENIED, "an empty current password is denied");
    with->refuse_at = 1;
    with->with = LUCI_BUSY;
    tap_is_result(change(&session, PASSWORD, NEW, 0), LUCI_BUSY, "without a handle the change is busy");
    is_event("busy", &session, "the event says that there was no handle");
    tap_is_str(support_auth_value(with, HASH), hash, "refused changes leave the hash");
    tap_is_result(validate_session(&session), LUCI_OK, "refused changes leave the session");
}

static void check_success(void)
{
    luci_session_t first = sign_in(PASSWORD), second = sign_in(PASSWORD), third;
    int ends;

    tap_is_result(validate_session(&first), LUCI_OK, "the first session is valid and cached");
    tap_is_result(validate_session(&second), LUCI_OK, "the second session is valid and cached");
    tap_is_int(support_cache_records() > 0, 1, "the cache has records");
    ends = store.ends;
    tap_is_result(change(&first, PASSWORD, NEW, 0), LUCI_OK, "a right password changes it");
    is_event("none", &renewed, "the event has the new session");
    tap_ok(strcmp(renewed.token.id, first.token.id) != 0, "S1.27: the session has a new id");
    tap_is_int(support_auth_number(with, SESSIONS), 1, "S1.27: one session is left");
    tap_ok(store.ends - ends >= 2, "S1.27: the cache forgets both sessions");
    tap_is_int(support_cache_records(), 0, "S1.27: no record is left in the cache");
    tap_is_result(validate_session(&first), LUCI_NOT_FOUND, "S1.27: the old id is unknown");
    tap_is_result(validate_session(&second), LUCI_NOT_FOUND, "S1.27: the other session is unknown");
    tap_is_result(validate_session(&renewed), LUCI_OK, "S1.27: the new session is valid");
    tap_is_result(support_sign_in(with, "alice", PASSWORD), LUCI_DENIED, "the old password does not sign in");
    third = sign_in(NEW);
    first = renewed;
    tap_is_result(change(&first, NEW, PASSWORD, 1), LUCI_OK, "the password is changed back");
    tap_is_result(validate_session(&third), LUCI_OK, "keep_sessions keeps the other session");
    tap_is_result(validate_session(&first), LUCI_NOT_FOUND,
                  "keep_sessions renews the id of the session that changes the password");
    tap_is_result(change(&first, PASSWORD, NEW, 0), LUCI_EXPIRED, "a session that has ended changes nothing");
    is_event("no_session", &first, "the event says that there is no session");
    tap_is_result(support_sign_in(with, "alice", PASSWORD), LUCI_OK, "the password is as it was");
}

/* Rows of Lucia v2, whose ids are not hashed, end like all others. */
static void check_unhashed(void)
{
    luci_session_t session = sign_in(PASSWORD);

    run_sql(apr_psprintf(pool,
                         "INSERT INTO user_session (id, user_id, active_expires, idle_expires) VALUES "
                         "('%.40s', '%s', %" APR_INT64_T_FMT ", %" APR_INT64_T_FMT ")",
                         "abcdefghijklmnopqrstuvwxyz0123456789abcd", session.user.id, NOW + LUCI_MS_DAY,
                         NOW + 2 * LUCI_MS_DAY));
    tap_is_result(change(&session, PASSWORD, NEW, 0), LUCI_OK, "a change beside a row of Lucia");
    tap_is_int(support_auth_number(with, SESSIONS), 1, "the row of Lucia is gone");
    session = renewed;
    tap_is_result(change(&session, NEW, PASSWORD, 0), LUCI_OK, "the password is as before");
}

/* What may have happened to the account since the session was validated. */
static void check_accounts(void)
{
    luci_session_t session = sign_in(PASSWORD), stranger = session;

    stranger.user.id = "somebody";
    tap_is_result(change(&stranger, PASSWORD, NEW, 0), LUCI_NOT_FOUND,
                  "the key of another user is not tried");
    stranger = session;
    stranger.user.username = "alicia";
    tap_is_result(change(&stranger, PASSWORD, NEW, 0), LUCI_BUSY,
                  "a user who has got another name meanwhile is asked to repeat the change");
    run_sql("UPDATE auth_user SET username = 'alicia'");
    tap_is_result(change(&stranger, PASSWORD, NEW, 0), LUCI_NOT_FOUND,
                  "a user without a key has no password");
    run_sql("UPDATE auth_user SET username = 'alice'");
    run_sql("UPDATE auth_user SET disabled = 1");
    tap_is_result(change(&session, PASSWORD, NEW, 0), LUCI_DENIED, "a disabled user is denied");
    is_event("disabled", &session, "the event says that the user is disabled");
    run_sql("UPDATE auth_user SET disabled = 0");
    run_sql("UPDATE user_key SET hashed_password = NULL");
    tap_is_result(change(&session, PASSWORD, NEW, 0), LUCI_NOT_FOUND, "a key without a password has none");
    is_event("no_password", &session, "the event says that there is no password");
    tap_is_int(support_auth_number(with, "SELECT count(*) FROM user_key WHERE hashed_password IS NULL"), 1,
               "such a key gets no password");
    run_sql("DELETE FROM user_session");
    run_sql("DELETE FROM user_key");
    tap_is_result(change(&session, PASSWORD, NEW, 0), LUCI_EXPIRED,
                  "the session of a user who was deleted meanwhile has ended");
}

/* ---- Its parts ---- */

static void check_unhex(void)
{
    unsigned char out[3];

    tap_is_result(luci_secret_unhex("00fFa0", out, 3), LUCI_INVALID, "upper-case hex is invalid");
    tap_is_result(luci_secret_unhex("00ffa", out, 3), LUCI_INVALID, "short hex is invalid");
    tap_is_result(luci_secret_unhex("00ffa00", out, 3), LUCI_INVALID, "long hex is invalid");
    tap_is_result(luci_secret_unhex("00ffa0", out, 3), LUCI_OK, "lower-case hex is decoded");
    tap_ok(memcmp(out, "\0\377\240", 3) == 0, "the bytes are right");
}

int main(void)
{
    pool = support_start();
    begin(pool, "password-change.db");
    check_refusals();
    check_success();
    check_unhashed();
    check_accounts();
    check_unhex();
    finish();
    return tap_done();
}
