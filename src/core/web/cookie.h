/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the session cookie in Cookie headers, removes it from them, and formats Set-Cookie headers (RFC
 * 6265bis). Pure. Reading is strict: the name must match exactly, and the value must be 40 characters of
 * [a-z0-9], because a value of any other form is not a session id. This is our own implementation, because
 * httpd's functions need a request, and ap_cookie_read rejects a name that occurs twice, even with the same
 * value. */
#ifndef LUCI_COOKIE_H
#define LUCI_COOKIE_H

#include "core/base/result.h"
#include "core/base/settings.h"

#include <apr_pools.h>

typedef enum { LUCI_SAMESITE_LAX, LUCI_SAMESITE_STRICT, LUCI_SAMESITE_NONE } luci_samesite_t;

/* A cookie's name and attributes; strings are borrowed. */
typedef struct {
    const char *name;
    const char *path;
    const char *domain; /* NULL: host-only */
    luci_samesite_t samesite;
    int secure;
} luci_cookie_t;

/* Finds the session id in a Cookie header. Only ";" separates cookies, not ",", with which httpd joins
 * several headers. OK: *id is from pool. NOT_FOUND: the header has no cookie of exactly this name
 * (case-sensitive), or its value is not a session id. CONFLICT: it has the name twice, with different values
 * of any form. *id is set with OK only. header may be NULL. A quoted value ("...") is not a session id, and a
 * space beside "=" is part of the name or the value. */
luci_result_t luci_cookie_find(const char *header, const char *name, const char **id,
                               apr_pool_t *pool) LUCI_MUST_USE;

/* The number of cookies of this name in a header, which may be NULL. */
int luci_cookie_count(const char *header, const char *name);

/* The value of the cookie of this name, in any form, from pool. NULL: the header has no such cookie, or
 * several with different values. */
const char *luci_cookie_value(const char *header, const char *name, apr_pool_t *pool);

/* 1 if a string has the form of a session id. text may be NULL. */
int luci_cookie_is_session_id(const char *text);

/* The header without all cookies of this name and of the other one, which may be NULL, whatever their values;
 * everything else stays unchanged to the byte. Returns header itself if it has no such cookie, NULL if
 * nothing is left, otherwise a new string from pool. */
const char *luci_cookie_strip(const char *header, const char *name, const char *other, apr_pool_t *pool);

/* Formats the value of a Set-Cookie header, from pool: NAME=ID; [Domain=..; ]Path=..; Expires=<IMF-fixdate>;
 * HttpOnly; [Secure; ]SameSite=.. expires is in ms since 1970 and is rounded down to seconds. RFC 9110 dates
 * have four digits for the year, so that times before 1970 become 1970-01-01 and times after 9999 become the
 * last second of 9999. */
const char *luci_cookie_set(const luci_cookie_t *cookie, const char *id, luci_ms_t expires, apr_pool_t *pool);

/* The same for a cookie that deletes it: an empty value, Expires at 1970-01-01, and the same attributes. */
const char *luci_cookie_clear(const luci_cookie_t *cookie, apr_pool_t *pool);

/* Checks whether browsers accept a cookie with these attributes: the name is an RFC 6265 token; the path
 * starts with '/' and contains no ';', spaces, control characters or non-ASCII characters; the domain is a
 * host name; the prefixes __Host-, __Secure- and __Http- (RFC 6265bis, 4.1.3, in any case, as newer browsers
 * read them) and SameSite=None fit the other attributes. cookie->secure must be 1 only if every response sets
 * Secure. NULL: browsers accept it; otherwise a sentence for the administrator, a constant. */
const char *luci_cookie_problem(const luci_cookie_t *cookie);

#endif
