/* SPDX-License-Identifier: Apache-2.0 */
/* The use case of people who change what their own row says of them: the attributes of LuciaUserEditable. */
#ifndef LUCI_ATTRIBUTE_CHANGE_H
#define LUCI_ATTRIBUTE_CHANGE_H

#include "core/auth/auth.h"

/* A change. request has the client, the time and, optionally, an attempt. */
typedef struct {
    luci_auth_request_t request;
    const luci_session_t *session; /* the validated session of the request */
    /* In the order of settings->editable, checked by the caller; NULL: stays as it is; "": becomes NULL. */
    const char *const *values;
    luci_user_t user; /* output: the user of the session with all attributes as they are now */
    int refused;      /* output of CONFLICT and INVALID: the number of the value that was refused */
} luci_attribute_change_t;

/* Writes the values that differ, in one transaction under the user's lock, and reports one event, unless all
 * are as they were. Sessions stay, and the caches have forgotten the old values before it returns.
 *
 * OK. CONFLICT: the column takes each value once, and another user has this one; the attempt counts as a
 * sign-up, which limits how many values a client can probe. THROTTLED: it had too many of those. INVALID: the
 * column does not take a value, as far as the engine says so. EXPIRED: the session has ended meanwhile.
 * DENIED: the user has a second factor that the session lacks.
 * UNAVAILABLE: also if the table lacks a column. BUSY, INTERNAL. Nothing is written then, except perhaps
 * after UNAVAILABLE. */
luci_result_t luci_attribute_change(const luci_auth_t *auth, luci_attribute_change_t *change,
                                    apr_pool_t *pool) LUCI_MUST_USE;

#endif
