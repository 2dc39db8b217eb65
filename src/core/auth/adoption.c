/* SPDX-License-Identifier: Apache-2.0 */
#include "core/auth/adoption.h"

#include "core/auth/auth_int.h"
#include "core/password/policy.h"

#include <apr_strings.h>
#include <string.h>

/* How often an account is looked up at most, if it changes again and again. */
#define LOOKS_MAX 3

luci_result_t luci_adoption_key_id(const char *provider, const char *id, const char **key_id,
                                   apr_pool_t *pool)
{
    if (!*id || strlen(id) > LUCI_ADOPTION_ID_BYTES_MAX || !luci_policy_fits_header(id))
        return LUCI_INVALID;
    *key_id = apr_pstrcat(pool, provider, ":", id, NULL);
    return LUCI_OK;
}

luci_result_t luci_adoption_look(const luci_auth_t *auth, const luci_adoption_t *adoption, luci_user_t *user,
                                 apr_pool_t *pool)
{
    luci_key_t key;
    luci_result_t result = luci_credential_find(auth, adoption->key_id, &key, pool);

    if (result == LUCI_OK)
        *user = key.user;
    return result;
}

/* A sign-in on its way. */
typedef struct {
    const luci_auth_t *auth;
    luci_adoption_t *adoption;
    luci_session_t *session;
    luci_verdict_t verdict; /* of the account that was found */
    luci_event_kind_t kind; /* of the event */
    apr_pool_t *pool;
} adopting_t;

/* ---- An account that exists ---- */

static luci_result_t find(adopting_t *adopting)
{
    luci_key_t key;
    luci_result_t result =
        luci_credential_find(adopting->auth, adopting->adoption->key_id, &key, adopting->pool);

    if (result == LUCI_OK)
        adopting->verdict = (luci_verdict_t){ .user = key.user, .stored_hash = key.stored_hash };
    return result;
}

static luci_result_t refuse_disabled(adopting_t *adopting)
{
    int is_waiting = adopting->verdict.user.disabled_from == LUCI_USER_WAITING;

    adopting->adoption->request.is_waiting = is_waiting;
    adopting->adoption->is_disabled = !is_waiting;
    adopting->verdict.reason = LUCI_REASON_DISABLED;
    return LUCI_DENIED;
}

/* CONFLICT: the account has changed meanwhile. */
static luci_result_t admit(adopting_t *adopting)
{
    luci_auth_request_t *request = &adopting->adoption->request;
    luci_result_t result;

    adopting->kind = LUCI_EVENT_SIGN_IN;
    request->key_id = adopting->adoption->key_id;
    if (luci_user_is_disabled(&adopting->verdict.user, request->now))
        return refuse_disabled(adopting);
    result = luci_auth_admit(adopting->auth, request, &adopting->verdict, adopting->session, adopting->pool);
    if (result == LUCI_DENIED && !luci_auth_demand(&request->demand, request, &adopting->verdict))
        return LUCI_INTERNAL;
    return result;
}

/* ---- A new account ---- */

/* 1: a sign-up fails because the column takes the ids of two people for the same. No user has the key, nor
 * the name. */
static int is_merged(const adopting_t *adopting)
{
    const luci_auth_request_t *request = &adopting->adoption->request;
    luci_user_t user;
    luci_key_t key;
    luci_db_t *db;
    const char *name_id;
    luci_result_t result = luci_key_id(request->username, &name_id, adopting->pool);

    if (result == LUCI_OK)
        result = luci_credential_find(adopting->auth, name_id, &key, adopting->pool);
    if (result != LUCI_NOT_FOUND ||
        adopting->auth->source.borrow(adopting->auth->source.baton, &db) != LUCI_OK)
        return 0;
    result = luci_user_find(db, request->username, &user, adopting->pool);
    adopting->auth->source.give_back(adopting->auth->source.baton, db);
    return result == LUCI_NOT_FOUND;
}

/* CONFLICT: the name is taken, or the key: another request of the same person was faster. */
static luci_result_t sign_up(adopting_t *adopting, luci_field_t *field)
{
    luci_auth_request_t *request = &adopting->adoption->request;
    luci_result_t result;

    adopting->kind = LUCI_EVENT_SIGN_UP;
    if (!adopting->adoption->may_sign_up) {
        adopting->verdict.reason = LUCI_REASON_CLOSED;
        return LUCI_NOT_FOUND;
    }
    request->key_id = adopting->adoption->key_id;
    result = luci_auth_sign_up_adopted(adopting->auth, request, adopting->session, field, adopting->pool);
    adopting->verdict.reason = luci_auth_reason_of_sign_up(result, *field, request->weakness);
    if (result != LUCI_OK)
        return result;
    adopting->adoption->is_new = 1;
    adopting->verdict.user = adopting->session->user;
    request->is_waiting = request->needs_approval;
    return LUCI_OK;
}

/* ---- The use case ---- */

static luci_result_t run(adopting_t *adopting, luci_field_t *field)
{
    luci_result_t found, result = LUCI_BUSY;

    for (int looks = 0; looks < LOOKS_MAX; looks++) {
        found = find(adopting);
        if (found != LUCI_OK && found != LUCI_NOT_FOUND)
            return found;
        if (found == LUCI_NOT_FOUND && result == LUCI_CONFLICT && adopting->kind == LUCI_EVENT_SIGN_UP) {
            adopting->adoption->is_merged = *field == LUCI_FIELD_NONE && is_merged(adopting);
            return result;
        }
        result = found == LUCI_OK ? admit(adopting) : sign_up(adopting, field);
        if (result != LUCI_CONFLICT)
            return result;
    }
    return LUCI_BUSY;
}

static void report(const adopting_t *adopting, luci_result_t result)
{
    const luci_adoption_t *adoption = adopting->adoption;
    luci_event_t event = { .kind = adopting->kind,
                           .at = adoption->request.now,
                           .provider = adoption->provider,
                           .reason = adopting->verdict.reason };

    if (result != LUCI_OK && event.reason == LUCI_REASON_NONE)
        event.reason = luci_reason_of(result);
    luci_auth_report(adopting->auth, &event, &adopting->verdict.user,
                     result == LUCI_OK && !adoption->request.is_waiting ? adopting->session : NULL);
}

luci_result_t luci_adopt(const luci_auth_t *auth, luci_adoption_t *adoption, luci_session_t *session,
                         luci_field_t *field, apr_pool_t *pool)
{
    adopting_t adopting = {
        .auth = auth, .adoption = adoption, .session = session, .kind = LUCI_EVENT_SIGN_IN, .pool = pool
    };
    luci_result_t result;

    *field = LUCI_FIELD_NONE;
    result = run(&adopting, field);
    report(&adopting, result);
    return result;
}
