/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses: asked for, verified, replaced and brought back; what voids a link, every answer, and what the
 * tables and the caches hold afterwards. Specification: S1.80 to S1.83. */
#include "core/auth/own_email.h"
#include "core/account/admin.h"
#include "core/auth/email_proof.h"
#include "core/email/email_address.h"
#include "core/email/email_admin.h"
#include "core/email/email_order.h"
#include "core/mail/transport.h"
#include "core/token/token.h"
#include "lib/support_cache.h"
#include "lib/tap.h"

#include <apr_strings.h>
#include <string.h>

#define LINKS "SELECT count(*) FROM auth_user_email_token WHERE kind IN ('verify', 'undo')"
#define SPENT "SELECT count(*) FROM auth_user_email_token WHERE kind IN ('spent_verify', 'spent_undo')"
#define MAILS "SELECT count(*) FROM auth_user_mail"
#define KEYS "SELECT count(*) FROM user_key WHERE id LIKE 'email:%'"
#define SESSIONS "SELECT count(*) FROM user_session WHERE user_id = "
#define ONE "anna@example.org"
#define TWO "Anna+two@Example.com"
#define LATER (NOW + LUCI_MS_MINUTE)

static apr_pool_t *pool;
static luci_session_t session; /* of anna */
static luci_email_change_t last;

/* ---- Steps ---- */

static luci_result_t ask_as(const luci_session_t *as, const char *address, luci_ms_t now)
{
    static luci_attempt_t attempt;

    attempt = (luci_attempt_t){ .now = 0 };
    last = (luci_email_change_t){
        .request = { .now = now, .attempt = &attempt }, .session = as, .address = address, .language = "de"
    };
    with->events[0] = '\0';
    return luci_email_change(&with->auth, &last, pool);
}

static luci_result_t ask(const char *address, luci_ms_t now)
{
    return ask_as(&session, address, now);
}

/* The token of a link that was ordered, as the mail's sender makes it; "": the link is void. */
static const char *token_of(const char *user_id, const char *kind, const char *address, luci_ms_t expires)
{
    luci_email_link_t link = { user_id, kind, address, expires };
    char text[LUCI_EMAIL_TOKEN_LENGTH + 1] = "";

    return luci_email_token_make(with->db, &link, text, pool) == LUCI_OK ? apr_pstrdup(pool, text) : "";
}

static const char *verifying(const char *address, luci_ms_t ordered)
{
    return token_of(session.user.id, LUCI_EMAIL_VERIFY, address, ordered + LUCI_EMAIL_VERIFY_LASTS);
}

static const char *undoing(const char *address, luci_ms_t ordered)
{
    return token_of(session.user.id, LUCI_EMAIL_UNDO, address, ordered + LUCI_EMAIL_UNDO_LASTS);
}

static luci_result_t spend(const char *token, luci_ms_t now)
{
    luci_email_proof_t proof = { .request.now = now, .token = token };

    with->events[0] = '\0';
    return luci_email_proof_spend(&with->auth, &proof, pool);
}

/* The second form of a double click. */
static luci_result_t spend_again(const char *token, luci_ms_t now)
{
    luci_email_proof_t proof = { .request.now = now, .token = token, .may_be_second = 1 };

    with->events[0] = '\0';
    return luci_email_proof_spend(&with->auth, &proof, pool);
}

static luci_result_t find(const char *token, luci_ms_t now)
{
    luci_email_proof_t proof = { .request.now = now, .token = token };

    return luci_email_proof_find(&with->auth, &proof, pool);
}

static int said(const char *words)
{
    return strncmp(with->events, words, strlen(words)) == 0;
}

static const char *value(const char *sql)
{
    return apr_pstrdup(pool,
                       support_auth_value(with, apr_pstrcat(pool, sql, "'", session.user.id, "'", NULL)));
}

