/* SPDX-License-Identifier: Apache-2.0 */
/* Answers: pages, JSON, redirects and problems, with their security headers. Each function sends the whole
 * response and returns DONE, or returns the status where an ErrorDocument is configured, so that httpd sends
 * it: a handler and an authentication hook return either. The gate must not call these in a subrequest,
 * unless they say so. */
#ifndef LUCI_REPLY_H
#define LUCI_REPLY_H

#include "core/account/user.h"
#include "core/base/settings.h"
#include "httpd/pages/pages.h"

#include <httpd.h>
#include <jansson.h>

/* Messages (doc/specification.md, S1.13 and S4.3). */
#define LUCI_MESSAGE_USERNAME "Invalid username"
#define LUCI_MESSAGE_PASSWORD "Invalid password"
#define LUCI_MESSAGE_TAKEN "Username already taken"
#define LUCI_MESSAGE_INCORRECT "Incorrect username or password"
#define LUCI_MESSAGE_CURRENT "Incorrect password"
#define LUCI_MESSAGE_NO_PASSWORD "This account has no password"
#define LUCI_MESSAGE_CONFIRM "Confirmation required"
#define LUCI_MESSAGE_OTHER_NAME "You are signed in with another name now"
#define LUCI_MESSAGE_NO_PROOF "This site cannot confirm who you are"
#define LUCI_MESSAGE_LINK "This link is not valid"
#define LUCI_MESSAGE_NOT_FOUND "Not found"
#define LUCI_MESSAGE_CLOSED "Sign-up is closed"
#define LUCI_MESSAGE_UNKNOWN "An unknown error occurred"
#define LUCI_MESSAGE_UNAUTHORIZED "Unauthorized"
#define LUCI_MESSAGE_SIGNED_OUT "You are signed out"
#define LUCI_MESSAGE_FORBIDDEN "Forbidden"
#define LUCI_MESSAGE_UNAVAILABLE "Service temporarily unavailable"
#define LUCI_MESSAGE_CROSS_SITE "Requests from other sites are not accepted"

/* The parameter in the query of the sign-in page that marks a tab which unauthorized.html opened. */
#define LUCI_REPLY_TAB "tab"

/* Redirects with 302 to a path on this site or a configured URL. */
int luci_reply_redirect(request_rec *r, const char *location);

/* The same with 303, after a POST whose result that page shows. */
int luci_reply_see_other(request_rec *r, const char *location);

/* Sends a page (a file of templates/) with its values, to which "status" and the four URLs are added unless
 * they are set. */
int luci_reply_page(request_rec *r, int status, const char *page, apr_table_t *values);

/* Sends JSON; takes over the reference to object. */
int luci_reply_json(request_rec *r, int status, json_t *object);

/* An error response. */
typedef struct {
    int status;
    const char *message;     /* a literal or from r->pool */
    apr_int64_t retry_after; /* seconds, with a 429; 0: none. A 503 always has the same one */
} luci_problem_t;

typedef enum {
    LUCI_REPLY_PAGE, /* error.html */
    LUCI_REPLY_JSON, /* {"error": message}; with "code" (error_code.h) if the request or LuciaErrorCodes asks
                      */
    LUCI_REPLY_AT_GATE /* a page for a navigation, else JSON; in a subrequest nothing is sent */
} luci_reply_format_t;

/* The problem of a result that the client did not cause: 503, or 500 with a log message. */
luci_problem_t luci_problem_of(request_rec *r, luci_result_t result);

/* 429, with the time to wait (in ms) as a sentence. */
luci_problem_t luci_problem_throttled(request_rec *r, luci_ms_t retry_after);

/* The Retry-After header of a problem, for an answer that another function sends. */
void luci_reply_retry_after(request_rec *r, const luci_problem_t *problem);

/* Answers with a problem: the whole answer, with Retry-After. */
int luci_reply_problem(request_rec *r, const luci_problem_t *problem, luci_reply_format_t format);

/* 403 for a signed-in user whom a Require line refuses: a page with the user's name and a way to sign in as
 * another user, JSON for a script. user NULL: a user of another module. In a subrequest nothing is sent. */
int luci_reply_forbidden(request_rec *r, const luci_user_t *user);

/* 1 if this request generates an ErrorDocument. */
int luci_reply_is_error_document(const request_rec *r);

/* Answers with 204, without a body. */
int luci_reply_nothing(request_rec *r);

#endif
