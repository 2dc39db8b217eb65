/* SPDX-License-Identifier: Apache-2.0 */
/* Sign-in of people whom another module of httpd has identified, which guards the location: a session for
 * their account, which is new if they come for the first time. The page asks when a browser may have been led
 * here by another site, or has the session of another user, and for what a new account needs. */
#include "core/auth/adoption.h"
#include "core/email/email_domain.h"
#include "httpd/account/adopt_guard.h"
#include "httpd/account/attribute_fields.h"
#include "httpd/account/entry.h"
#include "httpd/account/own_page.h"
#include "httpd/account/second_factor.h"
#include "httpd/account/welcome.h"
#include "httpd/base/httpd_log.h"
#include "httpd/request/cookies.h"
#include "httpd/request/request.h"
#include "httpd/request/way_back.h"

#include <apr_strings.h>
#include <http_log.h>
#include <string.h>

APLOG_USE_MODULE(luciauth);

/* Of the identity that the page shows. No attribute can have this name. */
#define IDENTITY "identity-shown"

#define MESSAGE_NO_ACCOUNT LUCI_MESSAGE("no_account")
#define MESSAGE_UNUSABLE LUCI_MESSAGE("identity_unusable")
#define MESSAGE_DISABLED LUCI_MESSAGE("account_disabled")
#define MESSAGE_ASKED LUCI_MESSAGE("sign_in_unconfirmed")

static const luci_form_field_t fields[] = {
    { "username", LUCI_FORM_TEXT },
    { "next", LUCI_FORM_TEXT },
    { IDENTITY, LUCI_FORM_TEXT },
    { NULL, LUCI_FORM_TEXT },
};

/* One request. */
typedef struct {
    luci_endpoint_request_t *request;
    const luci_adopt_t *adopt;
    luci_adopt_person_t person;
    char identity[LUCI_SHA256_HEX + 1]; /* stands for the key on the page */
    luci_auth_t auth;
    luci_adoption_t adoption;
    luci_attempt_t attempt;
    luci_session_t session;
    luci_field_t field;
    luci_user_t user; /* of the account that was found; without an id: none */
    const char *next;
} adopt_request_t;

/* ---- The page ---- */

static luci_attribute_fields_t attributes_of(const adopt_request_t *adopting)
{
    return (luci_attribute_fields_t){ .asked = adopting->auth.settings->signup };
}

static void set_fields(const luci_server_config_t *config, luci_form_t *form, apr_pool_t *pool)
{
    luci_attribute_fields_set(form, fields, config->settings.signup, pool);
}

static const char *posted(const adopt_request_t *adopting, const char *name)
{
    return adopting->request->is_post ? luci_form_value(&adopting->request->form, name) : NULL;
}

static const char *wanted_username(const adopt_request_t *adopting)
{
    const char *username = posted(adopting, "username");

    return username ? username : adopting->person.username;
}

/* What a new account needs. */
static void set_new(const adopt_request_t *adopting, apr_table_t *values)
{
    const luci_settings_t *settings = adopting->auth.settings;
    const char *username = wanted_username(adopting);
    luci_attribute_fields_t form = attributes_of(adopting);
    apr_pool_t *pool = adopting->request->r->pool;
    int has_focus =
        luci_attribute_fields_show(adopting->request, &form, adopting->adoption.request.refused - 1, values);

    apr_table_setn(values, "is_new", "1");
    apr_table_setn(values, "username", username ? username : "");
    apr_table_setn(values, "username_min", apr_itoa(pool, settings->username_length.min));
    apr_table_setn(values, "username_max", apr_itoa(pool, settings->username_length.max));
    apr_table_setn(values, "focus_username", has_focus ? "" : "1");
}

/* Before anything was typed there is no mistake. */
static int status_of(const adopt_request_t *adopting, const luci_problem_t *problem)
{
    int is_asked = !problem || (problem->status == HTTP_BAD_REQUEST && !adopting->request->is_post);

    return is_asked ? HTTP_OK : problem->status;
}

/* 1: the browser has the session of another user. */
static int has_other_session(const adopt_request_t *adopting)
{
    const luci_session_t *session = adopting->request->session;

    return session && !(adopting->user.id && strcmp(session->user.id, adopting->user.id) == 0);
}

