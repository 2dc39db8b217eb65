/* SPDX-License-Identifier: Apache-2.0 */
#include "core/auth/password_change.h"

#include "core/auth/attempt_limit.h"
#include "core/auth/auth_int.h"
#include "core/auth/factor_need.h"
#include "core/auth/known_password.h"
#include "core/auth/own_password.h"
#include "core/auth/password_credential.h"
#include "core/factor/open_step.h"
#include "core/password/policy.h"
#include "core/session/session_end.h"

/* The transaction. */
typedef struct {
    const luci_auth_t *auth;
    const luci_password_change_t *change;
    luci_own_password_t verified;
    const char *new_hash;
    luci_session_t *renewed;
    luci_factor_demand_t demand; /* output: of a session that has fewer factors than its user */
    apr_array_header_t *ended;   /* output: of luci_session_token_t; NULL: none */
    apr_pool_t *pool;
} writing_t;

/* ---- Before anything is hashed ---- */

/* Checks both passwords. DENIED: the current one has a length that no password has. */
static luci_result_t check_passwords(const luci_auth_t *auth, luci_password_change_t *change,
                                     apr_pool_t *pool)
{
    luci_auth_request_t *request = &change->request;
    luci_new_password_t wanted = { change->password, request->username, auth->site };
    luci_result_t result = luci_auth_check_password(auth, &wanted, request, pool);

    if (result == LUCI_OK &&
        luci_policy_typed_password(request->password, auth->settings->password_length.max) != LUCI_OK)
        return LUCI_DENIED;
    return result;
}

static luci_result_t prepare(const luci_auth_t *auth, luci_password_change_t *change, apr_pool_t *pool)
{
    luci_result_t result = check_passwords(auth, change, pool);

    return result == LUCI_OK ? luci_own_password_find(auth, &change->request, change->session, pool) : result;
}

luci_result_t luci_password_change_look(const luci_auth_t *auth, luci_password_change_t *change,
                                        apr_pool_t *pool)
{
    luci_result_t result = prepare(auth, change, pool);

    return result == LUCI_OK ? luci_auth_look_sign_in(auth, &change->request, pool) : result;
}

/* ---- The transaction ---- */

/* When the user of the session was proved last. It is read before the session is deleted; while the session
 * exists, it does not change. */
static luci_result_t find_proof(luci_db_t *db, const writing_t *writing, luci_ms_t *proved_at,
                                apr_pool_t *scratch)
{
    const luci_settings_t *settings = writing->auth->settings;
    luci_result_t result = LUCI_OK;

    *proved_at = 0;
    if (settings->second_factor != LUCI_SECOND_FACTOR_OFF || settings->passkeys == LUCI_PASSKEYS_ONLY)
        result = luci_session_proved_at(db, &writing->change->session->token, settings, proved_at, scratch);
    return result == LUCI_NOT_FOUND ? LUCI_OK : result; /* the column */
}

/* For a user who has a second factor, or may sign in with a passkey only, the password alone proves nothing:
 * the new session is as old and as fresh as the one before. */
static luci_result_t limit_proof(luci_db_t *db, writing_t *writing, luci_ms_t proved_at, apr_pool_t *scratch)
{
    const luci_password_change_t *change = writing->change;
    luci_factor_demand_t demand = { .user_id = change->session->user.id };
    luci_result_t result =
        luci_auth_ask_factor(db, writing->auth->settings, &change->request, &demand, scratch);

    if (result != LUCI_DENIED)
        return result;
    writing->renewed->created_at = change->session->created_at;
    writing->renewed->proved_at = proved_at;
    luci_session_extend(writing->renewed, writing->auth->settings, change->request.now);
    return LUCI_OK;
}

static luci_result_t write_change(luci_db_t *db, void *baton, apr_pool_t *scratch)
{
    writing_t *writing = baton;
    const luci_password_change_t *change = writing->change;
    luci_mail_notice_t notice = { .event = LUCI_EVENT_PASSWORD_CHANGE,
                                  .user = &writing->verified.user,
                                  .now = change->request.now };
    luci_ms_t proved_at;
    luci_result_t result = find_proof(db, writing, &proved_at, scratch);

    writing->demand.kinds = 0;
    if (result == LUCI_OK)
        result = luci_own_password_lock(db, &writing->verified, scratch);
    if (result == LUCI_OK)
        result =
            luci_factor_need(db, writing->auth->settings, change->session, &writing->demand.kinds, scratch);
    if (result == LUCI_OK)
        result = limit_proof(db, writing, proved_at, scratch);
    if (result == LUCI_OK)
        result = luci_key_replace_hash(db, &writing->verified.key, writing->new_hash, scratch);
    if (result == LUCI_NOT_FOUND)
        return LUCI_CONFLICT;
    if (result == LUCI_OK && change->keep_sessions)
        result = luci_open_steps_void(db, change->session->user.id, scratch);
    if (result == LUCI_OK && !change->keep_sessions)
        result = luci_session_end_all(db, change->session->user.id, &writing->ended, writing->pool);
    writing->renewed->user.lacks = luci_db_columns(db).lacks;
    if (result == LUCI_OK)
        result = luci_session_insert(db, writing->renewed, writing->auth->settings, &change->request.client,
                                     scratch);
    return result == LUCI_OK ? luci_auth_tell(db, writing->auth, &notice, scratch) : result;
}

