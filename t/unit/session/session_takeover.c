/* SPDX-License-Identifier: Apache-2.0 */
/* Taking over the sessions that Lucia v2 left, ids as they are, where ids are stored hashed: each row is
 * found and gets its hash, and nobody is signed out.
 * t/engines/engines_unit.t runs this on PostgreSQL and MariaDB. */
#include "lib/support_cache.h"
#include "lib/support_takeover.h"
#include "lib/tap.h"

#include <apr_strings.h>
#include <string.h>

#define LOCK_FILE "BEGIN IMMEDIATE"
#define LOCK_ROW "BEGIN; UPDATE user_session SET user_id = user_id"
static apr_pool_t *pool;

/* ---- One at a time ---- */

static void check_active(int ours)
{
    start("active", ours, NOW + DAY);
    tap_is_result(show(BARE, NOW, 0), LUCI_OK, "%s tables: a bare session is valid",
                  ours ? "our" : "Lucia's");
    is_stored(1, 0, "nothing may be written");
    tap_is_result(show(BARE, NOW, 1), LUCI_OK, "when it may");
    tap_is_result(written, LUCI_OK, "  that went well");
    is_stored(0, 1, "an active session of Lucia");
    tap_is_str(found.token.id, BARE, "  its id is the one that was shown");
    tap_is_str(found.user.username, "Alice", "  its user Lucia's");
    tap_ok(!found.is_unhashed && !found.fresh && found.state == LUCI_SESSION_ACTIVE,
           "  active, with no new cookie");
    tap_ok(found.active_expires == NOW + DAY && found.idle_expires == NOW + 15 * DAY, "  as long as before");
    tap_is_result(show(BARE, NOW + 1, 1), LUCI_OK, "the migrated session is valid again");
    stop();
}

static void check_idle(int ours)
{
    start("idle", ours, NOW - 1);
    tap_is_result(show(BARE, NOW, 0), LUCI_OK, "an idle bare session");
    is_stored(1, 0, "nothing may be written");
    tap_is_result(show(BARE, NOW, 1), LUCI_OK, "when it may");
    tap_is_result(written, LUCI_OK, "  that went well");
    is_stored(0, 1, "an idle session of Lucia");
    tap_ok(found.fresh && found.state == LUCI_SESSION_ACTIVE, "  renewed: the cookie is sent");
    tap_is_int(support_auth_number(lucia, "SELECT active_expires FROM user_session"), NOW + DAY,
               "  for a day");
    tap_is_int(support_auth_number(lucia, "SELECT idle_expires FROM user_session"), NOW + 15 * DAY,
               "  the migrated session is usable for fifteen days");
    stop();
}

static void check_dead(int ours)
{
    start("dead", ours, NOW - 14 * DAY - 1);
    tap_is_result(show(BARE, NOW, 0), LUCI_EXPIRED, "a dead bare session");
    is_stored(1, 0, "nothing may be written");
    tap_is_result(show(BARE, NOW, 1), LUCI_EXPIRED, "when it may");
    is_stored(0, 0, "an expired session of Lucia");
    stop();
    start("disabled", ours, NOW + DAY);
    if (!ours)
        run_on_lucia("ALTER TABLE auth_user ADD disabled BIGINT");
    run_on_lucia("UPDATE auth_user SET disabled = 1");
    tap_is_result(show(BARE, NOW, 1), LUCI_DENIED, "a disabled user's bare session");
    is_stored(1, 0, "a disabled user's session of Lucia");
    run_on_lucia("UPDATE auth_user SET disabled = 0");
    tap_is_result(show(BARE, NOW, 1), LUCI_OK, "the session of a user who is enabled again is valid");
    is_stored(0, 1, "the session of a user who is enabled again");
    stop();
}

static void check_ends(int ours)
{
    luci_auth_request_t request = {
        .username = "bobby", .password = PASSWORD, .old_session = support_token(BARE), .now = NOW
    };
    luci_field_t field;

    start("out", ours, NOW + DAY);
    tap_is_result(support_sign_out(lucia, UNKNOWN), LUCI_NOT_FOUND, "sign-out of nobody");
    is_stored(1, 0, "a session of Lucia that nobody signed out");
    tap_is_result(support_sign_out(lucia, BARE), LUCI_OK, "sign-out of a bare session");
    is_stored(0, 0, "a session of Lucia that was signed out");
    tap_is_result(show(BARE, NOW, 1), LUCI_NOT_FOUND, "  a signed-out session of Lucia is not found");
    leave_session(BARE, NOW + DAY);
    tap_is_result(luci_auth_sign_up(&lucia->auth, &request, &found, &field, pool), LUCI_OK,
                  "a sign-up that came with one");
    is_stored(0, 0, "a session of Lucia that came with a sign-up");
    leave_session(BARE, NOW + DAY);
    tap_is_result(luci_auth_sign_in(&lucia->auth, &request, &found, &field, pool), LUCI_OK,
                  "a sign-in that came with one");
    is_stored(0, 0, "a session of Lucia that came with a sign-in");
    tap_is_int(support_auth_number(lucia, "SELECT count(*) FROM user_session"), 2,
               "  the sign-in leaves the other sessions");
    stop();
}

