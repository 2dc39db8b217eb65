/* SPDX-License-Identifier: Apache-2.0 */
/* The right passwords of HTTP Basic that a process knows: what costs no query, and that each change that a
 * query would find ends it at once. Specification: S4.21, S9.4, S9.50 and S9.60. */
#include "core/auth/known_password.h"
#include "core/account/failures.h"
#include "core/auth/account_deletion.h"
#include "core/auth/name_change.h"
#include "core/auth/password_change.h"
#include "core/auth/password_reset.h"
#include "core/base/shared_table.h"
#include "core/token/token.h"
#include "lib/support_auth.h"
#include "lib/tap.h"

#include <apr_strings.h>
#include <string.h>

#define BYTES ((size_t)1 << 20)
#define HOME "192.0.2.1"
#define ELSEWHERE "192.0.2.2"
#define TTL (10 * LUCI_MS_SECOND)
#define LIMIT 3

static apr_pool_t *pool;
static support_auth_t *with;
static luci_change_counters_t counters;
static luci_password_memory_t memory;
static luci_known_passwords_t known;
static luci_throttle_t throttle;
static luci_shared_table_t *counts;
static luci_user_t user;
static luci_ms_t now;

/* ---- A store of counts, as httpd has it on one machine ---- */

static luci_result_t hold(void *baton)
{
    (void)baton;
    return luci_shared_table_hold(counts, 0);
}

static void release(void *baton)
{
    (void)baton;
    luci_shared_table_release(counts);
}

static luci_result_t retrieve(void *baton, const unsigned char *key, unsigned char *bytes, size_t *length,
                              apr_pool_t *scratch)
{
    const luci_shared_record_t *record = luci_shared_table_find(counts, key, now);

    (void)baton;
    (void)scratch;
    if (!record)
        return LUCI_NOT_FOUND;
    memcpy(bytes, record->bytes, record->length);
    *length = record->length;
    return LUCI_OK;
}

static luci_result_t store(void *baton, const unsigned char *key, const luci_shared_value_t *value,
                           apr_pool_t *scratch)
{
    (void)baton;
    (void)scratch;
    luci_shared_table_put(counts, key, value, now);
    return LUCI_OK;
}

static luci_result_t take_out(void *baton, const unsigned char *key, apr_pool_t *scratch)
{
    (void)baton;
    (void)scratch;
    return luci_shared_table_remove(counts, key);
}

/* ---- A source that does something once after a handle was given back ---- */

static luci_db_source_t inner;
static void (*meanwhile)(void);

static luci_result_t borrow(void *baton, luci_db_t **db)
{
    (void)baton;
    return inner.borrow(inner.baton, db);
}

static void give_back(void *baton, luci_db_t *db)
{
    void (*step)(void) = meanwhile;

    (void)baton;
    inner.give_back(inner.baton, db);
    meanwhile = NULL;
    if (step)
        step();
}

/* ---- Checks ---- */

static luci_shared_table_t *table_of(size_t record_max)
{
    return luci_shared_table_make(apr_pcalloc(pool, BYTES), BYTES, record_max);
}

static void begin(const char *name)
{
    static volatile apr_uint32_t waiting;
    const luci_limit_t limit = { .max = LIMIT, .period = LUCI_MS_HOUR };

    with = support_auth(name, 1);
    now = NOW;
    memset((void *)&counters, 0, sizeof counters);
    memory = (luci_password_memory_t){ .wrong_for = LUCI_MS_HOUR, .waiting = &waiting };
    memory.table = table_of(LUCI_PASSWORD_RECORD_MAX);
    counts = table_of(LUCI_THROTTLE_RECORD_MAX);
    throttle =
        (luci_throttle_t){ .store = { hold, release, retrieve, store, take_out, NULL, NULL, NULL, NULL },
                           .limits = { .account = limit, .address = limit },
                           .counters = &counters };
    known = (luci_known_passwords_t){ .ttl = TTL };
    if (luci_local_cache_begin(&known.local, luci_local_table_create(64, pool), &counters) != LUCI_OK)
        support_give_up(name, "no local cache");
    inner = with->auth.source;
    with->auth.source = (luci_db_source_t){ borrow, give_back, NULL };
    with->auth.passwords = &memory;
    with->auth.throttle = &throttle;
    with->auth.known = &known;
    tap_is_result(support_sign_up(with, "alice", PASSWORD), LUCI_OK, "alice signs up");
}

/* A request with Basic; with->borrows is how often it needed the database. */
static luci_result_t ask(const char *name, const char *password, const char *address, const char *device)
{
    luci_attempt_t attempt = { .device = device };
    luci_auth_request_t request = { .username = name,
                                    .password = password,
                                    .client = { .address = address },
                                    .now = now,
                                    .attempt = &attempt };
    luci_result_t result;

    with->borrows = 0;
    with->events[0] = '\0';
    request.known = luci_known_password_key(&with->auth, &request, pool);
    result = luci_auth_check(&with->auth, &request, &user, pool);
    if (result == LUCI_NOT_FOUND)
        luci_throttle_end(with->auth.throttle, &attempt, LUCI_ATTEMPT_FAILURE, pool);
    return result;
}

