/* SPDX-License-Identifier: Apache-2.0 */
/* The page where people prove a second factor: after the password, when they sign in or confirm, or later, in
 * a session that has one factor. Without the cookie of the step
 * (core/auth/step.h) and without a session it leads to sign-in. */
#include "core/auth/factor_need.h"
#include "core/auth/second_step.h"
#include "core/factor/factor.h"
#include "httpd/account/account_json.h"
#include "httpd/account/own_page.h"
#include "httpd/account/passkey_form.h"
#include "httpd/account/second_factor.h"
#include "httpd/request/answer.h"
#include "httpd/request/cookies.h"
#include "httpd/request/half.h"
#include "httpd/request/way_back.h"

static const luci_form_field_t fields[] = {
    { "code", LUCI_FORM_SECRET },    { "next", LUCI_FORM_TEXT },        LUCI_PASSKEY_FIELDS,
    { "signature", LUCI_FORM_TEXT }, { "user_handle", LUCI_FORM_TEXT }, { NULL, LUCI_FORM_TEXT },
};

/* ---- Whose factor it is ---- */

typedef struct {
    luci_endpoint_request_t *request;
    luci_auth_t auth;
    luci_second_step_t second;
    luci_step_t step;
    luci_attempt_t attempt;
    luci_second_step_user_t user;
    int is_late;      /* 1: there is no step, or one that has ended */
    const char *next; /* where the user wants to go; NULL: not known */
} factor_request_t;

/* A step of a sign-in counts more than a session, which the sign-in replaces; one of a confirmation needs its
 * session. */
static void choose(factor_request_t *proving)
{
    luci_endpoint_request_t *request = proving->request;
    const luci_session_t *session = request->session;
    luci_second_step_t *second = &proving->second;
    int is_sign_in = second->step && second->step->kind == LUCI_STEP_SIGN_IN;

    if (second->step && !is_sign_in && !session)
        second->step = NULL;
    second->session = is_sign_in ? NULL : session;
    second->request.old_session = is_sign_in && session ? &session->token : NULL;
}

static luci_result_t look(factor_request_t *proving)
{
    luci_result_t result;

    choose(proving);
    if (!proving->second.step && !proving->second.session)
        return LUCI_NOT_FOUND;
    result =
        luci_second_step_look(&proving->auth, &proving->second, &proving->user, proving->request->r->pool);
    if (result != LUCI_EXPIRED || !proving->second.step)
        return result;
    luci_cookies_clear_step(proving->request->r);
    proving->second.step = NULL;
    proving->is_late = 1;
    return look(proving);
}

/* OK: a user whose factor can be proved, or who has none. NOT_FOUND: neither step nor session. */
static luci_result_t begin(factor_request_t *proving, luci_endpoint_request_t *request)
{
    request_rec *r = request->r;
    luci_ms_t now = luci_runtime_now();
    luci_result_t result = luci_endpoint_session(request, luci_validate), read;
    const char *cookie;

    if (result != LUCI_OK && result != LUCI_NOT_FOUND)
        return result;
    *proving = (factor_request_t){ .request = request, .auth = luci_state_auth(r) };
    proving->attempt.device = luci_cookies_device(r);
    proving->second.request = (luci_auth_request_t){
        .client = { r->useragent_ip, apr_table_get(r->headers_in, "User-Agent") },
        .now = now,
        .attempt = &proving->attempt,
    };
    cookie = luci_cookies_step(r);
    read = luci_step_read(proving->auth.settings->seal_keys, cookie, now, &proving->step, r->pool);
    proving->is_late = !cookie || read == LUCI_EXPIRED;
    if (read == LUCI_OK)
        proving->second.step = &proving->step;
    result = look(proving);
    proving->next = luci_way_back_chosen(r, luci_form_value(&request->form, "next"));
    if (!proving->next && proving->second.step)
        proving->next = proving->step.next;
    return result;
}

/* ---- The page ---- */

/* OK: what a passkey of the user is asked for, and the ids of all of them. NOT_FOUND: the user has none, or
 * passkeys cannot be used with this request. */
