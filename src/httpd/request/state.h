/* SPDX-License-Identifier: Apache-2.0 */
/* The request state: one request of a client with all its subrequests and internal redirects. It remembers
 * the credentials, read once before anybody takes them out of the headers, and the one validation of each. It
 * lives in the root request's pool. */
#ifndef LUCI_STATE_H
#define LUCI_STATE_H

#include "core/base/secret.h"
#include "httpd/server/runtime.h"

/* An event, for the notes of the access log; strings live as long as the request state. */
typedef struct {
    int is_set;
    luci_event_t event;
} luci_state_event_t;

/* What validating a session id gave. */
typedef struct {
    const char *id; /* NULL: not validated yet */
    luci_result_t result;
    luci_session_t session; /* only to be looked at when result is OK */
} luci_validation_t;

typedef struct {
    apr_pool_t *pool;      /* the root request's: what is kept here comes from it */
    const char *cookie_id; /* a session id of the right shape from the cookie, or NULL */
    const char *bearer_id; /* likewise from "Authorization: Bearer" */
    const char *cookies;   /* the Cookie header as it came, or NULL */
    int cookies_differ;    /* several session cookies came, with different values */
    luci_validation_t by_cookie;
    luci_validation_t by_bearer;

    const char *basic_name;                        /* whose Basic verification follows; NULL: none yet */
    unsigned char basic_digest[LUCI_SHA256_BYTES]; /* of the password */
    luci_result_t basic_result;
    luci_user_t basic_user;
    luci_attempt_t basic_attempt;

    luci_state_event_t last; /* what was reported last */

    int is_private;                /* the answer is for this visitor only */
    int cookie_sent;               /* a Set-Cookie of ours goes with it */
    apr_array_header_t *sent;      /* those (state.c); NULL: none */
    const request_rec *indexing;   /* the folder whose index mod_dir looks for; NULL: none */
    const request_rec *content_of; /* the request whose content is being made; NULL: none yet */
    int headers_sent;              /* X-Lucia-* of ours stand in the request's headers */
    int inside_authn;              /* our hook is calling those behind it */
} luci_state_t;

/* What those Require lines found that read who the visitor is (rules.h), before anybody was named. */
typedef struct {
    int is_asked;     /* such a line was judged */
    int is_known;     /* the visitor has a session */
    int is_granted;   /* such a line was satisfied */
    int is_undecided; /* the session could not be judged */
    int suppose_user; /* they are to answer as if all depended on a user that is still to come */
} luci_rules_seen_t;

/* The request state that a request belongs to; made on first use. */
luci_state_t *luci_state_of(request_rec *r);

/* The request state of a root request; NULL: there is none yet. */
luci_state_t *luci_state_begun(request_rec *root);

/* The request that the client sent, above all subrequests and redirects. */
request_rec *luci_state_root(request_rec *r);

/* 1 when the client asked with GET or HEAD. */
int luci_state_is_read(request_rec *r);

/* The session id that counts for this request: where LuciaBearer is On the token, else the cookie's, unless
 * the CSRF rule says that an unsafe request's cookie counts as absent (Origin missing or foreign): then
 * *refused is 1. NULL: none. */
const char *luci_state_credential(request_rec *r, int *refused);

/* Validates the session id that counts (state->cookie_id or state->bearer_id itself), once per client
 * request, and sends what follows for the cookie: a renewed one anew, a dead or unknown one cleared. OK:
 * *session is set, living as long as the state. NOT_FOUND: a visitor, be the id unknown, dead or of a
 * disabled user. Anything else could not be judged; UNAVAILABLE also when this server has no database. */
luci_result_t luci_state_validate(request_rec *r, const char *id,
                                  const luci_session_t **session) LUCI_MUST_USE;

/* The same for a sign-out: nothing is renewed on the way. */
luci_result_t luci_state_validate_ending(request_rec *r, const char *id,
                                         const luci_session_t **session) LUCI_MUST_USE;

/* The use cases for this request, which report their events as its own. Only where there is a runtime. */
luci_auth_t luci_state_auth(request_rec *r);

/* Something that was tried and never came to a use case. */
void luci_state_refused(request_rec *r, luci_event_kind_t kind, luci_reason_t reason);

/* Whom r->user names, when it was we who named it, for this very request or for the one that httpd took it
 * over from; NULL for visitors and for users of other modules. */
const luci_user_t *luci_state_user(request_rec *r);

/* Names the user of this request: sets r->user. user is borrowed and outlives the request. */
void luci_state_name_user(request_rec *r, const char *name, const luci_user_t *user);

/* Whether this was asked before for any request of this client request: forgeries are removed once, when no
 * header of ours stands there yet. */
int luci_state_is_scrubbed(request_rec *r);

/* The gate asked who this request is from: AuthType Lucia is in force for it. */
void luci_state_gate(request_rec *r);
int luci_state_is_gated(request_rec *r);

/* This request's own. */
luci_rules_seen_t *luci_state_rules_seen(request_rec *r);

/* An endpoint was let through the gate: what answers must be the endpoint. */
void luci_state_exempt(request_rec *r);
int luci_state_is_exempt(request_rec *r);

/* Sends the session's cookie, or clears it, whatever becomes of the response. With a cleared cookie the
 * browser is told to forget the pages of that session, which may have ended without its knowledge. */
void luci_state_set_cookie(request_rec *r, const luci_session_t *session);
void luci_state_clear_cookie(request_rec *r);

/* The value of the device cookie that came, whatever it is, or NULL; and sending one. */
const char *luci_state_device(request_rec *r);
void luci_state_set_device(request_rec *r, const char *value);

#endif
