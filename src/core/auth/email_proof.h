/* SPDX-License-Identifier: Apache-2.0 */
/* The use case of people who open a link that verifies an address, or brings one back (email_token.h). */
#ifndef LUCI_EMAIL_PROOF_H
#define LUCI_EMAIL_PROOF_H

#include "core/auth/auth.h"

/* The link. request has the client, the time and, optionally, an attempt. Strings of the output are from the
 * pool of the call. */
typedef struct {
    luci_auth_request_t request;
    const char *token;    /* as the client presents it; NULL if absent */
    const char *language; /* of a mail about it, a tag; NULL: the first of LuciaLanguages */
    int may_be_second;    /* 1: it may be the second form of a double click */
    int is_undo;          /* output: it brings an address back */
    const char *email;    /* output: the address */
    const char *username; /* output: of the account */
} luci_email_proof_t;

/* Finds the account of a valid link, and spends nothing. NOT_FOUND: the link is not valid. */
luci_result_t luci_email_proof_find(const luci_auth_t *auth, luci_email_proof_t *proof,
                                    apr_pool_t *pool) LUCI_MUST_USE;

/* Spends the link, in one transaction that looks again, under the user's lock, whether it is valid: the
 * address is the verified one of the account. If it replaces another one that was verified, a link that
 * brings that one back is ordered, and links to a new password are void. A link that brings an address back
 * also ends all sessions of the user, and voids what was ordered since. No session begins. Links that are not
 * valid are throttled by the client's address. Reports one event.
 *
 * A second form with a link that was spent within LUCI_TWICE_WITHIN changes and reports nothing: OK if the
 * address that the link has made the verified one still is.
 *
 * NOT_FOUND: the link is not valid, or another account has verified the address. THROTTLED, BUSY,
 * UNAVAILABLE, INTERNAL; after UNAVAILABLE the link may have been spent. */
luci_result_t luci_email_proof_spend(const luci_auth_t *auth, luci_email_proof_t *proof,
                                     apr_pool_t *pool) LUCI_MUST_USE;

#endif
