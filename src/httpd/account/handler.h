/* SPDX-License-Identifier: Apache-2.0 */
/* What all endpoints do alike, from their records: methods, CSRF, sessions and forms, and then the endpoint's
 * own function (doc/specification.md, S1 and S3). */
#ifndef LUCI_HANDLER_H
#define LUCI_HANDLER_H

#include <httpd.h>

/* The handler hook, before every other module's: mod_proxy takes what it covers without looking at
 * r->handler. */
int luci_endpoint_handle(request_rec *r);

#endif
