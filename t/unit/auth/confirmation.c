/* SPDX-License-Identifier: Apache-2.0 */
/* People who confirm that a session is theirs: every answer, what the tables hold afterwards, and what the
 * caches forget. Specification: S1.29 and S1.30. */
#include "core/auth/confirmation.h"
#include "lib/support_cache.h"
#include "lib/tap.h"

#include <apr_strings.h>
#include <string.h>

#define SESSIONS "SELECT count(*) FROM user_session"
#define WITHIN (10 * LUCI_MS_MINUTE)

static apr_pool_t *pool;
static luci_session_t renewed;

/* A confirmation by the holder of a session, at the moment now. */
static luci_result_t confirm_at(const luci_session_t *session, const char *password, luci_ms_t now)
{
    luci_confirmation_t confirmation = {
        .request = { .username = session->user.username, .password = password, .now = now },
        .session = session,
    };

    with->events[0] = '\0';
    return luci_confirm(&with->auth, &confirmation, &renewed, pool);
}

static luci_result_t confirm(const luci_session_t *session, const char *password)
{
    return confirm_at(session, password, NOW);
}

static luci_session_t sign_in(void)
{
    tap_is_result(support_sign_in(with, "alice", PASSWORD), LUCI_OK, "alice signs in");
    return support_session;
}

static luci_result_t validate_session(const luci_session_t *session)
{
    luci_session_claim_t claim = { .token = &session->token, .now = NOW };
    luci_session_t found;
    luci_result_t written;

    return luci_auth_validate(&with->auth, &claim, &found, &written, pool);
}

static luci_ms_t proved_at(const luci_session_t *session)
{
    luci_ms_t at = -1;

    return luci_confirmation_proved_at(&with->auth, session, &at, pool) == LUCI_OK ? at : -2;
}

static void is_event(const char *reason, const luci_session_t *session, const char *what)
{
    tap_is_str(with->events,
               apr_psprintf(pool, "confirm %s alice %s %s\n", reason, session->user.id, session->tag), "%s",
               what);
}

static void check_age(void)
{
    tap_ok(!luci_session_is_proved(0, WITHIN, NOW), "no proof is not fresh");
    tap_ok(luci_session_is_proved(NOW, WITHIN, NOW), "a proof of this moment is fresh");
    tap_ok(luci_session_is_proved(NOW - WITHIN + 1, WITHIN, NOW), "a proof just within the limit is fresh");
    tap_ok(!luci_session_is_proved(NOW - WITHIN, WITHIN, NOW), "a proof at the limit is not fresh");
    tap_ok(luci_session_is_proved(NOW + LUCI_CLOCKS_DIFFER, WITHIN, NOW),
           "a proof by a clock that is a little ahead is fresh");
    tap_ok(!luci_session_is_proved(NOW + LUCI_CLOCKS_DIFFER + 1, WITHIN, NOW),
           "a proof by a clock that is far ahead is not fresh");
}

static void check_proofs(void)
{
    luci_session_t session = sign_in();

    tap_is_int(proved_at(&session), NOW, "S1.30: sign-in is a proof");
    run_sql("UPDATE user_session SET active_expires = 1");
    tap_is_result(validate_session(&session), LUCI_OK, "the session is renewed");
    tap_is_int(proved_at(&session), NOW, "S1.30: renewal leaves the proof as it is");
    run_sql("UPDATE user_session SET proved_at = NULL");
    tap_is_int(proved_at(&session), 0, "S1.30: a row without a proof has none");
    run_sql("DELETE FROM user_session");
    tap_is_int(proved_at(&session), 0, "an ended session has no proof");
    with->refuse_at = 1;
    with->with = LUCI_BUSY;
    tap_is_int(proved_at(&session), -2, "without a handle the proof is unknown");
}

