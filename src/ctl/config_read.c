/* SPDX-License-Identifier: Apache-2.0 */
#include "config_read.h"

#include "directive_types.h"
#include "directives.h"

#include <apr_strings.h>
#include <string.h>

void luci_ctl_config_defaults(luci_ctl_config_t *config, apr_pool_t *pool)
{
    const luci_server_config_t *server = luci_directives_defaults(&luci_scope_server, pool);

    *config = (luci_ctl_config_t){ .settings = server->settings,
                                   .server = server,
                                   .problems = apr_array_make(pool, 4, sizeof(const char *)) };
}

/* A program is httpd's to feed. */
static const char *audit_file(const char *target, apr_pool_t *pool)
{
    return target && *target != '|' && strcmp(target, LUCI_AUDIT_OFF) != 0 ? luci_word_path(target, pool)
                                                                           : NULL;
}

luci_result_t luci_ctl_config_read(const char *path, const char *vhost, luci_ctl_config_t *config,
                                   apr_pool_t *pool)
{
    const luci_conf_server_t *chosen;
    const char *problem;
    luci_result_t result;

    luci_ctl_config_defaults(config, pool);
    result = luci_conf_servers_read(&config->servers, path, pool);
    config->problems = config->servers.problems;
    if (result != LUCI_OK)
        return result;
    if (luci_conf_servers_choose(&config->servers, vhost, &chosen, &problem, pool) != LUCI_OK) {
        APR_ARRAY_PUSH(config->problems, const char *) = apr_pstrcat(pool, path, ": ", problem, NULL);
        return LUCI_OK;
    }
    config->server = chosen->config;
    config->driver = chosen->config->database.driver;
    config->params = chosen->config->database.params;
    config->settings = chosen->config->settings;
    config->audit_log = audit_file(chosen->config->audit_log, pool);
    return LUCI_OK;
}
