/* SPDX-License-Identifier: Apache-2.0 */
/* Public keys, written and read. */
#include "core/passkey/cose_key.h"

#include "lib/support.h"
#include "lib/support_passkey.h"
#include "lib/tap.h"

#include <string.h>

static apr_pool_t *pool;

static void check_key(int algorithm)
{
    luci_bytes_t cose = support_key_cose(support_key(algorithm, pool), pool);
    unsigned char out[LUCI_COSE_KEY_MAX];
    luci_cose_key_t key;
    size_t length;
    int wrong = 0;

    tap_is_result(luci_cose_key_read(cose.data, cose.length, &key), LUCI_OK, "a key of %d is read",
                  algorithm);
    tap_is_int(key.algorithm, algorithm, "the algorithm of a key of %d", algorithm);
    tap_is_result(luci_cose_key_write(&key, out, &length), LUCI_OK, "a key of %d is written", algorithm);
    tap_ok(length == cose.length && memcmp(out, cose.data, length) == 0,
           "a key of %d is written as it was read", algorithm);
    for (size_t cut = 0; cut < cose.length; cut++)
        wrong += luci_cose_key_read(cose.data, cut, &key) != LUCI_INVALID;
    cose = support_append(cose, support_bytes_of("\0", 1), pool);
    wrong += luci_cose_key_read(cose.data, cose.length, &key) != LUCI_INVALID;
    tap_is_int(wrong, 0, "a key of %d has one length", algorithm);
    for (size_t at = 0; at < 10; at++) {
        luci_bytes_t other = support_flip(cose, at, 4, pool);

        wrong += luci_cose_key_read(other.data, other.length - 1, &key) != LUCI_INVALID;
    }
    tap_is_int(wrong, 0, "a key of %d has fixed members", algorithm);
}

static void check_refused(void)
{
    unsigned char out[LUCI_COSE_KEY_MAX];
    luci_cose_key_t key = { .algorithm = LUCI_COSE_ES256, .length = 63 };
    size_t length;

    tap_is_result(luci_cose_key_write(&key, out, &length), LUCI_INVALID, "a short key is not written");
    key = (luci_cose_key_t){ .algorithm = -35, .length = 96 };
    tap_is_result(luci_cose_key_write(&key, out, &length), LUCI_INVALID,
                  "a key of an algorithm that is not offered is not written");
    key = (luci_cose_key_t){ .algorithm = LUCI_COSE_RS256, .length = 259 };
    key.raw[258] = 1;
    tap_is_result(luci_cose_key_write(&key, out, &length), LUCI_INVALID,
                  "an RSA key with the exponent 1 is not written");
}

int main(void)
{
    pool = support_start();
    for (size_t i = 0; i < 3; i++)
        check_key(luci_cose_algorithms[i]);
    check_refused();
    return tap_done();
}
