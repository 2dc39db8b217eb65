/* SPDX-License-Identifier: Apache-2.0 */
#include "core/auth/second_step.h"

#include "core/auth/attempt_limit.h"
#include "core/auth/auth_int.h"
#include "core/auth/factor_proof.h"
#include "core/auth/own_password.h"
#include "core/factor/open_step.h"

#include <string.h>

/* ---- Whose factor it is ---- */

static int is_of_session(const luci_second_step_t *step)
{
    return !step->step || !step->session || strcmp(step->step->user_id, step->session->user.id) == 0;
}

/* The key that the password was verified with. */
static luci_result_t find_key(luci_db_t *db, const luci_second_step_t *step, luci_key_t *key,
                              apr_pool_t *pool)
{
    luci_result_t result = luci_key_get(db, step->step->key_id, key, pool);

    if (result == LUCI_NOT_FOUND || (result == LUCI_OK && !luci_step_fits(step->step, key)))
        return LUCI_EXPIRED;
    if (result == LUCI_OK && luci_user_is_disabled(&key->user, step->request.now))
        return LUCI_EXPIRED;
    return result;
}

/* EXPIRED: the step is not open any more, so that it gets no guess at a code, either. */
static luci_result_t find_open(luci_db_t *db, const luci_second_step_t *step, apr_pool_t *scratch)
{
    luci_open_step_t open = { .id = step->step->id, .user_id = step->step->user_id };
    luci_result_t result = luci_open_step_find(db, &open, step->request.now, scratch);

    return result == LUCI_NOT_FOUND ? LUCI_EXPIRED : result;
}

/* The query for the factors comes first, because it is the one that a server that lags does not answer. */
static luci_result_t find_user(luci_db_t *db, const luci_second_step_t *step, luci_second_step_user_t *user,
                               apr_pool_t *pool)
{
    luci_result_t result = LUCI_OK;

    *user = (luci_second_step_user_t){ .kinds = 0 };
    if (!is_of_session(step))
        return LUCI_EXPIRED;
    if (step->step)
        result = find_key(db, step, &user->key, pool);
    else
        user->key.user = step->session->user;
    if (result == LUCI_OK)
        result = luci_factor_kinds(db, user->key.user.id, &user->kinds, pool);
    return result == LUCI_OK && step->step ? find_open(db, step, pool) : result;
}

luci_result_t luci_second_step_look(const luci_auth_t *auth, const luci_second_step_t *step,
                                    luci_second_step_user_t *user, apr_pool_t *pool)
{
    luci_db_t *db;
    luci_result_t result = auth->source.borrow(auth->source.baton, &db);

    if (result != LUCI_OK)
        return result;
    result = find_user(db, step, user, pool);
    auth->source.give_back(auth->source.baton, db);
    return result;
}

/* ---- The session that gets the factor ---- */

typedef struct {
    const luci_auth_t *auth;
    const luci_second_step_t *step;
    luci_own_password_t verified; /* of the step, if there is one */
    luci_session_t *renewed;
    apr_pool_t *pool;
} raising_t;

/* Without a step no password was verified, so that any hash is right, and the session proves no more than
 * before. */
static luci_result_t lock_session(luci_db_t *db, raising_t *raising, apr_pool_t *scratch)
{
    const luci_session_t *session = raising->step->session;
    luci_user_t user;
    luci_result_t result = luci_user_lock(db, session->user.id, &user, scratch);

    if (result == LUCI_OK)
        result = luci_session_proved_at(db, &session->token, raising->auth->settings,
                                        &raising->renewed->proved_at, scratch);
    if (result == LUCI_OK || result == LUCI_NOT_FOUND) /* the column */
        result = luci_session_delete(db, &session->token, raising->auth->settings, scratch);
    if (result == LUCI_OK && luci_user_is_disabled(&user, raising->step->request.now))
        return LUCI_EXPIRED;
    return result == LUCI_NOT_FOUND ? LUCI_EXPIRED : result;
}

