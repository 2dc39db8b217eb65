/* SPDX-License-Identifier: Apache-2.0 */
/* The use case of people whom another module of httpd has identified: each of them has, or gets, an account,
 * which is found by a key of its own ("NAME:" and the id that the other module knows the person by), and a
 * session. A name or an address never leads to an account: only who administers the site links an identity to
 * an account that exists. */
#ifndef LUCI_ADOPTION_H
#define LUCI_ADOPTION_H

#include "core/auth/auth.h"

#define LUCI_ADOPTION_ID_BYTES_MAX 200

/* Whose sign-in it is. Strings are borrowed as in luci_auth_request_t. request has the client, the session
 * that came with it and the time. For a sign-up it also has the name, and optionally an attempt, whether the
 * sign-up is uncounted, attributes, an address with its language, and whether the account has to be
 * approved. */
typedef struct {
    luci_auth_request_t request;
    const char *provider; /* NAME */
    const char *key_id;   /* luci_adoption_key_id */
    int may_sign_up;      /* 1: without an account, one is made */
    int is_disabled; /* output, with DENIED: the user is disabled; request.is_waiting: not yet approved */
    int is_merged;   /* output, with CONFLICT: the key column takes this id and another one for the same */
    int is_new;      /* output, with OK: the account is new */
} luci_adoption_t;

/* The id of the key of someone, from pool. INVALID: the id is empty, too long or not UTF-8, or has control
 * characters, or white space at its ends. */
luci_result_t luci_adoption_key_id(const char *provider, const char *id, const char **key_id,
                                   apr_pool_t *pool) LUCI_MUST_USE;

/* Finds the account of adoption->key_id. NOT_FOUND: there is none. BUSY, UNAVAILABLE, INTERNAL. */
luci_result_t luci_adoption_look(const luci_auth_t *auth, const luci_adoption_t *adoption, luci_user_t *user,
                                 apr_pool_t *pool) LUCI_MUST_USE;

/* Creates a session, and an account before it if there is none. Two first sign-ins at once make one account.
 * Reports one event, a sign-up or a sign-in.
 *
 * OK: *session is from pool and fresh; with request.is_waiting there is none, because the new account has to
 * be approved. NOT_FOUND: there is no account, and none is made. INVALID, CONFLICT: as luci_auth_sign_up, see
 * *field; is_merged. DENIED: request.demand has kinds, and a second factor is needed (luci_step_make takes
 * the demand); or is_disabled; or request.is_waiting. THROTTLED, BUSY, UNAVAILABLE, INTERNAL. */
luci_result_t luci_adopt(const luci_auth_t *auth, luci_adoption_t *adoption, luci_session_t *session,
                         luci_field_t *field, apr_pool_t *pool) LUCI_MUST_USE;

#endif
