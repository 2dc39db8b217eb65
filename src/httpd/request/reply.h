/* SPDX-License-Identifier: Apache-2.0 */
/* Answers: pages, JSON, redirects, with the security headers that each of them carries. Each
 * function sends the whole response and returns DONE, or leaves it to httpd and returns the status, where the
 * administrator wrote an ErrorDocument: a handler and an authentication hook return either. In a subrequest
 * of the gate don't call these. */
#ifndef LUCI_REPLY_H
#define LUCI_REPLY_H

#include "core/account/user.h"
#include "core/base/settings.h"
#include "httpd/pages/pages.h"

#include <httpd.h>
#include <jansson.h>

#define LUCI_RETRY_AFTER_SECONDS 5 /* with a 503 */

/* Messages (doc/specification.md, S1.13 and S4.3). */
#define LUCI_MESSAGE_UNKNOWN "An unknown error occurred"
#define LUCI_MESSAGE_UNAUTHORIZED "Unauthorized"
#define LUCI_MESSAGE_SIGNED_OUT "You are signed out"
#define LUCI_MESSAGE_FORBIDDEN "Forbidden"
#define LUCI_MESSAGE_UNAVAILABLE "Service temporarily unavailable"
#define LUCI_MESSAGE_CROSS_SITE "Requests from other sites are not accepted"

/* In the query of the sign-in page: it was opened in a tab of its own, beside one with a form. */
#define LUCI_REPLY_TAB "tab"

/* 302 to a path on this site or a configured URL. */
int luci_reply_redirect(request_rec *r, const char *location);

/* A page (a file of templates/) with its values; "status" is added, and the four URLs where values has none.
 */
int luci_reply_page(request_rec *r, int status, const char *page, apr_table_t *values);

/* JSON; takes the reference to object. */
int luci_reply_json(request_rec *r, int status, json_t *object);

/* When to try again, for a 429: Retry-After in whole seconds, and a sentence that says so, from r->pool. */
const char *luci_reply_later(request_rec *r, luci_ms_t retry_after);

/* 429 at a gate or to a script: the whole answer. In a subrequest nothing is sent. */
int luci_reply_throttled(request_rec *r, luci_ms_t retry_after);

/* {"error": message}, or the page error.html with it. 503 gets Retry-After. */
int luci_reply_error(request_rec *r, int status, const char *message, int as_json);

/* The gate's no: as a page to a person, as JSON to a script. In a subrequest nothing is sent and the status
 * is returned. */
int luci_reply_refusal(request_rec *r, int status, const char *message);

/* 403 for a signed-in user whom a Require line refuses: a page that says who that is and lets one sign in as
 * another user, JSON to a script. user NULL: one of another module. In a subrequest as above. */
int luci_reply_forbidden(request_rec *r, const luci_user_t *user);

/* 1 while httpd makes an ErrorDocument. */
int luci_reply_is_error_document(const request_rec *r);

/* The answer when a request could not be judged: 503, or 500 and a line in the log. In a subrequest as above.
 */
int luci_reply_failure(request_rec *r, luci_result_t result, int as_json);

/* The same at the gate, where what the client looks like decides between page and JSON. */
int luci_reply_undecided(request_rec *r, luci_result_t result);

/* 204, nothing to show. */
int luci_reply_nothing(request_rec *r);

#endif
