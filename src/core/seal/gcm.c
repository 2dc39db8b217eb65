/* SPDX-License-Identifier: Apache-2.0 */
#include "core/seal/gcm.h"

#include "core/base/secret.h"

#include <limits.h>
#include <openssl/evp.h>

enum { DECRYPT = 0, ENCRYPT = 1 };

/* A context with the key, the nonce and the authenticated data. NULL: libcrypto failed. */
static EVP_CIPHER_CTX *start(const luci_gcm_t *gcm, int direction, size_t length)
{
    EVP_CIPHER_CTX *context;
    int unused;

    if (length > INT_MAX || gcm->bound_length > INT_MAX || (context = EVP_CIPHER_CTX_new()) == NULL)
        return NULL;
    /* The default length of the nonce is 96 bits. */
    if (EVP_CipherInit_ex(context, EVP_aes_256_gcm(), NULL, gcm->key, gcm->nonce, direction) == 1 &&
        (gcm->bound_length == 0 ||
         EVP_CipherUpdate(context, NULL, &unused, gcm->bound, (int)gcm->bound_length) == 1))
        return context;
    EVP_CIPHER_CTX_free(context);
    return NULL;
}

luci_result_t luci_gcm_encrypt(const luci_gcm_t *gcm, const unsigned char *plain, size_t length,
                               unsigned char *out)
{
    EVP_CIPHER_CTX *context = start(gcm, ENCRYPT, length);
    int made = 0, rest = 0, is_done;

    is_done = context && (length == 0 || EVP_CipherUpdate(context, out, &made, plain, (int)length) == 1) &&
              EVP_CipherFinal_ex(context, out + made, &rest) == 1 && (size_t)made + (size_t)rest == length &&
              EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, LUCI_GCM_TAG_BYTES, out + length) == 1;
    EVP_CIPHER_CTX_free(context);
    if (is_done)
        return LUCI_OK;
    luci_secret_wipe(out, length + LUCI_GCM_TAG_BYTES);
    return LUCI_INTERNAL;
}

luci_result_t luci_gcm_decrypt(const luci_gcm_t *gcm, const unsigned char *sealed, size_t length,
                               unsigned char *plain)
{
    size_t text = length - LUCI_GCM_TAG_BYTES;
    luci_result_t result = LUCI_INTERNAL;
    EVP_CIPHER_CTX *context;
    int made = 0, rest = 0;

    if (length < LUCI_GCM_TAG_BYTES)
        return LUCI_DENIED;
    context = start(gcm, DECRYPT, length);
    /* The tag is not const for libcrypto, which only copies it. */
    if (context && (text == 0 || EVP_CipherUpdate(context, plain, &made, sealed, (int)text) == 1) &&
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, LUCI_GCM_TAG_BYTES, (void *)(sealed + text)) == 1)
        result = EVP_CipherFinal_ex(context, plain + made, &rest) == 1 ? LUCI_OK : LUCI_DENIED;
    EVP_CIPHER_CTX_free(context);
    if (result != LUCI_OK)
        luci_secret_wipe(plain, text);
    return result;
}