/* "ADDRESS VERIFIED KEY" of anna. */
static const char *state(void)
{
    return apr_pstrcat(
        pool, value("SELECT COALESCE(email, '-') FROM auth_user WHERE id = "), " ",
        value("SELECT COALESCE(email_verified, -1) FROM auth_user WHERE id = "), " ",
        value("SELECT COALESCE(MAX(id), '-') FROM user_key WHERE id LIKE 'email:%' AND user_id = "), NULL);
}

/* What a request with a session sees: whether the address is verified. */
static const char *seen_by_request(const luci_session_t *by)
{
    luci_session_claim_t claim = { .token = &by->token, .now = LATER, .may_write = 1 };
    luci_session_t found;
    luci_result_t written, result = luci_auth_validate(&with->auth, &claim, &found, &written, pool);
    const char *flag = result == LUCI_OK ? luci_user_attribute(&found.user, &with->settings, "email_verified")
                                         : "no session";

    return flag ? flag : "NULL";
}

static luci_session_t sign_in(const char *name)
{
    tap_is_result(support_sign_in(with, name, PASSWORD), LUCI_OK, "%s signs in", name);
    return support_session;
}

/* ---- Asking ---- */

static void check_asking(void)
{
    luci_own_email_t own;

    tap_is_result(luci_own_email_read(&with->auth, &session, NOW, &own, pool), LUCI_OK,
                  "the address of an account without one is read");
    tap_ok(!own.email && !own.is_verified && !own.awaited, "an account without an address has none");
    for (int i = 0; i < 5; i++) {
        static const char *const wrong[] = { "", "anna", "anna@", "Anna <anna@example.org>",
                                             "a@example.org,b@example.org" };

        tap_is_result(ask(wrong[i], NOW), LUCI_INVALID, "S1.80: \"%s\" is no address", wrong[i]);
    }
    tap_ok(said("email_request bad_request anna"), "S1.80: an address that is refused is reported");
    tap_is_result(ask(NULL, NOW), LUCI_INVALID, "S1.80: without an address there is nothing to send again");
    tap_is_int(support_auth_number(with, MAILS), 0, "S1.80: refusals order no mail");
    tap_is_result(ask(ONE, NOW), LUCI_OK, "S1.80: a link is ordered");
    tap_ok(said("email_request none anna"), "S1.80: the order is reported");
    tap_is_str(state(), ONE " 0 -",
               "S1.80: the first address is the account's at once, not verified, without a key");
    tap_ok(last.own.email && strcmp(last.own.email, ONE) == 0 && !last.own.is_verified,
           "the order tells the address");
    tap_is_str(support_auth_value(with, "SELECT address FROM auth_user_mail"), ONE,
               "S1.80: the mail goes to the address");
    tap_is_str(support_auth_value(with, "SELECT language FROM auth_user_mail"), "de",
               "S1.80: the mail is in the language of the request");
    tap_is_result(luci_own_email_read(&with->auth, &session, NOW, &own, pool), LUCI_OK, "it is read again");
    tap_is_str(own.awaited ? own.awaited : "", ONE, "the address is awaited");
    tap_is_result(ask(NULL, LATER), LUCI_OK, "S1.80: the link is sent again");
    tap_is_int(support_auth_number(with, MAILS), 2, "S1.80: sending again orders a second mail");
    tap_is_int(support_auth_number(with, LINKS), 1, "S1.81: a user has one link that verifies");
    tap_is_str(verifying(ONE, NOW), "", "S1.81: the first mail gets no token any more");
    with->refuse_at = 1;
    with->with = LUCI_BUSY;
    tap_is_result(ask(TWO, NOW), LUCI_BUSY, "without a handle the order is busy");
}

/* ---- Verifying ---- */

static void is_void(const char *token, luci_ms_t now, const char *why)
{
    const char *before = state();

    tap_is_result(find(token, now), LUCI_NOT_FOUND, "S1.82: %s: the link is not found", why);
    tap_is_result(spend(token, now), LUCI_NOT_FOUND, "S1.82: %s: the link is not spent", why);
    tap_ok(said("email_verify invalid_link "), "S1.82: %s: the event says so", why);
    tap_is_str(state(), before, "S1.82: %s: nothing changes", why);
}

