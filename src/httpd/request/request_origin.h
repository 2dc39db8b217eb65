/* SPDX-License-Identifier: Apache-2.0 */
/* The origin of a request: reads the headers that core/web/origin.h judges, and logs refusals. */
#ifndef LUCI_REQUEST_ORIGIN_H
#define LUCI_REQUEST_ORIGIN_H

#include "core/web/origin.h"
#include "httpd/base/config.h"

/* This site's origin as httpd sees it: scheme, host and port of the request, or of that which a proxy asks
 * about, from r->pool. NULL if the request has no Host (HTTP/1.0). */
const char *luci_request_own_origin(request_rec *r);

/* Whether a page of this site sent the request. */
luci_origin_t luci_request_origin(request_rec *r, const luci_dir_config_t *dir);

/* Logs that a request was refused because of its origin, with both origins and the directive that helps, once
 * a minute for each kind of refusal. */
void luci_request_log_refused(request_rec *r, const luci_dir_config_t *dir);

#endif
