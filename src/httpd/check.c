/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include "config.h"

#include <apr_file_info.h>
#include <apr_strings.h>
#include <http_config.h>

APLOG_USE_MODULE(luciauth);

void luci_check_say(const luci_check_t *check, int level, const char *message)
{
    ap_log_error(APLOG_MARK, APLOG_STARTUP | level, 0, check->main_server, "%s", message);
}

void luci_check_fail(luci_check_t *check, const char *message)
{
    luci_check_say(check, APLOG_CRIT, message);
    check->failed = 1;
}

const char *luci_check_server_name(const server_rec *server, apr_pool_t *pool)
{
    if (!server->is_virtual)
        return "the main server";
    return apr_psprintf(pool, "the virtual host of %s:%u", server->defn_name, server->defn_line_number);
}

int luci_check_is_folder(const char *path, apr_pool_t *pool)
{
    apr_finfo_t info;

    return apr_stat(&info, path, APR_FINFO_TYPE, pool) == APR_SUCCESS && info.filetype == APR_DIR;
}

const char *luci_check_database_where(server_rec *server, apr_pool_t *pool)
{
    const luci_database_t *database = &luci_config_server(server)->database;

    return apr_psprintf(pool, "LuciaDatabase in %s:%d, for %s%s%s", database->file ? database->file : "?",
                        database->number, server->server_hostname ? server->server_hostname : "",
                        server->server_hostname ? ", " : "", luci_check_server_name(server, pool));
}

/* httpd does not tell which file it was given; its first line stands there, but for options -c and -C. */
const char *luci_check_database_next(apr_pool_t *pool)
{
    const char *file = NULL;

    for (const ap_directive_t *line = ap_conftree; line && !file; line = line->next)
        file = line->filename && *line->filename == '/' ? line->filename : NULL;
    return file ? apr_psprintf(pool, "luciactl --config %s check", file) : "luciactl check";
}
