/* SPDX-License-Identifier: Apache-2.0 */
/* Floor 1. Targets of redirects and origins. Pure. */
#ifndef LUCI_URL_H
#define LUCI_URL_H

#include "result.h"

#include <apr_pools.h>
#include <apr_tables.h>

#define LUCI_NEXT_BYTES_MOST 2048

/* 1 when next is a path on this site that may go into a Location header: one leading '/', no second '/' or
 * '\' after it, no control characters (0x00-0x1f, 0x7f), no backslash, at most LUCI_NEXT_BYTES_MOST bytes.
 * NULL is 0.
 *
 * It refuses as well what a browser, a proxy or a server could turn into one of these. Everywhere, the query
 * too: percent-encoded control characters. In the path, as it stands and percent-decoded once and twice: a
 * backslash, and whatever resolves to "//", with dot segments, empty segments, ";parameters" and blanks
 * around a segment all read in the worst way ("/%2fevil", "/a/..//evil", "/;/evil"). Right behind the first
 * slash: characters that best-fit conversions make a slash (U+FF0F, U+2215, ...), which luci_url_location
 * would make harmless, but no page begins with one.
 *
 * A query may hold "//" and "%5C", and need not be UTF-8. */
int luci_url_is_local(const char *next);

/* base with "next=<path>" appended as a query parameter ("?" or "&", before any "#"); everything but
 * unreserved characters and '/' is percent-encoded (upper-case hex). */
const char *luci_url_with_next(const char *base, const char *next, apr_pool_t *pool);

/* The path is safe as a Location value: bytes outside printable ASCII and space, '"', '<', '>' are
 * percent-encoded; existing escapes stay. */
const char *luci_url_location(const char *path, apr_pool_t *pool);

/* An origin in its one spelling: lower-case scheme and host, default port left out ("https://example.org",
 * "http://[::1]:8080"). INVALID for anything that isn't exactly scheme://host[:port] with http or https
 * ("null", a path, a trailing slash, user info, blanks, control characters, two origins, port 0 or above
 * 65535 or with leading zeros, an empty host or port, a host of other characters than letters, digits, '-',
 * '.' and '_', a malformed IPv6 address). Names are compared as they are: "xn--" stays, and "example.org." is
 * not "example.org". */
luci_result_t luci_url_origin(const char *text, const char **origin, apr_pool_t *pool) LUCI_MUST_USE;

/* The origin of a request: scheme "http" or "https", host as in the Host header without the port (IPv6 in
 * brackets), port 0 = the default. */
luci_result_t luci_url_make_origin(const char *scheme, const char *host, int port, const char **origin,
                                   apr_pool_t *pool) LUCI_MUST_USE;

/* 1 when header (an Origin header as received, NULL allowed) is own or one of allowed (const char *, in the
 * one spelling). own may be NULL (unknown). */
int luci_url_origin_allowed(const char *header, const char *own, const apr_array_header_t *allowed,
                            apr_pool_t *scratch);

#endif
