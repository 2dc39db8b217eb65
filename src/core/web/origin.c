/* SPDX-License-Identifier: Apache-2.0 */
#include "core/web/origin.h"
#include "core/web/url.h"

#include <apr_strings.h>
#include <string.h>
#include <strings.h>

#define SANDBOX "it was a sandboxed frame, a data: page, or a form that another site redirected here"
#define NO_REFERRER                                                                                          \
    "if the page is this site's own, serve it over https, or write Header always set Referrer-Policy "       \
    "same-origin "                                                                                           \
    "where it says no-referrer"

/* A header that is not empty; otherwise NULL. */
static const char *non_empty(const char *header)
{
    return header && *header ? header : NULL;
}

luci_origin_t luci_origin_judge(const luci_origin_claim_t *claim, apr_pool_t *scratch)
{
    const char *site = non_empty(claim->fetch_site), *own = claim->own;

    if (site && (strcmp(site, "same-origin") == 0 || strcmp(site, "none") == 0))
        return LUCI_ORIGIN_OWN;
    if (site)
        own = NULL;
    else if (!claim->origin)
        return LUCI_ORIGIN_MISSING;
    return luci_url_origin_allowed(claim->origin, own, claim->allowed, scratch) ? LUCI_ORIGIN_OWN
                                                                                : LUCI_ORIGIN_FOREIGN;
}

/* The part of an origin after the scheme. */
static const char *authority_of(const char *origin)
{
    return strstr(origin, "://") + 3;
}

/* The length of the host in an authority. */
static size_t host_bytes(const char *authority)
{
    const char *bracket = strchr(authority, ']');

    return bracket ? (size_t)(bracket - authority) + 1 : strcspn(authority, ":");
}

static int is_same_host(const char *authority, const char *other)
{
    size_t length = host_bytes(authority);

    return length == host_bytes(other) && memcmp(authority, other, length) == 0;
}

/* 1 if X-Forwarded-Host, which proxies add, names the host that the browser requested. */
static int is_forwarded(const char *forwarded, const char *authority)
{
    size_t length = host_bytes(authority);

    return forwarded && strncasecmp(forwarded, authority, length) == 0 &&
           (forwarded[length] == '\0' || forwarded[length] == ':');
}

/* The configuration that helps if a proxy changed the origin. origin differs from own, and both are
 * canonical. NULL: a proxy does not explain the difference. */
static const char *proxy_advice(const char *origin, const char *own, const char *forwarded, apr_pool_t *pool)
{
    const char *theirs = authority_of(origin), *ours = authority_of(own);
    int other_authority = strcmp(theirs, ours) != 0;
    int other_scheme = (theirs - origin) != (ours - own);

    if (!is_same_host(theirs, ours) && !is_forwarded(forwarded, theirs))
        return NULL;
    return apr_pstrcat(
        pool, "a proxy in front of this server changes what the browser asked for; write ",
        other_authority ? "ProxyPreserveHost On in the proxy (nginx: proxy_set_header Host $http_host)" : "",
        other_authority && other_scheme ? ", and " : "",
        other_scheme ? apr_pstrcat(pool, "ServerName ", origin, " in this server", NULL) : "", NULL);
}

luci_origin_advice_t luci_origin_advise(const luci_origin_claim_t *claim, apr_pool_t *pool)
{
    const char *origin = NULL, *proxy = NULL;

    if (!claim->origin)
        return (luci_origin_advice_t){ LUCI_REFUSED_MISSING,
                                       "a program has to send this site's Origin, or a Bearer token where "
                                       "LuciaBearer is On" };
    if (strcmp(claim->origin, "null") == 0)
        return (luci_origin_advice_t){ LUCI_REFUSED_NULL,
                                       non_empty(claim->fetch_site) ? SANDBOX : NO_REFERRER };
    if (luci_url_origin(claim->origin, &origin, pool) != LUCI_OK)
        return (luci_origin_advice_t){ LUCI_REFUSED_MALFORMED,
                                       "no browser sends such an Origin; look for a proxy that changes it" };
    if (!non_empty(claim->fetch_site) && claim->own)
        proxy = proxy_advice(origin, claim->own, claim->forwarded_host, pool);
    if (proxy)
        return (luci_origin_advice_t){ LUCI_REFUSED_PROXY, proxy };
    return (luci_origin_advice_t){ LUCI_REFUSED_FOREIGN,
                                   apr_pstrcat(pool, "if its pages may act here, write LuciaAllowedOrigins ",
                                               origin, NULL) };
}
