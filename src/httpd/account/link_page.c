/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/account/link_page.h"

#include "httpd/request/reply.h"

#include <apr_strings.h>
#include <string.h>

const char *luci_link_page_token(const luci_endpoint_request_t *request)
{
    char *token = NULL;

    return luci_form_query(request->query, "token", &token, request->r->pool) == LUCI_OK ? token : NULL;
}

const char *luci_link_page_url(const request_rec *r)
{
    const char *path = r->unparsed_uri ? r->unparsed_uri : "";
    size_t length = strcspn(path, "?#"), start = length;

    while (start > 0 && path[start - 1] != '/')
        start--;
    return apr_pstrcat(r->pool, "./", apr_pstrmemdup(r->pool, path + start, length - start), NULL);
}

int luci_link_page_refuse(luci_endpoint_request_t *request, const char *new_link_url)
{
    const luci_problem_t problem = { HTTP_BAD_REQUEST, LUCI_MESSAGE_LINK, 0 };
    apr_table_t *values;

    if (request->as_json)
        return luci_endpoint_problem(request, problem.status, problem.message);
    values = apr_table_make(request->r->pool, 8);
    apr_table_setn(values, "error", luci_reply_text(request->r, problem.message, NULL));
    apr_table_setn(values, "is_link", "1");
    if (new_link_url)
        apr_table_setn(values, "new_link_url", new_link_url);
    apr_table_setn(values, "start_url", request->urls->home);
    return luci_reply_page(request->r, problem.status, "error.html", values);
}

int luci_link_page_throttle(luci_endpoint_request_t *request, const luci_attempt_t *attempt)
{
    luci_problem_t problem = luci_problem_throttled(attempt->retry_after);

    return luci_reply_problem(request->r, &problem, request->as_json ? LUCI_REPLY_JSON : LUCI_REPLY_PAGE);
}
