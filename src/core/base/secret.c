/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/secret.h"

#include <apr_escape.h>
#include <apr_thread_proc.h>
#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <string.h>

static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz0123456789";
#define ALPHABET_SIZE (sizeof alphabet - 1)
/* Bytes from this value on are discarded: 252 is the largest multiple of 36 in a byte, and the remainder
 * would favour "a" to "d". */
#define UNBIASED_BYTES (256 - 256 % ALPHABET_SIZE)
#define RANDOM_CHUNK 64 /* bytes; a session id needs 40.6 on average */

static EVP_MD *sha256;
static apr_threadkey_t *digests; /* the EVP_MD_CTX of each thread, created at its first SHA-256 */

static void free_digest(void *digest)
{
    EVP_MD_CTX_free(digest);
}

static EVP_MD_CTX *this_threads_digest(void)
{
    void *digest = NULL;

    if (apr_threadkey_private_get(&digest, digests) != APR_SUCCESS || digest)
        return digest;
    digest = EVP_MD_CTX_new();
    if (!digest)
        return NULL;
    if (EVP_DigestInit_ex2(digest, sha256, NULL) != 1 ||
        apr_threadkey_private_set(digest, digests) != APR_SUCCESS) {
        EVP_MD_CTX_free(digest);
        return NULL;
    }
    return digest;
}

/* Deleting the key prevents calls of free_digest after this code is unloaded. It does not free any context,
 * so that this thread's is freed here; those of other threads that still exist are leaked. */
static apr_status_t forget_sha256(void *unused)
{
    void *digest = NULL;

    (void)unused;
    if (apr_threadkey_private_get(&digest, digests) == APR_SUCCESS)
        EVP_MD_CTX_free(digest);
    apr_threadkey_private_delete(digests);
    digests = NULL;
    EVP_MD_free(sha256);
    sha256 = NULL;
    return APR_SUCCESS;
}

luci_result_t luci_secret_init(apr_pool_t *pool)
{
    if (sha256)
        return LUCI_OK;
    if (apr_threadkey_private_create(&digests, free_digest, pool) != APR_SUCCESS)
        return LUCI_INTERNAL;
    sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    if (!sha256) {
        apr_threadkey_private_delete(digests);
        digests = NULL;
        return LUCI_INTERNAL;
    }
    apr_pool_cleanup_register(pool, NULL, forget_sha256, apr_pool_cleanup_null);
    return LUCI_OK;
}

luci_result_t luci_secret_random(unsigned char *out, size_t length)
{
    if (length <= INT_MAX && RAND_priv_bytes(out, (int)length) == 1)
        return LUCI_OK;
    luci_secret_wipe(out, length);
    return LUCI_INTERNAL;
}

/* Turns one chunk of random bytes into at most length letters; returns their number. */
static size_t letters_from(const unsigned char *random, char *out, size_t length)
{
    size_t made = 0;

    for (size_t i = 0; i < RANDOM_CHUNK && made < length; i++) {
        if (random[i] < UNBIASED_BYTES)
            out[made++] = alphabet[random[i] % ALPHABET_SIZE];
    }
    return made;
}

luci_result_t luci_secret_random_id(char *out, size_t length)
{
    unsigned char random[RANDOM_CHUNK];
    luci_result_t result = LUCI_OK;
    size_t made = 0;

    while (made < length) {
        size_t more = 0;

        if (luci_secret_random(random, sizeof random) == LUCI_OK)
            more = letters_from(random, out + made, length - made);
        /* 64 consecutive bytes of 252 or more have a probability of 2^-384: the source is broken. */
        if (more == 0) {
            luci_secret_wipe(out, made);
            made = 0;
            result = LUCI_INTERNAL;
            break;
        }
        made += more;
    }
    out[made] = '\0';
    luci_secret_wipe(random, sizeof random);
    return result;
}

int luci_secret_is_random_id(const char *text, size_t length)
{
    return text && strlen(text) == length && strspn(text, alphabet) == length;
}

