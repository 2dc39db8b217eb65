/* SPDX-License-Identifier: Apache-2.0 */
/* Where a request comes from: its headers as a claim for core/origin, and the log line when it is
 * refused. */
#ifndef LUCI_REQUEST_ORIGIN_H
#define LUCI_REQUEST_ORIGIN_H

#include "core/web/origin.h"
#include "httpd/base/config.h"

/* This site's origin as httpd sees it: scheme, host and port of the request. NULL when the request does not
 * say (HTTP/1.0 without Host). From r->pool. */
const char *luci_request_own_origin(request_rec *r);

/* Whether a page of this site sent the request. */
luci_origin_t luci_request_origin(request_rec *r, const luci_dir_config_t *dir);

/* Logs that a request was refused because of its origin: both origins, and the line of configuration that
 * helps. Of each kind of refusal it says one a minute. */
void luci_request_log_refused(request_rec *r, const luci_dir_config_t *dir);

#endif
