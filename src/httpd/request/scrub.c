/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/request/scrub.h"

#include "httpd/request/state.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <util_filter.h>

#define PREFIX "x-lucia-"
#define BEARER "bearer"

static ap_filter_rec_t *trailers_filter;

/* Backends turn header names into variables and may take any punctuation for '-' (CGI makes both '_'). */
static int is_reserved_name(const char *name)
{
    for (int i = 0; PREFIX[i]; i++) {
        int c = apr_tolower(name[i]);

        if (c != PREFIX[i] && (PREFIX[i] != '-' || c == '\0' || apr_isalnum(c)))
            return 0;
    }
    return 1;
}

void luci_scrub_ours(apr_table_t *headers, apr_pool_t *pool)
{
    const apr_array_header_t *all = apr_table_elts(headers);
    const apr_table_entry_t *entries = (const apr_table_entry_t *)all->elts;
    apr_array_header_t *found = NULL;

    for (int i = 0; i < all->nelts; i++) {
        if (!is_reserved_name(entries[i].key))
            continue;
        if (!found)
            found = apr_array_make(pool, 4, sizeof(const char *));
        APR_ARRAY_PUSH(found, const char *) = entries[i].key;
    }
    for (int i = 0; found && i < found->nelts; i++)
        apr_table_unset(headers, APR_ARRAY_IDX(found, i, const char *));
}

/* A header that Connection names is dropped on the way to a backend; ours must not be. mod_proxy takes
 * commas, semicolons and blanks for separators. */
static void scrub_connection(apr_table_t *headers, apr_pool_t *pool)
{
    static const char separators[] = ",; \t";
    const char *header = apr_table_get(headers, "Connection"), *kept = NULL;
    char *copy, *rest, *token;
    int dropped = 0;

    if (!header || !strpbrk(header, "xX")) /* "keep-alive", as a rule */
        return;
    copy = apr_pstrdup(pool, header);
    for (token = apr_strtok(copy, separators, &rest); token; token = apr_strtok(NULL, separators, &rest)) {
        if (is_reserved_name(token))
            dropped = 1;
        else
            kept = kept ? apr_pstrcat(pool, kept, ", ", token, NULL) : token;
    }
    if (dropped && kept)
        apr_table_setn(headers, "Connection", kept);
    else if (dropped)
        apr_table_unset(headers, "Connection");
}

static void scrub_forgeries(apr_table_t *headers, apr_pool_t *pool)
{
    luci_scrub_ours(headers, pool);
    scrub_connection(headers, pool);
}

/* Whether one of the header's credentials is "Bearer" with something of a session id's shape. A header sent
 * twice arrives as one, joined by commas. */
static int carries_session_id(const char *header)
{
    for (const char *at = header; (at = ap_strcasestr(at, BEARER)) != NULL;) {
        char id[LUCI_SESSION_ID_LENGTH + 1] = "";
        size_t length;

        at += strlen(BEARER);
        at += strspn(at, " \t");
        length = strcspn(at, ",; \t");
        if (length != LUCI_SESSION_ID_LENGTH)
            continue;
        memcpy(id, at, length);
        if (luci_cookie_is_session_id(id))
            return 1;
    }
    return 0;
}

static void strip_cookie(request_rec *r, apr_table_t *headers)
{
    const luci_runtime_t *runtime = luci_runtime_of(r);
    const char *cookies = apr_table_get(headers, "Cookie"), *kept;

    if (!cookies)
        return;
    kept = luci_cookie_strip(cookies, luci_config_server(r->server)->cookie_name, r->pool);
    if (runtime)
        kept = luci_cookie_strip(kept, runtime->device_cookie, r->pool);
    if (!kept)
        apr_table_unset(headers, "Cookie");
    else if (kept != cookies)
        apr_table_setn(headers, "Cookie", kept);
}

void luci_scrub_secrets(request_rec *r, apr_table_t *headers)
{
    const char *authorization;

    if (luci_config_dir(r)->strip_cookie)
        strip_cookie(r, headers);
    if (!luci_config_server(r->server)->has_bearer)
        return;
    authorization = apr_table_get(headers, "Authorization");
    if (authorization && carries_session_id(authorization))
        apr_table_unset(headers, "Authorization");
}

/* Trailers arrive with the end of the body, after all hooks: some backends get them as trailers, and with
 * MergeTrailers On httpd makes new headers of both, which a backend gets whose request is built when the body
 * has been read (FastCGI). The merge is done again, with clean trailers. */
static apr_status_t scrub_trailers(ap_filter_t *filter, apr_bucket_brigade *brigade, ap_input_mode_t mode,
                                   apr_read_type_e block, apr_off_t bytes)
{
    request_rec *r = filter->r;
    apr_table_t *headers = r->headers_in;
    apr_status_t status = ap_get_brigade(filter->next, brigade, mode, block, bytes);

    if (!r->trailers_in || apr_is_empty_table(r->trailers_in))
        return status;
    scrub_forgeries(r->trailers_in, r->pool);
    if (luci_config_server(r->server)->database.driver)
        luci_scrub_secrets(r, r->trailers_in);
    if (r->headers_in != headers)
        r->headers_in = apr_table_overlay(r->pool, headers, r->trailers_in);
    return status;
}

/* HTTP/1 has trailers in chunked bodies only, HTTP/2 in any body. */
static int may_have_trailers(const request_rec *r)
{
    return r->proto_num >= HTTP_VERSION(2, 0) || apr_table_get(r->headers_in, "Transfer-Encoding");
}

int luci_scrub_request(request_rec *r)
{
    if (may_have_trailers(r)) /* the filters of content end with an internal redirect */
        ap_add_input_filter_handle(trailers_filter, NULL, r, r->connection);
    if (luci_state_is_scrubbed(r))
        return DECLINED;
    scrub_forgeries(r->headers_in, r->pool);
    return DECLINED;
}

void luci_scrub_register_filter(void)
{
    /* Just above the protocol's own filters, so that everything that reads a body reads through it. */
    trailers_filter =
        ap_register_input_filter("LUCIAUTH_TRAILERS", scrub_trailers, NULL, AP_FTYPE_PROTOCOL - 1);
}