/* problem may be NULL. */
static int page(adopt_request_t *adopting, const luci_problem_t *problem, const char *field)
{
    luci_endpoint_request_t *request = adopting->request;
    request_rec *r = request->r;
    apr_table_t *values = apr_table_make(r->pool, 16);

    if (problem)
        luci_reply_complain(r, problem, field, values);
    apr_table_setn(values, "is_known", adopting->user.id ? "1" : "");
    if (adopting->user.id)
        apr_table_setn(values, "username", adopting->user.username);
    else
        set_new(adopting, values);
    if (has_other_session(adopting))
        apr_table_setn(values, "other_username", request->session->user.username);
    apr_table_setn(values, "identity", adopting->identity);
    apr_table_setn(values, "form_action", "");
    if (adopting->next && strlen(adopting->next) <= LUCI_WAY_BACK_HIDDEN_MAX)
        apr_table_setn(values, "next", adopting->next);
    return luci_reply_page(r, status_of(adopting, problem), "adopt.html", values);
}

static int complain(adopt_request_t *adopting, const luci_problem_t *problem, const char *field)
{
    return adopting->request->as_json ? luci_reply_problem(adopting->request->r, problem, LUCI_REPLY_JSON)
                                      : page(adopting, problem, field);
}

static int form_again(adopt_request_t *adopting, const char *field, luci_message_t message)
{
    return complain(adopting, &(luci_problem_t){ HTTP_BAD_REQUEST, message, 0 }, field);
}

/* ---- Who it is ---- */

static void report_refused(const adopt_request_t *adopting, luci_event_kind_t kind, luci_reason_t reason)
{
    luci_state_report(adopting->request->r, &(luci_event_t){ .kind = kind,
                                                             .reason = reason,
                                                             .at = luci_runtime_now(),
                                                             .provider = adopting->adopt->provider });
}

static int refuse(adopt_request_t *adopting, luci_reason_t reason, luci_message_t message)
{
    report_refused(adopting, LUCI_EVENT_SIGN_IN, reason);
    return luci_endpoint_problem(adopting->request, HTTP_FORBIDDEN, message);
}

static int refuse_id(adopt_request_t *adopting)
{
    request_rec *r = adopting->request->r;

    if (luci_httpd_log_topic_due(LUCI_TOPIC_ADOPT_ID, adopting->adopt->id))
        ap_log_rerror(
            APLOG_MARK, APLOG_ERR, 0, r,
            "LUCI0803: luciauth-adopt refuses an identity, because the variable %s has more than %d "
            "bytes, or control characters, or white space at its ends, or is not UTF-8; write "
            "another variable into id= of LuciaAdopt",
            adopting->adopt->id, LUCI_ADOPTION_ID_BYTES_MAX);
    return refuse(adopting, LUCI_REASON_BAD_REQUEST, MESSAGE_UNUSABLE);
}

static luci_signup_t signup_of(const adopt_request_t *adopting)
{
    switch (adopting->adopt->signup) {
    case LUCI_ADOPT_SIGNUP_OFF: return LUCI_SIGNUP_OFF;
    case LUCI_ADOPT_SIGNUP_ON: return LUCI_SIGNUP_ON;
    case LUCI_ADOPT_SIGNUP_AS_LOCATION: break;
    }
    return adopting->request->dir->signup;
}

/* An address that an account cannot have is left out: the person can give another one. */
static const char *address_of(adopt_request_t *adopting)
{
    request_rec *r = adopting->request->r;
    const char *email = adopting->person.email;

    if (!email || luci_email_check(adopting->auth.settings, email, r->pool) == LUCI_OK)
        return email;
    ap_log_rerror(
        APLOG_MARK, APLOG_INFO, 0, r,
        "LUCI0805: the address in the variable %s is not used: it is none, or LuciaEmailDomains does "
        "not list its domain",
        adopting->adopt->email);
    return NULL;
}

/* Sets what the sign-in needs. INTERNAL: the session that came with the request has no token. */
static luci_result_t fill(adopt_request_t *adopting)
{
    luci_endpoint_request_t *request = adopting->request;
    request_rec *r = request->r;
    luci_signup_t signup = signup_of(adopting);

    adopting->attempt.device = luci_cookies_device(r);
    adopting->adoption.provider = adopting->adopt->provider;
    adopting->adoption.may_sign_up = signup == LUCI_SIGNUP_ON || signup == LUCI_SIGNUP_APPROVAL;
    adopting->adoption.request = (luci_auth_request_t){
        .username = wanted_username(adopting),
        .client = { r->useragent_ip, apr_table_get(r->headers_in, "User-Agent") },
        .email = address_of(adopting),
        .language = luci_reply_language(r),
        .needs_approval = signup == LUCI_SIGNUP_APPROVAL,
        .is_uncounted = adopting->adopt->signup == LUCI_ADOPT_SIGNUP_ON,
        .attempt = &adopting->attempt,
        .now = luci_runtime_now(),
    };
    return luci_endpoint_old_session(request, &adopting->adoption.request.old_session);
}

