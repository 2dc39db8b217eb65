/* SPDX-License-Identifier: Apache-2.0 */
/* One call of an endpoint: what it stands on, how its client is to be answered, and what all
 * endpoints do alike. It lives on the stack of the handler; everything in it is borrowed for the request. */
#ifndef LUCI_CALL_H
#define LUCI_CALL_H

#include "httpd/request/mount.h"
#include "httpd/request/state.h"

typedef struct {
    request_rec *r;
    const luci_dir_config_t *dir;
    luci_runtime_t *runtime; /* NULL: this server has no database */
    luci_state_t *state;
    const luci_session_t *session; /* whose call it is, once luci_call_session said OK */
    luci_urls_t urls;
    int is_api;     /* pages are off: no GET but the profile's, errors are JSON */
    int as_json;    /* errors are JSON */
    int wants_json; /* success is JSON, not a redirect */
} luci_endpoint_request_t;

luci_endpoint_request_t luci_call_of(request_rec *r, luci_route_t route);

/* The whole answer to an error; returns what a handler returns. */
int luci_call_fail(luci_endpoint_request_t *call, int status, const char *message);

/* The answer to a result that has nothing to do with what was sent: 503, or 500 and a line in the log. */
int luci_call_fail_result(luci_endpoint_request_t *call, luci_result_t result);

/* Whose call it is: OK (then call->session), NOT_FOUND for every kind of visitor, or a failure. validate is
 * one of state.h's. */
typedef luci_result_t luci_validate_fn(request_rec *r, const char *id, const luci_session_t **session);
luci_result_t luci_call_session(luci_endpoint_request_t *call, luci_validate_fn *validate) LUCI_MUST_USE;

#endif
