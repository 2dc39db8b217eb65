/* SPDX-License-Identifier: Apache-2.0 */
#include "core/passkey/ceremony.h"

#include "core/base/secret.h"
#include "core/passkey/cbor_item.h"
#include "core/passkey/client_data.h"

#include <fido.h>
#include <fido/eddsa.h>
#include <fido/es256.h>
#include <fido/rs256.h>
#include <stdlib.h>
#include <string.h>

/* Authenticator data (WebAuthn, 6.1): the SHA-256 of the relying party's id, flags, a counter of 4 bytes; in
 * a registration the AAGUID, the length of the credential id in 2 bytes, the id and the key; extensions. */
enum { AT_FLAGS = 32, HEADER_BYTES = 37, AT_ID_LENGTH = HEADER_BYTES + 16, AT_ID = AT_ID_LENGTH + 2 };
enum {
    FLAG_PRESENT = 0x01,
    FLAG_VERIFIED = 0x04,
    FLAG_BACKUP_ELIGIBLE = 0x08,
    FLAG_BACKED_UP = 0x10,
    FLAG_CREDENTIAL = 0x40,
    FLAG_EXTENSIONS = 0x80
};

#define REGISTRATION "webauthn.create"
#define ASSERTION "webauthn.get"

static luci_result_t refuse(luci_passkey_fault_t *fault, luci_passkey_fault_t why)
{
    *fault = why;
    return LUCI_DENIED;
}

/* ---- What both ceremonies have in common ---- */

static luci_result_t check_client_data(const luci_ceremony_t *ceremony, const luci_passkey_answer_t *answer,
                                       const char *type, luci_passkey_fault_t *fault)
{
    const luci_client_data_t expected = { .type = type,
                                          .challenge = ceremony->challenge,
                                          .origin = ceremony->party.origin };

    return luci_client_data_check(&expected, (const char *)answer->client_data.data,
                                  answer->client_data.length, fault);
}

static luci_result_t check_party(const luci_ceremony_t *ceremony, const luci_bytes_t *data,
                                 luci_passkey_fault_t *fault)
{
    unsigned char hash[LUCI_SHA256_BYTES];
    luci_result_t result = luci_secret_sha256(ceremony->party.id, strlen(ceremony->party.id), hash);

    if (result == LUCI_OK && !luci_secret_equal(hash, data->data, sizeof hash))
        return refuse(fault, LUCI_PASSKEY_FAULT_RP);
    return result;
}

static luci_result_t check_flags(const luci_ceremony_t *ceremony, int flags, luci_passkey_fault_t *fault)
{
    if (!(flags & FLAG_PRESENT))
        return refuse(fault, LUCI_PASSKEY_FAULT_PRESENCE);
    if (ceremony->needs_verification && !(flags & FLAG_VERIFIED))
        return refuse(fault, LUCI_PASSKEY_FAULT_VERIFICATION);
    if (flags & FLAG_BACKED_UP && !(flags & FLAG_BACKUP_ELIGIBLE))
        return refuse(fault, LUCI_PASSKEY_FAULT_BACKUP);
    return LUCI_OK;
}

/* All checks that need no key. */
static luci_result_t check_common(const luci_ceremony_t *ceremony, const luci_passkey_answer_t *answer,
                                  const char *type, luci_passkey_fault_t *fault)
{
    const luci_bytes_t *data = &answer->authenticator_data;
    luci_result_t result = check_client_data(ceremony, answer, type, fault);

    if (result == LUCI_OK && (data->length < HEADER_BYTES || data->length > LUCI_AUTHENTICATOR_DATA_MAX))
        return refuse(fault, LUCI_PASSKEY_FAULT_AUTHENTICATOR);
    if (result == LUCI_OK)
        result = check_party(ceremony, data, fault);
    return result == LUCI_OK ? check_flags(ceremony, data->data[AT_FLAGS], fault) : result;
}

/* What follows the header or the key: nothing, or the extensions if the flags say so. */
static int ends_right(const luci_bytes_t *data, size_t at)
{
    if (data->data[AT_FLAGS] & FLAG_EXTENSIONS)
        return luci_cbor_is_one_map(data->data + at, data->length - at);
    return at == data->length;
}

static int flags_of(int flags)
{
    return (flags & FLAG_VERIFIED ? LUCI_CREDENTIAL_VERIFIED : 0) |
           (flags & FLAG_BACKUP_ELIGIBLE ? LUCI_CREDENTIAL_BACKUP_ELIGIBLE : 0) |
           (flags & FLAG_BACKED_UP ? LUCI_CREDENTIAL_BACKED_UP : 0);
}

