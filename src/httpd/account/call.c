/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/account/call.h"

#include "httpd/request/reply.h"
#include "httpd/request/request.h"

luci_endpoint_request_t luci_call_of(request_rec *r, luci_route_t route)
{
    const luci_dir_config_t *dir = luci_config_dir(r);
    int is_api = route.is_api || !dir->pages, prefers_json = luci_request_prefers_json(r);

    return (luci_endpoint_request_t){
        .r = r,
        .dir = dir,
        .runtime = luci_runtime_of(r),
        .state = luci_state_of(r),
        .urls = luci_config_urls(r),
        .is_api = is_api,
        .as_json = is_api || prefers_json || luci_request_body_type(r) == LUCI_BODY_JSON,
        .wants_json = prefers_json || (is_api && route.endpoint == LUCI_ENDPOINT_PROFILE),
    };
}

int luci_call_fail(luci_endpoint_request_t *call, int status, const char *message)
{
    return luci_reply_error(call->r, status, message, call->as_json);
}

int luci_call_fail_result(luci_endpoint_request_t *call, luci_result_t result)
{
    return luci_reply_failure(call->r, result, call->as_json);
}

luci_result_t luci_call_session(luci_endpoint_request_t *call, luci_validate_fn *validate)
{
    int refused;
    const char *id = luci_state_credential(call->r, &refused);

    return id ? validate(call->r, id, &call->session) : LUCI_NOT_FOUND;
}
