/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a request: its method, the formats that its client accepts, and the fields of its body. Sends
 * nothing. */
#ifndef LUCI_REQUEST_H
#define LUCI_REQUEST_H

#include "core/web/form.h"
#include "httpd/base/config.h"

/* 1 for GET, HEAD, OPTIONS and TRACE, but not for a browser's WebSocket handshake, which acts like a form. */
int luci_request_is_safe(const request_rec *r);

/* 1 when Accept names application/json and prefers it to HTML. */
int luci_request_prefers_json(request_rec *r);

/* 1 for a person's navigation: Accept names HTML, and neither Sec-Fetch-Mode nor X-Requested-With indicates a
 * script. */
int luci_request_is_navigation(request_rec *r);

/* 1 when the request came over TLS, or ServerName says that a proxy in front terminates TLS. */
int luci_request_is_https(request_rec *r);

/* The content types a body may have. */
typedef enum { LUCI_BODY_FORM, LUCI_BODY_JSON, LUCI_BODY_OTHER } luci_body_t;
luci_body_t luci_request_body_type(const request_rec *r);

/* Reads and parses the body into form, whose fields and bytes_max are set. OK, or an HTTP status: 400 malformed or broken
 * off, 413 too large (the connection will close), 415. The raw body is wiped; wipe the form after use. */
int luci_request_read_form(request_rec *r, luci_form_t *form);

/* Whether httpd may take this request over to HTTP/2 (h2c by Upgrade): its core does so in a handler hook,
 * from the headers as they are then, and the request runs once more as stream 1. */
int luci_request_may_become_h2(const request_rec *r);

#endif
