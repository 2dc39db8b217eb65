/* SPDX-License-Identifier: Apache-2.0 */
/* Sign-up: a new account with its first session. */
#include "core/web/attribute_kind.h"
#include "core/web/template.h"
#include "httpd/account/entry.h"
#include "httpd/request/reply.h"
#include "httpd/request/request.h"

#include <apr_lib.h>
#include <apr_strings.h>

#define BASE_FIELDS 3          /* of luci_entry_fields */
#define BYTES_OF_A_CHARACTER 9 /* in a form, at most */

/* ---- LuciaSignupAttributes ---- */

static const luci_signup_attribute_t *asked(const luci_endpoint_request_t *request, int i)
{
    const apr_array_header_t *all = luci_config_server(request->r->server)->settings.signup;

    return i < all->nelts ? &APR_ARRAY_IDX(all, i, luci_signup_attribute_t) : NULL;
}

static void set_fields(const luci_server_config_t *config, luci_form_t *form, apr_pool_t *pool)
{
    const apr_array_header_t *all = config->settings.signup;
    luci_form_field_t *fields = apr_pcalloc(pool, sizeof *fields * (size_t)(BASE_FIELDS + all->nelts + 1));

    if (all->nelts == 0)
        return;
    memcpy(fields, luci_entry_fields, BASE_FIELDS * sizeof *fields);
    for (int i = 0; i < all->nelts; i++)
        fields[BASE_FIELDS + i].name = APR_ARRAY_IDX(all, i, luci_signup_attribute_t).name;
    form->fields = fields;
    form->bytes_max += (size_t)all->nelts * LUCI_ATTRIBUTE_UNITS_MAX * BYTES_OF_A_CHARACTER;
}

/* What is wrong with the value of an attribute; LUCI_NO_MESSAGE: nothing. */
static luci_message_t problem_with(const luci_endpoint_request_t *request,
                                   const luci_signup_attribute_t *attribute)
{
    const luci_attribute_kind_t *kind = luci_attribute_kind(attribute->name);
    const char *value =
        luci_attribute_trim(luci_form_value(&request->form, attribute->name), request->r->pool);

    if (!value)
        return attribute->is_optional ? LUCI_NO_MESSAGE : LUCI_MESSAGE("value_missing");
    if (luci_attribute_check(kind, value) == LUCI_OK)
        return LUCI_NO_MESSAGE;
    if (strcmp(kind->type, "email") == 0)
        return LUCI_MESSAGE("invalid_email");
    if (strcmp(kind->type, "tel") == 0)
        return LUCI_MESSAGE("invalid_phone");
    return strcmp(kind->type, "url") == 0 ? LUCI_MESSAGE("invalid_url") : LUCI_MESSAGE("invalid_value");
}

/* The first problem. */
static luci_message_t problem(const luci_endpoint_request_t *request)
{
    const luci_signup_attribute_t *attribute;
    luci_message_t message = LUCI_NO_MESSAGE;

    for (int i = 0; !message.key && (attribute = asked(request, i)); i++)
        message = problem_with(request, attribute);
    return message;
}

/* A text that messages.txt may have for the column, otherwise one that is made from its name. */
static const char *label_of(request_rec *r, const char *column)
{
    char *key = apr_pstrcat(r->pool, "label_", column, NULL);
    const char *text;

    for (char *c = key; *c; c++)
        *c = (char)apr_tolower(*c);
    text = luci_reply_text(r, (luci_message_t){ key }, NULL);
    return strcmp(text, key) == 0 ? luci_attribute_label(column, r->pool) : text;
}

static void add_row(const luci_endpoint_request_t *request, int i, apr_table_t *values)
{
    const luci_signup_attribute_t *attribute = asked(request, i);
    const luci_attribute_kind_t *kind = luci_attribute_kind(attribute->name);
    const char *typed = luci_form_value(&request->form, attribute->name);

    luci_template_set_row(values, "attributes", i, "name", attribute->name);
    luci_template_set_row(values, "attributes", i, "label", label_of(request->r, attribute->name));
    luci_template_set_row(values, "attributes", i, "type", kind->type);
    luci_template_set_row(values, "attributes", i, "autocomplete", kind->autocomplete);
    luci_template_set_row(values, "attributes", i, "value", typed ? typed : "");
    luci_template_set_row(values, "attributes", i, "required", attribute->is_optional ? "" : "1");
}

static void add_attributes(const luci_endpoint_request_t *request, apr_table_t *values)
{
    int is_wrong = apr_table_get(values, "attribute_error") != NULL, has_focus = 0;

    for (int i = 0; asked(request, i); i++) {
        luci_message_t message = is_wrong ? problem_with(request, asked(request, i)) : LUCI_NO_MESSAGE;

        add_row(request, i, values);
        if (!message.key)
            continue;
        luci_template_set_row(values, "attributes", i, "row_error",
                              luci_reply_text(request->r, message, NULL));
        luci_template_set_row(values, "attributes", i, "focus", has_focus ? "" : "1");
        has_focus = 1;
    }
    if (has_focus) {
        apr_table_unset(values, "focus_username");
        apr_table_unset(values, "focus_password");
    }
}

static luci_result_t fill(luci_password_form_t *entry)
{
    const luci_endpoint_request_t *request = entry->request;
    apr_pool_t *pool = request->r->pool;
    const char **attributes = apr_pcalloc(pool, sizeof *attributes * LUCI_FORM_FIELDS_MAX);

    for (int i = 0; asked(request, i); i++)
        attributes[i] = luci_attribute_trim(luci_form_value(&request->form, asked(request, i)->name), pool);
    entry->auth_request.attributes = attributes;
    return luci_entry_fill(entry);
}

/* ---- Sign-up ---- */

/* After a double click, a browser sends a form twice and drops the first answer with its cookie. A program
 * does not do so, and gets the answer that the name is taken. */
static int is_browser(request_rec *r)
{
    const char *site = apr_table_get(r->headers_in, "Sec-Fetch-Site");

    return luci_request_is_navigation(r) || (site && ap_cstr_casecmp(site, "same-origin") == 0);
}

/* Signs in with the form of a sign-up that was sent twice. It counts as a sign-in, so it has its own attempt.
 */
static luci_result_t sign_up_twice(luci_password_form_t *entry, apr_pool_t *pool)
{
    luci_auth_request_t again = entry->auth_request;
    luci_result_t result;

    again.attempt = apr_pcalloc(pool, sizeof *again.attempt);
    again.attempt->device = entry->attempt.device;
    result = luci_auth_sign_up_twice(&entry->auth, &again, &entry->session, pool);
    if (result == LUCI_OK)
        entry->auth_request = again; /* The device cookie is issued for this attempt. */
    return result;
}

static luci_result_t sign_up(luci_password_form_t *entry, apr_pool_t *pool)
{
    luci_result_t result;

    if (problem(entry->request).key) {
        luci_state_report_refused(entry->request->r, LUCI_EVENT_SIGN_UP, LUCI_REASON_BAD_REQUEST);
        entry->field = LUCI_FIELD_ATTRIBUTE;
        return LUCI_INVALID;
    }
    result = luci_auth_sign_up(&entry->auth, &entry->auth_request, &entry->session, &entry->field, pool);

    return result == LUCI_CONFLICT && is_browser(entry->request->r) ? sign_up_twice(entry, pool) : result;
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
    .fields = luci_entry_fields,
    .set_fields = set_fields,
    .event = LUCI_EVENT_SIGN_UP,
    .closed = closed,
    .get = show,
    .post = post,
};
