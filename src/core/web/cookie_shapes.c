/* SPDX-License-Identifier: Apache-2.0 */
#include "core/web/cookie_shapes.h"

#include <apr_strings.h>
#include <string.h>
#include <strings.h>

#define LABELS_MAX 6 /* domains with more labels than this are skipped, except for the host itself */
#define NAME_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._"

/* Browsers ignore a leading dot. */
static const char *bare_domain(const char *domain)
{
    return domain && *domain == '.' ? domain + 1 : domain;
}

int luci_cookie_is_same(const luci_cookie_t *cookie, const luci_cookie_t *other)
{
    const char *domain = bare_domain(cookie->domain), *other_domain = bare_domain(other->domain);

    return strcmp(cookie->name, other->name) == 0 && strcmp(cookie->path, other->path) == 0 &&
           !domain == !other_domain && (!domain || strcasecmp(domain, other_domain) == 0);
}

static void add(apr_array_header_t *shapes, const luci_cookie_t *cookie, const char *domain, const char *path)
{
    luci_cookie_t shape = *cookie;

    shape.domain = domain;
    shape.path = path;
    if (shapes->nelts >= LUCI_COOKIE_SHAPES_MAX || luci_cookie_is_same(&shape, cookie) ||
        luci_cookie_problem(&(luci_cookie_t){ .name = "a", .path = path, .domain = domain }))
        return;
    for (int i = 0; i < shapes->nelts; i++) {
        if (luci_cookie_is_same(&shape, &APR_ARRAY_IDX(shapes, i, luci_cookie_t)))
            return;
    }
    APR_ARRAY_PUSH(shapes, luci_cookie_t) = shape;
}

static void add_paths(apr_array_header_t *shapes, const luci_cookie_t *cookie, const char *domain)
{
    add(shapes, cookie, domain, cookie->path);
    add(shapes, cookie, domain, "/");
}

/* The number of labels of a host name; 0 if it is an address or not a host name. */
static int labels_of(const char *host)
{
    const char *last = strrchr(host, '.');
    int labels = 1;

    if (!*host || host[strspn(host, NAME_CHARACTERS)] || !last || strspn(last, ".0123456789") == strlen(last))
        return 0;
    for (const char *c = host; *c; c++)
        labels += *c == '.';
    return labels;
}

static void add_domains(apr_array_header_t *shapes, const luci_cookie_t *cookie, const char *host)
{
    int labels = labels_of(host);

    for (const char *domain = host; labels >= 2; labels--) {
        if (domain == host || labels <= LABELS_MAX)
            add_paths(shapes, cookie, domain);
        domain = strchr(domain, '.') + 1;
    }
}

/* For the path "/a/b": "/a" and "/a/", because a cookie without a Path gets the folder "/a"; and "/a/b",
 * because some applications write that. */
static void add_folders(apr_array_header_t *shapes, const luci_cookie_t *cookie, const char *path,
                        apr_pool_t *pool)
{
    size_t length = strcspn(path, "?#");

    for (size_t i = 1; i <= length; i++) {
        if (i < length && path[i] != '/')
            continue;
        add(shapes, cookie, NULL, apr_pstrmemdup(pool, path, i));
        if (i < length)
            add(shapes, cookie, NULL, apr_pstrmemdup(pool, path, i + 1));
    }
}

apr_array_header_t *luci_cookie_shapes(const luci_cookie_t *cookie, const char *host, const char *path,
                                       apr_pool_t *pool)
{
    apr_array_header_t *shapes = apr_array_make(pool, LUCI_COOKIE_SHAPES_MAX, sizeof(luci_cookie_t));

    if (strncasecmp(cookie->name, "__Host-", 7) == 0)
        return shapes;
    add_paths(shapes, cookie, NULL);
    if (host)
        add_domains(shapes, cookie, host);
    if (cookie->domain)
        add_paths(shapes, cookie, cookie->domain);
    if (path && *path == '/')
        add_folders(shapes, cookie, path, pool);
    return shapes;
}
