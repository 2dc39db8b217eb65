/* SPDX-License-Identifier: Apache-2.0 */
/* What happened to accounts: which events become rows, how many stay, and what deletes them. Specification:
 * S9.61. */
#include "core/activity/activity.h"
#include "lib/support_auth.h"
#include "lib/tap.h"

#include <apr_strings.h>
#include <string.h>

#define ROWS "SELECT count(*) FROM auth_user_activity"

static support_auth_t *with;
static apr_pool_t *pool;
static const char *alice;

static luci_activity_t row_at(luci_ms_t at, const char *reason)
{
    return (luci_activity_t){ .user_id = alice,
                              .at = at,
                              .what = "sign_in",
                              .reason = reason,
                              .address = "192.0.2.1",
                              .user_agent = "Br\xc3\xb6wser",
                              .has_device = 1 };
}

static luci_result_t write_row(luci_ms_t at, const char *reason)
{
    luci_activity_t row = row_at(at, reason);

    return luci_activity_write(with->db, &row, pool);
}

static void check_kinds(void)
{
    static const struct {
        luci_event_t event;
        luci_activity_kind_t kind;
        const char *what;
    } cases[] = {
        { { .kind = LUCI_EVENT_SIGN_IN, .user_id = "u" }, LUCI_ACTIVITY_ROW, "a sign-in" },
        { { .kind = LUCI_EVENT_SIGN_IN, .user_id = "u", .reason = LUCI_REASON_WRONG_PASSWORD },
          LUCI_ACTIVITY_ROW,
          "a wrong password" },
        { { .kind = LUCI_EVENT_SIGN_IN, .reason = LUCI_REASON_UNKNOWN_USER },
          LUCI_ACTIVITY_NOBODYS,
          "an unknown user" },
        { { .kind = LUCI_EVENT_SIGN_IN, .user_id = "u", .reason = LUCI_REASON_UNAVAILABLE },
          LUCI_ACTIVITY_NONE,
          "a failure of the server" },
        { { .kind = LUCI_EVENT_SIGN_IN, .reason = LUCI_REASON_THROTTLED },
          LUCI_ACTIVITY_NONE,
          "a throttled attempt" },
        { { .kind = LUCI_EVENT_PASSWORD_CHECK, .user_id = "u" },
          LUCI_ACTIVITY_NONE,
          "a right password over Basic" },
        { { .kind = LUCI_EVENT_PASSWORD_CHECK, .user_id = "u", .reason = LUCI_REASON_WRONG_PASSWORD },
          LUCI_ACTIVITY_ROW,
          "a wrong password over Basic" },
        { { .kind = LUCI_EVENT_PASSWORD_CHECK,
            .user_id = "u",
            .reason = LUCI_REASON_WRONG_PASSWORD,
            .is_repeated = 1 },
          LUCI_ACTIVITY_NONE,
          "the same wrong password again" },
        { { .kind = LUCI_EVENT_RENEWAL, .user_id = "u" }, LUCI_ACTIVITY_NONE, "a renewal" },
    };

    for (int i = 0; i < COUNT(cases); i++)
        tap_is_int(luci_activity_kind(&cases[i].event), cases[i].kind, "S9.61: the kind of %s",
                   cases[i].what);
}

static void check_rows(void)
{
    apr_array_header_t *rows;
    const luci_activity_t *last;

    tap_is_result(write_row(NOW, NULL), LUCI_OK, "a success is written");
    tap_is_result(write_row(NOW + 1, "wrong_password"), LUCI_OK, "a failure is written");
    tap_is_result(luci_activity_read(with->db, alice, &rows, pool), LUCI_OK, "the rows are read");
    tap_is_int(rows->nelts, 2, "there are both");
    last = &APR_ARRAY_IDX(rows, 0, luci_activity_t);
    tap_ok(last->at == NOW + 1, "the latest comes first");
    tap_is_str(last->what, "sign_in", "a row says what happened");
    tap_is_str(last->reason, "wrong_password", "a row of a failure has the reason");
    tap_is_str(last->address, "192.0.2.1", "a row has the address");
    tap_is_str(last->user_agent, "Br??wser", "a user agent is stored as printable ASCII");
    tap_is_int(last->has_device, 1, "a row says whether there was a device cookie");
    tap_is_str(APR_ARRAY_IDX(rows, 1, luci_activity_t).reason, NULL, "a row of a success has no reason");
}

