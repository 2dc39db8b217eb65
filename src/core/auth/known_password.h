/* SPDX-License-Identifier: Apache-2.0 */
/* The right passwords of HTTP Basic that one process has seen lately, with their users: a further request
 * from the same address with the same name and password costs no query, no lock and no SHA-256.
 *
 * An entry saves three looks, and ends when one of them could find something else. The user's rows: each
 * change that this machine makes to a user, a key or a second factor moves the user's change counter
 * (luci_user_counter_key), and an entry ends when its user expires. The throttle: the beginning of a refusal
 * moves the counter of its count (luci_throttle_watch). The password memory: an entry lasts no longer than
 * its record. Changes by other programs and on other machines are noticed when the time of the entry is over,
 * which is that of the sessions that the process keeps (local_cache.h). Browsers with a device cookie, which
 * the throttle counts apart, are looked up each time. */
#ifndef LUCI_KNOWN_PASSWORD_H
#define LUCI_KNOWN_PASSWORD_H

#include "core/auth/auth.h"

/* What stands for address, name and password of a request, as the client sent them, in this process.
 * auth->known must be set. */
luci_local_key_t luci_known_password_key(const luci_auth_t *auth, const luci_auth_request_t *request,
                                         apr_pool_t *scratch);

/* Finds the user of a right password under request->known, from pool. NOT_FOUND: it must be looked up. */
luci_result_t luci_known_password_find(const luci_auth_t *auth, const luci_auth_request_t *request,
                                       luci_user_t *user, apr_pool_t *pool) LUCI_MUST_USE;

/* A password that was found to be right. */
typedef struct {
    const luci_user_t *user;
    luci_ms_t until;      /* the password memory remembers it until then */
    apr_uint32_t changes; /* luci_known_password_changes before the throttle and the row were looked at */
} luci_right_password_t;

apr_uint32_t luci_known_password_changes(const luci_auth_t *auth);

/* Keeps it under request->known, unless something has changed meanwhile. request->key_id must be set. */
void luci_known_password_keep(const luci_auth_t *auth, const luci_auth_request_t *request,
                              const luci_right_password_t *right, apr_pool_t *scratch);

/* Makes all processes of the machine look a user up again, after a change of the user, of a key or of its
 * failures was committed, or may have been. */
void luci_known_password_forget(const luci_auth_t *auth, const char *user_id);

#endif
