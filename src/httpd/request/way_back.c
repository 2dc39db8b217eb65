/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/request/way_back.h"

#include "core/web/form.h"
#include "core/web/url.h"
#include "httpd/base/config.h"
#include "httpd/request/request_origin.h"
#include "httpd/request/state.h"

#include <apr_strings.h>
#include <http_core.h>
#include <http_log.h>
#include <http_protocol.h>
#include <http_vhost.h>

#include <string.h>
#include <strings.h>

APLOG_USE_MODULE(luciauth);

#define METHOD_AND_VERSION 15 /* "POST " and " HTTP/1.1" in a request line */

/* The log shows only the path, because a query may contain secrets. */
#define SHOWN_MAX 100

static const char *shown(const char *next, apr_pool_t *pool)
{
    size_t length = strcspn(next, "?#");

    return apr_pstrmemdup(pool, next, length < SHOWN_MAX ? length : SHOWN_MAX);
}

static void log_dropped(request_rec *r, const char *next)
{
    const char *advice = luci_url_is_absolute(next)
                             ? "an absolute URL must have an origin that LuciaReturnTo lists"
                             : "it is not a path on this site of at most 8000 bytes";

    if (luci_state_is_news(r, 771, next))
        ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r, "LUCI0771: next is ignored: \"%s\": %s",
                      shown(next, r->pool), advice);
}

const char *luci_way_back_requested(request_rec *r)
{
    const char *path;

    r = luci_state_root(r);
    path = r->unparsed_uri;
    if (path && *path != '/')
        path = apr_uri_unparse(r->pool, &r->parsed_uri, APR_URI_UNP_OMITSITEPART);
    if (luci_url_is_local(path))
        return path;
    if (path)
        log_dropped(r, path);
    return NULL;
}

/* This site's origin, for a next on another site. Clients can send any Host, so that it is used only if it is
 * a name of this virtual host; otherwise ServerName is used. */
static const char *public_origin(request_rec *r)
{
    const char *origin = NULL, *name = r->server->server_hostname;

    if (r->hostname && ap_matches_request_vhost(r, r->hostname, r->server->port))
        return luci_request_own_origin(r);
    if (luci_url_make_origin(ap_http_scheme(r), name, ap_get_server_port(r), &origin, r->pool) != LUCI_OK)
        return NULL;
    return origin;
}

/* Whether a URL leads to the host of origin. The scheme is not compared, because a proxy in front may
 * terminate TLS.
 */
static int is_same_host(const char *url, const char *origin)
{
    const char *host = strstr(url, "://") + 3, *own = strstr(origin, "://") + 3;
    size_t length = strcspn(host, "/?#");

    return strlen(own) == length && strncasecmp(host, own, length) == 0;
}

/* The longest URL that httpd reads. */
static size_t url_max(const request_rec *r)
{
    int line = r->server->limit_req_line;

    return line > METHOD_AND_VERSION ? (size_t)(line - METHOD_AND_VERSION) : 0;
}

const char *luci_way_back_link(request_rec *r, const char *url, const char *next)
{
    const char *origin = "", *link;

    if (!next)
        return url;
    if (luci_url_is_absolute(url) && !luci_url_is_absolute(next))
        origin = public_origin(luci_state_root(r));
    if (!origin)
        return url;
    if (*origin && is_same_host(url, origin))
        origin = "";
    link = luci_url_with_next(url, apr_pstrcat(r->pool, origin, next, NULL), url_max(r), r->pool);
    if (!link && luci_state_is_news(r, 772, next))
        ap_log_rerror(
            APLOG_MARK, APLOG_INFO, 0, r,
            "LUCI0772: next is ignored: with \"%s\" and its query, the URL of the sign-in page would "
            "exceed LimitRequestLine",
            shown(next, r->pool));
    return link ? link : url;
}

const char *luci_way_back_chosen(request_rec *r, const char *posted)
{
    const char *next = posted, *target;
    char *queried = NULL;

    if (!next) {
        if (luci_form_query(r->args, "next", &queried, r->pool) == LUCI_INVALID) {
            if (luci_state_is_news(r, 773, ""))
                ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r,
                              "LUCI0773: next is ignored: it occurs twice in the query, or is malformed");
            return NULL;
        }
        next = queried;
    }
    target = luci_url_next(next, luci_config_server(r->server)->return_to, r->pool);
    if (next && *next && !target)
        log_dropped(r, next);
    return target;
}

int luci_way_back_is_own_page(const request_rec *r)
{
    return !r->main && !r->prev;
}
