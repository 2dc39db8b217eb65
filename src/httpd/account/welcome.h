/* SPDX-License-Identifier: Apache-2.0 */
/* The answers to a sign-in or a sign-up that has succeeded, whichever way. */
#ifndef LUCI_WELCOME_H
#define LUCI_WELCOME_H

#include "httpd/account/endpoint.h"

/* Sends the cookie of a new session, and leads the browser to next (NULL: home); a user who has to verify an
 * address learns that first. JSON has the account, with this status. */
int luci_welcome(luci_endpoint_request_t *request, const luci_session_t *session, const char *next,
                 int json_status);

/* Tells that there is no session before an administrator has approved the account. email is the address that
 * a mail goes to; NULL: none. */
int luci_welcome_later(luci_endpoint_request_t *request, const char *username, const char *email);

/* 1: with a session, the request is for the last page of a tab that unauthorized.html opened for sign-in. */
int luci_welcome_is_tab(const luci_endpoint_request_t *request);

/* That page, which sends the user back to the tab with the form. */
int luci_welcome_tab(const luci_endpoint_request_t *request);

#endif
