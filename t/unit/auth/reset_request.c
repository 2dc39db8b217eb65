/* SPDX-License-Identifier: Apache-2.0 */
/* A mail with a link to a new password is asked for: the same for known and unknown names, and what happens
 * in a queue that strangers fill. Specification: S1.53 and S9.92. */
#include "core/auth/reset_request.h"
#include "core/db/schema.h"
#include "core/email/email.h"
#include "core/letter/letter.h"
#include "core/letter/reset_sweep.h"
#include "core/mail/transport.h"
#include "core/token/token.h"
#include "lib/support_auth.h"
#include "lib/tap.h"

#include <apr_strings.h>
#include <string.h>

#define ROWS "SELECT count(*) FROM auth_user_mail"

static const luci_mail_server_t mail_server = { .transport = &luci_transport_smtp };
static support_auth_t *with;
static apr_pool_t *pool;

static luci_result_t ask(const char *name)
{
    luci_reset_request_t request = { .name = name, .language = "de", .now = NOW };

    with->events[0] = '\0';
    return luci_reset_request(&with->auth, &request, pool);
}

static void check_without_table(void)
{
    tap_is_result(ask("alice"), LUCI_UNAVAILABLE, "S1.53: without the table a request is not accepted");
    tap_is_str(with->events, "reset_request unavailable - - -\n",
               "S1.53: the event of a missing table names no account");
    if (luci_schema_create_one(with->db, &luci_table_mail, pool) != LUCI_OK)
        support_give_up("the queue", "no table");
}

static void check_names(void)
{
    static const char *const names[] = { "alice", "ALICE", " alice ", "nobody", "no@such.address" };

    for (int i = 0; i < COUNT(names); i++) {
        tap_is_result(ask(names[i]), LUCI_OK, "S1.53: \"%s\" is accepted", names[i]);
        tap_is_str(with->events, "reset_request none - - -\n", "S1.53: the event of \"%s\" names no account",
                   names[i]);
        tap_is_str(support_auth_value(with, "SELECT name FROM auth_user_mail"), names[i],
                   "S1.53: \"%s\" is queued as it was typed", names[i]);
        tap_is_int(support_auth_number(with, ROWS " WHERE kind = 'reset' AND language = 'de'"), 1,
                   "S1.53: the row of \"%s\" has the kind and the language", names[i]);
        support_run(with->target.params, "DELETE FROM auth_user_mail");
    }
    for (int i = 0; i < 3; i++) {
        tap_is_result(ask((const char *const[]){ NULL, "", "  " }[i]), LUCI_INVALID,
                      "S1.53: no name, an empty one and blanks are invalid: %d", i);
        tap_is_str(with->events, "reset_request invalid_username - - -\n",
                   "S1.53: the event of an invalid name says so");
    }
    tap_is_result(ask("a name that is longer than any name that an account has"), LUCI_OK,
                  "S1.53: what is no name is accepted");
    tap_is_int(support_auth_number(with, ROWS), 0, "S1.53: what is no name is not queued");
    with->refuse_at = 1;
    with->with = LUCI_BUSY;
    tap_is_result(ask("alice"), LUCI_BUSY, "S1.53: without a database handle a request is busy");
}

static void check_accounts(void)
{
    static const char *const names[] = { "alice", "ALICE", " alice\t" };
    luci_user_t user;

    for (int i = 0; i < COUNT(names); i++) {
        tap_is_result(luci_email_find_named(with->db, &with->settings, names[i], &user, pool), LUCI_OK,
                      "S1.53: \"%s\" names an account", names[i]);
        tap_is_str(user.username, "alice", "S1.53: \"%s\" names the right account", names[i]);
    }
    tap_is_result(luci_email_find_named(with->db, &with->settings, "a@example.org", &user, pool),
                  LUCI_NOT_FOUND, "S1.53: an address names no account without LuciaEmail");
    support_run(with->target.params, "INSERT INTO user_key (id, user_id) SELECT 'email:a@example.org', id "
                                     "FROM auth_user");
    with->settings.email = LUCI_EMAIL_OPTIONAL;
    tap_is_result(luci_email_find_named(with->db, &with->settings, " A@Example.org", &user, pool), LUCI_OK,
                  "S1.53: a verified address names an account with LuciaEmail");
    tap_is_result(luci_email_find_named(with->db, &with->settings, "nobody", &user, pool), LUCI_NOT_FOUND,
                  "S1.53: an unknown name names no account");
    tap_is_result(ask(" A@Example.org "), LUCI_OK, "S1.53: with LuciaEmail an address is accepted");
    tap_is_result(ask(apr_pstrcat(pool, "an-address-that-is-longer-than-a-username@", "example.org", NULL)),
                  LUCI_OK, "S1.53: with LuciaEmail an address may be longer than a name");
    tap_is_int(support_auth_number(with, ROWS), 2, "S1.53: with LuciaEmail addresses are queued");
    support_run(with->target.params, "DELETE FROM auth_user_mail");
    with->settings.email = LUCI_EMAIL_OFF;
}

