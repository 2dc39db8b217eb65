/* SPDX-License-Identifier: Apache-2.0 */
/* The step between password and second factor: what its text says, whose it is, and how long. S1.41. */
#include "core/auth/step.h"
#include "core/base/base64url.h"
#include "lib/tap.h"

#include <apr_general.h>
#include <apr_strings.h>
#include <string.h>

#define NOW ((luci_ms_t)1700000000000)

static apr_pool_t *pool;
static const luci_seal_keys_t *keys;

static const luci_factor_demand_t demand = { 1, "user0000000000a", "username:alice", "$argon2id$a$b$c" };

static const luci_seal_keys_t *keys_of(const char *secret)
{
    apr_array_header_t *secrets = apr_array_make(pool, 1, sizeof(const char *));
    const luci_seal_keys_t *made = NULL;

    APR_ARRAY_PUSH(secrets, const char *) = secret;
    tap_is_result(luci_seal_keys_make(secrets, &made, pool), LUCI_OK, "keys are made");
    return made;
}

static const char *made(const luci_factor_demand_t *of, luci_step_kind_t kind, const char *next)
{
    luci_step_made_t step = { .value = NULL };

    tap_is_result(luci_step_make(keys, &(luci_step_wanted_t){ kind, of, next }, NOW, &step, pool), LUCI_OK,
                  "a step to %s is made", next ? next : "nowhere");
    return step.value;
}

static luci_result_t read_at(const char *value, luci_ms_t now, luci_step_t *step)
{
    *step = (luci_step_t){ .user_id = NULL };
    return luci_step_read(keys, value, now, step, pool);
}

static void check_round_trip(void)
{
    const char *value = made(&demand, LUCI_STEP_CONFIRM, "/a?b=c");
    unsigned char *inside;
    size_t length;
    luci_step_t step;

    tap_is_result(read_at(value, NOW, &step), LUCI_OK, "the step is read");
    tap_is_int(step.kind, LUCI_STEP_CONFIRM, "the step says what it completes");
    tap_is_str(step.user_id, demand.user_id, "the step says whose it is");
    tap_is_str(step.key_id, demand.key_id, "the step has the name of the sign-in");
    tap_is_str(step.next, "/a?b=c", "the step knows the way back");
    tap_ok(!strstr(value, demand.stored_hash) && strlen(value) < 512, "the step is short, without the hash");
    tap_ok(luci_base64url_decode(value + strlen("1.01234567."), &inside, &length, pool) == LUCI_OK &&
               length > strlen(demand.key_id) &&
               !memmem(inside, length, demand.key_id, strlen(demand.key_id)) &&
               !memmem(inside, length, demand.user_id, strlen(demand.user_id)),
           "S1.41: the cookie does not reveal whose step it is");
    tap_is_result(read_at(made(&demand, LUCI_STEP_SIGN_IN, NULL), NOW, &step), LUCI_OK,
                  "a step without way back is read");
    tap_is_int(step.kind, LUCI_STEP_SIGN_IN, "the other kind of step is told apart");
    tap_ok(!step.next, "no way back is none");
}

/* What the table has of a step is not in its cookie, and tells nothing of what is. */
static void check_id(void)
{
    luci_step_made_t one, other;
    luci_step_t step;

    tap_is_result(
        luci_step_make(keys, &(luci_step_wanted_t){ LUCI_STEP_SIGN_IN, &demand, "/" }, NOW, &one, pool),
        LUCI_OK, "one step of a user is made");
    tap_is_result(
        luci_step_make(keys, &(luci_step_wanted_t){ LUCI_STEP_SIGN_IN, &demand, "/" }, NOW, &other, pool),
        LUCI_OK, "another step of the same user at the same time is made");
    tap_ok(strlen(one.id) == LUCI_SHA256_HEX && strcmp(one.id, other.id) != 0,
           "S1.41: two steps of the same user at the same time have different rows");
    tap_is_result(read_at(one.value, NOW, &step), LUCI_OK, "one of two steps is read");
    tap_is_str(step.id, one.id, "S1.41: a step that comes back names its row");
}

static void check_next(void)
{
    char *longest = apr_palloc(pool, LUCI_STEP_NEXT_MAX + 2);
    luci_step_t step;

    memset(longest, 'x', LUCI_STEP_NEXT_MAX + 1);
    longest[0] = '/';
    longest[LUCI_STEP_NEXT_MAX + 1] = '\0';
    tap_is_result(read_at(made(&demand, LUCI_STEP_SIGN_IN, longest), NOW, &step), LUCI_OK,
                  "a step with a long way is read");
    tap_ok(!step.next, "a way that is too long for a cookie is left out");
    longest[LUCI_STEP_NEXT_MAX] = '\0';
    tap_is_result(read_at(made(&demand, LUCI_STEP_SIGN_IN, longest), NOW, &step), LUCI_OK,
                  "a step with the longest way is read");
    tap_is_str(step.next, longest, "the longest way is kept");
}

