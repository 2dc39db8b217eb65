/* SPDX-License-Identifier: Apache-2.0 */
/* The page where people see, add, rename and remove their passkeys. */
#include "core/auth/own_passkeys.h"
#include "core/base/base64url.h"
#include "core/base/timestamp.h"
#include "core/web/template.h"
#include "core/web/user_agent.h"
#include "httpd/account/account_json.h"
#include "httpd/account/own_page.h"
#include "httpd/account/passkey_form.h"
#include "httpd/request/cookies.h"
#include "httpd/request/half.h"
#include "httpd/request/way_back.h"

#include <apr_strings.h>

#define LIST "passkeys"

static const luci_form_field_t fields[] = {
    LUCI_PASSKEY_FIELDS,
    { "name", LUCI_FORM_TEXT },
    { "remove", LUCI_FORM_TEXT },   /* a tag */
    { "rename", LUCI_FORM_TEXT },   /* the same */
    { "username", LUCI_FORM_TEXT }, /* hidden in the page */
    { NULL, LUCI_FORM_TEXT },
};

/* ---- What a registration asks for ---- */

static const char *const algorithms = "-7 -8 -257"; /* luci_cose_algorithms */

static luci_result_t user_handle(const luci_endpoint_request_t *request, const char **text)
{
    unsigned char handle[LUCI_USER_HANDLE_BYTES];
    luci_result_t result = luci_passkey_user_handle(request->session->user.id, handle);

    *text = luci_base64url_encode(handle, sizeof handle, request->r->pool);
    return result;
}

static int is_needed(const luci_endpoint_request_t *request)
{
    return luci_own_passkeys_need_verification(request->runtime->auth.settings);
}

static luci_result_t offer_of(const luci_endpoint_request_t *request, luci_passkey_offer_t *offer)
{
    luci_result_t result =
        luci_passkey_form_offer(request, LUCI_CHALLENGE_REGISTRATION, request->session->user.id, offer);

    offer->verification = is_needed(request) ? "required" : "preferred";
    return result;
}

/* ---- The list ---- */

static json_t *passkey_json(const luci_passkey_t *passkey)
{
    return json_pack("{s:s, s:s, s:b, s:o, s:o}", "tag", passkey->tag, "name", passkey->name, "backed_up",
                     !!(passkey->credential.flags & LUCI_CREDENTIAL_BACKED_UP), "created_at",
                     luci_json_moment(passkey->created_at), "last_used",
                     luci_json_known_moment(passkey->last_used));
}

/* What a program needs to add one; NULL: passkeys cannot be used, or memory is missing. */
static json_t *registration_json(const luci_endpoint_request_t *request, const apr_array_header_t *list)
{
    luci_passkey_offer_t offer;
    const char *handle;
    json_t *object, *more;

    if (user_handle(request, &handle) != LUCI_OK || offer_of(request, &offer) != LUCI_OK)
        return json_null();
    object = luci_passkey_form_json(&offer);
    more = json_pack("{s:s, s:[i, i, i], s:s}", "user_handle", handle, "algorithms", luci_cose_algorithms[0],
                     luci_cose_algorithms[1], luci_cose_algorithms[2], "exclude",
                     luci_passkey_form_join(list, request->r->pool));
    json_object_update(object, more);
    json_decref(more);
    return object;
}

static int answer_json(luci_endpoint_request_t *request, int status, const apr_array_header_t *list)
{
    json_t *rows = json_array();

    for (int i = 0; i < list->nelts; i++)
        json_array_append_new(rows, passkey_json(&APR_ARRAY_IDX(list, i, luci_passkey_t)));
    return luci_reply_json(
        request->r, status,
        json_pack("{s:o, s:o}", LIST, rows, "registration", registration_json(request, list)));
}

static void set_row(apr_table_t *values, int row, const luci_passkey_t *passkey, apr_pool_t *pool)
{
    luci_template_set_row(values, LIST, row, "tag", passkey->tag);
    luci_template_set_row(values, LIST, row, "name", passkey->name);
    luci_template_set_row(values, LIST, row, "since", luci_timestamp_readable(passkey->created_at, pool));
    luci_template_set_row(values, LIST, row, "last_used", luci_timestamp_readable(passkey->last_used, pool));
    luci_template_set_row(values, LIST, row, "backed_up",
                          passkey->credential.flags & LUCI_CREDENTIAL_BACKED_UP ? "1" : "");
}

