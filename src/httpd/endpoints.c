/* SPDX-License-Identifier: Apache-2.0 */
#include "endpoints.h"

#include "account_json.h"
#include "form.h"
#include "mount.h"
#include "reply.h"
#include "request.h"
#include "url.h"
#include "visit.h"

#include <apr_strings.h>
#include <http_core.h>
#include <http_log.h>
#include <http_protocol.h>

APLOG_USE_MODULE(luciauth);

#define MESSAGE_USERNAME "Invalid username"
#define MESSAGE_PASSWORD "Invalid password"
#define MESSAGE_TAKEN "Username already taken"
#define MESSAGE_INCORRECT "Incorrect username or password"
#define MESSAGE_CLOSED "Sign-up is closed"
#define MESSAGE_METHOD "Method not allowed"
#define MESSAGE_BODY "Malformed request body"
#define MESSAGE_TYPE "Unsupported content type"
#define MESSAGE_SIZE "Request body too large"

/* One call of an endpoint: what it stands on, and how its client is to be answered. */
typedef struct {
    request_rec *r;
    const luci_dir_config_t *dir;
    luci_runtime_t *runtime;
    luci_visit_t *visit;
    luci_urls_t urls;
    int is_api;  /* pages are off: no GET but the profile's, errors are JSON */
    int as_json; /* errors are JSON */
    int wants_json; /* success is JSON, not a redirect */
} call_t;

typedef int endpoint_fn(call_t *call);

/* An endpoint's functions; NULL: that method isn't allowed. */
typedef struct {
    endpoint_fn *get;
    endpoint_fn *post;
} methods_t;

static int fail(call_t *call, int status, const char *message)
{
    return luci_reply_error(call->r, status, message, call->as_json);
}

/* The answer to a result that has nothing to do with what was sent. */
static int fail_result(call_t *call, luci_result_t result)
{
    if (result == LUCI_BUSY || result == LUCI_UNAVAILABLE)
        return fail(call, HTTP_SERVICE_UNAVAILABLE, LUCI_MESSAGE_UNAVAILABLE);
    ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, call->r, "LUCI0801: %s failed: %s", call->r->uri, luci_result_name(result));
    return fail(call, HTTP_INTERNAL_SERVER_ERROR, LUCI_MESSAGE_UNKNOWN);
}

/* What visiting with the cookie gives: OK, NOT_FOUND for every kind of visitor, or a failure. An unsafe request's cookie counts only
 * from our own origin, as in Lucia. */
static luci_result_t current_session(call_t *call, luci_result_t validate(request_rec *, const char *))
{
    luci_result_t result;

    if (!call->visit->cookie_id)
        return LUCI_NOT_FOUND;
    if (!luci_request_is_safe(call->r) && call->dir->csrf && luci_request_origin(call->r, call->dir) != LUCI_ORIGIN_OWN)
        return LUCI_NOT_FOUND;
    result = validate(call->r, call->visit->cookie_id);
    return result == LUCI_DENIED || result == LUCI_EXPIRED ? LUCI_NOT_FOUND : result;
}

static void set_limits(const call_t *call, apr_table_t *values)
{
    const luci_settings_t *settings = call->runtime->auth.settings;
    apr_pool_t *pool = call->r->pool;

    apr_table_setn(values, "username_min", apr_itoa(pool, settings->username_length.least));
    apr_table_setn(values, "username_max", apr_itoa(pool, settings->username_length.most));
    apr_table_setn(values, "password_min", apr_itoa(pool, settings->password_length.least));
    apr_table_setn(values, "password_max", apr_itoa(pool, settings->password_length.most));
}

/* The path to go to after signing in: from the form, else from the query; NULL when there is none that may be used. */
static const char *next_of(const call_t *call, const luci_form_t *form)
{
    char *next = form ? form->next : NULL;

    if (!next && luci_form_query(call->r->args, "next", &next, call->r->pool) != LUCI_OK)
        return NULL;
    return luci_url_is_local(next) ? next : NULL;
}

static int page(call_t *call, luci_page_t which)
{
    apr_table_t *values = apr_table_make(call->r->pool, 16);
    const char *next = next_of(call, NULL);

    set_limits(call, values);
    if (next)
        apr_table_setn(values, "next", next);
    return luci_reply_page(call->r, HTTP_OK, which, values);
}

/* The sign-up or sign-in page, unless the visitor is signed in already. */
static int page_for_visitors(call_t *call, luci_page_t which)
{
    luci_result_t result = current_session(call, luci_visit_validate);

    if (result == LUCI_OK)
        return luci_reply_redirect(call->r, call->urls.home);
    return result == LUCI_NOT_FOUND ? page(call, which) : fail_result(call, result);
}

