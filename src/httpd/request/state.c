/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/request/state.h"

#include "core/throttle/device.h"
#include "core/web/cookie_shapes.h"
#include "httpd/base/counters.h"
#include "httpd/base/httpd_log.h"
#include "httpd/request/answer.h"
#include "httpd/request/request.h"
#include "httpd/request/request_origin.h"

#include <apr_strings.h>
#include <http_log.h>

APLOG_USE_MODULE(luciauth);

#define YEAR (365 * LUCI_MS_DAY)
#define SET_COOKIE "Set-Cookie"

request_rec *luci_state_root(request_rec *r)
{
    while (r->main || r->prev)
        r = r->main ? r->main : r->prev;
    return r;
}

/* r->method stays HEAD for HEAD. An ErrorDocument is fetched with GET, whatever was asked for. */
int luci_state_is_read(request_rec *r)
{
    const char *method = r->method, *asked = apr_table_get(r->subprocess_env, "REDIRECT_REQUEST_METHOD");

    if (r->prev && ap_is_HTTP_ERROR(r->prev->status) && asked)
        method = asked;
    return strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
}

static const char *read_bearer(const request_rec *r)
{
    const char *header = apr_table_get(r->headers_in, "Authorization");

    if (!header || ap_cstr_casecmpn(header, "Bearer ", 7) != 0)
        return NULL;
    for (header += 7; *header == ' '; header++)
        ;
    return luci_cookie_is_session_id(header) ? apr_pstrdup(r->pool, header) : NULL;
}

/* What is kept for each single request, subrequests and redirects too. */
typedef struct {
    luci_state_t *state;     /* only in the root request */
    const luci_user_t *user; /* whom we named in r->user */
    const char *name;        /* r->user as we set it */
    int is_gated;
    int is_exempt;
    luci_rules_seen_t rules;
    int is_scrubbed; /* only in the root request */
} here_t;

static here_t *here_of(request_rec *r)
{
    here_t *here = ap_get_module_config(r->request_config, &luciauth_module);

    if (here)
        return here;
    here = apr_pcalloc(r->pool, sizeof *here);
    ap_set_module_config(r->request_config, &luciauth_module, here);
    return here;
}

static luci_state_t *begin_state(request_rec *root)
{
    luci_state_t *state = apr_pcalloc(root->pool, sizeof *state);

    state->pool = root->pool;
    state->cookies = apr_table_get(root->headers_in, "Cookie");
    state->cookies_differ = luci_cookie_find(state->cookies, luci_config_server(root->server)->cookie_name,
                                             &state->cookie_id, root->pool) == LUCI_CONFLICT;
    state->bearer_id = read_bearer(root);
    return state;
}

luci_state_t *luci_state_of(request_rec *r)
{
    request_rec *root = luci_state_root(r);
    here_t *here = here_of(root);

    if (!here->state)
        here->state = begin_state(root);
    return here->state;
}

luci_state_t *luci_state_begun(request_rec *root)
{
    const here_t *here = ap_get_module_config(root->request_config, &luciauth_module);

    return here ? here->state : NULL;
}

void luci_state_name_user(request_rec *r, const char *name, const luci_user_t *user)
{
    here_t *here = here_of(r);

    r->user = apr_pstrdup(r->pool, name);
    here->user = user;
    here->name = r->user;
}

const luci_user_t *luci_state_user(request_rec *r)
{
    request_rec *from = r->main ? r->main : r->prev;
    here_t *here = here_of(r);

    if (!r->user)
        return NULL;
    if (here->user && here->name == r->user)
        return here->user;
    /* httpd hands the very string on where it does not ask again. */
    return from && from->user == r->user ? luci_state_user(from) : NULL;
}

int luci_state_is_scrubbed(request_rec *r)
{
    here_t *here = here_of(luci_state_root(r));
    int before = here->is_scrubbed;

    here->is_scrubbed = 1;
    return before;
}

void luci_state_gate(request_rec *r)
{
    here_of(r)->is_gated = 1;
}

int luci_state_is_gated(request_rec *r)
{
    return here_of(r)->is_gated;
}

luci_rules_seen_t *luci_state_rules_seen(request_rec *r)
{
    return &here_of(r)->rules;
}

