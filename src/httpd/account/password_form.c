/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/account/password_form.h"

#include "httpd/account/account_json.h"
#include "httpd/hash/suspend.h"
#include "httpd/request/answer.h"
#include "httpd/request/cookies.h"
#include "httpd/request/reply.h"
#include "httpd/request/way_back.h"

/* A queued request waits at most this many times LuciaHashSlots' WAIT, since hashes may take longer than
 * expected. */
#define PATIENCE 2

static luci_result_t fill(luci_password_form_t *form)
{
    request_rec *r = form->request->r;

    form->auth = luci_state_auth(r);
    form->attempt.device = luci_cookies_device(r);
    form->auth_request = (luci_auth_request_t){
        .client = { r->useragent_ip, apr_table_get(r->headers_in, "User-Agent") },
        .now = luci_runtime_now(),
        .attempt = &form->attempt,
    };
    return form->kind->fill(form);
}

static void discard(void *baton)
{
    luci_form_wipe(&((luci_password_form_t *)baton)->request->form);
}

/* Reads the time again, because the request may have waited. */
static void work(void *baton)
{
    luci_password_form_t *form = baton;

    form->auth_request.now = luci_runtime_now();
    form->result = form->kind->act(form, form->request->r->pool);
    if (form->result == LUCI_OK)
        luci_endpoint_set_device(form->request->r, &form->auth, &form->auth_request);
    discard(form);
}

static void expire(void *baton)
{
    luci_password_form_t *form = baton;

    luci_hash_slots_report_refused(&form->auth.hasher);
    luci_endpoint_report_refused(form->request, form->request->endpoint->event, LUCI_REASON_BUSY);
    form->result = LUCI_BUSY;
    discard(form);
}

static int answer(void *baton)
{
    luci_password_form_t *form = baton;

    return form->kind->answer(form);
}

/* Whether a request has to wait for a hash slot. One that needs no hash, or that a full queue refuses, does
 * not. */
static int has_to_wait(luci_password_form_t *form)
{
    luci_attempt_t attempt = form->attempt;
    luci_password_form_t look = *form;
    luci_result_t result;

    look.auth_request.attempt = &attempt;
    result = form->kind->look(&look, form->request->r->pool);
    form->auth_request.key_id = look.auth_request.key_id;
    form->auth_request.is_allowed = look.auth_request.is_allowed;
    return result == LUCI_OK && luci_hash_slots_has_room(&form->auth.hasher);
}

int luci_password_form_post(luci_endpoint_request_t *request, const luci_password_form_kind_t *kind)
{
    luci_password_form_t *form = apr_pcalloc(request->r->pool, sizeof *form);
    luci_suspended_t what = { work, expire, answer, discard, form, 0 };

    form->request = request;
    form->kind = kind;
    form->result = fill(form);
    if (form->result != LUCI_OK) {
        luci_endpoint_report_refused(request, request->endpoint->event, luci_reason_of(form->result));
        return answer(form);
    }
    what.wait = apr_time_from_msec(PATIENCE * luci_hash_slots_wait(&form->auth.hasher));
    if (has_to_wait(form) && luci_suspend(request->r, &what))
        return SUSPENDED;
    work(form);
    return answer(form);
}

/* ---- A form whose session has ended ---- */

static const char *posted(const luci_endpoint_request_t *request, const char *name)
{
    return luci_form_value(&request->form, name);
}

luci_result_t luci_password_form_sign_in(luci_password_form_t *form, apr_pool_t *pool)
{
    luci_endpoint_request_t *request = form->request;
    luci_auth_request_t again = form->auth_request;
    luci_field_t field;
    luci_result_t result;

    if (request->as_json)
        return LUCI_EXPIRED;
    again.username = request->session ? request->session->user.username : posted(request, "username");
    again.password = posted(request, "password");
    again.key_id = NULL;
    form->attempt = (luci_attempt_t){ .device = form->attempt.device };
    result = luci_auth_sign_in(&form->auth, &again, &form->session, &field, pool);
    form->auth_request = again; /* The device cookie is issued for this attempt. */
    return result == LUCI_INVALID || result == LUCI_DENIED ? LUCI_EXPIRED : result;
}

int luci_password_form_done(luci_password_form_t *form)
{
    luci_endpoint_request_t *request = form->request;
    const char *next;

    luci_cookies_set_session(request->r, &form->session);
    if (request->wants_json)
        return luci_reply_json(request->r, HTTP_OK,
                               luci_account_json(&form->session, request->runtime->auth.settings));
    next = luci_way_back_chosen(request->r, posted(request, "next"));
    return luci_reply_see_other(request->r, next ? next : request->urls->account);
}

int luci_password_form_answer(luci_password_form_t *form, luci_own_page_fn *page, const char *field)
{
    luci_endpoint_request_t *request = form->request;
    luci_problem_t problem;

    switch (form->result) {
    case LUCI_OK: return luci_password_form_done(form);
    case LUCI_DENIED: return luci_own_page_refuse(request, page, field, LUCI_MESSAGE_CURRENT);
    case LUCI_NOT_FOUND: return luci_own_page_refuse(request, page, "form_error", LUCI_MESSAGE_NO_PASSWORD);
    case LUCI_EXPIRED: return luci_endpoint_problem(request, HTTP_UNAUTHORIZED, LUCI_MESSAGE_UNAUTHORIZED);
    case LUCI_THROTTLED:
        problem = luci_problem_throttled(form->attempt.retry_after);
        return luci_own_page_complain(request, page, &problem, "form_error");
    case LUCI_INVALID:
    case LUCI_CONFLICT:
    case LUCI_BUSY:
    case LUCI_UNAVAILABLE:
    case LUCI_INTERNAL: break;
    }
    return luci_endpoint_failure(request, form->result);
}

static luci_result_t fill_again(luci_password_form_t *form)
{
    form->auth_request.username = posted(form->request, "username");
    form->auth_request.password = posted(form->request, "password");
    return LUCI_OK;
}

static luci_result_t look_again(luci_password_form_t *form, apr_pool_t *pool)
{
    return luci_auth_look(&form->auth, &form->auth_request, 0, pool);
}

static int answer_again(luci_password_form_t *form)
{
    luci_endpoint_request_t *request = form->request;
    luci_problem_t problem;

    switch (form->result) {
    case LUCI_OK: luci_answer_clear_cache(request->r); return luci_password_form_done(form);
    case LUCI_EXPIRED: return luci_endpoint_problem(request, HTTP_UNAUTHORIZED, LUCI_MESSAGE_UNAUTHORIZED);
    case LUCI_THROTTLED:
        problem = luci_problem_throttled(form->attempt.retry_after);
        return luci_reply_problem(request->r, &problem, LUCI_REPLY_PAGE);
    case LUCI_NOT_FOUND:
    case LUCI_DENIED:
    case LUCI_CONFLICT:
    case LUCI_INVALID:
    case LUCI_BUSY:
    case LUCI_UNAVAILABLE:
    case LUCI_INTERNAL: break;
    }
    return luci_endpoint_failure(request, form->result);
}

int luci_password_form_post_again(luci_endpoint_request_t *request)
{
    static const luci_password_form_kind_t kind = { fill_again, look_again, luci_password_form_sign_in,
                                                    answer_again };

    return luci_password_form_post(request, &kind);
}
