/* SPDX-License-Identifier: Apache-2.0 */
#include "commands.h"
#include "config.h"
#include "directive_types.h"
#include "directives.h"

#include <http_main.h>

static const char *set_value(cmd_parms *cmd, void *dir_config, const char *args);

#define SERVER(name, syntax, fallback, text, type, member, limits)                                           \
    AP_INIT_RAW_ARGS(name, set_value, NULL, RSRC_CONF, syntax ": " text)
#define DIR(name, syntax, fallback, text, type, member, limits)                                              \
    AP_INIT_RAW_ARGS(name, set_value, NULL, RSRC_CONF | ACCESS_CONF, syntax ": " text)

const command_rec luci_commands[] = {
#include "directive_rows.h"
    { NULL, { NULL }, NULL, 0, RAW_ARGS, NULL }
};

static const char *set_value(cmd_parms *cmd, void *dir_config, const char *args)
{
    int row = (int)(cmd->cmd - luci_commands), is_server = luci_directives_scope(row) == &luci_scope_server;
    luci_server_config_t *server = ap_get_module_config(cmd->server->module_config, &luciauth_module);
    const char *problem = ap_check_cmd_context(cmd, NOT_IN_LIMIT);

    luci_directive_root = ap_server_root;
    if (!problem)
        problem = luci_directives_set(row, args, is_server ? (void *)server : dir_config, cmd->pool);
    if (!problem && !is_server && ((const luci_dir_config_t *)dir_config)->bearer)
        server->has_bearer = 1; /* its tokens are kept from all backends of this server */
    return problem;
}