/* A name for a new passkey: the browser and the system. */
static const char *proposed_name(request_rec *r)
{
    luci_user_agent_t agent = luci_user_agent(apr_table_get(r->headers_in, "User-Agent"), r->pool);

    if (!*agent.browser)
        return "";
    return *agent.system ? apr_pstrcat(r->pool, agent.browser, ", ", agent.system, NULL) : agent.browser;
}

static luci_result_t read_list(luci_endpoint_request_t *request, apr_array_header_t **list)
{
    luci_auth_t auth = luci_state_auth(request->r);

    return luci_own_passkeys_list(&auth, request->session->user.id, list, request->r->pool);
}

/* A name that was typed for a new passkey, not for one of the list. */
static int is_registration(const luci_endpoint_request_t *request)
{
    return request->is_post && !luci_form_value(&request->form, "rename") &&
           !luci_form_value(&request->form, "remove");
}

static void set_registration(luci_endpoint_request_t *request, const apr_array_header_t *list,
                             apr_table_t *values)
{
    const char *typed = is_registration(request) ? luci_form_value(&request->form, "name") : NULL, *handle;
    luci_passkey_offer_t offer;

    apr_table_setn(values, "name", typed ? typed : proposed_name(request->r));
    if (user_handle(request, &handle) != LUCI_OK || offer_of(request, &offer) != LUCI_OK) {
        apr_table_setn(values, "unavailable", "1");
        return;
    }
    luci_passkey_form_set(request, &offer, values);
    apr_table_setn(values, "passkey_user", handle);
    apr_table_setn(values, "passkey_algorithms", algorithms);
    apr_table_setn(values, "passkey_exclude", luci_passkey_form_join(list, request->r->pool));
    apr_table_setn(values, "passkey_resident", is_needed(request) ? "required" : "preferred");
}

/* With half a session, the profile would lead back to this page. */
static void set_half(const luci_endpoint_request_t *request, apr_table_t *values)
{
    apr_table_setn(values, "is_needed", luci_half_needs_passkey(request->r) ? "1" : "");
    apr_table_setn(values, "account_url", "");
    apr_table_setn(values, "sign_out_url", request->urls->logout);
}

static int page(luci_endpoint_request_t *request, const luci_problem_t *problem, const char *field)
{
    apr_table_t *values = luci_own_page_values(request, request->urls->passkeys);
    apr_array_header_t *list;
    luci_result_t result = read_list(request, &list);

    if (result != LUCI_OK)
        return luci_endpoint_failure(request, result);
    for (int i = 0; i < list->nelts; i++)
        set_row(values, i, &APR_ARRAY_IDX(list, i, luci_passkey_t), request->r->pool);
    apr_table_setn(values, "is_empty", list->nelts ? "" : "1");
    set_registration(request, list, values);
    if (luci_half_is(request->r, request->session, NULL))
        set_half(request, values);
    return luci_own_page_send(request, values, problem, field);
}

/* A user who needs a passkey here, and may have one already, for example since the session began: then the
 * page confirm asks for it, after which the session is a whole one. */
static int is_to_use_passkey(luci_endpoint_request_t *request)
{
    return request->urls->confirm && luci_half_is(request->r, request->session, NULL) &&
           luci_half_needs_passkey(request->r);
}

static int show(luci_endpoint_request_t *request)
{
    apr_array_header_t *list;
    luci_result_t result;

    if (!request->wants_json && !is_to_use_passkey(request))
        return page(request, NULL, NULL);
    result = read_list(request, &list);
    if (result != LUCI_OK)
        return luci_endpoint_failure(request, result);
    if (request->wants_json)
        return answer_json(request, HTTP_OK, list);
    return list->nelts ? luci_endpoint_lead(request, request->urls->confirm, LUCI_MESSAGE_PASSKEY,
                                            luci_endpoint_requested(request))
                       : page(request, NULL, NULL);
}

/* ---- Changes ---- */

static int done(luci_endpoint_request_t *request)
{
    const char *requested = luci_way_back_requested(request->r), *url = request->urls->passkeys;

    return request->wants_json ? show(request)
                               : luci_reply_see_other(request->r, url         ? url
                                                                  : requested ? requested
                                                                              : request->urls->account);
}

static int refuse(luci_endpoint_request_t *request, const char *field, const char *message)
{
    return luci_own_page_refuse(request, page, field, LUCI_MESSAGE(message));
}

