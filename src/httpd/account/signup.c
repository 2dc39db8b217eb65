/* SPDX-License-Identifier: Apache-2.0 */
/* Sign-up: a new account with its first session. */
#include "core/email/email.h"
#include "httpd/account/attribute_fields.h"
#include "httpd/account/entry.h"
#include "httpd/request/reply.h"
#include "httpd/request/request.h"

#define INVITE "invite"

static const luci_form_field_t fields[] = {
    { "username", LUCI_FORM_TEXT }, { "password", LUCI_FORM_SECRET }, { "next", LUCI_FORM_TEXT },
    { INVITE, LUCI_FORM_TEXT },     { NULL, LUCI_FORM_TEXT },
};

/* Another field gets the focus. */
static void forget_focus(apr_table_t *values)
{
    apr_table_unset(values, "focus_username");
    apr_table_unset(values, "focus_password");
}

/* ---- LuciaSignup invite ---- */

static int needs_invitation(const luci_endpoint_request_t *request)
{
    return request->dir->signup == LUCI_SIGNUP_INVITE;
}

/* The token of the form, or of the link. */
static const char *invitation(const luci_endpoint_request_t *request)
{
    char *token = NULL;
    luci_result_t result = LUCI_NOT_FOUND;

    if (request->is_post)
        return luci_form_value(&request->form, INVITE);
    if (request->query)
        result = luci_form_query(request->query, INVITE, &token, request->r->pool);
    return result == LUCI_OK ? token : NULL;
}

static void add_invitation(const luci_endpoint_request_t *request, apr_table_t *values)
{
    const char *token = invitation(request);

    apr_table_setn(values, "asks_invite", "1");
    if (token)
        apr_table_setn(values, INVITE, token);
    if (!apr_table_get(values, "invite_error"))
        return;
    forget_focus(values);
    apr_table_setn(values, "focus_invite", "1");
}

/* ---- LuciaEmail and LuciaSignupAttributes ---- */

static int has_address(const luci_settings_t *settings)
{
    return settings->email != LUCI_EMAIL_OFF;
}

/* What the form asks for: the address of LuciaEmail, and then the attributes. */
static const apr_array_header_t *asked(const luci_settings_t *settings, apr_pool_t *pool)
{
    apr_array_header_t *all;

    if (!has_address(settings))
        return settings->signup;
    all = apr_array_make(pool, settings->signup->nelts + 1, sizeof(luci_asked_attribute_t));
    APR_ARRAY_PUSH(all, luci_asked_attribute_t) =
        (luci_asked_attribute_t){ LUCI_EMAIL_COLUMN, settings->email == LUCI_EMAIL_OPTIONAL };
    apr_array_cat(all, settings->signup);
    return all;
}

static luci_attribute_fields_t fields_of(const luci_endpoint_request_t *request)
{
    const luci_settings_t *settings = &luci_config_server(request->r->server)->settings;

    return (luci_attribute_fields_t){ .asked = asked(settings, request->r->pool),
                                      .has_address = has_address(settings) };
}

/* An attribute that is named like the field of the invitation is a field already. */
static void set_fields(const luci_server_config_t *config, luci_form_t *form, apr_pool_t *pool)
{
    int is_asked = luci_settings_asks_for(config->settings.signup, INVITE);

    luci_attribute_fields_set(form, is_asked ? luci_entry_fields : fields, asked(&config->settings, pool),
                              pool);
}

/* The first problem. */
static luci_message_t problem(const luci_endpoint_request_t *request)
{
    luci_attribute_fields_t form = fields_of(request);

    return luci_attribute_fields_problem(request, &form);
}

/* The number of a row, from 0; -1: none. */
static int row_of(int refused, const luci_attribute_fields_t *form)
{
    if (refused == LUCI_REFUSED_EMAIL)
        return 0;
    return refused ? refused - 1 + form->has_address : -1;
}

static void add_attributes(const luci_endpoint_request_t *request, int refused, apr_table_t *values)
{
    luci_attribute_fields_t form = fields_of(request);

    if (needs_invitation(request))
        add_invitation(request, values);
    if (luci_attribute_fields_show(request, &form, row_of(refused, &form), values))
        forget_focus(values);
}

static luci_result_t fill(luci_password_form_t *entry)
{
    luci_attribute_fields_t form = fields_of(entry->request);
    const char *const *values = luci_attribute_fields_values(entry->request, &form);

    if (form.has_address) {
        entry->auth_request.email = values[0];
        entry->auth_request.language = luci_reply_language(entry->request->r);
    }
    entry->auth_request.attributes = values + form.has_address;
    entry->auth_request.needs_approval = entry->request->dir->signup == LUCI_SIGNUP_APPROVAL;
    entry->auth_request.needs_invitation = needs_invitation(entry->request);
    entry->auth_request.invitation = invitation(entry->request);
    return luci_entry_fill(entry);
}

/* ---- Sign-up ---- */

/* Signs in with the form of a sign-up that was sent twice. It counts as a sign-in, so it has its own attempt.
 */
static luci_result_t sign_up_twice(luci_password_form_t *entry, apr_pool_t *pool)
{
    luci_auth_request_t again = entry->auth_request;
    luci_result_t result;

    again.attempt = apr_pcalloc(pool, sizeof *again.attempt);
    again.attempt->device = entry->attempt.device;
    result = luci_auth_sign_up_twice(&entry->auth, &again, &entry->session, pool);
    if (result == LUCI_CONFLICT && again.is_waiting)
        result = LUCI_OK;
    if (result == LUCI_OK)
        entry->auth_request = again; /* The device cookie is issued for this attempt. */
    return result;
}

static luci_result_t sign_up(luci_password_form_t *entry, apr_pool_t *pool)
{
    luci_result_t result, again;

    if (problem(entry->request).key) {
        luci_state_report_refused(entry->request->r, LUCI_EVENT_SIGN_UP, LUCI_REASON_BAD_REQUEST);
        entry->field = LUCI_FIELD_ATTRIBUTE;
        return LUCI_INVALID;
    }
    result = luci_auth_sign_up(&entry->auth, &entry->auth_request, &entry->session, &entry->field, pool);

    if ((result != LUCI_CONFLICT && result != LUCI_DENIED) || entry->field != LUCI_FIELD_NONE ||
        !luci_request_is_browser(entry->request->r))
        return result;
    again = sign_up_twice(entry, pool);
    return again == LUCI_CONFLICT ? result : again;
}

static const luci_entry_kind_t kind = {
    .form = { fill, luci_entry_look, sign_up, luci_entry_answer },
    .add = add_attributes,
    .problem = problem,
    .is_sign_up = 1,
    .json_status = HTTP_CREATED,
    .url = offsetof(luci_urls_t, signup),
};

static int show(luci_endpoint_request_t *request)
{
    return luci_entry_show(request, &kind);
}

static int post(luci_endpoint_request_t *request)
{
    return luci_password_form_post(request, &kind.form);
}

static luci_message_t closed(const luci_dir_config_t *dir)
{
    return dir->signup ? LUCI_NO_MESSAGE : LUCI_MESSAGE_CLOSED;
}

const luci_endpoint_t luci_endpoint_signup = {
    .handler = LUCI_ENDPOINT_HANDLER "signup",
    .path = "signup",
    .page = "signup.html",
    .fields = fields,
    .set_fields = set_fields,
    .event = LUCI_EVENT_SIGN_UP,
    .secret_parameter = INVITE,
    .closed = closed,
    .get = show,
    .post = post,
};
