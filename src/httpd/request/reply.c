/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/request/reply.h"

#include "core/web/page_policy.h"
#include "core/web/url.h"
#include "httpd/base/config.h"
#include "httpd/request/answer.h"
#include "httpd/request/request.h"
#include "httpd/request/state.h"
#include "httpd/request/way_back.h"
#include "httpd/server/runtime.h"

#include <apr_strings.h>
#include <http_core.h>
#include <http_log.h>
#include <http_protocol.h>
#include <http_request.h>
#include <mod_core.h>
#include <util_filter.h>

APLOG_USE_MODULE(luciauth);

#define RETRY_AFTER 5 /* seconds, with a 503 */

#define POLICY_HEADER "Content-Security-Policy"

/* With "no-referrer", the pages' own forms would send Origin: null. */
static const char *referrer_policy(request_rec *r)
{
    return luci_state_of(r)->has_secret_query ? "strict-origin" : "same-origin";
}

static void security_headers(request_rec *r)
{
    apr_table_setn(r->headers_out, "Cache-Control", "no-store");
    apr_table_setn(r->headers_out, POLICY_HEADER,
                   luci_page_policy(luci_config_server(r->server)->settings.site.logo_origin,
                                    luci_state_of(r)->script, r->pool));
    apr_table_setn(r->headers_out, "X-Content-Type-Options", "nosniff");
    apr_table_setn(r->headers_out, "Referrer-Policy", referrer_policy(r));
}

int luci_reply_is_error_document(const request_rec *r)
{
    return r->prev && ap_is_HTTP_ERROR(r->prev->status);
}

/* Whether an endpoint sends the answer, not the gate. */
static int is_endpoints(request_rec *r)
{
    return r->main || luci_state_of(r)->content_of == r;
}

static int has_error_document(request_rec *r, int status)
{
    return ap_response_code_string(r, ap_index_of_response(status)) != NULL;
}

/* Whether httpd sends a refusal of the gate, because an ErrorDocument is configured. If the document is
 * itself behind the gate and is refused with another status, httpd handles that as any error of a document;
 * if it is refused with the same status, the module answers. */
static int is_left_to_httpd(request_rec *r, int status)
{
    if (is_endpoints(r) || !ap_is_HTTP_ERROR(status))
        return 0;
    return luci_reply_is_error_document(r) ? r->prev->status != status : has_error_document(r, status);
}

/* For the filters of other modules, an answer of an endpoint is content, and an answer of the gate is an
 * error of httpd. */
static void insert_filters(request_rec *r, const char *body)
{
    const char *own = body && strstr(body, "<style") ? apr_table_get(r->headers_out, POLICY_HEADER) : NULL;

    if (!is_endpoints(r)) {
        r->output_filters = r->proto_output_filters;
        ap_run_insert_error_filter(r);
    }
    luci_answer_last(r, own);
}

static int respond(request_rec *r, int status, const char *type, const char *body, apr_size_t length)
{
    apr_bucket_brigade *brigade;

    if (status == HTTP_UNAUTHORIZED)
        luci_answer_challenge(r);
    if (is_left_to_httpd(r, status))
        return status;
    brigade = apr_brigade_create(r->pool, r->connection->bucket_alloc);
    if (status != HTTP_OK ||
        !ap_is_HTTP_ERROR(r->status)) /* A page that is shown as an ErrorDocument keeps the error's status. */
        r->status = status;
    r->status_line = NULL;
    security_headers(r);
    if (type)
        ap_set_content_type(r, type);
    if (status != HTTP_NO_CONTENT)
        ap_set_content_length(r, (apr_off_t)length);
    insert_filters(r, body);
    if (length > 0)
        APR_BRIGADE_INSERT_TAIL(brigade,
                                apr_bucket_pool_create(body, length, r->pool, r->connection->bucket_alloc));
    APR_BRIGADE_INSERT_TAIL(brigade, apr_bucket_eos_create(r->connection->bucket_alloc));
    if (ap_pass_brigade(r->output_filters, brigade) != APR_SUCCESS)
        r->connection->aborted = 1;
    return DONE;
}

static int redirect(request_rec *r, int status, const char *location)
{
    apr_table_setn(r->headers_out, "Location", luci_url_location(location, r->pool));
    return respond(r, status, "text/plain; charset=utf-8", "", 0);
}

int luci_reply_redirect(request_rec *r, const char *location)
{
    return redirect(r, HTTP_MOVED_TEMPORARILY, location);
}

int luci_reply_see_other(request_rec *r, const char *location)
{
    return redirect(r, HTTP_SEE_OTHER, location);
}

/* ---- Pages ---- */

static const char *english(const request_rec *r, luci_message_t message)
{
    return luci_pages_english(message.key, r->pool);
}

static void set_missing(apr_table_t *values, const char *name, const char *value)
{
    if (!apr_table_get(values, name))
        apr_table_setn(values, name, value);
}