static luci_result_t offer_passkeys(factor_request_t *proving, luci_passkey_offer_t *offer, const char **ids)
{
    luci_endpoint_request_t *request = proving->request;
    const char *user_id = proving->user.key.user.id;
    luci_result_t result = LUCI_NOT_FOUND;

    if (proving->user.kinds & LUCI_FACTOR_PASSKEY)
        result = luci_passkey_form_offer(request, LUCI_CHALLENGE_FACTOR, user_id, offer);
    if (result == LUCI_OK)
        result = luci_passkey_form_ids(request, user_id, ids);
    offer->verification = "discouraged";
    return result;
}

static void set_passkeys(factor_request_t *proving, apr_table_t *values)
{
    luci_passkey_offer_t offer;
    const char *ids;

    if (offer_passkeys(proving, &offer, &ids) != LUCI_OK)
        return;
    luci_passkey_form_set(proving->request, &offer, values);
    apr_table_setn(values, "passkey_allow", ids);
}

static int page(factor_request_t *proving, const luci_problem_t *problem, const char *field)
{
    luci_endpoint_request_t *request = proving->request;
    request_rec *r = request->r;
    apr_table_t *values = apr_table_make(r->pool, 16);
    const char *start = proving->second.session ? request->urls->logout : request->urls->login;

    apr_table_setn(values, "username", proving->user.key.user.username);
    apr_table_setn(values, "form_action",
                   request->urls->factor && !luci_way_back_is_own_page(r)
                       ? luci_way_back_link(r, request->urls->factor, proving->next)
                       : "");
    if (proving->next && strlen(proving->next) <= LUCI_WAY_BACK_HIDDEN_MAX)
        apr_table_setn(values, "next", proving->next);
    set_passkeys(proving, values);
    apr_table_setn(values,
                   proving->user.kinds & (LUCI_FACTOR_TOTP | LUCI_FACTOR_RECOVERY) ? "has_code" : "no_code",
                   "1");
    apr_table_setn(values, "has_totp", proving->user.kinds & LUCI_FACTOR_TOTP ? "1" : "");
    apr_table_setn(values, "has_recovery", proving->user.kinds & LUCI_FACTOR_RECOVERY ? "1" : "");
    apr_table_setn(values, "switch_url", luci_way_back_link(r, start, proving->next));
    return luci_own_page_send(request, values, problem, field);
}

/* The message of a form without a step: the browser loses its cookie when the step ends. */
static luci_message_t reason_of(const factor_request_t *proving)
{
    return proving->is_late ? LUCI_MESSAGE("step_expired") : LUCI_MESSAGE_UNAUTHORIZED;
}

/* A link leads to sign-in, and then to where the user wanted to go. */
static int page_to_sign_in(luci_endpoint_request_t *request, const char *login, luci_message_t message)
{
    apr_table_t *values = apr_table_make(request->r->pool, 8);

    luci_reply_complain(request->r, &(luci_problem_t){ HTTP_UNAUTHORIZED, message, 0 }, "form_error", values);
    apr_table_setn(values, "sign_in_url", login);
    return luci_reply_page(request->r, HTTP_UNAUTHORIZED, "error.html", values);
}

static int answer_anonymous(factor_request_t *proving)
{
    luci_endpoint_request_t *request = proving->request;
    request_rec *r = request->r;
    const char *next = luci_way_back_chosen(r, luci_form_value(&request->form, "next")),
               *login = luci_way_back_link(r, request->urls->login, next);

    luci_cookies_clear_step(r);
    if (request->as_json || request->wants_json)
        return luci_endpoint_problem(request, HTTP_UNAUTHORIZED, LUCI_MESSAGE_UNAUTHORIZED);
    return request->is_post ? page_to_sign_in(request, login, reason_of(proving))
                            : luci_reply_redirect(r, login);
}

/* 1: the user has a second factor that only another site with the same users takes. */
static int has_other_factor(const factor_request_t *proving)
{
    const luci_session_t *session = proving->second.session;

    return luci_factor_need_look(&proving->auth, session, proving->request->r->pool) == LUCI_DENIED;
}