static void check_time(void)
{
    const char *value = made(&demand, LUCI_STEP_SIGN_IN, NULL);
    luci_step_t step;

    tap_is_result(read_at(value, NOW + LUCI_STEP_LIFETIME - 1, &step), LUCI_OK,
                  "S1.41: a step is valid for ten minutes");
    tap_is_result(read_at(value, NOW + LUCI_STEP_LIFETIME, &step), LUCI_EXPIRED,
                  "S1.41: after ten minutes a step has expired");
    tap_is_result(read_at(value, NOW - LUCI_MS_MINUTE, &step), LUCI_OK,
                  "S1.41: a step of a node whose clock is a minute ahead is valid");
    tap_is_result(read_at(value, NOW - LUCI_MS_MINUTE - 1, &step), LUCI_EXPIRED,
                  "S1.41: a step of a clock that was far ahead is not valid for longer");
}

static void check_forgeries(void)
{
    const char *value = made(&demand, LUCI_STEP_SIGN_IN, "/");
    const luci_seal_keys_t *own = keys;
    luci_step_made_t unmade;
    luci_step_t step;
    int taken = 0;

    for (size_t i = 0; value[i]; i++) {
        char *changed = apr_pstrdup(pool, value);

        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        taken += read_at(changed, NOW, &step) == LUCI_OK;
        taken += read_at(apr_pstrmemdup(pool, value, i), NOW, &step) == LUCI_OK;
    }
    tap_is_int(taken, 0, "no changed or cut step is taken");
    tap_is_result(read_at(NULL, NOW, &step), LUCI_DENIED, "no cookie is no step");
    tap_is_result(read_at("", NOW, &step), LUCI_DENIED, "an empty cookie is no step");
    keys = keys_of("another secret of at least 32 characters");
    tap_is_result(read_at(value, NOW, &step), LUCI_DENIED, "a step of another secret is none");
    keys = NULL;
    tap_is_result(read_at(value, NOW, &step), LUCI_INTERNAL, "without a secret no step is read");
    tap_is_result(
        luci_step_make(NULL, &(luci_step_wanted_t){ LUCI_STEP_SIGN_IN, &demand, NULL }, NOW, &unmade, pool),
        LUCI_INTERNAL, "without a secret no step is made");
    keys = own;
}

static void check_fit(void)
{
    luci_key_t key = { .id = demand.key_id, .stored_hash = demand.stored_hash, .user.id = demand.user_id };
    luci_step_t step;

    tap_is_result(read_at(made(&demand, LUCI_STEP_SIGN_IN, NULL), NOW, &step), LUCI_OK,
                  "a step to fit is read");
    tap_ok(luci_step_fits(&step, &key), "a step fits the key that was verified");
    key.stored_hash = "$argon2id$a$b$d";
    tap_ok(!luci_step_fits(&step, &key), "S1.41: after a change of the password the step fits no more");
    key.stored_hash = NULL;
    tap_ok(!luci_step_fits(&step, &key), "a key without a password fits no step");
    key.stored_hash = demand.stored_hash;
    key.id = "username:alicf";
    tap_ok(!luci_step_fits(&step, &key), "the same hash under another name does not fit");
    key.id = demand.key_id;
    key.user.id = "user0000000000b";
    tap_ok(!luci_step_fits(&step, &key), "a key that has got another user does not fit");
}

/* Of someone whom another module has identified. */
static void check_fit_without_hash(void)
{
    const luci_factor_demand_t adopted = { .kinds = demand.kinds,
                                           .user_id = demand.user_id,
                                           .key_id = "corp:1" };
    luci_key_t key = { .id = adopted.key_id, .user.id = adopted.user_id };
    luci_step_t step;

    tap_is_result(read_at(made(&adopted, LUCI_STEP_SIGN_IN, NULL), NOW, &step), LUCI_OK,
                  "S9.103: a step of a key without a hash is read");
    tap_ok(luci_step_fits(&step, &key), "S9.103: a step of a key without a hash fits that key");
    key.stored_hash = demand.stored_hash;
    tap_ok(!luci_step_fits(&step, &key), "S9.103: a key that has got a password fits no step of before");
    key.stored_hash = "";
    tap_ok(!luci_step_fits(&step, &key), "S9.103: an empty hash is not like none");
    key.stored_hash = NULL;
    key.id = "corp:2";
    tap_ok(!luci_step_fits(&step, &key), "S9.103: the key of another person does not fit");
    key.id = adopted.key_id;
    key.user.id = "user0000000000b";
    tap_ok(!luci_step_fits(&step, &key), "S9.103: a key that was given to another user does not fit");
}

int main(void)
{
    apr_initialize();
    apr_pool_create(&pool, NULL);
    if (luci_secret_init(pool) != LUCI_OK)
        return 1;
    keys = keys_of("a secret of at least 32 characters");
    check_round_trip();
    check_id();
    check_next();
    check_time();
    check_forgeries();
    check_fit();
    check_fit_without_hash();
    return tap_done();
}