/* The link was spent at the time then, and what it did still holds. */
static void check_twice(const char *token, luci_ms_t then)
{
    const char *before = state(), *left = apr_pstrdup(pool, support_auth_value(with, SPENT));
    luci_email_proof_t proof = { .request.now = then, .token = token, .may_be_second = 1 };

    for (int i = 0; i < 2; i++)
        tap_is_result(spend_again(token, then + LUCI_TWICE_WITHIN - 1), LUCI_OK,
                      "S9.48: a form that a browser sends again is answered as the first one, time %d",
                      i + 1);
    tap_is_str(with->events, "", "S9.48: a form that is sent again is no event");
    tap_is_str(state(), before, "S9.48: a form that is sent again changes nothing");
    tap_is_str(support_auth_value(with, SPENT), left, "S9.48: a form that is sent again leaves the row");
    tap_is_result(luci_email_proof_find(&with->auth, &proof, pool), LUCI_NOT_FOUND,
                  "S1.82: the page of a spent link is not shown");
    tap_is_result(luci_email_proof_spend(&with->auth, &proof, pool), LUCI_OK,
                  "S9.48: a form that is sent again at once is answered");
    tap_is_str(apr_pstrcat(pool, proof.username, " ", proof.email, NULL),
               apr_pstrcat(pool, "anna ", value("SELECT email FROM auth_user WHERE id = "), NULL),
               "S9.48: the second answer names account and address as the first one");
    tap_is_result(spend_again(token, then + LUCI_TWICE_WITHIN), LUCI_NOT_FOUND,
                  "S9.48: after a minute the form of a spent link is refused");
    tap_ok(said("email_verify invalid_link "), "S9.48: a refused second form is an event");
    tap_is_result(spend_again("abcdefghijklmnopqrstuvwxyz012345", then), LUCI_NOT_FOUND,
                  "S9.48: a second form with an unknown token is refused");
    tap_is_result(spend_again(support_auth_value(with, "SELECT id FROM auth_user_email_token "
                                                       "WHERE kind IN ('spent_verify', 'spent_undo')"),
                              then),
                  LUCI_NOT_FOUND, "S9.48: the id of a spent row is no token");
}

