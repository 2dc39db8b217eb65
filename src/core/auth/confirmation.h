/* SPDX-License-Identifier: Apache-2.0 */
/* The use case of people who confirm, with their password, that a session is theirs, so that it counts as
 * fresh (luci_session_proved_at) for what a stolen session alone must not do.
 *
 * A confirmation is a full re-authentication, so that it makes a new session as sign-in does: with a new id
 * (ASVS 7.2.4: a stolen id does not become fresh), and with a new created_at, because
 * the maximum lifetime is the time after which people must authenticate again (ASVS 7.3.2). */
#ifndef LUCI_CONFIRMATION_H
#define LUCI_CONFIRMATION_H

#include "core/auth/auth.h"

/* When the holder of a session last proved to be its user, read from the database. Results as
 * luci_session_proved_at. */
luci_result_t luci_confirmation_proved_at(const luci_auth_t *auth, const luci_session_t *session,
                                          luci_ms_t *proved_at, apr_pool_t *scratch) LUCI_MUST_USE;

/* 1: a session of which nothing is proved has ended since it was validated, as by the first form of a double
 * click. What cannot be looked up has not. */
int luci_confirmation_has_ended(const luci_auth_t *auth, const luci_session_t *session, apr_pool_t *scratch);

/* A confirmation. request has the name of the session's user and the password; request.old_session is not
 * used. Strings are borrowed as in luci_auth_request_t. */
typedef struct {
    luci_auth_request_t request;
    const luci_session_t *session; /* the validated session of the request */
} luci_confirmation_t;

/* Tells whether a confirmation would get as far as computing a hash, as luci_auth_look does. */
luci_result_t luci_confirmation_look(const luci_auth_t *auth, luci_confirmation_t *confirmation,
                                     apr_pool_t *pool) LUCI_MUST_USE;

/* Verifies the password, as a sign-in of the account and throttled as one, and then, in one transaction: sees
 * under the user's lock that neither session, user nor key have changed meanwhile, deletes the session and
 * stores a new one. Reports one event. The old session is removed from the caches before it returns.
 *
 * OK: *renewed is the new session, from pool. DENIED: the password is wrong, or the user is disabled; or, if
 * request->demand has kinds, the password is right and a second factor is needed (second_step.h).
 * NOT_FOUND: no password belongs to the username of the session. EXPIRED: the session has ended meanwhile.
 * THROTTLED, BUSY, UNAVAILABLE and INTERNAL as luci_auth_sign_in. */
luci_result_t luci_confirm(const luci_auth_t *auth, luci_confirmation_t *confirmation,
                           luci_session_t *renewed, apr_pool_t *pool) LUCI_MUST_USE;

#endif
