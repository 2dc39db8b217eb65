/* SPDX-License-Identifier: Apache-2.0 */
/* The use case of people who sign in with a passkey, without a name: the credential tells who they are. The
 * authenticator must have verified them, so that possession and verification are two factors, and no other
 * one is asked for. */
#ifndef LUCI_PASSKEY_SIGN_IN_H
#define LUCI_PASSKEY_SIGN_IN_H

#include "core/auth/auth.h"
#include "core/passkey/challenge.h"
#include "core/passkey/passkey.h"

/* A sign-in. request has the client, the session that came with it, the time and, optionally, an attempt.
 * Strings and bytes are borrowed as in luci_auth_request_t. */
typedef struct {
    luci_auth_request_t request;
    luci_relying_party_t party;
    const char *token; /* of the challenge; NULL: none */
    luci_passkey_answer_t answer;
    const char *user_id; /* a confirmation by the user of a session: no other user is accepted. NULL: any */
    luci_passkey_fault_t fault; /* output, with DENIED: what is wrong with the answer, if it is known */
} luci_passkey_sign_in_t;

/* Verifies an answer and creates a session with two factors, in one transaction that sees under the user's
 * lock that the user is not disabled, that the passkey was not deleted and that the challenge was not spent.
 * Throttled by the client's address, as a sign-in from there. Reports one event, and a notice if the
 * passkey's counter did not grow.
 *
 * OK: *session is from pool and fresh. DENIED: whatever is wrong; a client is told no difference. EXPIRED:
 * the page with the challenge is too old. THROTTLED, BUSY, UNAVAILABLE, INTERNAL as luci_auth_sign_in. */
luci_result_t luci_passkey_sign_in(const luci_auth_t *auth, luci_passkey_sign_in_t *sign_in,
                                   luci_session_t *session, apr_pool_t *pool) LUCI_MUST_USE;

#endif
