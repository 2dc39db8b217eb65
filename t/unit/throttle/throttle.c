/* SPDX-License-Identifier: Apache-2.0 */
/* Tries that are refused before anything is looked up, counted by account, address and browser when their
 * hash begins, and taken back. S9.4, S9.5, S9.39 and S9.45. */
#include "core/auth/password_credential.h"
#include "core/account/admin.h"
#include "core/throttle/device.h"
#include "core/throttle/throttle.h"
#include "lib/support_auth.h"
#include "lib/tap.h"

#include <apr_strings.h>
#include <string.h>

#define PLACES 32
#define ATTACKER "192.0.2.1"
#define HOME "198.51.100.7"

/* The store: in this program's memory. */
static struct {
    unsigned char key[LUCI_SHA256_BYTES], record[LUCI_THROTTLE_RECORD_MAX];
    size_t length;
} places[PLACES];
static int is_held;
static luci_result_t fails; /* what the store answers then */
static int writes;          /* how often something was stored or removed */

static apr_pool_t *pool;
static support_auth_t *with;
static luci_throttle_t throttle;
static luci_attempt_t attempt;
static luci_ms_t now = NOW;

static luci_result_t hold(void *baton)
{
    (void)baton;
    if (is_held)
        support_give_up("the store", "held twice");
    is_held = fails == LUCI_OK;
    return fails;
}

static void release(void *baton)
{
    (void)baton;
    is_held = 0;
}

/* A free one without a key. */
static int place_of(const unsigned char *key)
{
    for (int i = 0; i < PLACES; i++) {
        if (key ? places[i].length && memcmp(places[i].key, key, LUCI_SHA256_BYTES) == 0 : !places[i].length)
            return i;
    }
    return -1;
}

static luci_result_t retrieve(void *baton, const unsigned char *key, unsigned char *record, size_t *length,
                              apr_pool_t *scratch)
{
    int place = place_of(key);

    (void)baton;
    (void)scratch;
    if (!is_held)
        support_give_up("the store", "not held");
    if (place < 0)
        return LUCI_NOT_FOUND;
    memcpy(record, places[place].record, places[place].length);
    *length = places[place].length;
    return LUCI_OK;
}

static luci_result_t store(void *baton, const unsigned char *key, const luci_shared_value_t *value,
                           apr_pool_t *scratch)
{
    int place = place_of(key);

    (void)baton;
    (void)scratch;
    writes++;
    if (place < 0)
        place = place_of(NULL);
    if (!is_held || value->until <= now || place < 0)
        support_give_up("the store", "not held, full, or stored for no time");
    memcpy(places[place].key, key, LUCI_SHA256_BYTES);
    memcpy(places[place].record, value->bytes, value->length);
    places[place].length = value->length;
    return LUCI_OK;
}

static luci_result_t take_out(void *baton, const unsigned char *key, apr_pool_t *scratch)
{
    int place = place_of(key);

    (void)baton;
    (void)scratch;
    writes++;
    if (place < 0)
        return LUCI_NOT_FOUND;
    places[place].length = 0;
    return LUCI_OK;
}

static int records(void)
{
    int count = 0;

    for (int i = 0; i < PLACES; i++)
        count += places[i].length != 0;
    return count;
}

static void begin(const char *name)
{
    memset(places, 0, sizeof places);
    fails = LUCI_OK;
    now = NOW;
    with = support_auth(name, 1);
    if (support_sign_up(with, "alice", PASSWORD) != LUCI_OK ||
        support_sign_up(with, "bobby", PASSWORD) != LUCI_OK)
        support_give_up(name, "no sign-up");
    throttle = (luci_throttle_t){
        .store = { hold, release, retrieve, store, take_out, NULL, NULL, NULL, NULL },
        .limits = { .account = { 3, LUCI_MS_MINUTE },
                    .address = { 5, LUCI_MS_MINUTE },
                    .sign_up = { 2, LUCI_MS_MINUTE } },
        .secret = "a secret",
    };
    with->auth.throttle = &throttle;
}

