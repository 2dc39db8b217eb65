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

/* Answers that the session has ended since it was validated. */
int luci_own_page_ended(luci_endpoint_request_t *request);

#endif
