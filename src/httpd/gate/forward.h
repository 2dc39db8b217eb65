/* SPDX-License-Identifier: Apache-2.0 */
/* Forward-auth: "SetHandler luciauth-verify" in a location with a gate. A proxy in front asks it about each
 * request of its clients. The gate judges that request (core/web/forwarded.h) and answers: 200 with the
 * identity in headers, or what the proxy passes on to the client. Nothing but a gate that has admitted the
 * request makes a 200. */
#ifndef LUCI_FORWARD_H
#define LUCI_FORWARD_H

#include "httpd/request/reply.h"

#include <httpd.h>

/* Before the gate reads the cookie: reads the request that the proxy asks about. OK, or the status of an
 * answer: 403 if it is not a proxy of LuciaForwardFrom, 400 if the headers do not name one request to a host
 * of LuciaForwardHosts. */
int luci_forward_begin(request_rec *r);

/* 1 if the request is one of a proxy that luci_forward_begin has accepted. */
int luci_forward_is(request_rec *r);

/* Answers a request that lacks something that the user gives at the page url (NULL: none is known): 401 with
 * Location for X-Original-URL; otherwise as the gate answers, with an absolute URL, or with the problem. */
int luci_forward_ask(request_rec *r, const char *url, int redirects, const luci_problem_t *problem);

/* The content handler of luciauth-verify. */
int luci_forward_handle(request_rec *r);

#endif
