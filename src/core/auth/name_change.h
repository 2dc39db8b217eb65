/* SPDX-License-Identifier: Apache-2.0 */
/* The use case of people who change their own username. The key of the old name stays, without a password, so
 * that no other user gets the name; renaming back finds it. */
#ifndef LUCI_NAME_CHANGE_H
#define LUCI_NAME_CHANGE_H

#include "core/auth/auth.h"

/* A change. request has the new name, the client, the time and, optionally, an attempt; its password and
 * old_session are not used. */
typedef struct {
    luci_auth_request_t request;
    const luci_session_t *session; /* the validated session of the request */
} luci_name_change_t;

/* Renames the user of the session, in one transaction under the user's lock (luci_account_rename), and
 * reports one event. Sessions stay, and the caches have forgotten the old name before it returns. A sign-in
 * that verified the password of the old name stores no session afterwards (luci_auth_sign_in). The attempt
 * counts as a sign-up, which limits how many names a client can probe and take.
 *
 * OK: luci_auth_device then gives the device cookie of the
 * new name. INVALID: the name is not allowed. CONFLICT: it is taken. EXPIRED: the session has ended
 * meanwhile. DENIED: the user has a second factor that the session lacks. THROTTLED, BUSY, UNAVAILABLE,
 * INTERNAL as luci_auth_sign_up; after UNAVAILABLE the user may have been renamed. */
luci_result_t luci_name_change(const luci_auth_t *auth, luci_name_change_t *change,
                               apr_pool_t *pool) LUCI_MUST_USE;

#endif
