/* SPDX-License-Identifier: Apache-2.0 */
/* What all endpoints have in common, according to their records: methods, CSRF, sessions and forms. Then it
 * calls the endpoint's own function (doc/specification.md, S1 and S3). */
#ifndef LUCI_HANDLER_H
#define LUCI_HANDLER_H

#include <httpd.h>

/* The handler hook, before that of every other module, because mod_proxy ignores r->handler. */
int luci_endpoint_handle(request_rec *r);

#endif
