/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/gate/identity.h"

#include "core/email/email.h"
#include "core/password/policy.h"
#include "httpd/account/mount.h"
#include "httpd/gate/bearer.h"
#include "httpd/request/answer.h"
#include "httpd/request/lack.h"
#include "httpd/request/reply.h"
#include "httpd/request/request.h"
#include "httpd/request/scrub.h"
#include "httpd/request/state.h"
#include "httpd/request/validation.h"

#include <apr_strings.h>
#include <http_core.h>
#include <http_log.h>
#include <http_protocol.h>
#include <util_filter.h>

APLOG_USE_MODULE(luciauth);

static ap_filter_rec_t *private_filter;
static ap_filter_rec_t *private_hit_filter; /* after mod_cache, which skips private_filter on a hit */

int luci_identity_is_gate(request_rec *r)
{
    const char *type = ap_auth_type(r);

    return type && (strcmp(type, LUCI_AUTH_TYPE) == 0 || ap_cstr_casecmp(type, LUCI_AUTH_TYPE) == 0);
}

const char *luci_identity_name(request_rec *r, const luci_user_t *user)
{
    const char *which = luci_config_dir(r)->remote_user, *name;
    const luci_settings_t *settings = &luci_config_server(r->server)->settings;

    if (strcmp(which, "user_id") == 0)
        return user->id;
    name = luci_user_attribute(user, settings, which);
    if (luci_email_is_column(settings, which) && !luci_email_is_proved(user, settings))
        return NULL;
    return name && *name ? name : NULL;
}

int luci_identity_assume(request_rec *r, const luci_user_t *user)
{
    const char *name = luci_identity_name(r, user), *which = luci_config_dir(r)->remote_user;

    if (!name) {
        int is_address = luci_email_is_column(&luci_config_server(r->server)->settings, which);

        if (luci_state_is_news(r, 701, which))
            ap_log_rerror(
                APLOG_MARK, APLOG_ERR, 0, r,
                "LUCI0701: user %s has no %s\"%s\", which LuciaRemoteUser names, and is refused; set it with "
                "luciactl user %s --id",
                user->id, is_address ? "verified " : "", which, is_address ? "email" : "set");
        return 0;
    }
    luci_state_name_user(r, name, user);
    luci_identity_show(r, user);
    luci_state_of(r)->is_private = 1;
    return 1;
}

int luci_identity_admit(request_rec *r, const luci_user_t *user)
{
    r->ap_auth_type = (char *)LUCI_AUTH_TYPE; /* httpd never writes to it. */
    return luci_identity_assume(r, user) ? OK : luci_reply_forbidden(r, user);
}

int luci_identity_factors(request_rec *r, const luci_user_t *user)
{
    const luci_session_t *session = luci_validated_session(luci_state_of(r));

    return session && user == &session->user &&
                   luci_config_server(r->server)->settings.second_factor != LUCI_SECOND_FACTOR_OFF
               ? session->factors
               : 1;
}

static void clear_environment(request_rec *r, const luci_runtime_t *runtime)
{
    int count = runtime->values;

    apr_table_unset(r->subprocess_env, "LUCIA_USER_ID");
    apr_table_unset(r->subprocess_env, "LUCIA_USERNAME");
    apr_table_unset(r->subprocess_env, "LUCIA_FACTORS");
    for (int i = 0; i < count; i++)
        apr_table_unset(r->subprocess_env, runtime->attribute_names[i].variable);
}

/* Whether an attribute is exported besides the username, which may be an attribute as well. */
static int is_extra(const luci_runtime_t *runtime, const luci_user_t *user, int i)
{
    if (!user->attributes[i])
        return 0;
    return runtime->attribute_names[i].of == LUCI_NAME_OF_ANY ||
           (runtime->attribute_names[i].of == LUCI_NAME_OF_ADDRESS &&
            luci_email_is_proved(user, runtime->auth.settings));
}

