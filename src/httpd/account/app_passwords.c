/* SPDX-License-Identifier: Apache-2.0 */
/* The page where people make and remove passwords for their programs. A new one is in the answer to the form
 * that makes it, and nowhere else. */
#include "core/auth/own_app_passwords.h"
#include "core/base/timestamp.h"
#include "core/web/template.h"
#include "httpd/account/account_json.h"
#include "httpd/account/factor_pages.h"
#include "httpd/request/way_back.h"

#include <string.h>

#define LIST "app_passwords"
#define TWICE_WITHIN (10 * LUCI_MS_SECOND) /* the two clicks of a double click */
#define PATH "/app"                        /* below the page of all factors */

static const luci_form_field_t fields[] = {
    { "name", LUCI_FORM_TEXT },
    { "remove", LUCI_FORM_TEXT },
    { "username", LUCI_FORM_TEXT }, /* hidden in the page */
    { NULL, LUCI_FORM_TEXT },
};

static luci_result_t read_list(luci_endpoint_request_t *request, apr_array_header_t **list)
{
    luci_auth_t auth = luci_state_auth(request->r);

    if (auth.settings->second_factor == LUCI_SECOND_FACTOR_OFF)
        return LUCI_NOT_FOUND;
    return luci_own_app_passwords_list(&auth, request->session->user.id, list, request->r->pool);
}

/* ---- The list ---- */

static int answer_json(luci_endpoint_request_t *request, const apr_array_header_t *rows)
{
    json_t *list = json_array();

    for (int i = 0; list && i < rows->nelts; i++) {
        const luci_app_password_t *row = &APR_ARRAY_IDX(rows, i, luci_app_password_t);
        json_t *last_used = luci_json_known_moment(row->last_used);

        if (json_array_append_new(
                list, json_pack("{s:s, s:o, s:o, s:o}", "tag", row->tag, "name", luci_json_text(row->name),
                                "created_at", luci_json_moment(row->created_at), "last_used", last_used)) !=
            0) {
            json_decref(list);
            list = NULL;
        }
    }
    return luci_reply_json(request->r, HTTP_OK, list ? json_pack("{s:o}", LIST, list) : NULL);
}

static void set_row(apr_table_t *values, int number, const luci_app_password_t *row, apr_pool_t *pool)
{
    luci_template_set_row(values, LIST, number, "tag", row->tag);
    luci_template_set_row(values, LIST, number, "name", row->name);
    luci_template_set_row(values, LIST, number, "created", luci_timestamp_readable(row->created_at, pool));
    luci_template_set_row(values, LIST, number, "last_used", luci_timestamp_readable(row->last_used, pool));
    luci_template_set_row(values, LIST, number, "unused", row->last_used ? "" : "1");
}

static apr_table_t *page_values(luci_endpoint_request_t *request, const apr_array_header_t *rows)
{
    apr_table_t *values = luci_factor_pages_values(request, PATH);

    for (int i = 0; i < rows->nelts; i++)
        set_row(values, i, &APR_ARRAY_IDX(rows, i, luci_app_password_t), request->r->pool);
    return values;
}

/* The name that was typed, also before the page confirm. */
static const char *typed_name(const luci_endpoint_request_t *request)
{
    char *name;

    if (request->is_post)
        return luci_form_value(&request->form, "name");
    return luci_form_query(request->r->args, "name", &name, request->r->pool) == LUCI_OK ? name : NULL;
}

/* The page with a problem at a field; both NULL: without one. */
static int page(luci_endpoint_request_t *request, const luci_problem_t *problem, const char *field)
{
    const char *typed = typed_name(request);
    apr_array_header_t *rows;
    apr_table_t *values;
    luci_result_t result = read_list(request, &rows);

    if (result == LUCI_NOT_FOUND)
        return luci_endpoint_problem(request, HTTP_NOT_FOUND, LUCI_MESSAGE_NOT_FOUND);
    if (result != LUCI_OK)
        return luci_endpoint_failure(request, result);
    values = page_values(request, rows);
    apr_table_setn(values, "typed", typed ? typed : "");
    return luci_own_page_send(request, values, problem, field);
}

static int show(luci_endpoint_request_t *request)
{
    apr_array_header_t *rows;
    luci_result_t result;

    if (!request->wants_json)
        return page(request, NULL, NULL);
    result = read_list(request, &rows);
    if (result == LUCI_NOT_FOUND)
        return luci_endpoint_problem(request, HTTP_NOT_FOUND, LUCI_MESSAGE_NOT_FOUND);
    return result == LUCI_OK ? answer_json(request, rows) : luci_endpoint_failure(request, result);
}

/* ---- The change ---- */

