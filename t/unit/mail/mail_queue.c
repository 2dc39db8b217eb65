/* SPDX-License-Identifier: Apache-2.0 */
/* The queue of mails: which row is due, that one sender claims it, that it is handed over once, and what is
 * given up; which orders are one mail. Specification: S9.90, S1.75. */
#include "core/mail/mail_queue.h"
#include "core/mail/transport.h"
#include "lib/support_auth.h"
#include "lib/tap.h"

#include <apr_strings.h>
#include <string.h>

#define ROWS "SELECT count(*) FROM auth_user_mail"

static const luci_mail_server_t mail_server = { .transport = &luci_transport_smtp };
static luci_settings_t settings;
static luci_db_target_t target;
static luci_db_t *db, *other; /* of two senders */
static const char *path;
static apr_pool_t *pool;

static void add(const char *name, luci_ms_t now)
{
    luci_mail_order_t order = {
        .kind = LUCI_MAIL_RESET, .name = name, .language = "de", .now = now, .expires = now + LUCI_MS_HOUR
    };

    tap_is_result(luci_mail_queue_add(db, &order, pool), LUCI_OK, "S9.90: a mail to %s is queued", name);
}

static luci_result_t claim(luci_db_t *with, luci_ms_t now, luci_mail_claim_t *claimed)
{
    return luci_mail_queue_claim(with, now, claimed, pool);
}

static void check_claims(void)
{
    luci_mail_claim_t first, second;

    tap_is_result(claim(db, NOW, &first), LUCI_NOT_FOUND, "S9.90: an empty queue has nothing to send");
    add("alice", NOW);
    add("bobby", NOW + 1);
    tap_is_result(claim(db, NOW - 1, &first), LUCI_NOT_FOUND, "S9.90: nothing is due before its time");
    tap_is_result(claim(db, NOW + 1, &first), LUCI_OK, "S9.90: a mail that is due is claimed");
    tap_is_str(first.name, "alice", "S9.90: the mail that was queued first is claimed first");
    tap_is_str(first.kind, LUCI_MAIL_RESET, "S9.90: a claim has the kind of the mail");
    tap_is_str(first.language, "de", "S9.90: a claim has the language of the mail");
    tap_is_int(first.tries, 1, "S9.90: a claim is a try");
    tap_is_result(claim(other, NOW + 1, &second), LUCI_OK, "S9.90: another sender claims another mail");
    tap_is_str(second.name, "bobby", "S9.90: another sender does not claim what is claimed");
    tap_is_result(claim(other, NOW + 1, &second), LUCI_NOT_FOUND, "S9.90: what is claimed is not due");
    tap_is_result(luci_mail_queue_finish(db, &first, pool), LUCI_OK,
                  "S9.90: a mail that was sent is deleted");
    tap_is_int(support_number(path, ROWS), 1, "S9.90: only the mail that was sent is deleted");
    support_run(path, "DELETE FROM auth_user_mail");
}

/* A sender that was stopped, and wakes after its claim has ended. */
static void check_hand_over(void)
{
    luci_mail_claim_t late, next;
    luci_ms_t after = NOW + LUCI_MAIL_CLAIM;

    add("alice", NOW);
    tap_is_result(claim(db, NOW, &late), LUCI_OK, "S9.90: the first sender claims the mail");
    tap_is_result(claim(other, after - 1, &next), LUCI_NOT_FOUND, "S9.90: a claim lasts for its whole time");
    tap_is_result(claim(other, after, &next), LUCI_OK, "S9.90: a claim that has ended is taken over");
    tap_is_int(next.tries, 2, "S9.90: the next claim is the second try");
    tap_is_result(luci_mail_queue_hand_over(db, &late, pool), LUCI_CONFLICT,
                  "S9.90: a sender whose claim was taken over must not send");
    tap_is_result(luci_mail_queue_hand_over(other, &next, pool), LUCI_OK, "S9.90: the last sender may send");
    tap_is_result(luci_mail_queue_hand_over(other, &next, pool), LUCI_CONFLICT,
                  "S9.90: a mail is handed over once");
    tap_is_result(luci_mail_queue_finish(db, &late, pool), LUCI_OK,
                  "S9.90: the late sender finishes nothing");
    tap_is_result(luci_mail_queue_postpone(db, &late, NOW, pool), LUCI_OK,
                  "S9.90: the late sender postpones nothing");
    tap_is_int(support_number(path, ROWS " WHERE handed_over = 1"), 1,
               "S9.90: the row of the last sender is untouched");
    tap_is_result(claim(db, after + 2 * LUCI_MAIL_CLAIM, &late), LUCI_NOT_FOUND,
                  "S9.90: a mail that was handed over is not claimed again");
    support_run(path, "DELETE FROM auth_user_mail");
}

