/* SPDX-License-Identifier: Apache-2.0 */
#include "core/seal/seal.h"

#include "core/base/base64url.h"
#include "core/base/secret.h"
#include "core/seal/gcm.h"

#include <apr_strings.h>
#include <string.h>

#define VERSION "1."
#define SEPARATOR '.'
#define SEAL_PURPOSE "seal "
#define SIGN_PURPOSE "sign "
#define EXPIRES_BYTES 8

_Static_assert(LUCI_SEAL_KEY_BYTES == LUCI_GCM_KEY_BYTES, "a key of a purpose is a key of AES-256");
_Static_assert(LUCI_SEAL_KEY_BYTES == LUCI_SHA256_BYTES, "a key of a purpose is a key of HMAC-SHA-256");

/* The longest text that luci_seal_close and luci_seal_sign can return has fewer characters than this. Longer
 * ones, which a client may send, are not decoded. */
#define TEXT_MAX ((size_t)2 * LUCI_SEAL_PLAIN_MAX)

/* ---- Both ---- */

static const char *head_of(const luci_seal_keys_t *keys, apr_pool_t *pool)
{
    return apr_psprintf(pool, VERSION "%s%c", luci_seal_keys_id(keys, 0), SEPARATOR);
}

#define HEAD_LENGTH (sizeof VERSION - 1 + LUCI_SEAL_KEY_ID + 1)

/* Reads the head of a text and makes the key that it names. DENIED: it has another form, or names none. */
static luci_result_t key_of(const luci_seal_t *seal, const char *text, const char *purpose,
                            unsigned char key[LUCI_SEAL_KEY_BYTES], apr_pool_t *pool)
{
    size_t length = strlen(text);
    const char *id;
    luci_result_t result;

    if (length > TEXT_MAX || length < HEAD_LENGTH || strncmp(text, VERSION, strlen(VERSION)) != 0 ||
        text[HEAD_LENGTH - 1] != SEPARATOR)
        return LUCI_DENIED;
    id = apr_pstrmemdup(pool, text + strlen(VERSION), LUCI_SEAL_KEY_ID);
    result = luci_seal_keys_derive(seal->keys, id, apr_pstrcat(pool, purpose, seal->use, NULL), key);
    return result == LUCI_NOT_FOUND ? LUCI_DENIED : result;
}

/* The number of the secret that made a text; -1: keys do not have it, or the text has another form. */
static int secret_of(const luci_seal_keys_t *keys, const char *text)
{
    if (strncmp(text, VERSION, strlen(VERSION)) != 0)
        return -1;
    for (int i = 0; i < luci_seal_keys_count(keys); i++) {
        if (strncmp(text + strlen(VERSION), luci_seal_keys_id(keys, i), LUCI_SEAL_KEY_ID) == 0)
            return text[HEAD_LENGTH - 1] == SEPARATOR ? i : -1;
    }
    return -1;
}

int luci_seal_is_current(const luci_seal_keys_t *keys, const char *text)
{
    return secret_of(keys, text) == 0;
}

int luci_seal_is_readable(const luci_seal_keys_t *keys, const char *text)
{
    return secret_of(keys, text) >= 0;
}

/* ---- Sealing ---- */

static luci_gcm_t gcm_of(const luci_seal_t *seal, const unsigned char *key, const unsigned char *nonce)
{
    return (
        luci_gcm_t){ .key = key, .nonce = nonce, .bound = seal->owner, .bound_length = strlen(seal->owner) };
}

luci_result_t luci_seal_close(const luci_seal_t *seal, const unsigned char *plain, size_t length,
                              const char **sealed, apr_pool_t *pool)
{
    unsigned char key[LUCI_SEAL_KEY_BYTES], *out;
    const char *head = head_of(seal->keys, pool);
    luci_gcm_t gcm;
    luci_result_t result;

    if (length > LUCI_SEAL_PLAIN_MAX)
        return LUCI_INVALID;
    out = apr_palloc(pool, LUCI_GCM_NONCE_BYTES + length + LUCI_GCM_TAG_BYTES);
    gcm = gcm_of(seal, key, out);
    result = key_of(seal, head, SEAL_PURPOSE, key, pool);
    if (result == LUCI_OK)
        result = luci_secret_random(out, LUCI_GCM_NONCE_BYTES);
    if (result == LUCI_OK)
        result = luci_gcm_encrypt(&gcm, plain, length, out + LUCI_GCM_NONCE_BYTES);
    luci_secret_wipe(key, sizeof key);
    if (result == LUCI_OK)
        *sealed = apr_pstrcat(
            pool, head, luci_base64url_encode(out, LUCI_GCM_NONCE_BYTES + length + LUCI_GCM_TAG_BYTES, pool),
            NULL);
    return result;
}

