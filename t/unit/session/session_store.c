/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions in their table: how the id is held, renewal and who wins it, disabled users, what is kept of the
 * client. Specification: S9.11, S9.12 and S9.15; S2 and S6. */
#include "core/session/session.h"
#include "lib/support.h"
#include "lib/tap.h"

#include <apr_strings.h>
#include <string.h>

#define DAY LUCI_MS_DAY
#define KNOWN_ID "abcdefghijklmnopqrstuvwxyz0123456789abcd"
#define KNOWN_SHA256                                                                                         \
    "0f595b824eb4eb7d9fb3b8c7aa23dbc305a92a2cd21bb9180722507216ba3871" /* as sha256sum has it */

static apr_pool_t *pool;
static luci_settings_t settings;
static luci_db_target_t target;
static luci_user_t alice = { .id = "alice0000000000", .username = "Alice" };
static const luci_client_t nobody;

static luci_db_t *new_database(const char *name, int ours)
{
    const char *path = support_database(name);

    if (ours)
        support_our_tables(path, &settings);
    else
        support_lucia_tables(path);
    support_run(path, "INSERT INTO auth_user (id, username) VALUES ('alice0000000000', 'Alice')");
    target = support_target(path, &settings);
    return luci_db_create(&target, pool);
}

/* Makes one and stores it. */
static luci_session_t make(luci_db_t *db, luci_ms_t now, const luci_client_t *client)
{
    luci_session_t session;

    if (luci_session_new(&session, &alice, &settings, now, pool) != LUCI_OK ||
        luci_session_insert(db, &session, &settings, client, pool) != LUCI_OK)
        tap_fail("a session could not be stored: %s", luci_db_error(db));
    return session;
}

static luci_result_t get(luci_db_t *db, const char *id, luci_ms_t now, luci_session_t *session)
{
    luci_session_claim_t claim = { .token = support_token(id), .now = now };

    return luci_session_get(db, &claim, &settings, session, pool);
}

static const char *column(const char *what)
{
    return support_value(target.params, apr_psprintf(pool, "SELECT %s FROM user_session", what));
}

static void check_storage(luci_tokens_t tokens, int ours)
{
    luci_db_t *db = new_database(apr_psprintf(pool, "stored-%d-%d.db", (int)tokens, ours), ours);
    luci_session_t made, got;

    settings.tokens = tokens;
    made = make(db, NOW, &nobody);
    tap_is_result(get(db, made.token.id, NOW + 1, &got), LUCI_OK, "%s, %s tables: it's found",
                  tokens ? "plain" : "hashed", ours ? "our" : "Lucia's");
    tap_is_str(got.token.id, made.token.id, "  under its id");
    tap_is_str(got.user.id, alice.id, "  with its user");
    tap_is_str(got.user.username, "Alice", "  the stored session has its username");
    tap_is_int(got.active_expires, made.active_expires, "  active until then");
    tap_is_int(got.idle_expires, made.idle_expires, "  idle until then");
    tap_is_int(got.created_at, NOW, "  the stored session has its creation time");
    tap_is_int(got.fresh, 0, "  the stored session is not fresh");
    if (support_is_file())
        tap_is_str(column("typeof(active_expires) || typeof(idle_expires)"), "integerinteger",
                   "  moments are numbers in the table");
    tap_is_result(get(db, KNOWN_ID, NOW, &got), LUCI_NOT_FOUND, "  another id is not");
    tap_is_result(get(db, column("id"), NOW, &got), tokens == LUCI_TOKENS_PLAIN ? LUCI_OK : LUCI_NOT_FOUND,
                  "  what the table holds opens the door only where ids are plain");
    luci_session_set_token(&made, support_token(KNOWN_ID));
    tap_is_result(luci_session_insert(db, &made, &settings, &nobody, pool), LUCI_OK,
                  "  a known id is stored");
    tap_is_int(support_number(target.params, "SELECT count(*) FROM user_session WHERE id = '" KNOWN_ID "'"),
               tokens == LUCI_TOKENS_PLAIN, "  as it is only where ids are plain");
    if (tokens == LUCI_TOKENS_HASHED)
        tap_is_int(
            support_number(target.params, "SELECT count(*) FROM user_session WHERE id = '" KNOWN_SHA256 "'"),
            1, "  else as its SHA-256 in lower-case hex");
    tap_is_result(luci_session_delete(db, support_token(KNOWN_ID), &settings, pool), LUCI_OK,
                  "  the session is deleted");
    tap_is_result(luci_session_delete(db, support_token(KNOWN_ID), &settings, pool), LUCI_NOT_FOUND,
                  "  a deleted session is not found again");
    tap_is_result(get(db, KNOWN_ID, NOW, &got), LUCI_NOT_FOUND, "  a deleted session is gone");
    tap_is_int(support_number(target.params, "SELECT count(*) FROM user_session"), 1,
               "  the other one stays");
    settings.tokens = LUCI_TOKENS_HASHED;
    luci_db_close(db);
}

