/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/account/attribute_fields.h"

#include "core/email/email_domain.h"
#include "core/password/policy.h"
#include "core/web/attribute_kind.h"
#include "core/web/template.h"
#include "httpd/request/reply.h"

#include <apr_lib.h>
#include <apr_strings.h>

#define BYTES_OF_A_CHARACTER 9 /* in a form, at most */

static const luci_asked_attribute_t *at(const apr_array_header_t *asked, int i)
{
    return &APR_ARRAY_IDX(asked, i, luci_asked_attribute_t);
}

/* A posted value without white space at its ends, which no backend would get; NULL: none. */
static const char *trimmed(const char *typed, apr_pool_t *pool)
{
    return typed ? luci_attribute_trim(luci_policy_trim(typed, pool), pool) : NULL;
}

/* ---- The form ---- */

void luci_attribute_fields_set(luci_form_t *form, const luci_form_field_t *others,
                               const apr_array_header_t *asked, apr_pool_t *pool)
{
    luci_form_field_t *fields;
    int count = 0;

    if (asked->nelts == 0)
        return;
    while (others[count].name)
        count++;
    fields = apr_pcalloc(pool, sizeof *fields * (size_t)(count + asked->nelts + 1));
    memcpy(fields, others, (size_t)count * sizeof *fields);
    for (int i = 0; i < asked->nelts; i++)
        fields[count + i] = (luci_form_field_t){ at(asked, i)->name, LUCI_FORM_NULLABLE };
    form->fields = fields;
    form->bytes_max += (size_t)asked->nelts * LUCI_ATTRIBUTE_UNITS_MAX * BYTES_OF_A_CHARACTER;
}

const char *const *luci_attribute_fields_values(const luci_endpoint_request_t *request,
                                                const luci_attribute_fields_t *fields)
{
    apr_pool_t *pool = request->r->pool;
    const char **values = apr_pcalloc(pool, sizeof *values * (size_t)(fields->asked->nelts + 1));

    for (int i = 0; i < fields->asked->nelts; i++) {
        const char *typed = luci_form_value(&request->form, at(fields->asked, i)->name);

        values[i] = trimmed(typed, pool);
        if (fields->user && typed && !values[i])
            values[i] = "";
    }
    return values;
}

/* ---- What is wrong ---- */

static luci_message_t invalid(const luci_attribute_kind_t *kind)
{
    if (strcmp(kind->type, "email") == 0)
        return LUCI_MESSAGE("invalid_email");
    if (strcmp(kind->type, "tel") == 0)
        return LUCI_MESSAGE("invalid_phone");
    return strcmp(kind->type, "url") == 0 ? LUCI_MESSAGE("invalid_url") : LUCI_MESSAGE("invalid_value");
}

luci_message_t luci_attribute_fields_address(const luci_endpoint_request_t *request, const char *value)
{
    const luci_settings_t *settings = &luci_config_server(request->r->server)->settings;

    switch (luci_email_check(settings, value, request->r->pool)) {
    case LUCI_OK: return LUCI_NO_MESSAGE;
    case LUCI_DENIED: return LUCI_MESSAGE("email_domain");
    case LUCI_INVALID:
    case LUCI_NOT_FOUND:
    case LUCI_EXPIRED:
    case LUCI_CONFLICT:
    case LUCI_THROTTLED:
    case LUCI_BUSY:
    case LUCI_UNAVAILABLE:
    case LUCI_INTERNAL: break;
    }
    return LUCI_MESSAGE("invalid_email");
}

static luci_message_t problem_with(const luci_endpoint_request_t *request,
                                   const luci_attribute_fields_t *fields, int i)
{
    const luci_asked_attribute_t *attribute = at(fields->asked, i);
    const luci_attribute_kind_t *kind = luci_attribute_kind(attribute->name);
    const char *typed = luci_form_value(&request->form, attribute->name);
    const char *value = trimmed(typed, request->r->pool);
    int may_lack = attribute->is_optional || (fields->user && !typed);

    if (!value)
        return may_lack ? LUCI_NO_MESSAGE : LUCI_MESSAGE("value_missing");
    if (fields->has_address && i == 0)
        return luci_attribute_fields_address(request, value);
    return luci_attribute_check(kind, value) == LUCI_OK && luci_policy_fits_header(value) ? LUCI_NO_MESSAGE
                                                                                          : invalid(kind);
}

luci_message_t luci_attribute_fields_problem(const luci_endpoint_request_t *request,
                                             const luci_attribute_fields_t *fields)
{
    luci_message_t message = LUCI_NO_MESSAGE;

    for (int i = 0; !message.key && i < fields->asked->nelts; i++)
        message = problem_with(request, fields, i);
    return message;
}

/* ---- The page ---- */

const char *luci_attribute_fields_label(request_rec *r, const char *column)
{
    char *key = apr_pstrcat(r->pool, "label_", column, NULL);
    const char *text;

    for (char *c = key; *c; c++)
        *c = (char)apr_tolower(*c);
    text = luci_reply_text(r, (luci_message_t){ key }, NULL);
    return strcmp(text, key) == 0 ? luci_attribute_label(column, r->pool) : text;
}

static const char *shown(const luci_endpoint_request_t *request, const luci_attribute_fields_t *fields,
                         const char *column)
{
    const luci_settings_t *settings = &luci_config_server(request->r->server)->settings;
    const char *value = luci_form_value(&request->form, column);

    if (!value && fields->user)
        value = luci_user_attribute(fields->user, settings, column);
    return value ? value : "";
}

static void set_row(const luci_endpoint_request_t *request, const luci_attribute_fields_t *fields, int i,
                    apr_table_t *values)
{
    const luci_asked_attribute_t *attribute = at(fields->asked, i);
    const luci_attribute_kind_t *kind = luci_attribute_kind(attribute->name);

    luci_template_set_row(values, LUCI_ATTRIBUTE_ROWS, i, "name", attribute->name);
    luci_template_set_row(values, LUCI_ATTRIBUTE_ROWS, i, "label",
                          luci_attribute_fields_label(request->r, attribute->name));
    luci_template_set_row(values, LUCI_ATTRIBUTE_ROWS, i, "type", kind->type);
    luci_template_set_row(values, LUCI_ATTRIBUTE_ROWS, i, "autocomplete", kind->autocomplete);
    luci_template_set_row(values, LUCI_ATTRIBUTE_ROWS, i, "value", shown(request, fields, attribute->name));
    luci_template_set_row(values, LUCI_ATTRIBUTE_ROWS, i, "required", attribute->is_optional ? "" : "1");
}

/* What is wrong with the value of a field; NULL: nothing. */
static const char *error_at(const luci_endpoint_request_t *request, const luci_attribute_fields_t *fields,
                            int i)
{
    luci_message_t message = problem_with(request, fields, i);

    return message.key ? luci_reply_text(request->r, message, NULL) : NULL;
}

int luci_attribute_fields_show(const luci_endpoint_request_t *request, const luci_attribute_fields_t *fields,
                               int refused, apr_table_t *values)
{
    const char *error = apr_table_get(values, LUCI_ATTRIBUTE_ERROR);
    int has_focus = 0;

    for (int i = 0; i < fields->asked->nelts; i++) {
        const char *text = i == refused ? error : error ? error_at(request, fields, i) : NULL;

        set_row(request, fields, i, values);
        luci_template_set_row(values, LUCI_ATTRIBUTE_ROWS, i, "row_error", text ? text : "");
        luci_template_set_row(values, LUCI_ATTRIBUTE_ROWS, i, "focus", text && !has_focus ? "1" : "");
        has_focus |= text != NULL;
    }
    return has_focus;
}
