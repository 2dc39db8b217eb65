/* SPDX-License-Identifier: Apache-2.0 */
/* Checks targets of redirects, and compares origins. Pure. This is our own implementation, because a library
 * would parse a URL in one way, whereas a redirect must be safe for every browser, proxy and server that
 * reads it. */
#ifndef LUCI_URL_H
#define LUCI_URL_H

#include "core/base/result.h"

#include <apr_pools.h>
#include <apr_tables.h>

#define LUCI_NEXT_BYTES_MAX 8000 /* of a target, unencoded */

/* 1 if next is a path on this site that may be put into a Location header: it begins with exactly one '/',
 * which is not followed by another '/' or a '\', and it has no control character (U+0000 to U+001F, U+007F to
 * U+009F) and at most LUCI_NEXT_BYTES_MAX bytes. 0 for NULL.
 *
 * The path must not be a text either that a browser, a proxy or a server could turn into one that violates
 * these rules, as it is and after percent-decoding it once or twice: it has no control characters and no
 * backslash, and it does not resolve to "//", if dot segments, empty segments, ";parameters" and spaces
 * around a segment are read in the most harmful way ("/%2fevil", "/a/..//evil", "/;/evil"). The first slash
 * is not followed by a character that best-fit conversions turn into a slash (U+FF0F, U+2215, ...);
 * luci_url_location would make these harmless, but no page has such a path.
 *
 * Query and fragment have no influence on where a URL leads. They may contain "//", a backslash and encoded
 * control characters ("q=a%0Ab", which a form with a text area sends), and need not be UTF-8. */
int luci_url_is_local(const char *next);

/* The target to redirect to, from pool: next itself if it is local; or, if it is a URL with an origin in
 * return_to (const char *, canonical; NULL: none) and the rest is local, that URL with the origin in
 * canonical form. NULL: the target is not allowed. */
const char *luci_url_next(const char *next, const apr_array_header_t *return_to, apr_pool_t *pool);

/* 1 if a URL begins with a scheme. url is one that the configuration or luci_url_next has accepted. */
int luci_url_is_absolute(const char *url);

/* base with the query parameter "next=<next>" appended (after "?" or "&", before any "#"), from pool. All
 * characters except for unreserved ones and '/' are percent-encoded in upper-case hex. If the result is
 * longer than max bytes, the characters that a query may contain stay unencoded. NULL: it is still too
 * long. */
const char *luci_url_with_next(const char *base, const char *next, size_t max, apr_pool_t *pool);

/* The path encoded for a Location header, from pool: bytes outside printable ASCII and space, '"', '<', '>',
 * '\\' are percent-encoded; existing escapes stay. */
const char *luci_url_location(const char *path, apr_pool_t *pool);

/* Parses an origin; *origin is its canonical form, from pool: scheme and host in lower case, without the
 * default port ("https://example.org", "http://[::1]:8080"). INVALID: anything other than
 * scheme://host[:port] with http or https, such as "null", a path, a trailing slash, user info, spaces,
 * control characters, two origins, a port of 0, above 65535 or with leading zeros, an empty host or port, a
 * host with characters other than letters, digits, '-', '.' and '_', or a malformed IPv6 address. Names are
 * not converted: "xn--" stays, and "example.org." differs from "example.org". */
luci_result_t luci_url_origin(const char *text, const char **origin, apr_pool_t *pool) LUCI_MUST_USE;

/* Makes the canonical origin of a request, from pool. scheme is "http" or "https"; host is that of the Host
 * header without the port (IPv6 in brackets); port 0 is the default port. INVALID as above. */
luci_result_t luci_url_make_origin(const char *scheme, const char *host, int port, const char **origin,
                                   apr_pool_t *pool) LUCI_MUST_USE;

/* 1 if header, an Origin header as received, is own or one of allowed (const char *). Both are canonical and
 * may be NULL, and so may header. */
int luci_url_origin_allowed(const char *header, const char *own, const apr_array_header_t *allowed,
                            apr_pool_t *scratch);

#endif
