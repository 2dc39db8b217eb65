/* SPDX-License-Identifier: Apache-2.0 */
#include "core/auth/own_password.h"

#include "core/auth/attempt_limit.h"
#include "core/auth/auth_int.h"

#include <string.h>

luci_result_t luci_own_password_find(const luci_auth_t *auth, luci_auth_request_t *request,
                                     const luci_session_t *session, apr_pool_t *pool)
{
    luci_key_t key;
    luci_result_t result = LUCI_OK;

    if (!request->key_id)
        result = luci_key_id(request->username, &request->key_id, pool);
    if (result == LUCI_INVALID)
        return LUCI_NOT_FOUND;
    if (result == LUCI_OK)
        result = luci_credential_find(auth, request->key_id, &key, pool);
    if (result != LUCI_OK)
        return result;
    return key.stored_hash && strcmp(key.user.id, session->user.id) == 0 ? LUCI_OK : LUCI_NOT_FOUND;
}

luci_result_t luci_own_password_refused(const luci_auth_t *auth, const luci_session_t *session,
                                        luci_result_t result, apr_pool_t *scratch)
{
    luci_session_claim_t claim = { .token = &session->token };
    luci_session_t found;
    luci_db_t *db;
    luci_result_t looked;

    if ((result != LUCI_DENIED && result != LUCI_NOT_FOUND) ||
        auth->source.borrow(auth->source.baton, &db) != LUCI_OK)
        return result;
    looked = luci_session_get(db, &claim, auth->settings, &found, scratch);
    auth->source.give_back(auth->source.baton, db);
    if (looked == LUCI_NOT_FOUND)
        return LUCI_EXPIRED;
    return looked == LUCI_OK && strcmp(found.user.username, session->user.username) != 0 ? LUCI_BUSY : result;
}

luci_result_t luci_own_password_lock(luci_db_t *db, luci_own_password_t *verified, apr_pool_t *scratch)
{
    const luci_session_t *session = verified->session;
    luci_result_t result = luci_user_lock(db, session->user.id, &verified->user, scratch);

    if (result == LUCI_OK)
        result = luci_session_delete(db, &session->token, verified->auth->settings, scratch);
    if (result == LUCI_NOT_FOUND)
        return LUCI_EXPIRED;
    if (result == LUCI_OK && luci_user_is_disabled(&verified->user, verified->request->now))
        return LUCI_CONFLICT;
    verified->key.user.id = session->user.id;
    return result == LUCI_OK
               ? luci_attempt_limit_confirm(db, verified->auth, verified->request, &verified->key, scratch)
               : result;
}
