/* SPDX-License-Identifier: Apache-2.0 */
/* What the pages share that links in mails lead to. */
#ifndef LUCI_LINK_PAGE_H
#define LUCI_LINK_PAGE_H

#include "httpd/account/endpoint.h"

/* The token in the secret query of such a page; NULL: none, or the query is malformed. */
const char *luci_link_page_token(const luci_endpoint_request_t *request);

/* The browser's URL of this page without its query, which has the token: its last segment, relative, so that
 * a proxy may serve the page below another path. */
const char *luci_link_page_url(const request_rec *r);

/* Answers that the link is not valid. new_link_url: the page that sends another one; NULL: there is none. */
int luci_link_page_refuse(luci_endpoint_request_t *request, const char *new_link_url);

/* Answers that too many links of the client were not valid. */
int luci_link_page_throttle(luci_endpoint_request_t *request, const luci_attempt_t *attempt);

#endif
