/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions at hand: what is found, for how long, and whose. Specification: S9.13, S9.14, S9.17 and S9.40. */
#include "lib/support_cache.h"
#include "lib/tap.h"

#include <string.h>

static apr_pool_t *pool;

/* ---- What it's for ---- */

static void check_hits(void)
{
    begin(pool, "hits.db");
    tap_is_int(support_cache_records(), 0, "signing up puts nothing there");
    is_miss(NOW, LUCI_OK, "the first time");
    is_hit(NOW, "the second time");
    tap_is_str(seen.token.id, id, "the session's id");
    tap_is_str(seen.user.username, "alice", "the cached session has its user");
    tap_is_int(seen.state, LUCI_SESSION_ACTIVE, "the cached session is active");
    tap_ok(!seen.fresh, "the cached session is not fresh: no cookie is sent");
    tap_ok(seen.active_expires == NOW + LUCI_MS_DAY && seen.created_at == NOW,
           "the cached session has its times");
    run_sql("DROP TABLE user_session");
    is_hit(NOW, "the cached session with the table gone");
    finish();
}

static void check_time(void)
{
    begin(pool, "time.db");
    is_miss(NOW, LUCI_OK, "a session that is looked up now");
    is_hit(NOW + TTL - 1, "just before the TTL is over");
    tap_ok(FIRST_PLACE->until == NOW + TTL, "the store may throw it away then");
    is_miss(NOW + TTL, LUCI_OK, "S9.13: after the TTL");
    is_hit(NOW + 2 * TTL - 1, "a TTL that counts from the new look");
    is_miss(NOW + TTL - LUCI_MS_HOUR, LUCI_OK, "S9.40: the clock goes back by an hour");
    is_hit(NOW + TTL - LUCI_MS_HOUR, "S9.40: a TTL from the clock that went back");
    is_miss(NOW + 3650 * LUCI_MS_DAY, LUCI_EXPIRED, "S9.40: ten years on it's dead");
    finish();

    begin(pool, "ahead.db");
    is_miss(NOW + LUCI_MS_SECOND, LUCI_OK, "S9.40: another machine, a second ahead");
    is_hit(NOW, "S9.40: a record from one second ahead is used");
    FIRST_PLACE->length = 0;
    is_miss(NOW + 2 * LUCI_MS_SECOND, LUCI_OK, "S9.40: another machine, two seconds ahead");
    is_miss(NOW, LUCI_OK, "S9.40: a record from two seconds ahead is ignored");
    finish();
}

static void check_periods(void)
{
    begin(pool, "periods.db");
    run_sql("UPDATE user_session SET active_expires = 1700000005000");
    is_miss(NOW, LUCI_OK, "a session that is active for 5 more seconds");
    tap_ok(FIRST_PLACE->until == NOW + 5 * LUCI_MS_SECOND, "is kept as long");
    is_hit(NOW + 4999, "a session until the end of its active period");
    is_miss(NOW + 5000, LUCI_OK, "S9.14: a session at the end of its active period");
    tap_ok(seen.fresh && seen.state == LUCI_SESSION_ACTIVE, "the renewed session is fresh and active");
    is_hit(NOW + 5001, "the renewed session is cached again");
    tap_ok(!seen.fresh, "the cached session is not fresh any more");
    finish();

    begin(pool, "expiring.db");
    run_sql("UPDATE auth_user SET disabled = 1700000004000");
    is_miss(NOW, LUCI_OK, "S9.13: a session of a user who expires within the TTL");
    tap_is_int(store.stores, 0, "is not kept");
    is_miss(NOW + 4000, LUCI_DENIED, "S9.13: it is refused from the date on");
    run_sql("UPDATE auth_user SET disabled = 1700000004000 + 3600000");
    is_miss(NOW, LUCI_OK, "a session of a user who expires later");
    is_hit(NOW + 1, "is kept");
    finish();

    begin(pool, "lifetime.db");
    run_sql("UPDATE user_session SET active_expires = 1700000100000");
    with->settings.max_lifetime = 20 * LUCI_MS_SECOND;
    luci_db_close(with->db); /* created_at is read where a lifetime asks for it */
    is_miss(NOW + 10000, LUCI_OK, "a session with a longest lifetime");
    is_hit(NOW + 14000, "a session within its longest lifetime");
    with->settings.max_lifetime = 12 * LUCI_MS_SECOND;
    is_miss(NOW + 14000, LUCI_EXPIRED, "S9.14: beyond it a session at hand is dead");
    finish();

    begin(pool, "made-ahead.db");
    run_sql("UPDATE user_session SET active_expires = 1700000100000");
    is_miss(NOW, LUCI_OK, "a session that is kept while there is no longest lifetime");
    run_sql("UPDATE user_session SET created_at = 1800000000000");
    is_hit(NOW + 1, "whatever its row says then");
    with->settings.max_lifetime = LUCI_MS_DAY;
    luci_db_close(with->db);
    is_miss(NOW + cache.ttl, LUCI_EXPIRED, "is dead when its row says it was made in the future");
    finish();

    begin(pool, "idle.db");
    run_sql("UPDATE user_session SET active_expires = 1699999999000");
    with->auth.cache = &cache;
    {
        luci_session_claim_t claim = { .token = support_token(id), .now = NOW };
        luci_result_t written;

        tap_is_result(luci_auth_validate(&with->auth, &claim, &seen, &written, pool), LUCI_OK,
                      "an idle session that may not be renewed");
    }
    tap_is_int(store.stores, 0, "is not kept");
    run_sql("UPDATE user_session SET idle_expires = 1699999999999");
    is_miss(NOW, LUCI_EXPIRED, "a dead one");
    tap_is_int(store.stores, 0, "an expired session is not kept");
    finish();
}