luci_result_t luci_seal_open(const luci_seal_t *seal, const char *sealed, unsigned char **plain,
                             size_t *length, apr_pool_t *pool)
{
    unsigned char key[LUCI_SEAL_KEY_BYTES], *in, *out;
    size_t got;
    luci_gcm_t gcm;
    luci_result_t result = key_of(seal, sealed, SEAL_PURPOSE, key, pool);

    if (result != LUCI_OK)
        return result;
    if (luci_base64url_decode(sealed + HEAD_LENGTH, &in, &got, pool) != LUCI_OK ||
        got < LUCI_GCM_NONCE_BYTES + LUCI_GCM_TAG_BYTES) {
        luci_secret_wipe(key, sizeof key);
        return LUCI_DENIED;
    }
    gcm = gcm_of(seal, key, in);
    got -= LUCI_GCM_NONCE_BYTES;
    out = apr_pcalloc(pool, got - LUCI_GCM_TAG_BYTES + 1);
    result = luci_gcm_decrypt(&gcm, in + LUCI_GCM_NONCE_BYTES, got, out);
    luci_secret_wipe(key, sizeof key);
    if (result == LUCI_OK) {
        *plain = out;
        *length = got - LUCI_GCM_TAG_BYTES;
    }
    return result;
}

/* ---- Signing ---- */

/* The signature of the first part of a token, up to its last separator. A line end, which neither part of
 * the token contains, ends it before the owner. */
static luci_result_t sign(const luci_seal_t *seal, const char *part, unsigned char out[LUCI_SHA256_BYTES],
                          apr_pool_t *pool)
{
    const char *signed_text = apr_pstrcat(pool, part, "\n", seal->owner, NULL);
    unsigned char key[LUCI_SEAL_KEY_BYTES];
    luci_result_t result = key_of(seal, part, SIGN_PURPOSE, key, pool);

    if (result != LUCI_OK)
        return result;
    result = luci_secret_hmac(key, signed_text, strlen(signed_text), out);
    luci_secret_wipe(key, sizeof key);
    return result;
}

luci_result_t luci_seal_sign(const luci_seal_t *seal, const char *text, luci_ms_t expires, const char **token,
                             apr_pool_t *pool)
{
    size_t length = strlen(text);
    unsigned char *body, hmac[LUCI_SHA256_BYTES];
    const char *part;
    luci_result_t result;

    if (length > LUCI_SEAL_PLAIN_MAX || expires < 0)
        return LUCI_INVALID;
    body = apr_palloc(pool, EXPIRES_BYTES + length + 1);
    for (int i = 0; i < EXPIRES_BYTES; i++)
        body[i] = (unsigned char)(expires >> 8 * (EXPIRES_BYTES - 1 - i));
    memcpy(body + EXPIRES_BYTES, text, length + 1);
    part = apr_pstrcat(pool, head_of(seal->keys, pool),
                       luci_base64url_encode(body, EXPIRES_BYTES + length, pool), NULL);
    result = sign(seal, part, hmac, pool);
    if (result == LUCI_OK)
        *token =
            apr_psprintf(pool, "%s%c%s", part, SEPARATOR, luci_base64url_encode(hmac, sizeof hmac, pool));
    return result;
}

static luci_ms_t expires_of(const unsigned char *body)
{
    luci_ms_t expires = 0;

    for (int i = 0; i < EXPIRES_BYTES; i++)
        expires = expires << 8 | body[i];
    return expires;
}

/* 1 if a signature is the text of the given one. */
static int has_signature(const char *signature, const unsigned char hmac[LUCI_SHA256_BYTES], apr_pool_t *pool)
{
    unsigned char *got;
    size_t length;

    return luci_base64url_decode(signature, &got, &length, pool) == LUCI_OK && length == LUCI_SHA256_BYTES &&
           luci_secret_equal(got, hmac, LUCI_SHA256_BYTES);
}

luci_result_t luci_seal_verify(const luci_seal_t *seal, const char *token, luci_ms_t now, const char **text,
                               apr_pool_t *pool)
{
    const char *last = strlen(token) <= TEXT_MAX ? strrchr(token, SEPARATOR) : NULL;
    unsigned char hmac[LUCI_SHA256_BYTES], *body;
    const char *part;
    size_t length;
    luci_result_t result;

    if (!last)
        return LUCI_DENIED;
    part = apr_pstrmemdup(pool, token, (apr_size_t)(last - token));
    result = sign(seal, part, hmac, pool);
    if (result != LUCI_OK)
        return result;
    if (!has_signature(last + 1, hmac, pool) ||
        luci_base64url_decode(part + HEAD_LENGTH, &body, &length, pool) != LUCI_OK || length < EXPIRES_BYTES)
        return LUCI_DENIED;
    if (now >= expires_of(body))
        return LUCI_EXPIRED;
    *text = (const char *)body + EXPIRES_BYTES;
    return LUCI_OK;
}