/* The key in the form in which libfido2 takes it; NULL: it is none, such as a point that is not on the curve.
 * To be freed. */
static void *key_for_fido(const luci_cose_key_t *key)
{
    es256_pk_t *es256;
    eddsa_pk_t *eddsa;
    rs256_pk_t *rs256;

    switch (key->algorithm) {
    case LUCI_COSE_ES256:
        es256 = es256_pk_new();
        if (es256 && es256_pk_from_ptr(es256, key->raw, key->length) != FIDO_OK)
            es256_pk_free(&es256);
        return es256;
    case LUCI_COSE_EDDSA:
        eddsa = eddsa_pk_new();
        if (eddsa && eddsa_pk_from_ptr(eddsa, key->raw, key->length) != FIDO_OK)
            eddsa_pk_free(&eddsa);
        return eddsa;
    case LUCI_COSE_RS256:
        rs256 = rs256_pk_new();
        if (rs256 && rs256_pk_from_ptr(rs256, key->raw, key->length) != FIDO_OK)
            rs256_pk_free(&rs256);
        return rs256;
    default: return NULL;
    }
}

/* ---- Registration ---- */

/* Finds the credential id and the end of the key, before libfido2 and libcbor see the data. */
static luci_result_t measure(const luci_passkey_answer_t *answer, size_t *key_at, size_t *end,
                             luci_passkey_fault_t *fault)
{
    const luci_bytes_t *data = &answer->authenticator_data;
    size_t id_length, key_length;

    if (!(data->data[AT_FLAGS] & FLAG_CREDENTIAL) || data->length < AT_ID)
        return refuse(fault, LUCI_PASSKEY_FAULT_AUTHENTICATOR);
    id_length = (size_t)data->data[AT_ID_LENGTH] << 8 | data->data[AT_ID_LENGTH + 1];
    if (id_length == 0 || id_length > LUCI_CREDENTIAL_ID_MAX || id_length != answer->id.length)
        return refuse(fault, LUCI_PASSKEY_FAULT_ID);
    *key_at = AT_ID + id_length;
    if (*key_at > data->length)
        return refuse(fault, LUCI_PASSKEY_FAULT_AUTHENTICATOR);
    if (memcmp(data->data + AT_ID, answer->id.data, id_length) != 0)
        return refuse(fault, LUCI_PASSKEY_FAULT_ID);
    key_length = luci_cbor_item_bytes(data->data + *key_at, data->length - *key_at);
    if (key_length == 0)
        return refuse(fault, LUCI_PASSKEY_FAULT_AUTHENTICATOR);
    *end = *key_at + key_length;
    return ends_right(data, *end) ? LUCI_OK : refuse(fault, LUCI_PASSKEY_FAULT_TRAILING);
}

/* Copies what libfido2 has decoded. The key must be written as it must be, so that no member of it is missing
 * or occurs twice. */
static luci_result_t take_credential(const fido_cred_t *cred, luci_bytes_t written,
                                     luci_passkey_credential_t *credential)
{
    unsigned char expected[LUCI_COSE_KEY_MAX];
    size_t length, raw_length = fido_cred_pubkey_len(cred);
    void *pk;

    if (raw_length == 0 || raw_length > LUCI_COSE_RAW_MAX)
        return LUCI_INVALID;
    credential->key.algorithm = fido_cred_type(cred);
    credential->key.length = raw_length;
    memcpy(credential->key.raw, fido_cred_pubkey_ptr(cred), raw_length);
    credential->sign_count = fido_cred_sigcount(cred);
    credential->flags = flags_of(fido_cred_flags(cred));
    if (luci_cose_key_write(&credential->key, expected, &length) != LUCI_OK || length != written.length ||
        memcmp(expected, written.data, length) != 0)
        return LUCI_INVALID;
    pk = key_for_fido(&credential->key);
    if (!pk)
        return LUCI_INVALID;
    free(pk);
    return LUCI_OK;
}

/* libfido2 takes no other algorithm than the one that it is told to expect. */
static luci_result_t decode(const luci_bytes_t *data, luci_bytes_t key, int algorithm,
                            luci_passkey_credential_t *credential)
{
    fido_cred_t *cred = fido_cred_new();
    luci_result_t result = LUCI_INVALID;

    if (!cred)
        return LUCI_INTERNAL;
    if (fido_cred_set_type(cred, algorithm) == FIDO_OK &&
        fido_cred_set_authdata_raw(cred, data->data, data->length) == FIDO_OK)
        result = take_credential(cred, key, credential);
    fido_cred_free(&cred);
    return result;
}