/* The page again, after a POST. */
static const char *own_url(luci_endpoint_request_t *request)
{
    const char *requested = luci_way_back_requested(request->r), *url = luci_factor_pages_url(request, PATH);

    return url ? url : requested ? requested : request->urls->account;
}

/* A redirect would have to carry the password, so that the answer to the form shows it. */
static int answer_made(luci_endpoint_request_t *request, const luci_app_password_wanted_t *made)
{
    apr_array_header_t *rows;
    apr_table_t *values;
    luci_result_t result;

    if (request->wants_json)
        return luci_reply_json(request->r, HTTP_OK, json_pack("{s:s}", "password", made->text));
    result = read_list(request, &rows);
    values = page_values(request, result == LUCI_OK ? rows : apr_array_make(request->r->pool, 1, 1));
    apr_table_setn(values, "app_password", made->text);
    apr_table_setn(values, "app_password_name", made->name);
    return luci_own_page_send(request, values, NULL, NULL);
}

static int answer_failed(luci_endpoint_request_t *request, luci_result_t result)
{
    luci_problem_t full = { HTTP_CONFLICT, LUCI_MESSAGE("too_many_app_passwords"), 0 };

    switch (result) {
    case LUCI_INVALID: return luci_own_page_refuse(request, page, "name_error", LUCI_MESSAGE("invalid_name"));
    case LUCI_CONFLICT: return luci_own_page_complain(request, page, &full, "form_error");
    case LUCI_DENIED: return luci_endpoint_ask_factor(request);
    case LUCI_NOT_FOUND: return luci_endpoint_problem(request, HTTP_NOT_FOUND, LUCI_MESSAGE_NOT_FOUND);
    case LUCI_OK:
    case LUCI_EXPIRED:
    case LUCI_THROTTLED:
    case LUCI_BUSY:
    case LUCI_UNAVAILABLE:
    case LUCI_INTERNAL: break;
    }
    return luci_own_page_fail(request, page, result, NULL);
}

static int make(luci_endpoint_request_t *request, const char *typed)
{
    luci_auth_t auth = luci_state_auth(request->r);
    luci_app_password_wanted_t wanted = { .now = luci_runtime_now() };
    luci_own_app_password_t change = { .session = request->session, .now = wanted.now, .wanted = &wanted };
    luci_result_t result;
    int status;

    if (!request->as_json && !request->wants_json)
        wanted.replaces_since = wanted.now - TWICE_WITHIN;
    if (luci_app_password_name(typed, &wanted.name, request->r->pool) != LUCI_OK)
        wanted.name = NULL;
    result = luci_own_app_password_change(&auth, &change, request->r->pool);
    status = result == LUCI_OK ? answer_made(request, &wanted) : answer_failed(request, result);
    luci_secret_wipe(wanted.text, sizeof wanted.text);
    return status;
}

/* One that was removed meanwhile is no error for a person, who may have clicked twice. A program may have
 * written a wrong tag. */
static int drop(luci_endpoint_request_t *request, const char *tag)
{
    luci_auth_t auth = luci_state_auth(request->r);
    luci_own_app_password_t change = { .session = request->session, .now = luci_runtime_now(), .tag = tag };
    luci_result_t result = luci_own_app_password_change(&auth, &change, request->r->pool);

    if (result != LUCI_OK && (result != LUCI_NOT_FOUND || request->as_json))
        return answer_failed(request, result);
    return request->wants_json ? show(request) : luci_reply_see_other(request->r, own_url(request));
}

static int post(luci_endpoint_request_t *request)
{
    const char *name = luci_form_value(&request->form, "name"),
               *tag = luci_form_value(&request->form, "remove");

    if (request->runtime->auth.settings->second_factor == LUCI_SECOND_FACTOR_OFF)
        return luci_endpoint_problem(request, HTTP_NOT_FOUND, LUCI_MESSAGE_NOT_FOUND);
    if (!name == !tag)
        return luci_endpoint_problem(request, HTTP_BAD_REQUEST, LUCI_MESSAGE_MALFORMED);
    if (luci_own_page_is_of_other(request, "username"))
        return luci_own_page_refuse(request, page, "form_error", LUCI_MESSAGE_OTHER_NAME);
    return name ? make(request, name) : drop(request, tag);
}

const luci_endpoint_t luci_endpoint_app_passwords = {
    .handler = LUCI_ENDPOINT_HANDLER "factors-app",
    .path = "factors/app",
    .page = "app-passwords.html",
    .is_on = luci_factor_pages_are_on,
    .fields = fields,
    .event = LUCI_EVENT_APP_PASSWORD_ADD,
    .needs_session = 1,
    .needs_fresh = LUCI_FRESH_POST,
    .typed_field = "name",
    .get = show,
    .post = post,
    .has_json = 1,
    .no_session = luci_own_page_anonymous,
};