static void check_delays(void)
{
    static const int seconds[] = { 30, 60, 120, 240 };
    luci_mail_claim_t claimed;
    luci_ms_t now = NOW;

    add("alice", NOW);
    for (int i = 0; i < COUNT(seconds); i++) {
        tap_is_result(claim(db, now, &claimed), LUCI_OK, "S9.90: try %d", i + 1);
        tap_is_result(luci_mail_queue_hand_over(db, &claimed, pool), LUCI_OK, "S9.90: try %d is handed over",
                      i + 1);
        tap_is_result(luci_mail_queue_postpone(db, &claimed, now, pool), LUCI_OK,
                      "S9.90: a mail that was not accepted waits after try %d", i + 1);
        tap_is_result(claim(db, now + seconds[i] * LUCI_MS_SECOND - 1, &claimed), LUCI_NOT_FOUND,
                      "S9.90: no further try before %d seconds", seconds[i]);
        now += seconds[i] * LUCI_MS_SECOND;
    }
    support_run(path, "DELETE FROM auth_user_mail");
}

static void check_wait(void)
{
    luci_mail_claim_t claimed;

    add("alice", NOW);
    tap_is_result(claim(db, NOW, &claimed), LUCI_OK, "S9.95: a mail to a recipient with many is claimed");
    tap_is_result(luci_mail_queue_wait(db, &claimed, NOW + LUCI_MS_MINUTE, pool), LUCI_OK,
                  "S9.95: the mail is put back");
    tap_is_result(claim(db, NOW + LUCI_MS_MINUTE - 1, &claimed), LUCI_NOT_FOUND,
                  "S9.95: a mail that waits is not due before its time");
    tap_is_result(claim(db, NOW + LUCI_MS_MINUTE, &claimed), LUCI_OK,
                  "S9.95: a mail that waits is due again");
    support_run(path, "DELETE FROM auth_user_mail");
}

static void check_given_up(void)
{
    luci_mail_claim_t claimed;
    apr_array_header_t *rows;

    add("alice", NOW);
    tap_is_result(luci_mail_queue_give_up(db, NOW + LUCI_MS_HOUR - 1, &rows, pool), LUCI_OK,
                  "S9.90: looking for expired mails");
    tap_is_int(rows->nelts, 0, "S9.90: a mail is not given up before it expires");
    tap_is_result(claim(db, NOW + LUCI_MS_HOUR, &claimed), LUCI_NOT_FOUND,
                  "S9.90: an expired mail is not sent");
    tap_is_result(luci_mail_queue_give_up(db, NOW + LUCI_MS_HOUR, &rows, pool), LUCI_OK,
                  "S9.90: giving up an expired mail");
    tap_is_int(rows->nelts, 1, "S9.90: an expired mail is given up");
    tap_is_int(APR_ARRAY_IDX(rows, 0, luci_mail_given_up_t).is_uncertain, 0,
               "S9.90: an expired mail has certainly not been sent");
    tap_is_int(support_number(path, ROWS), 0, "S9.90: the row of an expired mail is deleted");

    add("alice", NOW);
    tap_is_result(claim(db, NOW, &claimed), LUCI_OK, "S9.90: a mail is claimed");
    tap_is_result(luci_mail_queue_hand_over(db, &claimed, pool), LUCI_OK, "S9.90: a mail is handed over");
    tap_is_result(luci_mail_queue_give_up(db, NOW + LUCI_MAIL_CLAIM - 1, &rows, pool), LUCI_OK,
                  "S9.90: looking while the sender may live");
    tap_is_int(rows->nelts, 0, "S9.90: a mail is not given up while its sender may live");
    tap_is_result(luci_mail_queue_give_up(other, NOW + LUCI_MAIL_CLAIM, &rows, pool), LUCI_OK,
                  "S9.90: looking after the end of the claim");
    tap_is_int(rows->nelts, 1, "S9.90: a mail whose sender ended without an answer is given up");
    tap_is_int(APR_ARRAY_IDX(rows, 0, luci_mail_given_up_t).is_uncertain, 1,
               "S9.90: a mail whose sender ended may have arrived");
}