static luci_auth_request_t request_from(const char *address, const char *name, const char *password,
                                        const char *device)
{
    attempt = (luci_attempt_t){ .device = device };
    return (luci_auth_request_t){ .username = name,
                                  .password = password,
                                  .client = { .address = address },
                                  .now = now,
                                  .attempt = &attempt };
}

static luci_result_t sign_in(const char *address, const char *name, const char *password)
{
    luci_auth_request_t request = request_from(address, name, password, NULL);

    return luci_auth_sign_in(&with->auth, &request, &support_session, &support_field, pool);
}

static void check_account(void)
{
    int borrows;

    begin("account.db");
    for (int i = 0; i < 3; i++)
        tap_is_result(sign_in(ATTACKER, i ? "ALICE" : "alice", WRONG), LUCI_DENIED,
                      "S9.4: a wrong password from the attacker's address");
    borrows = with->borrows;
    tap_is_result(sign_in(ATTACKER, "Alice", PASSWORD), LUCI_THROTTLED,
                  "S9.4: the account is refused at the attacker's address");
    tap_is_result(sign_in(HOME, "alice", PASSWORD), LUCI_THROTTLED,
                  "S9.4: the account is refused at other addresses");
    tap_is_int(attempt.retry_after, LUCI_MS_MINUTE, "S9.4: the refusal lasts a minute");
    tap_is_int(with->borrows, borrows, "S9.4: the database was not asked");
    tap_is_result(sign_in(HOME, "bobby", PASSWORD), LUCI_OK, "others sign in");
    now += LUCI_MS_MINUTE;
    tap_is_result(sign_in(HOME, "alice", PASSWORD), LUCI_OK, "S9.4: alice signs in after the refusal");
    for (int i = 0; i < 3; i++)
        tap_is_result(sign_in(HOME, "alice", WRONG), LUCI_DENIED,
                      "S9.4: a successful sign-in cleared the count");
    for (int i = 0; i < 3; i++)
        tap_is_result(sign_in("203.0.113.9", "nobody", WRONG), LUCI_DENIED, "S9.4: an unknown name");
    tap_is_result(sign_in("203.0.113.9", "nobody", WRONG), LUCI_THROTTLED,
                  "S9.4: an unknown name is refused like a known one");
    support_auth_close(with);
}

static void check_address(void)
{
    char name[] = "name0";

    begin("address.db");
    for (int i = 0; i < 5; i++) {
        name[4] = (char)('0' + i);
        tap_is_result(sign_in(i % 2 ? "2001:db8:1:2::1" : "2001:db8:1:2:ffff::5", name, WRONG), LUCI_DENIED,
                      "an address, another name each time");
    }
    tap_is_result(sign_in("2001:db8:1:2:3:4:5:6", "alice", PASSWORD), LUCI_THROTTLED,
                  "the network of 64 bits is full");
    tap_is_result(sign_in("2001:db8:1:3::1", "alice", PASSWORD), LUCI_OK, "the next one is not");
    for (int i = 0; i < 10; i++)
        tap_is_result(sign_in(HOME, "alice", PASSWORD), LUCI_OK, "an address without failures signs in");
    tap_is_int(records(), 6, "nothing is kept of it");
    for (int i = 0; i < 5; i++) {
        tap_is_result(sign_in(i % 2 ? HOME : "::ffff:198.51.100.7", "nobody", WRONG),
                      i < 3 ? LUCI_DENIED : LUCI_THROTTLED, "IPv4, mapped or not");
        tap_is_result(sign_in(HOME, "alice", PASSWORD), LUCI_OK, "successes between failures");
    }
    tap_is_result(sign_in(HOME, "other", WRONG), LUCI_DENIED, "a fourth failure of the address is denied");
    tap_is_result(sign_in(HOME, "third", WRONG), LUCI_DENIED, "a fifth failure of the address is denied");
    tap_is_result(sign_in(HOME, "alice", PASSWORD), LUCI_THROTTLED, "clear nothing of an address");
    tap_is_str(luci_throttle_address("fe80::1%eth0", pool), "fe80::/64",
               "an IPv6 address with a zone counts by its network");
    tap_is_str(luci_throttle_address("unix:x", pool), "unix:x", "an unknown address counts as it is");
    support_auth_close(with);
}

