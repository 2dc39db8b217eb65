/* SPDX-License-Identifier: Apache-2.0 */
/* The use cases of a session that is there: validating and ending it; and what they share with
 * those of coming in (auth.h). */
#ifndef LUCI_AUTH_SESSION_H
#define LUCI_AUTH_SESSION_H

#include "core/auth/credential.h"

/* Ends a session that was validated. NOT_FOUND when there was none any more. */
luci_result_t luci_auth_sign_out(const luci_auth_t *auth, const luci_session_t *session, luci_ms_t now,
                                 apr_pool_t *pool) LUCI_MUST_USE;

/* Who a claim's id stands for, as the cache or else the database says. OK: an active session, or an idle one
 * that was renewed (then fresh), or an idle one that could not be renewed now. EXPIRED: dead, and its row
 * removed as far as possible. NOT_FOUND, DENIED (disabled), BUSY, UNAVAILABLE, INTERNAL. A row that
 * Lucia left gets its hash on the way. *written: how hashing, renewing or removing went, OK when it was not
 * needed or not allowed. */
luci_result_t luci_auth_validate(const luci_auth_t *auth, const luci_session_claim_t *claim,
                                 luci_session_t *session, luci_result_t *written,
                                 apr_pool_t *pool) LUCI_MUST_USE;

/* Takes the session of an id out of every cache that may hold it; after its row, see session_cache.h. */
void luci_auth_forget(const luci_auth_t *auth, const char *id, apr_pool_t *scratch);

/* Reports an event about a user, who may be all NULLs, and the session of an id, which may be NULL. */
void luci_auth_report(const luci_auth_t *auth, luci_event_t *event, const luci_user_t *user,
                      const char *session_id);

#endif
