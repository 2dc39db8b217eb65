/* SPDX-License-Identifier: Apache-2.0 */
/* The shapes (name, domain, path) in which a browser may hold other cookies with the session cookie's name.
 * Pure.
 *
 * A browser distinguishes cookies by name, domain and path, and sends all that match a URL, without telling
 * which is which. A second cookie of the name is the result of a changed LuciaCookieDomain or
 * LuciaCookiePath, of a neighbouring host that sets one for the parent domain, or of another application on
 * this host. A server can delete a cookie only by naming its shape, so that it has to name all of them. */
#ifndef LUCI_COOKIE_SHAPES_H
#define LUCI_COOKIE_SHAPES_H

#include "core/web/cookie.h"

#include <apr_tables.h>

/* The maximum number of shapes. It is bounded by proxies that limit the size of a response header (nginx: 4
 * KiB). */
#define LUCI_COOKIE_SHAPES_MAX 20

/* All shapes (luci_cookie_t, from pool) that another cookie of this name can have on this host, except for
 * cookie's own: host-only, the host's domain and each parent domain of two labels or more (browsers refuse
 * public suffixes), each with the paths "/" and cookie's own; and host-only with each folder of path, which
 * is the default for cookies that a script sets without a Path. host is the request's host without a port;
 * NULL: unknown. path is the path of the request as the browser sent it. Empty for a name with the prefix
 * __Host-, which has only one shape. */
apr_array_header_t *luci_cookie_shapes(const luci_cookie_t *cookie, const char *host, const char *path,
                                       apr_pool_t *pool);

/* 1 if a browser takes both for the same cookie, so that one replaces the other. */
int luci_cookie_is_same(const luci_cookie_t *cookie, const luci_cookie_t *other);

#endif
