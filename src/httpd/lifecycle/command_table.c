/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/lifecycle/command_table.h"

#include "core/config/directive_types.h"
#include "core/config/directives.h"
#include "httpd/base/config.h"
#include "httpd/lifecycle/config_dump.h"

#include <ap_provider.h>
#include <apr_strings.h>
#include <http_main.h>
#include <mod_auth.h>

#include <string.h>
#include <strings.h>

#define BASIC_PROVIDER "lucia"
#define ALIAS_GROUP                                                                                          \
    "luciauth-alias" /* a provider group with the names that <AuthnProviderAlias lucia NAME> defines */

static const char *set_value(cmd_parms *cmd, void *dir_config, const char *args);
static const char *note_basic_provider(cmd_parms *cmd, void *dir_config, const char *name);
static const char *note_alias(cmd_parms *cmd, void *dir_config, const char *args);

#define SERVER(name, syntax, fallback, text, type, member, limits)                                           \
    AP_INIT_RAW_ARGS(name, set_value, NULL, RSRC_CONF, syntax ": " text)
#define DIR(name, syntax, fallback, text, type, member, limits)                                              \
    AP_INIT_RAW_ARGS(name, set_value, NULL, RSRC_CONF | ACCESS_CONF, syntax ": " text)

const command_rec luci_command_table[] = {
#include "core/config/directive_rows.h"
    /* Directives of mod_auth_basic and mod_authn_core, which do not expose their values. httpd calls every
     * module with a directive of this name. The gate handles HTTP Basic only where our provider is listed. */
    AP_INIT_ITERATE("AuthBasicProvider", note_basic_provider, NULL, OR_AUTHCFG,
                    "also read by mod_luciauth, which looks for the provider " BASIC_PROVIDER),
    AP_INIT_RAW_ARGS("<AuthnProviderAlias", note_alias, NULL, RSRC_CONF,
                     "also read by mod_luciauth, which looks for the provider " BASIC_PROVIDER),
    { NULL, { NULL }, NULL, 0, RAW_ARGS, NULL }
};

/* httpd only warns of an undefined variable and leaves it in the text, and luciactl would use it as a part of
 * a name. Text that is not the name of a variable may be a secret and is not shown. */
static const char *undefined_variable(const cmd_parms *cmd, const char *args)
{
    const char *open = strstr(args, "${"), *close = open ? strchr(open, '}') : NULL;
    const char *name = close ? apr_pstrmemdup(cmd->pool, open + 2, (apr_size_t)(close - open) - 2) : NULL;

    return name && luci_word_is_identifier(name)
               ? apr_psprintf(cmd->pool,
                              "%s: the variable %s is defined neither in the configuration nor in the "
                              "environment",
                              cmd->cmd->name, name)
               : NULL;
}

/* A refused directive stops httpd, except for the dump, which lists all of them. */
static const char *refuse(const cmd_parms *cmd, const char *problem)
{
    if (!problem || !luci_config_dump_is_wanted())
        return problem;
    luci_config_dump_refused(cmd, problem);
    return NULL;
}

/* Messages name the place of these directives. */
static void note_place(const cmd_parms *cmd, luci_server_config_t *server)
{
    const char *file = cmd->directive->filename;
    int number = cmd->directive->line_num;

    if (strcasecmp(cmd->cmd->name, "LuciaDatabase") == 0) {
        server->database.file = file;
        server->database.number = number;
    }
    if (strcasecmp(cmd->cmd->name, "LuciaSessionCache") == 0) {
        server->cache_name.file = file;
        server->cache_name.number = number;
    }
    if (strcasecmp(cmd->cmd->name, "LuciaThrottleStore") == 0) {
        server->throttle_store.file = file;
        server->throttle_store.number = number;
    }
}

static const char *set_value(cmd_parms *cmd, void *dir_config, const char *args)
{
    int row = (int)(cmd->cmd - luci_command_table),
        is_server = luci_directives_scope(row) == &luci_scope_server;
    luci_server_config_t *server = ap_get_module_config(cmd->server->module_config, &luciauth_module);
    const char *problem = ap_check_cmd_context(cmd, NOT_IN_LIMIT);

    luci_directive_root = ap_server_root;
    if (!problem && luci_config_dump_is_wanted())
        problem = undefined_variable(cmd, args);
    if (!problem)
        problem = luci_directives_set(row, args, is_server ? (void *)server : dir_config, cmd->pool);
    if (problem)
        return refuse(cmd, problem);
    note_place(cmd, server);
    if (!is_server && ((const luci_dir_config_t *)dir_config)->bearer)
        server->has_bearer = 1; /* Bearer tokens are removed for all backends of this server. */
    return NULL;
}

/* If the module of the directive is not loaded, the directive stays invalid, with httpd's own message. */
static const char *unknown_without(const char *module, const cmd_parms *cmd)
{
    if (ap_find_linked_module(module))
        return NULL;
    return apr_pstrcat(
        cmd->pool, "Invalid command '", cmd->cmd->name,
        "', perhaps misspelled or defined by a module not included in the server configuration", NULL);
}

static const char *note_basic_provider(cmd_parms *cmd, void *dir_config, const char *name)
{
    luci_dir_config_t *dir = dir_config;

    dir->basic.is_written = 1;
    if (strcmp(name, BASIC_PROVIDER) == 0 || ap_lookup_provider(ALIAS_GROUP, name, AUTHN_PROVIDER_VERSION))
        dir->basic.has_lucia = 1;
    return unknown_without("mod_auth_basic.c", cmd);
}

static const char *note_alias(cmd_parms *cmd, void *dir_config, const char *args)
{
    const char *provider = ap_getword_conf(cmd->pool, &args), *alias = ap_getword_conf(cmd->pool, &args);
    size_t length = strcspn(alias, ">");

    (void)dir_config;
    alias = apr_pstrmemdup(cmd->pool, alias, length);
    if (strcmp(provider, BASIC_PROVIDER) == 0 ||
        ap_lookup_provider(ALIAS_GROUP, provider, AUTHN_PROVIDER_VERSION))
        ap_register_provider(cmd->pool, ALIAS_GROUP, alias, AUTHN_PROVIDER_VERSION, luci_command_table);
    return unknown_without("mod_authn_core.c", cmd);
}
