/* SPDX-License-Identifier: Apache-2.0 */
/* Decides whether a request comes from a page of this site, and advises the administrator about a request
 * that does not. Pure. */
#ifndef LUCI_ORIGIN_H
#define LUCI_ORIGIN_H

#include <apr_pools.h>
#include <apr_tables.h>

typedef enum {
    LUCI_ORIGIN_OWN,     /* a page of this site, or of an allowed origin */
    LUCI_ORIGIN_FOREIGN, /* any other page */
    LUCI_ORIGIN_MISSING  /* neither header was sent: the client is not a browser */
} luci_origin_t;

/* What is known about a request; strings are borrowed. */
typedef struct {
    const char *fetch_site;            /* the Sec-Fetch-Site header as received; NULL: none */
    const char *origin;                /* the Origin header as received; NULL: none */
    const char *own;                   /* this site's origin in canonical form (url.h); NULL: unknown */
    const char *forwarded_host;        /* the X-Forwarded-Host header, used only for advice; NULL: none */
    const apr_array_header_t *allowed; /* const char *, in canonical form; NULL: none */
} luci_origin_claim_t;

/* Judges a request that may change something.
 *
 * Sec-Fetch-Site decides if it was sent. The browser computes it by comparing the page with the URL that it
 * requests, so that it stays correct when a proxy changes the scheme, the host or the port, and when a page
 * with "Referrer-Policy: no-referrer" makes the browser send "Origin: null". Scripts cannot set it, because
 * names that begin with "Sec-" are forbidden to them. So "same-origin" and "none" (the user acted in the
 * browser itself) admit the request whatever the value of Origin is. "same-site" is another origin: a page of
 * a neighbouring subdomain is not a page of this site. "same-site" and "cross-site" are admitted only if
 * Origin is an allowed one; this site's own Origin does not help, because no browser sends the two together.
 * Any other value is treated as cross-site, so that a value that is defined in the future admits nothing.
 *
 * Browsers send Sec-Fetch-Site only over https and to localhost, and old browsers never do. Without it (or if
 * it is empty), Origin must be this site's own or an allowed one; "null" stands for any sandboxed page and is
 * foreign. A request without both headers was not sent by a browser, because browsers send Origin with all
 * methods except GET and HEAD. The caller decides what such a client may do. */
luci_origin_t luci_origin_judge(const luci_origin_claim_t *claim, apr_pool_t *scratch);

/* Why a request was not admitted, as far as its headers tell. The kinds are logged separately. */
typedef enum {
    LUCI_REFUSED_FOREIGN, /* a page of another origin, which may be another site of the administrator */
    LUCI_REFUSED_PROXY,   /* a page of this site, but a proxy changed the scheme, the host or the port */
    LUCI_REFUSED_NULL,    /* "null" without Sec-Fetch-Site: a page with no-referrer over http, or a sandbox */
    LUCI_REFUSED_MALFORMED, /* the Origin is not an origin */
    LUCI_REFUSED_MISSING,   /* neither header */
    LUCI_REFUSALS           /* the number of kinds */
} luci_refusal_t;

typedef struct {
    luci_refusal_t kind;
    const char *advice; /* the configuration that helps, as the end of a sentence */
} luci_origin_advice_t;

/* Advice for the administrator about a claim that was not judged OWN; strings are from pool or constant. */
luci_origin_advice_t luci_origin_advise(const luci_origin_claim_t *claim, apr_pool_t *pool);

#endif
