/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/request/answer.h"

#include "core/web/page_policy.h"
#include "core/web/url.h"
#include "httpd/base/config.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <http_core.h>
#include <http_protocol.h>
#include <util_filter.h>

#define ALLOW_ORIGIN "Access-Control-Allow-Origin"
#define POLICY "Content-Security-Policy"

static ap_filter_rec_t *last_filter;

/* What the last filter adds to an answer. */
typedef struct {
    const char *origin; /* the origin whose scripts may read the answer; NULL: none */
    const char *policy; /* the Content-Security-Policy of a page with a style; NULL: no such page */
} last_t;

static int names(request_rec *r, const apr_table_t *headers, const char *name)
{
    const char *vary = apr_table_get(headers, "Vary");

    return vary && (ap_find_list_item(r->pool, vary, name) || ap_find_list_item(r->pool, vary, "*"));
}

void luci_answer_vary(request_rec *r, const char *name)
{
    if (!names(r, r->headers_out, name) && !names(r, r->err_headers_out, name))
        apr_table_mergen(r->headers_out, "Vary", name);
}

void luci_answer_challenge(request_rec *r)
{
    const char *scheme = luci_config_dir(r)->bearer ? "Bearer" : "Lucia", *realm = ap_auth_name(r);

    if (apr_table_get(r->err_headers_out, "WWW-Authenticate"))
        return;
    if (realm)
        scheme = apr_pstrcat(r->pool, scheme, " realm=\"", ap_escape_quotes(r->pool, realm), "\"", NULL);
    apr_table_setn(r->err_headers_out, "WWW-Authenticate", scheme);
}

void luci_answer_clear_cache(request_rec *r)
{
    if (luci_config_server(r->server)->clear_site_data)
        apr_table_setn(r->err_headers_out, "Clear-Site-Data", "\"cache\"");
}

/* The value of Origin if LuciaAllowedOrigins contains it, otherwise NULL. */
static const char *allowed_origin(request_rec *r, const luci_dir_config_t *dir)
{
    const char *origin = apr_table_get(r->headers_in, "Origin");

    return origin && luci_url_origin_allowed(origin, NULL, dir->allowed_origins, r->pool) ? origin : NULL;
}

static int is_list_of_names(const char *text)
{
    for (; *text; text++) {
        if (!apr_isalnum(*text) && !strchr("-_, ", *text))
            return 0;
    }
    return 1;
}

/* An allowed origin may already send unsafe requests with the cookie, so it may also send any header with
 * them, which libraries of scripts need. */
int luci_answer_preflight(request_rec *r, const char *methods)
{
    const char *wanted = apr_table_get(r->headers_in, "Access-Control-Request-Headers");

    if (strcmp(r->method, "OPTIONS") != 0 || !apr_table_get(r->headers_in, "Access-Control-Request-Method") ||
        !allowed_origin(r, luci_config_dir(r)))
        return 0;
    luci_answer_vary(r, "Access-Control-Request-Headers");
    apr_table_setn(r->headers_out, "Access-Control-Allow-Methods", methods);
    apr_table_setn(r->headers_out, "Access-Control-Allow-Headers",
                   wanted && is_list_of_names(wanted) ? wanted : "Content-Type");
    apr_table_setn(r->headers_out, "Access-Control-Max-Age", "600");
    return 1;
}

static void set_origin(request_rec *r, const char *origin)
{
    if (apr_table_get(r->headers_out, ALLOW_ORIGIN) || apr_table_get(r->err_headers_out, ALLOW_ORIGIN))
        return;
    apr_table_setn(r->headers_out, ALLOW_ORIGIN, origin);
    apr_table_setn(r->headers_out, "Access-Control-Allow-Credentials", "true");
    if (!apr_table_get(r->headers_out, "Access-Control-Expose-Headers") &&
        !apr_table_get(r->err_headers_out, "Access-Control-Expose-Headers"))
        apr_table_setn(r->headers_out, "Access-Control-Expose-Headers", "Retry-After");
}

static int note_refusal(void *pool, const char *name, const char *value)
{
    (void)name;
    return luci_page_policy_admits_style(value, pool); /* 0 ends apr_table_do */
}

/* Browsers apply all policies of an answer together, so if one of them forbids the page's style, the page's
 * own policy replaces them. */
static void keep_style(request_rec *r, const char *policy)
{
    if (apr_table_do(note_refusal, r->pool, r->headers_out, POLICY, NULL) &&
        apr_table_do(note_refusal, r->pool, r->err_headers_out, POLICY, NULL))
        return;
    apr_table_unset(r->err_headers_out, POLICY);
    apr_table_setn(r->headers_out, POLICY, policy);
}

static apr_status_t finish(ap_filter_t *filter, apr_bucket_brigade *brigade)
{
    const last_t *last = filter->ctx;

    if (last->origin)
        set_origin(filter->r, last->origin);
    if (last->policy)
        keep_style(filter->r, last->policy);
    ap_remove_output_filter(filter);
    return ap_pass_brigade(filter->next, brigade);
}

void luci_answer_last(request_rec *r, const char *policy)
{
    const luci_dir_config_t *dir = luci_config_dir(r);
    last_t *last;

    if (dir->allowed_origins->nelts > 0)
        luci_answer_vary(r, "Origin");
    last = apr_palloc(r->pool, sizeof *last);
    *last = (last_t){ .origin = allowed_origin(r, dir), .policy = policy };
    if (last->origin || last->policy)
        ap_add_output_filter_handle(last_filter, last, r, r->connection);
}

/* The filter has the type of mod_headers' filter, and runs after it because it is inserted later. */
void luci_answer_register_filter(void)
{
    last_filter = ap_register_output_filter("LUCIAUTH_LAST", finish, NULL, AP_FTYPE_CONTENT_SET);
}
