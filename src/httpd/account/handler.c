/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/account/handler.h"

#include "core/auth/confirmation.h"
#include "core/auth/factor_need.h"
#include "httpd/account/mount.h"
#include "httpd/request/answer.h"
#include "httpd/request/lack.h"
#include "httpd/request/proof.h"
#include "httpd/request/reply.h"
#include "httpd/request/request.h"
#include "httpd/request/request_origin.h"
#include "httpd/request/secret_query.h"
#include "httpd/request/way_back.h"

#include <apr_strings.h>
#include <http_log.h>
#include <string.h>

APLOG_USE_MODULE(luciauth);

#define MESSAGE_METHOD LUCI_MESSAGE("method_not_allowed")
#define MESSAGE_TYPE LUCI_MESSAGE("unsupported_content_type")
#define MESSAGE_SIZE LUCI_MESSAGE("body_too_large")

/* ---- POST and GET ---- */

/* Refuses a POST before its endpoint is called, and reports the event. */
static int refuse(luci_endpoint_request_t *request, int status, luci_reason_t reason, luci_message_t message)
{
    luci_endpoint_report_refused(request, request->endpoint->event, reason);
    return luci_endpoint_problem(request, status, message);
}

/* A program that sends neither Origin nor Sec-Fetch-Site is admitted, because it sends no cookie that a page
 * of another site could use. Where a session is needed, luci_validation_credential decides. */
static int is_cross_site(luci_endpoint_request_t *request)
{
    if (request->endpoint->needs_session || !request->dir->csrf ||
        luci_request_origin(request->r, request->dir) != LUCI_ORIGIN_FOREIGN)
        return 0;
    luci_request_log_refused(request->r, request->dir);
    return 1;
}

static luci_message_t closed(const luci_endpoint_request_t *request)
{
    return request->endpoint->closed ? request->endpoint->closed(request->dir) : LUCI_NO_MESSAGE;
}

static int answer_anonymous(luci_endpoint_request_t *request)
{
    if (request->endpoint->no_session)
        return request->endpoint->no_session(request);
    if (request->is_post || request->wants_json)
        return luci_endpoint_problem(request, HTTP_UNAUTHORIZED, LUCI_MESSAGE_UNAUTHORIZED);
    return luci_reply_redirect(request->r, request->urls->login);
}

/* With half a session, a browser is led to where it is made whole, and back. What was typed is of no use
 * there: a form gets 401. */
static int answer_half(luci_endpoint_request_t *request, const luci_half_t *half)
{
    if (request->is_post) {
        luci_endpoint_report_refused(request, request->endpoint->event, LUCI_REASON_ONE_FACTOR);
        return luci_endpoint_problem(request, HTTP_UNAUTHORIZED, half->message);
    }
    return luci_endpoint_lead(request, half->url, half->message, luci_endpoint_requested(request));
}

/* A browser is led to the page of the address, and back. */
static int answer_unverified(luci_endpoint_request_t *request)
{
    request_rec *r = request->r;

    if (request->is_post)
        luci_endpoint_report_refused(request, request->endpoint->event, LUCI_REASON_UNVERIFIED);
    if (request->is_post || request->as_json || request->wants_json || !request->urls->email)
        return luci_endpoint_problem(request, HTTP_FORBIDDEN, LUCI_MESSAGE_UNVERIFIED);
    return luci_reply_redirect(r,
                               luci_way_back_link(r, request->urls->email, luci_endpoint_requested(request)));
}

/* Returns OK if the session of the request may use the endpoint; otherwise the answer was sent. */
static int judge_session(luci_endpoint_request_t *request)
{
    luci_half_t half;

    switch (luci_lack_of(request->r, request->session, &half)) {
    case LUCI_SESSION_WHOLE: return OK;
    case LUCI_SESSION_HALF: return request->endpoint->admits_half ? OK : answer_half(request, &half);
    case LUCI_SESSION_UNVERIFIED:
        return request->endpoint->admits_unverified ? OK : answer_unverified(request);
    }
    return OK;
}

/* Whether the cookie counts, so that the form comes from this site, and its session has ended. */
static int is_again(luci_endpoint_request_t *request)
{
    int refused;

    return request->is_post && request->endpoint->post_again && !request->as_json &&
           luci_validation_credential(request->r, &refused);
}

/* Returns OK if there is a session, none is needed or the form is for post_again; otherwise the answer was
 * sent. */
