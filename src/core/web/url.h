/* SPDX-License-Identifier: Apache-2.0 */
/* Targets of redirects and origins. Pure. */
#ifndef LUCI_URL_H
#define LUCI_URL_H

#include "core/base/result.h"

#include <apr_pools.h>
#include <apr_tables.h>

#define LUCI_NEXT_BYTES_MAX 8000

/* 1 when next is a path on this site that may go into a Location header: one leading '/', no second '/' or
 * '\' after it, no raw control character anywhere (0x00-0x1f, 0x7f), at most LUCI_NEXT_BYTES_MAX bytes. NULL
 * is 0.
 *
 * In the path it refuses as well what a browser, a proxy or a server could turn into one of these, as it
 * stands and percent-decoded once and twice: control characters, a backslash, and whatever resolves to "//",
 * with dot segments, empty segments, ";parameters" and blanks around a segment all read in the worst way
 * ("/%2fevil", "/a/..//evil", "/;/evil"). Right behind the first slash: characters that best-fit conversions
 * make a slash (U+FF0F, U+2215, ...), which luci_url_location would make harmless, but no page begins with
 * one.
 *
 * Query and fragment never decide where a URL leads. They may hold "//", a backslash and encoded control
 * characters ("q=a%0Ab", as a form with a text area sends it), and need not be UTF-8. */
int luci_url_is_local(const char *next);

/* Where next leads, if it may: next itself when it is local; a URL on an origin of return_to (const char *,
 * in the one spelling; NULL: none), with the origin in that spelling, when what follows the origin is local.
 * NULL otherwise. From pool. */
const char *luci_url_next(const char *next, const apr_array_header_t *return_to, apr_pool_t *pool);

/* 1 for a URL that begins with a scheme. Of those that configuration and luci_url_next let through. */
int luci_url_is_absolute(const char *url);

/* base with "next=<next>" appended as a query parameter ("?" or "&", before any "#"); everything but
 * unreserved characters and '/' is percent-encoded (upper-case hex). Where that is longer than max bytes,
 * whatever a query may hold as it is stays so. NULL when that is still too long. */
const char *luci_url_with_next(const char *base, const char *next, size_t max, apr_pool_t *pool);

/* The path is safe as a Location value: bytes outside printable ASCII and space, '"', '<', '>', '\\' are
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
