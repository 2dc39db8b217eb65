/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a request: its method, the formats that its client accepts, and the fields of its body. Sends
 * nothing. */
#ifndef LUCI_REQUEST_H
#define LUCI_REQUEST_H

#include "core/web/form.h"
#include "httpd/base/config.h"

/* 1 for GET, HEAD, OPTIONS and TRACE, but not for a browser's WebSocket handshake, which acts like a form. */
int luci_request_is_safe(const request_rec *r);

/* 1 if Accept names application/json and prefers it to HTML. */
int luci_request_prefers_json(request_rec *r);

/* 1 if Accept names application/json with the parameter profile=codes: errors in JSON then have a code. */
int luci_request_accepts_codes(request_rec *r);

/* 1 if Sec-Fetch-Mode or X-Requested-With says that the request is one of a script. */
int luci_request_is_script(const request_rec *r);

/* 1 for a browser's navigation: Accept names HTML, and the request is not one of a script. */
int luci_request_is_navigation(request_rec *r);

/* 1 for a browser: a navigation, or a script of a page of this site. After a double click, a browser sends a
 * form twice and drops the first answer with its cookie. A program does not do so, and is told what it has
 * done before. */
int luci_request_is_browser(request_rec *r);

/* 1 if the request came over TLS, or ServerName says that a proxy in front terminates TLS. */
int luci_request_is_https(request_rec *r);

/* The content types a body may have. */
typedef enum { LUCI_BODY_FORM, LUCI_BODY_JSON, LUCI_BODY_OTHER } luci_body_t;
luci_body_t luci_request_body_type(const request_rec *r);

/* Reads the body and parses it into form, whose fields and bytes_max must be set. Returns OK or an HTTP
 * status: 400 for a malformed or incomplete body, 413 if it is too large (the connection closes then), 415
 * for another type. The raw body is wiped; the caller wipes the form after use. */
int luci_request_read_form(request_rec *r, luci_form_t *form);

/* For a request that is refused without reading its body: reads and wipes as much of the body as is in
 * httpd's buffers, at most LUCI_FORM_BYTES_MAX bytes, without waiting. */
void luci_request_wipe_body(request_rec *r);

/* Whether httpd may upgrade this request to HTTP/2 (h2c). The core does so in a handler hook, with the
 * headers as they are then, and the request runs again as stream 1. */
int luci_request_may_become_h2(const request_rec *r);

#endif
