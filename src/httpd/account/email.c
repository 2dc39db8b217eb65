/* SPDX-License-Identifier: Apache-2.0 */
/* The page with the email address of an account, where people ask for a link that verifies one. Whatever the
 * address, the answer is the same; the mail tells the rest. */
#include "core/auth/own_email.h"
#include "core/email/email.h"
#include "core/web/attribute_kind.h"
#include "httpd/account/account_json.h"
#include "httpd/account/attribute_fields.h"
#include "httpd/account/own_page.h"
#include "httpd/request/way_back.h"

static const luci_form_field_t fields[] = {
    { "email", LUCI_FORM_TEXT },
    { "resend", LUCI_FORM_FLAG },
    { "current_username", LUCI_FORM_TEXT }, /* hidden in the page */
    { NULL, LUCI_FORM_TEXT },
};

/* ---- The page ---- */

/* What was typed, before a confirmation, too; NULL: nothing. */
static const char *typed_address(const luci_endpoint_request_t *request)
{
    char *typed = NULL;

    if (request->is_post)
        return luci_form_value(&request->form, "email");
    return luci_form_query(request->r->args, "email", &typed, request->r->pool) == LUCI_OK ? typed : NULL;
}

static luci_result_t read_own(luci_endpoint_request_t *request, luci_own_email_t *own)
{
    luci_auth_t auth = luci_state_auth(request->r);

    return luci_own_email_read(&auth, request->session, luci_runtime_now(), own, request->r->pool);
}

/* Where a user goes on who was led here because nothing else is open without a verified address; NULL: the
 * user came for another reason. */
static const char *goes_on(const luci_endpoint_request_t *request)
{
    const char *next = luci_endpoint_next(request);

    if (next || !luci_email_is_missing(&request->session->user, request->runtime->auth.settings))
        return next;
    return request->urls->home;
}

static void set_way(const luci_endpoint_request_t *request, apr_table_t *values)
{
    const char *next = goes_on(request);

    apr_table_setn(values, "next_url", next ? next : "");
    if (!luci_email_is_missing(&request->session->user, request->runtime->auth.settings))
        return;
    apr_table_setn(values, "is_needed", "1");
    apr_table_setn(values, "account_url", "");
    apr_table_setn(values, "sign_out_url", request->urls->logout);
}

static void set_own(apr_table_t *values, const luci_own_email_t *own)
{
    apr_table_setn(values, "email", own->email ? own->email : "");
    apr_table_setn(values, "is_verified", own->is_verified ? "1" : "");
    apr_table_setn(values, "is_unverified", own->email && !own->is_verified ? "1" : "");
    apr_table_setn(values, "has_none", own->email ? "" : "1");
    apr_table_setn(values, "awaited", own->awaited ? own->awaited : "");
    apr_table_setn(values, "has_resend", own->awaited || (own->email && !own->is_verified) ? "1" : "");
}

static int page(luci_endpoint_request_t *request, const luci_problem_t *problem, const char *field)
{
    apr_table_t *values = luci_own_page_values(request, request->urls->email);
    const char *typed = typed_address(request);
    luci_own_email_t own;
    luci_result_t result = read_own(request, &own);

    if (result == LUCI_NOT_FOUND)
        return luci_endpoint_problem(request, HTTP_NOT_FOUND, LUCI_MESSAGE_NOT_FOUND);
    if (result != LUCI_OK)
        return luci_endpoint_failure(request, result);
    apr_table_setn(values, "current_username", request->session->user.username);
    apr_table_setn(values, "typed", typed ? typed : "");
    set_own(values, &own);
    set_way(request, values);
    return luci_own_page_send(request, values, problem, field);
}

static int answer_json(luci_endpoint_request_t *request, const luci_own_email_t *own)
{
    return luci_reply_json(request->r, HTTP_OK,
                           json_pack("{s:o, s:b, s:o}", "email", luci_json_text(own->email), "verified",
                                     own->is_verified, "awaited", luci_json_text(own->awaited)));
}

/* A user who was led here and has opened the link meanwhile goes on by loading the page again. */
static int show_page(luci_endpoint_request_t *request)
{
    const char *next = luci_endpoint_next(request);

    if (next && !typed_address(request) &&
        luci_email_is_proved(&request->session->user, request->runtime->auth.settings))
        return luci_reply_redirect(request->r, next);
    return page(request, NULL, NULL);
}

