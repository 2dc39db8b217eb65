/* SPDX-License-Identifier: Apache-2.0 */
/* Challenges: a token belongs to one use, expires, and is accepted once, whichever node asks.
 * Specification: S9.82. */
#include "core/passkey/challenge.h"

#include "core/base/base64url.h"
#include "core/db/passkey_table.h"
#include "core/db/schema.h"
#include "lib/support.h"
#include "lib/tap.h"

#include <apr_strings.h>
#include <string.h>
#include <unistd.h>

static apr_pool_t *pool;
static luci_settings_t settings;
static const char *path;
static const luci_seal_keys_t *keys, *other_keys;

static const luci_seal_keys_t *keys_of(const char *secret)
{
    const luci_seal_keys_t *made;

    if (luci_seal_keys_make(support_names((const char *[]){ secret, NULL }), &made, pool) != LUCI_OK)
        support_give_up("keys", secret);
    return made;
}

static luci_challenge_t made_for(const luci_challenge_use_t *use)
{
    luci_challenge_t challenge;

    if (luci_challenge_make(use, NOW, &challenge, pool) != LUCI_OK)
        support_give_up("a challenge", "it is not made");
    return challenge;
}

static void check_tokens(void)
{
    luci_challenge_use_t alice = { keys, LUCI_CHALLENGE_REGISTRATION, "alice" }, other = alice;
    luci_challenge_t challenge = made_for(&alice), again = made_for(&alice), got;
    unsigned char *bytes;
    size_t length;

    tap_is_result(luci_base64url_decode(challenge.text, &bytes, &length, pool), LUCI_OK,
                  "a challenge is base64url");
    tap_is_int(length, LUCI_CHALLENGE_BYTES, "a challenge has 32 bytes");
    tap_ok(strcmp(challenge.text, again.text) != 0, "each challenge is new");
    tap_is_result(luci_challenge_read(&alice, challenge.token, NOW, &got, pool), LUCI_OK,
                  "a token is read at once");
    tap_is_str(got.text, challenge.text, "a token has its challenge");
    tap_is_result(luci_challenge_read(&alice, challenge.token, NOW + LUCI_CHALLENGE_LASTS - 1, &got, pool),
                  LUCI_OK, "a token is read ten minutes later");
    tap_is_result(luci_challenge_read(&alice, challenge.token, NOW + LUCI_CHALLENGE_LASTS, &got, pool),
                  LUCI_EXPIRED, "a token expires after ten minutes");
    tap_is_result(luci_challenge_read(&alice, NULL, NOW, &got, pool), LUCI_DENIED, "no token is none");
    tap_is_result(luci_challenge_read(&alice, "", NOW, &got, pool), LUCI_DENIED, "an empty token is none");
    tap_is_result(luci_challenge_read(&alice, challenge.text, NOW, &got, pool), LUCI_DENIED,
                  "a challenge alone is no token");
    other.user_id = "bob";
    tap_is_result(luci_challenge_read(&other, challenge.token, NOW, &got, pool), LUCI_DENIED,
                  "a token of another user is refused");
    other = alice;
    other.purpose = LUCI_CHALLENGE_FACTOR;
    tap_is_result(luci_challenge_read(&other, challenge.token, NOW, &got, pool), LUCI_DENIED,
                  "the token of a registration proves no factor");
    other.purpose = LUCI_CHALLENGE_SIGN_IN;
    tap_is_result(luci_challenge_read(&other, challenge.token, NOW, &got, pool), LUCI_DENIED,
                  "the token of a registration is none of a sign-in");
    other = alice;
    other.keys = other_keys;
    tap_is_result(luci_challenge_read(&other, challenge.token, NOW, &got, pool), LUCI_DENIED,
                  "a token of another secret is refused");
}

/* ---- Once ---- */

static luci_result_t spend_within(luci_db_t *db, void *baton, apr_pool_t *scratch)
{
    return luci_challenge_spend(db, baton, NOW, scratch);
}

