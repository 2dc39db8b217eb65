/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions that a process has found in the session cache: it asks neither the cache nor the database again,
 * until the session ends, for at most LuciaSessionCacheLocal, and never beyond the TTL. Specification: S9.13,
 * S9.14 and S9.40. */
#include "lib/support_cache.h"
#include "lib/tap.h"

#include <string.h>

#define LOCAL (4 * LUCI_MS_SECOND)

static apr_pool_t *pool;
static luci_change_counters_t counters;

static void start(const char *name)
{
    begin(pool, name);
    memset((void *)&counters, 0, sizeof counters);
    cache.local_ttl = LOCAL;
    if (luci_local_cache_begin(&cache.local, luci_local_table_create(64, pool), &counters) != LUCI_OK)
        support_give_up(name, "no local cache");
    is_miss(NOW, LUCI_OK, "a session that is looked up in the database");
}

static luci_result_t recall(luci_ms_t now)
{
    memset(&seen, 0, sizeof seen);
    return luci_auth_recall(&with->auth, id, now, &seen, pool);
}

/* Finds the session in the store, which keeps it here. */
static void find_in_store(luci_ms_t now)
{
    tap_is_result(validate_at(now), LUCI_OK, "a session that is found in the store");
    tap_is_result(recall(now), LUCI_OK, "a session that was found in the store is recalled");
}

static void check_recalled(void)
{
    luci_session_t found;
    int retrieves;

    start("recalled.db");
    tap_is_result(recall(NOW), LUCI_NOT_FOUND,
                  "a session that was only read from the database is not recalled");
    tap_is_result(validate(), LUCI_OK, "a session that is found in the store");
    found = seen;
    retrieves = store.retrieves;
    tap_is_result(recall(NOW), LUCI_OK, "a session that was found in the store is recalled");
    tap_is_int(store.retrieves, retrieves, "a recalled session does not ask the store");
    tap_is_str(seen.token.id, id, "a recalled session has its id");
    tap_is_mem(seen.token.digest, found.token.digest, LUCI_SHA256_BYTES, "a recalled session has its digest");
    tap_is_str(seen.tag, found.tag, "a recalled session has its tag");
    tap_is_str(seen.user.username, "alice", "a recalled session has its user");
    tap_is_int(seen.state, LUCI_SESSION_ACTIVE, "a recalled session is active");
    tap_ok(seen.is_cached && !seen.fresh, "a recalled session is cached and not fresh");
    finish();
}

static void check_ends(void)
{
    start("ends.db");
    find_in_store(NOW);
    sign_out();
    tap_is_result(recall(NOW), LUCI_NOT_FOUND, "S9.13: a session is not recalled after its sign-out");
    finish();

    start("fails.db");
    find_in_store(NOW);
    store.end_fails = LUCI_UNAVAILABLE;
    luci_session_cache_forget(&cache, support_token(id), 1, pool);
    tap_is_result(recall(NOW), LUCI_NOT_FOUND,
                  "a session that ended is not recalled although the store could not be told");
    finish();
}

static void check_time(void)
{
    start("time.db");
    find_in_store(NOW);
    tap_is_result(recall(NOW + LOCAL - 1), LUCI_OK,
                  "a session is recalled until LuciaSessionCacheLocal is over");
    tap_is_result(recall(NOW + LOCAL), LUCI_NOT_FOUND,
                  "a session is not recalled after LuciaSessionCacheLocal");
    tap_is_result(recall(NOW - 1), LUCI_NOT_FOUND,
                  "S9.40: a session is not recalled when the clock goes back");
    find_in_store(NOW + TTL - 1);
    tap_is_result(recall(NOW + TTL), LUCI_NOT_FOUND, "S9.13: a session is not recalled after the TTL");
    finish();

    start("active.db");
    run_sql("UPDATE user_session SET active_expires = 1700000002000");
    FIRST_PLACE->length = 0;
    is_miss(NOW, LUCI_OK, "a session that is active for two more seconds");
    find_in_store(NOW);
    tap_is_result(recall(NOW + 1999), LUCI_OK, "a session is recalled until the end of its active period");
    tap_is_result(recall(NOW + 2000), LUCI_NOT_FOUND,
                  "S9.14: a session is not recalled after its active period");
    finish();
}

/* Another process ends the session after this one has taken the record out of the store. */
static void end_meanwhile(void)
{
    size_t length = FIRST_PLACE->length;

    luci_session_cache_forget(&cache, support_token(id), 1, pool);
    FIRST_PLACE->is_ended = 0;
    FIRST_PLACE->length = length;
}

static void check_race(void)
{
    start("race.db");
    store.before_retrieve = end_meanwhile;
    tap_is_result(validate(), LUCI_OK, "a session that ends while the store is asked");
    tap_is_result(recall(NOW), LUCI_NOT_FOUND,
                  "a session that ended while the store was asked is not recalled");
    finish();
}

int main(void)
{
    pool = support_start();
    check_recalled();
    check_ends();
    check_time();
    check_race();
    return tap_done();
}
