/* SPDX-License-Identifier: Apache-2.0 */
/* The page where people set up an app that makes codes: it shows a secret, as a picture and as text, and
 * nothing is stored before the app has made a code of it. */
#include "core/auth/own_factors.h"
#include "core/auth/totp_again.h"
#include "core/base/secret.h"
#include "core/totp/totp.h"
#include "core/web/qr_picture.h"
#include "httpd/account/factor_pages.h"
#include "httpd/request/answer.h"
#include "httpd/request/cookies.h"
#include "httpd/request/way_back.h"

#include <apr_strings.h>
#include <http_core.h>
#include <string.h>

#define BELOW "/totp"
#define TICKET "ticket"
#define GROUP 4 /* characters of the secret between two spaces */

static const luci_form_field_t fields[] = {
    { "secret", LUCI_FORM_SECRET }, /* hidden in the page, as are the last two */
    { "code", LUCI_FORM_TEXT },     { "end_sessions", LUCI_FORM_FLAG }, { "username", LUCI_FORM_TEXT },
    { TICKET, LUCI_FORM_TEXT },     { NULL, LUCI_FORM_TEXT },
};

/* ---- The page ---- */

/* What the app calls the account: the site's name, and the username. */
static const char *uri_of(const luci_endpoint_request_t *request, const char *secret)
{
    const char *site = request->runtime->auth.settings->site.name;

    return luci_totp_uri(secret, site ? site : ap_get_server_name(request->r),
                         request->session->user.username, request->r->pool);
}

static const char *grouped(const char *secret, apr_pool_t *pool)
{
    char *text = apr_palloc(pool, 2 * strlen(secret) + 1), *out = text;

    for (int i = 0; secret[i]; i++) {
        if (i > 0 && i % GROUP == 0)
            *out++ = ' ';
        *out++ = secret[i];
    }
    *out = '\0';
    return text;
}

/* The secret of a refused form comes again, because the app has it already. */
static luci_result_t choose_secret(const luci_endpoint_request_t *request,
                                   char secret[LUCI_TOTP_SECRET_LENGTH + 1])
{
    const char *posted = luci_form_value(&request->form, "secret");
    unsigned char seed[LUCI_TOTP_SEED_BYTES];

    if (!posted || luci_base32_decode(posted, seed, sizeof seed) != LUCI_OK)
        return luci_totp_new_secret(secret);
    luci_base32_encode(seed, sizeof seed, secret);
    luci_secret_wipe(seed, sizeof seed);
    return LUCI_OK;
}

static int is_set(const luci_endpoint_request_t *request, const char *flag)
{
    const char *value = luci_form_value(&request->form, flag);

    return value && *value;
}

/* Without a ticket, the second click of a double click leads to sign-in. */
static const char *ticket_of(const luci_endpoint_request_t *request)
{
    luci_auth_t auth = luci_state_auth(request->r);
    const char *ticket;

    return luci_totp_again_ticket(&auth, request->session, luci_runtime_now(), &ticket, request->r->pool) ==
                   LUCI_OK
               ? ticket
               : "";
}

static int page(luci_endpoint_request_t *request, const luci_problem_t *problem, const char *field)
{
    apr_pool_t *pool = request->r->pool;
    char secret[LUCI_TOTP_SECRET_LENGTH + 1];
    luci_qr_picture_t picture = { 0, "" };
    apr_table_t *values;
    const char *uri;
    luci_result_t result = choose_secret(request, secret);

    if (result != LUCI_OK)
        return luci_endpoint_failure(request, result);
    uri = uri_of(request, secret);
    if (request->wants_json)
        return luci_reply_json(request->r, HTTP_OK, json_pack("{s:s, s:s}", "secret", secret, "uri", uri));
    values = luci_factor_pages_values(request, BELOW);
    apr_table_set(values, "secret", secret);
    apr_table_setn(values, "secret_text", grouped(secret, pool));
    apr_table_setn(values, TICKET, ticket_of(request));
    apr_table_setn(values, "uri", uri);
    if (luci_qr_picture(uri, &picture, pool) == LUCI_OK)
        apr_table_setn(values, "qr_size", apr_itoa(pool, picture.size));
    apr_table_setn(values, "qr_path", picture.path);
    apr_table_setn(values, "end_sessions", is_set(request, "end_sessions") ? "1" : "");
    luci_secret_wipe(secret, sizeof secret);
    return luci_own_page_send(request, values, problem, field);
}

static int answer_exists(luci_endpoint_request_t *request)
{
    const char *factors = luci_factor_pages_url(request, "");

    if (request->as_json || request->wants_json || !factors)
        return luci_endpoint_problem(request, HTTP_CONFLICT, LUCI_MESSAGE_FACTOR_EXISTS);
    return request->is_post ? luci_reply_see_other(request->r, factors)
                            : luci_reply_redirect(request->r, factors);
}

static int show(luci_endpoint_request_t *request)
{
    luci_auth_t auth = luci_state_auth(request->r);
    luci_own_factors_t factors;
    luci_result_t result = luci_own_factors_read(&auth, request->session, &factors, request->r->pool);

    if (result != LUCI_OK)
        return luci_endpoint_failure(request, result);
    if (factors.kinds & LUCI_FACTOR_TOTP)
        return answer_exists(request);
    if (factors.kinds && request->session->factors < 2)
        return luci_endpoint_ask_factor(request);
    return page(request, NULL, NULL);
}