static luci_result_t check(void)
{
    return ask("alice", PASSWORD, HOME, NULL);
}

/* The first request hashes, and the second one reads the row. */
static void learn(void)
{
    tap_is_result(check(), LUCI_OK, "the right password is admitted");
    tap_is_result(check(), LUCI_OK, "the right password is admitted again");
}

static void is_known(const char *what)
{
    tap_is_result(check(), LUCI_OK, "%s: the right password is admitted", what);
    tap_is_int(with->borrows, 0, "%s: the right password costs no query", what);
}

static void is_looked_up(luci_result_t want, const char *what)
{
    tap_is_result(check(), want, "%s: the password is looked up", what);
    if (want != LUCI_THROTTLED)
        tap_ok(with->borrows > 0, "%s: the row is read", what);
}

static void check_found(void)
{
    const char *event;

    begin("found.db");
    learn();
    event = apr_pstrdup(pool, with->events);
    is_known("S4.21: a password that was looked up");
    tap_is_str(with->events, event, "a known password reports what one that is looked up reports");
    tap_is_str(user.username, "alice", "a known password has its user's name");
    tap_is_str(user.id, support_session.user.id, "a known password has its user's id");
    tap_is_result(ask("alice", PASSWORD, ELSEWHERE, NULL), LUCI_OK, "the password from another address");
    tap_ok(with->borrows > 0, "the password from another address is looked up");
    tap_is_result(ask("ALICE", PASSWORD, HOME, NULL), LUCI_OK, "the password with another spelling");
    tap_ok(with->borrows > 0, "the password with another spelling of the name is looked up");
    tap_is_result(ask("alice", PASSWORD, HOME, "device"), LUCI_OK, "the password with a device cookie");
    tap_ok(with->borrows > 0, "the password with a device cookie is looked up");
    tap_is_result(ask("alice", WRONG, HOME, NULL), LUCI_DENIED, "another password is denied");
    is_known("after a wrong password");
    tap_is_result(ask("alicecorrect", &PASSWORD[strlen("correct")], HOME, NULL), LUCI_NOT_FOUND,
                  "another split of name and password is not found");
}

static void check_time(void)
{
    begin("time.db");
    learn();
    now = NOW + TTL - 1;
    is_known("S4.21: just before the TTL");
    now = NOW + TTL;
    is_looked_up(LUCI_OK, "S4.21: after the TTL");
    now = NOW + TTL - 1;
    is_looked_up(LUCI_OK, "S9.40: when the clock goes back");
    known.ttl = LUCI_MS_HOUR;
    now = NOW + LUCI_PASSWORD_RIGHT_FOR - 1;
    is_looked_up(LUCI_OK, "in the last moment of the password memory");
    now = NOW + LUCI_PASSWORD_RIGHT_FOR;
    is_looked_up(LUCI_OK, "S4.21: no longer than the password memory remembers");

    begin("expiry.db");
    support_run(with->target.params, "UPDATE auth_user SET disabled = 1700000002000");
    learn();
    now = NOW + 1999;
    is_known("before the user expires");
    now = NOW + 2000;
    is_looked_up(LUCI_DENIED, "when the user has expired");
}

/* ---- Changes of the user ---- */

static luci_session_t session_of(void)
{
    tap_is_result(support_sign_in(with, "alice", PASSWORD), LUCI_OK, "alice signs in");
    return support_session;
}

static void check_changes(void)
{
    luci_session_t session, renewed;
    luci_password_change_t change;
    luci_name_change_t renaming;
    luci_account_deletion_t deletion;

    begin("password.db");
    session = session_of();
    learn();
    change = (luci_password_change_t){ .request = { .username = "alice", .password = PASSWORD, .now = NOW },
                                       .session = &session,
                                       .password = "another secret 1" };
    tap_is_result(luci_password_change(&with->auth, &change, &renewed, pool), LUCI_OK,
                  "the password changes");
    is_looked_up(LUCI_DENIED, "S9.50: after a change of the password");

    begin("name.db");
    session = session_of();
    learn();
    renaming = (luci_name_change_t){ .request = { .username = "Alicia", .now = NOW }, .session = &session };
    tap_is_result(luci_name_change(&with->auth, &renaming, pool), LUCI_OK, "the name changes");
    is_looked_up(LUCI_DENIED, "after a change of the name");

    begin("deletion.db");
    session = session_of();
    learn();
    deletion = (luci_account_deletion_t){ .session = &session, .username = "alice", .now = NOW };
    tap_is_result(luci_account_deletion(&with->auth, &deletion, pool), LUCI_OK, "the account is deleted");
    is_looked_up(LUCI_NOT_FOUND, "S9.50: after the deletion of the account");
}