static luci_result_t spend_and_fail(luci_db_t *db, void *baton, apr_pool_t *scratch)
{
    luci_result_t result = luci_challenge_spend(db, baton, NOW, scratch);

    return result == LUCI_OK ? LUCI_CONFLICT : result;
}

static void check_once(void)
{
    luci_challenge_use_t use = { keys, LUCI_CHALLENGE_SIGN_IN, "" };
    luci_challenge_t challenge = made_for(&use), other = made_for(&use);
    luci_db_target_t target = support_target(path, &settings);
    luci_db_t *db = luci_db_create(&target, pool);
    int removed;

    tap_is_result(luci_db_transaction(db, spend_and_fail, &challenge, pool), LUCI_CONFLICT,
                  "a transaction that fails");
    tap_is_result(luci_db_transaction(db, spend_within, &challenge, pool), LUCI_OK,
                  "a challenge is not spent by a transaction that was rolled back");
    tap_is_result(luci_db_transaction(db, spend_within, &challenge, pool), LUCI_DENIED,
                  "a challenge is spent once");
    tap_is_result(luci_db_transaction(db, spend_within, &other, pool), LUCI_OK,
                  "another challenge is not spent");
    tap_is_result(luci_challenge_purge(db, NOW + LUCI_CHALLENGE_LASTS, &removed, pool), LUCI_OK,
                  "a purge of challenges succeeds");
    tap_is_int(removed, 0, "rows stay as long as their tokens are valid");
    tap_is_result(luci_challenge_purge(db, NOW + LUCI_CHALLENGE_KEPT, &removed, pool), LUCI_OK,
                  "a later purge of challenges succeeds");
    tap_is_int(removed, 2, "rows go when no token is valid");
    luci_db_close(db);
}

/* ---- Several nodes at the same moment ---- */

#define NODES 4
#define ROUNDS 25

typedef struct {
    luci_challenge_t challenge;
    luci_ms_t start;
} round_t;

static int be_a_node(const round_t *round)
{
    luci_db_target_t target = support_target(path, &settings);
    luci_db_t *db = luci_db_create(&target, pool);
    luci_challenge_t challenge = round->challenge;

    if (luci_db_connect(db) != LUCI_OK)
        return 2;
    while (support_clock() < round->start)
        ;
    switch (luci_db_transaction(db, spend_within, &challenge, pool)) {
    case LUCI_OK: return 0;
    case LUCI_DENIED: return 1;
    case LUCI_NOT_FOUND:
    case LUCI_EXPIRED:
    case LUCI_CONFLICT:
    case LUCI_INVALID:
    case LUCI_THROTTLED:
    case LUCI_BUSY:
    case LUCI_UNAVAILABLE:
    case LUCI_INTERNAL: break;
    }
    return 3;
}

static void check_nodes(void)
{
    luci_challenge_use_t use = { keys, LUCI_CHALLENGE_SIGN_IN, "" };
    int twice = 0, never = 0, broken = 0;

    for (int i = 0; i < ROUNDS; i++) {
        round_t round = { made_for(&use), support_clock() + 30 };
        pid_t nodes[NODES];
        int accepted = 0;

        for (int n = 0; n < NODES; n++) {
            nodes[n] = fork();
            if (nodes[n] == 0)
                _exit(be_a_node(&round));
        }
        for (int n = 0; n < NODES; n++) {
            int status = support_await(nodes[n]);

            accepted += status == 0;
            broken += status > 1;
        }
        twice += accepted > 1;
        never += accepted < 1;
    }
    tap_is_int(twice, 0, "no challenge is accepted by two nodes");
    tap_is_int(never, 0, "each challenge is accepted by one node");
    tap_is_int(broken, 0, "no node fails");
}

int main(void)
{
    pool = support_start();
    settings = support_settings();
    settings.passkeys = LUCI_PASSKEYS_ON;
    keys = keys_of("a secret of the tests, with more than 32 characters");
    other_keys = keys_of("another secret of the tests, with 32 characters");
    path = support_database("challenge");
    support_our_tables(path, &settings);
    check_tokens();
    check_once();
    check_nodes();
    return tap_done();
}
