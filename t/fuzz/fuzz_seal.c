/* SPDX-License-Identifier: Apache-2.0 */
/* The input is a sealed or signed text; and, sealed here, the fields of the step between password and second
 * factor. */
#include "fuzz.h"

#include "core/auth/step.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FUZZ_SEAL_NOW ((luci_ms_t)1700000000000)
#define FUZZ_SEAL_SEALED "1.sPso7ZVb.AAECAwQFBgcICQoLsI_fvPirCVa_HWUpXG3D7eBHSesyMVv5H_Tea1kAp4HeEvnj"
#define FUZZ_SEAL_SIGNED "1.sPso7ZVb.AAABi8_uj8B0ZXh0IMOk.fEN5XgOea-NaYSexi1DNrewh-ZNZdNM1EbIvWb9vMFg"

static const luci_seal_keys_t *fuzz_seal_keys(apr_pool_t *pool)
{
    apr_array_header_t *secrets = apr_array_make(pool, 1, sizeof(const char *));
    const luci_seal_keys_t *keys;

    APR_ARRAY_PUSH(secrets, const char *) = "a secret of at least 32 characters";
    if (luci_secret_init(pool) != LUCI_OK || luci_seal_keys_make(secrets, &keys, pool) != LUCI_OK)
        abort();
    return keys;
}

/* Only the text that was made with the secret opens, and only the one that was signed is verified. */
static void fuzz_seal_text(const luci_seal_keys_t *keys, const char *text, apr_pool_t *pool)
{
    const luci_seal_t sealed = { keys, "totp seed", "alice" }, with_signature = { keys, "step", "alice" };
    unsigned char *plain;
    const char *read;
    size_t length;
    int is_sealed = strcmp(text, FUZZ_SEAL_SEALED) == 0, is_signed = strcmp(text, FUZZ_SEAL_SIGNED) == 0;

    FUZZ_CHECK(luci_seal_open(&sealed, text, &plain, &length, pool) == (is_sealed ? LUCI_OK : LUCI_DENIED));
    FUZZ_CHECK(luci_seal_verify(&with_signature, text, FUZZ_SEAL_NOW, &read, pool) ==
               (is_signed ? LUCI_OK : LUCI_DENIED));
    FUZZ_CHECK(!luci_seal_is_current(keys, text) || luci_seal_is_readable(keys, text));
}

/* Whatever was sealed as a step is a whole step, or none. */
static void fuzz_seal_step(const luci_seal_keys_t *keys, const uint8_t *data, size_t size, apr_pool_t *pool)
{
    const luci_seal_t seal = { keys, "second factor step", "" };
    luci_step_t step = { .user_id = NULL };
    const char *value;
    luci_result_t result;

    if (luci_seal_close(&seal, data, size, &value, pool) != LUCI_OK) {
        FUZZ_CHECK(size > LUCI_SEAL_PLAIN_MAX);
        return;
    }
    result = luci_step_read(keys, value, FUZZ_SEAL_NOW, &step, pool);
    FUZZ_CHECK(result == LUCI_OK || result == LUCI_DENIED || result == LUCI_EXPIRED);
    FUZZ_CHECK(result != LUCI_OK || (step.user_id && step.key_id && step.fingerprint && *step.id));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *pool = fuzz_pool();
    const luci_seal_keys_t *keys = fuzz_seal_keys(pool);
    char *text = fuzz_copy(data, size, 1);

    fuzz_seal_text(keys, text, pool);
    fuzz_seal_step(keys, data, size, pool);
    free(text);
    apr_pool_destroy(pool);
    return 0;
}
