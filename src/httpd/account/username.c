/* SPDX-License-Identifier: Apache-2.0 */
/* The page where people change their username. */
#include "core/auth/name_change.h"
#include "httpd/account/account_json.h"
#include "httpd/account/entry.h"
#include "httpd/account/own_page.h"
#include "httpd/request/cookies.h"

#include <apr_strings.h>

static const luci_form_field_t fields[] = {
    { "username", LUCI_FORM_TEXT },
    { "current_username", LUCI_FORM_TEXT }, /* hidden in the page */
    { NULL, LUCI_FORM_TEXT },
};

/* What was typed, before a confirmation, too; NULL: nothing. */
static const char *typed_name(const luci_endpoint_request_t *request)
{
    char *name = NULL;

    if (request->is_post)
        return luci_form_value(&request->form, "username");
    return luci_form_query(request->r->args, "username", &name, request->r->pool) == LUCI_OK ? name : NULL;
}

/* The page shows what was typed, or the current name. */
static int page(luci_endpoint_request_t *request, const luci_problem_t *problem, const char *field)
{
    request_rec *r = request->r;
    luci_length_t length = request->runtime->auth.settings->username_length;
    apr_table_t *values = luci_own_page_values(request, request->urls->username);
    const char *typed = typed_name(request);

    apr_table_setn(values, "current_username", request->session->user.username);
    apr_table_setn(values, "username_min", apr_itoa(r->pool, length.min));
    apr_table_setn(values, "username_max", apr_itoa(r->pool, length.max));
    if (typed)
        apr_table_setn(values, "username", typed);
    return luci_own_page_send(request, values, problem, field);
}

static int show(luci_endpoint_request_t *request)
{
    return page(request, NULL, NULL);
}

/* ---- The change ---- */

static int done(luci_endpoint_request_t *request)
{
    luci_session_t renamed = *request->session;

    renamed.user.username = luci_form_value(&request->form, "username");
    if (request->wants_json)
        return luci_reply_json(request->r, HTTP_OK,
                               luci_account_json(&renamed, request->runtime->auth.settings));
    return luci_reply_see_other(request->r, request->urls->account);
}

static int answer(luci_endpoint_request_t *request, const luci_name_change_t *change, luci_result_t result)
{
    switch (result) {
    case LUCI_OK: return done(request);
    case LUCI_DENIED: return luci_endpoint_ask_factor(request);
    case LUCI_INVALID:
        return luci_own_page_refuse(request, page, "username_error",
                                    luci_entry_name_message(&change->request));
    case LUCI_CONFLICT: return luci_own_page_refuse(request, page, "username_error", LUCI_MESSAGE_TAKEN);
    case LUCI_EXPIRED:
    case LUCI_THROTTLED:
    case LUCI_NOT_FOUND:
    case LUCI_BUSY:
    case LUCI_UNAVAILABLE:
    case LUCI_INTERNAL: break;
    }
    return luci_own_page_fail(request, page, result, change->request.attempt);
}

/* A form that is sent twice finds the name that it asked for. */
static int is_of_other(const luci_endpoint_request_t *request)
{
    const char *wanted = luci_form_value(&request->form, "username");

    return luci_own_page_is_of_other(request, "current_username") &&
           !(wanted && strcmp(wanted, request->session->user.username) == 0);
}

static int change_name(luci_endpoint_request_t *request)
{
    request_rec *r = request->r;
    luci_auth_t auth = luci_state_auth(r);
    luci_attempt_t attempt = { .device = luci_cookies_device(r) };
    luci_name_change_t change = {
        .request = { .username = luci_form_value(&request->form, "username"),
                     .client = { r->useragent_ip, NULL },
                     .now = luci_runtime_now(),
                     .attempt = &attempt },
        .session = request->session,
    };
    luci_result_t result = luci_name_change(&auth, &change, r->pool);

    if (result == LUCI_OK)
        luci_endpoint_set_device(r, &auth, &change.request); /* bound to the key of the new name */
    return answer(request, &change, result);
}

static int post(luci_endpoint_request_t *request)
{
    return is_of_other(request) ? luci_own_page_refuse(request, page, "form_error", LUCI_MESSAGE_OTHER_NAME)
                                : change_name(request);
}

static luci_message_t closed(const luci_dir_config_t *dir)
{
    return dir->username_change ? LUCI_NO_MESSAGE : LUCI_MESSAGE_CLOSED_NAME;
}

const luci_endpoint_t luci_endpoint_username = {
    .handler = LUCI_ENDPOINT_HANDLER "username",
    .path = "username",
    .page = "username.html",
    .fields = fields,
    .event = LUCI_EVENT_USER_RENAME,
    .needs_session = 1,
    .needs_fresh = LUCI_FRESH_ALWAYS,
    .typed_field = "username",
    .closed = closed,
    .get = show,
    .post = post,
    .no_session = luci_own_page_anonymous,
};
