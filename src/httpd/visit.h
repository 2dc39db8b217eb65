/* SPDX-License-Identifier: Apache-2.0 */
/* Floor 5. A visit: one request of a client with all its subrequests and internal redirects. It remembers the
 * credentials, read once before anybody takes them out of the headers, and the one validation of each. It
 * lives in the root request's pool. */
#ifndef LUCI_VISIT_H
#define LUCI_VISIT_H

#include "runtime.h"
#include "secret.h"

typedef struct {
    apr_pool_t *pool;      /* the root request's: what is kept here comes from it */
    const char *cookie_id; /* a session id of the right shape from the cookie, or NULL */
    const char *bearer_id; /* likewise from "Authorization: Bearer" */

    const char *validated_id; /* whose validation follows; NULL: none yet */
    luci_result_t validation;
    luci_session_t session;

    const char *basic_name;                        /* whose Basic verification follows; NULL: none yet */
    unsigned char basic_digest[LUCI_SHA256_BYTES]; /* of the password */
    luci_result_t basic_result;
    luci_user_t basic_user;

    const luci_user_t *user;       /* who it is, once the gate has admitted somebody; NULL: anonymous */
    int is_private;                /* the answer is for this visitor only */
    int cookie_sent;               /* a Set-Cookie of ours goes with it */
    const request_rec *content_of; /* the request whose content is being made; NULL: none yet */
    int headers_sent;              /* X-Lucia-* of ours stand in the request's headers */
    int inside_authn;              /* our hook is calling the others */
    int inside_authz;
} luci_visit_t;

/* The visit a request belongs to; made on first use. */
luci_visit_t *luci_visit_of(request_rec *r);

/* Validates a session id, once a visit, and sends what follows for the cookie: a renewed one anew, a dead or
 * unknown one cleared (only when the id came by cookie). UNAVAILABLE when this server has no database. The
 * session is visit->session. */
luci_result_t luci_visit_validate(request_rec *r, const char *id);

/* The same for a sign-out: nothing is renewed on the way. */
luci_result_t luci_visit_validate_ending(request_rec *r, const char *id);

/* Sends the session's cookie, or clears it, whatever becomes of the response. */
void luci_visit_set_cookie(request_rec *r, const luci_session_t *session);
void luci_visit_clear_cookie(request_rec *r);

#endif
