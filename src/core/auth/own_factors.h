/* SPDX-License-Identifier: Apache-2.0 */
/* The use cases of people who set up the second factor of their own account, remove it, or get new recovery
 * codes. The caller has seen that the session is fresh (luci_confirmation_proved_at). Where the user has a
 * second factor, each of them needs a session that was proved with one: a stolen session and the password
 * neither add a factor nor remove one. Each reports one event. */
#ifndef LUCI_OWN_FACTORS_H
#define LUCI_OWN_FACTORS_H

#include "core/auth/auth.h"
#include "core/factor/factor.h"
#include "core/recovery/recovery.h"

/* What all of them begin with. */
typedef struct {
    const luci_session_t *session; /* the validated session of the request */
    luci_ms_t now;
    luci_reason_t reason; /* output: of the event */
} luci_own_factor_t;

/* What the user of a session has. */
typedef struct {
    int kinds;          /* a set of LUCI_FACTOR_... */
    int recovery_codes; /* those that are left */
    int app_passwords;
    int passkeys;
} luci_own_factors_t;

luci_result_t luci_own_factors_read(const luci_auth_t *auth, const luci_session_t *session,
                                    luci_own_factors_t *factors, apr_pool_t *scratch) LUCI_MUST_USE;

/* An app that is to be set up. Its secret comes back from the client, which was offered a random one. One
 * that the client chose is taken as well: it is no weaker than what its user could do with the code itself,
 * and nothing had to be stored for people who only look at the page. */
typedef struct {
    luci_own_factor_t own;
    luci_client_t client;
    int end_sessions;            /* 1: the user's other sessions end */
    int may_be_second;           /* 1: it may be the second form of a double click */
    const char *secret;          /* base32 of LUCI_TOTP_SEED_BYTES; NULL if absent */
    const char *code;            /* of the app, as it was typed; NULL if absent */
    luci_recovery_codes_t codes; /* output: secrets, which the caller wipes */
} luci_totp_enrolment_t;

/* Sees that the app makes the codes of the secret and then, in one transaction under the user's lock, stores
 * the seed and new recovery codes, and replaces the session by one with two factors. The caches forget the
 * sessions of the user before it returns. OK: *renewed is the new session, from pool. INVALID: there is no
 * well-formed secret. DENIED: the code is wrong, or with the reason ONE_FACTOR see above. CONFLICT: the user
 * has an app. EXPIRED: the session has ended meanwhile. BUSY, UNAVAILABLE, INTERNAL.
 *
 * A second form that would be refused with CONFLICT or EXPIRED is answered as the first one (totp_again.h),
 * with other codes and another session. */
luci_result_t luci_own_totp_enrol(const luci_auth_t *auth, luci_totp_enrolment_t *enrolment,
                                  luci_session_t *renewed, apr_pool_t *pool) LUCI_MUST_USE;

/* Removes the app, and the recovery codes with the last factor. NOT_FOUND: the user has none. DENIED, EXPIRED
 * and the others as above. */
luci_result_t luci_own_totp_remove(const luci_auth_t *auth, luci_own_factor_t *own,
                                   apr_pool_t *pool) LUCI_MUST_USE;

/* Replaces the recovery codes; *codes are secrets, which the caller wipes. NOT_FOUND: the user has no second
 * factor. DENIED, EXPIRED and the others as above. */
luci_result_t luci_own_recovery_codes(const luci_auth_t *auth, luci_own_factor_t *own,
                                      luci_recovery_codes_t *codes, apr_pool_t *pool) LUCI_MUST_USE;

#endif
