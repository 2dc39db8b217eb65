/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/secret.h"
#include "core/seal/hkdf.h"
#include "lib/tap.h"

#include <apr_general.h>
#include <string.h>

/* RFC 5869, appendix A.1 to A.3: the cases with SHA-256. The bytes of secret, salt and info count up. */
static const struct {
    unsigned char secret, secret_step, salt, info;
    size_t secret_length, salt_length, info_length, length;
    const char *hex;
} vectors[] = {
    { 0x0b, 0, 0x00, 0xf0, 22, 13, 10, 42,
      "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865" },
    { 0x00, 1, 0x60, 0xb0, 80, 80, 80, 82,
      "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09"
      "da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87" },
    { 0x0b, 0, 0x00, 0x00, 22, 0, 0, 42,
      "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8" },
};

static void fill(unsigned char *into, size_t length, unsigned char first, unsigned char step)
{
    for (size_t i = 0; i < length; i++)
        into[i] = (unsigned char)(first + step * i);
}

int main(void)
{
    static const unsigned char zeros[16];
    unsigned char secret[80], salt[80], info[80], out[128];
    char hex[2 * sizeof out + 1];
    luci_hkdf_t nothing = { .secret = "s", .secret_length = 1 };

    apr_initialize();
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        luci_hkdf_t hkdf = { .secret = secret,
                             .secret_length = vectors[i].secret_length,
                             .salt = vectors[i].salt_length ? salt : NULL,
                             .salt_length = vectors[i].salt_length,
                             .info = vectors[i].info_length ? info : NULL,
                             .info_length = vectors[i].info_length };

        fill(secret, sizeof secret, vectors[i].secret, vectors[i].secret_step);
        fill(salt, sizeof salt, vectors[i].salt, 1);
        fill(info, sizeof info, vectors[i].info, 1);
        tap_is_result(luci_hkdf(&hkdf, out, vectors[i].length), LUCI_OK,
                      "the key of RFC 5869, case A.%d, is computed", (int)i + 1);
        luci_secret_hex(out, vectors[i].length, hex);
        tap_is_str(hex, vectors[i].hex, "HKDF of RFC 5869, case A.%d", (int)i + 1);
    }
    memset(out, 'x', sizeof zeros);
    tap_is_result(luci_hkdf(&nothing, out, 0), LUCI_INTERNAL, "HKDF makes no key of no bytes");
    nothing.secret = NULL;
    nothing.secret_length = 0;
    tap_is_result(luci_hkdf(&nothing, out, sizeof zeros), LUCI_INTERNAL, "HKDF makes no key of no secret");
    tap_is_mem(out, zeros, sizeof zeros, "HKDF that fails leaves zeros");
    apr_terminate();
    return tap_done();
}
