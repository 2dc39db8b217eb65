/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/request/scrub.h"

#include "httpd/request/state.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <util_filter.h>

#define PREFIX "x-lucia-"
#define BEARER "bearer"

static ap_filter_rec_t *trailers_filter;

/* Whether a backend could confuse a header's name with one of ours. Backends convert names to variables, in
 * which '-' and other punctuation may become the same character (in CGI, '_'). */
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

/* Removes our names from Connection, because a proxy drops the headers that Connection lists. mod_proxy
 * accepts commas, semicolons and blanks as separators. */
static void scrub_connection(apr_table_t *headers, apr_pool_t *pool)
{
    static const char separators[] = ",; \t";
    const char *header = apr_table_get(headers, "Connection"), *kept = NULL;
    char *copy, *rest, *token;
    int dropped = 0;

    if (!header || !strpbrk(header, "xX")) /* The usual value is "keep-alive". */
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

/* Whether one of the header's credentials is "Bearer" with a value that has the form of a session id. httpd
 * joins a header that was sent twice with a comma. */
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
    kept = luci_cookie_strip(cookies, luci_config_server(r->server)->cookie_name,
                             runtime ? runtime->device_cookie : NULL, r->pool);
    if (kept && runtime)
        kept = luci_cookie_strip(kept, runtime->done_cookie, runtime->step_cookie, r->pool);
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

/* Trailers arrive with the end of the body, after all hooks. Some backends get them as trailers. With
 * MergeTrailers On, httpd merges them into new headers, which a backend gets if its request is built after
 * the body was read (FastCGI); so this repeats the merge with the cleaned trailers. */
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
    if (may_have_trailers(r)) /* Inserted for each internal redirect, which starts without content filters. */
        ap_add_input_filter_handle(trailers_filter, NULL, r, r->connection);
    if (luci_state_is_scrubbed(r))
        return DECLINED;
    scrub_forgeries(r->headers_in, r->pool);
    return DECLINED;
}

void luci_scrub_register_filter(void)
{
    /* Directly above the protocol's own filters, so that every reader of the body uses it. */
    trailers_filter =
        ap_register_input_filter("LUCIAUTH_TRAILERS", scrub_trailers, NULL, AP_FTYPE_PROTOCOL - 1);
}
