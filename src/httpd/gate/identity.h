/* SPDX-License-Identifier: Apache-2.0 */
/* The identity that content sees: user name, environment, X-Lucia-* headers. */
#ifndef LUCI_IDENTITY_H
#define LUCI_IDENTITY_H

#include "core/account/user.h"
#include "core/base/result.h"

#include <httpd.h>

#define LUCI_AUTH_TYPE "Lucia" /* AuthType's value, and AUTH_TYPE in the environment */

/* The fixups hook: exports the identity and removes the secrets (scrub.h). */
int luci_identity_fixups(request_rec *r);

/* A handler hook, behind core's and before all content handlers: removes the secrets from a request that
 * offered an upgrade to HTTP/2 (h2c) which httpd did not take. */
int luci_identity_handle(request_rec *r);

/* The fixups hook right before mod_dir's: subrequests of the folder that come later are mod_dir's search for
 * an index file. */
int luci_identity_before_index(request_rec *r);

/* Whether AuthType is Lucia for this request. */
int luci_identity_is_gate(request_rec *r);

/* Looks up the user of the session id that counts for this request, which is validated once per client
 * request. OK: *user is set and lives as long as the request state. NOT_FOUND: the request is anonymous or
 * its session lacks something (lack.h), *user is NULL. Any other result: the session could not be
 * validated. */
luci_result_t luci_identity_look(request_rec *r, const luci_user_t **user) LUCI_MUST_USE;

/* Answers a request whose identity could not be looked up: 503 or 500. */
int luci_identity_undecided(request_rec *r, luci_result_t result);

/* With how many factors the user of this request has signed in. */
int luci_identity_factors(request_rec *r, const luci_user_t *user);

/* Sets LUCIA_* in the environment of this request, or removes them if user is NULL. */
void luci_identity_show(request_rec *r, const luci_user_t *user);

/* Sets X-Lucia-* in the answer to a proxy (forward.h), all of them, even for an anonymous request. */
void luci_identity_answer(request_rec *r);

/* The name that LuciaRemoteUser selects; NULL when the user has no such value. */
const char *luci_identity_name(request_rec *r, const luci_user_t *user);

/* Sets r->user to that name, and the environment. 0 when the user has no such value. */
int luci_identity_assume(request_rec *r, const luci_user_t *user);

/* The same for a user with a session, with AUTH_TYPE. OK, or an answer of 403 (luci_reply_forbidden). */
int luci_identity_admit(request_rec *r, const luci_user_t *user);

/* The insert_filter and insert_error_filter hooks: Cache-Control: private on what is for one user only. */
void luci_identity_insert_filter(request_rec *r);

/* Registers the filter's name; call once while hooks are registered. */
void luci_identity_register_filter(void);

#endif
