/* SPDX-License-Identifier: Apache-2.0 */
/* The page where people confirm with their password that a session is theirs, and from which they return to
 * what asked for it. It only ever confirms the user of the session that the request has, who may be another
 * one than when the page was opened (keycloak#26925). */
#include "core/auth/confirmation.h"
#include "core/auth/own_password.h"
#include "httpd/account/account_json.h"
#include "httpd/account/own_page.h"
#include "httpd/account/passkey_form.h"
#include "httpd/account/password_form.h"
#include "httpd/account/second_factor.h"
#include "httpd/request/cookies.h"
#include "httpd/request/proof.h"
#include "httpd/request/reply.h"
#include "httpd/request/way_back.h"

static const luci_form_field_t fields[] = {
    { "username", LUCI_FORM_TEXT },
    { "password", LUCI_FORM_SECRET },
    { "next", LUCI_FORM_TEXT },
    { NULL, LUCI_FORM_TEXT },
};

/* ---- The page ---- */

/* A passkey of the user confirms, too; only those are asked for. */
static void set_passkeys(luci_endpoint_request_t *request, apr_table_t *values)
{
    luci_passkey_offer_t offer;
    const char *ids;

    if (luci_passkey_form_offer(request, LUCI_CHALLENGE_SIGN_IN, "", &offer) != LUCI_OK ||
        luci_passkey_form_ids(request, request->session->user.id, &ids) != LUCI_OK || !*ids)
        return;
    luci_passkey_form_set(request, &offer, values);
    apr_table_setn(values, "passkey_allow", ids);
}

/* Where there is another way, a user without a password is not asked for one. What cannot be looked up now is
 * asked for. */
static int has_password(const luci_endpoint_request_t *request)
{
    luci_auth_t auth = luci_state_auth(request->r);
    luci_auth_request_t wanted = { .username = request->session->user.username };

    return luci_own_password_find(&auth, &wanted, request->session, request->r->pool) != LUCI_NOT_FOUND;
}

/* A sign-in through another module makes a new session. */
static void set_adopt_url(const luci_endpoint_request_t *request, const char *next, apr_table_t *values)
{
    if (request->urls->adopt)
        apr_table_setn(values, "adopt_url", luci_way_back_link(request->r, request->urls->adopt, next));
    apr_table_setn(values, "has_password", !request->urls->adopt || has_password(request) ? "1" : "");
}

static int page(luci_endpoint_request_t *request, const luci_problem_t *problem, const char *field)
{
    request_rec *r = request->r;
    apr_table_t *values = apr_table_make(r->pool, 12);
    const char *next = luci_way_back_chosen(r, luci_form_value(&request->form, "next"));
    const char *url = request->urls->confirm;

    apr_table_setn(values, "username", request->session->user.username);
    apr_table_setn(values, "form_action",
                   url && !luci_way_back_is_own_page(r) ? luci_way_back_link(r, url, next) : "");
    if (next && strlen(next) <= LUCI_WAY_BACK_HIDDEN_MAX)
        apr_table_setn(values, "next", next);
    apr_table_setn(values, "switch_url", luci_way_back_link(r, request->urls->logout, next));
    set_adopt_url(request, next, values);
    set_passkeys(request, values);
    return luci_own_page_send(request, values, problem, field);
}

/* A site whose database cannot store a confirmation says so instead of asking for the password again and
 * again. */
static int show(luci_endpoint_request_t *request)
{
    luci_result_t result = luci_proof_look(request->r, request->session, 0);
    luci_problem_t problem;

    if (result != LUCI_NOT_FOUND)
        return page(request, NULL, NULL);
    problem = luci_proof_problem(request->r, result);
    return luci_endpoint_problem(request, problem.status, problem.message);
}

/* Without a session, a browser is led to sign-in, after which the session is fresh, and to where the
 * confirmation would have led. */
static int answer_anonymous(luci_endpoint_request_t *request)
{
    request_rec *r = request->r;

    if (request->is_post || request->wants_json)
        return luci_endpoint_problem(request, HTTP_UNAUTHORIZED, LUCI_MESSAGE_UNAUTHORIZED);
    return luci_reply_redirect(r, luci_way_back_link(r, request->urls->login, luci_way_back_chosen(r, NULL)));
}

/* ---- The confirmation ---- */

static luci_confirmation_t confirmation_of(const luci_password_form_t *form)
{
    return (luci_confirmation_t){ .request = form->auth_request, .session = form->request->session };
}

static luci_result_t fill(luci_password_form_t *form)
{
    form->auth_request.username = form->request->session->user.username;
    form->auth_request.password = luci_form_value(&form->request->form, "password");
    return LUCI_OK;
}

static luci_result_t look(luci_password_form_t *form, apr_pool_t *pool)
{
    luci_confirmation_t confirmation = confirmation_of(form);
    luci_result_t result = luci_confirmation_look(&form->auth, &confirmation, pool);

    form->auth_request = confirmation.request;
    return result;
}

static luci_result_t act(luci_password_form_t *form, apr_pool_t *pool)
{
    luci_confirmation_t confirmation = confirmation_of(form);
    luci_result_t result = luci_confirm(&form->auth, &confirmation, &form->session, pool);

    form->auth_request = confirmation.request;
    return result == LUCI_EXPIRED ? luci_password_form_sign_in(form, pool) : result;
}

static int answer(luci_password_form_t *form)
{
    if (form->result == LUCI_DENIED &&
        luci_second_factor_is_passkey_alone(form->request, &form->auth_request.demand))
        return luci_own_page_refuse(form->request, page, "form_error", LUCI_MESSAGE_PASSKEY);
    if (form->result == LUCI_DENIED && form->auth_request.demand.kinds)
        return luci_second_factor_ask(form->request, &form->auth_request.demand, LUCI_STEP_CONFIRM);
    return luci_password_form_answer(form, page, "password_error");
}

static const luci_password_form_kind_t kind = { fill, look, act, answer };

static int post(luci_endpoint_request_t *request)
{
    if (luci_own_page_is_of_other(request, "username"))
        return luci_own_page_refuse(request, page, "form_error", LUCI_MESSAGE_OTHER_NAME);
    return luci_password_form_post(request, &kind);
}

const luci_endpoint_t luci_endpoint_confirm = {
    .handler = LUCI_ENDPOINT_HANDLER "confirm",
    .path = "confirm",
    .page = "confirm.html",
    .fields = fields,
    .event = LUCI_EVENT_CONFIRM,
    .needs_session = 1,
    .ends_session = 1,
    .admits_half = 1,
    .admits_unverified = 1,
    .get = show,
    .post = post,
    .post_again = luci_password_form_post_again,
    .no_session = answer_anonymous,
};