luci_result_t luci_registration_verify(const luci_ceremony_t *ceremony, const luci_passkey_answer_t *answer,
                                       luci_passkey_credential_t *credential, luci_passkey_fault_t *fault)
{
    const luci_bytes_t *data = &answer->authenticator_data;
    size_t key_at = 0, end = 0;
    luci_result_t result = check_common(ceremony, answer, REGISTRATION, fault);

    if (result == LUCI_OK)
        result = measure(answer, &key_at, &end, fault);
    if (result != LUCI_OK)
        return result;
    fido_init(0);
    credential->id = answer->id;
    for (size_t i = 0; i < sizeof luci_cose_algorithms / sizeof *luci_cose_algorithms; i++) {
        const luci_bytes_t key = { data->data + key_at, end - key_at };

        result = decode(data, key, luci_cose_algorithms[i], credential);
        if (result != LUCI_INVALID)
            return result;
    }
    return refuse(fault, LUCI_PASSKEY_FAULT_ALGORITHM);
}

/* ---- Assertion ---- */

static luci_result_t prepare(fido_assert_t *assert, const luci_ceremony_t *ceremony,
                             const luci_passkey_answer_t *answer)
{
    unsigned char hash[LUCI_SHA256_BYTES];
    luci_result_t result = luci_secret_sha256(answer->client_data.data, answer->client_data.length, hash);

    if (result != LUCI_OK)
        return result;
    if (fido_assert_set_count(assert, 1) != FIDO_OK || fido_assert_set_up(assert, FIDO_OPT_TRUE) != FIDO_OK ||
        fido_assert_set_uv(assert, ceremony->needs_verification ? FIDO_OPT_TRUE : FIDO_OPT_OMIT) != FIDO_OK ||
        fido_assert_set_rp(assert, ceremony->party.id) != FIDO_OK ||
        fido_assert_set_clientdata_hash(assert, hash, sizeof hash) != FIDO_OK)
        return LUCI_INTERNAL;
    if (fido_assert_set_authdata_raw(assert, 0, answer->authenticator_data.data,
                                     answer->authenticator_data.length) != FIDO_OK ||
        fido_assert_set_sig(assert, 0, answer->signature.data, answer->signature.length) != FIDO_OK)
        return LUCI_DENIED;
    return LUCI_OK;
}

static luci_result_t verify_signature(const luci_ceremony_t *ceremony, const luci_passkey_answer_t *answer,
                                      const luci_cose_key_t *key)
{
    fido_assert_t *assert = fido_assert_new();
    void *pk = key_for_fido(key);
    luci_result_t result = assert ? prepare(assert, ceremony, answer) : LUCI_INTERNAL;

    if (result == LUCI_OK && (!pk || fido_assert_verify(assert, 0, key->algorithm, pk) != FIDO_OK))
        result = LUCI_DENIED;
    fido_assert_free(&assert);
    free(pk);
    return result;
}

luci_result_t luci_assertion_verify(const luci_ceremony_t *ceremony, const luci_passkey_answer_t *answer,
                                    luci_passkey_credential_t *credential, int *is_copied,
                                    luci_passkey_fault_t *fault)
{
    const luci_bytes_t *data = &answer->authenticator_data;
    int flags;
    apr_uint32_t count;
    luci_result_t result = check_common(ceremony, answer, ASSERTION, fault);

    if (result != LUCI_OK)
        return result;
    if (data->data[AT_FLAGS] & FLAG_CREDENTIAL)
        return refuse(fault, LUCI_PASSKEY_FAULT_AUTHENTICATOR);
    if (!ends_right(data, HEADER_BYTES))
        return refuse(fault, LUCI_PASSKEY_FAULT_TRAILING);
    flags = flags_of(data->data[AT_FLAGS]);
    if ((flags ^ credential->flags) & LUCI_CREDENTIAL_BACKUP_ELIGIBLE)
        return refuse(fault, LUCI_PASSKEY_FAULT_BACKUP);
    fido_init(0);
    result = verify_signature(ceremony, answer, &credential->key);
    if (result == LUCI_DENIED)
        return refuse(fault, LUCI_PASSKEY_FAULT_SIGNATURE);
    if (result != LUCI_OK)
        return result;
    count = (apr_uint32_t)data->data[33] << 24 | (apr_uint32_t)data->data[34] << 16 |
            (apr_uint32_t)data->data[35] << 8 | data->data[36];
    *is_copied = (count || credential->sign_count) && count <= credential->sign_count;
    credential->sign_count = count;
    credential->flags = flags;
    return LUCI_OK;
}