static int find_session(luci_endpoint_request_t *request)
{
    const luci_endpoint_t *endpoint = request->endpoint;
    int ends = request->is_post && endpoint->ends_session;
    luci_result_t result;

    if (!endpoint->needs_session)
        return OK;
    result = luci_endpoint_session(request, ends ? luci_validate_ending : luci_validate);
    if (result == LUCI_OK)
        return judge_session(request);
    if (result == LUCI_NOT_FOUND && is_again(request))
        return OK;
    if (request->is_post)
        luci_endpoint_report_refused(request, endpoint->event,
                                     result == LUCI_NOT_FOUND ? LUCI_REASON_NO_SESSION
                                                              : luci_reason_of(result));
    return result == LUCI_NOT_FOUND ? answer_anonymous(request) : luci_endpoint_failure(request, result);
}

/* The page that the browser requested, with what was typed there. */
static const char *page_as_typed(luci_endpoint_request_t *request)
{
    request_rec *r = request->r;
    const char *requested = luci_endpoint_requested(request), *field = request->endpoint->typed_field,
               *typed = NULL;

    if (requested && request->is_post && field && luci_request_read_form(r, &request->form) == OK)
        typed = luci_form_value(&request->form, field);
    return typed ? apr_pstrcat(r->pool, apr_pstrmemdup(r->pool, requested, strcspn(requested, "?")), "?",
                               field, "=", ap_escape_urlencoded(r->pool, typed), NULL)
                 : requested;
}

static luci_reason_t reason_unproved(luci_result_t result)
{
    return result == LUCI_DENIED || result == LUCI_NOT_FOUND ? LUCI_REASON_UNCONFIRMED
                                                             : luci_reason_of(result);
}

/* Nothing is proved of a session that has ended while the request was on its way. */
static int is_again_now(luci_endpoint_request_t *request)
{
    luci_auth_t auth = luci_state_auth(request->r);

    return is_again(request) && luci_confirmation_has_ended(&auth, request->session, request->r->pool);
}

/* Returns OK if the holder of the session has proved lately to be its user, need not, or the form is for
 * post_again; otherwise the answer was sent. */
static int find_proof(luci_endpoint_request_t *request)
{
    luci_fresh_t needed = request->endpoint->needs_fresh;
    luci_problem_t problem;
    luci_result_t result;

    if (!request->session || needed == LUCI_FRESH_NEVER || (needed == LUCI_FRESH_POST && !request->is_post))
        return OK;
    result = luci_proof_look(request->r, request->session, luci_config_server(request->r->server)->freshness);
    if (result == LUCI_OK)
        return OK;
    if (result == LUCI_DENIED && is_again_now(request)) {
        request->session = NULL;
        return OK;
    }
    if (request->is_post)
        luci_endpoint_report_refused(request, request->endpoint->event, reason_unproved(result));
    if (result == LUCI_DENIED)
        return luci_endpoint_lead(request, request->urls->confirm, LUCI_MESSAGE_CONFIRM,
                                  page_as_typed(request));
    problem = luci_proof_problem(request->r, result);
    return luci_endpoint_problem(request, problem.status, problem.message);
}

static int needs_factors(const luci_endpoint_request_t *request)
{
    const luci_endpoint_t *endpoint = request->endpoint;

    if (endpoint->needs_factors)
        return 1;
    return !endpoint->admits_half && (endpoint->needs_fresh == LUCI_FRESH_ALWAYS ||
                                      (endpoint->needs_fresh == LUCI_FRESH_POST && request->is_post));
}

/* Returns OK if the session has the factors of its user, or need not have them; otherwise the answer was
 * sent. It comes after the confirmation, which asks for the factor as well. */
static int find_factors(luci_endpoint_request_t *request)
{
    luci_auth_t auth;
    luci_result_t result;

    if (!request->session || !needs_factors(request))
        return OK;
    auth = luci_state_auth(request->r);
    result = luci_factor_need_look(&auth, request->session, request->r->pool);
    if (result == LUCI_OK)
        return OK;
    if (request->is_post)
        luci_endpoint_report_refused(request, request->endpoint->event,
                                     result == LUCI_DENIED ? LUCI_REASON_ONE_FACTOR : luci_reason_of(result));
    return result == LUCI_DENIED ? luci_endpoint_lead(request, request->urls->factor, LUCI_MESSAGE_FACTOR,
                                                      page_as_typed(request))
                                 : luci_endpoint_failure(request, result);
}

/* Returns OK if the form was read or the endpoint has none; otherwise the answer was sent. */
static int read_form(luci_endpoint_request_t *request)
{
    int status = request->endpoint->fields ? luci_request_read_form(request->r, &request->form) : OK;

    switch (status) {
    case OK: return OK;
    case HTTP_UNSUPPORTED_MEDIA_TYPE: return refuse(request, status, LUCI_REASON_BAD_REQUEST, MESSAGE_TYPE);
    case HTTP_REQUEST_ENTITY_TOO_LARGE: return refuse(request, status, LUCI_REASON_BAD_REQUEST, MESSAGE_SIZE);
    default: return refuse(request, HTTP_BAD_REQUEST, LUCI_REASON_BAD_REQUEST, LUCI_MESSAGE_MALFORMED);
    }
}