/* Returns OK if the guard has admitted a person; otherwise the answer was sent. */
static int begin(adopt_request_t *adopting, luci_endpoint_request_t *request)
{
    request_rec *r = request->r;
    luci_result_t result;

    if (r->main) /* A page that includes this location signs in no reader. */
        return HTTP_FORBIDDEN;
    *adopting = (adopt_request_t){ .request = request, .adopt = request->dir->adopt };
    if (!adopting->adopt) {
        if (luci_httpd_log_topic_due(LUCI_TOPIC_ADOPT_UNNAMED, r->uri))
            ap_log_rerror(
                APLOG_MARK, APLOG_ERR, 0, r,
                "LUCI0801: %s has SetHandler luciauth-adopt without LuciaAdopt; write LuciaAdopt NAME into "
                "its section",
                r->uri);
        return luci_endpoint_problem(request, HTTP_INTERNAL_SERVER_ERROR, LUCI_MESSAGE_UNKNOWN);
    }
    if (luci_reply_is_error_document(r) ||
        luci_adopt_guard_read(r, adopting->adopt, &adopting->person) != LUCI_OK)
        return luci_endpoint_problem(request, HTTP_FORBIDDEN, LUCI_MESSAGE_FORBIDDEN);
    adopting->auth = luci_state_auth(r);
    luci_state_set_origin(r, &adopting->auth);
    adopting->next = luci_way_back_chosen(r, posted(adopting, "next"));
    result = luci_adoption_key_id(adopting->adopt->provider, adopting->person.id, &adopting->adoption.key_id,
                                  r->pool);
    if (result == LUCI_INVALID)
        return refuse_id(adopting);
    if (result == LUCI_OK)
        result = luci_secret_sha256_hex(adopting->adoption.key_id, strlen(adopting->adoption.key_id),
                                        adopting->identity);
    return result == LUCI_OK ? OK : luci_endpoint_failure(request, result);
}

/* ---- Signing in ---- */

static int answer_merged(adopt_request_t *adopting)
{
    if (luci_httpd_log_topic_due(LUCI_TOPIC_ADOPT_MERGED, adopting->adopt->provider))
        ap_log_rerror(
            APLOG_MARK, APLOG_ERR, 0, adopting->request->r,
            "LUCI0804: luciauth-adopt refuses an identity of %s, because the key table takes its id and "
            "that of another person for the same; give the column id of the key table a binary collation, "
            "such as utf8mb4_bin",
            adopting->adopt->provider);
    return luci_endpoint_problem(adopting->request, HTTP_FORBIDDEN, MESSAGE_UNUSABLE);
}

static int answer_denied(adopt_request_t *adopting)
{
    luci_endpoint_request_t *request = adopting->request;
    const luci_factor_demand_t *demand = &adopting->adoption.request.demand;
    const char *passkey = request->urls->passkey;

    if (adopting->adoption.request.is_waiting)
        return request->as_json ? luci_endpoint_problem(request, HTTP_FORBIDDEN, LUCI_MESSAGE_WAITING)
                                : luci_welcome_later(request, adopting->user.username, NULL);
    if (adopting->adoption.is_disabled)
        return luci_endpoint_problem(request, HTTP_FORBIDDEN, MESSAGE_DISABLED);
    if (!luci_second_factor_is_passkey_alone(request, demand))
        return luci_second_factor_ask(request, demand, LUCI_STEP_SIGN_IN);
    if (request->as_json || !passkey)
        return luci_endpoint_problem(request, HTTP_FORBIDDEN, LUCI_MESSAGE_PASSKEY);
    return luci_reply_redirect(request->r, luci_way_back_link(request->r, passkey, adopting->next));
}

static int answer_invalid(adopt_request_t *adopting)
{
    const luci_auth_request_t *made = &adopting->adoption.request;

    if (adopting->field == LUCI_FIELD_ATTRIBUTE)
        return form_again(adopting, LUCI_ATTRIBUTE_ERROR, LUCI_MESSAGE("invalid_value"));
    if (!adopting->request->as_json && !made->username)
        return page(adopting, NULL, NULL);
    return form_again(adopting, "username_error", luci_entry_name_message(made));
}