/* ---- Renewal ---- */

static void check_renewal(int ours)
{
    luci_db_t *db = new_database(apr_psprintf(pool, "renewal-%d.db", ours), ours);
    luci_session_t made = make(db, NOW, &nobody), session, again;
    luci_ms_t later = NOW + 3 * DAY;

    tap_is_result(get(db, made.token.id, later, &session), LUCI_OK, "%s tables: three days later",
                  ours ? "our" : "Lucia's");
    tap_is_int(session.state, LUCI_SESSION_IDLE, "  the session is idle three days later");
    tap_is_result(luci_session_renew(db, &session, &settings, later, pool), LUCI_OK,
                  "  the idle session is renewed");
    tap_is_int(session.active_expires, later + DAY, "  active for a day from then");
    tap_is_int(session.idle_expires, later + 15 * DAY, "  usable for fifteen");
    tap_ok(session.fresh && session.state == LUCI_SESSION_ACTIVE, "  active and fresh");
    tap_is_result(get(db, made.token.id, later, &again), LUCI_OK, "  the renewed session is read again");
    tap_ok(again.active_expires == session.active_expires && again.idle_expires == session.idle_expires &&
               again.state == LUCI_SESSION_ACTIVE && !again.fresh,
           "  the table has the renewed times");
    tap_is_int(support_number(target.params, "SELECT count(*) FROM user_session"), 1, "  in one row");
    if (ours) {
        tap_is_int(support_number(target.params, "SELECT created_at FROM user_session"), NOW,
                   "  as old as it was");
        tap_is_int(support_number(target.params, "SELECT last_seen FROM user_session"), later,
                   "  last seen then");
    }
    luci_db_close(db);
}

static void check_lost_race(void)
{
    luci_db_t *db = new_database("race.db", 1), *other = luci_db_create(&target, pool);
    luci_session_t made = make(db, NOW, &nobody), a, b;
    luci_ms_t later = NOW + 3 * DAY;

    tap_is_result(get(db, made.token.id, later, &a), LUCI_OK, "two handles read an idle session: one");
    tap_is_result(get(other, made.token.id, later + 5, &b), LUCI_OK,
                  "  the other handle reads the idle session");
    tap_is_result(luci_session_renew(db, &a, &settings, later, pool), LUCI_OK,
                  "  the first to renew it wins");
    tap_is_result(luci_session_renew(other, &b, &settings, later + 5, pool), LUCI_NOT_FOUND,
                  "  the second finds it renewed");
    tap_ok(!b.fresh && b.state == LUCI_SESSION_IDLE && b.active_expires == made.active_expires,
           "  the second renewal leaves the session as it was read");
    tap_is_int(support_number(target.params, "SELECT active_expires FROM user_session"), later + DAY,
               "  the winner's moment stays");
    luci_db_close(other);
    luci_db_close(db);
}

static void check_deleted(void)
{
    luci_db_t *db = new_database("deleted.db", 1);
    luci_session_t made = make(db, NOW, &nobody), session;
    luci_ms_t later = NOW + 3 * DAY;

    tap_is_result(get(db, made.token.id, later, &session), LUCI_OK, "an idle session is read");
    support_run(target.params, "DELETE FROM user_session");
    tap_is_result(luci_session_renew(db, &session, &settings, later, pool), LUCI_NOT_FOUND,
                  "ended meanwhile: it's not renewed");
    tap_is_int(support_number(target.params, "SELECT count(*) FROM user_session"), 0,
               "  a session that ended meanwhile has no row");
    tap_ok(!session.fresh, "  a session that ended meanwhile sends no cookie");
    luci_db_close(db);
}

/* ---- Rows of others ---- */

static void store_row(const char *columns)
{
    support_run(
        target.params,
        apr_psprintf(pool,
                     "DELETE FROM user_session; INSERT INTO user_session (id, user_id, active_expires, "
                     "idle_expires, created_at) VALUES ('" KNOWN_SHA256 "', 'alice0000000000', %s)",
                     columns));
}

