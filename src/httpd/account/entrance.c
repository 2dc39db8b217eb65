/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/account/entrance.h"

#include "core/web/form.h"
#include "httpd/account/account_json.h"
#include "httpd/hash/suspend.h"
#include "httpd/request/answer.h"
#include "httpd/request/reply.h"
#include "httpd/request/request.h"
#include "httpd/request/request_origin.h"
#include "httpd/request/way_back.h"

#include <apr_strings.h>

#define MESSAGE_USERNAME "Invalid username"
#define MESSAGE_PASSWORD "Invalid password"
#define MESSAGE_TAKEN "Username already taken"
#define MESSAGE_INCORRECT "Incorrect username or password"
#define MESSAGE_CLOSED "Sign-up is closed"
#define MESSAGE_BODY "Malformed request body"
#define MESSAGE_TYPE "Unsupported content type"
#define MESSAGE_SIZE "Request body too large"

/* Who joined the queue waits for at most so many times LuciaHashSlots' WAIT: hashes may take longer than was
 * to be expected. */
#define PATIENCE 2

static void set_limits(const luci_endpoint_request_t *call, apr_table_t *values)
{
    const luci_settings_t *settings = call->runtime->auth.settings;
    apr_pool_t *pool = call->r->pool;

    apr_table_setn(values, "username_min", apr_itoa(pool, settings->username_length.least));
    apr_table_setn(values, "username_max", apr_itoa(pool, settings->username_length.most));
    apr_table_setn(values, "password_min", apr_itoa(pool, settings->password_length.least));
    apr_table_setn(values, "password_max", apr_itoa(pool, settings->password_length.most));
}

/* A next of this size fits into a body beside the other fields. A longer one is left to the form's URL. */
#define HIDDEN_NEXT_MAX 2048

/* Carries next on: in the URL that the form is sent to, in a field, and in the links between the pages. */
static void set_way_back(const luci_endpoint_request_t *call, luci_page_t which, apr_table_t *values,
                         const char *next)
{
    const char *own_url = which == LUCI_PAGE_LOGIN ? call->urls.login : call->urls.signup;
    int is_own_page = luci_way_back_is_own_page(call->r);

    apr_table_setn(values, "form_action", is_own_page ? "" : luci_way_back_link(call->r, own_url, next));
    if (!next)
        return;
    if (strlen(next) <= HIDDEN_NEXT_MAX || (is_own_page && !call->r->args))
        apr_table_setn(values, "next", next);
    apr_table_setn(values, "login_url", luci_way_back_link(call->r, call->urls.login, next));
    if (call->dir->signup)
        apr_table_setn(values, "signup_url", luci_way_back_link(call->r, call->urls.signup, next));
}

/* The cursor starts in the one field that is wrong, else in the first that is empty. */
static void set_focus(apr_table_t *values)
{
    int is_typed = apr_table_get(values, "username") && !apr_table_get(values, "username_error");

    apr_table_setn(values,
                   is_typed || apr_table_get(values, "password_error") ? "focus_password" : "focus_username",
                   "1");
}

/* As an ErrorDocument the page stands at the URL that was refused, which is the way back. */
static const char *refused_url(request_rec *r)
{
    const request_rec *root = luci_state_root(r);
    int is_read = strcmp(root->method, "GET") == 0 || strcmp(root->method, "HEAD") == 0;

    return r->prev && ap_is_HTTP_ERROR(r->status) && is_read ? luci_way_back_requested(r) : NULL;
}

static int page(luci_endpoint_request_t *call, luci_page_t which, const char *next)
{
    apr_table_t *values = apr_table_make(call->r->pool, 16);

    set_limits(call, values);
    set_way_back(call, which, values, next ? next : refused_url(call->r));
    set_focus(values);
    return luci_reply_page(call->r, HTTP_OK, which, values);
}