static const char *device_of(const char *name, const char *before)
{
    luci_auth_request_t request = request_from(HOME, name, PASSWORD, before);
    const char *value = NULL;

    tap_is_result(luci_auth_sign_in(&with->auth, &request, &support_session, &support_field, pool), LUCI_OK,
                  "S9.5: a sign-in gives a device token");
    tap_is_result(luci_auth_device(&with->auth, &request, &value, pool), LUCI_OK, "S9.5: on a browser");
    return value;
}

static luci_result_t sign_in_on(const char *device, const char *address, const char *name,
                                const char *password)
{
    luci_auth_request_t request = request_from(address, name, password, device);

    return luci_auth_sign_in(&with->auth, &request, &support_session, &support_field, pool);
}

static void check_device(void)
{
    const char *device, *other;

    begin("device.db");
    device = device_of("alice", NULL);
    other = device_of("bobby", NULL);
    for (int i = 0; i < 5; i++)
        tap_is_result(sign_in(ATTACKER, "alice", WRONG), i < 3 ? LUCI_DENIED : LUCI_THROTTLED,
                      "S9.5: the attacker's attempts are throttled after three");
    tap_is_result(sign_in(HOME, "alice", PASSWORD), LUCI_THROTTLED, "S9.5: locks alice out elsewhere");
    tap_is_result(sign_in_on(other, HOME, "alice", PASSWORD), LUCI_THROTTLED,
                  "S9.5: another browser is throttled");
    tap_is_result(sign_in_on(device, HOME, "alice", PASSWORD), LUCI_OK,
                  "S9.5: alice signs in with her device cookie");
    tap_is_result(sign_in_on(device, ATTACKER, "ALICE", PASSWORD), LUCI_OK,
                  "S9.5: the device cookie is valid from any address");
    for (int i = 0; i < 5; i++)
        tap_is_result(sign_in_on(device, ATTACKER, "alice", WRONG), i < 3 ? LUCI_DENIED : LUCI_THROTTLED,
                      "S9.5: stolen, it's counted by itself");
    tap_is_result(sign_in_on(device, HOME, "alice", PASSWORD), LUCI_THROTTLED,
                  "S9.5: a stolen device cookie stays refused");
    support_auth_close(with);
}

/* A device token is for the password that it was given for. */
static void check_device_of_old_password(void)
{
    const char *device, *renewed;
    char *hash;
    luci_user_t user;

    begin("device-old.db");
    device = device_of("alice", NULL);
    tap_is_result(luci_credential_hash(
                      &with->auth,
                      &(luci_credential_t){ .kind = &luci_credential_password, .presented = "another one" },
                      &hash, pool),
                  LUCI_OK, "another password is hashed");
    tap_is_result(luci_admin_find(with->db, "alice", &user, pool), LUCI_OK, "the user alice is found");
    tap_is_result(
        luci_admin_set_password(with->db, &user, &(luci_admin_password_t){ .stored_hash = hash }, pool),
        LUCI_OK, "another password of alice is set");
    for (int i = 0; i < 5; i++)
        tap_is_result(sign_in(ATTACKER, "alice", WRONG), i < 3 ? LUCI_DENIED : LUCI_THROTTLED,
                      "the attacker's attempts are throttled after three");
    tap_is_result(sign_in_on(device, HOME, "alice", "another one"), LUCI_THROTTLED,
                  "a device token of before the change counts for nothing");
    support_auth_close(with);

    begin("device-outdated.db");
    with->settings.hash.memory_kib *= 2;
    device = device_of("alice", NULL);
    renewed = device_of("alice", device);
    for (int i = 0; i < 5; i++)
        tap_is_result(sign_in(ATTACKER, "alice", WRONG), i < 3 ? LUCI_DENIED : LUCI_THROTTLED,
                      "the attacker's attempts are throttled for the replaced hash");
    tap_is_result(sign_in_on(renewed, HOME, "alice", PASSWORD), LUCI_OK,
                  "a sign-in that replaces the hash gives a device token for the new one");
    support_auth_close(with);
}