/* The caches forget on errors, too, because the rows may have been deleted. */
static luci_result_t commit(void *baton, const luci_verdict_t *verdict)
{
    writing_t *writing = baton;
    const luci_auth_t *auth = writing->auth;
    luci_db_t *db;
    luci_result_t result = auth->source.borrow(auth->source.baton, &db);

    if (result != LUCI_OK)
        return result;
    writing->verified = (luci_own_password_t){ .auth = auth,
                                               .request = &writing->change->request,
                                               .session = writing->change->session,
                                               .key = { .id = writing->change->request.key_id,
                                                        .stored_hash = verdict->stored_hash } };
    writing->ended = NULL;
    result = luci_db_transaction(db, write_change, writing, writing->pool);
    auth->source.give_back(auth->source.baton, db);
    if (result == LUCI_OK)
        luci_attempt_limit_say(auth, &writing->verified.key);
    luci_auth_forget(auth, &writing->change->session->token, writing->pool);
    luci_auth_forget_all(auth, writing->ended, writing->pool);
    luci_known_password_forget(auth, writing->change->session->user.id);
    return result;
}

/* ---- The use case ---- */

static luci_result_t change_verified(writing_t *writing, luci_verdict_t *verdict)
{
    const luci_auth_t *auth = writing->auth;
    const luci_password_change_t *change = writing->change;
    luci_credential_t credential = { .kind = &luci_credential_password, .presented = change->password };
    luci_auth_storing_t storing = { commit, writing, writing->pool };
    char *hash;
    luci_result_t result = luci_credential_hash(auth, &credential, &hash, writing->pool);

    if (result == LUCI_OK)
        result = luci_session_new(writing->renewed, &change->session->user, auth->settings,
                                  change->request.now, writing->pool);
    writing->renewed->factors = change->session->factors;
    if (result != LUCI_OK) {
        verdict->reason = luci_reason_of(result);
        return result;
    }
    writing->new_hash = hash;
    return luci_auth_store_as_checked(auth, &change->request, &storing, verdict);
}

/* A factor that is missing is no wrong password. */
static luci_result_t change_unless_ended(writing_t *writing, luci_password_change_t *change,
                                         luci_verdict_t *verdict)
{
    const luci_auth_t *auth = writing->auth;
    luci_result_t result = luci_auth_verify(auth, &change->request, verdict, writing->pool);
    int is_asked;

    if (result == LUCI_OK)
        result = change_verified(writing, verdict);
    if (result == LUCI_EXPIRED)
        verdict->reason = LUCI_REASON_NO_SESSION;
    is_asked = result == LUCI_DENIED && luci_auth_demand(&writing->demand, &change->request, verdict);
    if (is_asked)
        verdict->reason = LUCI_REASON_ONE_FACTOR;
    change->request.demand = writing->demand;
    (void)luci_auth_end_attempt(auth, &change->request, is_asked ? LUCI_OK : result, writing->pool);
    return result;
}

static luci_reason_t reason_unverified(luci_result_t result, luci_weakness_t weakness)
{
    switch (result) {
    case LUCI_INVALID: return luci_auth_reason_of_weakness(weakness);
    case LUCI_DENIED: return LUCI_REASON_INVALID_PASSWORD;
    case LUCI_NOT_FOUND: return LUCI_REASON_NO_PASSWORD;
    case LUCI_OK:
    case LUCI_EXPIRED:
    case LUCI_CONFLICT:
    case LUCI_THROTTLED:
    case LUCI_BUSY:
    case LUCI_UNAVAILABLE:
    case LUCI_INTERNAL: break;
    }
    return luci_reason_of(result);
}

luci_result_t luci_password_change(const luci_auth_t *auth, luci_password_change_t *change,
                                   luci_session_t *renewed, apr_pool_t *pool)
{
    luci_auth_request_t *request = &change->request;
    luci_event_t event = { .kind = LUCI_EVENT_PASSWORD_CHANGE, .at = request->now };
    luci_verdict_t verdict = { 0 };
    writing_t writing = { .auth = auth, .change = change, .renewed = renewed, .pool = pool };
    luci_result_t result = prepare(auth, change, pool);

    verdict.reason = reason_unverified(result, request->weakness);
    if (result == LUCI_OK)
        result = change_unless_ended(&writing, change, &verdict);
    if (result == LUCI_OK && request->attempt)
        request->attempt->device_account = luci_auth_device_account(request->key_id, writing.new_hash, pool);
    event.reason = verdict.reason;
    luci_auth_report(auth, &event, &change->session->user, result == LUCI_OK ? renewed : change->session);
    return luci_own_password_refused(auth, change->session, result, pool);
}
