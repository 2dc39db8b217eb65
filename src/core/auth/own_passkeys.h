/* SPDX-License-Identifier: Apache-2.0 */
/* The use cases of people who add, rename and remove their own passkeys, which the holder of a session may do
 * who has proved lately to be its user. A user who has a second factor, here or at another site with the same
 * users, must have signed in with it (factor_need.h). */
#ifndef LUCI_OWN_PASSKEYS_H
#define LUCI_OWN_PASSKEYS_H

#include "core/auth/auth.h"
#include "core/passkey/challenge.h"
#include "core/passkey/passkey.h"

/* A registration. Strings and bytes are borrowed. */
typedef struct {
    const luci_session_t *session; /* the validated session of the request */
    luci_ms_t now;
    luci_client_t client;
    luci_relying_party_t party;
    const char *token; /* of the challenge, which is made for the user; NULL: none */
    luci_passkey_answer_t answer;
    const char *name;           /* as it was typed */
    luci_passkey_fault_t fault; /* output, with DENIED: what is wrong with the answer; NONE: see below */
    int is_full;                /* output, with CONFLICT: the user has the maximum number */
    luci_passkey_t passkey;     /* output: the new one */
    int is_renewed; /* output: 1: the session was replaced by renewed, which has two factors, because with
                       LuciaPasskeys only it was good for nothing else */
    luci_session_t renewed;
} luci_passkey_registration_t;

/* 1: the authenticator must verify its user. With LuciaPasskeys only, because there is no other factor. */
int luci_own_passkeys_need_verification(const luci_settings_t *settings);

/* Stores a new passkey, in one transaction under the user's lock that spends the challenge. Reports one
 * event. OK. INVALID: the name is not allowed. DENIED: the answer is not accepted, or, with fault NONE, the
 * session has fewer factors than its user. CONFLICT: the credential is registered, or the user has too many.
 * EXPIRED: the session has ended. NOT_FOUND: the page with the challenge is too old. BUSY, UNAVAILABLE,
 * INTERNAL. */
luci_result_t luci_own_passkeys_add(const luci_auth_t *auth, luci_passkey_registration_t *registration,
                                    apr_pool_t *pool) LUCI_MUST_USE;

/* A change of the passkey with a tag. */
typedef struct {
    const luci_session_t *session;
    luci_ms_t now;
    const char *tag;
    const char *name; /* the new one, as it was typed; NULL: the passkey is removed */
} luci_passkey_change_t;

/* Renames or removes one. A removal is reported as one event. INVALID: the name is not allowed. NOT_FOUND:
 * the user has no such passkey. DENIED: the session has fewer factors than its user. EXPIRED, BUSY,
 * UNAVAILABLE, INTERNAL as above. */
luci_result_t luci_own_passkeys_change(const luci_auth_t *auth, const luci_passkey_change_t *change,
                                       apr_pool_t *pool) LUCI_MUST_USE;

/* Lists those of a user: an array of luci_passkey_t from pool, the oldest first. BUSY, UNAVAILABLE (also if
 * there is no table), INTERNAL. */
luci_result_t luci_own_passkeys_list(const luci_auth_t *auth, const char *user_id, apr_array_header_t **list,
                                     apr_pool_t *pool) LUCI_MUST_USE;

#endif