static void check_sign_up(void)
{
    luci_auth_request_t request;
    static const struct {
        const char *name, *password;
        luci_result_t want;
    } tries[] = {
        { "charly", "short", LUCI_INVALID },   { "charly", PASSWORD, LUCI_OK },
        { "charly", PASSWORD, LUCI_CONFLICT }, { "dora", PASSWORD, LUCI_THROTTLED },
        { "alice", PASSWORD, LUCI_THROTTLED },
    };

    begin("sign_up.db");
    for (int i = 0; i < COUNT(tries); i++) {
        request = request_from(HOME, tries[i].name, tries[i].password, NULL);
        tap_is_result(luci_auth_sign_up(&with->auth, &request, &support_session, &support_field, pool),
                      tries[i].want, "sign-up %d", i);
    }
    request = request_from(ATTACKER, "dora", PASSWORD, NULL);
    tap_is_result(luci_auth_sign_up(&with->auth, &request, &support_session, &support_field, pool), LUCI_OK,
                  "a sign-up from another address succeeds");
    tap_is_result(sign_in(HOME, "charly", PASSWORD), LUCI_OK, "sign-ins are counted apart");
    support_auth_close(with);
}

static void check_faults(void)
{
    begin("faults.db");
    for (int i = 0; i < 10; i++) {
        with->refuse_at = 1;
        with->with = LUCI_UNAVAILABLE;
        tap_is_result(sign_in(HOME, "alice", WRONG), LUCI_UNAVAILABLE, "a try that could not be made");
    }
    tap_is_int(records(), 0, "is nobody's fault");
    fails = LUCI_UNAVAILABLE;
    for (int i = 0; i < 10; i++)
        tap_is_result(sign_in(HOME, "alice", WRONG), LUCI_DENIED,
                      "S9.39: attempts without the store are not counted");
    tap_is_result(sign_in(HOME, "alice", PASSWORD), LUCI_OK, "S9.39: sign-in goes on");
    fails = LUCI_OK;
    tap_is_result(sign_in(HOME, "alice", WRONG), LUCI_DENIED, "S9.39: the store is used again");
    for (int i = 0; i < PLACES; i++)
        memset(places[i].record, 'x', sizeof places[i].record);
    tap_is_result(sign_in(HOME, "alice", WRONG), LUCI_DENIED, "S9.39: garbage counts as nothing");
    tap_is_result(sign_in(HOME, "alice", WRONG), LUCI_DENIED, "S9.39: garbage is replaced by a count");
    tap_is_result(sign_in(HOME, "alice", WRONG), LUCI_DENIED,
                  "S9.39: the third failure is denied after garbage");
    tap_is_result(sign_in(HOME, "alice", WRONG), LUCI_THROTTLED,
                  "S9.39: the fourth failure is throttled after garbage");
    support_auth_close(with);
}

static luci_result_t run_none(void *baton, luci_hash_work_fn *work, void *work_baton)
{
    (void)baton;
    (void)work;
    (void)work_baton;
    return LUCI_BUSY;
}

