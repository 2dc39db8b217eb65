/* SPDX-License-Identifier: Apache-2.0 */
/* An endpoint is one const record beside its code, and one row of the list in endpoints.c. Everything else
 * follows from the record: the paths below LuciaMount and LuciaMount/api, the SetHandler name, 405 with
 * Allow, the CSRF check, reading and wiping the form, the session, and the audit event of a refused request.
 */
#ifndef LUCI_ENDPOINT_H
#define LUCI_ENDPOINT_H

#include "core/web/form.h"
#include "core/web/messages.h"
#include "httpd/request/validation.h"

typedef struct luci_endpoint_t luci_endpoint_t;
typedef struct luci_endpoint_request_t luci_endpoint_request_t;

/* Sends the whole answer and returns what a handler returns. */
typedef int luci_endpoint_fn(luci_endpoint_request_t *request);

/* The methods of an endpoint for which the holder of the session must have proved lately to be its user. */
typedef enum { LUCI_FRESH_NEVER, LUCI_FRESH_POST, LUCI_FRESH_ALWAYS } luci_fresh_t;

/* The beginning of each handler's name. */
#define LUCI_ENDPOINT_HANDLER "luciauth-"

struct luci_endpoint_t {
    const char *handler;    /* for SetHandler: "luciauth-NAME" */
    const char *path;       /* below LuciaMount; "" is the mount itself; NULL: well_known */
    const char *well_known; /* a path beside LuciaMount, with LuciaWellKnown; NULL: none */
    const char *page;       /* a file of templates/ */
    /* 0: the server does not have it, so that its path below LuciaMount is left to others; NULL: always 1. */
    int (*is_on)(const luci_server_config_t *config);
    const luci_form_field_t *fields; /* of a POST's body; NULL: the body is not read */
    /* Sets the fields and bytes_max of a form where they depend on the configuration. NULL: they do not. */
    void (*set_fields)(const luci_server_config_t *config, luci_form_t *form, apr_pool_t *pool);
    size_t body_max;         /* bytes of a POST's body; 0: LUCI_FORM_BYTES_MAX */
    luci_event_kind_t event; /* of a POST, for the audit log and the counters */

    /* 1: without a session, get and post are not called, and the cookie counts for a POST only if the request
     * comes from this site. 0: a POST from another site is refused with 403. */
    int needs_session;
    int ends_session;             /* 1: post ends the session, so it is not renewed before */
    int admits_half;              /* 1: also with LUCI_SESSION_HALF (lack.h) */
    int admits_unverified;        /* 1: also with LUCI_SESSION_UNVERIFIED */
    int has_secret_query;         /* 1: the query contains a secret, which no log may contain */
    const char *secret_parameter; /* the parameter of the query that is one, and the only one; NULL: none */

    /* Only with needs_session. If the last proof is older than LuciaFreshness, neither get nor post is
     * called: a browser is led to the page confirm and back (with 303 after a POST, which the user repeats
     * there), a script gets 401.
     *
     * For the same methods, a user who has a second factor must have proved it in this session; otherwise a
     * browser is led to the page factor and back. Endpoints that admit half a session decide that themselves.
     */
    luci_fresh_t needs_fresh;
    int needs_factors; /* 1: all methods need the second factor, also without needs_fresh */
    /* The field that the browser gets back in the query of the page when it returns from there after a POST,
     * so that nothing typed is lost. NULL: none. */
    const char *typed_field;

    /* Returns the message of a 403 if the configuration closes this endpoint, otherwise LUCI_NO_MESSAGE. NULL
     * means that the endpoint is always open. */
    luci_message_t (*closed)(const luci_dir_config_t *dir);

    luci_endpoint_fn *get;  /* GET and HEAD; NULL: 405 */
    luci_endpoint_fn *post; /* NULL: 405; get then answers below api/ as well, with JSON */
    int (*takes_post)(const luci_server_config_t *config); /* 0: as if post were NULL; NULL: always 1 */
    int has_json;                                          /* 1: so does get beside post */