/* ---- Orders that are one mail ---- */

#define QUARTER (15 * LUCI_MS_MINUTE)

static void gather(luci_db_t *with, const char *kind, const char *address, luci_ms_t now)
{
    luci_mail_order_t order = { .kind = kind,
                                .name = "",
                                .address = address,
                                .now = now,
                                .expires = now + LUCI_MS_DAY,
                                .gather = QUARTER };

    tap_is_result(luci_mail_queue_add(with, &order, pool), LUCI_OK, "S1.75: an order of %s", kind);
}

static void check_gathered(void)
{
    luci_ms_t begin = NOW / QUARTER * QUARTER, sent = begin + QUARTER + LUCI_MAIL_GRACE;
    luci_mail_claim_t claimed;

    support_run(path, "DELETE FROM auth_user_mail");
    gather(db, "approval", "anna@example.com", begin);
    gather(other, "approval", "anna@example.com", begin + QUARTER - 1);
    tap_is_int(support_number(path, ROWS), 1, "S1.75: the orders of a quarter of an hour are one mail");
    tap_is_result(claim(db, sent - 1, &claimed), LUCI_NOT_FOUND,
                  "S1.75: orders are not sent before a minute after their quarter of an hour");
    gather(db, "approval", "bea@example.com", begin);
    tap_is_int(support_number(path, ROWS), 2, "S1.75: orders to two addresses are two mails");
    gather(db, "approved", "anna@example.com", begin);
    tap_is_int(support_number(path, ROWS), 3, "S1.75: orders of two kinds are two mails");
    gather(db, "approval", "anna@example.com", begin + QUARTER);
    tap_is_int(support_number(path, ROWS), 4, "S1.75: orders of two quarters of an hour are two mails");
    gather(db, "approval", "anna@example.com", begin - 1);
    tap_is_int(support_number(path, ROWS), 5, "S1.75: orders of the quarter of an hour before are a mail");
    tap_is_result(claim(db, begin + LUCI_MAIL_GRACE, &claimed), LUCI_OK,
                  "S1.75: gathered orders are sent a minute after their quarter of an hour");
    tap_is_str(claimed.address, "anna@example.com", "S1.75: gathered orders have their address");
    gather(other, "approval", "anna@example.com", begin - 1);
    tap_is_result(luci_mail_queue_hand_over(db, &claimed, pool), LUCI_OK,
                  "S1.75: an order beside a mail that is being sent does not change it");
}

/* ---- Mails of strangers ---- */

static apr_array_header_t *part(const char *from, luci_ms_t now, luci_result_t expected)
{
    apr_array_header_t *rows;

    tap_is_result(luci_mail_queue_part(db, from, now, &rows, pool), expected,
                  "S9.92: reading rows that wait");
    return rows;
}

