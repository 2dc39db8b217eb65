/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a request comes from a page of this site, and what helps when it is refused. Pure. */
#ifndef LUCI_ORIGIN_H
#define LUCI_ORIGIN_H

#include <apr_pools.h>
#include <apr_tables.h>

typedef enum {
    LUCI_ORIGIN_OWN,     /* a page of this site, or of an allowed origin */
    LUCI_ORIGIN_FOREIGN, /* any other page */
    LUCI_ORIGIN_MISSING  /* neither header was sent: the client is no browser */
} luci_origin_t;

/* What is known about a request; strings are borrowed. */
typedef struct {
    const char *fetch_site;            /* the Sec-Fetch-Site header as received; NULL: none */
    const char *origin;                /* the Origin header as received; NULL: none */
    const char *own;                   /* this site's origin in the one spelling of url.h; NULL: unknown */
    const char *forwarded_host;        /* the X-Forwarded-Host header, used for advice only; NULL: none */
    const apr_array_header_t *allowed; /* const char *, in the one spelling; NULL: none */
} luci_origin_claim_t;

/* Judges a request that may change something.
 *
 * Sec-Fetch-Site decides where it was sent. The browser computes it by comparing the page with the URL that
 * it asks for, so it stays right when a proxy changes the scheme, the host or the port on the way, and when a
 * page with "Referrer-Policy: no-referrer" makes the browser send "Origin: null". No script can set it,
 * because names that begin with "Sec-" are forbidden to scripts, so "same-origin" and "none" (a person acted
 * in the browser itself) admit the request whatever Origin reads. "same-site" is another origin: a neighbour
 * subdomain is not this site. That and "cross-site" are admitted only when Origin is an allowed one; this
 * site's own Origin does not help there, because no browser sends the two together. Any other value is
 * treated as cross-site: a value of the future must not open the door.
 *
 * Browsers send Sec-Fetch-Site over https and to localhost only, and old ones never. Without it (or with an
 * empty one) Origin has to be this site's own or an allowed one; "null" is any sandboxed page, and foreign.
 * Without both headers no browser sent the request, because they send Origin with all methods but GET and
 * HEAD. The caller decides what such a client may do. */
luci_origin_t luci_origin_judge(const luci_origin_claim_t *claim, apr_pool_t *scratch);

/* Why a request was not admitted, as far as its headers tell. Each kind is logged apart from the others. */
typedef enum {
    LUCI_REFUSED_FOREIGN, /* a page of another origin; it may be a site of the administrator's own */
    LUCI_REFUSED_PROXY,   /* a page of this site, but a proxy in front changed the scheme, host or port */
    LUCI_REFUSED_NULL,    /* "null" without Sec-Fetch-Site: a page with no-referrer over http, or a sandbox */
    LUCI_REFUSED_MALFORMED, /* an Origin that is none */
    LUCI_REFUSED_MISSING,   /* neither header */
    LUCI_REFUSALS           /* how many kinds there are */
} luci_refusal_t;

typedef struct {
    luci_refusal_t kind;
    const char *advice; /* the line of configuration that helps, as the end of a sentence */
} luci_origin_advice_t;

/* What to tell the administrator about a claim that was not judged OWN; strings come from pool. */
luci_origin_advice_t luci_origin_advise(const luci_origin_claim_t *claim, apr_pool_t *pool);

#endif
