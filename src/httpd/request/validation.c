/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/request/validation.h"

#include "core/web/cookie.h"
#include "httpd/base/counters.h"
#include "httpd/base/httpd_log.h"
#include "httpd/request/cookies.h"
#include "httpd/request/request.h"
#include "httpd/request/request_origin.h"

#include <apr_strings.h>
#include <http_log.h>

APLOG_USE_MODULE(luciauth);

/* Logged once a minute for each client and host, because the browser may send them with each request. */
static void log_differing(request_rec *root, const luci_state_t *state)
{
    const char *name = luci_config_server(root->server)->cookie_name, *own = luci_request_own_origin(root);
    int count = luci_cookie_count(state->cookies, name);
    const char *seen =
        apr_psprintf(root->pool, "%s %s %s %d", root->useragent_ip, own ? own : "", name, count);

    if (luci_httpd_log_topic_due(LUCI_TOPIC_COOKIES, seen))
        ap_log_rerror(
            APLOG_MARK, APLOG_WARNING, 0, root,
            "LUCI0770: the request has %d cookies named %s with different values for %s, so it is anonymous, "
            "and all of them are cleared; either LuciaCookieDomain or LuciaCookiePath was changed, or "
            "another application or a neighbouring host sets a cookie of the same name; if the same browser "
            "sends them again, write another LuciaCookieName",
            count, name, own ? own : "an unknown host");
}

/* Clears session cookies that have different values. It is unknown which of them this site set, and the
 * browser would keep sending all of them, so that the next sign-in would not work. Headers cannot be set any
 * more if a part of the body was sent, as before an include. */
static void clear_differing(request_rec *root, const luci_state_t *state)
{
    if (root->sent_bodyct)
        return;
    luci_cookies_clear_session(root);
    log_differing(root, state);
}

const char *luci_validation_credential(request_rec *r, int *refused)
{
    const luci_dir_config_t *dir = luci_config_dir(r);
    luci_state_t *state = luci_state_of(r);
    const luci_credentials_t *sent = luci_state_credentials(state);

    *refused = 0;
    if (dir->bearer && sent->bearer_id)
        return sent->bearer_id;
    r = luci_state_root(r); /* An include has its own method, but the client's method decides. */
    if (sent->cookies_differ)
        clear_differing(r, state);
    if (!sent->cookie_id || luci_request_is_safe(r) || !dir->csrf ||
        luci_request_origin(r, dir) == LUCI_ORIGIN_OWN)
        return sent->cookie_id;
    luci_request_log_refused(r, dir);
    *refused = 1;
    return NULL;
}

/* Whether the answer may clear the cookie of an unknown session. A form or a request of a script may have
 * been on its way when another answer replaced the session and its cookie (sign-in, confirmation, change of
 * the password), and its answer must not clear the new one; the next page that the user opens clears an old
 * one. */
static int may_clear_unknown(request_rec *r)
{
    const char *mode = apr_table_get(luci_state_root(r)->headers_in, "Sec-Fetch-Mode");

    return luci_request_is_safe(luci_state_root(r)) && (!mode || strcmp(mode, "navigate") == 0);
}

/* Sends the renewed cookie, or clears that of an expired or unknown session. */
static void answer_cookie(request_rec *r, const luci_validation_t *validation)
{
    if (validation->result == LUCI_OK && validation->session.fresh)
        luci_cookies_set_session(r, &validation->session);
    if (validation->result == LUCI_EXPIRED || (validation->result == LUCI_NOT_FOUND && may_clear_unknown(r)))
        luci_cookies_clear_session(r);
}

