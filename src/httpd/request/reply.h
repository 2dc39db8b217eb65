/* SPDX-License-Identifier: Apache-2.0 */
/* Answers: pages, JSON, redirects and problems, with their security headers. Each function sends the whole
 * response and returns DONE, or returns the status where an ErrorDocument is configured, so that httpd sends
 * it: a handler and an authentication hook return either. The gate must not call these in a subrequest,
 * unless they say so. */
#ifndef LUCI_REPLY_H
#define LUCI_REPLY_H

#include "core/account/user.h"
#include "core/base/settings.h"
#include "core/web/messages.h"
#include "httpd/pages/pages.h"

#include <httpd.h>
#include <jansson.h>

/* Messages (doc/specification.md, S1.13 and S4.3): the keys of templates/messages.txt. */
#define LUCI_MESSAGE_USERNAME LUCI_MESSAGE("invalid_username")
#define LUCI_MESSAGE_PASSWORD LUCI_MESSAGE("invalid_password")
#define LUCI_MESSAGE_TAKEN LUCI_MESSAGE("username_taken")
#define LUCI_MESSAGE_INCORRECT LUCI_MESSAGE("incorrect_username_or_password")
#define LUCI_MESSAGE_CURRENT LUCI_MESSAGE("incorrect_password")
#define LUCI_MESSAGE_NO_PASSWORD LUCI_MESSAGE("no_password")
#define LUCI_MESSAGE_CONFIRM LUCI_MESSAGE("confirmation_required")
#define LUCI_MESSAGE_FACTOR LUCI_MESSAGE("factor_required")
#define LUCI_MESSAGE_UNVERIFIED LUCI_MESSAGE("email_unverified")
#define LUCI_MESSAGE_CODE LUCI_MESSAGE("incorrect_code")
#define LUCI_MESSAGE_PASSKEY LUCI_MESSAGE("passkey_required")
#define LUCI_MESSAGE_SECRET LUCI_MESSAGE("invalid_secret")
#define LUCI_MESSAGE_FACTOR_EXISTS LUCI_MESSAGE("factor_exists")
#define LUCI_MESSAGE_OTHER_NAME LUCI_MESSAGE("other_name")
#define LUCI_MESSAGE_NO_PROOF LUCI_MESSAGE("confirmation_impossible")
#define LUCI_MESSAGE_LINK LUCI_MESSAGE("invalid_link")
#define LUCI_MESSAGE_NO_LIST LUCI_MESSAGE("list_impossible")
#define LUCI_MESSAGE_MALFORMED LUCI_MESSAGE("malformed_body")
#define LUCI_MESSAGE_NOT_FOUND LUCI_MESSAGE("not_found")
#define LUCI_MESSAGE_WAITING LUCI_MESSAGE("account_waiting")
#define LUCI_MESSAGE_INVITATION LUCI_MESSAGE("invalid_invitation")
#define LUCI_MESSAGE_CLOSED LUCI_MESSAGE("signup_closed")
#define LUCI_MESSAGE_VALUE_TAKEN LUCI_MESSAGE("value_taken")
#define LUCI_MESSAGE_CLOSED_NAME LUCI_MESSAGE("username_change_closed")
#define LUCI_MESSAGE_CLOSED_DELETION LUCI_MESSAGE("account_deletion_closed")
#define LUCI_MESSAGE_NOT_YOURS LUCI_MESSAGE("incorrect_username")
#define LUCI_MESSAGE_REFERENCED LUCI_MESSAGE("account_in_use")
#define LUCI_MESSAGE_UNKNOWN LUCI_MESSAGE("unknown_error")
#define LUCI_MESSAGE_UNAUTHORIZED LUCI_MESSAGE("unauthorized")
#define LUCI_MESSAGE_SIGNED_OUT LUCI_MESSAGE("signed_out")
#define LUCI_MESSAGE_FORBIDDEN LUCI_MESSAGE("forbidden")
#define LUCI_MESSAGE_UNAVAILABLE LUCI_MESSAGE("unavailable")
#define LUCI_MESSAGE_CROSS_SITE LUCI_MESSAGE("cross_site")

/* The parameter in the query of the sign-in page that marks a tab which unauthorized.html opened. */
#define LUCI_REPLY_TAB "tab"

/* Redirects with 302 to a path on this site or a configured URL. */
int luci_reply_redirect(request_rec *r, const char *location);

/* The same with 303, after a POST whose result that page shows. */
int luci_reply_see_other(request_rec *r, const char *location);

/* Sends a page (a file of templates/) in the client's language with its values. "status" and the four URLs
 * are added unless they are set, and so are the name and the logo of the site. */
int luci_reply_page(request_rec *r, int status, const char *page, apr_table_t *values);

/* Lets the page of this request load one script, by its absolute URL. */
void luci_reply_allow_script(request_rec *r, const char *url);

/* Sends a script. */
int luci_reply_script(request_rec *r, const char *text);

/* Sends JSON; takes over the reference to object. */
int luci_reply_json(request_rec *r, int status, json_t *object);

/* An error response. */
typedef struct {
    int status;
    luci_message_t message;  /* "minutes" and "hours" in its text are those of retry_after */
    apr_int64_t retry_after; /* seconds, with a 429; 0: none. A 503 always has the same one */
} luci_problem_t;

/* {"error": message}, with "code" if the request or LuciaErrorCodes asks; a new reference. */
json_t *luci_problem_json(request_rec *r, const luci_problem_t *problem);

typedef enum {
    LUCI_REPLY_PAGE,   /* error.html */
    LUCI_REPLY_JSON,   /* {"error": message} in English; with "code" if the request or LuciaErrorCodes asks */
    LUCI_REPLY_AT_GATE /* a page for a navigation, else JSON; in a subrequest nothing is sent */
} luci_reply_format_t;

/* The problem of a result that the client did not cause: 503, or 500 with a log message. */
luci_problem_t luci_problem_of(request_rec *r, luci_result_t result);

/* 429, with the time to wait (in ms) in its message. */
luci_problem_t luci_problem_throttled(luci_ms_t retry_after);

/* The Retry-After header of a problem, for an answer that another function sends. */
void luci_reply_retry_after(request_rec *r, const luci_problem_t *problem);

/* The tag of the client's language, for what its user reads later, such as a mail. */
const char *luci_reply_language(request_rec *r);

/* The text of a message in the client's language, from r->pool, for a page. values (may be NULL) are those
 * that the text contains. */
const char *luci_reply_text(request_rec *r, luci_message_t message, const apr_table_t *values);

/* For the page of a refused form: sets "error" and the value of that name ("username_error") to what the
 * problem is, in the client's language, and the Retry-After header. */
void luci_reply_complain(request_rec *r, const luci_problem_t *problem, const char *name,
                         apr_table_t *values);

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
