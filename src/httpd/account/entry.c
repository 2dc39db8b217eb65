/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/account/entry.h"

#include "core/password/new_password.h"
#include "httpd/account/attribute_fields.h"
#include "httpd/account/second_factor.h"
#include "httpd/account/welcome.h"
#include "httpd/request/half.h"
#include "httpd/request/reply.h"
#include "httpd/request/way_back.h"

#include <apr_strings.h>

const luci_form_field_t luci_entry_fields[] = {
    { "username", LUCI_FORM_TEXT },
    { "password", LUCI_FORM_SECRET },
    { "next", LUCI_FORM_TEXT },
    { NULL, LUCI_FORM_TEXT },
};

/* ---- The page ---- */

static void set_limits(const luci_endpoint_request_t *request, apr_table_t *values)
{
    const luci_settings_t *settings = request->runtime->auth.settings;
    apr_pool_t *pool = request->r->pool;

    apr_table_setn(values, "username_min", apr_itoa(pool, settings->username_length.min));
    apr_table_setn(values, "username_max", apr_itoa(pool, settings->username_length.max));
    apr_table_setn(values, "password_min", apr_itoa(pool, settings->password_length.min));
    apr_table_setn(values, "password_max", apr_itoa(pool, settings->password_length.max));
}

/* Sets next in the URL that the form is sent to, in a field of the form, and in the links between the pages.
 */
static void set_way_back(const luci_endpoint_request_t *request, const luci_entry_kind_t *kind,
                         apr_table_t *values, const char *next)
{
    const char *own_url = *(const char *const *)((const char *)request->urls + kind->url);
    request_rec *r = request->r;
    int is_own_page = luci_way_back_is_own_page(r);

    apr_table_setn(values, "form_action", is_own_page ? "" : luci_way_back_link(r, own_url, next));
    if (!next)
        return;
    if (strlen(next) <= LUCI_WAY_BACK_HIDDEN_MAX || (is_own_page && !r->args))
        apr_table_setn(values, "next", next);
    apr_table_setn(values, "login_url", luci_way_back_link(r, request->urls->login, next));
    if (request->dir->signup)
        apr_table_setn(values, "signup_url", luci_way_back_link(r, request->urls->signup, next));
}

/* The cursor starts in the one field that is wrong, else in the first empty one. */
static void set_focus(apr_table_t *values)
{
    int is_typed = apr_table_get(values, "username") && !apr_table_get(values, "username_error");

    apr_table_setn(values,
                   is_typed || apr_table_get(values, "password_error") ? "focus_password" : "focus_username",
                   "1");
}

/* The URL of a refused request, if this page is its ErrorDocument: sign-in returns there. */
static const char *refused_url(request_rec *r)
{
    const request_rec *root = luci_state_root(r);
    int is_read = strcmp(root->method, "GET") == 0 || strcmp(root->method, "HEAD") == 0;

    return r->prev && ap_is_HTTP_ERROR(r->status) && is_read ? luci_way_back_requested(r) : NULL;
}

static int page(luci_endpoint_request_t *request, const luci_entry_kind_t *kind, const char *next)
{
    apr_table_t *values = apr_table_make(request->r->pool, 16);

    set_limits(request, values);
    set_way_back(request, kind, values, next ? next : refused_url(request->r));
    set_focus(values);
    if (kind->add)
        kind->add(request, 0, values);
    return luci_reply_page(request->r, HTTP_OK, request->endpoint->page, values);
}

int luci_entry_show(luci_endpoint_request_t *request, const luci_entry_kind_t *kind)
{
    luci_result_t result = luci_endpoint_session(request, luci_validate);
    luci_half_t half;
    const char *next;

    if (result == LUCI_OK && luci_reply_is_error_document(request->r))
        return luci_reply_forbidden(request->r, &request->session->user); /* "ErrorDocument 403 /login" */
    if (result != LUCI_OK && result != LUCI_NOT_FOUND)
        return luci_endpoint_failure(request, result);
    next = luci_way_back_chosen(request->r, NULL);
    if (result == LUCI_OK && luci_half_is(request->r, request->session, &half) && half.url)
        return luci_reply_redirect(request->r, luci_way_back_link(request->r, half.url, next));
    if (result == LUCI_OK)
        return luci_reply_redirect(request->r, next ? next : request->urls->home);
    return page(request, kind, next);
}

/* ---- Answers to a posted form ---- */

static const luci_entry_kind_t *kind_of(const luci_password_form_t *entry)
{
    return (const luci_entry_kind_t *)entry->kind;
}

static const char *posted(const luci_password_form_t *entry, const char *name)
{
    return luci_form_value(&entry->request->form, name);
}

/* Answers a refused form with the page again, with the message at its field and the name that was typed, but
 * without the password. */
