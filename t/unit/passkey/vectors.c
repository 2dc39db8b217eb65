/* SPDX-License-Identifier: Apache-2.0 */
/* What the authenticators of others have answered is verified as those say. */
#include "passkey/vectors.h"

#include "core/base/base64url.h"
#include "core/passkey/ceremony.h"
#include "lib/support.h"
#include "lib/tap.h"

#include <fido.h>
#include <fido/eddsa.h>
#include <fido/es256.h>
#include <fido/rs256.h>
#include <openssl/evp.h>
#include <string.h>

static apr_pool_t *pool;

static luci_bytes_t bytes_of(const char *text)
{
    unsigned char *data = NULL;
    size_t length = 0;

    if (text && luci_base64url_decode(text, &data, &length, pool) != LUCI_OK)
        support_give_up("a vector", text);
    return (luci_bytes_t){ data, length };
}

static luci_ceremony_t ceremony_of(const passkey_vector_t *vector, const char *challenge)
{
    return (luci_ceremony_t){ .party = { vector->party, vector->origin }, .challenge = challenge };
}

static void register_one(const passkey_vector_t *vector, luci_passkey_credential_t *credential)
{
    luci_ceremony_t ceremony = ceremony_of(vector, vector->created_for);
    luci_passkey_answer_t answer = { .id = bytes_of(vector->id),
                                     .client_data = bytes_of(vector->created),
                                     .authenticator_data = bytes_of(vector->registered) };
    luci_passkey_fault_t fault = LUCI_PASSKEY_FAULT_NONE;
    luci_result_t result = luci_registration_verify(&ceremony, &answer, credential, &fault);

    tap_is_result(result, vector->registration_fault ? LUCI_DENIED : LUCI_OK, "the registration of \"%s\"",
                  vector->what);
    tap_is_int(fault, vector->registration_fault, "the fault of the registration of \"%s\"", vector->what);
}

static void assert_one(const passkey_vector_t *vector, luci_passkey_credential_t *credential)
{
    luci_ceremony_t ceremony = ceremony_of(vector, vector->wanted_for);
    luci_passkey_answer_t answer = { .id = bytes_of(vector->id),
                                     .client_data = bytes_of(vector->wanted),
                                     .authenticator_data = bytes_of(vector->asserted),
                                     .signature = bytes_of(vector->signature),
                                     .user_handle = bytes_of(vector->user_handle) };
    luci_passkey_fault_t fault = LUCI_PASSKEY_FAULT_NONE;
    int is_copied;
    luci_result_t result = luci_assertion_verify(&ceremony, &answer, credential, &is_copied, &fault);

    tap_is_result(result, vector->assertion_fault ? LUCI_DENIED : LUCI_OK, "the assertion of \"%s\"",
                  vector->what);
    tap_is_int(fault, vector->assertion_fault, "the fault of the assertion of \"%s\"", vector->what);
}

/* ---- Signatures ---- */

/* The key in the form of OpenSSL, which libfido2 makes of the same bytes as for an assertion. */
static EVP_PKEY *openssl_key(const luci_cose_key_t *key)
{
    es256_pk_t *es256 = es256_pk_new();
    eddsa_pk_t *eddsa = eddsa_pk_new();
    rs256_pk_t *rs256 = rs256_pk_new();
    EVP_PKEY *found = NULL;

    if (key->algorithm == LUCI_COSE_ES256 && es256_pk_from_ptr(es256, key->raw, key->length) == FIDO_OK)
        found = es256_pk_to_EVP_PKEY(es256);
    if (key->algorithm == LUCI_COSE_EDDSA && eddsa_pk_from_ptr(eddsa, key->raw, key->length) == FIDO_OK)
        found = eddsa_pk_to_EVP_PKEY(eddsa);
    if (key->algorithm == LUCI_COSE_RS256 && rs256_pk_from_ptr(rs256, key->raw, key->length) == FIDO_OK)
        found = rs256_pk_to_EVP_PKEY(rs256);
    es256_pk_free(&es256);
    eddsa_pk_free(&eddsa);
    rs256_pk_free(&rs256);
    return found;
}

static int is_signed(const luci_cose_key_t *key, const unsigned char *text, size_t length,
                     const luci_bytes_t *signature)
{
    const EVP_MD *digest = key->algorithm == LUCI_COSE_EDDSA ? NULL : EVP_sha256();
    EVP_PKEY *pkey = openssl_key(key);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    int result = pkey && EVP_DigestVerifyInit(context, NULL, digest, NULL, pkey) == 1 &&
                 EVP_DigestVerify(context, signature->data, signature->length, text, length) == 1;

    EVP_MD_CTX_free(context);
    EVP_PKEY_free(pkey);
    return result;
}

static void verify_one(const passkey_signature_t *vector)
{
    luci_bytes_t cose = bytes_of(vector->key), data = bytes_of(vector->asserted),
                 hash = bytes_of(vector->hash), signature = bytes_of(vector->signature);
    unsigned char text[1024], written[LUCI_COSE_KEY_MAX];
    size_t length = 0;
    luci_cose_key_t key;

    if (!cose.data || !data.data || !hash.data || data.length + hash.length > sizeof text)
        support_give_up("a vector", vector->what);
    memcpy(text, data.data, data.length);
    memcpy(text + data.length, hash.data, hash.length);
    tap_is_result(luci_cose_key_read(cose.data, cose.length, &key), LUCI_OK, "the key of \"%s\" is read",
                  vector->what);
    tap_is_result(luci_cose_key_write(&key, written, &length), LUCI_OK, "the key of \"%s\" is written",
                  vector->what);
    tap_ok(length == cose.length && memcmp(written, cose.data, length) == 0,
           "the key of \"%s\" is written as it was", vector->what);
    tap_ok(is_signed(&key, text, data.length + hash.length, &signature),
           "the signature of \"%s\" is one of its key", vector->what);
    text[data.length] ^= 1;
    tap_ok(!is_signed(&key, text, data.length + hash.length, &signature),
           "the signature of \"%s\" is none for other client data", vector->what);
}

static void check_signatures(void)
{
    for (int i = 0; i < COUNT(passkey_signatures); i++)
        verify_one(&passkey_signatures[i]);
    for (int i = 0; i < COUNT(passkey_other_keys); i++) {
        luci_bytes_t cose = bytes_of(passkey_other_keys[i].key);
        luci_cose_key_t key;

        tap_is_result(luci_cose_key_read(cose.data, cose.length, &key), LUCI_INVALID,
                      "what was not offered is not read: \"%s\"", passkey_other_keys[i].what);
    }
}

int main(void)
{
    pool = support_start();
    fido_init(0);
    check_signatures();
    for (int i = 0; i < COUNT(passkey_vectors); i++) {
        const passkey_vector_t *vector = &passkey_vectors[i];
        luci_passkey_credential_t credential = { .flags = 0 };
        luci_bytes_t key = bytes_of(vector->key);

        if (vector->created_for)
            register_one(vector, &credential);
        if (!vector->wanted_for)
            continue;
        tap_is_result(luci_cose_key_read(key.data, key.length, &credential.key), LUCI_OK,
                      "the key of \"%s\" is one that is offered", vector->what);
        assert_one(vector, &credential);
    }
    return tap_done();
}
