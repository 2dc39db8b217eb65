/* SPDX-License-Identifier: Apache-2.0 */
/* The use cases of people who make app passwords for their programs, look at them and delete them. Sessions
 * stay. */
#ifndef LUCI_OWN_APP_PASSWORDS_H
#define LUCI_OWN_APP_PASSWORDS_H

#include "core/app_password/app_password.h"
#include "core/auth/auth.h"

/* Lists those of a user: an array of luci_app_password_t from pool, the oldest first. NOT_FOUND: the database
 * has no table for them. */
luci_result_t luci_own_app_passwords_list(const luci_auth_t *auth, const char *user_id,
                                          apr_array_header_t **list, apr_pool_t *pool) LUCI_MUST_USE;

/* A change. Each is one transaction under the user's lock, and reports one event, and one more for an app
 * password that was replaced. */
typedef struct {
    const luci_session_t *session;      /* the validated session of the request */
    luci_ms_t now;                      /* also in wanted */
    luci_app_password_wanted_t *wanted; /* one to make; NULL: tag names one to delete */
    const char *tag;
} luci_own_app_password_t;

/* OK: it was made, and wanted->text is set, which the caller wipes; or deleted. INVALID: wanted->name is
 * NULL. CONFLICT: the user has the maximum number. NOT_FOUND: the user has none with that tag, or there is no
 * table; nothing is reported. DENIED: the user has, or must have, a second factor that the session lacks.
 * EXPIRED: the session has ended meanwhile. BUSY, UNAVAILABLE, INTERNAL. */
luci_result_t luci_own_app_password_change(const luci_auth_t *auth, const luci_own_app_password_t *change,
                                           apr_pool_t *pool) LUCI_MUST_USE;

#endif
