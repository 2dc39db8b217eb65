/* SPDX-License-Identifier: Apache-2.0 */
/* The page of all second factors of an account, from which people remove their app and get new recovery
 * codes. */
#include "httpd/account/factor_pages.h"

#include "core/auth/own_factors.h"
#include "core/auth/own_sessions.h"
#include "core/base/secret.h"
#include "httpd/request/half.h"
#include "httpd/request/way_back.h"

#include <apr_strings.h>
#include <string.h>

#define CODES "recovery_codes"

static const luci_form_field_t fields[] = {
    { "remove", LUCI_FORM_TEXT },       { "recovery_codes", LUCI_FORM_TEXT },
    { "end_sessions", LUCI_FORM_FLAG }, { "username", LUCI_FORM_TEXT }, /* hidden in the page */
    { NULL, LUCI_FORM_TEXT },
};

/* ---- The page ---- */

static int answer_json(luci_endpoint_request_t *request, const luci_own_factors_t *factors)
{
    return luci_reply_json(request->r, HTTP_OK,
                           json_pack("{s:b, s:i, s:i, s:i}", "totp", !!(factors->kinds & LUCI_FACTOR_TOTP),
                                     CODES, factors->recovery_codes, "app_passwords", factors->app_passwords,
                                     "passkeys", factors->passkeys));
}

/* With half a session, the other pages would lead back to this one. */
static void set_half(const luci_endpoint_request_t *request, const luci_own_factors_t *factors,
                     apr_table_t *values)
{
    apr_table_setn(values, "is_needed", factors->kinds ? "" : "1");
    apr_table_setn(values, "account_url", "");
    apr_table_setn(values, "sessions_url", "");
    apr_table_setn(values, "app_passwords_url", "");
    apr_table_setn(values, "sign_out_url", request->urls->logout);
}

static int page(luci_endpoint_request_t *request, const luci_own_factors_t *factors)
{
    apr_pool_t *pool = request->r->pool;
    apr_table_t *values = luci_factor_pages_values(request, "");
    const char *totp = luci_factor_pages_url(request, "/totp"), *app = luci_factor_pages_url(request, "/app");
    int has_totp = factors->kinds & LUCI_FACTOR_TOTP;

    apr_table_setn(values, "totp", has_totp ? "1" : "");
    apr_table_setn(values, "totp_url",
                   !has_totp && totp
                       ? luci_way_back_link(request->r, totp, luci_way_back_chosen(request->r, NULL))
                       : "");
    apr_table_setn(values, "has_factor", factors->kinds ? "1" : "");
    apr_table_setn(values, CODES, apr_itoa(pool, factors->recovery_codes));
    apr_table_setn(values, "no_recovery_codes", factors->kinds && !factors->recovery_codes ? "1" : "");
    apr_table_setn(values, "passkeys", apr_itoa(pool, factors->passkeys));
    apr_table_setn(values, "passkeys_url", request->urls->passkeys ? request->urls->passkeys : "");
    apr_table_setn(values, "app_passwords", apr_itoa(pool, factors->app_passwords));
    apr_table_setn(values, "app_passwords_url", app ? app : "");
    if (luci_half_is(request->r, request->session, NULL))
        set_half(request, factors, values);
    return luci_own_page_send(request, values, NULL, NULL);
}

static int show(luci_endpoint_request_t *request)
{
    luci_auth_t auth = luci_state_auth(request->r);
    luci_own_factors_t factors;
    luci_result_t result = luci_own_factors_read(&auth, request->session, &factors, request->r->pool);

    if (result != LUCI_OK)
        return luci_endpoint_failure(request, result);
    return request->wants_json ? answer_json(request, &factors) : page(request, &factors);
}

/* ---- Changes ---- */

