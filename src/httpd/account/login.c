/* SPDX-License-Identifier: Apache-2.0 */
/* Sign-in: a new session for an account. */
#include "httpd/account/entry.h"
#include "httpd/account/passkey_form.h"
#include "httpd/account/welcome.h"
#include "httpd/request/cookies.h"
#include "httpd/request/way_back.h"

/* With LuciaEmail, the verified address of an account is as good as its name. */
static luci_result_t fill(luci_password_form_t *entry)
{
    entry->auth_request.may_be_address = 1;
    return luci_entry_fill(entry);
}

static luci_result_t sign_in(luci_password_form_t *entry, apr_pool_t *pool)
{
    return luci_auth_sign_in(&entry->auth, &entry->auth_request, &entry->session, &entry->field, pool);
}

/* The way through another module leads to the same page. */
static void set_adopt_url(const luci_endpoint_request_t *request, apr_table_t *values)
{
    request_rec *r = request->r;
    const char *posted = request->is_post ? luci_form_value(&request->form, "next") : NULL;

    if (request->urls->adopt)
        apr_table_setn(values, "adopt_url",
                       luci_way_back_link(r, request->urls->adopt, luci_way_back_chosen(r, posted)));
}

/* That a password was set, the link to the page forgot, and the button of passkeys; without it, the page is
 * as good as before. */
static void add_values(const luci_endpoint_request_t *request, int refused, apr_table_t *values)
{
    luci_passkey_offer_t offer;

    (void)refused;
    if (request->r->method_number == M_GET && luci_cookies_take_password_set(request->r))
        apr_table_setn(values, "is_password_set", "1");
    if (request->runtime->auth.settings->email != LUCI_EMAIL_OFF)
        apr_table_setn(values, "takes_email", "1");
    set_adopt_url(request, values);
    apr_table_setn(values, "forgot_url", request->urls->forgot ? request->urls->forgot : "");
    if (luci_passkey_form_offer(request, LUCI_CHALLENGE_SIGN_IN, "", &offer) == LUCI_OK)
        luci_passkey_form_set(request, &offer, values);
}

static const luci_entry_kind_t kind = {
    .form = { fill, luci_entry_look, sign_in, luci_entry_answer },
    .json_status = HTTP_OK,
    .add = add_values,
    .url = offsetof(luci_urls_t, login),
};

static int show(luci_endpoint_request_t *request)
{
    return luci_welcome_is_tab(request) && luci_endpoint_session(request, luci_validate) == LUCI_OK
               ? luci_welcome_tab(request)
               : luci_entry_show(request, &kind);
}

static int post(luci_endpoint_request_t *request)
{
    return luci_password_form_post(request, &kind.form);
}

const luci_endpoint_t luci_endpoint_login = {
    .handler = LUCI_ENDPOINT_HANDLER "login",
    .path = "login",
    .page = "login.html",
    .fields = luci_entry_fields,
    .event = LUCI_EVENT_SIGN_IN,
    .get = show,
    .post = post,
};
