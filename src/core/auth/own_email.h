/* SPDX-License-Identifier: Apache-2.0 */
/* The use cases of people who look at the address of their account and ask for a link that verifies one. An
 * address that is verified stays until another one is, one that is not is replaced at once. */
#ifndef LUCI_OWN_EMAIL_H
#define LUCI_OWN_EMAIL_H

#include "core/auth/auth.h"

/* The address of an account. Strings are NULL if there is none. */
typedef struct {
    const char *email;
    int is_verified;
    const char *awaited; /* an address to which a link was sent, or is about to be, and is still valid */
} luci_own_email_t;

/* Reads that of a session's user, from pool. NOT_FOUND: LuciaEmail is off. */
luci_result_t luci_own_email_read(const luci_auth_t *auth, const luci_session_t *session, luci_ms_t now,
                                  luci_own_email_t *own, apr_pool_t *pool) LUCI_MUST_USE;

/* An order. request has the client, the time and, optionally, an attempt. */
typedef struct {
    luci_auth_request_t request;
    const luci_session_t *session; /* the validated session of the request */
    const char *address;           /* as typed, without white space at its ends; NULL: the one that is not
                                      verified yet, again */
    const char *language;          /* of the mail, a tag; NULL: the first of LuciaLanguages */
    luci_own_email_t own;          /* output of OK */
} luci_email_change_t;

/* Orders the link, in one transaction under the user's lock, and reports one event. Whether another account
 * has the address is not looked up: the answer is the same, and the mail tells it to the owner. The attempt
 * counts as a request for a mail.
 *
 * OK: also if the user has verified this address, and there is nothing to send. INVALID: it is no address, or
 * there is none to verify, or (request.is_address) the user's name is another one, of which none was
 * verified. EXPIRED: the session has ended meanwhile. DENIED: the user has a second factor that the session
 * lacks. CONFLICT: the column takes each address once, and another user has it. NOT_FOUND: LuciaEmail is off.
 * THROTTLED, BUSY, UNAVAILABLE (also without the tables), INTERNAL. */
luci_result_t luci_email_change(const luci_auth_t *auth, luci_email_change_t *change,
                                apr_pool_t *pool) LUCI_MUST_USE;

#endif
