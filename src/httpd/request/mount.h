/* SPDX-License-Identifier: Apache-2.0 */
/* Which endpoint a request is for: by SetHandler luciauth-NAME anywhere, or by LuciaMount. */
#ifndef LUCI_MOUNT_H
#define LUCI_MOUNT_H

#include <httpd.h>

typedef enum {
    LUCI_ENDPOINT_NONE,
    LUCI_ENDPOINT_SIGNUP,
    LUCI_ENDPOINT_LOGIN,
    LUCI_ENDPOINT_LOGOUT,
    LUCI_ENDPOINT_PROFILE
} luci_endpoint_t;

typedef struct {
    luci_endpoint_t endpoint;
    int is_api; /* below api/ of LuciaMount: as if LuciaPages Off */
} luci_route_t;

/* By the path alone: exact, after httpd's own decoding. */
luci_route_t luci_mount_route(const request_rec *r);

/* By the path, else by r->handler, else by what SetHandler will make it (before the handler is chosen). */
luci_route_t luci_route_of(request_rec *r);

/* The map_to_storage hook: takes mounted paths away from whatever covers them (files, ProxyPass, rewrites),
 * after redirects had their turn. For TRACE, paths with SetHandler too. */
int luci_mount_claim(request_rec *r);

#endif
