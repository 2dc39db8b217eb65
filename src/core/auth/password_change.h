/* SPDX-License-Identifier: Apache-2.0 */
/* The use case of people who change their own password. It applies to the key of the session's username, the
 * one that signs in here; keys of other providers keep what they have. */
#ifndef LUCI_PASSWORD_CHANGE_H
#define LUCI_PASSWORD_CHANGE_H

#include "core/auth/auth.h"

/* A change. request has the name of the session's user and the current password; request.old_session is not
 * used. Strings are borrowed as in luci_auth_request_t. */
typedef struct {
    luci_auth_request_t request;
    const luci_session_t *session; /* the validated session of the request */
    const char *password;          /* the new one; NULL if absent */
    int keep_sessions;             /* 1: the user's other sessions stay */
} luci_password_change_t;

/* Tells whether a change would get as far as computing a hash, as luci_auth_look does. */
luci_result_t luci_password_change_look(const luci_auth_t *auth, luci_password_change_t *change,
                                        apr_pool_t *pool) LUCI_MUST_USE;

/* Verifies the current password, as a sign-in of the account and throttled as one, and then, in one
 * transaction: sees under the user's lock that neither session, user nor key have changed meanwhile, stores
 * the hash of the new password, ends the session and, unless they are kept, all others of the user, and
 * stores a new session; that of a user who has a second factor is as old and as fresh as the one before.
 * Reports one event. The sessions that ended are removed from the caches before it
 * returns; a sign-in that verified the old password stores no session afterwards (luci_auth_sign_in).
 *
 * OK: *renewed is the new session, from pool; luci_auth_device then gives the device cookie of the new
 * password. INVALID: the new password is not allowed. DENIED: the current one is wrong, or the user is
 * disabled, or, if request.demand has kinds, the user has a second factor that the session lacks. NOT_FOUND:
 * no password belongs to the username of the session. EXPIRED: the session has ended meanwhile, also if the
 * password was wrong because it has been changed, as by the first request of a double click; that counts as a
 * wrong one nevertheless. THROTTLED, BUSY, UNAVAILABLE and INTERNAL as luci_auth_sign_in; after UNAVAILABLE
 * the password may have been changed. */
luci_result_t luci_password_change(const luci_auth_t *auth, luci_password_change_t *change,
                                   luci_session_t *renewed, apr_pool_t *pool) LUCI_MUST_USE;

#endif