static int complain(luci_password_form_t *entry, const luci_problem_t *problem, const char *field)
{
    luci_endpoint_request_t *request = entry->request;
    const char *username = posted(entry, "username");
    apr_table_t *values;

    if (request->as_json)
        return luci_reply_problem(request->r, problem, LUCI_REPLY_JSON);
    values = apr_table_make(request->r->pool, 16);
    set_limits(request, values);
    luci_reply_complain(request->r, problem, field, values);
    if (username)
        apr_table_setn(values, "username", username);
    set_way_back(request, kind_of(entry), values, luci_way_back_chosen(request->r, posted(entry, "next")));
    set_focus(values);
    if (kind_of(entry)->add)
        kind_of(entry)->add(request, entry->auth_request.refused, values);
    return luci_reply_page(request->r, problem->status, request->endpoint->page, values);
}

static int form_again(luci_password_form_t *entry, const char *field, luci_message_t message)
{
    return complain(entry, &(luci_problem_t){ HTTP_BAD_REQUEST, message, 0 }, field);
}

static int throttled(luci_password_form_t *entry)
{
    luci_problem_t problem = luci_problem_throttled(entry->attempt.retry_after);

    return complain(entry, &problem, "form_error");
}

/* The form again, because browsers do not restore what was typed into a page that is not stored. */
static int failed(luci_password_form_t *entry)
{
    luci_problem_t problem = luci_problem_of(entry->request->r, entry->result);

    return complain(entry, &problem, "form_error");
}

static int welcome(luci_password_form_t *entry)
{
    const char *next = luci_way_back_chosen(entry->request->r, posted(entry, "next"));

    if (entry->auth_request.is_waiting)
        return luci_welcome_later(entry->request, posted(entry, "username"), entry->auth_request.email);
    return luci_welcome(entry->request, &entry->session, next, kind_of(entry)->json_status);
}

static luci_message_t password_message(const luci_password_form_t *entry)
{
    return kind_of(entry)->is_sign_up ? LUCI_MESSAGE(luci_weakness_code(entry->auth_request.weakness))
                                      : LUCI_MESSAGE_PASSWORD;
}

/* What is wrong with an attribute, or that its column does not take it. */
static luci_message_t attribute_message(const luci_password_form_t *entry)
{
    if (entry->auth_request.refused == LUCI_REFUSED_EMAIL)
        return LUCI_MESSAGE("invalid_email");
    return entry->auth_request.refused ? LUCI_MESSAGE("invalid_value")
                                       : kind_of(entry)->problem(entry->request);
}

luci_message_t luci_entry_name_message(const luci_auth_request_t *request)
{
    return request->is_address ? LUCI_MESSAGE("invalid_username.address") : LUCI_MESSAGE_USERNAME;
}

int luci_entry_answer(luci_password_form_t *entry)
{
    switch (entry->result) {
    case LUCI_OK: return welcome(entry);
    case LUCI_INVALID:
        if (entry->field == LUCI_FIELD_USERNAME)
            return form_again(entry, "username_error", luci_entry_name_message(&entry->auth_request));
        if (entry->field == LUCI_FIELD_ATTRIBUTE)
            return form_again(entry, LUCI_ATTRIBUTE_ERROR, attribute_message(entry));
        return form_again(entry, "password_error", password_message(entry));
    case LUCI_CONFLICT:
        if (entry->field == LUCI_FIELD_ATTRIBUTE)
            return form_again(entry, LUCI_ATTRIBUTE_ERROR, LUCI_MESSAGE_VALUE_TAKEN);
        return form_again(entry, "username_error", LUCI_MESSAGE_TAKEN);
    case LUCI_DENIED:
        if (kind_of(entry)->is_sign_up)
            return form_again(entry, "invite_error", LUCI_MESSAGE_INVITATION);
        if (luci_second_factor_is_passkey_alone(entry->request, &entry->auth_request.demand))
            return form_again(entry, "form_error", LUCI_MESSAGE_PASSKEY);
        if (entry->auth_request.demand.kinds)
            return luci_second_factor_ask(entry->request, &entry->auth_request.demand, LUCI_STEP_SIGN_IN);
        return form_again(entry, "form_error",
                          entry->auth_request.is_waiting ? LUCI_MESSAGE_WAITING : LUCI_MESSAGE_INCORRECT);
    case LUCI_THROTTLED: return throttled(entry);
    case LUCI_NOT_FOUND:
    case LUCI_EXPIRED:
    case LUCI_BUSY:
    case LUCI_UNAVAILABLE:
    case LUCI_INTERNAL: break;
    }
    return failed(entry);
}

/* ---- Signing up and in ---- */

luci_result_t luci_entry_fill(luci_password_form_t *entry)
{
    entry->auth_request.username = posted(entry, "username");
    entry->auth_request.password = posted(entry, "password");
    return luci_endpoint_old_session(entry->request, &entry->auth_request.old_session);
}

luci_result_t luci_entry_look(luci_password_form_t *entry, apr_pool_t *pool)
{
    return luci_auth_look(&entry->auth, &entry->auth_request, kind_of(entry)->is_sign_up, pool);
}