void luci_state_exempt(request_rec *r)
{
    here_of(r)->is_exempt = 1;
}

int luci_state_is_exempt(request_rec *r)
{
    return here_of(r)->is_exempt;
}

static luci_cookie_t cookie_of(request_rec *r)
{
    const luci_server_config_t *config = luci_config_server(r->server);
    int secure = config->cookie_secure == LUCI_SECURE_ON ||
                 (config->cookie_secure == LUCI_SECURE_AUTO && luci_request_is_https(r));

    return (luci_cookie_t){
        .name = config->cookie_name,
        .path = config->cookie_path,
        .domain = config->cookie_domain,
        .samesite = config->cookie_samesite,
        .secure = secure,
    };
}

/* A Set-Cookie line of ours. */
typedef struct {
    luci_cookie_t cookie;
    const char *value;
} sent_t;

/* Takes a line of ours for the same cookie back, because the next one says something newer: an answer never
 * clears the cookie that it sets. */
static void withdraw(luci_state_t *state, apr_table_t *headers, const luci_cookie_t *cookie)
{
    const apr_array_header_t *pairs = apr_table_elts(apr_table_copy(state->pool, headers));
    const char *value = NULL;

    for (int i = 0; state->sent && i < state->sent->nelts; i++) {
        sent_t *sent = &APR_ARRAY_IDX(state->sent, i, sent_t);

        if (sent->value && luci_cookie_is_same(&sent->cookie, cookie)) {
            value = sent->value;
            sent->value = NULL;
        }
    }
    if (!value)
        return;
    apr_table_unset(headers, SET_COOKIE);
    for (int i = 0; i < pairs->nelts; i++) {
        const apr_table_entry_t *pair = &APR_ARRAY_IDX(pairs, i, apr_table_entry_t);

        if (ap_cstr_casecmp(pair->key, SET_COOKIE) == 0 && pair->val != value)
            apr_table_addn(headers, SET_COOKIE, pair->val);
    }
}

/* err_headers_out of the root reaches the client with errors and after internal redirects too. */
static void send_cookie(request_rec *r, const luci_cookie_t *cookie, const char *value)
{
    luci_state_t *state = luci_state_of(r);
    apr_table_t *headers = luci_state_root(r)->err_headers_out;

    withdraw(state, headers, cookie);
    if (!state->sent)
        state->sent = apr_array_make(state->pool, 2, sizeof(sent_t));
    APR_ARRAY_PUSH(state->sent, sent_t) = (sent_t){ *cookie, value };
    apr_table_addn(headers, SET_COOKIE, value);
    state->cookie_sent = 1;
}

static void clear(request_rec *r, const luci_cookie_t *cookie)
{
    send_cookie(r, cookie, luci_cookie_clear(cookie, luci_state_of(r)->pool));
}

/* Clears all cookies of that name that are not this one: they come before the line for this one, since old
 * browsers take a host-only cookie and one for the host's own domain for the same. */
static void clear_strays(request_rec *r, const luci_cookie_t *cookie)
{
    const request_rec *root = luci_state_root(r);
    const apr_array_header_t *strays =
        luci_cookie_shapes(cookie, root->hostname, root->unparsed_uri, root->pool);

    for (int i = 0; i < strays->nelts; i++)
        clear(r, &APR_ARRAY_IDX(strays, i, luci_cookie_t));
}

static int are_several(const luci_state_t *state, const luci_cookie_t *cookie)
{
    return luci_cookie_count(state->cookies, cookie->name) > 1;
}

void luci_state_set_cookie(request_rec *r, const luci_session_t *session)
{
    const luci_state_t *state = luci_state_of(r);
    luci_cookie_t cookie = cookie_of(r);
    luci_ms_t expires =
        luci_config_server(r->server)->cookie_expires ? session->idle_expires : luci_runtime_now() + YEAR;

    if (are_several(state, &cookie))
        clear_strays(r, &cookie);
    send_cookie(r, &cookie, luci_cookie_set(&cookie, session->id, expires, state->pool));
}

void luci_state_clear_cookie(request_rec *r)
{
    luci_cookie_t cookie = cookie_of(r);

    if (are_several(luci_state_of(r), &cookie))
        clear_strays(r, &cookie);
    clear(r, &cookie);
    luci_answer_clear_cache(luci_state_root(r));
}

