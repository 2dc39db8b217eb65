/* SPDX-License-Identifier: Apache-2.0 */
/* The form that sets up an app (own_factors.h), which a browser sends twice after a double click. The first
 * one has replaced the session and made recovery codes, and the browser has dropped the answer with both. The
 * second one comes with the id of the session of before, which has ended, and the table has hashes of the
 * codes alone.
 *
 * So the page has a ticket: a signed text that says whose session it was made for, and opens nothing without
 * the id of that session. The second form gets what it presents all that the first one did for: the id with
 * its ticket, the secret, and the code. It gets other codes and another session instead of those that were
 * made, and is as fresh as they. If the new session has ended since, if a recovery code or a code of the app
 * was used, or after LUCI_TWICE_WITHIN, it gets nothing. */
#ifndef LUCI_TOTP_AGAIN_H
#define LUCI_TOTP_AGAIN_H

#include "core/auth/auth.h"
#include "core/recovery/recovery.h"

/* Makes the ticket of a page that is sent to a session; it is from pool. INTERNAL, also without LuciaSecret.
 */
luci_result_t luci_totp_again_ticket(const luci_auth_t *auth, const luci_session_t *session, luci_ms_t now,
                                     const char **ticket, apr_pool_t *pool) LUCI_MUST_USE;

/* The second form. Strings are borrowed, and NULL if absent. */
typedef struct {
    const luci_session_token_t *token; /* that the request presents: of the session of before, or of the one
                                          that the first form has made; NULL: none */
    const char *user_id;               /* of that session, if it was validated; NULL: the ticket says it */
    const char *ticket;
    luci_client_t client;
    luci_ms_t now;
    const char *secret;          /* base32 of LUCI_TOTP_SEED_BYTES */
    const char *code;            /* of the app, as it was typed */
    luci_recovery_codes_t codes; /* output: secrets, which the caller wipes */
} luci_totp_again_t;

/* Replaces codes and session, in one transaction under the user's lock. OK: *renewed is the new session, from
 * pool; reports that there are new recovery codes. DENIED: the form is not the second one of an enrolment; it
 * has changed and reported nothing. BUSY, UNAVAILABLE, INTERNAL. */
luci_result_t luci_totp_again(const luci_auth_t *auth, luci_totp_again_t *again, luci_session_t *renewed,
                              apr_pool_t *pool) LUCI_MUST_USE;

#endif