static void check_verifying(void)
{
    const char *first = verifying(ONE, LATER), *token = verifying(ONE, LATER);
    luci_session_t cached = sign_in("anna");

    tap_is_int((int)strlen(token), LUCI_EMAIL_TOKEN_LENGTH, "S1.81: a token has 32 characters");
    tap_is_int(support_auth_number(with, apr_psprintf(pool, LINKS " AND id = '%s'", token)), 0,
               "S1.81: the table does not have the token");
    is_void(first, LATER, "the token of a mail that was tried before");
    is_void(NULL, LATER, "no token");
    is_void("abcdefghijklmnopqrstuvwxyz012345", LATER, "an unknown token");
    is_void(support_auth_value(with, "SELECT id FROM auth_user_email_token"), LATER,
            "the hash from the table");
    is_void(token, LATER + LUCI_MS_DAY, "a link after a day");
    run_sql("UPDATE auth_user SET disabled = 1 WHERE username = 'anna'");
    is_void(token, LATER, "a disabled user");
    run_sql("UPDATE auth_user SET disabled = 2 WHERE username = 'anna'");
    tap_is_result(find(token, LATER), LUCI_OK, "S1.82: a user who waits for approval may verify an address");
    run_sql("UPDATE auth_user SET disabled = NULL WHERE username = 'anna'");
    tap_is_result(find(token, LATER + LUCI_MS_DAY - 1), LUCI_OK, "S1.82: a link is valid for a day");
    tap_is_str(state(), ONE " 0 -", "S1.82: looking at a link changes nothing");
    for (int i = 0; i < 3; i++)
        tap_is_str(seen_by_request(&cached), "0", "request %d sees that the address is not verified", i + 1);
    tap_is_result(spend(token, LATER), LUCI_OK, "S1.82: a link verifies the address");
    tap_is_str(with->events, apr_psprintf(pool, "email_verify none anna %s -\n", session.user.id),
               "S1.82: the event names the user and no session");
    tap_is_str(state(), ONE " 1 email:" ONE, "S1.82: a verified address has a key");
    tap_is_str(seen_by_request(&cached), "1", "S1.82: the next request sees that the address is verified");
    tap_is_str(value(SESSIONS), "2", "S1.82: verifying an address ends no session");
    is_void(token, LATER, "a second use");
    check_twice(token, LATER);
    run_sql("UPDATE auth_user SET disabled = 1 WHERE username = 'anna'");
    tap_is_result(spend_again(token, LATER), LUCI_NOT_FOUND,
                  "S9.48: a second form for a user who was disabled is refused");
    run_sql("UPDATE auth_user SET disabled = NULL WHERE username = 'anna'");
    run_sql("UPDATE auth_user SET email_verified = 0 WHERE username = 'anna'");
    tap_is_result(spend_again(token, LATER), LUCI_NOT_FOUND,
                  "S9.48: a second form for an address that is not verified any more is refused");
    run_sql("UPDATE auth_user SET email_verified = 1, email = '" TWO "' WHERE username = 'anna'");
    tap_is_result(spend_again(token, LATER), LUCI_NOT_FOUND,
                  "S9.48: a second form for an address that was replaced is refused");
    run_sql("UPDATE auth_user SET email = '" ONE "' WHERE username = 'anna'");
    tap_is_result(ask(ONE, LATER), LUCI_OK, "an address that is verified may be asked for");
    tap_is_int(support_auth_number(with, LINKS), 0, "an address that is verified is not verified again");
}

/* ---- Changing, and the way back ---- */

static luci_token_wanted_t make_reset(void)
{
    luci_token_wanted_t wanted = { .user = session.user, .now = LATER, .expires = LATER + LUCI_MS_HOUR };

    tap_is_result(luci_token_make(with->db, &wanted, pool), LUCI_OK, "a link to a new password is made");
    return wanted;
}

static void check_changing(void)
{
    luci_token_wanted_t reset = make_reset();
    luci_token_t found;

    tap_is_result(ask(TWO, LATER), LUCI_OK, "another address is asked for");
    tap_is_str(state(), ONE " 1 email:" ONE, "S1.80: a verified address stays until another one is verified");
    tap_is_str(last.own.awaited ? last.own.awaited : "", TWO, "the order tells which address is awaited");
    tap_is_result(spend(verifying(TWO, LATER), LATER), LUCI_OK, "the other address is verified");
    tap_is_str(state(), TWO " 1 email:anna+two@example.com",
               "S1.82: the key moves, in lower case, and the column has what was typed");
    tap_is_result(luci_token_find(with->db, reset.text, LATER, &found, pool), LUCI_NOT_FOUND,
                  "S1.83: a link to a new password that was sent before is void");
    tap_is_str(support_auth_value(with, "SELECT address FROM auth_user_mail WHERE kind = 'undo'"), ONE,
               "S1.83: the address before gets a mail");
}

