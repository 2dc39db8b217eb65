/* SPDX-License-Identifier: Apache-2.0 */
/* The request that a proxy in front asks about (forward-auth): its URL and method, from the headers of one of
 * two kinds of proxies. Pure. Whatever is missing, doubled, or of both kinds at once makes no request:
 * proxies pass on headers of their clients, so that a client could otherwise choose what is asked about. */
#ifndef LUCI_FORWARDED_H
#define LUCI_FORWARDED_H

#include "core/base/result.h"

#include <apr_pools.h>
#include <apr_tables.h>

/* Headers as received, NULL: absent. httpd has joined those that occur twice with ", ", which no value may
 * contain. */
typedef struct {
    const char *original_url;    /* X-Original-URL: what nginx is configured to send */
    const char *original_method; /* X-Original-Method */
    const char *method;          /* X-Forwarded-Method, and the following: what Caddy and Traefik send */
    const char *proto;           /* X-Forwarded-Proto */
    const char *host;            /* X-Forwarded-Host */
    const char *uri;             /* X-Forwarded-Uri */
} luci_forwarded_headers_t;

/* Strings are from the pool, or borrowed. */
typedef struct luci_forwarded_t {
    int is_original;    /* 1: X-Original-URL; the proxy expects 401, and redirects by its Location */
    const char *method; /* upper case; "": X-Original-Method was not sent, so that it may be any */
    const char *origin; /* canonical (luci_url_origin), of a host that is allowed */
    const char *target; /* path and query; begins with '/'; printable, without white space */
} luci_forwarded_t;

/* Reads the request. hosts (const char *): HOST or HOST:PORT in lower case; without a port, the default port
 * of either scheme. INVALID: *problem is a phrase about the headers, without their values. */
luci_result_t luci_forwarded_read(const luci_forwarded_headers_t *headers, const apr_array_header_t *hosts,
                                  luci_forwarded_t *request, const char **problem,
                                  apr_pool_t *pool) LUCI_MUST_USE;

#endif
