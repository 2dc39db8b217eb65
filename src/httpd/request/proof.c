/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/request/proof.h"

#include "core/auth/confirmation.h"
#include "httpd/base/httpd_log.h"

#include <http_log.h>

APLOG_USE_MODULE(luciauth);

luci_proof_t *luci_proof_of(luci_state_t *state)
{
    if (!state->proof)
        state->proof = apr_pcalloc(state->pool, sizeof *state->proof);
    return state->proof;
}

static void log_missing(request_rec *r)
{
    if (luci_httpd_log_topic_due(LUCI_TOPIC_PROOF, NULL))
        ap_log_rerror(
            APLOG_MARK, APLOG_ERR, 0, r,
            "LUCI0775: %s needs a session that was confirmed lately, but the session table has no column "
            "proved_at, so the request is refused; run luciactl init, or restart httpd with "
            "LuciaCreateSchema On",
            r->uri);
}

luci_result_t luci_proof_look(request_rec *r, const luci_session_t *session, luci_ms_t within)
{
    luci_state_t *state = luci_state_of(r);
    luci_proof_t *proof = luci_proof_of(state);

    if (proof->of != session) {
        luci_auth_t auth = luci_state_auth(r);

        proof->of = session;
        proof->result = luci_confirmation_proved_at(&auth, session, &proof->proved_at, state->pool);
        if (proof->result == LUCI_NOT_FOUND)
            log_missing(r);
    }
    if (proof->result != LUCI_OK)
        return proof->result;
    return luci_session_is_proved(proof->proved_at, within, luci_runtime_now()) ? LUCI_OK : LUCI_DENIED;
}

luci_problem_t luci_proof_problem(request_rec *r, luci_result_t result)
{
    return result == LUCI_NOT_FOUND ? (luci_problem_t){ HTTP_NOT_IMPLEMENTED, LUCI_MESSAGE_NO_PROOF, 0 }
                                    : luci_problem_of(r, result);
}
