/* SPDX-License-Identifier: Apache-2.0 */
/* The use case of people who prove a second factor: they type a code of their app, or a recovery code, into
 * the same field. Which of the two a text can be shows in its shape. */
#ifndef LUCI_FACTOR_PROOF_H
#define LUCI_FACTOR_PROOF_H

#include "core/auth/auth.h"
#include "core/factor/factor.h"

/* A proof. Strings are borrowed. */
typedef struct {
    const char *user_id; /* who has proved the first factor */
    const char *code;    /* as it was typed; NULL: nothing. Spaces, hyphens and case do not matter */
    luci_ms_t now;
    int kind;             /* output: LUCI_FACTOR_TOTP or LUCI_FACTOR_RECOVERY, which proved it; 0: none */
    luci_reason_t reason; /* output: why not, for the event that the caller reports */
} luci_factor_proof_t;

/* Spends the code. Reports no event, but a notice if the app's codes are not accepted any more from now on
 * (totp_seed.h), or if a seed cannot be opened. A recovery code sets wrong codes of the app back.
 *
 * OK: the user has the factor; the code does not work again, on any node. DENIED: anything else about the
 * code; a client is told no difference. Only its reason tells wrong_code, used_code and too_many_failures
 * apart. BUSY, UNAVAILABLE (also if a table is missing), INTERNAL (also if the seed cannot be opened because
 * its secret is not in LuciaSecret any more: recovery codes work nevertheless). It does not throttle; the
 * caller must. */
luci_result_t luci_factor_prove(const luci_auth_t *auth, luci_factor_proof_t *proof,
                                apr_pool_t *pool) LUCI_MUST_USE;

#endif