/* A confirmation. */
static luci_result_t lock_step(luci_db_t *db, raising_t *raising, apr_pool_t *scratch)
{
    const luci_step_t *step = raising->step->step;
    luci_open_step_t open = { .id = step->id, .user_id = step->user_id };
    luci_result_t result = luci_own_password_lock(db, &raising->verified, scratch);

    if (result == LUCI_OK)
        result = luci_open_step_spend(db, &open, raising->step->request.now, scratch);
    return result == LUCI_NOT_FOUND ? LUCI_EXPIRED : result;
}

static luci_result_t replace_session(luci_db_t *db, void *baton, apr_pool_t *scratch)
{
    raising_t *raising = baton;
    luci_result_t result =
        raising->step->step ? lock_step(db, raising, scratch) : lock_session(db, raising, scratch);

    raising->renewed->user.lacks = luci_db_columns(db).lacks;
    return result == LUCI_OK ? luci_session_insert(db, raising->renewed, raising->auth->settings,
                                                   &raising->step->request.client, scratch)
                             : result;
}

/* A session that only gets a factor is as old as before. */
static luci_result_t make_session(raising_t *raising)
{
    const luci_session_t *session = raising->step->session;
    const luci_settings_t *settings = raising->auth->settings;
    luci_ms_t now = raising->step->request.now;
    luci_result_t result = luci_session_new(raising->renewed, &session->user, settings, now, raising->pool);

    raising->renewed->factors = 2;
    if (result == LUCI_OK && !raising->step->step) {
        raising->renewed->created_at = session->created_at;
        luci_session_extend(raising->renewed, settings, now);
    }
    return result;
}

/* The caches forget on errors, too, because the row may have been deleted. */
static luci_result_t raise_session(raising_t *raising, const luci_second_step_user_t *user)
{
    const luci_auth_t *auth = raising->auth;
    luci_db_t *db;
    luci_result_t result = make_session(raising);

    if (result == LUCI_OK)
        result = auth->source.borrow(auth->source.baton, &db);
    if (result != LUCI_OK)
        return result;
    raising->verified =
        (luci_own_password_t){ .auth = auth,
                               .request = &raising->step->request,
                               .session = raising->step->session,
                               .key = { .id = user->key.id, .stored_hash = user->key.stored_hash } };
    result = luci_db_transaction(db, replace_session, raising, raising->pool);
    auth->source.give_back(auth->source.baton, db);
    if (result == LUCI_OK && raising->step->step)
        luci_attempt_limit_say(auth, &raising->verified.key);
    luci_auth_forget(auth, &raising->step->session->token, raising->pool);
    return result;
}

/* ---- The use case ---- */

static luci_result_t store(const luci_auth_t *auth, luci_second_step_t *step,
                           const luci_second_step_user_t *user, luci_session_t *renewed, apr_pool_t *pool)
{
    luci_verdict_t verdict = { .user = user->key.user, .stored_hash = user->key.stored_hash };
    raising_t raising = { .auth = auth, .step = step, .renewed = renewed, .pool = pool };
    luci_result_t result;

    step->request.key_id = user->key.id;
    step->request.has_second_factor = 1;
    step->request.step = step->step ? step->step->id : NULL;
    result = step->session ? raise_session(&raising, user)
                           : luci_auth_admit(auth, &step->request, &verdict, renewed, pool);
    if (result == LUCI_OK && step->session && step->step && step->request.attempt)
        step->request.attempt->device_account =
            luci_auth_device_account(user->key.id, user->key.stored_hash, pool);
    return result == LUCI_CONFLICT ? LUCI_EXPIRED : result;
}

static luci_result_t prove_passkey(const luci_auth_t *auth, luci_second_step_t *step,
                                   const luci_second_step_user_t *user, luci_event_t *event, apr_pool_t *pool)
{
    luci_result_t result;

    step->passkey->user_id = user->key.user.id;
    step->passkey->now = step->request.now;
    result = luci_passkey_prove(auth, step->passkey, pool);
    event->factor = luci_factor_name(LUCI_FACTOR_PASSKEY);
    event->reason = step->passkey->reason;
    return result;
}