const char *luci_state_device(request_rec *r)
{
    const luci_runtime_t *runtime = luci_runtime_of(r);
    const luci_state_t *state = luci_state_of(r);

    return runtime ? luci_cookie_value(state->cookies, runtime->device_cookie, state->pool) : NULL;
}

void luci_state_set_device(request_rec *r, const char *value)
{
    const luci_state_t *state = luci_state_of(r);
    luci_cookie_t cookie = cookie_of(r);

    cookie.name = luci_runtime_of(r)->device_cookie;
    if (are_several(state, &cookie))
        clear_strays(r, &cookie);
    send_cookie(r, &cookie,
                luci_cookie_set(&cookie, value, luci_runtime_now() + LUCI_DEVICE_LIFETIME, state->pool));
}

/* Which of several session cookies is this site's cannot be told, and a browser goes on sending them all:
 * they are cleared, so that the next sign-in works. An include far down in a page comes too late for that. */
static void clear_differing(request_rec *root, const luci_state_t *state)
{
    luci_cookie_t cookie = cookie_of(root);

    if (root->sent_bodyct)
        return;
    luci_state_clear_cookie(root);
    if (luci_httpd_log_topic_due(LUCI_TOPIC_COOKIES))
        ap_log_rerror(APLOG_MARK, APLOG_WARNING, 0, root,
                      "LUCI0770: %d cookies named %s came with different values, so nobody is signed in and "
                      "all of them are cleared; LuciaCookieDomain or LuciaCookiePath was changed, or another "
                      "application or a neighbouring host sets a cookie of this name: if this comes again, "
                      "write another LuciaCookieName",
                      luci_cookie_count(state->cookies, cookie.name), cookie.name);
}

const char *luci_state_credential(request_rec *r, int *refused)
{
    const luci_dir_config_t *dir = luci_config_dir(r);
    const luci_state_t *state = luci_state_of(r);

    *refused = 0;
    if (dir->bearer && state->bearer_id)
        return state->bearer_id;
    r = luci_state_root(r); /* an include's own method says nothing about who wanted it */
    if (state->cookies_differ)
        clear_differing(r, state);
    if (!state->cookie_id || luci_request_is_safe(r) || !dir->csrf ||
        luci_request_origin(r, dir) == LUCI_ORIGIN_OWN)
        return state->cookie_id;
    luci_request_log_refused(r, dir);
    *refused = 1;
    return NULL;
}

/* Tells the browser what became of its cookie. */
static void answer_cookie(request_rec *r, const luci_validation_t *validation)
{
    if (validation->result == LUCI_OK && validation->session.fresh)
        luci_state_set_cookie(r, &validation->session);
    if (validation->result == LUCI_EXPIRED || validation->result == LUCI_NOT_FOUND)
        luci_state_clear_cookie(r);
}

/* A session that is valid and still bare could not be taken over, and nothing else was tried. */
static void note_written(request_rec *r, const luci_validation_t *validation, luci_result_t written,
                         luci_ms_t now)
{
    int is_migration = validation->result == LUCI_OK && validation->session.is_bare;

    if (written != LUCI_BUSY && written != LUCI_UNAVAILABLE)
        return;
    luci_pool_write_failed(luci_runtime_of(r)->pool, is_migration ? LUCI_WRITE_MIGRATION : LUCI_WRITE_TIMES,
                           now);
    ap_log_rerror(APLOG_MARK, APLOG_WARNING, 0, r,
                  "LUCI0306: a session could not be renewed, taken over or removed: %s; it will be later",
                  luci_result_name(written));
}

static luci_counter_t validation_counter(luci_result_t result)
{
    switch (result) {
    case LUCI_OK: return LUCI_COUNT_VALID;
    case LUCI_NOT_FOUND: return LUCI_COUNT_UNKNOWN;
    case LUCI_EXPIRED: return LUCI_COUNT_EXPIRED;
    case LUCI_DENIED: return LUCI_COUNT_DISABLED;
    case LUCI_CONFLICT:
    case LUCI_INVALID:
    case LUCI_THROTTLED:
    case LUCI_BUSY:
    case LUCI_UNAVAILABLE:
    case LUCI_INTERNAL: break;
    }
    return LUCI_COUNT_UNDECIDED;
}

