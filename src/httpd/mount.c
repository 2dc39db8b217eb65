/* SPDX-License-Identifier: Apache-2.0 */
#include "mount.h"

#include "config.h"

#include <apr_strings.h>
#include <http_core.h>

static const struct {
    const char *handler;
    const char *path; /* below the mount; "" is the mount itself */
} endpoints[] = {
    [LUCI_ENDPOINT_SIGNUP] = { "luciauth-signup", "signup" },
    [LUCI_ENDPOINT_LOGIN] = { "luciauth-login", "login" },
    [LUCI_ENDPOINT_LOGOUT] = { "luciauth-logout", "logout" },
    [LUCI_ENDPOINT_PROFILE] = { "luciauth-profile", "" },
};

#define ENDPOINTS (sizeof endpoints / sizeof *endpoints)

static luci_endpoint_t by_path(const char *path)
{
    for (size_t i = LUCI_ENDPOINT_SIGNUP; i < ENDPOINTS; i++) {
        if (strcmp(path, endpoints[i].path) == 0)
            return (luci_endpoint_t)i;
    }
    return LUCI_ENDPOINT_NONE;
}

static luci_endpoint_t by_handler(const char *handler)
{
    for (size_t i = LUCI_ENDPOINT_SIGNUP; handler && i < ENDPOINTS; i++) {
        if (strcmp(handler, endpoints[i].handler) == 0)
            return (luci_endpoint_t)i;
    }
    return LUCI_ENDPOINT_NONE;
}

luci_route_t luci_mount_route(const request_rec *r)
{
    const char *mount = luci_config_server(r->server)->mount, *path = r->uri;
    luci_route_t route = { LUCI_ENDPOINT_NONE, 0 };
    size_t length;

    if (!mount || !path)
        return route;
    length = strcmp(mount, "/") == 0 ? 0 : strlen(mount);
    if (strncmp(path, mount, length) != 0)
        return route;
    path += length;
    if (*path == '\0' && length > 0) {
        route.endpoint = LUCI_ENDPOINT_PROFILE;
        return route;
    }
    if (*path++ != '/' || (*path == '\0' && length > 0)) /* "/a/" is not "/a" */
        return route;
    if (strcmp(path, "api") == 0 || strncmp(path, "api/", 4) == 0) {
        route.is_api = 1;
        path += path[3] == '/' ? 4 : 3;
    }
    route.endpoint = by_path(path);
    return route;
}

luci_route_t luci_route_of(const request_rec *r)
{
    luci_route_t route = luci_mount_route(r);
    core_dir_config *core;

    if (route.endpoint == LUCI_ENDPOINT_NONE)
        route.endpoint = by_handler(r->handler);
    if (route.endpoint != LUCI_ENDPOINT_NONE || !r->per_dir_config)
        return route;
    core = ap_get_core_module_config(r->per_dir_config);
    route.endpoint = core ? by_handler(core->handler) : LUCI_ENDPOINT_NONE;
    return route;
}

int luci_mount_claim(request_rec *r)
{
    luci_route_t route = luci_mount_route(r);

    if (route.endpoint == LUCI_ENDPOINT_NONE)
        return DECLINED;
    r->proxyreq = PROXYREQ_NONE;
    r->handler = endpoints[route.endpoint].handler;
    r->filename = apr_pstrcat(r->pool, "luciauth:", endpoints[route.endpoint].path, NULL);
    r->finfo.filetype = APR_NOFILE;
    r->path_info = NULL;
    return OK;
}