/* The attacker's further change does not void the owner's way back, but goes with it. */
static void check_undoing(void)
{
    const char *owner = undoing(ONE, LATER), *attacker;
    luci_ms_t then = LATER + LUCI_MS_MINUTE;
    luci_session_t other = sign_in("anna");
    luci_token_wanted_t reset;
    luci_token_t found;

    tap_is_result(ask("third@example.net", then), LUCI_OK, "a third address is asked for");
    tap_is_result(spend(verifying("third@example.net", then), then), LUCI_OK,
                  "the third address is verified");
    attacker = undoing(TWO, then);
    tap_is_result(find(attacker, then), LUCI_OK, "S1.83: each address that was replaced has a way back");
    tap_is_result(ask("fourth@example.net", then), LUCI_OK, "a fourth address is asked for");
    tap_is_result(find(owner, LATER + LUCI_EMAIL_UNDO_LASTS - 1), LUCI_OK,
                  "S1.83: the way back is open for 7 days");
    is_void(owner, LATER + LUCI_EMAIL_UNDO_LASTS, "a way back after 7 days");
    reset = make_reset();
    tap_is_result(spend(owner, then), LUCI_OK, "S1.83: the first address is brought back");
    tap_ok(said("email_undo none anna"), "S1.83: bringing it back is reported");
    tap_is_str(state(), ONE " 1 email:" ONE, "S1.83: it is the verified one again, with the key");
    tap_is_str(value(SESSIONS), "0", "S1.83: all sessions have ended");
    tap_is_result(luci_token_find(with->db, reset.text, then, &found, pool), LUCI_NOT_FOUND,
                  "S1.83: links to a new password are void");
    is_void(attacker, then, "a way back to a later address");
    tap_is_str(verifying("fourth@example.net", then), "", "S1.83: an order that waits is void");
    is_void(owner, then, "a second use of the way back");
    tap_is_result(spend_again(owner, then), LUCI_OK,
                  "S9.48: the form of a way back that a browser sends again is answered as the first one");
    tap_is_str(with->events, "", "S9.48: a way back that is sent again is no event");
    tap_is_result(ask_as(&other, TWO, then), LUCI_EXPIRED, "a session that has ended asks for nothing");
    tap_ok(said("email_request no_session anna"), "an ended session is reported");
    session = sign_in("anna");
}

/* ---- Two accounts ---- */

static void check_two(void)
{
    luci_session_t other;
    luci_user_t owner;
    const char *token;

    tap_is_result(support_sign_up(with, "bertram", PASSWORD), LUCI_OK, "another user signs up");
    other = support_session;
    tap_is_result(ask_as(&other, "ANNA@example.org", LATER), LUCI_OK,
                  "S1.80: an address of another account is asked for with the same answer");
    token = token_of(other.user.id, LUCI_EMAIL_VERIFY, "ANNA@example.org", LATER + LUCI_EMAIL_VERIFY_LASTS);
    tap_is_result(spend(token, LATER), LUCI_NOT_FOUND,
                  "S1.82: an address of another account is not verified");
    tap_ok(said("email_verify invalid_link bertram"), "the event names the account of the link");
    tap_is_result(luci_email_find(with->db, &with->settings, "Anna@Example.Org", &owner, pool), LUCI_OK,
                  "S1.82: the account of a verified address is found in any spelling");
    tap_is_str(owner.id, session.user.id, "S1.82: it is the one that verified it");
    tap_is_result(luci_email_admin_set(with->db, &session.user, NULL, NULL, pool), LUCI_OK,
                  "an administrator takes the address away");
    tap_is_str(state(), "- 0 -", "S7.8: an account whose address was taken away has no key of it");
    tap_is_result(spend(token, LATER), LUCI_OK, "S1.82: the address is free then");
    tap_is_result(luci_email_admin_set(with->db, &session.user, ONE, NULL, pool), LUCI_CONFLICT,
                  "S7.8: an administrator cannot give the address of another user");
    tap_is_result(luci_email_admin_set(with->db, &session.user, "anna", NULL, pool), LUCI_INVALID,
                  "S7.8: an administrator cannot give what is no address");
    tap_is_result(luci_email_admin_set(with->db, &session.user, TWO, NULL, pool), LUCI_OK,
                  "S7.8: an administrator gives an address");
    tap_is_str(state(), TWO " 1 email:anna+two@example.com", "S7.8: it counts as verified");
}