/* What never comes to a hash is never stored, and so pushes out nothing. */
static void check_no_slot(void)
{
    luci_auth_request_t request;

    begin("no_slot.db");
    for (int i = 0; i < 3; i++)
        tap_is_result(sign_in(HOME, "alice", WRONG), LUCI_DENIED, "S9.45: an account is refused");
    with->auth.hasher.run = run_none;
    writes = 0;
    tap_is_result(sign_in(ATTACKER, "bobby", PASSWORD), LUCI_BUSY, "S9.45: a sign-in without a slot");
    tap_is_result(sign_in(ATTACKER, "alice", PASSWORD), LUCI_THROTTLED, "S9.45: a refused one needs none");
    request = request_from(ATTACKER, "dora", PASSWORD, NULL);
    tap_is_result(luci_auth_sign_up(&with->auth, &request, &support_session, &support_field, pool), LUCI_BUSY,
                  "S9.45: a sign-up without a slot");
    tap_is_int(writes, 0, "S9.45: attempts without a slot write no count");
    support_auth_close(with);
}

static void check_success(void)
{
    begin("success.db");
    throttle.limits.account_success = (luci_limit_t){ 2, LUCI_MS_MINUTE };
    throttle.limits.address_success = (luci_limit_t){ 3, LUCI_MS_MINUTE };
    for (int i = 0; i < 3; i++)
        tap_is_result(sign_in(HOME, "alice", PASSWORD), i < 2 ? LUCI_OK : LUCI_THROTTLED,
                      "right sign-ins of an account");
    tap_is_int(attempt.retry_after, LUCI_MS_MINUTE, "are refused for a period");
    tap_is_result(sign_in(HOME, "bobby", WRONG), LUCI_DENIED, "wrong ones count elsewhere");
    for (int i = 0; i < 2; i++)
        tap_is_result(sign_in(HOME, "bobby", PASSWORD), i < 1 ? LUCI_OK : LUCI_THROTTLED,
                      "those of an address");
    tap_is_result(sign_in(ATTACKER, "bobby", PASSWORD), LUCI_OK, "successes of another address do not count");
    now += LUCI_MS_MINUTE;
    tap_is_result(sign_in(HOME, "alice", PASSWORD), LUCI_OK, "successes do not count for ever");
    tap_is_result(luci_throttle_clear(&throttle, LUCI_THROTTLE_ACCOUNT_SUCCESS, "username:alice", now, pool),
                  LUCI_OK, "counted successes can be cleared");
    support_auth_close(with);
}

static void check_clear(void)
{
    begin("clear.db");
    for (int i = 0; i < 3; i++)
        tap_is_result(sign_in(HOME, "alice", WRONG), LUCI_DENIED,
                      "a wrong password is denied before the account is throttled");
    tap_is_result(luci_throttle_clear(&throttle, LUCI_THROTTLE_ACCOUNT, "username:bobby", now, pool),
                  LUCI_NOT_FOUND, "nothing to clear");
    tap_is_result(luci_throttle_clear(&throttle, LUCI_THROTTLE_ACCOUNT, "username:alice", now, pool), LUCI_OK,
                  "a throttled account is cleared");
    tap_is_result(sign_in(HOME, "alice", WRONG), LUCI_DENIED, "a cleared account may fail again");
    tap_is_result(luci_throttle_clear(&throttle, LUCI_THROTTLE_ADDRESS, "::ffff:" HOME, now, pool), LUCI_OK,
                  "an address is cleared by its IPv4-mapped form");
    support_auth_close(with);
}

/* ---- Second factors ---- */

static luci_result_t try_code(const char *user_id, const char *account)
{
    attempt = (luci_attempt_t){ .address = HOME, .now = now };
    return luci_throttle_factor(&throttle, &attempt, user_id, account, pool);
}

static luci_result_t guess(const char *user_id, const char *account)
{
    luci_result_t result = try_code(user_id, account);

    luci_throttle_end(&throttle, &attempt, LUCI_ATTEMPT_FAILURE, pool);
    return result;
}

/* Whether a code would be looked at; it is not, and does not count. */
static luci_result_t look_at_factor(const char *user_id)
{
    luci_result_t result = try_code(user_id, "username:alice");

    luci_throttle_end(&throttle, &attempt, LUCI_ATTEMPT_CANCEL, pool);
    return result;
}

