/* SPDX-License-Identifier: Apache-2.0 */
/* Verifies what an authenticator answers: the new credential of a registration (WebAuthn Level 3, 7.1), and
 * the assertion of a sign-in (7.2). libfido2 decodes the authenticator data and verifies signatures; all
 * other checks are here, because libfido2 1.12 leaves them to its caller:
 *
 * - fido_assert_verify looks at the user's presence only after fido_assert_set_up;
 * - fido_cred_verify cannot verify a registration without a certificate. Attestation is not asked for, so
 * that the authenticator data of a registration is not signed at all, and is only decoded;
 * - bytes behind the authenticator data, or behind its extensions, are ignored;
 * - an assertion with extensions that libfido2 knows must have been asked for them. None is asked for here;
 * - the flags of backups are not known to it, nor are the client data and the user handle.
 *
 * Nothing here asks whether a challenge was used before: see challenge.h. */
#ifndef LUCI_CEREMONY_H
#define LUCI_CEREMONY_H

#include "core/passkey/cose_key.h"
#include "core/passkey/passkey_fault.h"
#include "core/passkey/relying_party.h"

#include <apr.h>

#define LUCI_CREDENTIAL_ID_MAX 1023      /* bytes, WebAuthn 7.1, step 25 */
#define LUCI_AUTHENTICATOR_DATA_MAX 4096 /* bytes */

/* Bytes, borrowed. data may be NULL if length is 0. */
typedef struct {
    const unsigned char *data;
    size_t length;
} luci_bytes_t;

/* What is known about a credential beside its key. */
enum {
    LUCI_CREDENTIAL_VERIFIED = 1, /* the authenticator has verified its user (PIN, fingerprint) */
    LUCI_CREDENTIAL_BACKUP_ELIGIBLE = 2,
    LUCI_CREDENTIAL_BACKED_UP = 4
};

/* What was asked for. */
typedef struct {
    luci_relying_party_t party;
    const char *challenge;  /* base64url */
    int needs_verification; /* the authenticator must have verified its user */
} luci_ceremony_t;

/* What a browser posts. */
typedef struct {
    luci_bytes_t id; /* of the credential, as the browser states it */
    luci_bytes_t client_data;
    luci_bytes_t authenticator_data;
    luci_bytes_t signature;   /* of an assertion */
    luci_bytes_t user_handle; /* of an assertion; length 0: none */
} luci_passkey_answer_t;

typedef struct {
    luci_bytes_t id;
    luci_cose_key_t key;
    apr_uint32_t sign_count;
    int flags; /* LUCI_CREDENTIAL_... */
} luci_passkey_credential_t;

/* Verifies a registration. credential->id is that of the answer, borrowed. DENIED: *fault says why. INTERNAL:
 * no memory. */
luci_result_t luci_registration_verify(const luci_ceremony_t *ceremony, const luci_passkey_answer_t *answer,
                                       luci_passkey_credential_t *credential,
                                       luci_passkey_fault_t *fault) LUCI_MUST_USE;

/* Verifies an assertion of a credential, and then updates its sign_count and flags; *is_copied is 1 if the
 * counter did not grow, as with a copy of the authenticator. Synchronised passkeys do not count. The user
 * handle is the caller's to compare. Results as above. */
luci_result_t luci_assertion_verify(const luci_ceremony_t *ceremony, const luci_passkey_answer_t *answer,
                                    luci_passkey_credential_t *credential, int *is_copied,
                                    luci_passkey_fault_t *fault) LUCI_MUST_USE;

#endif
