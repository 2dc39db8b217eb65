/* SPDX-License-Identifier: Apache-2.0 */
/* The page of a link that verifies an email address, or brings one back. GET shows a button and spends
 * nothing, because mail programs open links; POST spends the link, and begins no session, because other
 * people may have read it. */
#include "core/auth/email_proof.h"
#include "httpd/account/link_page.h"
#include "httpd/request/reply.h"

static const luci_form_field_t fields[] = {
    { "token", LUCI_FORM_TEXT },
    { NULL, LUCI_FORM_TEXT },
};

/* The page before the link is spent, or after. */
static int page(luci_endpoint_request_t *request, const luci_email_proof_t *proof, int is_done)
{
    request_rec *r = request->r;
    apr_table_t *values = apr_table_make(r->pool, 16);

    apr_table_setn(values, "username", proof->username);
    apr_table_setn(values, "email", proof->email);
    apr_table_setn(values, "token", is_done ? "" : proof->token);
    apr_table_setn(values, "form_action", luci_link_page_url(r));
    apr_table_setn(values, "account_url", request->urls->account);
    apr_table_setn(values, "forgot_url", request->urls->forgot ? request->urls->forgot : "");
    apr_table_setn(values, "asks_to_verify", !is_done && !proof->is_undo ? "1" : "");
    apr_table_setn(values, "asks_to_undo", !is_done && proof->is_undo ? "1" : "");
    apr_table_setn(values, "is_verified", is_done && !proof->is_undo ? "1" : "");
    apr_table_setn(values, "is_undone", is_done && proof->is_undo ? "1" : "");
    return luci_reply_page(r, HTTP_OK, request->endpoint->page, values);
}

static int show(luci_endpoint_request_t *request)
{
    luci_auth_t auth = luci_state_auth(request->r);
    luci_email_proof_t proof = { .request.now = luci_runtime_now(), .token = luci_link_page_token(request) };
    luci_result_t result = luci_email_proof_find(&auth, &proof, request->r->pool);

    if (result == LUCI_OK)
        return page(request, &proof, 0);
    return result == LUCI_NOT_FOUND ? luci_link_page_refuse(request, request->urls->email)
                                    : luci_endpoint_failure(request, result);
}

static int done(luci_endpoint_request_t *request, const luci_email_proof_t *proof)
{
    if (request->wants_json)
        return luci_reply_json(request->r, HTTP_OK,
                               json_pack("{s:s, s:s, s:b}", "username", proof->username, "email",
                                         proof->email, "undone", proof->is_undo));
    return page(request, proof, 1);
}

static int post(luci_endpoint_request_t *request)
{
    request_rec *r = request->r;
    luci_auth_t auth = luci_state_auth(r);
    luci_attempt_t attempt = { .now = 0 };
    luci_email_proof_t proof = {
        .request = { .client = { r->useragent_ip, NULL }, .now = luci_runtime_now(), .attempt = &attempt },
        .token = luci_form_value(&request->form, "token"),
        .language = luci_reply_language(r),
        .may_be_second = luci_endpoint_may_be_second(request),
    };
    luci_result_t result = luci_email_proof_spend(&auth, &proof, r->pool);

    switch (result) {
    case LUCI_OK: return done(request, &proof);
    case LUCI_NOT_FOUND: return luci_link_page_refuse(request, request->urls->email);
    case LUCI_THROTTLED: return luci_link_page_throttle(request, &attempt);
    case LUCI_DENIED:
    case LUCI_EXPIRED:
    case LUCI_CONFLICT:
    case LUCI_INVALID:
    case LUCI_BUSY:
    case LUCI_UNAVAILABLE:
    case LUCI_INTERNAL: break;
    }
    return luci_endpoint_failure(request, result);
}

static int is_on(const luci_server_config_t *config)
{
    return config->settings.email != LUCI_EMAIL_OFF;
}

const luci_endpoint_t luci_endpoint_verify = {
    .handler = LUCI_ENDPOINT_HANDLER "verify-email",
    .path = "verify",
    .page = "verify.html",
    .is_on = is_on,
    .fields = fields,
    .event = LUCI_EVENT_EMAIL_VERIFY,
    .has_secret_query = 1,
    .get = show,
    .post = post,
};
