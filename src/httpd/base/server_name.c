/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/base/server_name.h"

#include "httpd/base/config.h"

#include <apr_strings.h>
#include <http_config.h>

const char *luci_server_name(const server_rec *server, apr_pool_t *pool)
{
    if (!server->is_virtual)
        return "the main server";
    return apr_psprintf(pool, "the virtual host of %s:%u", server->defn_name, server->defn_line_number);
}

const char *luci_server_database_where(server_rec *server, apr_pool_t *pool)
{
    const luci_database_t *database = &luci_config_server(server)->database;

    return apr_psprintf(pool, "LuciaDatabase in %s:%d, for %s%s%s", database->file ? database->file : "?",
                        database->number, server->server_hostname ? server->server_hostname : "",
                        server->server_hostname ? ", " : "", luci_server_name(server, pool));
}

/* httpd does not expose the name of its configuration file; the first directive is from it, unless options -c
 * or -C are used. */
const char *luci_server_database_report_command(apr_pool_t *pool)
{
    const char *file = NULL;

    for (const ap_directive_t *line = ap_conftree; line && !file; line = line->next)
        file = line->filename && *line->filename == '/' ? line->filename : NULL;
    return file ? apr_psprintf(pool, "luciactl --config %s check", file) : "luciactl check";
}
