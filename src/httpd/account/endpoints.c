/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/account/endpoints.h"

#include "httpd/account/entrance.h"
#include "httpd/account/member.h"
#include "httpd/request/answer.h"
#include "httpd/request/reply.h"

#include <http_log.h>

APLOG_USE_MODULE(luciauth);

#define MESSAGE_METHOD "Method not allowed"

typedef int endpoint_fn(luci_endpoint_request_t *call);

/* An endpoint's functions; NULL: that method isn't allowed. */
typedef struct {
    endpoint_fn *get;
    endpoint_fn *post;
} methods_t;

static const methods_t methods[] = {
    [LUCI_ENDPOINT_SIGNUP] = { luci_entrance_show_signup, luci_entrance_sign_up },
    [LUCI_ENDPOINT_LOGIN] = { luci_entrance_show_login, luci_entrance_sign_in },
    [LUCI_ENDPOINT_LOGOUT] = { luci_member_show_sign_out, luci_member_sign_out },
    [LUCI_ENDPOINT_PROFILE] = { luci_member_show_profile, NULL },
};

/* Neither GET, HEAD nor POST, or one that this endpoint does not have: it may be a browser that asks for a
 * script of another origin. */
static int refuse_method(luci_endpoint_request_t *call, endpoint_fn *get, endpoint_fn *post)
{
    const char *allow = get && post ? "GET, HEAD, POST" : get ? "GET, HEAD" : "POST";

    if (luci_answer_preflight(call->r, allow))
        return luci_reply_nothing(call->r);
    apr_table_setn(call->r->headers_out, "Allow", allow);
    return luci_call_fail(call, HTTP_METHOD_NOT_ALLOWED, MESSAGE_METHOD);
}

/* The gate let it pass as an endpoint, and then something else was to answer. */
static int refuse_other_content(request_rec *r)
{
    if (!luci_state_is_exempt(r))
        return DECLINED;
    ap_log_rerror(
        APLOG_MARK, APLOG_ERR, 0, r,
        "LUCI0760: %s passed the gate as an endpoint of mod_luciauth, but the handler \"%s\" was to "
        "answer it; see which directive sets that handler",
        r->uri, r->handler ? r->handler : "default");
    return HTTP_FORBIDDEN;
}

int luci_endpoints_handle(request_rec *r)
{
    luci_route_t route = luci_route_of(r);
    endpoint_fn *get, *post;
    luci_endpoint_request_t call;

    if (route.endpoint == LUCI_ENDPOINT_NONE)
        return refuse_other_content(r);
    if (!r->main)
        luci_state_of(r)->content_of = r; /* without a database no filter of ours has said so */
    call = luci_call_of(r, route);
    if (!call.runtime)
        return luci_call_fail(&call, HTTP_SERVICE_UNAVAILABLE, LUCI_MESSAGE_UNAVAILABLE);
    get = methods[route.endpoint].get;
    post = methods[route.endpoint].post;
    if (call.is_api && post)
        get = NULL;
    if (get && (strcmp(r->method, "GET") == 0 || strcmp(r->method, "HEAD") == 0))
        return get(&call);
    if (post && strcmp(r->method, "POST") == 0)
        return post(&call);
    return refuse_method(&call, get, post);
}
