/* SPDX-License-Identifier: Apache-2.0 */
#include "core/web/forwarded.h"

#include "core/web/url.h"

#include <apr_lib.h>
#include <apr_strings.h>

#include <string.h>

#define METHOD_MAX 32

/* Printable, without white space, so that it is one value. Bytes above ASCII are allowed, as nginx passes
 * them. */
static int is_one_value(const char *text)
{
    for (const char *c = text; *c; c++) {
        if ((unsigned char)*c <= 0x20 || *c == 0x7f)
            return 0;
    }
    return *text != '\0';
}

static int is_method(const char *text)
{
    size_t length = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ-");

    return length > 0 && length <= METHOD_MAX && text[length] == '\0';
}

/* Traefik names a WebSocket's scheme. */
static const char *scheme_of(const char *proto)
{
    static const struct {
        const char *proto;
        const char *scheme;
    } known[] = { { "http", "http" }, { "https", "https" }, { "ws", "http" }, { "wss", "https" } };

    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strcmp(proto, known[i].proto) == 0)
            return known[i].scheme;
    }
    return NULL;
}

static int is_allowed(const char *origin, const apr_array_header_t *hosts, apr_pool_t *pool)
{
    const char *scheme = apr_pstrmemdup(pool, origin, (size_t)(strstr(origin, "://") - origin));

    for (int i = 0; i < hosts->nelts; i++) {
        const char *allowed;

        if (luci_url_origin(apr_pstrcat(pool, scheme, "://", APR_ARRAY_IDX(hosts, i, const char *), NULL),
                            &allowed, pool) == LUCI_OK &&
            strcmp(allowed, origin) == 0)
            return 1;
    }
    return 0;
}

/* Sets origin and target from the two parts of a URL. */
static const char *take(luci_forwarded_t *request, const char *origin, const char *target,
                        const apr_array_header_t *hosts, apr_pool_t *pool)
{
    if (luci_url_origin(origin, &request->origin, pool) != LUCI_OK)
        return "the scheme or the host is malformed";
    if (!is_allowed(request->origin, hosts, pool))
        return "LuciaForwardHosts does not name the host";
    if (*target != '/' || strchr(target, '#'))
        return "the path does not begin with a slash, or has a fragment";
    request->target = target;
    return NULL;
}

static const char *read_original(const luci_forwarded_headers_t *headers, const apr_array_header_t *hosts,
                                 luci_forwarded_t *request, apr_pool_t *pool)
{
    const char *url = headers->original_url, *authority;
    size_t length;

    if (headers->method || headers->proto || headers->host || headers->uri)
        return "it has X-Forwarded-Method, -Proto, -Host or -Uri as well";
    if (!url)
        return "X-Original-Method came without X-Original-URL";
    if (!is_one_value(url) || !(authority = strstr(url, "://")))
        return "X-Original-URL is not one absolute URL";
    if (headers->original_method && !is_method(headers->original_method))
        return "X-Original-Method is not one method";
    length = (size_t)(authority - url) + 3;
    length += strcspn(url + length, "/?#\\");
    request->is_original = 1;
    request->method = headers->original_method ? headers->original_method : "";
    return take(request, apr_pstrmemdup(pool, url, length), url + length, hosts, pool);
}

static const char *read_forwarded(const luci_forwarded_headers_t *headers, const apr_array_header_t *hosts,
                                  luci_forwarded_t *request, apr_pool_t *pool)
{
    const char *scheme;

    if (!headers->method || !headers->proto || !headers->host || !headers->uri)
        return "X-Original-URL, or one of X-Forwarded-Method, -Proto, -Host and -Uri, is missing";
    if (!is_method(headers->method))
        return "X-Forwarded-Method is not one method";
    scheme = scheme_of(headers->proto);
    if (!scheme)
        return "X-Forwarded-Proto is not one of http, https, ws and wss";
    if (!is_one_value(headers->host) || strpbrk(headers->host, "/?#\\@,"))
        return "X-Forwarded-Host is not one host";
    if (!is_one_value(headers->uri))
        return "X-Forwarded-Uri is not one path";
    request->method = headers->method;
    return take(request, apr_pstrcat(pool, scheme, "://", headers->host, NULL), headers->uri, hosts, pool);
}

luci_result_t luci_forwarded_read(const luci_forwarded_headers_t *headers, const apr_array_header_t *hosts,
                                  luci_forwarded_t *request, const char **problem, apr_pool_t *pool)
{
    *request = (luci_forwarded_t){ .is_original = 0 };
    *problem = headers->original_url || headers->original_method
                   ? read_original(headers, hosts, request, pool)
                   : read_forwarded(headers, hosts, request, pool);
    return *problem ? LUCI_INVALID : LUCI_OK;
}