static int get_signup(call_t *call)
{
    if (!call->dir->signup)
        return fail(call, HTTP_FORBIDDEN, MESSAGE_CLOSED);
    return page_for_visitors(call, LUCI_PAGE_SIGNUP);
}

static int get_login(call_t *call)
{
    return page_for_visitors(call, LUCI_PAGE_LOGIN);
}

/* A form that was refused: the page again, with the name that was typed and without the password. */
static int form_again(call_t *call, luci_page_t which, const luci_form_t *form, const char *field, const char *message)
{
    apr_table_t *values;
    const char *next;

    if (call->as_json)
        return luci_reply_error(call->r, HTTP_BAD_REQUEST, message, 1);
    values = apr_table_make(call->r->pool, 16);
    set_limits(call, values);
    apr_table_setn(values, "error", message);
    apr_table_setn(values, field, message);
    if (form->username)
        apr_table_setn(values, "username", form->username);
    next = next_of(call, form);
    if (next)
        apr_table_setn(values, "next", next);
    return luci_reply_page(call->r, HTTP_BAD_REQUEST, which, values);
}

/* The answer to a sign-up or sign-in that didn't succeed. */
static int refuse(call_t *call, luci_page_t which, const luci_form_t *form, luci_result_t result, luci_field_t field)
{
    switch (result) {
    case LUCI_INVALID:
        if (field == LUCI_FIELD_USERNAME)
            return form_again(call, which, form, "username_error", MESSAGE_USERNAME);
        return form_again(call, which, form, "password_error", MESSAGE_PASSWORD);
    case LUCI_CONFLICT:
        return form_again(call, which, form, "username_error", MESSAGE_TAKEN);
    case LUCI_DENIED:
        return form_again(call, which, form, "form_error", MESSAGE_INCORRECT);
    case LUCI_OK:
    case LUCI_NOT_FOUND:
    case LUCI_EXPIRED:
    case LUCI_THROTTLED:
    case LUCI_BUSY:
    case LUCI_UNAVAILABLE:
    case LUCI_INTERNAL:
        break;
    }
    return fail_result(call, result);
}

static int read_form(call_t *call, luci_form_t *form)
{
    int status = luci_request_read_form(call->r, form);

    switch (status) {
    case OK:
        return OK;
    case HTTP_UNSUPPORTED_MEDIA_TYPE:
        return fail(call, status, MESSAGE_TYPE);
    case HTTP_REQUEST_ENTITY_TOO_LARGE:
        return fail(call, status, MESSAGE_SIZE);
    default:
        return fail(call, HTTP_BAD_REQUEST, MESSAGE_BODY);
    }
}

/* A new session goes to the browser, and the browser to where it wanted to go. */
static int welcome(call_t *call, const luci_session_t *session, int json_status, const char *location)
{
    luci_visit_set_cookie(call->r, session);
    if (call->wants_json)
        return luci_reply_json(call->r, json_status, luci_account_json(session, call->runtime->auth.settings));
    return luci_reply_redirect(call->r, location);
}

static luci_auth_request_t auth_request(const call_t *call, const luci_form_t *form)
{
    return (luci_auth_request_t){
        .username = form->username,
        .password = form->password,
        .client = { call->r->useragent_ip, apr_table_get(call->r->headers_in, "User-Agent") },
        .old_session = call->visit->cookie_id,
    };
}

static int post_signup(call_t *call)
{
    luci_session_t session = { 0 };
    luci_auth_request_t request;
    luci_result_t result;
    luci_field_t field;
    luci_form_t form;
    int status;

    if (luci_request_is_cross_site(call->r, call->dir) && call->dir->csrf)
        return fail(call, HTTP_FORBIDDEN, LUCI_MESSAGE_CROSS_SITE);
    if (!call->dir->signup)
        return fail(call, HTTP_FORBIDDEN, MESSAGE_CLOSED);
    status = read_form(call, &form);
    if (status != OK)
        return status;
    request = auth_request(call, &form);
    result = luci_auth_sign_up(&call->runtime->auth, &request, luci_runtime_now(), &session, &field, call->r->pool);
    luci_form_wipe(&form);
    if (result != LUCI_OK)
        return refuse(call, LUCI_PAGE_SIGNUP, &form, result, field);
    ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, call->r, "LUCI0802: user %s signed up", session.user.id);
    return welcome(call, &session, HTTP_CREATED, call->urls.home);
}

