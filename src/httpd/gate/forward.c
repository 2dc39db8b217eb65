/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/gate/forward.h"

#include "core/web/forwarded.h"
#include "core/web/url.h"
#include "httpd/account/mount.h"
#include "httpd/base/httpd_log.h"
#include "httpd/gate/identity.h"
#include "httpd/request/reply.h"
#include "httpd/request/state.h"
#include "httpd/request/way_back.h"

#include <apr_strings.h>
#include <http_core.h>
#include <http_log.h>
#include <http_protocol.h>
#include <http_request.h>

#include <string.h>

APLOG_USE_MODULE(luciauth);

/* ---- The request of the proxy ---- */

/* By the address of the connection, whatever mod_remoteip says of the client. */
static int is_proxy(const request_rec *r, const apr_array_header_t *networks)
{
    for (int i = 0; i < networks->nelts; i++) {
        if (apr_ipsubnet_test(APR_ARRAY_IDX(networks, i, apr_ipsubnet_t *), r->connection->client_addr))
            return 1;
    }
    return 0;
}

static int refuse(request_rec *r, int status, luci_message_t message)
{
    if (r->main)
        return status;
    return luci_reply_problem(r, &(luci_problem_t){ status, message, 0 }, LUCI_REPLY_JSON);
}

static int refuse_client(request_rec *r)
{
    if (luci_httpd_log_topic_due(LUCI_TOPIC_FORWARD_FROM, r->connection->client_ip))
        ap_log_rerror(APLOG_MARK, APLOG_WARNING, 0, r,
                      "LUCI0780: luciauth-verify refuses %s, which LuciaForwardFrom does not list; add the "
                      "address if it is a proxy of this site",
                      r->connection->client_ip);
    return refuse(r, HTTP_FORBIDDEN, LUCI_MESSAGE_FORBIDDEN);
}

static int refuse_headers(request_rec *r, const char *problem)
{
    if (luci_httpd_log_topic_due(LUCI_TOPIC_FORWARD_HEADERS,
                                 apr_pstrcat(r->pool, r->connection->client_ip, " ", problem, NULL)))
        ap_log_rerror(APLOG_MARK, APLOG_WARNING, 0, r,
                      "LUCI0781: luciauth-verify refuses a request of the proxy %s: %s; compare its "
                      "configuration with doc/forward-auth.md",
                      r->connection->client_ip, problem);
    return refuse(r, HTTP_BAD_REQUEST, LUCI_MESSAGE("invalid_forwarded_request"));
}

int luci_forward_is(request_rec *r)
{
    return luci_state_forwarded(luci_state_root(r)) != NULL;
}

int luci_forward_begin(request_rec *r)
{
    const luci_dir_config_t *dir = luci_config_dir(r);
    const luci_forwarded_headers_t headers = {
        .original_url = apr_table_get(r->headers_in, "X-Original-URL"),
        .original_method = apr_table_get(r->headers_in, "X-Original-Method"),
        .method = apr_table_get(r->headers_in, "X-Forwarded-Method"),
        .proto = apr_table_get(r->headers_in, "X-Forwarded-Proto"),
        .host = apr_table_get(r->headers_in, "X-Forwarded-Host"),
        .uri = apr_table_get(r->headers_in, "X-Forwarded-Uri"),
    };
    luci_forwarded_t *request;
    const char *problem;

    if (luci_forward_is(r))
        return OK;
    if (r->main || r->prev) /* A page of this site that includes the location asks about nothing. */
        return refuse_headers(r, "it is a subrequest or a redirect of httpd itself");
    if (!is_proxy(r, dir->forward_from))
        return refuse_client(r);
    request = apr_palloc(r->pool, sizeof *request);
    if (luci_forwarded_read(&headers, dir->forward_hosts, request, &problem, r->pool) != LUCI_OK)
        return refuse_headers(r, problem);
    luci_state_of(r)->forwarded = request;
    return OK;
}

/* ---- Answers ---- */

/* A page of this site as an absolute URL; NULL: neither LuciaSiteURL nor ServerName says where the site is.
 */
static const char *absolute(request_rec *r, const char *url)
{
    const char *origin = luci_config_server(r->server)->site_url;

    if (luci_url_is_absolute(url))
        return url;
    if (!origin && luci_url_make_origin(ap_http_scheme(r), r->server->server_hostname, ap_get_server_port(r),
                                        &origin, r->pool) != LUCI_OK)
        return NULL;
    return apr_pstrcat(r->pool, origin, url, NULL);
}

/* The page, which leads back to the URL that the client requested, if that may be a way back. */
static const char *link_to(request_rec *r, const char *url)
{
    const luci_forwarded_t *request = luci_state_forwarded(luci_state_root(r));
    const char *page = absolute(r, url), *next = NULL;

    if (page && luci_state_is_read(r) && luci_url_is_local(request->target))
        next = apr_pstrcat(r->pool, request->origin, request->target, NULL);
    return page ? luci_way_back_link(r, page, next) : NULL;
}

int luci_forward_ask(request_rec *r, const char *url, int redirects, const luci_problem_t *problem)
{
    int is_original = luci_state_forwarded(luci_state_root(r))->is_original;
    const char *link = url ? link_to(r, url) : NULL;

    if (!is_original && redirects && link)
        return luci_reply_redirect(r, link);
    if (link)
        apr_table_setn(r->err_headers_out, "Location", luci_url_location(link, r->pool));
    return refuse(r, is_original ? HTTP_UNAUTHORIZED : problem->status, problem->message);
}

/* What content gets to see of the client's header (scrub.h), for proxies that pass it on in its place. */
static void set_remainder(request_rec *r, const char *name, const char *header)
{
    const char *value = apr_table_get(r->headers_in, header);

    apr_table_set(r->headers_out, name, value ? value : "");
}

/* The gate admits every request to a page of its own, so that people reach sign-in. */
static const char *why_ungated(request_rec *r)
{
    return luci_route_of(r).endpoint
               ? "LuciaMount serves a page at this path, and a gate judges no request for it; give the "
                 "location another path"
               : "no gate judges them; write AuthType Lucia and a Require line that asks for a user into the "
                 "same section";
}

int luci_forward_handle(request_rec *r)
{
    if (!r->handler || strcmp(r->handler, LUCI_VERIFIER_HANDLER) != 0)
        return DECLINED;
    ap_allow_standard_methods(r, REPLACE_ALLOW, M_GET, -1);
    if (r->method_number != M_GET)
        return HTTP_METHOD_NOT_ALLOWED;
    if (!luci_state_is_gated(r) || !luci_forward_is(r)) {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
                      "LUCI0782: luciauth-verify refuses every request here, because %s", why_ungated(r));
        return refuse(r, HTTP_FORBIDDEN, LUCI_MESSAGE_FORBIDDEN);
    }
    luci_identity_answer(r);
    set_remainder(r, "X-Lucia-Cookie", "Cookie");
    set_remainder(r, "X-Lucia-Authorization", "Authorization");
    apr_table_setn(r->headers_out, "Cache-Control", "no-store");
    ap_set_content_length(r, 0);
    return OK;
}
