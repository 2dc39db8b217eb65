/* SPDX-License-Identifier: Apache-2.0 */
/* The input is a code of a second factor, as a user types it, the secret of an app, and names in its URI. */
#include "fuzz.h"

#include "core/recovery/recovery.h"
#include "core/totp/totp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is read of a text is written and read again the same; what is not read leaves nothing. */
static void fuzz_code_base32(const char *text, size_t length)
{
    unsigned char bits[LUCI_TOTP_SEED_BYTES], again[LUCI_TOTP_SEED_BYTES];
    char written[LUCI_TOTP_SECRET_LENGTH + 1];

    if (luci_base32_decode(text, bits, length) != LUCI_OK) {
        for (size_t i = 0; i < length; i++)
            FUZZ_CHECK(bits[i] == 0);
        return;
    }
    luci_base32_encode(bits, length, written);
    FUZZ_CHECK(strlen(written) == LUCI_BASE32_LENGTH(length));
    FUZZ_CHECK(strlen(text) >= strlen(written));
    FUZZ_CHECK(luci_base32_decode(written, again, length) == LUCI_OK && memcmp(bits, again, length) == 0);
}

/* A URI has what separates its parts where it belongs, whatever the names are. */
static void fuzz_code_uri(const char *text, apr_pool_t *pool)
{
    const char *uri = luci_totp_uri("ABC", text, text, pool), *label = uri + strlen("otpauth://totp/");
    size_t length = strcspn(label, "?");

    FUZZ_CHECK(memchr(label, ':', length) && !memchr(label, '/', length));
    FUZZ_CHECK(strncmp(label + length, "?secret=ABC&issuer=", 19) == 0);
    FUZZ_CHECK(strcspn(label + length + 19, ":/?#[]@!$&'()*+,;= \"<>") == strlen(label + length + 19));
    for (const char *c = uri; *c; c++)
        FUZZ_CHECK(*c > ' ' && *c < 127);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *pool = fuzz_pool();
    char *text = fuzz_copy(data, size, 1), code[LUCI_TOTP_DIGITS + 1];
    int is_code = luci_totp_read_code(text, code) == LUCI_OK;

    FUZZ_CHECK(strlen(code) == (is_code ? LUCI_TOTP_DIGITS : 0) &&
               strspn(code, "0123456789") == strlen(code));
    fuzz_code_base32(text, LUCI_RECOVERY_BYTES);
    fuzz_code_base32(text, LUCI_TOTP_SEED_BYTES);
    fuzz_code_uri(text, pool);
    free(text);
    apr_pool_destroy(pool);
    return 0;
}
