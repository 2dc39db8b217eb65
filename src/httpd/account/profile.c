/* SPDX-License-Identifier: Apache-2.0 */
/* The profile: the user and the session of this request, as a page or as JSON, with the attributes that the
 * user may change (LuciaUserEditable). */
#include "core/auth/attribute_change.h"
#include "core/auth/factor_need.h"
#include "core/web/template.h"
#include "httpd/account/account_json.h"
#include "httpd/account/attribute_fields.h"
#include "httpd/account/own_page.h"
#include "httpd/request/proof.h"
#include "httpd/request/way_back.h"

#define DETAILS "details" /* the rows of the page with attributes to read */

static const luci_form_field_t fields[] = {
    { "current_username", LUCI_FORM_TEXT }, /* hidden in the page */
    { NULL, LUCI_FORM_TEXT },
};

static void set_fields(const luci_server_config_t *config, luci_form_t *form, apr_pool_t *pool)
{
    luci_attribute_fields_set(form, fields, config->settings.editable, pool);
}

static int is_editable(const luci_server_config_t *config)
{
    return config->settings.editable->nelts > 0;
}

static luci_attribute_fields_t fields_of(const luci_endpoint_request_t *request)
{
    return (luci_attribute_fields_t){ .asked = luci_config_server(request->r->server)->settings.editable,
                                      .user = &request->session->user };
}

/* ---- The page ---- */

static int is_fresh(const luci_endpoint_request_t *request)
{
    luci_ms_t freshness = luci_config_server(request->r->server)->freshness;

    return luci_proof_look(request->r, request->session, freshness) == LUCI_OK;
}

static int has_factors(const luci_endpoint_request_t *request)
{
    luci_auth_t auth = luci_state_auth(request->r);

    return luci_factor_need_look(&auth, request->session, request->r->pool) == LUCI_OK;
}

/* The form needs a session that was confirmed lately, with all factors of its user. Otherwise a link leads to
 * the page confirm or factor and back, so that no text is typed in vain. */
static int shows_form(const luci_endpoint_request_t *request)
{
    return is_editable(luci_config_server(request->r->server)) && is_fresh(request) && has_factors(request);
}

static const char *edit_url(const luci_endpoint_request_t *request)
{
    request_rec *r = request->r;
    const char *url = is_fresh(request) ? request->urls->factor : request->urls->confirm;

    return url ? luci_way_back_link(r, url, luci_way_back_requested(r)) : "";
}

static int add_details(const luci_endpoint_request_t *request, const apr_array_header_t *asked, int row,
                       apr_table_t *values)
{
    const luci_settings_t *settings = request->runtime->auth.settings;

    for (int i = 0; i < asked->nelts; i++) {
        const char *column = APR_ARRAY_IDX(asked, i, luci_asked_attribute_t).name;
        const char *value = luci_user_attribute(&request->session->user, settings, column);

        luci_template_set_row(values, DETAILS, row, "label", luci_attribute_fields_label(request->r, column));
        luci_template_set_row(values, DETAILS, row, "value", value ? value : "");
        row++;
    }
    return row;
}

/* What sign-up asked for and cannot be changed. */
static apr_array_header_t *fixed(const luci_settings_t *settings, apr_pool_t *pool)
{
    apr_array_header_t *rest = apr_array_make(pool, settings->signup->nelts, sizeof(luci_asked_attribute_t));

    for (int i = 0; i < settings->signup->nelts; i++) {
        luci_asked_attribute_t attribute = APR_ARRAY_IDX(settings->signup, i, luci_asked_attribute_t);

        if (!luci_settings_asks_for(settings->editable, attribute.name))
            APR_ARRAY_PUSH(rest, luci_asked_attribute_t) = attribute;
    }
    return rest;
}

/* Pages that need a proof answer 501 where the table has no column for it. */
static int can_prove(const luci_endpoint_request_t *request)
{
    const luci_server_config_t *config = luci_config_server(request->r->server);

    return luci_proof_look(request->r, request->session, config->freshness) != LUCI_NOT_FOUND;
}

static void set_links(const luci_endpoint_request_t *request, apr_table_t *values)
{
    const luci_urls_t *urls = request->urls;
    int renames = request->dir->username_change, deletes = request->dir->account_deletion;

    if ((renames || deletes) && !can_prove(request))
        renames = deletes = 0;
    apr_table_setn(values, "password_url", urls->password ? urls->password : "");
    apr_table_setn(values, "email_url", urls->email && can_prove(request) ? urls->email : "");
    apr_table_setn(values, "passkeys_url", urls->passkeys ? urls->passkeys : "");
    apr_table_setn(values, "sessions_url", urls->sessions ? urls->sessions : "");
    apr_table_setn(values, "factors_url", urls->factors ? urls->factors : "");
    apr_table_setn(values, "activity_url", urls->activity ? urls->activity : "");
    apr_table_setn(values, "username_url", renames && urls->username ? urls->username : "");
    apr_table_setn(values, "delete_url", deletes && urls->deletion ? urls->deletion : "");
}

/* Adds all attributes for templates of one's own. An attribute must not be taken for a list, whose value is
 * the number of its rows, nor for the message of an error. */
