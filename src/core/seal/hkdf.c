/* SPDX-License-Identifier: Apache-2.0 */
#include "core/seal/hkdf.h"

#include "core/base/secret.h"

#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

/* The parameters of libcrypto are not const, although it does not write to them. */
static OSSL_PARAM bytes(const char *name, const void *data, size_t length)
{
    return OSSL_PARAM_construct_octet_string(name, (void *)data, length);
}

luci_result_t luci_hkdf(const luci_hkdf_t *hkdf, unsigned char *out, size_t length)
{
    char digest[] = "SHA256";
    EVP_KDF *method = EVP_KDF_fetch(NULL, "HKDF", NULL);
    EVP_KDF_CTX *context = method ? EVP_KDF_CTX_new(method) : NULL;
    OSSL_PARAM parameters[5];
    int count = 0, is_done;

    parameters[count++] = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0);
    parameters[count++] = bytes(OSSL_KDF_PARAM_KEY, hkdf->secret, hkdf->secret_length);
    if (hkdf->salt_length)
        parameters[count++] = bytes(OSSL_KDF_PARAM_SALT, hkdf->salt, hkdf->salt_length);
    if (hkdf->info_length)
        parameters[count++] = bytes(OSSL_KDF_PARAM_INFO, hkdf->info, hkdf->info_length);
    parameters[count] = OSSL_PARAM_construct_end();
    is_done = context && EVP_KDF_derive(context, out, length, parameters) == 1;
    if (!is_done)
        luci_secret_wipe(out, length);
    EVP_KDF_CTX_free(context);
    EVP_KDF_free(method);
    return is_done ? LUCI_OK : LUCI_INTERNAL;
}