static void check_users(void)
{
    begin(pool, "users.db");
    run_sql("UPDATE auth_user SET disabled = 1");
    is_miss(NOW, LUCI_DENIED, "S9.13: a disabled user");
    tap_is_int(store.stores, 0, "is not kept");
    run_sql("UPDATE auth_user SET disabled = 0");
    is_miss(NOW, LUCI_OK, "an enabled one is");
    run_sql("UPDATE auth_user SET disabled = 1");
    is_hit(NOW + TTL - 1, "S9.13: disabled by others, for the TTL");
    is_miss(NOW + TTL, LUCI_DENIED, "S9.13: a user disabled by others is refused after the TTL");
    is_miss(NOW - 2 * LUCI_MS_SECOND, LUCI_DENIED,
            "S9.40: a user disabled by others is refused when the clock goes back");
    finish();
}

/* ---- Databases ---- */

static void check_databases(void)
{
    luci_session_cache_t other, same;
    luci_settings_t settings;
    luci_session_claim_t claim = { .now = NOW };
    static const char *const attributes[] = { "username", NULL };

    begin(pool, "databases.db");
    claim.token = support_token(id);
    is_miss(NOW, LUCI_OK, "a session of one table");
    other = support_cache(&with->settings, "/another.db");
    tap_is_result(luci_session_cache_find(&other, &claim, &seen, pool), LUCI_NOT_FOUND,
                  "S9.17: the same id in another database is nobody's");
    luci_session_cache_forget(&other, support_token(id), 1, pool);
    is_hit(NOW, "S9.17: its end there ends nothing here");
    settings = with->settings;
    settings.tables.session = "other_session";
    other = support_cache(&settings, with->target.params);
    tap_is_result(luci_session_cache_find(&other, &claim, &seen, pool), LUCI_NOT_FOUND,
                  "S9.17: another session table does not find the record");
    same = support_cache(&with->settings, with->target.params);
    tap_is_result(luci_session_cache_find(&same, &claim, &seen, pool), LUCI_OK,
                  "another server with the same database knows it");

    settings = with->settings;
    settings.attributes = support_names(attributes);
    other = support_cache(&settings, with->target.params);
    tap_is_result(luci_session_cache_find(&other, &claim, &seen, pool), LUCI_NOT_FOUND,
                  "a server with other attributes does not use the record");
    settings = with->settings;
    settings.tokens = LUCI_TOKENS_PLAIN;
    other = support_cache(&settings, with->target.params);
    tap_is_result(luci_session_cache_find(&other, &claim, &seen, pool), LUCI_NOT_FOUND,
                  "a plain id is another one's");
    luci_session_cache_forget(&other, support_token(id), 1, pool);
    tap_is_int(support_cache_records(), 0, "S9.13: an end reaches every reader of the table");
    finish();
}

/* Who may write to the store moves a session's record to the place of another id. */
static void check_moved_record(void)
{
    static const char other_id[] = "mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm";
    const luci_session_claim_t claim = { .token = support_token(other_id), .now = NOW };
    luci_session_t other, found;

    begin(pool, "moved.db");
    is_miss(NOW, LUCI_OK, "a session of one server");
    other = seen;
    luci_session_set_token(&other, claim.token);
    tap_is_result(luci_session_cache_keep(&cache, &other, NOW, pool), LUCI_OK,
                  "a session with another id is kept");
    tap_is_result(luci_session_cache_find(&cache, &claim, &found, pool), LUCI_OK, "a kept session is found");
    memcpy(store.places[1].bytes, FIRST_PLACE->bytes, sizeof FIRST_PLACE->bytes);
    store.places[1].length = FIRST_PLACE->length;
    tap_is_result(luci_session_cache_find(&cache, &claim, &found, pool), LUCI_NOT_FOUND,
                  "the record of the first in its place is none");
    finish();
}

static void check_plain(void)
{
    begin(pool, "plain.db");
    with->settings.tokens = LUCI_TOKENS_PLAIN;
    cache = support_cache(&with->settings, with->target.params);
    is_miss(NOW, LUCI_NOT_FOUND, "plain: the hashed one is unknown");
    tap_is_result(support_sign_in(with, "alice", PASSWORD), LUCI_OK, "plain: signed in");
    id = support_session.token.id;
    is_miss(NOW, LUCI_OK, "plain: looked at");
    is_hit(NOW, "plain: and kept");
    sign_out();
    is_miss(NOW, LUCI_NOT_FOUND, "S9.13: plain: signed out");
    finish();
}

int main(void)
{
    pool = support_start();
    check_hits();
    check_time();
    check_periods();
    check_users();
    check_databases();
    check_moved_record();
    check_plain();
    return tap_done();
}
