/* SPDX-License-Identifier: Apache-2.0 */
/* The input is the value of a device cookie. */
#include "fuzz.h"

#include "core/throttle/device.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* No value that was made without the secret is one; what a renewed cookie says is found in it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const unsigned char secret[LUCI_SHA256_BYTES] = "a fuzzer's secret, that it can't";
    luci_device_t alice = { .secret = secret, .account = "alice", .now = 1795298400123 },
                  bob = { .secret = secret, .account = "bob", .now = alice.now };
    unsigned char nonce[LUCI_DEVICE_NONCE_BYTES];
    apr_pool_t *pool = fuzz_pool();
    char *value = fuzz_copy(data, size, 1);
    const char *renewed;

    if (luci_secret_init(pool) != LUCI_OK)
        abort();
    FUZZ_CHECK(luci_device_find(&alice, value, nonce) == LUCI_NOT_FOUND);
    if (luci_device_renew(&alice, value, &renewed, pool) == LUCI_OK) {
        FUZZ_CHECK(luci_device_find(&alice, renewed, nonce) == LUCI_OK);
        FUZZ_CHECK(luci_device_find(&bob, renewed, nonce) == LUCI_NOT_FOUND);
    }
    free(value);
    apr_pool_destroy(pool);
    return 0;
}
