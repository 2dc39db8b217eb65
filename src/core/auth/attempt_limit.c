/* SPDX-License-Identifier: Apache-2.0 */
#include "core/auth/attempt_limit.h"

#include "core/account/failures.h"
#include "core/auth/device_account.h"
#include "core/auth/known_password.h"

int luci_attempt_limit_is_reached(const luci_auth_t *auth, const luci_auth_request_t *request,
                                  const luci_key_t *key, apr_pool_t *scratch)
{
    return luci_failures_are_too_many(key) &&
           !luci_auth_knows_device(auth, request,
                                   luci_auth_device_account(key->id, key->stored_hash, scratch));
}

/* ---- A failure ---- */

/* A write, with a handle that is borrowed for it. */
typedef struct {
    const luci_auth_t *auth;
    const char *key_id;
    int is_last; /* output */
    apr_pool_t *scratch;
} writing_t;

static luci_result_t count(void *baton)
{
    writing_t *writing = baton;
    const luci_db_source_t *source = &writing->auth->source;
    luci_db_t *db;
    luci_result_t result = source->borrow(source->baton, &db);

    if (result != LUCI_OK)
        return result;
    result = luci_failures_add(db, writing->key_id, &writing->is_last, writing->scratch);
    source->give_back(source->baton, db);
    return result;
}

static void report(const luci_auth_t *auth, const char *user_id, luci_result_t result)
{
    if (result != LUCI_OK)
        luci_event_notice(
            &auth->events,
            &(luci_notice_t){ .kind = LUCI_NOTICE_FAILURE_UNCOUNTED, .user_id = user_id, .result = result });
}

void luci_attempt_limit_failed(const luci_auth_t *auth, const luci_auth_request_t *request,
                               const luci_verdict_t *verdict, apr_pool_t *scratch)
{
    const luci_pacer_t *pacer = &auth->pacer;
    writing_t writing = { auth, request->key_id, 0, scratch };
    luci_result_t result;

    if (verdict->failures == LUCI_KEY_UNCOUNTED)
        return;
    if (verdict->reason != LUCI_REASON_WRONG_PASSWORD || request->was_wrong) {
        if (pacer->pretend)
            pacer->pretend(pacer->baton);
        return;
    }
    result = pacer->run ? pacer->run(pacer->baton, count, &writing) : count(&writing);
    report(auth, verdict->user.id, result);
    if (writing.is_last)
        luci_known_password_forget(auth, verdict->user.id);
    if (result == LUCI_OK && writing.is_last)
        luci_event_notice(&auth->events, &(luci_notice_t){ .kind = LUCI_NOTICE_LOCKED,
                                                           .user_id = verdict->user.id,
                                                           .count = LUCI_FAILURES_MAX });
}

/* ---- A right password ---- */

luci_result_t luci_attempt_limit_confirm(luci_db_t *db, const luci_auth_t *auth,
                                         const luci_auth_request_t *request, luci_key_t *key,
                                         apr_pool_t *scratch)
{
    luci_result_t result = luci_key_confirm(db, key, scratch);

    if (result != LUCI_OK || key->failures == 0 || key->failures == LUCI_KEY_UNCOUNTED)
        return result;
    return luci_attempt_limit_is_reached(auth, request, key, scratch)
               ? LUCI_CONFLICT
               : luci_failures_clear(db, key->id, scratch);
}

void luci_attempt_limit_say(const luci_auth_t *auth, const luci_key_t *key)
{
    if (luci_failures_are_too_many(key))
        luci_event_notice(&auth->events,
                          &(luci_notice_t){ .kind = LUCI_NOTICE_UNLOCKED, .user_id = key->user.id });
}

/* The key of a check that stores nothing, and its failures under its lock. */
typedef struct {
    const luci_auth_t *auth;
    const luci_auth_request_t *request;
    luci_key_t key;
} passing_t;

static luci_result_t write_passed(luci_db_t *db, void *baton, apr_pool_t *scratch)
{
    passing_t *passing = baton;

    return luci_attempt_limit_confirm(db, passing->auth, passing->request, &passing->key, scratch);
}

luci_result_t luci_attempt_limit_passed(const luci_auth_t *auth, const luci_auth_request_t *request,
                                        const luci_verdict_t *verdict, apr_pool_t *scratch)
{
    passing_t passing = {
        auth, request, { .id = request->key_id, .stored_hash = verdict->stored_hash, .user = verdict->user }
    };
    luci_result_t result;

    if (verdict->failures == 0 || verdict->failures == LUCI_KEY_UNCOUNTED)
        return LUCI_OK;
    result = luci_db_source_transaction(&auth->source, write_passed, &passing, scratch);
    if (result == LUCI_CONFLICT)
        return result;
    report(auth, verdict->user.id, result);
    if (result == LUCI_OK)
        luci_attempt_limit_say(auth, &passing.key);
    return LUCI_OK;
}
