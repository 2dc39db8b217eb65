/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the endpoint of a request: by SetHandler luciauth-NAME anywhere, or by LuciaMount. */
#ifndef LUCI_MOUNT_H
#define LUCI_MOUNT_H

#include "httpd/account/endpoint.h"

#define LUCI_VERIFIER_HANDLER LUCI_ENDPOINT_HANDLER "verify"

typedef struct {
    const luci_endpoint_t *endpoint; /* NULL: none */
    int is_api;                      /* below api/ of LuciaMount: as with LuciaPages Off */
    int is_verifier;                 /* SetHandler luciauth-verify: the gate answers a proxy */
} luci_route_t;

/* Finds the route by the path, otherwise by r->handler, otherwise by SetHandler, which httpd may not have
 * applied yet.
 */
luci_route_t luci_route_of(request_rec *r);

/* The map_to_storage hook: gives mounted paths precedence over whatever covers them (files, ProxyPass,
 * rewrites), after redirects had their turn. For TRACE, paths with SetHandler too. */
int luci_mount_claim(request_rec *r);

/* For the log_transaction hook: hides the secret query (secret_query.h) of requests for an endpoint that has
 * one and did not get them, and for paths that differ from its own by slashes. */
int luci_mount_hide_secret(request_rec *r);

#endif