static void set_environment(request_rec *r, const luci_user_t *user, const luci_runtime_t *runtime)
{
    int count = runtime->values;

    apr_table_setn(r->subprocess_env, "LUCIA_USER_ID", user->id);
    apr_table_setn(r->subprocess_env, "LUCIA_USERNAME", user->username);
    if (runtime->auth.settings->second_factor != LUCI_SECOND_FACTOR_OFF)
        apr_table_setn(r->subprocess_env, "LUCIA_FACTORS", luci_identity_factors(r, user) == 2 ? "2" : "1");
    for (int i = 0; i < count; i++) {
        if (is_extra(runtime, user, i))
            apr_table_setn(r->subprocess_env, runtime->attribute_names[i].variable, user->attributes[i]);
    }
}

/* A subrequest begins with a copy of its main request's environment, which may describe another user. */
void luci_identity_show(request_rec *r, const luci_user_t *user)
{
    const luci_runtime_t *runtime = luci_runtime_of(r);
    luci_known_t *known = luci_state_known(r);

    if (!runtime) /* Without a runtime there is no user. */
        return;
    if (user && known->shown == user && known->shown_in == r->subprocess_env)
        return;
    known->shown = user;
    known->shown_in = r->subprocess_env;
    if (r->main)
        clear_environment(r, runtime);
    if (user)
        set_environment(r, user, runtime);
}

/* Where headers with the identity go. */
typedef struct {
    request_rec *r;
    const luci_user_t *user;
    apr_table_t *headers;
} showing_t;

static void set_header(const showing_t *showing, const char *name, const char *value)
{
    request_rec *r = showing->r;

    if (luci_policy_fits_header(value)) {
        apr_table_setn(showing->headers, name, value);
        return;
    }
    if (luci_state_is_news(r, 702, name))
        ap_log_rerror(
            APLOG_MARK, APLOG_WARNING, 0, r,
            "LUCI0702: %s is not sent to the backend: the value contains a control character, is not "
            "UTF-8, or has "
            "white space at either end, which the backend would remove; correct it for user %s",
            name, showing->user->id);
}

static void set_headers(const showing_t *showing, const luci_runtime_t *runtime)
{
    const luci_user_t *user = showing->user;
    int count = runtime->values;

    set_header(showing, "X-Lucia-User-Id", user->id);
    set_header(showing, "X-Lucia-Username", user->username);
    for (int i = 0; i < count; i++) {
        if (is_extra(runtime, user, i))
            set_header(showing, runtime->attribute_names[i].header, user->attributes[i]);
    }
}

/* A header that the user has no value for is there nevertheless, and that of the groups without LuciaGroups,
 * because a proxy that copies headers by name would otherwise leave in place what its client has sent. */
void luci_identity_answer(request_rec *r)
{
    const luci_runtime_t *runtime = luci_runtime_of(r);
    const showing_t showing = { r, luci_state_user(r), r->headers_out };
    int count = runtime->values;

    apr_table_setn(r->headers_out, "X-Lucia-User-Id", "");
    apr_table_setn(r->headers_out, "X-Lucia-Username", "");
    apr_table_setn(r->headers_out, "X-Lucia-Groups", "");
    for (int i = 0; i < count; i++) {
        if (runtime->attribute_names[i].of != LUCI_NAME_OF_USERNAME)
            apr_table_setn(r->headers_out, runtime->attribute_names[i].header, "");
    }
    if (showing.user)
        set_headers(&showing, runtime);
}

luci_result_t luci_identity_look(request_rec *r, const luci_user_t **user)
{
    const luci_session_t *session;
    luci_result_t result;
    int refused;
    const char *id = luci_validation_credential(r, &refused);

    *user = NULL;
    if (!id)
        return LUCI_NOT_FOUND;
    result = luci_validate(r, id, &session);
    if (result == LUCI_OK && luci_lack_of(r, session, NULL) != LUCI_SESSION_WHOLE)
        return LUCI_NOT_FOUND;
    if (result == LUCI_NOT_FOUND)
        return luci_bearer_user(r, id, user);
    if (result == LUCI_OK)
        *user = &session->user;
    return result;
}

int luci_identity_undecided(request_rec *r, luci_result_t result)
{
    luci_problem_t problem = luci_problem_of(r, result);

    return luci_reply_problem(r, &problem, LUCI_REPLY_AT_GATE);
}