/* The sign-up or sign-in page, unless the visitor is signed in already. */
static int page_for_anonymous(luci_endpoint_request_t *call, luci_page_t which)
{
    luci_result_t result = luci_call_session(call, luci_state_validate);
    const char *next;

    if (result == LUCI_OK && luci_reply_is_error_document(call->r))
        return luci_reply_forbidden(call->r, &call->session->user); /* "ErrorDocument 403 /login" */
    if (result != LUCI_OK && result != LUCI_NOT_FOUND)
        return luci_call_fail_result(call, result);
    next = luci_way_back_chosen(call->r, NULL);
    if (result == LUCI_OK)
        return luci_reply_redirect(call->r, next ? next : call->urls.home);
    return page(call, which, next);
}

int luci_entrance_show_signup(luci_endpoint_request_t *call)
{
    if (!call->dir->signup)
        return luci_call_fail(call, HTTP_FORBIDDEN, MESSAGE_CLOSED);
    return page_for_anonymous(call, LUCI_PAGE_SIGNUP);
}

/* The tab that a form's page opened for signing in ends here: what was typed waits in the other one. */
static int signed_in_page(luci_endpoint_request_t *call)
{
    apr_table_t *values = apr_table_make(call->r->pool, 8);

    apr_table_setn(values, "username", call->session->user.username);
    return luci_reply_page(call->r, HTTP_OK, LUCI_PAGE_SIGNED_IN, values);
}

int luci_entrance_show_login(luci_endpoint_request_t *call)
{
    char *tab = NULL;

    if (luci_form_query(call->r->args, LUCI_REPLY_TAB, &tab, call->r->pool) == LUCI_OK && tab &&
        luci_call_session(call, luci_state_validate) == LUCI_OK)
        return signed_in_page(call);
    return page_for_anonymous(call, LUCI_PAGE_LOGIN);
}

typedef struct {
    int status;
    const char *field; /* the place in the page */
    const char *message;
} complaint_t;

/* A form that was refused: the page again, with the name that was typed and without the password. */
static int form_with_status(luci_endpoint_request_t *call, luci_page_t which, const luci_form_t *form,
                            const complaint_t *complaint)
{
    const char *message = complaint->message;
    apr_table_t *values;

    if (call->as_json)
        return luci_reply_error(call->r, complaint->status, message, 1);
    values = apr_table_make(call->r->pool, 16);
    set_limits(call, values);
    apr_table_setn(values, "error", message);
    apr_table_setn(values, complaint->field, message);
    if (form->username)
        apr_table_setn(values, "username", form->username);
    set_way_back(call, which, values, luci_way_back_chosen(call->r, form->next));
    set_focus(values);
    return luci_reply_page(call->r, complaint->status, which, values);
}

static int form_again(luci_endpoint_request_t *call, luci_page_t which, const luci_form_t *form,
                      const char *field, const char *message)
{
    return form_with_status(call, which, form, &(complaint_t){ HTTP_BAD_REQUEST, field, message });
}

static int throttled(luci_endpoint_request_t *call, luci_page_t which, const luci_form_t *form,
                     const luci_attempt_t *attempt)
{
    const char *message = luci_reply_later(call->r, attempt->retry_after);

    return form_with_status(call, which, form,
                            &(complaint_t){ HTTP_TOO_MANY_REQUESTS, "form_error", message });
}

/* The answer to a sign-up or sign-in that didn't succeed. */
static int refuse(luci_endpoint_request_t *call, luci_page_t which, const luci_form_t *form,
                  luci_result_t result, luci_field_t field)
{
    switch (result) {
    case LUCI_INVALID:
        if (field == LUCI_FIELD_USERNAME)
            return form_again(call, which, form, "username_error", MESSAGE_USERNAME);
        return form_again(call, which, form, "password_error", MESSAGE_PASSWORD);
    case LUCI_CONFLICT: return form_again(call, which, form, "username_error", MESSAGE_TAKEN);
    case LUCI_DENIED: return form_again(call, which, form, "form_error", MESSAGE_INCORRECT);
    case LUCI_OK:
    case LUCI_NOT_FOUND:
    case LUCI_EXPIRED:
    case LUCI_THROTTLED:
    case LUCI_BUSY:
    case LUCI_UNAVAILABLE:
    case LUCI_INTERNAL: break;
    }
    return luci_call_fail_result(call, result);
}

