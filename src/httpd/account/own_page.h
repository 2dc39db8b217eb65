/* SPDX-License-Identifier: Apache-2.0 */
/* What the pages share on which people change their own account. */
#ifndef LUCI_OWN_PAGE_H
#define LUCI_OWN_PAGE_H

#include "httpd/account/endpoint.h"
#include "httpd/request/reply.h"

/* For no_session: without a session, a browser is led to sign-in and back. */
int luci_own_page_anonymous(luci_endpoint_request_t *request);

/* The values that all these pages have. url is that of the page; NULL: not known. */
apr_table_t *luci_own_page_values(const luci_endpoint_request_t *request, const char *url);

/* Sends the page with a problem (luci_reply_complain); NULL: without one. */
int luci_own_page_send(const luci_endpoint_request_t *request, apr_table_t *values,
                       const luci_problem_t *problem, const char *field);

/* A page of an endpoint, with a problem at a field; both NULL: without one. */
typedef int luci_own_page_fn(luci_endpoint_request_t *request, const luci_problem_t *problem,
                             const char *field);

/* Answers a refused form with JSON, or with the page again. refuse: with 400. */
int luci_own_page_complain(luci_endpoint_request_t *request, luci_own_page_fn *page,
                           const luci_problem_t *problem, const char *field);
int luci_own_page_refuse(luci_endpoint_request_t *request, luci_own_page_fn *page, const char *field,
                         luci_message_t message);

/* 1: the form was made for another name than the one of the session, because another user has signed in in
 * another tab, or the user was renamed: its password must not be tried for this account, and what it names is
 * not meant. field is the hidden one with the name; a form without it is not. */
int luci_own_page_is_of_other(const luci_endpoint_request_t *request, const char *field);

/* Answers a result of a change that its values did not cause: EXPIRED, THROTTLED with the attempt that was
 * refused, or a failure, after which the form comes again, because browsers do not restore what was typed. */
int luci_own_page_fail(luci_endpoint_request_t *request, luci_own_page_fn *page, luci_result_t result,
                       const luci_attempt_t *attempt);

/* Answers that the session has ended since it was validated. */
int luci_own_page_ended(luci_endpoint_request_t *request);

#endif