static luci_result_t prove_code(const luci_auth_t *auth, luci_second_step_t *step,
                                const luci_second_step_user_t *user, luci_event_t *event, apr_pool_t *pool)
{
    luci_factor_proof_t proof = { .user_id = user->key.user.id,
                                  .code = step->code,
                                  .now = step->request.now };
    luci_result_t result = luci_factor_prove(auth, &proof, pool);

    event->factor = luci_factor_name(proof.kind);
    event->reason = proof.reason;
    return result;
}

static luci_result_t prove(const luci_auth_t *auth, luci_second_step_t *step,
                           const luci_second_step_user_t *user, luci_event_t *event, apr_pool_t *pool)
{
    if (!user->kinds) {
        event->reason = LUCI_REASON_WRONG_CODE;
        return LUCI_NOT_FOUND;
    }
    return step->passkey ? prove_passkey(auth, step, user, event, pool)
                         : prove_code(auth, step, user, event, pool);
}

/* The account's name for the throttle's list. */
static const char *account_of(const luci_second_step_user_t *user, apr_pool_t *pool)
{
    const char *key_id = user->key.id;

    if (!key_id && luci_key_id(user->key.user.username, &key_id, pool) != LUCI_OK)
        return "";
    return key_id;
}

static luci_attempt_outcome_t outcome_of(luci_result_t result)
{
    return result == LUCI_OK       ? LUCI_ATTEMPT_SUCCESS
           : result == LUCI_DENIED ? LUCI_ATTEMPT_FAILURE
                                   : LUCI_ATTEMPT_CANCEL;
}

/* Proves the code, unless too many were wrong. */
static luci_result_t prove_counted(const luci_auth_t *auth, luci_second_step_t *step,
                                   const luci_second_step_user_t *user, luci_event_t *event, apr_pool_t *pool)
{
    luci_attempt_t *attempt = step->request.attempt ? luci_auth_begin_attempt(&step->request) : NULL;
    luci_result_t result = attempt ? luci_throttle_factor(auth->throttle, attempt, user->key.user.id,
                                                          account_of(user, pool), pool)
                                   : LUCI_OK;

    event->reason = luci_reason_of(result);
    if (result == LUCI_OK) {
        result = prove(auth, step, user, event, pool);
        if (attempt)
            luci_throttle_end(auth->throttle, attempt, outcome_of(result), pool);
    }
    return result;
}

static luci_result_t run(const luci_auth_t *auth, luci_second_step_t *step, luci_session_t *renewed,
                         luci_event_t *event, apr_pool_t *pool)
{
    luci_second_step_user_t user;
    luci_result_t result = luci_second_step_look(auth, step, &user, pool);

    event->reason = result == LUCI_EXPIRED ? LUCI_REASON_NO_SESSION : luci_reason_of(result);
    if (result != LUCI_OK)
        return result;
    event->user_id = user.key.user.id;
    event->account = user.key.user.username;
    result = prove_counted(auth, step, &user, event, pool);
    if (result != LUCI_OK)
        return result;
    result = store(auth, step, &user, renewed, pool);
    event->reason = result == LUCI_EXPIRED ? LUCI_REASON_NO_SESSION : luci_reason_of(result);
    return result;
}

luci_result_t luci_second_step(const luci_auth_t *auth, luci_second_step_t *step, luci_session_t *renewed,
                               apr_pool_t *pool)
{
    luci_event_t event = { .kind = LUCI_EVENT_FACTOR, .at = step->request.now };
    luci_result_t result = run(auth, step, renewed, &event, pool);
    const luci_session_t *session = result == LUCI_OK ? renewed : step->session;

    if (session)
        memcpy(event.session, session->tag, sizeof event.session);
    luci_event_report(&auth->events, &event);
    return result;
}
