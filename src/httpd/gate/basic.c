/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/gate/basic.h"

#include "core/auth/known_password.h"
#include "httpd/gate/identity.h"
#include "httpd/request/app_use.h"
#include "httpd/request/cookies.h"
#include "httpd/request/reply.h"
#include "httpd/request/state.h"

#include <apr_strings.h>
#include <http_core.h>
#include <http_log.h>

APLOG_USE_MODULE(luciauth);

/* The last verification of this client request. */
struct luci_basic_check_t {
    const char *name;       /* NULL: none yet */
    luci_local_key_t known; /* stands for name and password (known_password.h) */
    luci_result_t result;
    luci_user_t user; /* set if result is OK */
    luci_attempt_t attempt;
    luci_app_access_t app;
    int is_between; /* luci_basic_begin was called, and luci_basic_end will be */
};

static luci_basic_check_t *check_of(request_rec *r)
{
    luci_state_t *state = luci_state_of(r);

    if (!state->basic)
        state->basic = apr_pcalloc(state->pool, sizeof *state->basic);
    return state->basic;
}

int luci_basic_is_gate(request_rec *r)
{
    const char *type = ap_auth_type(r);

    return type && ap_cstr_casecmp(type, "Basic") == 0;
}

/* Ends the attempt with a name that is unknown here, once it is known whether another provider knows it. */
static void end_unknown(request_rec *r, luci_basic_check_t *check, luci_attempt_outcome_t outcome)
{
    if (check->name && check->result == LUCI_NOT_FOUND)
        luci_throttle_end(luci_runtime_of(r)->auth.throttle, &check->attempt, outcome, r->pool);
}

void luci_basic_begin(request_rec *r)
{
    check_of(r)->is_between = 1;
}

int luci_basic_end(request_rec *r, int status)
{
    luci_basic_check_t *check = check_of(r);

    check->is_between = 0;
    end_unknown(r, check, status == OK ? LUCI_ATTEMPT_CANCEL : LUCI_ATTEMPT_FAILURE);
    if (status != HTTP_INTERNAL_SERVER_ERROR || !check->name)
        return status;
    if (check->result == LUCI_THROTTLED) {
        luci_problem_t problem = luci_problem_throttled(check->attempt.retry_after);

        return luci_reply_problem(r, &problem, LUCI_REPLY_AT_GATE);
    }
    if (check->result == LUCI_BUSY || check->result == LUCI_UNAVAILABLE)
        return luci_identity_undecided(r, check->result);
    return status;
}

const luci_user_t *luci_basic_user(request_rec *root)
{
    const luci_state_t *state = luci_state_begun(root);
    const luci_basic_check_t *check = state ? state->basic : NULL;

    return check && check->name && check->result == LUCI_OK ? &check->user : NULL;
}

int luci_basic_is_app_password(request_rec *root)
{
    return luci_basic_user(root) && luci_state_begun(root)->basic->app.is_accepted;
}

/* App passwords are for programs that send one with each request; a form that another module shows
 * (AuthFormProvider) keeps what was typed there for a session. */
static luci_app_access_t *app_access(request_rec *r, luci_basic_check_t *check, luci_ms_t now)
{
    check->app = (luci_app_access_t){ .may_write = luci_app_use_may_be_written(r, now) };
    return luci_basic_is_gate(r) ? &check->app : NULL;
}

static luci_result_t verify(request_rec *r, const char *name, const char *password)
{
    luci_basic_check_t *check = check_of(r);
    apr_pool_t *pool = luci_state_of(r)->pool;
    luci_auth_request_t request = { .username = name,
                                    .password = password,
                                    .client = { .address = r->useragent_ip },
                                    .now = luci_runtime_now(),
                                    .attempt = &check->attempt };
    luci_auth_t auth = luci_state_auth(r);

    request.known = luci_known_password_key(&auth, &request, pool);
    if (check->name && luci_secret_equal(&check->known, &request.known, sizeof request.known))
        return check->result;
    check->name = request.username = apr_pstrdup(pool, name);
    check->known = request.known;
    check->attempt = (luci_attempt_t){ .device = luci_cookies_device(r) };
    request.app = app_access(r, check, request.now);
    check->result = luci_auth_check(&auth, &request, &check->user, pool);
    luci_app_use_note(r, &check->app, request.now);
    if (!check->is_between) /* Called by another module, such as mod_auth_form. */
        end_unknown(r, check, LUCI_ATTEMPT_FAILURE);
    return check->result;
}

static authn_status check_password(request_rec *r, const char *name, const char *password)
{
    if (!luci_runtime_of(r)) {
        ap_log_rerror(
            APLOG_MARK, APLOG_ERR, 0, r,
            "LUCI0705: AuthBasicProvider lucia: this server has no database; write LuciaDatabase DRIVER "
            "PARAMS");
        return AUTH_GENERAL_ERROR;
    }
    switch (verify(r, name, password)) {
    case LUCI_OK: return luci_identity_assume(r, &check_of(r)->user) ? AUTH_GRANTED : AUTH_DENIED;
    case LUCI_NOT_FOUND: return AUTH_USER_NOT_FOUND; /* the next provider is asked */
    case LUCI_DENIED:
    case LUCI_EXPIRED:
    case LUCI_INVALID: return AUTH_DENIED;
    case LUCI_CONFLICT:
    case LUCI_THROTTLED:
    case LUCI_BUSY:
    case LUCI_UNAVAILABLE:
    case LUCI_INTERNAL: break;
    }
    return AUTH_GENERAL_ERROR;
}

const authn_provider luci_basic_provider = { check_password, NULL };
