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

int luci_link_page_refuse(luci_endpoint_request_t *request)
{
    return luci_endpoint_problem(request, HTTP_BAD_REQUEST, LUCI_MESSAGE_LINK);
}

int luci_link_page_throttle(luci_endpoint_request_t *request, const luci_attempt_t *attempt)
{
    luci_problem_t problem = luci_problem_throttled(attempt->retry_after);

    return luci_reply_problem(request->r, &problem, request->as_json ? LUCI_REPLY_JSON : LUCI_REPLY_PAGE);
}
