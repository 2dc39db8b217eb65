/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime.h"

#include "httpd_log.h"
#include "secret.h"

#include <ap_mpm.h>
#include <http_log.h>

APLOG_USE_MODULE(luciauth);

static int threads_per_child(void)
{
    int threads = 0;

    if (ap_mpm_query(AP_MPMQ_MAX_THREADS, &threads) != APR_SUCCESS || threads < 1)
        return 1;
    return threads;
}

/* The pool of an earlier server with the same database. */
static luci_pool_t *shared_pool(const luci_db_target_t *target, server_rec *main_server,
                                const server_rec *before)
{
    for (server_rec *server = main_server; server && server != before; server = server->next) {
        luci_runtime_t *runtime = luci_config_server(server)->runtime;

        if (runtime && runtime->pool && luci_pool_serves(runtime->pool, target))
            return runtime->pool;
    }
    return NULL;
}

static luci_pool_t *new_pool(const luci_db_target_t *target, luci_pool_size_t size, server_rec *server,
                             apr_pool_t *pool)
{
    const char *problem = NULL;

    if (size.most == 0)
        size.most = threads_per_child();
    if (luci_db_init(target->driver, &problem, pool) != LUCI_OK) {
        ap_log_error(APLOG_MARK, APLOG_CRIT, 0, server, "LUCI0304: %s", problem);
        return NULL;
    }
    return luci_pool_create(target, size, server, pool);
}

static luci_runtime_t *start_server(server_rec *server, server_rec *main_server, apr_pool_t *pool)
{
    luci_server_config_t *config = luci_config_server(server);
    luci_runtime_t *runtime = apr_pcalloc(pool, sizeof *runtime);

    runtime->log = luci_httpd_log(server);
    runtime->target = (luci_db_target_t){
        .driver = config->database.driver,
        .params = config->database.params,
        .settings = &config->settings,
    };
    runtime->pool = shared_pool(&runtime->target, main_server, server);
    if (!runtime->pool)
        runtime->pool = new_pool(&runtime->target, config->pool_size, server, pool);
    runtime->pages = config->pages;
    if (!runtime->pool || !runtime->pages)
        return NULL;
    runtime->auth = (luci_auth_t){
        .settings = &config->settings,
        .source = luci_pool_source(runtime->pool),
        .log = &runtime->log,
    };
    return runtime;
}

void luci_runtime_prepare(apr_pool_t *conf_pool, server_rec *main_server)
{
    for (server_rec *server = main_server; server; server = server->next) {
        luci_server_config_t *config = luci_config_server(server);

        if (config->database.driver && !config->pages)
            config->pages = luci_pages_create(config->templates, server, conf_pool);
    }
}

void luci_runtime_start(apr_pool_t *child_pool, server_rec *main_server)
{
    if (luci_secret_init(child_pool) != LUCI_OK) {
        ap_log_error(APLOG_MARK, APLOG_CRIT, 0, main_server,
                     "LUCI0305: libcrypto has no SHA-256; nobody can be admitted");
        return;
    }
    for (server_rec *server = main_server; server; server = server->next) {
        luci_server_config_t *config = luci_config_server(server);

        if (config->database.driver &&
            !config->runtime) /* servers without lines of their own share a configuration */
            config->runtime = start_server(server, main_server, child_pool);
    }
}

luci_runtime_t *luci_runtime_of(const request_rec *r)
{
    return luci_config_server(r->server)->runtime;
}

luci_ms_t luci_runtime_now(void)
{
    return apr_time_as_msec(apr_time_now());
}
