/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/request/request_origin.h"

#include "core/web/forwarded.h"
#include "core/web/url.h"
#include "httpd/base/httpd_log.h"
#include "httpd/request/state.h"

#include <apr_strings.h>
#include <http_core.h>
#include <http_log.h>
#include <http_protocol.h>

APLOG_USE_MODULE(luciauth);

/* The log shows at most 120 bytes of a header that clients control; httpd escapes it. */
#define SHOWN "%.120s"

const char *luci_request_own_origin(request_rec *r)
{
    const luci_forwarded_t *forwarded = luci_state_forwarded(luci_state_root(r));
    const char *origin, *host = r->hostname;

    if (forwarded)
        return forwarded->origin;
    if (!host)
        return NULL;
    if (strchr(host, ':') && *host != '[')
        host = apr_pstrcat(r->pool, "[", host, "]", NULL);
    if (luci_url_make_origin(ap_http_scheme(r), host, r->parsed_uri.port_str ? r->parsed_uri.port : 0,
                             &origin, r->pool) != LUCI_OK)
        return NULL;
    return origin;
}

static luci_origin_claim_t claim_of(request_rec *r, const luci_dir_config_t *dir)
{
    return (luci_origin_claim_t){
        .fetch_site = apr_table_get(r->headers_in, "Sec-Fetch-Site"),
        .origin = apr_table_get(r->headers_in, "Origin"),
        .own = luci_request_own_origin(r),
        .forwarded_host = apr_table_get(r->headers_in, "X-Forwarded-Host"),
        .allowed = dir->allowed_origins,
    };
}

luci_origin_t luci_request_origin(request_rec *r, const luci_dir_config_t *dir)
{
    luci_origin_claim_t claim = claim_of(r, dir);

    return luci_origin_judge(&claim, r->pool);
}

/* The advice where a proxy asks, which names the origin itself. */
#define ASKED                                                                                                \
    "the proxy that asks names another scheme or port than the browser used; compare its configuration "     \
    "with doc/forward-auth.md"

void luci_request_log_refused(request_rec *r, const luci_dir_config_t *dir)
{
    static const luci_topic_t topics[LUCI_REFUSALS] = {
        [LUCI_REFUSED_FOREIGN] = LUCI_TOPIC_ORIGIN_FOREIGN,
        [LUCI_REFUSED_PROXY] = LUCI_TOPIC_ORIGIN_PROXY,
        [LUCI_REFUSED_NULL] = LUCI_TOPIC_ORIGIN_NULL,
        [LUCI_REFUSED_MALFORMED] = LUCI_TOPIC_ORIGIN_MALFORMED,
        [LUCI_REFUSED_MISSING] = LUCI_TOPIC_ORIGIN_MISSING,
    };
    luci_origin_claim_t claim = claim_of(r, dir);
    luci_origin_advice_t advice = luci_origin_advise(&claim, r->pool);
    const luci_forwarded_t *asked = luci_state_forwarded(luci_state_root(r));
    const char *origin = claim.origin ? claim.origin : "missing", *own = claim.own ? claim.own : "unknown";

    if (!luci_httpd_log_topic_due(topics[advice.kind], apr_pstrcat(r->pool, origin, " ", own, NULL)))
        return;
    ap_log_rerror(APLOG_MARK, APLOG_WARNING, 0, r,
                  "LUCI0704: a %s counts as a request of another site: it has Origin " SHOWN
                  " (Sec-Fetch-Site " SHOWN "), and this site is %s; %s",
                  asked && *asked->method ? asked->method : r->method, origin,
                  claim.fetch_site ? claim.fetch_site : "missing", own,
                  asked && advice.kind == LUCI_REFUSED_PROXY ? ASKED : advice.advice);
}
