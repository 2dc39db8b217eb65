/* SPDX-License-Identifier: Apache-2.0 */
/* The use cases: sign-up, sign-in, checking a password; and those of auth_session.h. They own
 * the transactions, and keep the session cache true to the database. A database handle is borrowed for each
 * single operation and never held while a password is hashed or a cache is asked, or an event is reported.
 * The moment comes in with the request or the claim.
 *
 * Each sign-up, sign-in, password check and sign-out reports one event, however it ends; a validation one for
 * what it writes on its way. */
#ifndef LUCI_AUTH_H
#define LUCI_AUTH_H

#include "core/auth/auth_session.h"

/* Somebody's wish to come in, at a moment. Strings are borrowed, valid UTF-8 without NUL, NULL when absent.
 */
typedef struct {
    const char *username;
    const char *password;
    luci_client_t client;
    const char *old_session; /* the id that came with the request, of the right shape, or NULL: it ends when
                                this succeeds */
    luci_ms_t now;
    luci_attempt_t
        *attempt; /* how it's counted: with the device cookie, zeros else; NULL: it's not counted */
} luci_auth_request_t;

/* What an INVALID answer is about. */
typedef enum { LUCI_FIELD_NONE, LUCI_FIELD_USERNAME, LUCI_FIELD_PASSWORD } luci_field_t;

/* Whether a sign-up or sign-in would come to a hash, as far as that can be told at once: OK. Else what it
 * would be answered with; nothing is reported or counted. */
luci_result_t luci_auth_look(const luci_auth_t *auth, const luci_auth_request_t *request, int is_sign_up,
                             apr_pool_t *pool) LUCI_MUST_USE;

/* Creates user, key and session in one transaction. OK: *session is from pool and fresh. INVALID with *field;
 * CONFLICT: the name is taken; THROTTLED with attempt->retry_after, before anything is hashed;
 * BUSY, UNAVAILABLE, INTERNAL. */
luci_result_t luci_auth_sign_up(const luci_auth_t *auth, const luci_auth_request_t *request,
                                luci_session_t *session, luci_field_t *field, apr_pool_t *pool) LUCI_MUST_USE;

/* Verifies and creates a new session. request->username becomes the name that was meant
 * (luci_credential_name), also where this fails. DENIED: unknown user, wrong password, no password or
 * disabled, in equal time; else as above. */
luci_result_t luci_auth_sign_in(const luci_auth_t *auth, luci_auth_request_t *request,
                                luci_session_t *session, luci_field_t *field, apr_pool_t *pool) LUCI_MUST_USE;

/* After a sign-up that came to CONFLICT: whether it was the same form sent twice, as by a double click, for
 * which browsers drop the first answer with its cookie. The account was made less than a minute ago, under
 * this very spelling, and has a session; then this is a sign-in, counted and reported as one, so that it
 * tells a guesser no more than the sign-in page. OK: as luci_auth_sign_in. CONFLICT: anything else; the
 * answer to the sign-up stands. */
luci_result_t luci_auth_sign_up_twice(const luci_auth_t *auth, luci_auth_request_t *request,
                                      luci_session_t *session, apr_pool_t *pool) LUCI_MUST_USE;

/* Verifies only, without a session (HTTP Basic). The name becomes as above. OK: *user is from pool.
 * NOT_FOUND: no such user, in the time of a wrong password, and whoever asked says luci_throttle_end;
 * THROTTLED and DENIED as above; names and passwords of an impossible length are DENIED as well. */
luci_result_t luci_auth_check(const luci_auth_t *auth, luci_auth_request_t *request, luci_user_t *user,
                              apr_pool_t *pool) LUCI_MUST_USE;

/* The device cookie's new value after a sign-up or sign-in of this request, from pool. NOT_FOUND: there is
 * none to be sent, since nobody's tries are counted by account. INTERNAL. */
luci_result_t luci_auth_device(const luci_auth_t *auth, const luci_auth_request_t *request,
                               const char **value, apr_pool_t *pool) LUCI_MUST_USE;

#endif