/* SHA-256 of two consecutive pieces. */
static luci_result_t sha256_of(const unsigned char *head, size_t head_length, const void *data, size_t length,
                               unsigned char out[LUCI_SHA256_BYTES])
{
    EVP_MD_CTX *digest = sha256 ? this_threads_digest() : NULL;

    /* Initialising without an algorithm reuses the provider's context, which is the fastest way. */
    if (digest && EVP_DigestInit_ex2(digest, NULL, NULL) == 1 &&
        (head_length == 0 || EVP_DigestUpdate(digest, head, head_length) == 1) &&
        EVP_DigestUpdate(digest, data, length) == 1 && EVP_DigestFinal_ex(digest, out, NULL) == 1)
        return LUCI_OK;
    memset(out, 0, LUCI_SHA256_BYTES);
    return LUCI_INTERNAL;
}

luci_result_t luci_secret_sha256(const void *data, size_t length, unsigned char out[LUCI_SHA256_BYTES])
{
    return sha256_of(NULL, 0, data, length, out);
}

#define HMAC_BLOCK 64 /* bytes; RFC 2104's B for SHA-256, and its two pads */
#define HMAC_INNER 0x36
#define HMAC_OUTER 0x5c

static void hmac_pad(const unsigned char key[LUCI_SHA256_BYTES], unsigned char with,
                     unsigned char pad[HMAC_BLOCK])
{
    memset(pad, with, HMAC_BLOCK);
    for (int i = 0; i < LUCI_SHA256_BYTES; i++)
        pad[i] ^= key[i];
}

luci_result_t luci_secret_hmac(const unsigned char key[LUCI_SHA256_BYTES], const void *data, size_t length,
                               unsigned char out[LUCI_SHA256_BYTES])
{
    unsigned char pad[HMAC_BLOCK], inner[LUCI_SHA256_BYTES];
    luci_result_t result;

    hmac_pad(key, HMAC_INNER, pad);
    result = sha256_of(pad, sizeof pad, data, length, inner);
    hmac_pad(key, HMAC_OUTER, pad);
    if (result == LUCI_OK)
        result = sha256_of(pad, sizeof pad, inner, sizeof inner, out);
    else
        memset(out, 0, LUCI_SHA256_BYTES);
    luci_secret_wipe(pad, sizeof pad);
    return result;
}

luci_result_t luci_secret_sha256_hex(const void *data, size_t length, char out[LUCI_SHA256_HEX + 1])
{
    unsigned char hash[LUCI_SHA256_BYTES];
    luci_result_t result = luci_secret_sha256(data, length, hash);

    if (result == LUCI_OK)
        luci_secret_hex(hash, sizeof hash, out);
    else
        out[0] = '\0';
    return result;
}

void luci_secret_hex(const unsigned char *data, size_t length, char *out)
{
    (void)apr_escape_hex(out, data, length, 0, NULL); /* fails only for a NULL argument */
}

/* apr_unescape_hex is of no use here: it also accepts upper-case digits, so that several texts have one
 * result. */
luci_result_t luci_secret_unhex(const char *hex, unsigned char *out, size_t length)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < 2 * length; i++) {
        const char *digit = hex[i] ? strchr(digits, hex[i]) : NULL;

        if (!digit)
            return LUCI_INVALID;
        out[i / 2] = (unsigned char)((i % 2 ? out[i / 2] << 4 : 0) | (digit - digits));
    }
    return hex[2 * length] ? LUCI_INVALID : LUCI_OK;
}

int luci_secret_equal(const void *a, const void *b, size_t length)
{
    return CRYPTO_memcmp(a, b, length) == 0;
}

void luci_secret_wipe(void *memory, size_t length)
{
    if (memory)
        OPENSSL_cleanse(memory, length);
}

void luci_secret_wipe_string(char *string)
{
    if (string)
        OPENSSL_cleanse(string, strlen(string));
}
