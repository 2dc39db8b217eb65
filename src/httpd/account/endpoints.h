/* SPDX-License-Identifier: Apache-2.0 */
/* The handlers of sign-up, sign-in, sign-out and profile: from an outcome to a status and a page,
 * with no rules of their own (doc/specification.md, S1 and S3). */
#ifndef LUCI_ENDPOINTS_H
#define LUCI_ENDPOINTS_H

#include <httpd.h>

/* The handler hook, before every other module's: mod_proxy would take what it covers without looking at
 * r->handler. */
int luci_endpoints_handle(request_rec *r);

#endif