static int show(luci_endpoint_request_t *request)
{
    luci_own_email_t own;
    luci_result_t result;

    if (!request->wants_json)
        return show_page(request);
    result = read_own(request, &own);
    if (result == LUCI_NOT_FOUND)
        return luci_endpoint_problem(request, HTTP_NOT_FOUND, LUCI_MESSAGE_NOT_FOUND);
    return result == LUCI_OK ? answer_json(request, &own) : luci_endpoint_failure(request, result);
}

/* ---- The order ---- */

/* The page again, which shows where the link goes. */
static int done(luci_endpoint_request_t *request, const luci_email_change_t *change)
{
    const char *requested = luci_way_back_requested(request->r), *url = request->urls->email;

    if (request->wants_json)
        return answer_json(request, &change->own);
    if (url)
        url = luci_way_back_link(request->r, url, luci_endpoint_next(request));
    return luci_reply_see_other(request->r, url ? url : requested ? requested : request->urls->account);
}

static int answer(luci_endpoint_request_t *request, const luci_email_change_t *change, luci_result_t result)
{
    switch (result) {
    case LUCI_OK: return done(request, change);
    case LUCI_DENIED: return luci_endpoint_ask_factor(request);
    case LUCI_INVALID:
        return luci_own_page_refuse(request, page, "email_error",
                                    change->request.is_address ? LUCI_MESSAGE("invalid_username.address")
                                                               : LUCI_MESSAGE("invalid_email"));
    case LUCI_CONFLICT: return luci_own_page_refuse(request, page, "email_error", LUCI_MESSAGE_VALUE_TAKEN);
    case LUCI_NOT_FOUND: return luci_endpoint_problem(request, HTTP_NOT_FOUND, LUCI_MESSAGE_NOT_FOUND);
    case LUCI_EXPIRED:
    case LUCI_THROTTLED:
    case LUCI_BUSY:
    case LUCI_UNAVAILABLE:
    case LUCI_INTERNAL: break;
    }
    return luci_own_page_fail(request, page, result, change->request.attempt);
}

static int order(luci_endpoint_request_t *request, const char *address)
{
    request_rec *r = request->r;
    luci_auth_t auth = luci_state_auth(r);
    luci_attempt_t attempt = { .now = 0 };
    luci_email_change_t change = {
        .request = { .client = { r->useragent_ip, NULL }, .now = luci_runtime_now(), .attempt = &attempt },
        .session = request->session,
        .address = address,
        .language = luci_reply_language(r),
    };

    return answer(request, &change, luci_email_change(&auth, &change, r->pool));
}

static int post(luci_endpoint_request_t *request)
{
    const char *typed = luci_form_value(&request->form, "email");
    const char *address = luci_attribute_trim(typed, request->r->pool);
    int is_resend = *luci_form_value(&request->form, "resend") != '\0';
    luci_message_t message = LUCI_NO_MESSAGE;

    if (typed && is_resend)
        return luci_endpoint_problem(request, HTTP_BAD_REQUEST, LUCI_MESSAGE_MALFORMED);
    if (luci_own_page_is_of_other(request, "current_username"))
        return luci_own_page_refuse(request, page, "form_error", LUCI_MESSAGE_OTHER_NAME);
    if (address)
        message = luci_attribute_fields_address(request, address);
    if (message.key) {
        luci_endpoint_report_refused(request, LUCI_EVENT_EMAIL_REQUEST, LUCI_REASON_BAD_REQUEST);
        return luci_own_page_refuse(request, page, "email_error", message);
    }
    return order(request, is_resend ? NULL : address ? address : "");
}

static int is_on(const luci_server_config_t *config)
{
    return config->settings.email != LUCI_EMAIL_OFF;
}

const luci_endpoint_t luci_endpoint_email = {
    .handler = LUCI_ENDPOINT_HANDLER "email",
    .path = "email",
    .page = "email.html",
    .is_on = is_on,
    .fields = fields,
    .event = LUCI_EVENT_EMAIL_REQUEST,
    .needs_session = 1,
    .admits_unverified = 1,
    .needs_fresh = LUCI_FRESH_POST,
    .typed_field = "email",
    .get = show,
    .post = post,
    .has_json = 1,
    .no_session = luci_own_page_anonymous,
};
