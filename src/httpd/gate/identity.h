/* SPDX-License-Identifier: Apache-2.0 */
/* What content gets to know about the visitor: user name, environment, X-Lucia-* headers. */
#ifndef LUCI_IDENTITY_H
#define LUCI_IDENTITY_H

#include "core/account/user.h"
#include "core/base/result.h"

#include <httpd.h>

#define LUCI_AUTH_TYPE "Lucia" /* AuthType's value, and AUTH_TYPE in the environment */

/* The fixups hook: hands the identity on, and takes the secrets out (scrub.h). */
int luci_identity_fixups(request_rec *r);

/* A handler hook, behind core's and before all that make content: takes the secrets out of a request that
 * could have become HTTP/2 and did not. */
int luci_identity_handle(request_rec *r);

/* The fixups hook right before mod_dir's: from here on a folder's subrequests look for its index. */
int luci_identity_before_index(request_rec *r);

/* Whether AuthType is Lucia here. */
int luci_identity_is_gate(request_rec *r);

/* Who is there, by the credential that counts here, validated once per client request. OK: *user is set,
 * living as long as the request state. NOT_FOUND: nobody, *user is NULL. Anything else could not be judged.
 */
luci_result_t luci_identity_look(request_rec *r, const luci_user_t **user) LUCI_MUST_USE;

/* LUCIA_* in the environment of this request: of this user, or of nobody (NULL). */
void luci_identity_show(request_rec *r, const luci_user_t *user);

/* The name as LuciaRemoteUser says, NULL when there is no such value. */
const char *luci_identity_name(request_rec *r, const luci_user_t *user);

/* Names the user of this request so, and shows it. 0 when there is no such value. */
int luci_identity_assume(request_rec *r, const luci_user_t *user);

/* The same for who came with a session, with AUTH_TYPE. OK or 403. */
int luci_identity_admit(request_rec *r, const luci_user_t *user);

/* The insert_filter and insert_error_filter hooks: Cache-Control: private on what is for one user only. */
void luci_identity_insert_filter(request_rec *r);

/* Registers the filter's name; call once while hooks are registered. */
void luci_identity_register_filter(void);

#endif
