/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/lifecycle/pool_sizes.h"

#include "core/config/connect_params.h"
#include "core/config/pool_fit.h"
#include "httpd/base/config.h"
#include "httpd/base/mpm.h"
#include "httpd/base/server_name.h"

#include <apr_shm.h>
#include <apr_strings.h>
#include <http_core.h>
#include <http_log.h>
#include <http_main.h>

#include <string.h>

APLOG_USE_MODULE(luciauth);

static int has_capacity(const luci_server_config_t *config, const void *database)
{
    return luci_config_parts(config)->capacity && luci_database_is_same(&config->database, database);
}

void luci_pool_sizes_prepare(apr_pool_t *conf_pool, server_rec *main_server)
{
    for (server_rec *server = main_server; server; server = server->next) {
        const luci_server_config_t *config = luci_config_server(server);
        const luci_server_config_t *other;
        luci_capacity_t *capacity;
        apr_shm_t *memory;

        if (!config->database.driver)
            continue;
        other = luci_config_find(main_server, has_capacity, &config->database);
        capacity = other ? luci_config_parts(other)->capacity : NULL;
        if (!capacity && apr_shm_create(&memory, sizeof *capacity, NULL, conf_pool) == APR_SUCCESS)
            capacity = memset(apr_shm_baseaddr_get(memory), 0, sizeof *capacity);
        luci_config_parts(config)->capacity = capacity;
    }
}

static void warn(server_rec *server, const luci_pool_problem_t *problem, int is_test)
{
    const char *where = luci_server_database_where(server, server->process->pconf);
    const char *text =
        apr_psprintf(server->process->pconf, "LUCI0322: %s: %s. %s", where, problem->what, problem->remedy);

    if (is_test)
        ap_log_error(APLOG_MARK, APLOG_STARTUP | APLOG_WARNING, 0, ap_server_conf, "%s", text);
    else
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, server, "%s", text);
}

void luci_pool_sizes_set(apr_pool_t *conf_pool, server_rec *main_server, int is_test)
{
    luci_pool_fits_t fits = { .pools = apr_array_make(conf_pool, 2, sizeof(luci_pool_fit_t)),
                              .children = luci_mpm_children(),
                              .threads = luci_mpm_threads(),
                              .pool = conf_pool };

    for (server_rec *server = main_server; server; server = server->next) {
        const luci_server_config_t *config = luci_config_server(server);
        const luci_capacity_t *capacity = luci_config_parts(config)->capacity;
        int at = config->database.driver ? luci_pool_fit_add(&fits, config) : -1;

        if (at >= 0 && capacity)
            APR_ARRAY_IDX(fits.pools, at, luci_pool_fit_t).capacity = *capacity;
    }
    luci_pool_fit_all(&fits);
    for (server_rec *server = main_server; server; server = server->next) {
        const luci_server_config_t *config = luci_config_server(server);
        const luci_pool_problem_t *problem;
        const luci_pool_fit_t *fit;
        int at;

        if (!config->database.driver)
            continue;
        at = luci_pool_fit_add(&fits, config); /* it is there */
        fit = &APR_ARRAY_IDX(fits.pools, at, luci_pool_fit_t);
        luci_config_parts(config)->handles = fit->size;
        luci_config_parts(config)->is_scarce = fit->is_scarce;
        problem = fit->config == config ? luci_pool_fit_problem(&fits, at) : NULL;
        if (problem)
            warn(server, problem, is_test);
    }
}
