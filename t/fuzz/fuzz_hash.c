/* SPDX-License-Identifier: Apache-2.0 */
/* The input is a stored hash. It is judged; only what costs next to nothing is computed. */
#include "fuzz.h"

#include "core/password/password_hash.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is not readable never signs in, and is outdated. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const luci_hash_cost_t cost = { LUCI_HASH_ARGON2ID, 8, 1, 1 };
    char *stored = fuzz_copy(data, size, 1);
    int is_readable = luci_password_is_readable(stored);

    (void)luci_password_is_cheap(stored);
    if (!is_readable) {
        FUZZ_CHECK(luci_password_outdated(stored, &cost));
        FUZZ_CHECK(luci_password_verify(stored, LUCI_ARGON2_LIBARGON2, "a password") != LUCI_OK);
    }
    else
        (void)luci_password_outdated(stored, &cost);
    free(stored);
    return 0;
}
