/* SPDX-License-Identifier: Apache-2.0 */
/* Whether the holder of a request's session has lately proved to be its user, by the password. The database
 * is asked once for a client's request, and only where the answer matters, so that it is always current and
 * other requests pay nothing. */
#ifndef LUCI_PROOF_H
#define LUCI_PROOF_H

#include "httpd/request/reply.h"
#include "httpd/request/state.h"

/* What a Require line may lack. */
enum { LUCI_LACKS_PROOF = 1, LUCI_LACKS_FACTOR = 2 };

/* What is known of it, and what the gate notes about it (gate/proofs.h). */
struct luci_proof_t {
    const luci_session_t *of; /* the session that was asked for; NULL: none yet */
    luci_result_t result;     /* of reading it; OK: proved_at is set */
    luci_ms_t proved_at;
    const request_rec *refused;   /* for which a Require line lacked a proof; NULL: none */
    const request_rec *half;      /* for which a Require line lacked a factor; NULL: none */
    const request_rec *undecided; /* for which the proof could not be read; NULL: none */
    int suppose;                  /* LUCI_LACKS_ bits: such lines answer as if they lacked nothing of it */
};

/* Created on first use. */
luci_proof_t *luci_proof_of(luci_state_t *state);

/* OK: the session's holder has proved to be its user within that time. DENIED: not lately, or never.
 * NOT_FOUND: it cannot be known, because the table has no column for it, which is logged. BUSY, UNAVAILABLE,
 * INTERNAL. */
luci_result_t luci_proof_look(request_rec *r, const luci_session_t *session, luci_ms_t within) LUCI_MUST_USE;

/* The problem of a result other than OK and DENIED. */
luci_problem_t luci_proof_problem(request_rec *r, luci_result_t result);

#endif
