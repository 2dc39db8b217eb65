/* SPDX-License-Identifier: Apache-2.0 */
/* The shapes that a stray cookie of the session cookie's name can have. Pure.
 *
 * A browser keeps cookies apart by name, domain and path, and sends all that match a URL, without saying
 * which is which. A second one comes from a changed LuciaCookieDomain or LuciaCookiePath, from a neighbour
 * host that sets one for the parent domain, or from another application on this host. A server removes a
 * cookie only by naming its shape, so it has to name them all. */
#ifndef LUCI_COOKIE_SHAPES_H
#define LUCI_COOKIE_SHAPES_H

#include "core/web/cookie.h"

#include <apr_tables.h>

/* At most so many: proxies in front bound the size of an answer's header (nginx: 4 KiB). */
#define LUCI_COOKIE_SHAPES_MAX 20

/* All shapes (luci_cookie_t) but cookie's own that a cookie of its name can have on this host: host-only, for
 * the host and for each parent domain of two labels or more (browsers refuse those that are public suffixes),
 * each with "/" and cookie's path; and host-only with each folder of path, where scripts without a Path leave
 * theirs. host is the request's, without a port; NULL: unknown. path is the path that the browser asked for,
 * as it was sent. Empty for a __Host- name, which browsers keep in one shape only. */
apr_array_header_t *luci_cookie_shapes(const luci_cookie_t *cookie, const char *host, const char *path,
                                       apr_pool_t *pool);

/* 1 when a browser takes both for the same cookie: one replaces the other. */
int luci_cookie_is_same(const luci_cookie_t *cookie, const luci_cookie_t *other);

#endif