static void count_validation(luci_result_t result, const luci_session_t *session, int has_cache)
{
    if (result == LUCI_OK && session->is_cached) {
        luci_count(LUCI_COUNT_VALID_CACHED);
        return;
    }
    luci_count(validation_counter(result));
    if (has_cache)
        luci_count(LUCI_COUNT_CACHE_MISSES);
}

/* Where events go: the baton is the request. */
static void note_event(void *baton, const luci_event_t *event)
{
    request_rec *r = baton;
    luci_state_t *state = luci_state_of(r);
    luci_state_event_t *last = &state->last;

    *last = (luci_state_event_t){ 1, *event };
    last->event.account = apr_pstrdup(state->pool, event->account);
    last->event.user_id = apr_pstrdup(state->pool, event->user_id);
    luci_count_event(event->kind, event->reason);
    luci_audit_write(luci_runtime_of(r)->audit, event, r);
}

static void log_notice(void *baton, const luci_notice_t *notice)
{
    request_rec *r = baton;

    luci_httpd_log_notice(r->server, notice);
}

luci_auth_t luci_state_auth(request_rec *r)
{
    luci_auth_t auth = luci_runtime_of(r)->auth;

    auth.events = (luci_event_sink_t){ .write = note_event, .notice = log_notice, .baton = r };
    return auth;
}

void luci_state_refused(request_rec *r, luci_event_kind_t kind, luci_reason_t reason)
{
    luci_event_t event = { .kind = kind, .reason = reason, .at = luci_runtime_now() };

    note_event(r, &event);
}

static luci_result_t validate(request_rec *r, const char *id, int ending, const luci_session_t **session)
{
    luci_runtime_t *runtime = luci_runtime_of(r);
    luci_state_t *state = luci_state_of(r);
    int is_cookie = id == state->cookie_id;
    luci_validation_t *validation = is_cookie ? &state->by_cookie : &state->by_bearer;
    luci_session_claim_t claim = { .id = id, .now = luci_runtime_now(), .is_ending = ending };
    luci_result_t written;
    luci_auth_t auth;

    if (!runtime)
        return LUCI_UNAVAILABLE;
    *session = &validation->session;
    if (validation->id)
        return validation->result;
    validation->id = id;
    /* An include far down in a page comes too late for a Set-Cookie, and so does the request that is answered
     * with 101: renewing waits for a request that can tell the browser. */
    claim.may_write =
        luci_pool_may_write(runtime->pool, LUCI_WRITE_TIMES, claim.now) &&
        !(is_cookie && (luci_state_root(r)->sent_bodyct || luci_request_may_become_h2(luci_state_root(r))));
    claim.may_take_over = luci_pool_may_write(runtime->pool, LUCI_WRITE_MIGRATION, claim.now);
    auth = luci_state_auth(r);
    validation->result = luci_auth_validate(&auth, &claim, &validation->session, &written, state->pool);
    count_validation(validation->result, &validation->session, auth.cache != NULL);
    note_written(r, validation, written, claim.now);
    if (is_cookie)
        answer_cookie(r, validation);
    return validation->result;
}

/* To everybody above it's all the same why somebody is a visitor. */
static luci_result_t seen_from_outside(luci_result_t validation)
{
    switch (validation) {
    case LUCI_NOT_FOUND:
    case LUCI_DENIED:
    case LUCI_EXPIRED: return LUCI_NOT_FOUND;
    case LUCI_OK:
    case LUCI_CONFLICT:
    case LUCI_INVALID:
    case LUCI_THROTTLED:
    case LUCI_BUSY:
    case LUCI_UNAVAILABLE:
    case LUCI_INTERNAL: break;
    }
    return validation;
}

luci_result_t luci_state_validate(request_rec *r, const char *id, const luci_session_t **session)
{
    return seen_from_outside(validate(r, id, 0, session));
}

luci_result_t luci_state_validate_ending(request_rec *r, const char *id, const luci_session_t **session)
{
    return seen_from_outside(validate(r, id, 1, session));
}