static int post_login(call_t *call)
{
    luci_session_t session = { 0 };
    luci_auth_request_t request;
    luci_result_t result;
    luci_field_t field;
    luci_form_t form;
    const char *next;
    int status;

    if (luci_request_is_cross_site(call->r, call->dir) && call->dir->csrf)
        return fail(call, HTTP_FORBIDDEN, LUCI_MESSAGE_CROSS_SITE);
    status = read_form(call, &form);
    if (status != OK)
        return status;
    request = auth_request(call, &form);
    result = luci_auth_sign_in(&call->runtime->auth, &request, luci_runtime_now(), &session, &field, call->r->pool);
    luci_form_wipe(&form);
    if (result != LUCI_OK)
        return refuse(call, LUCI_PAGE_LOGIN, &form, result, field);
    ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, call->r, "LUCI0803: user %s signed in", session.user.id);
    next = next_of(call, &form);
    return welcome(call, &session, HTTP_OK, next ? next : call->urls.home);
}

static int post_logout(call_t *call)
{
    luci_result_t result = current_session(call, luci_visit_validate_ending);

    if (result == LUCI_NOT_FOUND)
        return fail(call, HTTP_UNAUTHORIZED, LUCI_MESSAGE_UNAUTHORIZED);
    if (result != LUCI_OK)
        return fail_result(call, result);
    result = luci_auth_sign_out(&call->runtime->auth, call->visit->cookie_id, call->r->pool);
    if (result != LUCI_OK && result != LUCI_NOT_FOUND)
        return fail_result(call, result);
    luci_visit_clear_cookie(call->r);
    if (call->wants_json)
        return luci_reply_nothing(call->r);
    return luci_reply_redirect(call->r, call->urls.login);
}

static int profile_page(call_t *call, const luci_user_t *user)
{
    const luci_settings_t *settings = call->runtime->auth.settings;
    apr_table_t *values = apr_table_make(call->r->pool, 16);

    for (int i = 0; i < settings->attributes->nelts; i++) {
        if (user->attributes[i])
            apr_table_setn(values, APR_ARRAY_IDX(settings->attributes, i, const char *), user->attributes[i]);
    }
    apr_table_setn(values, "user_id", user->id);
    apr_table_setn(values, "username", user->username);
    return luci_reply_page(call->r, HTTP_OK, LUCI_PAGE_PROFILE, values);
}

static int get_profile(call_t *call)
{
    luci_result_t result = current_session(call, luci_visit_validate);
    const luci_session_t *session = &call->visit->session;

    if (result != LUCI_OK && result != LUCI_NOT_FOUND)
        return fail_result(call, result);
    if (result == LUCI_OK && call->wants_json)
        return luci_reply_json(call->r, HTTP_OK, luci_account_json(session, call->runtime->auth.settings));
    if (result == LUCI_OK)
        return profile_page(call, &session->user);
    if (call->wants_json)
        return luci_reply_error(call->r, HTTP_UNAUTHORIZED, LUCI_MESSAGE_UNAUTHORIZED, 1);
    return luci_reply_redirect(call->r, call->urls.login);
}

static const methods_t methods[] = {
    [LUCI_ENDPOINT_SIGNUP] = { get_signup, post_signup },
    [LUCI_ENDPOINT_LOGIN] = { get_login, post_login },
    [LUCI_ENDPOINT_LOGOUT] = { NULL, post_logout },
    [LUCI_ENDPOINT_PROFILE] = { get_profile, NULL },
};

static int refuse_method(call_t *call, endpoint_fn *get, endpoint_fn *post)
{
    const char *allow = get && post ? "GET, HEAD, POST" : get ? "GET, HEAD" : "POST";

    apr_table_setn(call->r->headers_out, "Allow", allow);
    return fail(call, HTTP_METHOD_NOT_ALLOWED, MESSAGE_METHOD);
}

static call_t call_of(request_rec *r, luci_route_t route)
{
    const luci_dir_config_t *dir = luci_config_dir(r);
    int is_api = route.is_api || !dir->pages, prefers_json = luci_request_prefers_json(r);

    return (call_t){
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

int luci_endpoints_handle(request_rec *r)
{
    luci_route_t route = luci_route_of(r);
    endpoint_fn *get, *post;
    call_t call;

    if (route.endpoint == LUCI_ENDPOINT_NONE)
        return DECLINED;
    call = call_of(r, route);
    if (!call.runtime)
        return fail(&call, HTTP_SERVICE_UNAVAILABLE, LUCI_MESSAGE_UNAVAILABLE);
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