/* Rows that Lucia made in tables with our columns: created_at is NULL, and estimated. */
static void check_unknown_age(void)
{
    luci_db_t *db = new_database("age.db", 1);
    luci_session_t session;

    settings.max_lifetime = 10 * DAY;
    store_row(
        apr_psprintf(pool, "%" APR_INT64_T_FMT ", %" APR_INT64_T_FMT ", NULL", NOW + DAY, NOW + 15 * DAY));
    tap_is_result(get(db, KNOWN_ID, NOW + 10 * DAY - 1, &session), LUCI_OK,
                  "S9.14: age unknown, maximum lifetime: the last ms");
    tap_is_int(session.created_at, NOW, "  its age is estimated");
    tap_is_result(get(db, KNOWN_ID, NOW + 10 * DAY, &session), LUCI_EXPIRED,
                  "S9.14: age unknown, maximum lifetime: expired a millisecond later");
    tap_is_result(get(db, KNOWN_ID, NOW + 5 * DAY, &session), LUCI_OK, "five days on");
    tap_is_result(luci_session_renew(db, &session, &settings, NOW + 5 * DAY, pool), LUCI_OK,
                  "  the session of a limited lifetime is renewed");
    tap_is_int(session.idle_expires, NOW + 10 * DAY, "  to the end of its life and no further");
    tap_is_int(support_number(target.params, "SELECT created_at FROM user_session"), NOW,
               "  the renewal stores the session's age");
    tap_is_result(get(db, KNOWN_ID, NOW + 10 * DAY, &session), LUCI_EXPIRED,
                  "  the renewed session ends with its longest lifetime");
    settings.max_lifetime = 0;
    luci_db_close(db);
}

/* Made by a clock that was ahead: nobody knows when it was, so a maximum lifetime counts from now on. */
static void check_made_ahead(void)
{
    luci_db_t *db = new_database("ahead.db", 1);
    luci_session_t session;

    settings.max_lifetime = 10 * DAY;
    store_row(apr_psprintf(pool, "%" APR_INT64_T_FMT ", %" APR_INT64_T_FMT ", NULL", NOW + 300 * DAY,
                           NOW + 315 * DAY));
    tap_is_result(get(db, KNOWN_ID, NOW, &session), LUCI_OK, "of unknown age and active for long");
    tap_is_int(session.state, LUCI_SESSION_IDLE, "  it is to be renewed");
    tap_is_result(luci_session_renew(db, &session, &settings, NOW, pool), LUCI_OK,
                  "  the session of unknown age is renewed");
    tap_is_result(get(db, KNOWN_ID, NOW, &session), LUCI_OK, "  the session of unknown age is read again");
    tap_is_int(session.state, LUCI_SESSION_ACTIVE, "  the session of unknown age is active");
    tap_is_int(session.active_expires, NOW + DAY, "  for as long as others");
    tap_is_int(session.created_at, NOW, "  the renewed session has a creation time");
    tap_is_result(get(db, KNOWN_ID, NOW + 10 * DAY, &session), LUCI_EXPIRED, "  that ends it");
    store_row(apr_psprintf(pool, "%" APR_INT64_T_FMT ", %" APR_INT64_T_FMT ", %" APR_INT64_T_FMT,
                           NOW + 300 * DAY, NOW + 315 * DAY, NOW + 299 * DAY));
    tap_is_result(get(db, KNOWN_ID, NOW, &session), LUCI_EXPIRED, "made in the future: dead");
    settings.max_lifetime = 0;
    tap_is_result(get(db, KNOWN_ID, NOW, &session), LUCI_OK, "  unless there is no maximum lifetime");
    luci_db_close(db);
}

/* Sessions s0001 to s<count>, the later ones ending earlier. */
static void store_many(int count)
{
    const char *values = "";
    apr_pool_t *scratch;

    apr_pool_create(&scratch, pool);
    support_run(target.params, "DELETE FROM user_session");
    for (int i = 1; i <= count; i++) {
        values = apr_psprintf(scratch, "%s%s('s%04d', 'alice0000000000', 1, %d)", values, *values ? ", " : "",
                              i, 10000 - i);
        if (i % 100 && i < count)
            continue;
        support_run(
            target.params,
            apr_pstrcat(scratch,
                        "INSERT INTO user_session (id, user_id, active_expires, idle_expires) VALUES ",
                        values, NULL));
        values = "";
        apr_pool_clear(scratch);
    }
    apr_pool_destroy(scratch);
}

