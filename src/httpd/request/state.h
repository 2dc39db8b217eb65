/* SPDX-License-Identifier: Apache-2.0 */
/* The request state: what belongs to one request of a client with all its subrequests and internal redirects.
 * It holds the credentials, read before they are removed from the headers, and the result of validating each
 * once. It lives in the root request's pool. Structures with an owner of their own are pointers, defined in
 * the owner's file. */
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
    luci_session_token_t token; /* id NULL: not made yet (luci_validation_token) */
    int is_done;
    luci_result_t result;
    luci_session_t session; /* only valid if result is OK */
} luci_validation_t;

typedef struct luci_basic_check_t luci_basic_check_t;
typedef struct luci_cookies_sent_t luci_cookies_sent_t;

typedef struct {
    apr_pool_t *pool;      /* the root request's: what is kept here comes from it */
    const char *cookie_id; /* a session id of the right shape from the cookie, or NULL */
    const char *bearer_id; /* likewise from "Authorization: Bearer" */
    const char *cookies;   /* the Cookie header as it came, or NULL */
    int cookies_differ;    /* several session cookies came, with different values */
    luci_validation_t by_cookie;
    luci_validation_t by_bearer;

    luci_basic_check_t *basic; /* of gate/basic.c; NULL: nothing was verified */

    luci_state_event_t last; /* what was reported last */

    int is_private;                    /* the answer is for this client only */
    luci_cookies_sent_t *cookies_sent; /* Set-Cookie lines of ours (cookies.c); NULL: none */
    const request_rec *indexing;       /* the folder whose index mod_dir looks for; NULL: none */
    const request_rec *content_of;     /* the request whose content is being made; NULL: none yet */
    int headers_sent;                  /* X-Lucia-* of ours stand in the request's headers */
} luci_state_t;

/* What the Require lines that read the identity found (rules.h), before r->user was set. */
typedef struct {
    int is_asked;     /* such a line was judged */
    int is_known;     /* the request has a session */
    int is_granted;   /* such a line was satisfied */
    int is_undecided; /* the session could not be judged */
    int suppose_user; /* they answer as if the verdict depended on a user */
} luci_rules_seen_t;

typedef struct luci_accepted_t luci_accepted_t;
typedef struct luci_mounted_t luci_mounted_t;

/* What was computed for one request, once, with what it was computed from, because httpd changes that on the
 * way: sections replace r->per_dir_config, and modules replace headers and r->uri. Subrequests and internal
 * redirects have their own. */
typedef struct {
    const luci_accepted_t *accepted; /* of request.c; NULL: not computed yet, as below */
    const luci_mounted_t *mounted;   /* of account/mount.c */
    const luci_urls_t *urls;         /* of luci_state_urls */
    const luci_dir_config_t *urls_of;
} luci_known_t;

/* The request state that a request belongs to; made on first use. */
luci_state_t *luci_state_of(request_rec *r);

/* The request state of a root request; NULL: there is none yet. */
luci_state_t *luci_state_begun(request_rec *root);

/* The request that the client sent: the root of all subrequests and redirects. */
request_rec *luci_state_root(request_rec *r);

/* 1 when the client asked with GET or HEAD. */
int luci_state_is_read(request_rec *r);

/* The use cases for this request, which report their events as its own. Only where there is a runtime. */
luci_auth_t luci_state_auth(request_rec *r);

/* Reports an event of a request that was refused before its use case began. */
void luci_state_refused(request_rec *r, luci_event_kind_t kind, luci_reason_t reason);

/* The user in r->user, if this module set it, for this request or for the one that httpd copied it from. NULL
 * for anonymous requests and for users of other modules. */
const luci_user_t *luci_state_user(request_rec *r);

/* Sets r->user. user is borrowed and outlives the request. */
void luci_state_name_user(request_rec *r, const char *name, const luci_user_t *user);

/* 1 from the second call for a client request on: forged headers are removed once, before this module sets
 * its own. */
int luci_state_is_scrubbed(request_rec *r);

luci_known_t *luci_state_known(request_rec *r);

/* The URLs in force for this request. */
const luci_urls_t *luci_state_urls(request_rec *r);

/* Marks a request for which AuthType Lucia is in force. */
void luci_state_gate(request_rec *r);
int luci_state_is_gated(request_rec *r);

/* This request's own. */
luci_rules_seen_t *luci_state_rules_seen(request_rec *r);

/* Marks a request that passed the gate as one to an endpoint: no other handler may answer it. */
void luci_state_exempt(request_rec *r);
int luci_state_is_exempt(request_rec *r);

#endif