/* Notes a failed write. If the session is valid and still bare, the write was its migration. */
static void note_written(request_rec *r, const luci_validation_t *validation, luci_result_t written,
                         luci_ms_t now)
{
    int is_migration = validation->result == LUCI_OK && validation->session.is_unhashed;

    if (written != LUCI_BUSY && written != LUCI_UNAVAILABLE)
        return;
    luci_pool_write_failed(luci_runtime_of(r)->pool, is_migration ? LUCI_WRITE_MIGRATION : LUCI_WRITE_TIMES,
                           now);
    ap_log_rerror(
        APLOG_MARK, APLOG_WARNING, 0, r,
        "LUCI0306: a session could not be renewed, migrated or deleted: %s; a later request tries again",
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

/* What is known of a session id of this request. */
static luci_validation_t *validation_of(luci_state_t *state, const char *id)
{
    return id == luci_state_credentials(state)->cookie_id ? &state->by_cookie : &state->by_bearer;
}

const luci_session_token_t *luci_validation_token(luci_state_t *state, const char *id)
{
    luci_session_token_t *token = &validation_of(state, id)->token;

    if (!token->id && luci_session_token(token, id) != LUCI_OK)
        token->id = NULL;
    return token->id ? token : NULL;
}

/* Looks a session up that this process has not cached. */
static void look_up(request_rec *r, const char *id, luci_session_claim_t claim, luci_validation_t *validation)
{
    luci_runtime_t *runtime = luci_runtime_of(r);
    luci_state_t *state = luci_state_of(r);
    int is_cookie = id == luci_state_credentials(state)->cookie_id;
    luci_result_t written = LUCI_OK;
    luci_auth_t auth;

    claim.token = luci_validation_token(state, id);
    /* A session is renewed only if the answer can still carry a Set-Cookie, which is too late for an include
     * after the first part of the body, and for a request that is answered with 101. */
    claim.may_write =
        luci_pool_may_write(runtime->pool, LUCI_WRITE_TIMES, claim.now) &&
        !(is_cookie && (luci_state_root(r)->sent_bodyct || luci_request_may_become_h2(luci_state_root(r))));
    claim.may_migrate = luci_pool_may_write(runtime->pool, LUCI_WRITE_MIGRATION, claim.now);
    auth = luci_state_auth(r);
    validation->result = claim.token
                             ? luci_auth_validate(&auth, &claim, &validation->session, &written, state->pool)
                             : LUCI_INTERNAL;
    count_validation(validation->result, &validation->session, auth.cache != NULL);
    note_written(r, validation, written, claim.now);
    if (is_cookie)
        answer_cookie(r, validation);
}

static luci_result_t validate(request_rec *r, const char *id, int ending, const luci_session_t **session)
{
    luci_runtime_t *runtime = luci_runtime_of(r);
    luci_state_t *state = luci_state_of(r);
    luci_validation_t *validation = validation_of(state, id);
    luci_session_claim_t claim = { .now = luci_runtime_now(), .is_ending = ending };

    if (!runtime)
        return LUCI_UNAVAILABLE;
    *session = &validation->session;
    if (validation->is_done)
        return validation->result;
    validation->is_done = 1;
    validation->result = luci_auth_recall(&runtime->auth, id, claim.now, &validation->session, state->pool);
    if (validation->result == LUCI_OK) {
        validation->token = validation->session.token;
        luci_count(LUCI_COUNT_VALID_CACHED);
    }
    else {
        look_up(r, id, claim, validation);
    }
    return validation->result;
}

/* Callers do not distinguish why a request is anonymous. */
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

luci_result_t luci_validate(request_rec *r, const char *id, const luci_session_t **session)
{
    return seen_from_outside(validate(r, id, 0, session));
}

luci_result_t luci_validate_ending(request_rec *r, const char *id, const luci_session_t **session)
{
    return seen_from_outside(validate(r, id, 1, session));
}

const luci_session_t *luci_validated_session(const luci_state_t *state)
{
    if (state->by_bearer.is_done && state->by_bearer.result == LUCI_OK)
        return &state->by_bearer.session;
    return state->by_cookie.is_done && state->by_cookie.result == LUCI_OK ? &state->by_cookie.session : NULL;
}