static int is_factor_count_named(const char *name)
{
    luci_throttle_count_t count;

    for (int i = 0; i < PLACES; i++) {
        if (places[i].length &&
            luci_throttle_record_read(places[i].record, places[i].length, 0, &count) == LUCI_OK &&
            count.kind == LUCI_THROTTLE_FACTOR && strcmp(count.name, name) == 0)
            return 1;
    }
    return 0;
}

static void check_factor(void)
{
    begin("factor.db");
    throttle.limits.factor = (luci_limit_t){ 3, LUCI_MS_MINUTE };
    for (int i = 0; i < 3; i++)
        tap_is_result(guess("user-a", "username:alice"), LUCI_OK,
                      "S9.76: a wrong code below the limit is counted");
    tap_ok(is_factor_count_named("alice"), "S9.76: the count of a second factor has the name of its user");
    tap_is_int(records(), 1, "S9.76: a wrong code counts for its user alone");
    tap_is_result(look_at_factor("user-a"), LUCI_THROTTLED,
                  "S9.76: beyond the limit a code that would not count is refused");
    tap_is_result(guess("user-a", "username:alice"), LUCI_THROTTLED,
                  "S9.76: beyond the limit a code is refused");
    tap_is_int(attempt.retry_after, LUCI_MS_MINUTE, "S9.76: a code is refused for a period");
    tap_is_result(guess("user-a", "username:alicia"), LUCI_THROTTLED,
                  "S9.76: another name of the user does not help");
    tap_is_result(guess("user-b", "username:bobby"), LUCI_OK, "S9.76: codes of another user are not refused");
    tap_is_result(sign_in(HOME, "alice", PASSWORD), LUCI_OK,
                  "S9.76: refused codes do not refuse the password");
    tap_is_result(look_at_factor("user-a"), LUCI_THROTTLED,
                  "S9.76: a right password does not end the refusal of codes");
    now += LUCI_MS_MINUTE;
    tap_is_result(guess("user-a", "username:alice"), LUCI_OK, "S9.76: after the period a code is looked at");
    tap_is_result(try_code("user-a", "username:alice"), LUCI_OK,
                  "S9.76: a right code after a wrong one is looked at");
    luci_throttle_end(&throttle, &attempt, LUCI_ATTEMPT_SUCCESS, pool);
    for (int i = 0; i < 3; i++)
        tap_is_result(guess("user-a", "username:alice"), LUCI_OK, "S9.76: a right code deletes the count");
    tap_is_result(luci_throttle_clear(&throttle, LUCI_THROTTLE_FACTOR, "user-a", now, pool), LUCI_OK,
                  "S9.76: the count of a second factor is cleared by its user's id");
    tap_is_result(look_at_factor("user-a"), LUCI_OK, "S9.76: a cleared user may send codes again");
    support_auth_close(with);
}

/* Codes that are sent at once are under way together. */
static void check_factor_at_once(void)
{
    luci_attempt_t under_way[4];
    luci_result_t results[4];

    begin("factors.db");
    throttle.limits.factor = (luci_limit_t){ 3, LUCI_MS_MINUTE };
    for (int i = 0; i < 4; i++) {
        results[i] = try_code("user-a", "username:alice");
        under_way[i] = attempt;
    }
    tap_ok(results[0] == LUCI_OK && results[1] == LUCI_OK && results[2] == LUCI_OK,
           "S9.76: as many codes as the limit are looked at at once");
    tap_is_result(results[3], LUCI_BUSY, "S9.76: one code more at once waits for the others");
    luci_throttle_end(&throttle, &under_way[0], LUCI_ATTEMPT_CANCEL, pool);
    tap_is_result(try_code("user-a", "username:alice"), LUCI_OK,
                  "S9.76: a code that was not looked at does not count");
    throttle.limits.factor.max = 0;
    tap_is_result(guess("user-b", "username:bobby"), LUCI_OK, "S9.76: with factor=off codes are not counted");
    tap_is_int(records(), 1, "S9.76: with factor=off nothing is stored");
    tap_is_result(luci_throttle_factor(NULL, &attempt, "user-a", "username:alice", pool), LUCI_OK,
                  "S9.76: without a throttle no code is refused");
    support_auth_close(with);
}

