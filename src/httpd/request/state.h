/* SPDX-License-Identifier: Apache-2.0 */
/* The state of a client's request, shared by all its subrequests and internal redirects. It contains the
 * headers with the credentials, as they were before these were removed, and the result of validating each of
 * them once. It is from the root request's pool. Types that other files own are declared here, defined there,
 * and referred to by pointers. */
#ifndef LUCI_STATE_H
#define LUCI_STATE_H

#include "core/base/secret.h"
#include "httpd/server/runtime.h"

#include <apr_hash.h>

/* An event, for the notes of the access log; strings live as long as the request state. */
typedef struct {
    int is_set;
    luci_event_t event;
} luci_state_event_t;

/* The validation of a session id. */
typedef struct {
    luci_session_token_t token; /* id NULL: not made yet (luci_validation_token) */
    int is_done;
    luci_result_t result;
    luci_session_t session; /* only valid if result is OK */
} luci_validation_t;

/* The session ids that a client sent. */
typedef struct {
    int is_read;
    const char *cookie_id; /* a well-formed session id from the cookie, or NULL */
    const char *bearer_id; /* a well-formed session id from "Authorization: Bearer", or NULL */
    int cookies_differ;    /* the request has several session cookies with different values */
} luci_credentials_t;

typedef struct luci_basic_check_t luci_basic_check_t;
typedef struct luci_bearer_t luci_bearer_t;
typedef struct luci_cookies_sent_t luci_cookies_sent_t;
typedef struct luci_proof_t luci_proof_t;

typedef struct {
    apr_pool_t *pool;               /* the root request's; everything below is from it */
    const char *cookies;            /* the client's Cookie header, or NULL */
    const char *authorization;      /* the client's Authorization header, or NULL */
    const char *cookie_name;        /* of the session cookie */
    luci_credentials_t credentials; /* call luci_state_credentials */
    luci_validation_t by_cookie;
    luci_validation_t by_bearer;

    luci_basic_check_t *basic; /* defined in gate/basic.c; NULL: no password was verified */
    luci_bearer_t *bearer;     /* defined in gate/bearer.c; NULL: no app password was looked for */

    luci_state_event_t last; /* the last event that was reported */
    apr_hash_t *told;        /* log lines (luci_state_is_news); NULL: none */

    int is_private;                    /* the answer is for this client only */
    luci_proof_t *proof;               /* defined in proof.h; NULL: nothing has asked for it */
    luci_cookies_sent_t *cookies_sent; /* this module's Set-Cookie lines (cookies.c); NULL: none */
    const request_rec *indexing;       /* the folder whose index file mod_dir looks for; NULL: none */
    const request_rec *content_of;     /* the request whose content is being generated; NULL: none yet */
    int headers_sent;                  /* this module has set X-Lucia-* in the request's headers */
    const char *script;                /* the one that the page may load (luci_reply_allow_script) */
    int has_secret_query;              /* the browser's URL has a secret (secret_query.h) */

    /* The request that a proxy asks about (gate/forward.c), whose URL and method count instead of those of
     * this one; NULL: none. */
    const struct luci_forwarded_t *forwarded;
} luci_state_t;

/* What happened when Require lines that read the identity (rules.h) were evaluated before r->user was set. */
typedef struct {
    int is_asked;     /* such a line was evaluated */
    int is_known;     /* the request has a valid session */
    int is_granted;   /* such a line was satisfied */
    int is_undecided; /* the session could not be validated */
    int suppose_user; /* 1: such lines answer as if a user could change their result */
} luci_rules_seen_t;

typedef struct luci_accepted_t luci_accepted_t;

/* Values that are computed once for a single request. Each is stored with its input, because httpd changes
 * that meanwhile: sections replace r->per_dir_config, and modules replace headers. Subrequests and internal
 * redirects have their own values. */
typedef struct {
    const luci_accepted_t *accepted;  /* defined in request.c; this and urls are NULL until computed */
    const luci_urls_t *urls;          /* the result of luci_state_urls */
    const luci_dir_config_t *urls_of; /* the input of urls */
    const luci_user_t *shown;         /* the user in the environment; NULL: none that is known */
    const apr_table_t *shown_in;      /* that environment */
} luci_known_t;

/* The state of the client's request that r belongs to; created on first use. */
luci_state_t *luci_state_of(request_rec *r);

/* The state of a root request; NULL: it does not exist yet. */
luci_state_t *luci_state_begun(const request_rec *root);

/* The session ids that the client sent, which are read when they are first asked for: most requests have no
 * gate, though browsers send the cookie with them. */
const luci_credentials_t *luci_state_credentials(luci_state_t *state);

/* The request that the client sent: the root of all subrequests and redirects. */
request_rec *luci_state_root(request_rec *r);

/* The request that a proxy asks about; NULL: none, this is the client's own. */
const struct luci_forwarded_t *luci_state_forwarded(const request_rec *root);

/* 1 if the client's method is GET or HEAD, or not known. */
int luci_state_is_read(request_rec *r);

/* The use cases for this request, which report their events as its own. Only where there is a runtime. */
luci_auth_t luci_state_auth(request_rec *r);

/* For a request that is told by mail although it only reads: luci_state_auth does so for all others. */
void luci_state_set_origin(request_rec *r, luci_auth_t *auth);

/* 1 if no message with this number in its id and this detail has been logged for this client's request: what
 * is judged more than once, in a subrequest or for another part of the page, is logged once. From then on it
 * counts as logged. */
int luci_state_is_news(request_rec *r, int id, const char *detail);

/* Reports an event of a request that was refused before its use case began. */
void luci_state_report_refused(request_rec *r, luci_event_kind_t kind, luci_reason_t reason);

/* The same for an event of which more is known. */
void luci_state_report(request_rec *r, const luci_event_t *event);

/* The user in r->user, if this module set it, for this request or for the one that httpd copied it from. NULL
 * for anonymous requests and for users of other modules. */
const luci_user_t *luci_state_user(request_rec *r);

/* Sets r->user. user is borrowed and outlives the request. */
void luci_state_name_user(request_rec *r, const char *name, const luci_user_t *user);

/* Returns 0 at the first call for a client's request, and 1 afterwards: forged headers are removed once,
 * before this module sets its own. */
int luci_state_is_scrubbed(request_rec *r);

/* The values computed for this single request; created on first use. */
luci_known_t *luci_state_known(request_rec *r);

/* The URLs in force for this request. */
const luci_urls_t *luci_state_urls(request_rec *r);

/* Marks a request for which AuthType Lucia is in force. */
void luci_state_mark_gated(request_rec *r);
int luci_state_is_gated(request_rec *r);

/* The results of this single request. */
luci_rules_seen_t *luci_state_rules_seen(request_rec *r);

/* Marks a request that passed the gate as one to an endpoint: no other handler may answer it. */
void luci_state_mark_exempt(request_rec *r);
int luci_state_is_exempt(request_rec *r);

#endif
