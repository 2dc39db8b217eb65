/* SPDX-License-Identifier: Apache-2.0 */
/* The session of a request: which of its credentials counts, and its validation, once per client request. */
#ifndef LUCI_VALIDATION_H
#define LUCI_VALIDATION_H

#include "httpd/request/state.h"

/* The session id that counts for this request: the bearer token where LuciaBearer is On, else the cookie's.
 * An unsafe request's cookie does not count when the CSRF rule refuses it (Origin missing or foreign): then
 * *refused is 1. NULL: none. */
const char *luci_validation_credential(request_rec *r, int *refused);

/* The token of the id in the cookie or of the bearer token, made once per client request. NULL: SHA-256 is
 * unavailable. */
const luci_session_token_t *luci_validation_token(luci_state_t *state, const char *id);

/* Validates the session id that counts (cookie_id or bearer_id of luci_state_credentials itself), and sends
 * the cookie that follows from it: a renewed one, or the clearing of an expired or unknown one, the latter
 * only if the user opens a page. OK: *session is set and lives as long as the request state. NOT_FOUND: the
 * request is anonymous, because the id is unknown or expired, or its user is disabled. Any other result: the
 * session could not be judged; UNAVAILABLE also when this server has no database. */
luci_result_t luci_validate(request_rec *r, const char *id, const luci_session_t **session) LUCI_MUST_USE;

/* Does the same for a sign-out, without renewing the session. */
luci_result_t luci_validate_ending(request_rec *r, const char *id,
                                   const luci_session_t **session) LUCI_MUST_USE;

/* The session that was validated with OK; NULL: none. Validates nothing. */
const luci_session_t *luci_validated_session(const luci_state_t *state);

#endif
