/* SPDX-License-Identifier: Apache-2.0 */
/* The input is 'c' and client data, 'r' and the authenticator data of a registration, or 'a', one byte with the
 * length of a signature, the signature, and the authenticator data of an assertion. The hash of the relying
 * party is made right, because no fuzzer finds it. */
#include "fuzz.h"

#include "core/base/secret.h"
#include "core/passkey/cbor_item.h"
#include "core/passkey/ceremony.h"
#include "core/passkey/client_data.h"

#define FUZZ_PASSKEY_JSON                                                                                     \
    "{\"type\":\"webauthn.%s\",\"challenge\":\"AAAA\",\"origin\":\"https://site.example\"}"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const luci_ceremony_t fuzz_passkey_ceremony = {
    .party = { .id = "site.example", .origin = "https://site.example" }, .challenge = "AAAA"
};

static void fuzz_passkey_client_data(const char *json, size_t size)
{
    const luci_client_data_t expected = { "webauthn.get", "AAAA", "https://site.example" };
    luci_passkey_fault_t fault;
    luci_result_t result = luci_client_data_check(&expected, json, size, &fault);

    FUZZ_CHECK((result == LUCI_OK) == (fault == LUCI_PASSKEY_FAULT_NONE));
    FUZZ_CHECK(result == LUCI_OK || result == LUCI_DENIED);
}

static void fuzz_passkey_party(uint8_t *data, size_t size)
{
    unsigned char hash[LUCI_SHA256_BYTES];

    FUZZ_CHECK(luci_secret_sha256("site.example", 12, hash) == LUCI_OK);
    memcpy(data, hash, size < sizeof hash ? size : sizeof hash);
}

static luci_passkey_answer_t fuzz_passkey_answer(uint8_t *data, size_t size, const char *type, char *json,
                                                 size_t room)
{
    fuzz_passkey_party(data, size);
    snprintf(json, room, FUZZ_PASSKEY_JSON, type);
    return (luci_passkey_answer_t){ .client_data = { (const unsigned char *)json, strlen(json) },
                                    .authenticator_data = { data, size } };
}

static void fuzz_passkey_registration(uint8_t *data, size_t size)
{
    char json[200];
    unsigned char key[LUCI_COSE_KEY_MAX];
    luci_passkey_answer_t answer = fuzz_passkey_answer(data, size, "create", json, sizeof json);
    luci_passkey_fault_t fault = LUCI_PASSKEY_FAULT_NONE;
    luci_passkey_credential_t credential;
    luci_result_t result;
    size_t length, id_length = size > 55 ? (size_t)(data[53] << 8 | data[54]) : 0;

    if (id_length && id_length <= size - 55)
        answer.id = (luci_bytes_t){ data + 55, id_length };
    result = luci_registration_verify(&fuzz_passkey_ceremony, &answer, &credential, &fault);
    FUZZ_CHECK((result == LUCI_OK) == (fault == LUCI_PASSKEY_FAULT_NONE));
    if (result != LUCI_OK)
        return;
    FUZZ_CHECK(luci_cose_key_write(&credential.key, key, &length) == LUCI_OK);
    FUZZ_CHECK(memcmp(data + 55 + id_length, key, length) == 0);
    FUZZ_CHECK(data[32] & 0x80 || 55 + id_length + length == size);
    FUZZ_CHECK(!(credential.flags & LUCI_CREDENTIAL_BACKED_UP) ||
               credential.flags & LUCI_CREDENTIAL_BACKUP_ELIGIBLE);
}

static void fuzz_passkey_assertion(uint8_t *data, size_t size)
{
    char json[200];
    size_t signature = size ? data[0] : 0;
    luci_passkey_credential_t credential = { .key = { .algorithm = LUCI_COSE_EDDSA, .length = 32 } };
    luci_passkey_fault_t fault = LUCI_PASSKEY_FAULT_NONE;
    luci_passkey_answer_t answer;
    int is_copied;

    if (size < 1 + signature)
        return;
    memset(credential.key.raw, 0x66, 32);
    credential.key.raw[0] = 0x58; /* the base point, whose secret key is 1: a key */
    answer = fuzz_passkey_answer(data + 1 + signature, size - 1 - signature, "get", json, sizeof json);
    answer.signature = (luci_bytes_t){ data + 1, signature };
    FUZZ_CHECK(luci_assertion_verify(&fuzz_passkey_ceremony, &answer, &credential, &is_copied, &fault) ==
               LUCI_DENIED);
    FUZZ_CHECK(fault != LUCI_PASSKEY_FAULT_NONE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *copy;
    apr_pool_t *pool;

    if (!size)
        return 0;
    pool = fuzz_pool();
    FUZZ_CHECK(luci_secret_init(pool) == LUCI_OK);
    copy = (uint8_t *)fuzz_copy(data + 1, size - 1, 0);
    if (data[0] == 'c')
        fuzz_passkey_client_data((const char *)copy, size - 1);
    else if (data[0] == 'r')
        fuzz_passkey_registration(copy, size - 1);
    else if (data[0] == 'a')
        fuzz_passkey_assertion(copy, size - 1);
    FUZZ_CHECK(luci_cbor_item_bytes(data, size) <= size);
    free(copy);
    apr_pool_destroy(pool);
    return 0;
}
