/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/account/mount.h"

#include "httpd/account/endpoints.h"
#include "httpd/base/config.h"
#include "httpd/request/secret_query.h"
#include "httpd/request/state.h"

#include <apr_strings.h>
#include <http_core.h>
#include <http_request.h>

static const luci_endpoint_t *by_path(const char *path)
{
    for (const luci_endpoint_t *const *endpoint = luci_endpoints; *endpoint; endpoint++) {
        if ((*endpoint)->path && strcmp(path, (*endpoint)->path) == 0)
            return *endpoint;
    }
    return NULL;
}

/* Almost all requests have other paths, which the first comparison finds. */
static const luci_endpoint_t *by_well_known(const char *path)
{
    if (!path || path[0] != '/' || path[1] != '.')
        return NULL;
    for (const luci_endpoint_t *const *endpoint = luci_endpoints; *endpoint; endpoint++) {
        if ((*endpoint)->well_known && strcmp(path, (*endpoint)->well_known) == 0)
            return *endpoint;
    }
    return NULL;
}

static const luci_endpoint_t *by_handler(const char *handler)
{
    if (!handler || strncmp(handler, LUCI_ENDPOINT_HANDLER, strlen(LUCI_ENDPOINT_HANDLER)) != 0)
        return NULL;
    for (const luci_endpoint_t *const *endpoint = luci_endpoints; *endpoint; endpoint++) {
        if (strcmp(handler, (*endpoint)->handler) == 0)
            return *endpoint;
    }
    return NULL;
}

/* Finds a mounted endpoint by its exact path, as httpd decoded it. Almost all requests have other paths,
 * which differ from the mount within a few characters. */
static luci_route_t route_of_path(const char *mount, const char *path)
{
    luci_route_t route = { .is_api = 0 };
    int is_root = mount[1] == '\0';

    for (; !is_root && path && *mount && *path == *mount; mount++)
        path++;
    if (!path || (!is_root && *mount))
        return route;
    if (*path == '\0' && !is_root) {
        route.endpoint = by_path("");
        return route;
    }
    if (*path++ != '/' || (*path == '\0' && !is_root)) /* "/a/" is not "/a" */
        return route;
    if (strcmp(path, "api") == 0 || strncmp(path, "api/", 4) == 0) {
        route.is_api = 1;
        path += path[3] == '/' ? 4 : 3;
    }
    route.endpoint = by_path(path);
    return route;
}

/* The path without slashes that repeat or end it, as people and mail programs get it wrong. */
static const char *tidied(const char *path, apr_pool_t *pool)
{
    char *tidy = apr_pstrdup(pool, path), *end = tidy;

    for (const char *c = path; *c; c++) {
        if (*c != '/' || end == tidy || end[-1] != '/')
            *end++ = *c;
    }
    while (end > tidy + 1 && end[-1] == '/')
        end--;
    *end = '\0';
    return tidy;
}

static int is_near_secret(request_rec *r)
{
    const char *mount = luci_config_server(r->server)->mount;
    luci_route_t route = { .is_api = 0 };

    if (mount && r->uri)
        route = route_of_path(mount, tidied(r->uri, r->pool));
    if (!route.endpoint)
        return 0;
    return route.endpoint->has_secret_query ||
           (route.endpoint->secret_parameter &&
            luci_secret_query_has(r->args, route.endpoint->secret_parameter));
}

int luci_mount_hide_secret(request_rec *r)
{
    const luci_state_t *state = luci_state_begun(r);
    request_rec *last = r;
    int is_near = 0;

    if ((!r->args && !r->next) || (state && state->has_secret_query))
        return DECLINED;
    while (last->next)
        last = last->next;
    for (request_rec *each = r; each && !is_near; each = each->next)
        is_near = each->args && is_near_secret(each);
    if (is_near)
        (void)luci_secret_query_take(last);
    return DECLINED;
}

/* Computed at each call: that takes fewer instructions than storing the result. */
static luci_route_t mounted_route(request_rec *r)
{
    const luci_server_config_t *config = luci_config_server(r->server);
    luci_route_t route = { .is_api = 0 };

    if (!config->mount)
        return route;
    route = route_of_path(config->mount, r->uri);
    if (!route.endpoint && config->well_known)
        route.endpoint = by_well_known(r->uri);
    if (route.endpoint && route.endpoint->is_on && !route.endpoint->is_on(config))
        route.endpoint = NULL;
    if (route.endpoint && route.endpoint->well_known && !luci_config_has_password_page(r->server))
        route.endpoint = NULL;
    return route;
}

/* The handler of SetHandler; httpd copies it to r->handler only when it chooses a handler. */
static const char *handler_to_be(request_rec *r)
{
    const core_dir_config *core = r->per_dir_config ? ap_get_core_module_config(r->per_dir_config) : NULL;
    const char *problem = NULL, *handler;

    if (!core || !core->expr_handler)
        return core ? core->handler : NULL;
    handler = ap_expr_str_exec(r, core->expr_handler, &problem);
    return problem ? NULL : handler;
}

luci_route_t luci_route_of(request_rec *r)
{
    luci_route_t route = mounted_route(r);
    const char *handler;

    if (!route.endpoint)
        route.endpoint = by_handler(r->handler);
    if (route.endpoint)
        return route;
    handler = handler_to_be(r);
    route.endpoint = by_handler(handler);
    route.is_verifier = handler && strcmp(handler, LUCI_VERIFIER_HANDLER) == 0;
    return route;
}

/* httpd's core answers TRACE directly after this hook, with the cookie in the body. So for TRACE this
 * evaluates the sections with SetHandler itself. */
static luci_route_t claimed_route(request_rec *r)
{
    ap_conf_vector_t *before = r->per_dir_config;
    luci_route_t route = mounted_route(r);

    if (route.endpoint || r->method_number != M_TRACE)
        return route;
    if (ap_location_walk(r) == OK)
        route = luci_route_of(r);
    r->per_dir_config = before;
    return route;
}

int luci_mount_claim(request_rec *r)
{
    luci_route_t route = claimed_route(r);

    if (route.is_verifier) {
        r->handler = LUCI_VERIFIER_HANDLER;
        return OK;
    }
    if (!route.endpoint)
        return DECLINED;
    r->proxyreq = PROXYREQ_NONE;
    r->handler = route.endpoint->handler;
    r->filename = apr_pstrcat(
        r->pool, "luciauth:", route.endpoint->path ? route.endpoint->path : route.endpoint->well_known, NULL);
    r->finfo.filetype = APR_NOFILE;
    r->path_info = NULL;
    return OK;
}