static int answer(adopt_request_t *adopting, luci_result_t result)
{
    luci_endpoint_request_t *request = adopting->request;
    const luci_adoption_t *adoption = &adopting->adoption;
    luci_problem_t problem;

    switch (result) {
    case LUCI_OK:
        if (adoption->request.is_waiting)
            return luci_welcome_later(request, adoption->request.username, adoption->request.email);
        return luci_welcome(request, &adopting->session, adopting->next,
                            adoption->is_new ? HTTP_CREATED : HTTP_OK);
    case LUCI_NOT_FOUND: return luci_endpoint_problem(request, HTTP_FORBIDDEN, MESSAGE_NO_ACCOUNT);
    case LUCI_INVALID: return answer_invalid(adopting);
    case LUCI_CONFLICT:
        if (adoption->is_merged)
            return answer_merged(adopting);
        return adopting->field == LUCI_FIELD_ATTRIBUTE
                   ? form_again(adopting, LUCI_ATTRIBUTE_ERROR, LUCI_MESSAGE_VALUE_TAKEN)
                   : form_again(adopting, "username_error", LUCI_MESSAGE_TAKEN);
    case LUCI_DENIED: return answer_denied(adopting);
    case LUCI_THROTTLED:
        problem = luci_problem_throttled(adopting->attempt.retry_after);
        return complain(adopting, &problem, "form_error");
    case LUCI_EXPIRED:
    case LUCI_BUSY:
    case LUCI_UNAVAILABLE:
    case LUCI_INTERNAL: break;
    }
    return luci_endpoint_failure(request, result);
}

/* Whether the form lacks an attribute that a new account must have. */
static luci_message_t attribute_problem(adopt_request_t *adopting)
{
    luci_attribute_fields_t form = attributes_of(adopting);

    if (adopting->user.id || !adopting->adoption.may_sign_up)
        return LUCI_NO_MESSAGE;
    adopting->adoption.request.attributes = luci_attribute_fields_values(adopting->request, &form);
    return luci_attribute_fields_problem(adopting->request, &form);
}

static int sign_in(adopt_request_t *adopting)
{
    request_rec *r = adopting->request->r;
    luci_message_t problem = attribute_problem(adopting);
    luci_result_t result;

    if (problem.key && !adopting->request->is_post && !adopting->request->as_json)
        return page(adopting, NULL, NULL);
    if (problem.key) {
        report_refused(adopting, LUCI_EVENT_SIGN_UP, LUCI_REASON_BAD_REQUEST);
        return form_again(adopting, LUCI_ATTRIBUTE_ERROR, problem);
    }
    result = luci_adopt(&adopting->auth, &adopting->adoption, &adopting->session, &adopting->field, r->pool);
    if (result == LUCI_OK)
        luci_endpoint_set_device(r, &adopting->auth, &adopting->adoption.request);
    return answer(adopting, result);
}

/* Finds the account of the person, and the session that came with the request. NOT_FOUND is no failure. */
static luci_result_t look(adopt_request_t *adopting)
{
    luci_result_t result = fill(adopting);

    if (result == LUCI_OK)
        result = luci_adoption_look(&adopting->auth, &adopting->adoption, &adopting->user,
                                    adopting->request->r->pool);
    if (result == LUCI_OK || result == LUCI_NOT_FOUND)
        result = luci_endpoint_session(adopting->request, luci_validate);
    return result == LUCI_NOT_FOUND ? LUCI_OK : result;
}

/* ---- GET ---- */

/* A browser that only fetches in advance shall not sign in. */
static int is_prefetch(const request_rec *r)
{
    static const char *const headers[] = { "Sec-Purpose", "Purpose", "X-Moz" };

    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        const char *value = apr_table_get(r->headers_in, headers[i]);

        if (value && ap_cstr_casecmpn(value, "prefetch", strlen("prefetch")) == 0)
            return 1;
    }
    return 0;
}

static int has(const request_rec *r, const char *header, const char *value)
{
    const char *sent = apr_table_get(r->headers_in, header);

    return sent && ap_cstr_casecmp(sent, value) == 0;
}

/* 1: a page of another site has led the browser here. */
static int is_foreign(const request_rec *r)
{
    const char *site = apr_table_get(r->headers_in, "Sec-Fetch-Site");

    return site && !has(r, "Sec-Fetch-Site", "same-origin") && !has(r, "Sec-Fetch-Site", "none");
}

