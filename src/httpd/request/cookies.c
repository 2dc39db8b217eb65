/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/request/cookies.h"

#include "core/auth/step.h"
#include "core/throttle/device.h"
#include "core/web/cookie_shapes.h"
#include "httpd/request/answer.h"
#include "httpd/request/request.h"

#include <string.h>

#define YEAR (365 * LUCI_MS_DAY)
#define SET_COOKIE "Set-Cookie"
#define PASSWORD_SET "password"
#define DONE_LIFETIME LUCI_MS_MINUTE /* The redirect to the page that reads it follows at once. */

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

/* A Set-Cookie line of this module; value is NULL if the line was withdrawn. */
typedef struct {
    luci_cookie_t cookie;
    const char *value;
} sent_t;

struct luci_cookies_sent_t {
    apr_array_header_t *lines; /* sent_t */
};

/* Withdraws an earlier line for the same cookie, so that an answer never clears the cookie that it sets. */
static void withdraw(luci_state_t *state, apr_table_t *headers, const luci_cookie_t *cookie)
{
    const apr_array_header_t *pairs = apr_table_elts(apr_table_copy(state->pool, headers));
    const char *value = NULL;

    for (int i = 0; i < state->cookies_sent->lines->nelts; i++) {
        sent_t *sent = &APR_ARRAY_IDX(state->cookies_sent->lines, i, sent_t);

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

/* The root's err_headers_out reaches the client with errors and after internal redirects, too. */
static void send_cookie(request_rec *r, const luci_cookie_t *cookie, const char *value)
{
    luci_state_t *state = luci_state_of(r);
    apr_table_t *headers = luci_state_root(r)->err_headers_out;

    if (!state->cookies_sent) {
        state->cookies_sent = apr_palloc(state->pool, sizeof *state->cookies_sent);
        state->cookies_sent->lines = apr_array_make(state->pool, 2, sizeof(sent_t));
    }
    withdraw(state, headers, cookie);
    APR_ARRAY_PUSH(state->cookies_sent->lines, sent_t) = (sent_t){ *cookie, value };
    apr_table_addn(headers, SET_COOKIE, value);
}

/* Puts the lines for cookies of other names after the one for this cookie, for programs that read the first
 * line alone. */
static void put_others_last(request_rec *r, const luci_cookie_t *cookie)
{
    const apr_array_header_t *sent = luci_state_of(r)->cookies_sent->lines;
    const int count = sent->nelts;

    for (int i = 0; i < count; i++) {
        const sent_t other = APR_ARRAY_IDX(sent, i, sent_t);

        if (other.value && strcmp(other.cookie.name, cookie->name) != 0)
            send_cookie(r, &other.cookie, other.value);
    }
}

static void clear(request_rec *r, const luci_cookie_t *cookie)
{
    send_cookie(r, cookie, luci_cookie_clear(cookie, luci_state_of(r)->pool));
}

/* Clears all other cookies of that name. Their lines come before the line for this one, because old browsers
 * treat a host-only cookie and one for the host's own domain as the same cookie. */
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

void luci_cookies_set_session(request_rec *r, const luci_session_t *session)
{
    const luci_state_t *state = luci_state_of(r);
    luci_cookie_t cookie = cookie_of(r);
    luci_ms_t expires =
        luci_config_server(r->server)->cookie_expires ? session->idle_expires : luci_runtime_now() + YEAR;

    if (are_several(state, &cookie))
        clear_strays(r, &cookie);
    send_cookie(r, &cookie, luci_cookie_set(&cookie, session->token.id, expires, state->pool));
    put_others_last(r, &cookie);
}

void luci_cookies_clear_session(request_rec *r)
{
    luci_cookie_t cookie = cookie_of(r);

    if (are_several(luci_state_of(r), &cookie))
        clear_strays(r, &cookie);
    clear(r, &cookie);
    luci_answer_clear_cache(luci_state_root(r));
}

/* ---- Further cookies, with the attributes of the session cookie ---- */

static const char *value_of(request_rec *r, const char *name)
{
    const luci_state_t *state = luci_state_of(r);

    return luci_cookie_value(state->cookies, name, state->pool);
}

static luci_cookie_t named(request_rec *r, const char *name)
{
    luci_cookie_t cookie = cookie_of(r);

    cookie.name = name;
    return cookie;
}

static void set_named(request_rec *r, const char *name, const char *value, luci_ms_t lifetime)
{
    const luci_state_t *state = luci_state_of(r);
    luci_cookie_t cookie = named(r, name);

    if (are_several(state, &cookie))
        clear_strays(r, &cookie);
    send_cookie(r, &cookie, luci_cookie_set(&cookie, value, luci_runtime_now() + lifetime, state->pool));
}

static void clear_named(request_rec *r, const char *name)
{
    luci_cookie_t cookie = named(r, name);

    if (luci_cookie_count(luci_state_of(r)->cookies, cookie.name) == 0)
        return;
    if (are_several(luci_state_of(r), &cookie))
        clear_strays(r, &cookie);
    clear(r, &cookie);
}

const char *luci_cookies_device(request_rec *r)
{
    const luci_runtime_t *runtime = luci_runtime_of(r);

    return runtime ? value_of(r, runtime->device_cookie) : NULL;
}

void luci_cookies_set_device(request_rec *r, const char *value)
{
    set_named(r, luci_runtime_of(r)->device_cookie, value, LUCI_DEVICE_LIFETIME);
}

void luci_cookies_clear_device(request_rec *r)
{
    clear_named(r, luci_runtime_of(r)->device_cookie);
}

const char *luci_cookies_step(request_rec *r)
{
    return value_of(r, luci_runtime_of(r)->step_cookie);
}

void luci_cookies_set_step(request_rec *r, const char *value)
{
    set_named(r, luci_runtime_of(r)->step_cookie, value, LUCI_STEP_LIFETIME);
}

void luci_cookies_clear_step(request_rec *r)
{
    if (luci_runtime_of(r)->step_cookie)
        clear_named(r, luci_runtime_of(r)->step_cookie);
}

int luci_cookies_take_password_set(request_rec *r)
{
    const char *name = luci_runtime_of(r)->done_cookie, *value = value_of(r, name);

    clear_named(r, name);
    return value && strcmp(value, PASSWORD_SET) == 0;
}

void luci_cookies_set_password_set(request_rec *r)
{
    set_named(r, luci_runtime_of(r)->done_cookie, PASSWORD_SET, DONE_LIFETIME);
}
