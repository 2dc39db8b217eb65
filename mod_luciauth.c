/* SPDX-License-Identifier: Apache-2.0 */
/* The module record and the registration of every hook. The module provides accounts for any location:
 * sign-up, sign-in, sign-out, a profile page, server-side sessions and a gate. No other file calls into this
 * one. */
#include "httpd/account/handler.h"
#include "httpd/account/mount.h"
#include "httpd/base/config.h"
#include "httpd/base/httpd_log.h"
#include "httpd/cache/cache.h"
#include "httpd/control/control_sessions.h"
#include "httpd/control/control_throttle.h"
#include "httpd/gate/basic.h"
#include "httpd/gate/factors.h"
#include "httpd/gate/freshness.h"
#include "httpd/gate/forward.h"
#include "httpd/gate/gate.h"
#include "httpd/gate/groups.h"
#include "httpd/gate/identity.h"
#include "httpd/gate/notes.h"
#include "httpd/gate/rules.h"
#include "httpd/hash/argon2_choice.h"
#include "httpd/hash/suspend.h"
#include "httpd/lifecycle/command_table.h"
#include "httpd/lifecycle/config_check.h"
#include "httpd/lifecycle/config_dump.h"
#include "httpd/lifecycle/jobs.h"
#include "httpd/lifecycle/pool_sizes.h"
#include "httpd/lifecycle/start_schema.h"
#include "httpd/request/answer.h"
#include "httpd/request/scrub.h"
#include "httpd/server/runtime.h"
#include "httpd/status/metrics.h"
#include "httpd/status/status.h"

#include <ap_provider.h>
#include <http_config.h>
#include <http_core.h>
#include <http_protocol.h>
#include <http_request.h>
#include <mod_auth.h>

static int pre_config(apr_pool_t *conf, apr_pool_t *log, apr_pool_t *temp)
{
    (void)log;
    (void)temp;
    luci_rules_register(conf);
    return luci_cache_register_lock(conf);
}

static int post_config(apr_pool_t *conf, apr_pool_t *log, apr_pool_t *temp, server_rec *main_server)
{
    int result;

    (void)log;
    if (ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_PRE_CONFIG)
        return OK; /* httpd only tests the configuration, and reads it again before it starts. */
    luci_httpd_log_prepare(conf);
    luci_pool_sizes_prepare(conf, main_server);
    luci_start_schema(conf, temp, main_server);
    luci_pool_sizes_set(conf, main_server, 0);
    luci_control_prepare(conf, main_server);
    luci_argon2_choice_make(main_server);
    result = luci_runtime_prepare(conf, main_server);
    luci_jobs_prepare(conf, main_server);
    return result;
}

/* The first hook that sees the configuration of all servers. The dump contains the findings of the checks, so
 * that they do not end it here. */
static int check_config(apr_pool_t *conf, apr_pool_t *log, apr_pool_t *temp, server_rec *main_server)
{
    luci_config_complete(main_server, conf);
    return luci_config_dump_is_wanted() ? OK : luci_config_check(conf, log, temp, main_server);
}

static void test_config(apr_pool_t *conf, server_rec *main_server)
{
    if (luci_config_dump_is_wanted()) {
        luci_config_dump(conf, main_server);
        return;
    }
    luci_pool_sizes_prepare(conf, main_server);
    luci_start_schema_test(conf, main_server);
    luci_pool_sizes_set(conf, main_server, 1);
}

static const luci_control_command_t control_commands[] = {
    { "throttle-list", 1, luci_control_throttle_list },
    { "throttle-clear", 3, luci_control_throttle_clear },
    { "session-forget", 2, luci_control_session_forget },
    { "user-forget", 2, luci_control_user_forget },
    { NULL, 0, NULL },
};

static void child_init(apr_pool_t *child_pool, server_rec *main_server)
{
    luci_runtime_start(child_pool, main_server);
    luci_jobs_start(child_pool);
    luci_control_start(child_pool, main_server, control_commands);
}

static void register_providers(apr_pool_t *pool)
{
    ap_register_auth_provider(pool, AUTHN_PROVIDER_GROUP, "lucia", AUTHN_PROVIDER_VERSION,
                              &luci_basic_provider, AP_AUTH_INTERNAL_PER_CONF);
    ap_register_auth_provider(pool, AUTHZ_PROVIDER_GROUP, "lucia-attribute", AUTHZ_PROVIDER_VERSION,
                              &luci_gate_attribute, AP_AUTH_INTERNAL_PER_CONF);
    ap_register_auth_provider(pool, AUTHZ_PROVIDER_GROUP, "lucia-fresh", AUTHZ_PROVIDER_VERSION,
                              &luci_gate_fresh, AP_AUTH_INTERNAL_PER_CONF);
    ap_register_auth_provider(pool, AUTHZ_PROVIDER_GROUP, "lucia-factors", AUTHZ_PROVIDER_VERSION,
                              &luci_gate_factors, AP_AUTH_INTERNAL_PER_CONF);
    ap_register_auth_provider(pool, AUTHZ_PROVIDER_GROUP, "lucia-group", AUTHZ_PROVIDER_VERSION,
                              &luci_gate_group, AP_AUTH_INTERNAL_PER_CONF);
}