/* A program that sends neither header may sign up and in: it brings no cookie that a foreign page could use.
 */
static int is_cross_site(luci_endpoint_request_t *call)
{
    if (!call->dir->csrf || luci_request_origin(call->r, call->dir) != LUCI_ORIGIN_FOREIGN)
        return 0;
    luci_request_log_refused(call->r, call->dir);
    return 1;
}

static int forbid(luci_endpoint_request_t *call, luci_event_kind_t what, luci_reason_t reason)
{
    luci_state_refused(call->r, what, reason);
    return luci_call_fail(call, HTTP_FORBIDDEN,
                          reason == LUCI_REASON_CLOSED ? MESSAGE_CLOSED : LUCI_MESSAGE_CROSS_SITE);
}

static int read_form(luci_endpoint_request_t *call, luci_form_t *form, luci_event_kind_t what)
{
    int status = luci_request_read_form(call->r, form);

    if (status != OK)
        luci_state_refused(call->r, what, LUCI_REASON_BAD_REQUEST);
    switch (status) {
    case OK: return OK;
    case HTTP_UNSUPPORTED_MEDIA_TYPE: return luci_call_fail(call, status, MESSAGE_TYPE);
    case HTTP_REQUEST_ENTITY_TOO_LARGE: return luci_call_fail(call, status, MESSAGE_SIZE);
    default: return luci_call_fail(call, HTTP_BAD_REQUEST, MESSAGE_BODY);
    }
}

/* Without a device cookie everything works as well. */
static void set_device_token(luci_endpoint_request_t *call, const luci_auth_request_t *request)
{
    const char *value;

    if (luci_auth_device(&call->runtime->auth, request, &value, call->r->pool) == LUCI_OK)
        luci_state_set_device(call->r, value);
}

/* A new session goes to the browser, and the browser to where it wanted to go. */
static int welcome(luci_endpoint_request_t *call, const luci_session_t *session, int json_status,
                   const luci_form_t *form)
{
    const char *next;

    luci_state_set_cookie(call->r, session);
    luci_answer_clear_cache(call->r); /* pages that say "visitor" */
    if (call->wants_json)
        return luci_reply_json(call->r, json_status,
                               luci_account_json(session, call->runtime->auth.settings));
    next = luci_way_back_chosen(call->r, form->next);
    return luci_reply_redirect(call->r, next ? next : call->urls.home);
}

/* ---- Signing up and in ---- */

/* One sign-up or sign-in, from its form to its answer; in the request's pool, since it may have to wait. */
typedef struct {
    luci_endpoint_request_t call;
    int is_sign_up;
    luci_form_t form;
    luci_auth_t auth;
    luci_auth_request_t request;
    luci_attempt_t attempt;
    luci_attempt_t second; /* of a form that was sent twice: it is counted as a sign-in, too */
    luci_session_t session;
    luci_result_t result;
    luci_field_t field; /* that is INVALID */
} entry_t;

static luci_event_kind_t event_of(const entry_t *entry)
{
    return entry->is_sign_up ? LUCI_EVENT_SIGN_UP : LUCI_EVENT_SIGN_IN;
}

static void fill(entry_t *entry)
{
    luci_endpoint_request_t *call = &entry->call;

    entry->auth = luci_state_auth(call->r);
    entry->attempt.device = luci_state_device(call->r);
    entry->request = (luci_auth_request_t){
        .username = entry->form.username,
        .password = entry->form.password,
        .client = { call->r->useragent_ip, apr_table_get(call->r->headers_in, "User-Agent") },
        .old_session = call->state->cookie_id,
        .now = luci_runtime_now(),
        .attempt = &entry->attempt,
    };
}

static void discard(void *baton)
{
    luci_form_wipe(&((entry_t *)baton)->form);
}

/* A person's browser, which may send a form twice and drop the first answer; programs do not, and hear that
 * the name is taken. */