static void fill(const char *name, int rows)
{
    apr_array_header_t *values = apr_array_make(pool, 1000, sizeof(const char *));

    for (int i = 0; i < rows; i++) {
        APR_ARRAY_PUSH(values, const char *) =
            apr_psprintf(pool, "('%s%d', 'reset', '%s', 1, 1, 1, 0, 0, 0)", i % 2 ? "a" : "z", i, name);
        if (values->nelts < 1000 && i + 1 < rows)
            continue;
        support_run(with->target.params,
                    apr_pstrcat(pool,
                                "INSERT INTO auth_user_mail (id, kind, name, created_at, expires_at, "
                                "next_try, tries, claimed_until, handed_over) VALUES ",
                                apr_array_pstrcat(pool, values, ','), NULL));
        apr_array_clear(values);
    }
}

static void check_sweep(void)
{
    const char *from = "";
    int dropped = 0, total = 0, parts = 0;
    luci_result_t result;

    fill("nobody", 250);
    support_run(with->target.params, "UPDATE auth_user_mail SET name = 'alice' WHERE id IN ('a1', 'z2')");
    while ((result = luci_reset_sweep(with->db, &from, NOW, &dropped, pool)) == LUCI_OK) {
        total += dropped;
        parts++;
    }
    tap_is_result(result, LUCI_NOT_FOUND, "S9.92: a sweep has an end");
    tap_is_int(parts, 3, "S9.92: a sweep looks at 100 rows at a time");
    tap_is_int(total, 248, "S9.92: a sweep deletes the rows of unknown names");
    tap_is_int(support_auth_number(with, ROWS " WHERE name = 'alice'"), 2,
               "S9.92: a sweep leaves the rows of accounts");
    support_run(with->target.params, "DELETE FROM auth_user_mail");
}

static void check_full(void)
{
    fill("nobody", LUCI_MAIL_WAITING_MAX);
    tap_is_result(ask("alice"), LUCI_OK, "S9.92: a queue that is full of unknown names takes a request");
    tap_ok(support_auth_number(with, ROWS) < LUCI_MAIL_WAITING_MAX,
           "S9.92: a request at a full queue deletes rows of unknown names");
    tap_is_int(support_auth_number(with, ROWS " WHERE name = 'alice'"), 1,
               "S9.92: the request at a full queue is queued");
    support_run(with->target.params, "DELETE FROM auth_user_mail");
    fill("alice", LUCI_MAIL_WAITING_MAX);
    tap_is_result(ask("alice"), LUCI_BUSY, "S9.92: a queue that is full of accounts takes no known name");
    tap_is_result(ask("nobody"), LUCI_BUSY, "S9.92: a queue that is full of accounts takes no unknown name");
    tap_is_int(support_auth_number(with, ROWS), LUCI_MAIL_WAITING_MAX, "S9.92: a full queue does not grow");
}

/* The address is brought back, or changed, while the mail is being prepared. */
static void check_recipient(void)
{
    const luci_letter_kind_t *kind = luci_letter_kind(LUCI_MAIL_RESET);
    luci_mail_claim_t claim = { .name = "alice" };
    luci_letter_t letter = { .settings = &with->settings, .claim = &claim, .now = NOW };

    letter.values = apr_table_make(pool, 4);
    with->settings.email = LUCI_EMAIL_OPTIONAL;
    with->settings.attributes = support_names((const char *const[]){ "email", "email_verified", NULL });
    support_run(with->target.params, "ALTER TABLE auth_user ADD COLUMN email VARCHAR(320)");
    support_run(with->target.params, "ALTER TABLE auth_user ADD COLUMN email_verified INTEGER");
    support_run(with->target.params, "UPDATE auth_user SET email = 'a@example.org', email_verified = 1");
    support_our_tables(with->target.params, &with->settings);
    luci_db_close(with->db);
    tap_is_result(kind->prepare(with->db, &letter, pool), LUCI_OK, "S1.53: the recipient of a link is found");
    tap_is_str(letter.to, "a@example.org", "S1.53: it is the verified address");
    support_run(with->target.params, "UPDATE auth_user SET email = 'b@example.org'");
    tap_is_result(kind->make_token(with->db, &letter, pool), LUCI_NOT_FOUND,
                  "S1.53: no link goes to an address that was replaced meanwhile");
    tap_is_str(letter.token, "", "S1.53: there is no token then");
    support_run(with->target.params, "UPDATE auth_user SET email = 'a@example.org', email_verified = 0");
    tap_is_result(kind->make_token(with->db, &letter, pool), LUCI_NOT_FOUND,
                  "S1.53: no link goes to an address that is not verified any more");
    support_run(with->target.params, "UPDATE auth_user SET email_verified = 1");
    tap_is_result(kind->make_token(with->db, &letter, pool), LUCI_OK,
                  "S1.53: a link goes to the address of the account");
    tap_is_int((int)strlen(letter.token), LUCI_TOKEN_LENGTH, "S1.53: the letter has the token");
}

int main(void)
{
    pool = support_start();
    with = support_auth("reset-request", 1);
    with->settings.mail = &mail_server;
    if (support_sign_up(with, "alice", PASSWORD) != LUCI_OK)
        support_give_up("reset-request", "no sign-up");
    check_without_table();
    check_names();
    check_accounts();
    check_sweep();
    check_full();
    check_recipient();
    support_auth_close(with);
    return tap_done();
}
