/* SPDX-License-Identifier: Apache-2.0 */
/* The use case of people who prove a second factor: after the password, at sign-in or at a confirmation
 * (step.h), or later with a session, which gets the factor then. The session table never has half a session:
 * before the factor is proved there is none. */
#ifndef LUCI_SECOND_STEP_H
#define LUCI_SECOND_STEP_H

#include "core/auth/passkey_proof.h"
#include "core/auth/step.h"

typedef struct {
    luci_auth_request_t request;   /* client, now, attempt, and old_session of a sign-in; the rest is set */
    const luci_step_t *step;       /* the right password before it; NULL: none, only with a session */
    const luci_session_t *session; /* the validated session of the request, which gets the factor; NULL: a
                                      sign-in */
    const char *code;              /* as it was typed; NULL: none */
    luci_passkey_proof_t *passkey; /* counts instead of a code; its user and time are set. NULL: none */
} luci_second_step_t;

/* Whose second factor is to be proved, and with what. */
typedef struct {
    luci_key_t key; /* without a session; with one, only its user is set */
    int kinds;      /* that the user has, as bits of core/factor/factor.h; 0: none */
} luci_second_step_user_t;

/* Reads that, for the page and for luci_second_step. EXPIRED: the step belongs to another user than the
 * session, it is not open any more (core/factor/open_step.h), the password has been changed since, or the
 * user is disabled or deleted. BUSY, UNAVAILABLE, INTERNAL. */
luci_result_t luci_second_step_look(const luci_auth_t *auth, const luci_second_step_t *step,
                                    luci_second_step_user_t *user, apr_pool_t *pool) LUCI_MUST_USE;

/* Verifies a code of the user, unless the throttle refuses the attempt, and then, in one transaction that
 * looks again whether the account is the same: spends the step, and stores a session with two factors, in
 * place of the old one if there is a session. Reports one event. A code works once, whatever happens
 * afterwards; a step works until it has got a session.
 *
 * OK: *renewed is the new session, from pool; it is fresh unless there was no step. DENIED: the code or the
 * passkey is wrong, or was used before. NOT_FOUND: the user has no second factor. EXPIRED as above, or the
 * session or the step has ended meanwhile. THROTTLED, BUSY, UNAVAILABLE, INTERNAL. */
luci_result_t luci_second_step(const luci_auth_t *auth, luci_second_step_t *step, luci_session_t *renewed,
                               apr_pool_t *pool) LUCI_MUST_USE;

#endif