/* A flood of failures leaves the sign-ins. */
static void check_bounds(void)
{
    luci_activity_t nobodys = row_at(NOW, NULL);
    int wrong = 0;

    for (int i = 0; i < 2 * LUCI_ACTIVITY_KEPT; i++)
        wrong += write_row(NOW + 10 + i, "wrong_password") != LUCI_OK;
    tap_is_int(wrong, 0, "a hundred failures are written");
    tap_is_int(support_auth_number(with, ROWS " WHERE reason IS NOT NULL"), LUCI_ACTIVITY_KEPT,
               "S9.61: the last failures stay");
    tap_is_int(support_auth_number(with, ROWS " WHERE reason IS NULL"), 1,
               "S9.61: failures push out no success");
    for (int i = 0; i < LUCI_ACTIVITY_KEPT + 10; i++)
        wrong += write_row(NOW + 500 + i, NULL) != LUCI_OK;
    tap_is_int(support_auth_number(with, ROWS), 2 * LUCI_ACTIVITY_KEPT,
               "S9.61: a user has at most a hundred rows");
    nobodys.user_id = "nobody";
    tap_is_result(luci_activity_write(with->db, &nobodys, pool), LUCI_OK,
                  "a row of a deleted user is left out");
    tap_is_int(support_auth_number(with, ROWS " WHERE user_id = 'nobody'"), 0, "a deleted user gets no row");
}

static void check_purge(void)
{
    int removed;

    tap_is_result(luci_activity_purge(with->db, NOW + 500 + LUCI_ACTIVITY_LASTS, &removed, pool), LUCI_OK,
                  "old rows are deleted");
    tap_is_int(removed, LUCI_ACTIVITY_KEPT, "S9.61: rows that are older than 90 days are deleted");
    tap_is_int(support_auth_number(with, ROWS), LUCI_ACTIVITY_KEPT, "younger rows stay");
}

static void check_deletion(void)
{
    tap_is_int(support_auth_number(with, ROWS) > 0, 1, "alice has rows");
    support_run(with->target.params,
                support_is_file() ? "PRAGMA foreign_keys = ON; DELETE FROM user_session; DELETE FROM "
                                    "user_key; DELETE FROM auth_user"
                                  : "DELETE FROM user_session; DELETE FROM user_key; DELETE FROM auth_user");
    tap_is_int(support_auth_number(with, ROWS), 0, "S9.61: any program that deletes a user deletes the rows");
}

/* A write that asked for the table would say that it is missing. */
static void check_dropped(void)
{
    tap_is_result(write_row(NOW, NULL), LUCI_OK, "a row is written while the table exists");
    support_run(with->target.params, "DROP TABLE auth_user_activity");
    tap_is_result(write_row(NOW, NULL), LUCI_UNAVAILABLE,
                  "a connection that has found the table writes without asking for it");
    tap_is_result(write_row(NOW, NULL), LUCI_NOT_FOUND, "after a failure the table is looked for again");
}

static void check_without(void)
{
    apr_array_header_t *rows;
    int removed;

    with = support_auth("without.db", 1);
    tap_is_result(write_row(NOW, NULL), LUCI_NOT_FOUND, "without the table nothing is written");
    tap_is_result(luci_activity_read(with->db, alice, &rows, pool), LUCI_NOT_FOUND,
                  "without the table nothing is read");
    tap_is_result(luci_activity_purge(with->db, NOW, &removed, pool), LUCI_NOT_FOUND,
                  "without the table nothing is deleted");
}

int main(void)
{
    luci_settings_t settings;

    pool = support_start();
    check_kinds();
    with = support_auth("activity.db", 1);
    tap_is_result(support_sign_up(with, "alice", PASSWORD), LUCI_OK, "alice signs up");
    alice = apr_pstrdup(pool, support_session.user.id);
    settings = with->settings;
    settings.activity = 1;
    support_our_tables(with->target.params, &settings);
    check_rows();
    check_bounds();
    check_purge();
    check_deletion();
    check_dropped();
    support_auth_close(with);
    check_without();
    support_auth_close(with);
    return tap_done();
}