static int is_link(const request_rec *r)
{
    return has(r, "Sec-Fetch-Mode", "navigate") && has(r, "Sec-Fetch-Dest", "document");
}

/* Browsers do not say over http whether another site has led here. */
static int may_be_foreign(request_rec *r)
{
    return is_foreign(r) ||
           (!apr_table_get(r->headers_in, "Sec-Fetch-Site") && luci_request_is_navigation(r));
}

/* 1: a browser that comes from another site would not send the cookie to the next page either. */
static int is_strict(const request_rec *r)
{
    return luci_config_server(r->server)->cookie_samesite == LUCI_SAMESITE_STRICT;
}

/* 1: another site, or a link in a mail, may have chosen whom the guard admits: now, or before, because the
 * browser keeps a password that a link has, and the cookie of the guard. */
static int may_be_planted(request_rec *r)
{
    return luci_adopt_guard_is_pushed(r) &&
           (may_be_foreign(r) || (!luci_adopt_guard_is_ticket(r) && luci_request_is_navigation(r)));
}

/* 1: the person has to say so on the page: otherwise another site could sign the browser in with an account
 * of its choice, or end the session of another user. */
static int must_ask(const adopt_request_t *adopting)
{
    request_rec *r = adopting->request->r;

    if (adopting->request->session)
        return has_other_session(adopting);
    return may_be_planted(r) || (is_strict(r) && may_be_foreign(r));
}

/* A stranger who gets no account is not asked for a name. */
static int ask(adopt_request_t *adopting)
{
    if (!adopting->user.id && !adopting->adoption.may_sign_up)
        return sign_in(adopting);
    return adopting->request->as_json || adopting->request->wants_json
               ? luci_endpoint_problem(adopting->request, HTTP_CONFLICT, MESSAGE_ASKED)
               : page(adopting, NULL, NULL);
}

static int show(luci_endpoint_request_t *request)
{
    request_rec *r = request->r;
    adopt_request_t adopting;
    luci_result_t result;
    int status = begin(&adopting, request);

    if (status != OK)
        return status;
    if (is_prefetch(r))
        return luci_endpoint_problem(request, HTTP_SERVICE_UNAVAILABLE, LUCI_MESSAGE_UNAVAILABLE);
    if (strcmp(r->method, "HEAD") == 0 || r->header_only)
        return luci_reply_nothing(r);
    if (is_foreign(r) && !is_link(r))
        return refuse(&adopting, LUCI_REASON_CROSS_SITE, LUCI_MESSAGE_CROSS_SITE);
    result = look(&adopting);
    if (result != LUCI_OK)
        return luci_endpoint_failure(request, result);
    if (must_ask(&adopting))
        return ask(&adopting);
    return request->session && luci_welcome_is_tab(request) ? luci_welcome_tab(request) : sign_in(&adopting);
}

/* ---- POST ---- */

/* 1: the form is that of mod_auth_form, which any page can send. */
static int is_of_guard(const adopt_request_t *adopting)
{
    const char *type = adopting->request->r->ap_auth_type;

    return !posted(adopting, IDENTITY) && type && ap_cstr_casecmp(type, "form") == 0 &&
           luci_request_body_type(adopting->request->r) != LUCI_BODY_JSON;
}

/* 1: the page was made for another person than the guard admits now, or is no page of ours. */
static int is_of_other(const adopt_request_t *adopting)
{
    const char *shown = posted(adopting, IDENTITY);

    return shown ? strcmp(shown, adopting->identity) != 0 : !adopting->request->as_json;
}

static int post(luci_endpoint_request_t *request)
{
    adopt_request_t adopting;
    luci_result_t result;
    int status = begin(&adopting, request);

    if (status != OK)
        return status;
    result = look(&adopting);
    if (result != LUCI_OK)
        return luci_endpoint_failure(request, result);
    if (is_of_guard(&adopting))
        return ask(&adopting);
    if (is_of_other(&adopting))
        return form_again(&adopting, "form_error", LUCI_MESSAGE_OTHER_NAME);
    return sign_in(&adopting);
}

const luci_endpoint_t luci_endpoint_adopt = {
    .handler = LUCI_ENDPOINT_HANDLER "adopt",
    .page = "adopt.html",
    .fields = fields,
    .set_fields = set_fields,
    .event = LUCI_EVENT_SIGN_IN,
    .get = show,
    .post = post,
    .has_json = 1,
};