/* ---- Setting it up ---- */

static int done(luci_endpoint_request_t *request, const luci_session_t *renewed,
                const luci_recovery_codes_t *codes)
{
    luci_cookies_set_session(request->r, renewed);
    return luci_factor_pages_send_codes(request, codes, luci_endpoint_next(request));
}

/* Of this request and its browser. */
static luci_client_t client_of(const luci_endpoint_request_t *request)
{
    return (luci_client_t){ request->r->useragent_ip, apr_table_get(request->r->headers_in, "User-Agent") };
}

static int refuse(luci_endpoint_request_t *request, const luci_own_factor_t *own, luci_result_t result)
{
    switch (result) {
    case LUCI_DENIED:
        return own->reason == LUCI_REASON_ONE_FACTOR
                   ? luci_endpoint_ask_factor(request)
                   : luci_own_page_refuse(request, page, "code_error", LUCI_MESSAGE_CODE);
    case LUCI_INVALID: return luci_own_page_refuse(request, page, "form_error", LUCI_MESSAGE_SECRET);
    case LUCI_CONFLICT: return answer_exists(request);
    case LUCI_EXPIRED: return luci_own_page_ended(request);
    case LUCI_OK:
    case LUCI_NOT_FOUND:
    case LUCI_THROTTLED:
    case LUCI_BUSY:
    case LUCI_UNAVAILABLE:
    case LUCI_INTERNAL: break;
    }
    return luci_own_page_fail(request, page, result, NULL);
}

static int post(luci_endpoint_request_t *request)
{
    luci_auth_t auth = luci_state_auth(request->r);
    luci_totp_enrolment_t enrolment = {
        .own = { .session = request->session, .now = luci_runtime_now() },
        .client = client_of(request),
        .may_be_second = luci_endpoint_may_be_second(request),
        .end_sessions = is_set(request, "end_sessions"),
        .secret = luci_form_value(&request->form, "secret"),
        .code = luci_form_value(&request->form, "code"),
    };
    luci_session_t renewed;
    luci_result_t result;
    int status;

    if (luci_own_page_is_of_other(request, "username"))
        return luci_own_page_refuse(request, page, "form_error", LUCI_MESSAGE_OTHER_NAME);
    result = luci_own_totp_enrol(&auth, &enrolment, &renewed, request->r->pool);
    status = result == LUCI_OK ? done(request, &renewed, &enrolment.codes)
                               : refuse(request, &enrolment.own, result);
    luci_secret_wipe(&enrolment.codes, sizeof enrolment.codes);
    return status;
}

/* The second click of a double click, of whose first one the browser has dropped the answer. */
static int done_again(luci_endpoint_request_t *request, const luci_session_t *renewed,
                      const luci_recovery_codes_t *codes)
{
    request->session = renewed;
    luci_answer_clear_cache(request->r);
    return done(request, renewed, codes);
}

/* The app is set up, and after sign-in the page of all factors makes new recovery codes. */
static int lead_to_sign_in(luci_endpoint_request_t *request)
{
    return luci_reply_see_other(
        request->r, luci_way_back_link(request->r, request->urls->login, luci_factor_pages_url(request, "")));
}

static int post_again(luci_endpoint_request_t *request)
{
    luci_auth_t auth = luci_state_auth(request->r);
    int refused;
    const char *id = luci_validation_credential(request->r, &refused);
    luci_totp_again_t again = {
        .token = id ? luci_validation_token(request->state, id) : NULL,
        .ticket = luci_form_value(&request->form, TICKET),
        .client = client_of(request),
        .now = luci_runtime_now(),
        .secret = luci_form_value(&request->form, "secret"),
        .code = luci_form_value(&request->form, "code"),
    };
    luci_session_t *renewed = apr_palloc(request->r->pool, sizeof *renewed);
    luci_result_t result = luci_endpoint_may_be_second(request)
                               ? luci_totp_again(&auth, &again, renewed, request->r->pool)
                               : LUCI_DENIED;
    int status;

    if (result != LUCI_OK)
        return result == LUCI_DENIED ? lead_to_sign_in(request) : luci_endpoint_failure(request, result);
    status = done_again(request, renewed, &again.codes);
    luci_secret_wipe(&again.codes, sizeof again.codes);
    return status;
}

const luci_endpoint_t luci_endpoint_factors_totp = {
    .handler = LUCI_ENDPOINT_HANDLER "factors-totp",
    .path = "factors/totp",
    .page = "factors-totp.html",
    .is_on = luci_factor_pages_are_on,
    .fields = fields,
    .event = LUCI_EVENT_FACTOR_ADD,
    .needs_session = 1,
    .ends_session = 1,
    .has_secret_query = 1,
    .admits_half = 1,
    .needs_fresh = LUCI_FRESH_ALWAYS,
    .get = show,
    .post = post,
    .has_json = 1,
    .post_again = post_again,
    .no_session = luci_own_page_anonymous,
};