/* A user who has no second factor is led to where one sets one up. */
static int answer_without(factor_request_t *proving)
{
    luci_endpoint_request_t *request = proving->request;
    const char *url = luci_half_needs_passkey(request->r) ? request->urls->passkeys : request->urls->factors;

    if (!proving->second.session)
        return answer_anonymous(proving);
    if (has_other_factor(proving))
        return luci_endpoint_problem(request, HTTP_UNAUTHORIZED, LUCI_MESSAGE_FACTOR);
    if (request->as_json || !url)
        return luci_endpoint_problem(request, HTTP_BAD_REQUEST, LUCI_MESSAGE("no_second_factor"));
    return luci_reply_see_other(request->r, luci_way_back_link(request->r, url, proving->next));
}

static int is_done(const factor_request_t *proving)
{
    return proving->second.session && proving->second.session->factors > 1 && !proving->second.step;
}

static int answer_json(factor_request_t *proving)
{
    json_t *object = json_pack("{s:o}", "factors", luci_second_factor_json(proving->user.kinds)), *passkey;
    luci_passkey_offer_t offer;
    const char *ids;

    if (offer_passkeys(proving, &offer, &ids) == LUCI_OK) {
        passkey = luci_passkey_form_json(&offer);
        json_object_set_new(passkey, "allow", json_string(ids));
        json_object_set_new(object, "passkey", passkey);
    }
    return luci_reply_json(proving->request->r, HTTP_OK, object);
}

static int show(luci_endpoint_request_t *request)
{
    factor_request_t proving;
    luci_result_t result = begin(&proving, request);

    if (result == LUCI_NOT_FOUND)
        return answer_anonymous(&proving);
    if (result != LUCI_OK)
        return luci_endpoint_failure(request, result);
    if (request->wants_json)
        return answer_json(&proving);
    if (!proving.user.kinds)
        return answer_without(&proving);
    if (is_done(&proving))
        return luci_reply_redirect(request->r, proving.next ? proving.next : request->urls->account);
    return page(&proving, NULL, NULL);
}

/* ---- The proof ---- */

static int complain(factor_request_t *proving, const luci_problem_t *problem, const char *field)
{
    return proving->request->as_json ? luci_reply_problem(proving->request->r, problem, LUCI_REPLY_JSON)
                                     : page(proving, problem, field);
}

/* Where a sign-in goes on. */
static int lead_on(factor_request_t *proving)
{
    luci_endpoint_request_t *request = proving->request;
    request_rec *r = request->r;

    if (!proving->second.passkey && luci_half_needs_passkey(r))
        return luci_reply_redirect(r, luci_way_back_link(r, request->urls->passkeys, proving->next));
    return luci_reply_redirect(r, proving->next ? proving->next : request->urls->home);
}

static int done(factor_request_t *proving, const luci_session_t *renewed)
{
    luci_endpoint_request_t *request = proving->request;
    request_rec *r = request->r;
    int is_sign_in = !proving->second.session;

    luci_cookies_clear_step(r);
    luci_cookies_set_session(r, renewed);
    luci_endpoint_set_device(r, &proving->auth, &proving->second.request);
    if (is_sign_in)
        luci_answer_clear_cache(r);
    if (request->wants_json)
        return luci_reply_json(r, HTTP_OK, luci_account_json(renewed, request->runtime->auth.settings));
    if (is_sign_in)
        return lead_on(proving);
    return luci_reply_see_other(r, proving->next ? proving->next : request->urls->account);
}