static void set_site(const request_rec *r, apr_table_t *values)
{
    const luci_site_identity_t *site = &luci_config_server(r->server)->settings.site;

    if (site->name)
        apr_table_setn(values, "site_name", site->name);
    if (site->logo)
        apr_table_setn(values, "site_logo", site->logo);
}

/* The pages in the client's language. */
static luci_pages_view_t view_of(const request_rec *r, const luci_runtime_t *runtime)
{
    return luci_pages_view(runtime->pages, apr_table_get(r->headers_in, "Accept-Language"));
}

const char *luci_reply_language(request_rec *r)
{
    const luci_runtime_t *runtime = luci_runtime_of(r);
    luci_pages_view_t view;

    if (!runtime)
        return NULL;
    view = view_of(r, runtime);
    return luci_pages_language(&view);
}

/* The headers of a page that there is in several languages. httpd would send the language of DefaultLanguage
 * and AddLanguage, too. */
static void set_language(request_rec *r, const char *language)
{
    r->content_languages = apr_array_make(r->pool, 1, sizeof(const char *));
    APR_ARRAY_PUSH(r->content_languages, const char *) = language;
    luci_answer_vary(r, "Accept-Language");
}

int luci_reply_page(request_rec *r, int status, const char *page, apr_table_t *values)
{
    luci_runtime_t *runtime = luci_runtime_of(r);
    const luci_urls_t *urls = luci_state_urls(r);
    luci_pages_view_t view;
    const char *body;
    apr_size_t length;

    if (!runtime)
        return luci_reply_json(r, status, json_pack("{s:s}", "error", english(r, LUCI_MESSAGE_UNAVAILABLE)));
    set_missing(values, "status", apr_itoa(r->pool, status));
    set_missing(values, "login_url", urls->login);
    set_missing(values, "signup_url", luci_config_dir(r)->signup ? urls->signup : "");
    set_missing(values, "logout_url", urls->logout);
    set_missing(values, "home_url", urls->home);
    set_site(r, values);
    view = view_of(r, runtime);
    body = luci_pages_render(&view, page, values, &length, r->pool);
    if (luci_pages_has_choice(runtime->pages))
        set_language(r, apr_table_get(values, "page_language"));
    return respond(r, status, "text/html; charset=utf-8", body, length);
}

static apr_status_t free_text(void *text)
{
    free(text);
    return APR_SUCCESS;
}

void luci_reply_allow_script(request_rec *r, const char *url)
{
    luci_state_of(r)->script = url;
}

int luci_reply_script(request_rec *r, const char *text)
{
    return respond(r, HTTP_OK, "text/javascript; charset=utf-8", text, strlen(text));
}

int luci_reply_json(request_rec *r, int status, json_t *object)
{
    char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;

    json_decref(object);
    if (!text) {
        const char *unknown = apr_psprintf(r->pool, "{\"error\":\"%s\"}", english(r, LUCI_MESSAGE_UNKNOWN));

        return respond(r, HTTP_INTERNAL_SERVER_ERROR, "application/json; charset=utf-8", unknown,
                       strlen(unknown));
    }
    apr_pool_cleanup_register(r->pool, text, free_text, apr_pool_cleanup_null);
    return respond(r, status, "application/json; charset=utf-8", text, strlen(text));
}

/* ---- Problems ---- */

static int is_temporary(luci_result_t result)
{
    switch (result) {
    case LUCI_BUSY:
    case LUCI_UNAVAILABLE: return 1;
    case LUCI_OK:
    case LUCI_NOT_FOUND:
    case LUCI_DENIED:
    case LUCI_EXPIRED:
    case LUCI_CONFLICT:
    case LUCI_INVALID:
    case LUCI_THROTTLED:
    case LUCI_INTERNAL: break;
    }
    return 0;
}

luci_problem_t luci_problem_of(request_rec *r, luci_result_t result)
{
    if (is_temporary(result))
        return (luci_problem_t){ HTTP_SERVICE_UNAVAILABLE, LUCI_MESSAGE_UNAVAILABLE, 0 };
    if (luci_state_is_news(r, 703, luci_result_name(result)))
        ap_log_rerror(
            APLOG_MARK, APLOG_ERR, 0, r,
            "LUCI0703: %s is answered with 500 because of an internal error: %s; see the messages before "
            "this one",
            r->uri, luci_result_name(result));
    return (luci_problem_t){ HTTP_INTERNAL_SERVER_ERROR, LUCI_MESSAGE_UNKNOWN, 0 };
}

static apr_int64_t minutes_of(apr_int64_t seconds)
{
    return (seconds + 59) / 60;
}

luci_problem_t luci_problem_throttled(luci_ms_t retry_after)
{
    /* Rounded up, so that a client that retries after that time is admitted. */
    apr_int64_t seconds = (retry_after + LUCI_MS_SECOND - 1) / LUCI_MS_SECOND;
    luci_problem_t problem = { HTTP_TOO_MANY_REQUESTS, LUCI_MESSAGE("too_many_attempts"), seconds };

    if (minutes_of(seconds) > 90)
        problem.message = LUCI_MESSAGE("too_many_attempts.hours");
    else if (minutes_of(seconds) > 1)
        problem.message = LUCI_MESSAGE("too_many_attempts.minutes");
    return problem;
}