static void check_room(void)
{
    luci_db_t *db = new_database("room.db", 1);
    apr_array_header_t *removed;

    store_many(LUCI_SESSIONS_MAX - 1);
    tap_is_result(luci_session_make_room(db, alice.id, 0, &removed, pool), LUCI_OK,
                  "a user may have many sessions");
    tap_is_int(removed->nelts, 0, "  making room removes none of few sessions");
    store_many(LUCI_SESSIONS_MAX + 2);
    tap_is_result(luci_session_make_room(db, "nobody", 0, &removed, pool), LUCI_OK,
                  "making room for another user removes nothing");
    tap_is_int(removed->nelts, 0, "  do not matter");
    tap_is_result(luci_session_make_room(db, alice.id, 0, &removed, pool), LUCI_OK,
                  "making room among too many sessions succeeds");
    tap_is_int(removed->nelts, 3, "  are as many fewer as it takes for one more");
    tap_is_str(column("MAX(id)"), apr_psprintf(pool, "s%04d", LUCI_SESSIONS_MAX - 1),
               "  without those that would end first");
    tap_is_str(column("COUNT(*)"), apr_psprintf(pool, "%d", LUCI_SESSIONS_MAX - 1),
               "  which leaves room for one");
    store_many(5);
    tap_is_result(luci_session_make_room(db, alice.id, 5, &removed, pool), LUCI_OK,
                  "S2.13: making room within a limit of five succeeds");
    tap_is_int(removed->nelts, 1, "S2.13: one of five sessions makes room for another");
    tap_is_str(column("MAX(id)"), "s0004", "S2.13: the one that would expire first is gone");
    if (support_is_file()) {
        support_run(target.params, "DROP INDEX user_session_user_id");
        luci_db_close(db);
        store_many(5);
        tap_is_result(luci_session_make_room(db, alice.id, 5, &removed, pool), LUCI_OK,
                      "S2.13: making room in a small table without an index succeeds");
        tap_is_int(removed->nelts, 1, "S2.13: one of a small table makes room");
        store_many(LUCI_SESSIONS_MAX + 2);
        tap_is_result(luci_session_make_room(db, alice.id, 0, &removed, pool), LUCI_OK,
                      "making room without an index succeeds");
        tap_is_int(removed->nelts, 0, "  nothing is looked for");
    }
    luci_db_close(db);
}

/* S9.40: numbers that no clock gives. */
static void check_odd_timestamps(void)
{
    static const struct {
        const char *columns;
        luci_result_t want;
    } rows[] = {
        { "0, 0, 0", LUCI_EXPIRED },
        { "9223372036854775807, 9223372036854775807, -9223372036854775808", LUCI_EXPIRED },
        { "9223372036854775807, 9223372036854775807, 9223372036854775807", LUCI_EXPIRED },
        /* the servers take none of what follows in such a column */
        { "-9223372036854775808, -9223372036854775808, -9223372036854775808", LUCI_EXPIRED },
        { "-9223372036854775808, 9223372036854775807, NULL", LUCI_EXPIRED },
        { "'tomorrow', 'never', 'now'", LUCI_EXPIRED },
        { "1e300, 1e300, 1700000000000", LUCI_EXPIRED },
    };
    luci_db_t *db = new_database("odd.db", 1);
    luci_session_t session;

    settings.max_lifetime = 10 * DAY;
    for (int i = 0; i < (support_is_file() ? COUNT(rows) : 3); i++) {
        luci_result_t result;

        store_row(rows[i].columns);
        result = get(db, KNOWN_ID, NOW, &session);
        tap_is_result(result, rows[i].want, "S9.40: a row with %s", rows[i].columns);
        if (result == LUCI_OK)
            luci_session_extend(&session, &settings, NOW);
    }
    settings.max_lifetime = 0;
    luci_db_close(db);
}

