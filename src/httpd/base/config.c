/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/base/config.h"

#include "core/config/connect_params.h"
#include "core/config/directives.h"
#include "core/config/email_columns.h"

#include <apr_strings.h>

#include <string.h>

/* The structure that httpd keeps for a server. The directives are its first member, so that a pointer to them
 * is also a pointer to the structure. */
typedef struct {
    luci_server_config_t directives;
    luci_config_parts_t parts;
} server_t;

static server_t *new_server(const luci_server_config_t *directives, apr_pool_t *pool)
{
    server_t *made = apr_pcalloc(pool, sizeof *made);

    made->directives = *directives;
    return made;
}

void *luci_config_create_server(apr_pool_t *pool, server_rec *server)
{
    (void)server;
    return new_server(luci_directives_defaults(&luci_scope_server, pool), pool);
}

/* Each server gets its own structure, because its parts are its own. */
void *luci_config_merge_server(apr_pool_t *pool, void *base, void *add)
{
    server_t *merged = new_server(luci_directives_merge(&luci_scope_server, base, add, pool), pool);

    merged->directives.has_bearer |= ((const server_t *)add)->directives.has_bearer;
    return merged;
}

luci_config_parts_t *luci_config_parts(const luci_server_config_t *config)
{
    return &((server_t *)config)->parts;
}

void *luci_config_create_dir(apr_pool_t *pool, char *path)
{
    (void)path;
    return luci_directives_defaults(&luci_scope_dir, pool);
}

void *luci_config_merge_dir(apr_pool_t *pool, void *base, void *add)
{
    const luci_dir_config_t *added = add;
    luci_dir_config_t *merged = luci_directives_merge(&luci_scope_dir, base, add, pool);

    if (!added->basic.is_written && !added->rules.read_variables && !added->rules.read_user &&
        !added->rules.ask_user && !added->rules.read_proof)
        return merged;
    if (merged == base)
        merged = apr_pmemdup(pool, base, sizeof *merged);
    if (added->basic.is_written)
        merged->basic = added->basic;
    merged->rules.read_variables |=
        added->rules.read_variables; /* AuthMerging may keep base's Require lines. */
    merged->rules.read_user |= added->rules.read_user;
    merged->rules.ask_user |= added->rules.ask_user;
    merged->rules.read_proof |= added->rules.read_proof;
    return merged;
}

luci_server_config_t *luci_config_server(server_rec *server)
{
    return ap_get_module_config(server->module_config, &luciauth_module);
}

void luci_config_complete(server_rec *main_server, apr_pool_t *conf_pool)
{
    for (server_rec *server = main_server; server; server = server->next) {
        luci_server_config_t *config = luci_config_server(server);
        luci_settings_t *settings = &config->settings;

        luci_email_columns_add(settings, conf_pool);
        luci_config_parts(config)->sessions_may_lack =
            settings->second_factor == LUCI_SECOND_FACTOR_REQUIRED ||
            settings->passkeys == LUCI_PASSKEYS_ONLY || settings->email == LUCI_EMAIL_REQUIRED;
    }
}

luci_server_config_t *luci_config_find(server_rec *main_server, luci_config_fits_fn *fits, const void *wanted)
{
    for (server_rec *server = main_server; server; server = server->next) {
        luci_server_config_t *config = luci_config_server(server);

        if (config && fits(config, wanted))
            return config;
    }
    return NULL;
}

int luci_config_has_same_sessions(const luci_server_config_t *a, const luci_server_config_t *b)
{
    return luci_database_is_same(&a->database, &b->database) &&
           strcmp(a->settings.tables.session, b->settings.tables.session) == 0;
}

luci_dir_config_t *luci_config_dir(request_rec *r)
{
    return ap_get_module_config(r->per_dir_config, &luciauth_module);
}

/* The URL below LuciaMount. below starts with a slash, or is "" for the mount itself. */
static const char *mounted(const char *mount, const char *below, apr_pool_t *pool)
{
    if (strcmp(mount, "/") == 0)
        return *below ? below : mount;
    return *below ? apr_pstrcat(pool, mount, below, NULL) : mount;
}

/* The URL whose member of the directory configuration is at offset: as configured, otherwise as LuciaMount
 * implies it, otherwise the default. */
static const char *in_force(request_rec *r, size_t offset, const char *below)
{
    const luci_dir_config_t *dir = luci_config_dir(r);
    const char *mount = luci_config_server(r->server)->mount;

    if (!mount || luci_directives_written(&luci_scope_dir, dir, offset))
        return *(const char *const *)((const char *)dir + offset);
    return mounted(mount, below, r->pool);
}

/* The same for a page that a server may not have; NULL: it has not. */
static const char *in_force_if(request_rec *r, int is_on, size_t offset, const char *below)
{
    return is_on ? in_force(r, offset, below) : NULL;
}

luci_urls_t luci_config_urls(request_rec *r)
{
    const luci_settings_t *settings = &luci_config_server(r->server)->settings;
    const char *mount = luci_config_server(r->server)->mount;
    const char *home = in_force(r, offsetof(luci_dir_config_t, home_url), "");
    int has_email = settings->email != LUCI_EMAIL_OFF;
    int has_factors = settings->second_factor != LUCI_SECOND_FACTOR_OFF;
    int has_passkeys = settings->passkeys != LUCI_PASSKEYS_OFF;
    const char *passkey = in_force_if(r, has_passkeys, offsetof(luci_dir_config_t, passkey_url), "/passkey");

    return (luci_urls_t){
        .login = in_force(r, offsetof(luci_dir_config_t, login_url), "/login"),
        .signup = in_force(r, offsetof(luci_dir_config_t, signup_url), "/signup"),
        .logout = in_force(r, offsetof(luci_dir_config_t, logout_url), "/logout"),
        .home = home,
        .password = in_force(r, offsetof(luci_dir_config_t, password_url), "/password"),
        .confirm = in_force(r, offsetof(luci_dir_config_t, confirm_url), "/confirm"),
        .sessions = in_force(r, offsetof(luci_dir_config_t, sessions_url), "/sessions"),
        .username = in_force(r, offsetof(luci_dir_config_t, username_url), "/username"),
        .deletion = in_force(r, offsetof(luci_dir_config_t, delete_url), "/delete"),
        .activity =
            in_force_if(r, settings->activity, offsetof(luci_dir_config_t, activity_url), "/activity"),
        .email = in_force_if(r, has_email, offsetof(luci_dir_config_t, email_url), "/email"),
        .factor = in_force_if(r, has_factors, offsetof(luci_dir_config_t, factor_url), "/factor"),
        .factors = in_force_if(r, has_factors, offsetof(luci_dir_config_t, factors_url), "/factors"),
        .passkey = passkey,
        .passkeys = in_force_if(r, has_passkeys, offsetof(luci_dir_config_t, passkeys_url), "/passkeys"),
        .passkey_script = passkey ? apr_pstrcat(r->pool, passkey, ".js", NULL) : NULL,
        .forgot = in_force_if(r, settings->mail != NULL, offsetof(luci_dir_config_t, forgot_url), "/forgot"),
        .adopt = luci_config_dir(r)->adopt_url,
        .account = mount ? mount : home,
    };
}

int luci_config_has_password_page(const server_rec *server)
{
    const luci_dir_config_t *dir = ap_get_module_config(server->lookup_defaults, &luciauth_module);

    return dir->pages ||
           luci_directives_written(&luci_scope_dir, dir, offsetof(luci_dir_config_t, password_url));
}
