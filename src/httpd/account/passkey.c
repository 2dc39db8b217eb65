/* SPDX-License-Identifier: Apache-2.0 */
/* Where people sign in with a passkey: a page with one button, to which the form of the sign-in page posts,
 * too. */
#include "core/auth/passkey_sign_in.h"
#include "httpd/account/own_page.h"
#include "httpd/account/passkey_form.h"
#include "httpd/account/welcome.h"
#include "httpd/request/cookies.h"
#include "httpd/request/half.h"
#include "httpd/request/way_back.h"

static const luci_form_field_t fields[] = {
    LUCI_PASSKEY_FIELDS,        { "signature", LUCI_FORM_TEXT }, { "user_handle", LUCI_FORM_TEXT },
    { "next", LUCI_FORM_TEXT }, { "confirm", LUCI_FORM_FLAG }, /* by the user of the session, and no other one
                                                                */
    { NULL, LUCI_FORM_TEXT },
};

/* ---- The page ---- */

static const char *wanted_next(const luci_endpoint_request_t *request)
{
    return luci_way_back_chosen(request->r,
                                request->is_post ? luci_form_value(&request->form, "next") : NULL);
}

static int is_confirmation(const luci_endpoint_request_t *request)
{
    const char *flag = request->is_post ? luci_form_value(&request->form, "confirm") : NULL;

    return flag && *flag;
}

/* The page with a new challenge, so that the button works after a refusal, too. */
static int page(luci_endpoint_request_t *request, const luci_problem_t *problem, const char *field)
{
    request_rec *r = request->r;
    apr_table_t *values = apr_table_make(r->pool, 16);
    const char *next = wanted_next(request);
    luci_passkey_offer_t offer;
    luci_result_t result = luci_passkey_form_offer(request, LUCI_CHALLENGE_SIGN_IN, "", &offer);

    if (result != LUCI_OK && result != LUCI_NOT_FOUND)
        return luci_endpoint_failure(request, result);
    if (result == LUCI_OK)
        luci_passkey_form_set(request, &offer, values);
    else
        apr_table_setn(values, "unavailable", "1");
    if (next && strlen(next) <= LUCI_WAY_BACK_HIDDEN_MAX)
        apr_table_setn(values, "next", next);
    apr_table_setn(values, "confirm", is_confirmation(request) ? "1" : "");
    apr_table_setn(values, "login_url", luci_way_back_link(r, request->urls->login, next));
    return luci_own_page_send(request, values, problem, field);
}

static int answer_json(luci_endpoint_request_t *request)
{
    luci_passkey_offer_t offer;
    luci_result_t result = luci_passkey_form_offer(request, LUCI_CHALLENGE_SIGN_IN, "", &offer);

    if (result == LUCI_NOT_FOUND)
        return luci_endpoint_problem(request, HTTP_NOT_FOUND, LUCI_MESSAGE("passkeys_impossible"));
    return result == LUCI_OK ? luci_reply_json(request->r, HTTP_OK, luci_passkey_form_json(&offer))
                             : luci_endpoint_failure(request, result);
}

static int show(luci_endpoint_request_t *request)
{
    luci_result_t result;

    if (request->wants_json || request->is_api)
        return answer_json(request);
    result = luci_endpoint_session(request, luci_validate);
    if (result == LUCI_OK && !luci_half_is(request->r, request->session, NULL))
        return luci_reply_redirect(request->r,
                                   wanted_next(request) ? wanted_next(request) : request->urls->home);
    return result == LUCI_OK || result == LUCI_NOT_FOUND ? page(request, NULL, NULL)
                                                         : luci_endpoint_failure(request, result);
}

/* ---- Signing in ---- */

static int answer(luci_endpoint_request_t *request, const luci_passkey_sign_in_t *sign_in,
                  const luci_session_t *session, luci_result_t result)
{
    luci_problem_t problem;

    switch (result) {
    case LUCI_OK: return luci_welcome(request, session, wanted_next(request), HTTP_OK);
    case LUCI_DENIED:
    case LUCI_INVALID:
        return luci_own_page_refuse(request, page, "form_error", LUCI_MESSAGE("incorrect_passkey"));
    case LUCI_EXPIRED:
        return luci_own_page_refuse(request, page, "form_error", LUCI_MESSAGE("passkey_expired"));
    case LUCI_THROTTLED:
        problem = luci_problem_throttled(sign_in->request.attempt->retry_after);
        return luci_own_page_complain(request, page, &problem, "form_error");
    case LUCI_NOT_FOUND:
    case LUCI_CONFLICT:
    case LUCI_BUSY:
    case LUCI_UNAVAILABLE:
    case LUCI_INTERNAL: break;
    }
    problem = luci_problem_of(request->r, result);
    return luci_own_page_complain(request, page, &problem, "form_error");
}

/* Sets what is not in the form. INTERNAL: the session that came with the request has no token. */
static luci_result_t fill(luci_endpoint_request_t *request, luci_passkey_sign_in_t *sign_in)
{
    request_rec *r = request->r;
    luci_result_t result = luci_endpoint_old_session(request, &sign_in->request.old_session);

    sign_in->request.client = (luci_client_t){ r->useragent_ip, apr_table_get(r->headers_in, "User-Agent") };
    sign_in->request.now = luci_runtime_now();
    sign_in->token = luci_form_value(&request->form, "token");
    if (result != LUCI_OK)
        return result;
    if (!luci_passkey_form_party(r, &sign_in->party))
        return LUCI_INVALID;
    return luci_passkey_form_read(request, &sign_in->answer);
}

/* NOT_FOUND: a confirmation without a session is a sign-in of any user. */
static luci_result_t find_session(luci_endpoint_request_t *request, luci_passkey_sign_in_t *sign_in)
{
    luci_result_t result =
        is_confirmation(request) ? luci_endpoint_session(request, luci_validate) : LUCI_NOT_FOUND;

    if (result == LUCI_OK)
        sign_in->user_id = request->session->user.id;
    return result == LUCI_NOT_FOUND ? LUCI_OK : result;
}

static int post(luci_endpoint_request_t *request)
{
    luci_auth_t auth = luci_state_auth(request->r);
    luci_attempt_t attempt = { .device = luci_cookies_device(request->r) };
    luci_passkey_sign_in_t sign_in = { .request = { .attempt = &attempt } };
    luci_session_t session;
    luci_result_t result = fill(request, &sign_in);

    if (result == LUCI_OK)
        result = find_session(request, &sign_in);
    if (result == LUCI_INVALID)
        luci_state_report_refused(request->r, LUCI_EVENT_SIGN_IN, LUCI_REASON_WRONG_PASSKEY);
    if (result == LUCI_OK)
        result = luci_passkey_sign_in(&auth, &sign_in, &session, request->r->pool);
    if (result == LUCI_OK)
        luci_endpoint_set_device(request->r, &auth, &sign_in.request);
    if (result == LUCI_DENIED)
        luci_passkey_form_log(request->r, sign_in.fault);
    return answer(request, &sign_in, &session, result);
}

const luci_endpoint_t luci_endpoint_passkey = {
    .handler = LUCI_ENDPOINT_HANDLER "passkey",
    .path = "passkey",
    .page = "passkey.html",
    .is_on = luci_passkey_form_is_on,
    .fields = fields,
    .body_max = LUCI_PASSKEY_BODY_MAX,
    .event = LUCI_EVENT_SIGN_IN,
    .get = show,
    .post = post,
    .has_json = 1,
};
