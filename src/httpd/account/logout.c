/* SPDX-License-Identifier: Apache-2.0 */
/* Sign-out: a page with a button, and the end of the session. */
#include "httpd/account/endpoint.h"
#include "httpd/request/answer.h"
#include "httpd/request/cookies.h"
#include "httpd/request/reply.h"
#include "httpd/request/way_back.h"

/* url with next, the page to return to after sign-in as another user. */
static const char *with_next(const luci_endpoint_request_t *request, const char *url)
{
    return luci_way_back_link(request->r, url, luci_way_back_chosen(request->r, NULL));
}

static int page(luci_endpoint_request_t *request, int status, const char *name, const char *value)
{
    apr_table_t *values = apr_table_make(request->r->pool, 12);

    apr_table_setn(values, name, value);
    apr_table_setn(values, "sign_out_url", with_next(request, request->urls->logout));
    return luci_reply_page(request->r, status, request->endpoint->page, values);
}

static int show(luci_endpoint_request_t *request)
{
    return page(request, HTTP_OK, "username", request->session->user.username);
}

/* Without a session, the user is signed out already and gets a page that says so. If the cookie does not
 * count because of the request's origin, it may still belong to a session, so the answer is a plain 401. */
static int answer_anonymous(luci_endpoint_request_t *request)
{
    int refused;
    const char *id;

    if (!request->is_post)
        return luci_reply_redirect(request->r, request->urls->login);
    id = luci_validation_credential(request->r, &refused);
    if (id && id == luci_state_credentials(request->state)->cookie_id)
        luci_cookies_clear_session(request->r);
    if (request->as_json || refused)
        return luci_endpoint_problem(request, HTTP_UNAUTHORIZED, LUCI_MESSAGE_UNAUTHORIZED);
    return page(request, HTTP_UNAUTHORIZED, "signed_out",
                luci_reply_text(request->r, LUCI_MESSAGE_SIGNED_OUT, NULL));
}

static int sign_out(luci_endpoint_request_t *request)
{
    luci_auth_t auth = luci_state_auth(request->r);
    luci_result_t result = luci_auth_sign_out(&auth, request->session, luci_runtime_now(), request->r->pool);

    if (result != LUCI_OK && result != LUCI_NOT_FOUND)
        return luci_endpoint_failure(request, result);
    luci_endpoint_clear_session(request);
    luci_answer_clear_cache(request->r);
    if (request->wants_json)
        return luci_reply_nothing(request->r);
    return luci_reply_redirect(request->r, with_next(request, request->urls->login));
}

const luci_endpoint_t luci_endpoint_logout = {
    .handler = LUCI_ENDPOINT_HANDLER "logout",
    .path = "logout",
    .page = "logout.html",
    .event = LUCI_EVENT_SIGN_OUT,
    .needs_session = 1,
    .ends_session = 1,
    .admits_half = 1,
    .admits_unverified = 1,
    .get = show,
    .post = sign_out,
    .no_session = answer_anonymous,
};
