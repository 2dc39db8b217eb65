/* SPDX-License-Identifier: Apache-2.0 */
/* What the authenticators of others have answered is verified as those say. */
#include "passkey/vectors.h"

#include "core/base/base64url.h"
#include "core/passkey/ceremony.h"
#include "lib/support.h"
#include "lib/tap.h"

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

int main(void)
{
    pool = support_start();
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