static void check_reset(void)
{
    luci_token_wanted_t wanted;
    luci_password_reset_t reset;

    begin("reset.db");
    learn();
    wanted = (luci_token_wanted_t){ .user = user, .now = NOW, .expires = NOW + LUCI_MS_HOUR };
    tap_is_result(luci_token_create_table(with->db, pool), LUCI_OK, "the table of links is made");
    tap_is_result(luci_token_make(with->db, &wanted, pool), LUCI_OK, "a link is made");
    reset = (luci_password_reset_t){ .request = { .password = "another secret 1", .now = NOW },
                                     .token = wanted.text };
    tap_is_result(luci_password_reset(&with->auth, &reset, pool), LUCI_OK, "the link sets a password");
    is_looked_up(LUCI_DENIED, "S9.50: after a one-time link has set a password");
}

static void check_other_users(void)
{
    begin("others.db");
    tap_is_result(support_sign_up(with, "bobby", PASSWORD), LUCI_OK, "bobby signs up");
    learn();
    luci_known_password_forget(&with->auth, support_session.user.id);
    is_known("after a change of another user");
    luci_known_password_forget(&with->auth, user.id);
    is_looked_up(LUCI_OK, "after a change of the user");
    is_known("after that look");
}

/* What another request or luciactl does between the look at the row and the end of the check. */
static void disable(void)
{
    support_run(with->target.params, "UPDATE auth_user SET disabled = 1");
    luci_known_password_forget(&with->auth, support_session.user.id);
}

static void check_race(void)
{
    begin("race.db");
    tap_is_result(check(), LUCI_OK, "the right password is admitted");
    meanwhile = disable;
    is_looked_up(LUCI_OK, "while its user is disabled");
    is_looked_up(LUCI_DENIED, "after its user was disabled during a look");
}

/* ---- The limits of attempts ---- */

static void fail(const char *name, const char *address, int times)
{
    for (int i = 0; i < times; i++) {
        const char *guess = apr_psprintf(pool, "guess %d of %s from %s", i, name, address);

        (void)!ask(name, guess, address, NULL);
    }
}

static void check_limits(void)
{
    begin("account.db");
    learn();
    fail("alice", ELSEWHERE, LIMIT - 1);
    is_known("one failure below the limit of the account");
    fail("alice", "203.0.113.9", 1);
    is_looked_up(LUCI_THROTTLED, "S9.4: at the limit of the account");
    now = NOW + LUCI_MS_HOUR;
    is_looked_up(LUCI_OK, "S9.4: after the refusal");

    begin("address.db");
    learn();
    fail("bobby", HOME, LIMIT - 1);
    is_known("one failure below the limit of the address");
    fail("carol", HOME, 1);
    is_looked_up(LUCI_THROTTLED, "S9.4: at the limit of the address");

    begin("success.db");
    throttle.limits.account_success = (luci_limit_t){ .max = 2, .period = LUCI_MS_HOUR };
    learn();
    is_known("one success below the limit of the account");
    memory.table = table_of(LUCI_PASSWORD_RECORD_MAX);
    tap_is_result(ask("alice", PASSWORD, ELSEWHERE, NULL), LUCI_OK,
                  "the password is admitted from another address after a hash");
    is_looked_up(LUCI_THROTTLED, "at the limit of successes of the account");

    begin("failures.db");
    learn();
    support_run(with->target.params,
                apr_psprintf(pool, "UPDATE user_key SET failures = %d", LUCI_FAILURES_MAX - 1));
    throttle.limits.account.max = 0;
    fail("alice", ELSEWHERE, 1);
    is_looked_up(LUCI_DENIED, "S9.60: after 100 failures in a row");
}

/* ---- Where nothing may be kept ---- */

static void check_off(void)
{
    static luci_throttle_mirror_t mirror;

    begin("shared.db");
    throttle.counters = NULL;
    learn();
    is_looked_up(LUCI_OK, "with counts whose refusals cannot be noticed");
    throttle.counters = &counters;
    throttle.store.mirror = &mirror;
    tap_is_result(luci_throttle_watch(&throttle, &(luci_attempt_t){ .address = HOME }, "username:alice",
                                      &(luci_change_watch_t){ 0 }, pool),
                  LUCI_UNAVAILABLE, "counts that machines share cannot be watched");

    begin("unlimited.db");
    with->auth.throttle = NULL;
    learn();
    is_known("without a throttle");

    begin("off.db");
    known.local.table = NULL;
    learn();
    is_looked_up(LUCI_OK, "without a table");
    luci_known_password_forget(&with->auth, user.id);
    with->settings.second_factor = LUCI_SECOND_FACTOR_REQUIRED;
    known.local.table = luci_local_table_create(64, pool);
    is_looked_up(LUCI_DENIED, "S9.71: without the second factor that is required");
    is_looked_up(LUCI_DENIED, "S9.71: without the second factor, again");
    with->settings.second_factor = LUCI_SECOND_FACTOR_OFF;
    with->auth.known = NULL;
    luci_known_password_forget(&with->auth, user.id);
    tap_is_result(support_check(with, "alice", PASSWORD, &user), LUCI_OK,
                  "without a cache passwords are looked up");
}

int main(void)
{
    pool = support_start();
    check_found();
    check_time();
    check_changes();
    check_reset();
    check_other_users();
    check_race();
    check_limits();
    check_off();
    return tap_done();
}
