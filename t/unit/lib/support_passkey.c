/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/support_passkey.h"

#include "lib/support.h"

#include <apr_strings.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>
#include <string.h>

struct support_key_t {
    int algorithm;
    EVP_PKEY *pair;
};

static apr_status_t free_key(void *data)
{
    EVP_PKEY_free(((support_key_t *)data)->pair);
    return APR_SUCCESS;
}

support_key_t *support_key(int algorithm, apr_pool_t *pool)
{
    support_key_t *key = apr_palloc(pool, sizeof *key);

    key->algorithm = algorithm;
    if (algorithm == LUCI_COSE_ES256)
        key->pair = EVP_EC_gen("P-256");
    else if (algorithm == LUCI_COSE_RS256)
        key->pair = EVP_RSA_gen(2048);
    else
        key->pair = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    if (!key->pair)
        support_give_up("a key pair", "libcrypto makes none");
    apr_pool_cleanup_register(pool, key, free_key, apr_pool_cleanup_null);
    return key;
}

luci_bytes_t support_bytes_of(const char *text, size_t length)
{
    return (luci_bytes_t){ (const unsigned char *)text, length };
}

luci_bytes_t support_append(luci_bytes_t bytes, luci_bytes_t more, apr_pool_t *pool)
{
    unsigned char *both = apr_palloc(pool, bytes.length + more.length + 1);

    if (bytes.length)
        memcpy(both, bytes.data, bytes.length);
    if (more.length)
        memcpy(both + bytes.length, more.data, more.length);
    return (luci_bytes_t){ both, bytes.length + more.length };
}

luci_bytes_t support_flip(luci_bytes_t bytes, size_t at, unsigned char bits, apr_pool_t *pool)
{
    unsigned char *copy = apr_pmemdup(pool, bytes.data, bytes.length);

    copy[at] ^= bits;
    return (luci_bytes_t){ copy, bytes.length };
}

#define LITERAL(text) support_bytes_of(text, sizeof(text) - 1)

static luci_bytes_t number_of(const support_key_t *key, const char *name, size_t length, apr_pool_t *pool)
{
    unsigned char *out = apr_palloc(pool, length);
    BIGNUM *number = NULL;

    if (!EVP_PKEY_get_bn_param(key->pair, name, &number) || BN_bn2binpad(number, out, (int)length) < 0)
        support_give_up("a public key", name);
    BN_free(number);
    return (luci_bytes_t){ out, length };
}

luci_bytes_t support_key_cose(const support_key_t *key, apr_pool_t *pool)
{
    unsigned char *x = apr_palloc(pool, 32);
    size_t length = 32;
    luci_bytes_t cose;

    if (key->algorithm == LUCI_COSE_ES256) {
        cose = support_append(LITERAL("\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20"),
                              number_of(key, OSSL_PKEY_PARAM_EC_PUB_X, 32, pool), pool);
        cose = support_append(cose, LITERAL("\x22\x58\x20"), pool);
        return support_append(cose, number_of(key, OSSL_PKEY_PARAM_EC_PUB_Y, 32, pool), pool);
    }
    if (key->algorithm == LUCI_COSE_RS256) {
        cose = support_append(LITERAL("\xa4\x01\x03\x03\x39\x01\x00\x20\x59\x01\x00"),
                              number_of(key, OSSL_PKEY_PARAM_RSA_N, 256, pool), pool);
        return support_append(cose, LITERAL("\x21\x43\x01\x00\x01"), pool);
    }
    if (EVP_PKEY_get_raw_public_key(key->pair, x, &length) != 1)
        support_give_up("a public key", "Ed25519");
    return support_append(LITERAL("\xa4\x01\x01\x03\x27\x20\x06\x21\x58\x20"), (luci_bytes_t){ x, 32 }, pool);
}

luci_bytes_t support_data(const support_data_t *data, apr_pool_t *pool)
{
    const char *party = data->party ? data->party : SITE_ID;
    unsigned char *header = apr_pcalloc(pool, 55);
    luci_bytes_t bytes = { header, 37 };

    SHA256((const unsigned char *)party, strlen(party), header);
    header[32] = (unsigned char)data->flags;
    for (int i = 0; i < 4; i++)
        header[33 + i] = (unsigned char)(data->count >> (24 - 8 * i));
    if (data->flags & AT) {
        header[53] = (unsigned char)(data->id.length >> 8);
        header[54] = (unsigned char)data->id.length;
        bytes.length = 55;
        bytes = support_append(support_append(bytes, data->id, pool), data->public, pool);
    }
    return support_append(bytes, data->rest, pool);
}

luci_bytes_t support_client_data(const char *type, const char *challenge, const char *members,
                                 apr_pool_t *pool)
{
    const char *json = apr_pstrcat(pool, "{\"type\":\"", type, "\",\"challenge\":\"", challenge,
                                   "\",\"origin\":\"" SITE_ORIGIN "\"", members, "}", NULL);

    return support_bytes_of(json, strlen(json));
}

luci_bytes_t support_sign(const support_key_t *key, luci_bytes_t data, luci_bytes_t client_data,
                          apr_pool_t *pool)
{
    unsigned char hash[32], *signature = apr_palloc(pool, 512);
    size_t length = 512;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    luci_bytes_t text;

    SHA256(client_data.data, client_data.length, hash);
    text = support_append(data, (luci_bytes_t){ hash, sizeof hash }, pool);
    if (EVP_DigestSignInit(context, NULL, key->algorithm == LUCI_COSE_EDDSA ? NULL : EVP_sha256(), NULL,
                           key->pair) != 1 ||
        EVP_DigestSign(context, signature, &length, text.data, text.length) != 1)
        support_give_up("a signature", "libcrypto makes none");
    EVP_MD_CTX_free(context);
    return (luci_bytes_t){ signature, length };
}

luci_passkey_answer_t support_registration(const support_key_t *key, luci_bytes_t id, int flags,
                                           apr_pool_t *pool)
{
    support_data_t data = { .flags = flags | AT, .id = id, .public = support_key_cose(key, pool) };

    return (luci_passkey_answer_t){
        .id = id,
        .client_data = support_client_data("webauthn.create", CHALLENGE, ",\"crossOrigin\":false", pool),
        .authenticator_data = support_data(&data, pool),
    };
}

luci_passkey_answer_t support_assertion(const support_key_t *key, luci_bytes_t id, int flags,
                                        apr_uint32_t count, apr_pool_t *pool)
{
    support_data_t data = { .flags = flags, .count = count };
    luci_passkey_answer_t answer = {
        .id = id,
        .client_data = support_client_data("webauthn.get", CHALLENGE, ",\"crossOrigin\":false", pool),
        .authenticator_data = support_data(&data, pool),
    };

    answer.signature = support_sign(key, answer.authenticator_data, answer.client_data, pool);
    return answer;
}

luci_ceremony_t support_ceremony(int needs_verification)
{
    return (luci_ceremony_t){ .party = { .id = SITE_ID, .origin = SITE_ORIGIN },
                              .challenge = CHALLENGE,
                              .needs_verification = needs_verification };
}