/* An application that uses Lucia may have given the key of an address a password, which moves with it. */
static void check_password(void)
{
    tap_is_result(ask("fifth@example.net", LATER), LUCI_OK, "a fifth address is asked for");
    run_sql("UPDATE user_key SET hashed_password = 'secret' WHERE id = 'email:anna+two@example.com'");
    tap_is_result(spend(verifying("fifth@example.net", LATER), LATER), LUCI_OK,
                  "the fifth address is verified");
    tap_is_str(
        support_auth_value(with, "SELECT hashed_password FROM user_key WHERE id = 'email:fifth@example.net'"),
        "secret", "S1.82: the password of a key moves with it");
}

static void check_ends(void)
{
    luci_admin_deleted_t deleted;
    const char *token;

    tap_is_result(ask("sixth@example.net", LATER), LUCI_OK, "a sixth address is asked for");
    token = verifying("sixth@example.net", LATER);
    tap_is_result(luci_email_token_purge(with->db, LATER + LUCI_MS_DAY - 1, pool), LUCI_OK,
                  "links are purged");
    tap_is_result(find(token, LATER), LUCI_OK, "a valid link is not purged");
    tap_is_int(support_auth_number(with, SPENT), 0, "the rows of spent links are purged");
    tap_is_result(luci_email_token_purge(with->db, LATER + LUCI_MS_DAY, pool), LUCI_OK,
                  "links are purged later");
    tap_is_result(find(token, LATER), LUCI_NOT_FOUND, "an expired link is purged");
    tap_is_result(ask("sixth@example.net", LATER), LUCI_OK, "the sixth address is asked for again");
    token = verifying("sixth@example.net", LATER);
    tap_is_result(luci_admin_delete(with->db, &session.user, &deleted, pool), LUCI_OK, "anna is deleted");
    tap_is_result(find(token, LATER), LUCI_NOT_FOUND, "S1.82: the links of a deleted user go");
    tap_is_result(spend(token, LATER), LUCI_NOT_FOUND, "S1.82: the link of a deleted user is not spent");
    tap_is_int(support_auth_number(with, KEYS), 1, "S1.82: the key of the address goes with the user");
    with->settings.email = LUCI_EMAIL_OFF;
    tap_is_result(ask(ONE, LATER), LUCI_NOT_FOUND, "without LuciaEmail no link is ordered");
    tap_is_result(find(token, LATER), LUCI_NOT_FOUND, "without LuciaEmail no link is valid");
    with->settings.email = LUCI_EMAIL_OPTIONAL;
    run_sql("DROP TABLE auth_user_email_token");
    luci_db_close(with->db);
    tap_is_result(find(token, LATER), LUCI_NOT_FOUND, "without the table no link is valid");
    tap_is_result(luci_email_token_void(with->db, "x", pool), LUCI_OK,
                  "without the table there is no link to void");
    tap_is_result(luci_email_token_purge(with->db, NOW, pool), LUCI_OK,
                  "without the table there is none to purge");
}

int main(void)
{
    static const luci_mail_server_t server = { 0 };

    pool = support_start();
    begin(pool, "own-email.db");
    with->settings.email = LUCI_EMAIL_OPTIONAL;
    with->settings.mail = &server;
    with->settings.attributes = support_names((const char *const[]){ "email", "email_verified", NULL });
    run_sql("ALTER TABLE auth_user ADD COLUMN email VARCHAR(320)");
    run_sql("ALTER TABLE auth_user ADD COLUMN email_verified INTEGER");
    cache.values = luci_settings_values(&with->settings);
    support_our_tables(with->target.params, &with->settings);
    luci_db_close(with->db);
    tap_is_result(support_sign_up(with, "anna", PASSWORD), LUCI_OK, "anna signs up");
    session = support_session;
    check_asking();
    check_verifying();
    check_changing();
    check_undoing();
    check_two();
    check_password();
    check_ends();
    finish();
    return tap_done();
}