/* As doc/throttling.md computes it: how long 100 wrong codes take, after which the app's codes are not
 * accepted any more. */
static void check_factor_bound(void)
{
    luci_ms_t start;
    int guesses = 0;

    begin("bound.db");
    throttle.limits.factor = (luci_limit_t){ 5, 15 * LUCI_MS_MINUTE };
    for (start = now; guesses < 100;) {
        if (guess("user-a", "username:alice") == LUCI_OK)
            guesses++;
        else
            now += attempt.retry_after;
    }
    tap_is_int((now - start) / LUCI_MS_MINUTE, 2025,
               "S9.76: with the default, 100 guesses take 33 hours and 45 minutes");
    support_auth_close(with);
}

/* ---- Mails ---- */

typedef luci_result_t counting_fn(const luci_throttle_t *with, luci_attempt_t *of, const char *name,
                                  apr_pool_t *scratch);

static luci_result_t by_client(const luci_throttle_t *by, luci_attempt_t *of, const char *name,
                               apr_pool_t *scratch)
{
    of->address = name;
    return luci_throttle_mail_client(by, of, scratch);
}

static luci_result_t mail_of(counting_fn *counting, const char *name, luci_attempt_outcome_t outcome)
{
    luci_result_t result;

    attempt = (luci_attempt_t){ .now = now };
    result = counting(&throttle, &attempt, name, pool);
    luci_throttle_end(&throttle, &attempt, outcome, pool);
    return result;
}

static luci_result_t by_mailbox(const luci_throttle_t *by, luci_attempt_t *of, const char *name,
                                apr_pool_t *scratch)
{
    return luci_throttle_mail(by, of, LUCI_THROTTLE_MAIL, name, scratch);
}

static luci_result_t by_notice(const luci_throttle_t *by, luci_attempt_t *of, const char *name,
                               apr_pool_t *scratch)
{
    return luci_throttle_mail(by, of, LUCI_THROTTLE_MAIL_NOTICE, name, scratch);
}

static luci_result_t by_reset(const luci_throttle_t *by, luci_attempt_t *of, const char *name,
                              apr_pool_t *scratch)
{
    return luci_throttle_mail(by, of, LUCI_THROTTLE_MAIL_RESET, name, scratch);
}

/* Two of each are allowed. other_form is counted as name, and another is not. */
static void check_mails_of(counting_fn *counting, const char *name, const char *other_form,
                           const char *another)
{
    static int number;

    begin(apr_psprintf(pool, "mails-%d.db", number++));
    throttle.limits.mail = throttle.limits.mail_client = throttle.limits.mail_notice =
        (luci_limit_t){ 2, LUCI_MS_MINUTE };
    for (int i = 0; i < 3; i++)
        tap_is_result(mail_of(counting, name, LUCI_ATTEMPT_CANCEL), LUCI_OK,
                      "S1.54: what did not happen does not count for %s", name);
    for (int i = 0; i < 2; i++)
        tap_is_result(mail_of(counting, i ? other_form : name, LUCI_ATTEMPT_SUCCESS), LUCI_OK,
                      "S1.54: below the limit, %s counts", i ? other_form : name);
    tap_is_int(records(), 1, "S1.54: %s and %s have one count", name, other_form);
    tap_is_result(mail_of(counting, name, LUCI_ATTEMPT_SUCCESS), LUCI_THROTTLED,
                  "S1.54: beyond the limit, %s is refused", name);
    tap_is_int(attempt.retry_after, LUCI_MS_MINUTE, "S1.54: %s is refused for a period", name);
    tap_is_result(mail_of(counting, another, LUCI_ATTEMPT_SUCCESS), LUCI_OK, "S1.54: %s is not refused",
                  another);
    now += LUCI_MS_MINUTE;
    tap_is_result(mail_of(counting, name, LUCI_ATTEMPT_SUCCESS), LUCI_OK,
                  "S1.54: after a period, %s is admitted", name);
    throttle.limits.mail.max = throttle.limits.mail_client.max = throttle.limits.mail_notice.max = 0;
    for (int i = 0; i < 4; i++)
        tap_is_result(mail_of(counting, name, LUCI_ATTEMPT_SUCCESS), LUCI_OK,
                      "S1.54: without a limit, %s is admitted", name);
    tap_is_result(counting(NULL, &attempt, name, pool), LUCI_OK, "S1.54: without a throttle, %s is admitted",
                  name);
    support_auth_close(with);
}

