/* SPDX-License-Identifier: Apache-2.0 */
/* The list of all endpoints. */
#ifndef LUCI_ENDPOINTS_H
#define LUCI_ENDPOINTS_H

#include "httpd/account/endpoint.h"

/* Ends with NULL. */
extern const luci_endpoint_t *const luci_endpoints[];

#endif