static void check_refusals(void)
{
    luci_session_t session = sign_in();

    tap_is_result(confirm(&session, WRONG), LUCI_DENIED, "a wrong password is denied");
    is_event("wrong_password", &session, "the event says that the password is wrong");
    tap_is_result(confirm(&session, NULL), LUCI_DENIED, "no password is denied");
    is_event("invalid_password", &session, "the event says that the password is invalid");
    tap_is_result(confirm(&session, ""), LUCI_DENIED, "an empty password is denied");
    with->refuse_at = 1;
    with->with = LUCI_BUSY;
    tap_is_result(confirm(&session, PASSWORD), LUCI_BUSY, "without a handle the confirmation is busy");
    is_event("busy", &session, "the event says that there was no handle");
    tap_is_result(validate_session(&session), LUCI_OK, "refused confirmations leave the session");
}

static void check_success(void)
{
    luci_session_t session = sign_in(), other = sign_in();
    luci_ms_t later = NOW + LUCI_MS_HOUR;
    int ends, before;

    tap_is_result(validate_session(&session), LUCI_OK, "the session is valid and cached");
    ends = store.ends;
    before = (int)support_auth_number(with, SESSIONS);
    tap_is_result(confirm_at(&session, PASSWORD, later), LUCI_OK, "a right password confirms");
    is_event("none", &renewed, "the event has the new session");
    tap_ok(strcmp(renewed.token.id, session.token.id) != 0, "S1.30: the session has a new id");
    tap_is_int(support_auth_number(with, SESSIONS), before, "S1.30: the old row is gone");
    tap_is_int(store.ends - ends, 1, "S1.30: the cache forgets the old session");
    tap_is_result(validate_session(&session), LUCI_NOT_FOUND, "S1.30: the old id is unknown");
    tap_is_int(proved_at(&renewed), later, "S1.30: the new session has the proof");
    tap_is_int(renewed.created_at, later, "S1.30: the new session is as old as the proof");
    tap_is_result(validate_session(&other), LUCI_OK, "other sessions stay");
    tap_is_int(proved_at(&other), NOW, "S1.30: other sessions prove nothing more");
    tap_is_result(confirm(&session, PASSWORD), LUCI_EXPIRED, "an ended session confirms nothing");
    is_event("no_session", &session, "the event says that there is no session");
}

/* What may have happened to the account since the session was validated. */
static void check_accounts(void)
{
    luci_session_t session = sign_in(), stranger = session;

    stranger.user.id = "somebody";
    tap_is_result(confirm(&stranger, PASSWORD), LUCI_NOT_FOUND, "the key of another user is not tried");
    stranger = session;
    stranger.user.username = "alicia";
    tap_is_result(confirm(&stranger, PASSWORD), LUCI_BUSY,
                  "a user who has got another name meanwhile is asked to repeat the confirmation");
    run_sql("UPDATE auth_user SET username = 'alicia'");
    tap_is_result(confirm(&stranger, PASSWORD), LUCI_NOT_FOUND, "a user without a key has no password");
    run_sql("UPDATE auth_user SET username = 'alice'");
    run_sql("UPDATE auth_user SET disabled = 1");
    tap_is_result(confirm(&session, PASSWORD), LUCI_DENIED, "a disabled user is denied");
    run_sql("UPDATE auth_user SET disabled = 0");
    run_sql("UPDATE user_key SET hashed_password = NULL");
    tap_is_result(confirm(&session, PASSWORD), LUCI_NOT_FOUND, "a key without a password has none");
    is_event("no_password", &session, "the event says that there is no password");
    run_sql("DELETE FROM user_session");
    tap_is_result(confirm(&session, PASSWORD), LUCI_EXPIRED,
                  "a session that has ended meanwhile confirms nothing, whatever the account is");
}

static void check_missing_column(void)
{
    luci_session_t session = support_session;
    luci_ms_t at;

    run_sql("ALTER TABLE user_session DROP COLUMN proved_at");
    luci_db_close(with->db);
    tap_is_result(luci_confirmation_proved_at(&with->auth, &session, &at, pool), LUCI_NOT_FOUND,
                  "S1.30: without the column no proof can be known");
}

int main(void)
{
    pool = support_start();
    begin(pool, "confirmation.db");
    check_age();
    check_proofs();
    check_refusals();
    check_success();
    check_accounts();
    check_missing_column();
    finish();
    return tap_done();
}
