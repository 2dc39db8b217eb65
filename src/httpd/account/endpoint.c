/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/account/endpoint.h"

#include "httpd/request/cookies.h"
#include "httpd/request/reply.h"
#include "httpd/request/request.h"
#include "httpd/request/way_back.h"

#include <apr_strings.h>
#include <string.h>

luci_endpoint_request_t *luci_endpoint_request(request_rec *r, const luci_endpoint_t *endpoint, int is_api)
{
    luci_endpoint_request_t *request = apr_pcalloc(r->pool, sizeof *request);
    int prefers_json = luci_request_prefers_json(r);

    request->r = r;
    request->endpoint = endpoint;
    request->dir = luci_config_dir(r);
    request->runtime = luci_runtime_of(r);
    request->state = luci_state_of(r);
    request->form.fields = endpoint->fields;
    request->form.bytes_max = endpoint->body_max ? endpoint->body_max : LUCI_FORM_BYTES_MAX;
    if (endpoint->set_fields)
        endpoint->set_fields(luci_config_server(r->server), &request->form, r->pool);
    request->urls = luci_state_urls(r);
    request->is_post = strcmp(r->method, "POST") == 0;
    request->is_api = is_api || !request->dir->pages;
    request->as_json = request->is_api || prefers_json || luci_request_body_type(r) == LUCI_BODY_JSON;
    request->wants_json =
        prefers_json || (request->is_api && (!endpoint->post || (endpoint->has_json && !request->is_post)));
    return request;
}

const char *luci_endpoint_next(const luci_endpoint_request_t *request)
{
    char *next = NULL;

    if (!request->endpoint->has_secret_query)
        return luci_way_back_chosen(request->r, NULL);
    if (luci_form_query(request->query, "next", &next, request->r->pool) != LUCI_OK || !next)
        return NULL;
    return luci_way_back_chosen(request->r, next);
}

int luci_endpoint_may_be_second(const luci_endpoint_request_t *request)
{
    return !request->as_json && !request->wants_json && luci_request_is_browser(request->r);
}

const char *luci_endpoint_requested(const luci_endpoint_request_t *request)
{
    const char *requested = luci_way_back_requested(request->r);

    if (!requested || !request->endpoint->has_secret_query)
        return requested;
    requested = apr_pstrmemdup(request->r->pool, requested, strcspn(requested, "?"));
    return luci_way_back_link(request->r, requested, luci_endpoint_next(request));
}

int luci_endpoint_lead(luci_endpoint_request_t *request, const char *url, luci_message_t message,
                       const char *requested)
{
    const char *link;

    if (luci_request_is_script(request->r))
        request->as_json = 1; /* fetch() would follow a redirect, and take the page for success */
    if (!url || request->as_json || request->wants_json)
        return luci_endpoint_problem(request, HTTP_UNAUTHORIZED, message);
    link = luci_way_back_link(request->r, url, requested);
    return request->is_post ? luci_reply_see_other(request->r, link) : luci_reply_redirect(request->r, link);
}

int luci_endpoint_ask_factor(luci_endpoint_request_t *request)
{
    return luci_endpoint_lead(request, request->urls->factor, LUCI_MESSAGE_FACTOR,
                              luci_endpoint_requested(request));
}

void luci_endpoint_report_refused(const luci_endpoint_request_t *request, luci_event_kind_t kind,
                                  luci_reason_t reason)
{
    const luci_session_t *session = request->endpoint->needs_session ? request->session : NULL;
    luci_event_t event = { .kind = kind, .reason = reason, .at = luci_runtime_now() };

    if (session) {
        event.account = session->user.username;
        event.user_id = session->user.id;
        memcpy(event.session, session->tag, sizeof event.session);
    }
    luci_state_report(request->r, &event);
}

int luci_endpoint_problem(luci_endpoint_request_t *request, int status, luci_message_t message)
{
    return luci_reply_problem(request->r, &(luci_problem_t){ status, message, 0 },
                              request->as_json ? LUCI_REPLY_JSON : LUCI_REPLY_PAGE);
}

int luci_endpoint_failure(luci_endpoint_request_t *request, luci_result_t result)
{
    luci_problem_t problem = luci_problem_of(request->r, result);

    if (request->r->main)
        return problem.status;
    return luci_endpoint_problem(request, problem.status, problem.message);
}

luci_result_t luci_endpoint_session(luci_endpoint_request_t *request, luci_validate_fn *validate)
{
    int refused;
    const char *id = luci_validation_credential(request->r, &refused);

    luci_result_t result = id ? validate(request->r, id, &request->session) : LUCI_NOT_FOUND;

    if (result != LUCI_OK)
        request->session = NULL;
    return result;
}

luci_result_t luci_endpoint_old_session(const luci_endpoint_request_t *request,
                                        const luci_session_token_t **old)
{
    const char *cookie = luci_state_credentials(request->state)->cookie_id;

    *old = cookie ? luci_validation_token(request->state, cookie) : NULL;
    return cookie && !*old ? LUCI_INTERNAL : LUCI_OK;
}

void luci_endpoint_set_device(request_rec *r, const luci_auth_t *auth, const luci_auth_request_t *made)
{
    const char *value;

    if (luci_auth_device(auth, made, &value, r->pool) == LUCI_OK)
        luci_cookies_set_device(r, value);
}

void luci_endpoint_clear_session(const luci_endpoint_request_t *request)
{
    if (request->session->token.id != luci_state_credentials(request->state)->cookie_id)
        return;
    luci_cookies_clear_session(request->r);
    luci_cookies_clear_step(request->r);
}
