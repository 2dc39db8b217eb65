/* SPDX-License-Identifier: Apache-2.0 */
/* Device cookies: whose they are, for how long, and what is none. S9.5. */
#include "core/throttle/device.h"
#include "lib/support.h"
#include "lib/tap.h"

#include <apr_strings.h>
#include <string.h>

#define MARK_HEX 64

static apr_pool_t *pool;
static const unsigned char secret[LUCI_SHA256_BYTES] = "a secret of thirty-two bytes ...";
static unsigned char nonce[LUCI_DEVICE_NONCE_BYTES];

static const char *renewed(const char *value, const char *account, luci_ms_t now)
{
    const char *out = NULL;

    tap_is_result(luci_device_renew(&(luci_device_t){ .secret = secret, .account = account, .now = now },
                                    value, &out, pool),
                  LUCI_OK, "a token of %s", account);
    return out;
}

static luci_result_t find(const char *value, const char *account, luci_ms_t now)
{
    return luci_device_find(&(luci_device_t){ .secret = secret, .account = account, .now = now }, value,
                            nonce);
}

static void check_one(void)
{
    const char *value = renewed(NULL, "username:alice", NOW), *again;
    unsigned char first[LUCI_DEVICE_NONCE_BYTES];
    const unsigned char other[LUCI_SHA256_BYTES] = "another secret";

    tap_is_int(strlen(value), MARK_HEX, "the value holds one device token");
    tap_ok(!strstr(value, "alice"), "the device token does not contain the name");
    tap_is_result(find(value, "username:alice", NOW), LUCI_OK, "S9.5: the device token is valid for alice");
    memcpy(first, nonce, sizeof first);
    tap_is_result(find(value, "username:bob", NOW), LUCI_NOT_FOUND,
                  "S9.5: a token of alice is not valid for bob");
    tap_is_result(
        luci_device_find(&(luci_device_t){ .secret = other, .account = "username:alice", .now = NOW }, value,
                         nonce),
        LUCI_NOT_FOUND, "S9.5: a token is not valid with another secret");
    tap_is_result(find(value, "username:alice", NOW + LUCI_DEVICE_LIFETIME - LUCI_MS_SECOND), LUCI_OK,
                  "a device token is valid for a year");
    tap_is_result(find(value, "username:alice", NOW + LUCI_DEVICE_LIFETIME), LUCI_NOT_FOUND,
                  "a device token ends after a year");
    again = renewed(value, "username:alice", NOW);
    tap_is_int(strlen(again), MARK_HEX, "signed in again: still one token");
    tap_is_result(find(again, "username:alice", NOW), LUCI_OK, "a good one");
    tap_ok(memcmp(first, nonce, sizeof first) != 0, "the sign-in renews the device token");
}

/* Secrets that are replaced: the first one makes tokens, all of them find them. */
static void check_older(void)
{
    static const unsigned char secrets[2][LUCI_SHA256_BYTES] = { "another secret", "the third secret" };
    luci_device_t device = { .secret = secret, .account = "a", .now = NOW, .older = secrets[0], .olders = 2 };
    const char *value;

    for (int i = 0; i < 2; i++) {
        value = NULL;
        tap_is_result(luci_device_renew(&(luci_device_t){ .secret = secrets[i], .account = "a", .now = NOW },
                                        NULL, &value, pool),
                      LUCI_OK, "a token of the older secret %d", i);
        tap_is_result(luci_device_find(&device, value, nonce), LUCI_OK,
                      "S9.5: the older secret %d finds its tokens", i);
        tap_is_result(find(value, "a", NOW), LUCI_NOT_FOUND,
                      "S9.5: without the older secret %d its tokens are not valid", i);
        tap_is_result(luci_device_renew(&device, value, &value, pool), LUCI_OK, "the token %d is renewed", i);
        tap_is_int(strlen(value), MARK_HEX, "a token of the older secret %d is replaced", i);
        tap_is_result(find(value, "a", NOW), LUCI_OK, "the first secret makes the token instead of %d", i);
    }
    device.account = "b";
    tap_is_result(luci_device_find(&device, value, nonce), LUCI_NOT_FOUND,
                  "S9.5: no secret finds a token of another account");
}

static void check_several(void)
{
    static const char *const accounts[] = { "a", "b", "c", "d", "e" };
    const char *value = NULL;

    for (int i = 0; i < COUNT(accounts); i++)
        value = renewed(value, accounts[i], NOW);
    tap_is_int(strlen(value), 4 * MARK_HEX, "four marks of five accounts");
    for (int i = 0; i < COUNT(accounts); i++)
        tap_is_result(find(value, accounts[i], NOW), i == 0 ? LUCI_NOT_FOUND : LUCI_OK, "S9.5: account %s",
                      accounts[i]);
    value = renewed(value, "c", NOW);
    tap_is_int(strlen(value), 4 * MARK_HEX, "S9.5: the third one again");
    for (int i = 1; i < COUNT(accounts); i++)
        tap_is_result(find(value, accounts[i], NOW), LUCI_OK, "S9.5: keeps account %s", accounts[i]);
    value = renewed(value, "f", NOW + LUCI_DEVICE_LIFETIME);
    tap_is_int(strlen(value), MARK_HEX, "what is over goes");
}

static void check_forged(void)
{
    char *value = apr_pstrdup(pool, renewed(NULL, "alice", NOW));
    const char *const bad[] = { NULL,      "",
                                "a",       apr_pstrcat(pool, value, "0", NULL),
                                value + 1, apr_pstrcat(pool, value, value, value, value, value, NULL) };

    for (int i = 0; i < COUNT(bad); i++)
        tap_is_result(find(bad[i], "alice", NOW), LUCI_NOT_FOUND, "a value that is none, %d", i);
    for (int i = 0; i < MARK_HEX; i++) {
        char kept = value[i];

        value[i] = kept == '0' ? '1' : '0';
        tap_is_result(find(value, "alice", NOW), LUCI_NOT_FOUND, "another digit %d", i);
        value[i] = 'A';
        tap_is_result(find(value, "alice", NOW), LUCI_NOT_FOUND, "no digit of ours %d", i);
        value[i] = kept;
    }
    tap_is_result(find(value, "alice", NOW), LUCI_OK, "the real one");
    tap_is_int(strlen(renewed("garbage", "alice", NOW)), MARK_HEX, "garbage is not kept");
    tap_is_int(strlen(renewed(apr_pstrcat(pool, "x", value + 1, NULL), "bob", NOW)), MARK_HEX,
               "half a device token is not kept");
}

int main(void)
{
    pool = support_start();
    check_one();
    check_older();
    check_several();
    check_forged();
    return tap_done();
}
