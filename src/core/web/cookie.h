/* SPDX-License-Identifier: Apache-2.0 */
/* The session cookie as text: found in, taken out of, and written as headers. Pure.
 * Syntax: RFC 6265bis; read strictly (exact name, 40 characters of [a-z0-9]), because a value of
 * any other shape is not a session id. */
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

/* Finds the session id in a Cookie header (several headers joined by "; " or "," + space are NOT split at
 * commas: only ';' separates). OK: id is set, allocated from pool. NOT_FOUND: no cookie of that exact
 * (case-sensitive) name, or one of a wrong shape. CONFLICT: the name twice with different values, of whatever
 * shape. id is untouched then. header may be NULL. A quoted value ("...") is a wrong shape, and a blank
 * beside the '=' is part of the name or the value. */
luci_result_t luci_cookie_find(const char *header, const char *name, const char **id,
                               apr_pool_t *pool) LUCI_MUST_USE;

/* How many cookies of that name there are. */
int luci_cookie_count(const char *header, const char *name);

/* The value of the one cookie of that name, read as above but of any shape, from pool. NULL: there is none,
 * or several differ. */
const char *luci_cookie_value(const char *header, const char *name, apr_pool_t *pool);

/* Whether a string has the shape of a session id. */
int luci_cookie_is_session_id(const char *text);

/* The header without any cookie of that name (whatever its value, nameless ones kept): header itself when
 * there was none, NULL when nothing is left, else a new string from pool: what is left, to the byte. */
const char *luci_cookie_strip(const char *header, const char *name, apr_pool_t *pool);

/* The value of a Set-Cookie header: NAME=ID; [Domain=..; ]Path=..; Expires=<IMF-fixdate>; HttpOnly; [Secure;
 * ]SameSite=.. expires in ms since 1970 (rounded down to seconds; RFC 9110 dates: moments before 1970 become
 * its first, after 9999 its last). */
const char *luci_cookie_set(const luci_cookie_t *cookie, const char *id, luci_ms_t expires, apr_pool_t *pool);

/* The same that clears it: empty value, Expires at 1970-01-01, the same attributes. */
const char *luci_cookie_clear(const luci_cookie_t *cookie, apr_pool_t *pool);

/* NULL when browsers will take this cookie and read it as it's meant, else a sentence for the administrator
 * (a literal). Checks that the name is an RFC 6265 token, that the path starts with '/' and holds no ';',
 * blanks, control characters or non-ASCII, that the domain is a host name; then the prefixes __Host-,
 * __Secure- and __Http- (RFC 6265bis, 4.1.3; in any case, as newer browsers do) and SameSite=None.
 * cookie->secure counts when it's always sent with Secure. */
const char *luci_cookie_problem(const luci_cookie_t *cookie);

#endif
