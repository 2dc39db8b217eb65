/* SPDX-License-Identifier: Apache-2.0 */
/* The use case of people who prove a second factor with a passkey, after the password or with a session. The
 * password is the other factor, so that the authenticator need not verify its user: security keys without a
 * PIN will do. */
#ifndef LUCI_PASSKEY_PROOF_H
#define LUCI_PASSKEY_PROOF_H

#include "core/auth/auth.h"
#include "core/passkey/challenge.h"
#include "core/passkey/passkey.h"

/* A proof. Strings and bytes are borrowed. */
typedef struct {
    luci_relying_party_t party;
    const char *token; /* of the challenge, which is made for the user; NULL: none */
    luci_passkey_answer_t answer;
    const char *user_id; /* who has proved the first factor */
    luci_ms_t now;
    luci_passkey_fault_t fault; /* output, with DENIED: what is wrong with the answer, if it is known */
    luci_reason_t reason;       /* output: why not, for the event that the caller reports */
} luci_passkey_proof_t;

/* Verifies the answer of one of the user's passkeys, and spends its challenge, so that it works once on all
 * nodes, whatever happens afterwards. Reports no event, but a notice if the passkey's counter did not grow.
 * OK. DENIED: anything else about the answer, or the page is too old. BUSY, UNAVAILABLE, INTERNAL. It does
 * not throttle; the caller must. */
luci_result_t luci_passkey_prove(const luci_auth_t *auth, luci_passkey_proof_t *proof,
                                 apr_pool_t *pool) LUCI_MUST_USE;

#endif