void luci_reply_retry_after(request_rec *r, const luci_problem_t *problem)
{
    apr_int64_t seconds = problem->status == HTTP_SERVICE_UNAVAILABLE ? RETRY_AFTER : problem->retry_after;

    if (seconds)
        apr_table_setn(r->err_headers_out, "Retry-After",
                       apr_psprintf(r->pool, "%" APR_INT64_T_FMT, seconds));
}

const char *luci_reply_text(request_rec *r, luci_message_t message, const apr_table_t *values)
{
    const luci_runtime_t *runtime = luci_runtime_of(r);
    luci_pages_view_t view;

    if (!runtime)
        return luci_messages_fill(english(r, message), values, r->pool);
    view = view_of(r, runtime);
    return luci_messages_fill(luci_pages_message(&view, message.key, r->pool), values, r->pool);
}

/* The values that the message of a problem may contain. */
static const apr_table_t *times_of(request_rec *r, const luci_problem_t *problem)
{
    apr_int64_t minutes = minutes_of(problem->retry_after);
    apr_table_t *values = apr_table_make(r->pool, 2);

    apr_table_setn(values, "minutes", apr_psprintf(r->pool, "%" APR_INT64_T_FMT, minutes));
    apr_table_setn(values, "hours", apr_psprintf(r->pool, "%" APR_INT64_T_FMT, (minutes + 59) / 60));
    return values;
}

static const char *problem_text(request_rec *r, const luci_problem_t *problem)
{
    return luci_reply_text(r, problem->message, times_of(r, problem));
}

void luci_reply_complain(request_rec *r, const luci_problem_t *problem, const char *name, apr_table_t *values)
{
    const char *text = problem_text(r, problem);

    apr_table_setn(values, "error", text);
    apr_table_setn(values, name, text);
    luci_reply_retry_after(r, problem);
}

/* Programs read English, whatever Accept-Language says. */
json_t *luci_problem_json(request_rec *r, const luci_problem_t *problem)
{
    const char *text = luci_messages_fill(english(r, problem->message), times_of(r, problem), r->pool);

    if (!luci_config_dir(r)->error_codes && !luci_request_accepts_codes(r))
        return json_pack("{s:s}", "error", text);
    return json_pack("{s:s,s:s}", "error", text, "code", luci_message_code(problem->message, r->pool));
}

/* Templates have no "else", so the error page gets only the link that helps. */
static int problem_page(request_rec *r, const luci_problem_t *problem)
{
    apr_table_t *values = apr_table_make(r->pool, 8);

    apr_table_setn(values, "error", problem_text(r, problem));
    if (problem->status == HTTP_UNAUTHORIZED)
        apr_table_setn(values, "sign_in_url", luci_state_urls(r)->login);
    else
        apr_table_setn(values, "start_url", luci_state_urls(r)->home);
    return luci_reply_page(r, problem->status, "error.html", values);
}

int luci_reply_problem(request_rec *r, const luci_problem_t *problem, luci_reply_format_t format)
{
    int status = problem->status;

    if (format == LUCI_REPLY_AT_GATE && r->main) {
        if (problem->retry_after)
            luci_reply_retry_after(r, problem);
        return status;
    }
    luci_reply_retry_after(r, problem);
    if (format == LUCI_REPLY_JSON || (format == LUCI_REPLY_AT_GATE && !luci_request_is_navigation(r)))
        return luci_reply_json(r, status, luci_problem_json(r, problem));
    if (status == HTTP_SERVICE_UNAVAILABLE && !r->main && !luci_reply_is_error_document(r) &&
        has_error_document(r, status)) /* The site's maintenance page is used for sign-in, too. */
        return status;
    return problem_page(r, problem);
}

int luci_reply_forbidden(request_rec *r, const luci_user_t *user)
{
    const luci_urls_t *urls = luci_state_urls(r);
    apr_table_t *values;
    const char *path;

    if (!user || r->main || !luci_request_is_navigation(r))
        return luci_reply_problem(r, &(luci_problem_t){ HTTP_FORBIDDEN, LUCI_MESSAGE_FORBIDDEN, 0 },
                                  LUCI_REPLY_AT_GATE);
    values = apr_table_make(r->pool, 12);
    path = luci_state_is_read(r) ? luci_way_back_requested(r) : NULL;
    apr_table_setn(values, "error", luci_reply_text(r, LUCI_MESSAGE_FORBIDDEN, NULL));
    apr_table_setn(values, "username", user->username);
    apr_table_setn(values, "start_url", urls->home);
    apr_table_setn(values, "switch_url", luci_way_back_link(r, urls->logout, path));
    return luci_reply_page(r, HTTP_FORBIDDEN, "forbidden.html", values);
}

int luci_reply_nothing(request_rec *r)
{
    return respond(r, HTTP_NO_CONTENT, NULL, NULL, 0);
}
