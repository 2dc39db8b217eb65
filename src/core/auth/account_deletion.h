/* SPDX-License-Identifier: Apache-2.0 */
/* The use case of people who delete their own account. */
#ifndef LUCI_ACCOUNT_DELETION_H
#define LUCI_ACCOUNT_DELETION_H

#include "core/auth/auth.h"

typedef struct {
    const luci_session_t *session; /* the validated session of the request */
    const char *username;          /* typed by the user; NULL if absent */
    luci_ms_t now;
} luci_account_deletion_t;

/* Deletes the user of the session with all keys and sessions (luci_account_delete), in one transaction under
 * the user's lock, and reports one event. The sessions are removed from the caches before it returns.
 *
 * INVALID: the typed name is not the user's; white space around it and its case do not matter, as at sign-in.
 * CONFLICT: a row of another table refers to the account, such as one of an application, which a notice
 * tells; nothing was deleted. EXPIRED: the session has ended meanwhile. DENIED: the user has a second
 * factor that the session lacks. BUSY, UNAVAILABLE, INTERNAL; after
 * UNAVAILABLE the account may have been deleted. */
luci_result_t luci_account_deletion(const luci_auth_t *auth, const luci_account_deletion_t *deletion,
                                    apr_pool_t *pool) LUCI_MUST_USE;

#endif