/* The page again, after a POST. */
static int done(luci_endpoint_request_t *request)
{
    const char *requested = luci_way_back_requested(request->r), *url = request->urls->factors;

    return request->wants_json ? show(request)
                               : luci_reply_see_other(request->r, url         ? url
                                                                  : requested ? requested
                                                                              : request->urls->account);
}

/* What a change could not do. */
static int refuse(luci_endpoint_request_t *request, luci_result_t result)
{
    switch (result) {
    case LUCI_DENIED: return luci_endpoint_ask_factor(request);
    case LUCI_EXPIRED: return luci_own_page_ended(request);
    case LUCI_NOT_FOUND:
        /* A second click on the page is no error, but a program may have written something wrong. */
        return request->as_json ? luci_endpoint_problem(request, HTTP_NOT_FOUND, LUCI_MESSAGE_NOT_FOUND)
                                : done(request);
    case LUCI_OK:
    case LUCI_CONFLICT:
    case LUCI_INVALID:
    case LUCI_THROTTLED:
    case LUCI_BUSY:
    case LUCI_UNAVAILABLE:
    case LUCI_INTERNAL: break;
    }
    return luci_endpoint_failure(request, result);
}

/* A user without others, and a table in which they cannot be found, are no errors here. */
static luci_result_t end_others(luci_endpoint_request_t *request, const luci_auth_t *auth, luci_ms_t now)
{
    const char *wanted = luci_form_value(&request->form, "end_sessions");
    luci_own_sessions_ending_t ending = { .session = request->session, .now = now };
    luci_result_t result =
        wanted && *wanted ? luci_own_sessions_end(auth, &ending, request->r->pool) : LUCI_OK;

    return result == LUCI_NOT_FOUND || result == LUCI_CONFLICT ? LUCI_OK : result;
}

static int remove_app(luci_endpoint_request_t *request)
{
    luci_auth_t auth = luci_state_auth(request->r);
    luci_own_factor_t own = { .session = request->session, .now = luci_runtime_now() };
    luci_result_t result = luci_own_totp_remove(&auth, &own, request->r->pool);

    if (result == LUCI_OK)
        result = end_others(request, &auth, own.now);
    return result == LUCI_OK ? done(request) : refuse(request, result);
}

static int make_codes(luci_endpoint_request_t *request)
{
    luci_auth_t auth = luci_state_auth(request->r);
    luci_own_factor_t own = { .session = request->session, .now = luci_runtime_now() };
    luci_recovery_codes_t codes;
    luci_result_t result = luci_own_recovery_codes(&auth, &own, &codes, request->r->pool);
    int status =
        result == LUCI_OK ? luci_factor_pages_send_codes(request, &codes, NULL) : refuse(request, result);

    luci_secret_wipe(&codes, sizeof codes);
    return status;
}

static int post(luci_endpoint_request_t *request)
{
    const char *removed = luci_form_value(&request->form, "remove"),
               *codes = luci_form_value(&request->form, CODES);

    if (luci_own_page_is_of_other(request, "username"))
        return luci_endpoint_problem(request, HTTP_BAD_REQUEST, LUCI_MESSAGE_OTHER_NAME);
    if (removed && !codes && strcmp(removed, "totp") == 0)
        return remove_app(request);
    if (codes && !removed && strcmp(codes, "new") == 0)
        return make_codes(request);
    return luci_endpoint_problem(request, HTTP_BAD_REQUEST, LUCI_MESSAGE_MALFORMED);
}

const luci_endpoint_t luci_endpoint_factors = {
    .handler = LUCI_ENDPOINT_HANDLER "factors",
    .path = "factors",
    .page = "factors.html",
    .is_on = luci_factor_pages_are_on,
    .fields = fields,
    .event = LUCI_EVENT_FACTOR_REMOVE,
    .needs_session = 1,
    .admits_half = 1,
    .needs_fresh = LUCI_FRESH_POST,
    .get = show,
    .post = post,
    .has_json = 1,
    .no_session = luci_own_page_anonymous,
};