static void check_mail_clear(void)
{
    begin("cleared-mails.db");
    throttle.limits.mail = (luci_limit_t){ 1, LUCI_MS_MINUTE };
    tap_is_result(mail_of(by_mailbox, "Alice@example.com", LUCI_ATTEMPT_SUCCESS), LUCI_OK,
                  "S1.54: a mail counts");
    tap_is_result(luci_throttle_clear(&throttle, LUCI_THROTTLE_MAIL, "ALICE@example.com", now, pool), LUCI_OK,
                  "S1.54: the count of a mailbox is cleared, in any case of its letters");
    tap_is_result(mail_of(by_mailbox, "alice@example.com", LUCI_ATTEMPT_SUCCESS), LUCI_OK,
                  "S1.54: a mailbox whose count was cleared gets mails");
    support_auth_close(with);
}

/* Mails that others ask for do not use up the notices of a mailbox. */
static void check_notices_apart(void)
{
    begin("notices.db");
    throttle.limits.mail = throttle.limits.mail_notice = (luci_limit_t){ 1, LUCI_MS_MINUTE };
    tap_is_result(mail_of(by_mailbox, "alice@example.com", LUCI_ATTEMPT_SUCCESS), LUCI_OK,
                  "S1.54: a mail that others ask for counts");
    tap_is_result(mail_of(by_mailbox, "alice@example.com", LUCI_ATTEMPT_SUCCESS), LUCI_THROTTLED,
                  "S1.54: beyond the limit a mail that others ask for is refused");
    tap_is_result(mail_of(by_reset, "alice@example.com", LUCI_ATTEMPT_SUCCESS), LUCI_OK,
                  "S1.54: a link to a new password is not refused because of mails to an address");
    tap_is_result(mail_of(by_notice, "alice@example.com", LUCI_ATTEMPT_SUCCESS), LUCI_OK,
                  "S1.54: a notice is not refused because of mails that others ask for");
    support_auth_close(with);
}

int main(void)
{
    pool = support_start();
    check_account();
    check_address();
    check_device();
    check_device_of_old_password();
    check_sign_up();
    check_faults();
    check_no_slot();
    check_success();
    check_clear();
    check_factor();
    check_factor_at_once();
    check_factor_bound();
    check_mails_of(by_client, HOME, "::ffff:" HOME, ATTACKER);
    check_mails_of(luci_throttle_mail_name, "username:alice", "username:alice", "username:bobby");
    check_mails_of(by_mailbox, "Alice@example.com", "alice@example.com", "bobby@example.com");
    check_mails_of(by_mailbox, "alice+shop@example.com", "Alice@example.com", "alice@sub.example.com");
    check_mails_of(by_mailbox, "+a@example.com", "+A@example.com", "+b@example.com");
    check_mails_of(by_reset, "alice+a@example.com", "alice+b@example.com", "bobby@example.com");
    check_mails_of(by_notice, "Alice@example.com", "alice@example.com", "bobby@example.com");
    check_mail_clear();
    check_notices_apart();
    return tap_done();
}