/* LuciaOptional where no Require line asks for a user (Require all granted). */
static int identify(request_rec *r)
{
    const luci_user_t *user;
    luci_result_t result = luci_identity_look(r, &user);

    if (result == LUCI_OK)
        return luci_identity_admit(r, user);
    return result == LUCI_NOT_FOUND ? OK : luci_identity_undecided(r, result);
}

static void export_identity(request_rec *r, luci_state_t *state, const luci_dir_config_t *dir)
{
    const luci_runtime_t *runtime = luci_runtime_of(r);
    const luci_user_t *user = luci_state_user(r);

    luci_identity_show(r, user);
    if (!runtime)
        return;
    if (state->headers_sent)
        luci_scrub_ours(r->headers_in, r->pool);
    if (user && dir->headers) {
        set_headers(&(showing_t){ r, user, r->headers_in }, runtime);
        state->headers_sent = 1;
    }
}

int luci_identity_fixups(request_rec *r)
{
    const luci_dir_config_t *dir = luci_config_dir(r);
    luci_state_t *state;
    int status;

    if (!luci_config_server(r->server)->database.driver)
        return DECLINED;
    state = luci_state_of(r);
    if (r->user && !*r->user) /* An anonymous request that the gate admitted. */
        r->user = NULL;
    if (dir->optional) {
        state->is_private = 1; /* Also for anonymous requests, because users get another page. */
        status = r->user ? OK : identify(r);
        if (status != OK)
            return status;
    }
    export_identity(r, state, dir);
    if (!luci_request_may_become_h2(
            r)) /* Stream 1 needs them; luci_identity_handle removes them otherwise. */
        luci_scrub_secrets(r, r->headers_in);
    return DECLINED;
}

int luci_identity_handle(request_rec *r)
{
    if (luci_config_server(r->server)->database.driver && luci_request_may_become_h2(r))
        luci_scrub_secrets(r, r->headers_in);
    return DECLINED;
}

/* Where an endpoint covers a folder, mod_dir must not see a folder: it would answer with the index file or
 * redirect to a trailing slash. */
int luci_identity_before_index(request_rec *r)
{
    if (r->finfo.filetype == APR_DIR && luci_route_of(r).endpoint)
        r->finfo.filetype = APR_NOFILE;
    if (!r->main && r->finfo.filetype == APR_DIR && luci_config_server(r->server)->database.driver)
        luci_state_of(r)->indexing = r;
    return DECLINED;
}

static int may_be_shared(const char *cache_control, apr_pool_t *pool)
{
    return !ap_find_list_item(pool, cache_control, "private") &&
           !ap_find_list_item(pool, cache_control, "no-store");
}

/* Runs once, when the content's own headers are known. Those about caching stay, but a shared cache must not
 * store a session's cookie, and a browser must not show one user's page to another. */
static apr_status_t make_private(ap_filter_t *filter, apr_bucket_brigade *brigade)
{
    request_rec *r = filter->r;
    const char *out = apr_table_get(r->headers_out, "Cache-Control"),
               *err = apr_table_get(r->err_headers_out, "Cache-Control");

    if ((!out && !err) || (luci_state_of(r)->cookies_sent && may_be_shared(out ? out : err, r->pool))) {
        apr_table_unset(r->err_headers_out, "Cache-Control");
        apr_table_setn(r->headers_out, "Cache-Control", "private");
    }
    if (luci_state_of(r)->is_private)
        luci_answer_vary(r, "Cookie");
    ap_remove_output_filter(filter);
    return ap_pass_brigade(filter->next, brigade);
}

void luci_identity_insert_filter(request_rec *r)
{
    luci_state_t *state;

    if (r->main || !luci_config_server(r->server)->database.driver)
        return;
    state = luci_state_of(r);
    state->content_of = r;
    if (state->is_private || state->cookies_sent)
        ap_add_output_filter_handle(private_filter, NULL, r, r->connection);
    if (state->cookies_sent)
        ap_add_output_filter_handle(private_hit_filter, NULL, r, r->connection);
}

void luci_identity_register_filter(void)
{
    private_filter = ap_register_output_filter("LUCIAUTH_PRIVATE", make_private, NULL, AP_FTYPE_CONTENT_SET);
    private_hit_filter =
        ap_register_output_filter("LUCIAUTH_PRIVATE_HIT", make_private, NULL, AP_FTYPE_CONTENT_SET + 2);
}