/* What stands in the table opens nothing once it's a hash. */
static void check_strangers(int ours)
{
    start("strangers", ours, NOW + DAY);
    tap_is_result(show(UNKNOWN, NOW, 1), LUCI_NOT_FOUND, "an unknown id");
    tap_is_result(show(HASH, NOW, 1), LUCI_NOT_FOUND, "the hash before the row has it");
    tap_is_result(show(BARE, NOW, 1), LUCI_OK, "an id of Lucia is migrated when it is shown");
    tap_is_result(show(HASH, NOW, 1), LUCI_NOT_FOUND, "the hash that the table holds opens nothing");
    tap_is_result(show(apr_pstrndup(pool, HASH, LUCI_SESSION_ID_LENGTH), NOW, 1), LUCI_NOT_FOUND,
                  "the beginning of the stored hash opens nothing");
    tap_is_result(support_sign_out(lucia, HASH), LUCI_NOT_FOUND, "  the stored hash signs nobody out");
    is_stored(0, 1, "a session whose hash was shown");
    stop();
}

static void check_plain(int ours)
{
    start("plain", ours, NOW - 1);
    lucia->settings.tokens = LUCI_TOKENS_PLAIN;
    tap_is_result(show(BARE, NOW, 1), LUCI_OK, "plain ids: an idle session");
    tap_ok(found.fresh && !found.is_unhashed, "  is renewed and no matter of a takeover");
    is_stored(1, 0, "a session with plain ids");
    tap_is_result(show(HASH, NOW, 1), LUCI_NOT_FOUND, "  a hash is not looked for");
    tap_is_result(support_sign_out(lucia, BARE), LUCI_OK, "  a session with plain ids signs out");
    is_stored(0, 0, "a session with plain ids that was signed out");
    stop();
}

static void check_attributes(int ours)
{
    static const char *const names[] = { "username", "email", NULL };

    start("attributes", ours, NOW + DAY);
    run_on_lucia("ALTER TABLE auth_user ADD email VARCHAR(99)");
    run_on_lucia("UPDATE auth_user SET email = 'alice@example.com'");
    lucia->settings.attributes = support_names(names);
    for (int visit = 0; visit < 2; visit++) {
        tap_is_result(show(BARE, NOW, 1), LUCI_OK, "the user's attributes, visit %d", visit);
        tap_is_str(found.user.attributes[0], "Alice", "  the migrated session has the user's name");
        tap_is_str(found.user.attributes[1], "alice@example.com",
                   "  the migrated session has the user's address");
    }
    is_stored(0, 1, "a session with attributes");
    stop();
}

/* created_at isn't known: the lifetime counts from the last renewal, and is kept from then on. */
static void check_lifetime(void)
{
    start("lifetime", 1, NOW - 1);
    lucia->settings.max_lifetime = 5 * DAY;
    tap_is_result(show(BARE, NOW, 1), LUCI_OK, "a session of Lucia is valid with a maximum lifetime");
    is_stored(0, 1, "a session with a maximum lifetime");
    tap_is_int(support_auth_number(lucia, "SELECT created_at FROM user_session"), NOW - 1 - DAY,
               "  made at its last renewal");
    tap_is_int(support_auth_number(lucia, "SELECT idle_expires FROM user_session"), NOW - 1 + 4 * DAY,
               "  the migrated session ends with the maximum lifetime");
    stop();
}

/* ---- The database can't be written ---- */

static void check_busy(int ours)
{
    pid_t holder;

    start("busy", ours, NOW - 1);
    stop();
    holder = support_hold(lucia->target.params, support_is_file() ? LOCK_FILE : LOCK_ROW);
    tap_is_result(show(BARE, NOW, 1), LUCI_OK, "the row is locked: the session is valid");
    tap_ok(written == LUCI_BUSY || written == LUCI_UNAVAILABLE, "  though not taken over: %s",
           luci_result_name(written));
    tap_ok(found.state == LUCI_SESSION_IDLE && !found.fresh, "  a session in a locked row is not renewed");
    stop();
    support_release(holder);
    is_stored(1, 0, "a session in a locked row");
    tap_is_result(show(BARE, NOW, 1), LUCI_OK, "the lock is gone");
    is_stored(0, 1, "a session whose lock is gone");
    tap_ok(found.fresh, "  the session whose lock is gone is renewed");
    stop();
}

/* ---- Kept at hand ---- */

static void check_cached(int ours)
{
    luci_session_cache_t kept;
    int asked;

    memset(&store, 0, sizeof store);
    start("cached", ours, NOW + DAY);
    kept = support_cache(&lucia->settings, lucia->target.params);
    lucia->auth.cache = &kept;
    tap_is_result(show(BARE, NOW, 0), LUCI_OK, "at hand before it could be taken over");
    asked = lucia->borrows;
    tap_is_result(show(BARE, NOW + TTL - 1, 1), LUCI_OK, "  known for a TTL");
    tap_is_int(lucia->borrows, asked, "  without the database");
    is_stored(1, 0, "a cached session of Lucia");
    tap_is_result(show(BARE, NOW + TTL, 1), LUCI_OK, "  the cached session of Lucia is valid after the TTL");
    is_stored(0, 1, "a cached session of Lucia after the TTL");
    asked = lucia->borrows;
    tap_is_result(show(BARE, NOW + TTL, 1), LUCI_OK, "  at hand again");
    tap_is_int(lucia->borrows, asked, "  under the id that was shown");
    tap_is_result(support_sign_out(lucia, BARE), LUCI_OK, "the migrated session signs out");
    tap_is_result(show(BARE, NOW + TTL, 1), LUCI_NOT_FOUND, "  the signed-out session is not found at once");
    stop();
}

int main(void)
{
    pool = support_start();
    support_takeover(pool);
    for (int ours = 0; ours < 2; ours++) {
        check_active(ours);
        check_idle(ours);
        check_dead(ours);
        check_ends(ours);
        check_strangers(ours);
        check_plain(ours);
        check_attributes(ours);
        check_busy(ours);
        check_cached(ours);
    }
    check_lifetime();
    return tap_done();
}
