/* SPDX-License-Identifier: Apache-2.0 */
/* The use case of people who set a password with a one-time link (token.h), without knowing the old one. */
#ifndef LUCI_PASSWORD_RESET_H
#define LUCI_PASSWORD_RESET_H

#include "core/auth/auth.h"

/* A reset. request has the new password; its username is set to that of the account as soon as it is known.
 * Strings are borrowed as in luci_auth_request_t. */
typedef struct {
    luci_auth_request_t request;
    const char *token; /* as the client presents it; NULL if absent */
    int may_be_second; /* 1: it may be the second form of a double click */
} luci_password_reset_t;

/* Finds the account of a valid link, and spends nothing. OK: *username is from pool. NOT_FOUND: the link is
 * not valid. */
luci_result_t luci_password_reset_find(const luci_auth_t *auth, const luci_password_reset_t *reset,
                                       const char **username, apr_pool_t *pool) LUCI_MUST_USE;

/* Tells whether a reset would get as far as computing a hash, as luci_auth_look does. */
luci_result_t luci_password_reset_look(const luci_auth_t *auth, luci_password_reset_t *reset,
                                       apr_pool_t *pool) LUCI_MUST_USE;

/* Spends the link: stores the hash of the new password and ends all sessions of the user, in one transaction
 * that looks again, under the user's lock, whether the link is valid. The sessions are removed from the
 * caches, and what the throttle counts for the account is forgotten. No session begins. Links that are not
 * valid are throttled by the client's address. Reports one event.
 *
 * A second form with a link that was spent within LUCI_TWICE_WITHIN changes nothing: OK, without an event, if
 * its password is that of the account. It is checked and counted as at a sign-in, so that a spent link does
 * not help to guess; any refusal is NOT_FOUND.
 *
 * OK: request.username is that of the account. INVALID: the new password is not allowed
 * (request.weakness); the link stays valid. NOT_FOUND: the link is not valid. THROTTLED, BUSY, UNAVAILABLE
 * and INTERNAL as luci_auth_sign_in; after UNAVAILABLE the link may have been spent. */
luci_result_t luci_password_reset(const luci_auth_t *auth, luci_password_reset_t *reset,
                                  apr_pool_t *pool) LUCI_MUST_USE;

#endif
