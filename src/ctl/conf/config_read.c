/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/conf/config_read.h"

#include "core/config/directive_types.h"
#include "core/config/directives.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>
#include <unistd.h>

void luci_ctl_config_defaults(luci_ctl_config_t *config, apr_pool_t *pool)
{
    const luci_server_config_t *server = luci_directives_defaults(&luci_scope_server, pool);

    *config = (luci_ctl_config_t){ .settings = server->settings,
                                   .server = server,
                                   .problems = apr_array_make(pool, 4, sizeof(const char *)) };
}

#define LINKS_MAX 8

/* Whether a path names what a process has open, through links as well: /dev/stdout in the configuration is
 * httpd's output, where luciactl has another one. */
static int is_descriptor(const char *path, apr_pool_t *pool)
{
    static const char *const begins[] = { "/dev/std", "/dev/fd/", "/proc/" };
    char target[1024];

    for (int links = 0; path && links < LINKS_MAX; links++) {
        ssize_t length;

        for (size_t i = 0; i < sizeof begins / sizeof *begins; i++) {
            if (strncmp(path, begins[i], strlen(begins[i])) == 0)
                return 1;
        }
        length = readlink(path, target, sizeof target - 1);
        if (length < 0)
            return 0;
        target[length] = '\0';
        path = *target == '/'
                   ? apr_pstrdup(pool, target)
                   : apr_pstrcat(pool,
                                 apr_pstrmemdup(pool, path, (apr_size_t)(apr_filepath_name_get(path) - path)),
                                 target, NULL);
    }
    return 0;
}

/* A program is httpd's to feed, and so are its own standard output and error. */
static const char *audit_file(const char *target, apr_pool_t *pool)
{
    const char *path;

    if (!target || *target == '|' || strcmp(target, LUCI_AUDIT_OFF) == 0)
        return NULL;
    path = luci_word_path(target, pool);
    return is_descriptor(path, pool) ? NULL : path;
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