static void check_parts(void)
{
    luci_mail_claim_t claimed;
    apr_array_header_t *rows;

    support_run(path, "DELETE FROM auth_user_mail");
    (void)part("", NOW, LUCI_NOT_FOUND);
    for (int i = 0; i < LUCI_MAIL_PART_ROWS + 2; i++)
        support_run(path, apr_psprintf(pool,
                                       "INSERT INTO auth_user_mail (id, kind, name, created_at, expires_at, "
                                       "next_try, tries, claimed_until, handed_over) VALUES ('%04d', '%s', "
                                       "'name%d', 1, %d, 1, 0, 0, 0)",
                                       i, i == 1 ? "notice" : LUCI_MAIL_RESET, i, 2));
    rows = part("", NOW, LUCI_OK);
    tap_is_int(rows->nelts, LUCI_MAIL_PART_ROWS, "S9.92: a part has a bound");
    tap_is_str(APR_ARRAY_IDX(rows, 1, luci_mail_waiting_t).name, "name2",
               "S9.92: a part has the rows of one kind, by their ids");
    rows = part("0101", NOW, LUCI_OK);
    tap_is_int(rows->nelts, 1, "S9.92: a part begins at an id");
    support_run(path, "DELETE FROM auth_user_mail WHERE id < '0100'");
    support_run(path, apr_psprintf(pool, "UPDATE auth_user_mail SET expires_at = %" APR_INT64_T_FMT,
                                   NOW + LUCI_MS_HOUR));
    tap_is_result(claim(other, NOW, &claimed), LUCI_OK, "S9.92: a sender claims one of two rows");
    rows = part("", NOW, LUCI_OK);
    tap_is_int(rows->nelts, 1, "S9.92: a row that a sender has claimed is in no part");
    tap_is_result(luci_mail_queue_drop(db, claimed.id, NOW, pool), LUCI_OK,
                  "S9.92: deleting a row that a sender has claimed");
    tap_is_int(support_number(path, ROWS), 2, "S9.92: a row that a sender has claimed stays");
    tap_is_result(luci_mail_queue_drop(db, APR_ARRAY_IDX(rows, 0, luci_mail_waiting_t).id, NOW, pool),
                  LUCI_OK, "S9.92: deleting a row that waits");
    tap_is_int(support_number(path, ROWS), 1, "S9.92: a row that waits is deleted");
    support_run(path, "DELETE FROM auth_user_mail");
}

static void fill(int from, int rows)
{
    apr_array_header_t *values = apr_array_make(pool, rows, sizeof(const char *));

    for (int i = from; i < from + rows; i++)
        APR_ARRAY_PUSH(values, const char *) =
            apr_psprintf(pool, "('%d', 'reset', 'name', 1, 1, 1, 0, 0, 0)", i);
    support_run(path, apr_pstrcat(pool,
                                  "INSERT INTO auth_user_mail (id, kind, name, created_at, expires_at, "
                                  "next_try, tries, claimed_until, handed_over) VALUES ",
                                  apr_array_pstrcat(pool, values, ','), NULL));
}

static void is_full(int expected, const char *what)
{
    int full = 2;

    tap_is_result(luci_mail_queue_is_full(db, &full, pool), LUCI_OK, "S9.92: counting %s", what);
    tap_is_int(full, expected, "S9.92: a queue of %s is%s full", what, expected ? "" : " not");
}

static void check_full(void)
{
    is_full(0, "no mails");
    for (int i = 0; i < 10000; i += 1000)
        fill(i, 1000);
    support_run(path, "DELETE FROM auth_user_mail WHERE id = '0'");
    is_full(0, "9,999 mails");
    add("alice", NOW);
    is_full(1, "10,000 mails");
    support_run(path, "DELETE FROM auth_user_mail");
}

int main(void)
{
    pool = support_start();
    settings = support_settings();
    settings.mail = &mail_server;
    path = support_database("mail");
    support_our_tables(path, &settings);
    target = support_target(path, &settings);
    db = luci_db_create(&target, pool);
    other = luci_db_create(&target, pool);
    if (luci_db_connect(db) != LUCI_OK || luci_db_connect(other) != LUCI_OK)
        support_give_up("the queue", "the database cannot be opened");
    check_claims();
    check_hand_over();
    check_delays();
    check_wait();
    check_given_up();
    check_gathered();
    check_parts();
    check_full();
    luci_db_close(db);
    luci_db_close(other);
    return tap_done();
}