static int is_browser(const request_rec *r)
{
    const char *site = apr_table_get(r->headers_in, "Sec-Fetch-Site");

    return luci_request_is_navigation(r) || (site && ap_cstr_casecmp(site, "same-origin") == 0);
}

static luci_result_t sign_up_twice(entry_t *entry)
{
    luci_auth_request_t request = entry->request;
    luci_result_t result;

    entry->second.device = entry->attempt.device;
    request.attempt = &entry->second;
    result = luci_auth_sign_up_twice(&entry->auth, &request, &entry->session, entry->call.r->pool);
    if (result == LUCI_OK)
        entry->request = request; /* whose browser is marked */
    return result;
}

/* The moment counts from when it's the request's turn. */
static void work(void *baton)
{
    entry_t *entry = baton;
    apr_pool_t *pool = entry->call.r->pool;

    entry->request.now = luci_runtime_now();
    entry->result =
        entry->is_sign_up
            ? luci_auth_sign_up(&entry->auth, &entry->request, &entry->session, &entry->field, pool)
            : luci_auth_sign_in(&entry->auth, &entry->request, &entry->session, &entry->field, pool);
    if (entry->is_sign_up && entry->result == LUCI_CONFLICT && is_browser(entry->call.r))
        entry->result = sign_up_twice(entry);
    if (entry->result == LUCI_OK)
        set_device_token(&entry->call, &entry->request);
    discard(entry);
}

static void expire(void *baton)
{
    entry_t *entry = baton;

    luci_hash_slots_refused(&entry->auth.hasher);
    luci_state_refused(entry->call.r, event_of(entry), LUCI_REASON_BUSY);
    entry->result = LUCI_BUSY;
    discard(entry);
}

static int answer(void *baton)
{
    entry_t *entry = baton;
    luci_endpoint_request_t *call = &entry->call;
    luci_page_t page = entry->is_sign_up ? LUCI_PAGE_SIGNUP : LUCI_PAGE_LOGIN;

    if (entry->result == LUCI_THROTTLED)
        return throttled(call, page, &entry->form, &entry->attempt);
    if (entry->result != LUCI_OK)
        return refuse(call, page, &entry->form, entry->result, entry->field);
    return welcome(call, &entry->session, entry->is_sign_up ? HTTP_CREATED : HTTP_OK, &entry->form);
}

/* What is answered without a hash is answered at once, refusals of a full queue among it. */
static int has_to_wait(const entry_t *entry)
{
    luci_attempt_t attempt = entry->attempt;
    luci_auth_request_t request = entry->request;

    request.attempt = &attempt;
    return luci_auth_look(&entry->auth, &request, entry->is_sign_up, entry->call.r->pool) == LUCI_OK &&
           luci_hash_slots_has_room(&entry->auth.hasher);
}

static int enter(luci_endpoint_request_t *call, int is_sign_up)
{
    entry_t *entry = apr_pcalloc(call->r->pool, sizeof *entry);
    luci_suspended_t what = { work, expire, answer, discard, entry, 0 };
    int status;

    entry->call = *call;
    entry->is_sign_up = is_sign_up;
    status = read_form(call, &entry->form, event_of(entry));
    if (status != OK)
        return status;
    fill(entry);
    what.wait = apr_time_from_msec(PATIENCE * luci_hash_slots_wait(&entry->auth.hasher));
    if (has_to_wait(entry) && luci_suspend(call->r, &what))
        return SUSPENDED;
    work(entry);
    return answer(entry);
}

int luci_entrance_sign_up(luci_endpoint_request_t *call)
{
    if (is_cross_site(call))
        return forbid(call, LUCI_EVENT_SIGN_UP, LUCI_REASON_CROSS_SITE);
    if (!call->dir->signup)
        return forbid(call, LUCI_EVENT_SIGN_UP, LUCI_REASON_CLOSED);
    return enter(call, 1);
}

int luci_entrance_sign_in(luci_endpoint_request_t *call)
{
    if (is_cross_site(call))
        return forbid(call, LUCI_EVENT_SIGN_IN, LUCI_REASON_CROSS_SITE);
    return enter(call, 0);
}
