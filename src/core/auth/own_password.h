/* SPDX-License-Identifier: Apache-2.0 */
/* The password of a session's own user: what the use cases share that ask the holder of a session for it. It
 * is that of the key of the session's username, the one that signs in here; keys of other providers do not
 * count, and neither does a name that the client sends. */
#ifndef LUCI_OWN_PASSWORD_H
#define LUCI_OWN_PASSWORD_H

#include "core/auth/auth.h"

/* Sets request->key_id from request->username, the name of the session's user. NOT_FOUND: the key does not
 * exist, belongs to another user, whose password must not be tried here, or has no password. */
luci_result_t luci_own_password_find(const luci_auth_t *auth, luci_auth_request_t *request,
                                     const luci_session_t *session, apr_pool_t *pool) LUCI_MUST_USE;

/* The reason why a password was refused (DENIED) or not found (NOT_FOUND), if the account has changed since
 * the session was validated. EXPIRED: the session has ended, by the first request of a double click, or
 * because the password was changed or the account deleted. BUSY: the user has another name, with which the
 * request succeeds when it is repeated. Otherwise, and for other results, result. */
luci_result_t luci_own_password_refused(const luci_auth_t *auth, const luci_session_t *session,
                                        luci_result_t result, apr_pool_t *scratch) LUCI_MUST_USE;

/* What was verified. */
typedef struct {
    const luci_auth_t *auth;
    const luci_auth_request_t *request;
    const luci_session_t *session;
    luci_key_t key; /* its id, and the hash that the password was verified with; output: the rest, before its
                       failures were set back (attempt_limit.h) */
    luci_user_t user; /* output: as the lock has read it */
} luci_own_password_t;

/* Begins a transaction that replaces the session: under the user's lock it deletes the session's row and
 * confirms the key (luci_attempt_limit_confirm). CONFLICT: user or key are not what was verified. EXPIRED:
 * the session or its user does not exist any more. */
luci_result_t luci_own_password_lock(luci_db_t *db, luci_own_password_t *verified,
                                     apr_pool_t *scratch) LUCI_MUST_USE;

#endif
