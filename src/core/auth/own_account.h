/* SPDX-License-Identifier: Apache-2.0 */
/* What the use cases share in which people change their own account: a transaction that begins with the
 * user's lock and sees that the session of the request has not ended and has enough factors, and caches that
 * forget all sessions of the user afterwards, so that no request sees the account as it was. */
#ifndef LUCI_OWN_ACCOUNT_H
#define LUCI_OWN_ACCOUNT_H

#include "core/auth/auth.h"

/* A change. user is as the lock has read it, from pool. */
typedef struct {
    const luci_session_t *session; /* the validated session of the request */
    luci_ms_t now;
    luci_result_t (*write)(luci_db_t *db, void *baton, const luci_user_t *user, apr_pool_t *pool);
    /* Called after a failed transaction, with the same handle; returns the result that counts instead. NULL:
     * the result counts as it is. */
    luci_result_t (*explain)(luci_db_t *db, void *baton, luci_result_t result, apr_pool_t *pool);
    void *baton;
    luci_event_kind_t event;  /* which the change is, so that a notice tells of it (core/mail_notice) */
    const char *factor;       /* of the event; NULL: none */
    const char *new_username; /* of a change of the name; NULL: none */
} luci_own_account_t;

/* Runs a change. EXPIRED: the session has ended, or its user was disabled or deleted; write was not called.
 * DENIED: the user has a second factor that the session lacks (factor_need.h); write was not called, either.
 * Other results are those of write, or BUSY, UNAVAILABLE, INTERNAL. The sessions of the user, as many as
 * there were under the lock, are removed from the caches before it returns; those that write leaves stay
 * valid and are read from the database until they may be cached again. */
luci_result_t luci_own_account_change(const luci_auth_t *auth, const luci_own_account_t *change,
                                      apr_pool_t *pool) LUCI_MUST_USE;

/* The reason of a change's event. of_invalid and of_conflict are those of INVALID and CONFLICT, whose meaning
 * depends on the change. */
luci_reason_t luci_own_account_reason(luci_result_t result, luci_reason_t of_invalid,
                                      luci_reason_t of_conflict);

#endif