static void set_attributes(const luci_user_t *user, const luci_settings_t *settings, apr_table_t *values)
{
    for (int i = 0; i < settings->attributes->nelts; i++) {
        const char *name = APR_ARRAY_IDX(settings->attributes, i, const char *);

        if (user->attributes[i] && !apr_table_get(values, name))
            apr_table_setn(values, name, user->attributes[i]);
    }
    apr_table_unset(values, DETAILS);
    apr_table_unset(values, LUCI_ATTRIBUTE_ROWS);
    apr_table_unset(values, "form_error");
    apr_table_unset(values, LUCI_ATTRIBUTE_ERROR);
}

static int show_with(luci_endpoint_request_t *request, const luci_problem_t *problem, const char *field,
                     int refused)
{
    const luci_settings_t *settings = request->runtime->auth.settings;
    const luci_user_t *user = &request->session->user;
    luci_attribute_fields_t editable = fields_of(request);
    apr_table_t *values = luci_own_page_values(request, request->urls->account);
    int has_form = shows_form(request), row;

    set_attributes(user, settings, values);
    if (problem)
        luci_reply_complain(request->r, problem, field, values);
    apr_table_setn(values, "user_id", user->id);
    apr_table_setn(values, "username", user->username);
    set_links(request, values);
    row = add_details(request, fixed(settings, request->r->pool), 0, values);
    if (!has_form)
        add_details(request, editable.asked, row, values);
    else
        (void)luci_attribute_fields_show(request, &editable, refused, values);
    apr_table_setn(values, "has_form", has_form ? "1" : "");
    apr_table_setn(values, "edit_url",
                   editable.asked->nelts && !has_form && can_prove(request) ? edit_url(request) : "");
    return luci_reply_page(request->r, problem ? problem->status : HTTP_OK, request->endpoint->page, values);
}

static int page(luci_endpoint_request_t *request, const luci_problem_t *problem, const char *field)
{
    return show_with(request, problem, field, -1);
}

static int show(luci_endpoint_request_t *request)
{
    const luci_settings_t *settings = request->runtime->auth.settings;

    if (request->wants_json)
        return luci_reply_json(request->r, HTTP_OK, luci_account_json(request->session, settings));
    return page(request, NULL, NULL);
}

/* ---- The change ---- */

static int done(luci_endpoint_request_t *request, const luci_attribute_change_t *change)
{
    luci_session_t changed = *request->session;
    const char *here = luci_way_back_requested(request->r);

    changed.user = change->user;
    if (request->wants_json)
        return luci_reply_json(request->r, HTTP_OK,
                               luci_account_json(&changed, request->runtime->auth.settings));
    return luci_reply_see_other(request->r, here ? here : request->urls->account);
}

static int answer_refused(luci_endpoint_request_t *request, const luci_attribute_change_t *change,
                          luci_message_t message)
{
    luci_problem_t problem = { HTTP_BAD_REQUEST, message, 0 };

    return request->as_json ? luci_reply_problem(request->r, &problem, LUCI_REPLY_JSON)
                            : show_with(request, &problem, LUCI_ATTRIBUTE_ERROR, change->refused);
}

static int answer(luci_endpoint_request_t *request, const luci_attribute_change_t *change,
                  luci_result_t result)
{
    switch (result) {
    case LUCI_OK: return done(request, change);
    case LUCI_DENIED: return luci_endpoint_ask_factor(request);
    case LUCI_CONFLICT: return answer_refused(request, change, LUCI_MESSAGE_VALUE_TAKEN);
    case LUCI_INVALID: return answer_refused(request, change, LUCI_MESSAGE("invalid_value"));
    case LUCI_EXPIRED:
    case LUCI_THROTTLED:
    case LUCI_NOT_FOUND:
    case LUCI_BUSY:
    case LUCI_UNAVAILABLE:
    case LUCI_INTERNAL: break;
    }
    return luci_own_page_fail(request, page, result, change->request.attempt);
}

static int change_values(luci_endpoint_request_t *request, const luci_attribute_fields_t *editable)
{
    request_rec *r = request->r;
    luci_auth_t auth = luci_state_auth(r);
    luci_attempt_t attempt = { .now = 0 };
    luci_attribute_change_t change = {
        .request = { .client = { r->useragent_ip, NULL }, .now = luci_runtime_now(), .attempt = &attempt },
        .session = request->session,
        .values = luci_attribute_fields_values(request, editable),
    };

    return answer(request, &change, luci_attribute_change(&auth, &change, r->pool));
}

static int post(luci_endpoint_request_t *request)
{
    luci_attribute_fields_t editable = fields_of(request);
    luci_message_t message = luci_attribute_fields_problem(request, &editable);

    if (luci_own_page_is_of_other(request, "current_username"))
        return luci_own_page_refuse(request, page, "form_error", LUCI_MESSAGE_OTHER_NAME);
    if (!message.key)
        return change_values(request, &editable);
    luci_endpoint_report_refused(request, LUCI_EVENT_USER_SET, LUCI_REASON_BAD_REQUEST);
    return luci_own_page_refuse(request, page, LUCI_ATTRIBUTE_ERROR, message);
}

const luci_endpoint_t luci_endpoint_profile = {
    .handler = LUCI_ENDPOINT_HANDLER "profile",
    .path = "",
    .page = "profile.html",
    .fields = fields,
    .set_fields = set_fields,
    .event = LUCI_EVENT_USER_SET,
    .needs_session = 1,
    .needs_fresh = LUCI_FRESH_POST,
    .get = show,
    .post = post,
    .takes_post = is_editable,
    .has_json = 1,
};