static void check_disabled(void)
{
    luci_db_t *db = new_database("disabled.db", 1);
    luci_session_t made = make(db, NOW, &nobody), session;

    support_run(target.params, "UPDATE auth_user SET disabled = 0");
    tap_is_result(get(db, made.token.id, NOW, &session), LUCI_OK, "disabled = 0 is not disabled");
    support_run(target.params, "UPDATE auth_user SET disabled = 1");
    tap_is_result(get(db, made.token.id, NOW, &session), LUCI_DENIED, "disabled = 1 has no session");
    tap_is_result(get(db, made.token.id, NOW + 3 * DAY, &session), LUCI_DENIED,
                  "disabled = 1 has no idle session");
    tap_is_result(get(db, made.token.id, NOW + 16 * DAY, &session), LUCI_EXPIRED,
                  "disabled = 1: an expired session is expired");
    support_run(target.params, support_is_file() ? "UPDATE auth_user SET disabled = 'yes'"
                                                 : "ALTER TABLE auth_user DROP COLUMN disabled;"
                                                   "ALTER TABLE auth_user ADD COLUMN disabled TEXT;"
                                                   "UPDATE auth_user SET disabled = 'yes'");
    tap_is_result(get(db, made.token.id, NOW, &session), LUCI_DENIED,
                  "disabled with any other word is denied");
    support_run(target.params, "UPDATE auth_user SET disabled = 'false'");
    tap_is_result(get(db, made.token.id, NOW, &session), LUCI_OK, "disabled with a word for no is not");
    support_run(target.params, "UPDATE auth_user SET disabled = NULL");
    tap_is_result(get(db, made.token.id, NOW, &session), LUCI_OK, "enabled again, it works again");
    luci_db_close(db);
    db = new_database("disabled-not.db", 0);
    made = make(db, NOW, &nobody);
    tap_is_result(get(db, made.token.id, NOW, &session), LUCI_OK,
                  "a user is not disabled without the column");
    support_run(target.params,
                "ALTER TABLE auth_user ADD COLUMN disabled BIGINT; UPDATE auth_user SET disabled = 1");
    if (!support_is_file()) {
        tap_is_int(luci_db_is_stale(db), 1, "a server does not say that it's there: one has to look");
        luci_db_close(db);
    }
    tap_is_result(get(db, made.token.id, NOW, &session), LUCI_DENIED,
                  "a user is disabled once the column is there");
    tap_is_int(luci_db_is_stale(db), 0, "a handle that has seen the column is not stale");
    luci_db_close(db);
}

/* A row whose user is gone stands for nobody. */
static void check_orphan(void)
{
    luci_db_t *db = new_database("orphan.db", 1);
    luci_session_t made = make(db, NOW, &nobody), session;

    support_run(target.params, support_is_file() ? "PRAGMA foreign_keys = OFF; DELETE FROM auth_user"
                                                 : "CREATE TABLE loose AS SELECT * FROM user_session;"
                                                   "DROP TABLE user_session;"
                                                   "ALTER TABLE loose RENAME TO user_session;"
                                                   "DELETE FROM auth_user");
    tap_is_result(get(db, made.token.id, NOW, &session), LUCI_NOT_FOUND,
                  "a session without its user is none");
    luci_db_close(db);
}

/* ---- The client ---- */

static void check_client(void)
{
    char long_agent[1000];
    luci_client_t client = { "2001:db8::1", "Mozilla/5.0 (X11)" };
    luci_db_t *db = new_database("client.db", 1);

    memset(long_agent, 'x', sizeof long_agent - 1);
    long_agent[sizeof long_agent - 1] = '\0';
    make(db, NOW, &client);
    tap_is_str(column("address"), "2001:db8::1", "the address is kept");
    tap_is_str(column("user_agent"), "Mozilla/5.0 (X11)", "the user agent is stored");
    support_run(target.params, "DELETE FROM user_session");
    client = (luci_client_t){ "a\r\nb\tc\x1b[31m\x7f\xc3\xa9', 1); DROP TABLE auth_user; -- and so on",
                              long_agent };
    make(db, NOW, &client);
    tap_is_str(column("address"),
               "a??b?c?[31m??"
               "?', 1); DROP TABLE auth_user; --",
               "an odd address becomes printable, and is cut");
    tap_is_int(support_number(target.params, "SELECT length(user_agent) FROM user_session"), 255,
               "a long user agent is cut");
    support_run(target.params, "DELETE FROM user_session");
    client = (luci_client_t){ NULL, "" };
    make(db, NOW, &client);
    tap_is_str(column("address"), NULL, "no address is NULL");
    tap_is_str(column("user_agent"), "", "an empty user agent is empty");
    luci_db_close(db);
}

int main(void)
{
    pool = support_start();
    settings = support_settings();
    for (int ours = 0; ours < 2; ours++) {
        check_storage(LUCI_TOKENS_HASHED, ours);
        check_storage(LUCI_TOKENS_PLAIN, ours);
        check_renewal(ours);
    }
    check_lost_race();
    check_deleted();
    check_unknown_age();
    check_made_ahead();
    check_room();
    check_odd_timestamps();
    check_disabled();
    check_orphan();
    check_client();
    return tap_done();
}