/* All precede mod_proxy, whose handler ignores r->handler. */
static void register_handlers(void)
{
    static const char *const after_core[] = { "core.c", NULL };
    static const char *const before_proxy[] = { "mod_proxy.c", NULL };

    /* The metrics. */
    ap_hook_handler(luci_metrics_handle, NULL, before_proxy, APR_HOOK_FIRST);

    /* The core switches to HTTP/2 in its own handler hook, which needs all headers; so this removes the
     * secrets after it. */
    ap_hook_handler(luci_identity_handle, after_core, before_proxy, APR_HOOK_REALLY_FIRST);

    /* Answers to proxies that ask about the requests of their clients, and the endpoints. */
    ap_hook_handler(luci_forward_handle, after_core, before_proxy, APR_HOOK_REALLY_FIRST);
    ap_hook_handler(luci_endpoint_handle, after_core, before_proxy, APR_HOOK_REALLY_FIRST);
}

static void register_hooks(apr_pool_t *pool)
{
    static const char *const before_authz[] = { "mod_authz_core.c", NULL };
    static const char *const after_headers[] = { "mod_headers.c", "mod_expires.c", NULL };
    static const char *const before_index[] = { "mod_dir.c", NULL };
    static const char *const before_proxy[] = { "mod_proxy.c", NULL };
    static const char *const before_watchdog[] = { "mod_watchdog.c", NULL };

    /* The start. check_config runs at configtest, too. post_config creates missing tables and what all
     * children share. child_init creates the database pools, before mod_watchdog starts the thread of the
     * periodic jobs. */
    ap_hook_pre_config(pre_config, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_check_config(check_config, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_test_config(test_config, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_post_config(post_config, NULL, before_watchdog, APR_HOOK_MIDDLE);
    ap_hook_child_init(child_init, NULL, before_watchdog, APR_HOOK_MIDDLE);

    /* Removes forged identities from every request, before any other module reads its headers. */
    ap_hook_post_read_request(luci_scrub_request, NULL, NULL, APR_HOOK_REALLY_FIRST);
    luci_scrub_register_filter();

    /* Claims the paths of mounted endpoints, after redirects and rewrites, before files and proxies. */
    ap_hook_map_to_storage(luci_mount_claim, NULL, before_proxy, APR_HOOK_REALLY_FIRST);

    /* The gate identifies the user, lets mod_authz_core judge the Require lines, and answers refusals itself.
     */
    ap_hook_check_access_ex(luci_gate_access, NULL, before_authz, APR_HOOK_FIRST, AP_AUTH_INTERNAL_PER_CONF);
    ap_hook_check_authn(luci_gate_authenticate, NULL, NULL, APR_HOOK_FIRST, AP_AUTH_INTERNAL_PER_CONF);
    ap_hook_check_authz(luci_gate_authorize, NULL, before_authz, APR_HOOK_FIRST, AP_AUTH_INTERNAL_PER_CONF);
    register_providers(pool);

    /* Exports the identity to the content, first, so that other modules, such as mod_headers, can use it. */
    ap_hook_fixups(luci_identity_fixups, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_fixups(luci_identity_before_index, NULL, before_index, APR_HOOK_LAST);
    ap_hook_insert_filter(luci_identity_insert_filter, after_headers, NULL, APR_HOOK_LAST);
    ap_hook_insert_error_filter(luci_identity_insert_filter, after_headers, NULL, APR_HOOK_LAST);
    luci_identity_register_filter();
    luci_answer_register_filter();

    register_handlers();

    /* A one-time link that was mistyped is still one. Then notes for access logs. */
    ap_hook_log_transaction(luci_mount_hide_secret, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_log_transaction(luci_notes_set, NULL, NULL, APR_HOOK_FIRST);
    luci_status_register();
    luci_suspend_register(); /* requests that wait for a hash slot without a thread */
}

AP_DECLARE_MODULE(luciauth) = {
    STANDARD20_MODULE_STUFF,  luci_config_create_dir, luci_config_merge_dir, luci_config_create_server,
    luci_config_merge_server, luci_command_table,     register_hooks,
#if defined(AP_MODULE_FLAG_NONE)
    AP_MODULE_FLAG_NONE
#endif
};
