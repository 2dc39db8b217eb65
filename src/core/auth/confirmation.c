/* SPDX-License-Identifier: Apache-2.0 */
#include "core/auth/confirmation.h"

#include "core/auth/attempt_limit.h"
#include "core/auth/auth_int.h"
#include "core/auth/own_password.h"
#include "core/password/policy.h"

luci_result_t luci_confirmation_proved_at(const luci_auth_t *auth, const luci_session_t *session,
                                          luci_ms_t *proved_at, apr_pool_t *scratch)
{
    luci_db_t *db;
    luci_result_t result = auth->source.borrow(auth->source.baton, &db);

    if (result != LUCI_OK)
        return result;
    result = luci_session_proved_at(db, &session->token, auth->settings, proved_at, scratch);
    auth->source.give_back(auth->source.baton, db);
    return result;
}

int luci_confirmation_has_ended(const luci_auth_t *auth, const luci_session_t *session, apr_pool_t *scratch)
{
    luci_session_claim_t claim = { .token = &session->token };
    luci_session_t found;
    luci_db_t *db;
    luci_result_t result;

    if (auth->source.borrow(auth->source.baton, &db) != LUCI_OK)
        return 0;
    result = luci_session_get(db, &claim, auth->settings, &found, scratch);
    auth->source.give_back(auth->source.baton, db);
    return result == LUCI_NOT_FOUND;
}

/* DENIED: the password has a length that no password has. */
static luci_result_t prepare(const luci_auth_t *auth, luci_confirmation_t *confirmation, apr_pool_t *pool)
{
    luci_auth_request_t *request = &confirmation->request;
    luci_result_t result = luci_own_password_find(auth, request, confirmation->session, pool);

    if (result == LUCI_OK &&
        luci_policy_typed_password(request->password, auth->settings->password_length.max) != LUCI_OK)
        return LUCI_DENIED;
    return result;
}

luci_result_t luci_confirmation_look(const luci_auth_t *auth, luci_confirmation_t *confirmation,
                                     apr_pool_t *pool)
{
    luci_result_t result = prepare(auth, confirmation, pool);

    return result == LUCI_OK ? luci_auth_look_sign_in(auth, &confirmation->request, pool) : result;
}

/* ---- The transaction ---- */

typedef struct {
    const luci_auth_t *auth;
    const luci_confirmation_t *confirmation;
    luci_own_password_t verified;
    luci_session_t *renewed;
    luci_factor_demand_t demand; /* output */
    apr_pool_t *pool;
} proving_t;

static luci_result_t replace_session(luci_db_t *db, void *baton, apr_pool_t *scratch)
{
    proving_t *proving = baton;
    const luci_auth_request_t *request = &proving->confirmation->request;
    luci_result_t result = luci_own_password_lock(db, &proving->verified, scratch);

    proving->demand.user_id = proving->confirmation->session->user.id;
    if (result == LUCI_OK)
        result = luci_auth_ask_factor(db, proving->auth->settings, request, &proving->demand, scratch);
    proving->renewed->user.lacks = luci_db_columns(db).lacks;
    return result == LUCI_OK
               ? luci_session_insert(db, proving->renewed, proving->auth->settings, &request->client, scratch)
               : result;
}

/* The caches forget on errors, too, because the row may have been deleted. */
static luci_result_t commit(void *baton, const luci_verdict_t *verdict)
{
    proving_t *proving = baton;
    const luci_auth_t *auth = proving->auth;
    luci_db_t *db;
    luci_result_t result = auth->source.borrow(auth->source.baton, &db);

    if (result != LUCI_OK)
        return result;
    proving->verified = (luci_own_password_t){ .auth = auth,
                                               .request = &proving->confirmation->request,
                                               .session = proving->confirmation->session,
                                               .key = { .id = proving->confirmation->request.key_id,
                                                        .stored_hash = verdict->stored_hash } };
    result = luci_db_transaction(db, replace_session, proving, proving->pool);
    auth->source.give_back(auth->source.baton, db);
    if (result == LUCI_OK)
        luci_attempt_limit_say(auth, &proving->verified.key);
    luci_auth_forget(auth, &proving->confirmation->session->token, proving->pool);
    return result;
}

/* ---- The use case ---- */

static luci_result_t confirm_verified(proving_t *proving, luci_verdict_t *verdict)
{
    const luci_confirmation_t *confirmation = proving->confirmation;
    luci_auth_storing_t storing = { commit, proving, proving->pool };
    luci_result_t result =
        luci_session_new(proving->renewed, &confirmation->session->user, proving->auth->settings,
                         confirmation->request.now, proving->pool);
    proving->renewed->factors = confirmation->session->factors;

    if (result != LUCI_OK) {
        verdict->reason = luci_reason_of(result);
        return result;
    }
    return luci_auth_store_as_checked(proving->auth, &confirmation->request, &storing, verdict);
}

static luci_result_t confirm(proving_t *proving, luci_confirmation_t *confirmation, luci_verdict_t *verdict)
{
    const luci_auth_t *auth = proving->auth;
    luci_result_t result = luci_auth_verify(auth, &confirmation->request, verdict, proving->pool);
    int is_asked;

    if (result == LUCI_OK)
        result = confirm_verified(proving, verdict);
    if (result == LUCI_EXPIRED)
        verdict->reason = LUCI_REASON_NO_SESSION;
    is_asked = result == LUCI_DENIED && luci_auth_demand(&proving->demand, &confirmation->request, verdict);
    confirmation->request.demand = proving->demand;
    luci_auth_end_attempt(auth, &confirmation->request, is_asked ? LUCI_OK : result, proving->pool);
    return result;
}

static luci_reason_t reason_unverified(luci_result_t result)
{
    return result == LUCI_DENIED      ? LUCI_REASON_INVALID_PASSWORD
           : result == LUCI_NOT_FOUND ? LUCI_REASON_NO_PASSWORD
                                      : luci_reason_of(result);
}

luci_result_t luci_confirm(const luci_auth_t *auth, luci_confirmation_t *confirmation,
                           luci_session_t *renewed, apr_pool_t *pool)
{
    luci_auth_request_t *request = &confirmation->request;
    luci_event_t event = { .kind = LUCI_EVENT_CONFIRM, .at = request->now };
    luci_verdict_t verdict = { 0 };
    proving_t proving = { .auth = auth, .confirmation = confirmation, .renewed = renewed, .pool = pool };
    luci_result_t result = prepare(auth, confirmation, pool);

    verdict.reason = reason_unverified(result);
    if (result == LUCI_OK)
        result = confirm(&proving, confirmation, &verdict);
    if (result == LUCI_OK && request->attempt)
        request->attempt->device_account =
            luci_auth_device_account(request->key_id, proving.verified.key.stored_hash, pool);
    event.reason = verdict.reason;
    luci_auth_report(auth, &event, &confirmation->session->user,
                     result == LUCI_OK ? renewed : confirmation->session);
    return luci_own_password_refused(auth, confirmation->session, result, pool);
}