/* Returns OK if the session has all that the endpoint needs; otherwise the answer was sent. */
static int find_right(luci_endpoint_request_t *request)
{
    int status = find_session(request);

    if (status == OK)
        status = find_proof(request);
    return status == OK ? find_factors(request) : status;
}

/* Returns OK if the body is to be read; otherwise the answer was sent. */
static int admit(luci_endpoint_request_t *request)
{
    luci_message_t message = closed(request);

    if (is_cross_site(request))
        return refuse(request, HTTP_FORBIDDEN, LUCI_REASON_CROSS_SITE, LUCI_MESSAGE_CROSS_SITE);
    if (message.key)
        return refuse(request, HTTP_FORBIDDEN, LUCI_REASON_CLOSED, message);
    return find_right(request);
}

/* The body of a refused request may contain a password, although it is not read. */
static int wipe_body(const luci_endpoint_request_t *request, int status)
{
    if (request->endpoint->fields)
        luci_request_wipe_body(request->r);
    return status;
}

static int is_orphan(const luci_endpoint_request_t *request)
{
    return request->endpoint->needs_session && !request->session;
}

/* A suspended request wipes its form itself, because another thread may already use it. */
static int post(luci_endpoint_request_t *request)
{
    int status = admit(request);

    if (status != OK)
        return wipe_body(request, status);
    status = read_form(request);
    if (status != OK)
        return status;
    status = is_orphan(request) ? request->endpoint->post_again(request) : request->endpoint->post(request);
    if (status != SUSPENDED && request->endpoint->fields)
        luci_form_wipe(&request->form);
    return status;
}

static int get(luci_endpoint_request_t *request)
{
    luci_message_t message = closed(request);
    int status;

    if (message.key)
        return luci_endpoint_problem(request, HTTP_FORBIDDEN, message);
    status = find_right(request);
    return status == OK ? request->endpoint->get(request) : status;
}

/* ---- Other methods, other handlers ---- */

/* Answers a CORS preflight from an allowed origin; refuses any other request with 405. */
static int refuse_method(luci_endpoint_request_t *request, int has_get, int has_post)
{
    const char *allow = has_get && has_post ? "GET, HEAD, POST" : has_get ? "GET, HEAD" : "POST";

    if (luci_answer_preflight(request->r, allow))
        return luci_reply_nothing(request->r);
    apr_table_setn(request->r->headers_out, "Allow", allow);
    return luci_endpoint_problem(request, HTTP_METHOD_NOT_ALLOWED, MESSAGE_METHOD);
}

/* Refuses a request that the gate admitted as one to an endpoint, if another module then set the handler. */
static int refuse_other_content(request_rec *r)
{
    if (!luci_state_is_exempt(r))
        return DECLINED;
    ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
                  "LUCI0760: %s was admitted at the gate as an endpoint of mod_luciauth, but the handler "
                  "\"%s\" was about to "
                  "answer it, so it is refused with 403; find the directive that sets this handler, such as "
                  "SetHandler, and "
                  "exclude the path",
                  r->uri, r->handler ? r->handler : "default");
    return HTTP_FORBIDDEN;
}

static int takes_post(const luci_endpoint_t *endpoint, request_rec *r)
{
    return endpoint->post && (!endpoint->takes_post || endpoint->takes_post(luci_config_server(r->server)));
}

int luci_endpoint_handle(request_rec *r)
{
    luci_route_t route = luci_route_of(r);
    luci_endpoint_request_t *request;
    int has_get, has_post;

    if (!route.endpoint)
        return refuse_other_content(r);
    if (!r->main)
        luci_state_of(r)->content_of =
            r; /* Without a database, luci_identity_insert_filter has not set it. */
    request = luci_endpoint_request(r, route.endpoint, route.is_api);
    if (route.endpoint->has_secret_query)
        request->query = luci_secret_query_take(r);
    else if (route.endpoint->secret_parameter &&
             luci_secret_query_has(r->args, route.endpoint->secret_parameter))
        request->query = luci_secret_query_mask(r, route.endpoint->secret_parameter);
    if (!request->runtime)
        return wipe_body(request,
                         luci_endpoint_problem(request, HTTP_SERVICE_UNAVAILABLE, LUCI_MESSAGE_UNAVAILABLE));
    has_post = takes_post(route.endpoint, r);
    has_get = route.endpoint->get && (!request->is_api || !has_post || route.endpoint->has_json);
    if (has_get && (strcmp(r->method, "GET") == 0 || strcmp(r->method, "HEAD") == 0))
        return get(request);
    if (has_post && request->is_post)
        return post(request);
    return wipe_body(request, refuse_method(request, has_get, has_post));
}