    /* A form that a browser posts from this site with the id of a session that has ended, as the second click
     * of a double click does; there is no session then. NULL: no_session. */
    luci_endpoint_fn *post_again;
    luci_endpoint_fn *no_session; /* NULL: a redirect to the sign-in page for GET, 401 for POST and JSON */
};

/* One request to an endpoint; lives in r->pool. */
struct luci_endpoint_request_t {
    request_rec *r;
    const luci_endpoint_t *endpoint;
    const luci_dir_config_t *dir;
    luci_runtime_t *runtime; /* NULL: this server has no database, and neither get nor post is called */
    luci_state_t *state;
    const luci_session_t *session; /* set by luci_endpoint_session, which needs_session calls; NULL: none */
    luci_form_t form;              /* of a POST; wiped when post returns anything but SUSPENDED */
    const luci_urls_t *urls;
    const char *query; /* the secret query, which r->args does not have any more; NULL: none */
    int is_post;
    int is_api;     /* below api/, or LuciaPages Off: no pages, and errors are JSON */
    int as_json;    /* errors are JSON */
    int wants_json; /* success is JSON, not a redirect or a page */
};

luci_endpoint_request_t *luci_endpoint_request(request_rec *r, const luci_endpoint_t *endpoint, int is_api);

/* 1: the form may be the second one of a double click, whose first answer a browser drops
 * (luci_request_is_browser). A script that gets JSON sees all answers. */
int luci_endpoint_may_be_second(const luci_endpoint_request_t *request);

/* The page that the browser requested, as luci_way_back_requested; of a secret query it has only next. */
const char *luci_endpoint_requested(const luci_endpoint_request_t *request);

/* The next of the query, also of one that is secret; NULL: there is none, or it is not allowed. */
const char *luci_endpoint_next(const luci_endpoint_request_t *request);

/* Answers that the session lacks what a page asks for: a browser is led to that page and then back to
 * requested (with 303 after a POST); a script, or a browser if the page is not known (url is NULL), gets 401
 * with the message. */
int luci_endpoint_lead(luci_endpoint_request_t *request, const char *url, luci_message_t message,
                       const char *requested);

/* luci_endpoint_lead for a session that needs the second factor of its user. */
int luci_endpoint_ask_factor(luci_endpoint_request_t *request);

/* Reports an event of a request that was refused before its use case began, with the user of its session if
 * the endpoint needs one. */
void luci_endpoint_report_refused(const luci_endpoint_request_t *request, luci_event_kind_t kind,
                                  luci_reason_t reason);

/* Answers with a problem: a page or JSON. Returns what a handler returns. */
int luci_endpoint_problem(luci_endpoint_request_t *request, int status, luci_message_t message);

/* Answers a result that the client did not cause: with 503, or with 500 and a log message. */
int luci_endpoint_failure(luci_endpoint_request_t *request, luci_result_t result);

/* Validates the session of this request with validate, a function of validation.h. OK: request->session is
 * set. NOT_FOUND: the request is anonymous. Any other result is a failure. */
typedef luci_result_t luci_validate_fn(request_rec *r, const char *id, const luci_session_t **session);
luci_result_t luci_endpoint_session(luci_endpoint_request_t *request,
                                    luci_validate_fn *validate) LUCI_MUST_USE;

/* Sets *old to the session of the cookie that came with this request, which a sign-in ends; NULL: none.
 * INTERNAL: its token cannot be computed. */
luci_result_t luci_endpoint_old_session(const luci_endpoint_request_t *request,
                                        const luci_session_token_t **old) LUCI_MUST_USE;

/* Sends the device cookie of a request that succeeded. It is optional: an error changes nothing. */
void luci_endpoint_set_device(request_rec *r, const luci_auth_t *auth, const luci_auth_request_t *made);

/* Clears the cookie of request->session, which has ended, and that of a step that was not completed, unless
 * the session was a bearer token. */
void luci_endpoint_clear_session(const luci_endpoint_request_t *request);

#endif