static int answer(luci_endpoint_request_t *request, luci_result_t result)
{
    switch (result) {
    case LUCI_OK: return done(request);
    case LUCI_DENIED: return luci_endpoint_ask_factor(request);
    case LUCI_INVALID:
        return refuse(request, is_registration(request) ? "name_error" : "form_error",
                      "invalid_passkey_name");
    case LUCI_NOT_FOUND:
        /* A second click on the page is no error, but a program may have written something wrong. */
        return request->as_json ? luci_endpoint_problem(request, HTTP_NOT_FOUND, LUCI_MESSAGE_NOT_FOUND)
                                : done(request);
    case LUCI_EXPIRED:
    case LUCI_CONFLICT:
    case LUCI_THROTTLED:
    case LUCI_BUSY:
    case LUCI_UNAVAILABLE:
    case LUCI_INTERNAL: break;
    }
    return luci_own_page_fail(request, page, result, NULL);
}

static int change(luci_endpoint_request_t *request, const char *tag, const char *name)
{
    luci_auth_t auth = luci_state_auth(request->r);
    luci_passkey_change_t change = { request->session, luci_runtime_now(), tag, name };

    return answer(request, luci_own_passkeys_change(&auth, &change, request->r->pool));
}

/* A user who was led here, because a passkey was missing elsewhere, goes on there. */
static int done_adding(luci_endpoint_request_t *request, const luci_passkey_registration_t *registration)
{
    const char *next = luci_endpoint_next(request);

    if (registration->is_renewed) {
        luci_cookies_set_session(request->r, &registration->renewed);
        request->session = &registration->renewed;
    }
    return next && !request->wants_json ? luci_reply_see_other(request->r, next) : done(request);
}

static int answer_added(luci_endpoint_request_t *request, const luci_passkey_registration_t *registration,
                        luci_result_t result)
{
    if (result == LUCI_OK)
        return done_adding(request, registration);
    if (result == LUCI_CONFLICT)
        return refuse(request, "form_error", registration->is_full ? "too_many_passkeys" : "passkey_exists");
    if (result == LUCI_NOT_FOUND)
        return refuse(request, "form_error", "passkey_expired");
    if (result != LUCI_DENIED || registration->fault == LUCI_PASSKEY_FAULT_NONE)
        return answer(request, result);
    luci_passkey_form_log(request->r, registration->fault);
    return refuse(request, "form_error", "incorrect_passkey");
}

static int add(luci_endpoint_request_t *request)
{
    luci_auth_t auth = luci_state_auth(request->r);
    luci_passkey_registration_t registration = {
        .session = request->session,
        .now = luci_runtime_now(),
        .client = { request->r->useragent_ip, apr_table_get(request->r->headers_in, "User-Agent") },
        .token = luci_form_value(&request->form, "token"),
        .name = luci_form_value(&request->form, "name")
    };

    if (!luci_passkey_form_party(request->r, &registration.party) ||
        luci_passkey_form_read(request, &registration.answer) != LUCI_OK) {
        luci_endpoint_report_refused(request, LUCI_EVENT_FACTOR_ADD, LUCI_REASON_WRONG_PASSKEY);
        return refuse(request, "form_error", "incorrect_passkey");
    }
    return answer_added(request, &registration,
                        luci_own_passkeys_add(&auth, &registration, request->r->pool));
}

static int post(luci_endpoint_request_t *request)
{
    const char *removed = luci_form_value(&request->form, "remove"),
               *renamed = luci_form_value(&request->form, "rename"),
               *name = luci_form_value(&request->form, "name");

    if (luci_own_page_is_of_other(request, "username"))
        return luci_endpoint_problem(request, HTTP_BAD_REQUEST, LUCI_MESSAGE_OTHER_NAME);
    if (removed && renamed)
        return luci_endpoint_problem(request, HTTP_BAD_REQUEST, LUCI_MESSAGE_MALFORMED);
    if (removed)
        return change(request, removed, NULL);
    return renamed ? change(request, renamed, name ? name : "") : add(request);
}

const luci_endpoint_t luci_endpoint_passkeys = {
    .handler = LUCI_ENDPOINT_HANDLER "passkeys",
    .path = "passkeys",
    .page = "passkeys.html",
    .is_on = luci_passkey_form_is_on,
    .fields = fields,
    .body_max = LUCI_PASSKEY_BODY_MAX,
    .event = LUCI_EVENT_FACTOR_ADD,
    .needs_session = 1,
    .admits_half = 1,
    .needs_fresh = LUCI_FRESH_ALWAYS,
    .get = show,
    .post = post,
    .has_json = 1,
    .no_session = luci_own_page_anonymous,
};
