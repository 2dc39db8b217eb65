/* SPDX-License-Identifier: Apache-2.0 */
#include "call.h"

#include "reply.h"
#include "request.h"

#include <http_log.h>

APLOG_USE_MODULE(luciauth);

luci_call_t luci_call_of(request_rec *r, luci_route_t route)
{
    const luci_dir_config_t *dir = luci_config_dir(r);
    int is_api = route.is_api || !dir->pages, prefers_json = luci_request_prefers_json(r);

    return (luci_call_t){
        .r = r,
        .dir = dir,
        .runtime = luci_runtime_of(r),
        .visit = luci_visit_of(r),
        .urls = luci_config_urls(r),
        .is_api = is_api,
        .as_json = is_api || prefers_json || luci_request_body_type(r) == LUCI_BODY_JSON,
        .wants_json = prefers_json || (is_api && route.endpoint == LUCI_ENDPOINT_PROFILE),
    };
}

int luci_call_fail(luci_call_t *call, int status, const char *message)
{
    return luci_reply_error(call->r, status, message, call->as_json);
}

int luci_call_fail_result(luci_call_t *call, luci_result_t result)
{
    if (result == LUCI_BUSY || result == LUCI_UNAVAILABLE)
        return luci_call_fail(call, HTTP_SERVICE_UNAVAILABLE, LUCI_MESSAGE_UNAVAILABLE);
    ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, call->r, "LUCI0801: %s failed: %s", call->r->uri,
                  luci_result_name(result));
    return luci_call_fail(call, HTTP_INTERNAL_SERVER_ERROR, LUCI_MESSAGE_UNKNOWN);
}

luci_result_t luci_call_session(luci_call_t *call, luci_result_t validate(request_rec *, const char *))
{
    luci_result_t result;

    if (!call->visit->cookie_id)
        return LUCI_NOT_FOUND;
    if (!luci_request_is_safe(call->r) && call->dir->csrf &&
        luci_request_origin(call->r, call->dir) != LUCI_ORIGIN_OWN)
        return LUCI_NOT_FOUND;
    result = validate(call->r, call->visit->cookie_id);
    return result == LUCI_DENIED || result == LUCI_EXPIRED ? LUCI_NOT_FOUND : result;
}