static int answer(factor_request_t *proving, luci_result_t result, const luci_session_t *renewed)
{
    luci_problem_t problem = { HTTP_BAD_REQUEST, LUCI_MESSAGE("incorrect_code"), 0 };

    switch (result) {
    case LUCI_OK: return done(proving, renewed);
    case LUCI_DENIED:
        if (!proving->second.passkey)
            return complain(proving, &problem, "code_error");
        luci_passkey_form_log(proving->request->r, proving->second.passkey->fault);
        problem.message = LUCI_MESSAGE("incorrect_passkey");
        return complain(proving, &problem, "form_error");
    case LUCI_EXPIRED: proving->is_late |= proving->second.step != NULL; return answer_anonymous(proving);
    case LUCI_NOT_FOUND: return answer_without(proving);
    case LUCI_THROTTLED:
        problem = luci_problem_throttled(proving->attempt.retry_after);
        return complain(proving, &problem, "form_error");
    case LUCI_INVALID:
    case LUCI_CONFLICT:
    case LUCI_BUSY:
    case LUCI_UNAVAILABLE:
    case LUCI_INTERNAL: break;
    }
    problem = luci_problem_of(proving->request->r, result);
    return complain(proving, &problem, "form_error");
}

/* Sets passkey from the fields of a passkey, if the form has them. What is not well-formed is no answer of a
 * passkey, and refused as a wrong one. */
static void read_passkey(factor_request_t *proving, luci_passkey_proof_t *passkey)
{
    luci_endpoint_request_t *request = proving->request;
    const char *data = luci_form_value(&request->form, "client_data");

    *passkey = (luci_passkey_proof_t){ .token = luci_form_value(&request->form, "token") };
    if (!luci_passkey_form_is_on(luci_config_server(request->r->server)) || !data || !*data)
        return;
    proving->second.passkey = passkey;
    if (!luci_passkey_form_party(request->r, &passkey->party) ||
        luci_passkey_form_read(request, &passkey->answer) != LUCI_OK)
        passkey->token = NULL;
}

/* No code, or one that JSON does not have as a string, is no guess. */
static int refuse_nothing(factor_request_t *proving)
{
    luci_problem_t problem = { HTTP_BAD_REQUEST, LUCI_MESSAGE("incorrect_code"), 0 };

    luci_state_report_refused(proving->request->r, LUCI_EVENT_FACTOR, LUCI_REASON_BAD_REQUEST);
    return complain(proving, &problem, "code_error");
}

/* The second click of a double click, after the browser has got the answer to the first one: it has a session
 * with two factors, as old as that answer, and no step any more. The code is not looked at, because there is
 * nothing left to prove. */
static int is_again(const factor_request_t *proving)
{
    const luci_endpoint_request_t *request = proving->request;
    luci_ms_t now = proving->second.request.now;

    return luci_endpoint_may_be_second(request) && proving->user.kinds && is_done(proving) &&
           !luci_cookies_step(request->r) &&
           now - luci_session_estimate(proving->second.session->active_expires, proving->auth.settings, now) <
               LUCI_TWICE_WITHIN;
}

static int post(luci_endpoint_request_t *request)
{
    factor_request_t proving;
    luci_passkey_proof_t passkey;
    luci_session_t renewed;
    luci_result_t result = begin(&proving, request);

    if (result == LUCI_NOT_FOUND) {
        luci_state_report_refused(request->r, LUCI_EVENT_FACTOR, LUCI_REASON_NO_SESSION);
        return answer_anonymous(&proving);
    }
    if (result != LUCI_OK)
        return luci_endpoint_failure(request, result);
    proving.second.code = luci_form_value(&request->form, "code");
    read_passkey(&proving, &passkey);
    if (!proving.second.passkey && (!proving.second.code || !*proving.second.code))
        return refuse_nothing(&proving);
    if (is_again(&proving))
        return lead_on(&proving);
    result = luci_second_step(&proving.auth, &proving.second, &renewed, request->r->pool);
    return answer(&proving, result, &renewed);
}

static int is_on(const luci_server_config_t *config)
{
    return config->settings.second_factor != LUCI_SECOND_FACTOR_OFF;
}

const luci_endpoint_t luci_endpoint_factor = {
    .handler = LUCI_ENDPOINT_HANDLER "factor",
    .path = "factor",
    .page = "factor.html",
    .is_on = is_on,
    .fields = fields,
    .body_max = LUCI_PASSKEY_BODY_MAX,
    .event = LUCI_EVENT_FACTOR,
    .get = show,
    .post = post,
    .has_json = 1,
};
