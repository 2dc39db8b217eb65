/* SPDX-License-Identifier: Apache-2.0 */
/* "httpd -t -D DUMP_LUCIAUTH": the configuration as httpd understood it, for luciactl. One line of JSON on
 * standard output:
 *
 *   mod_luciauth  the module's version
 *   server_root, runtime_dir    absolute paths
 *   user, group   of the children; a group is "#NUMBER"; left out if not configured
 *   control       the absolute path of the control socket; left out if LuciaControl is off
 *   servers       the main server first: name, aliases, addresses, file, line as they are written;
 *                 uses: whether anything uses the module; directives: those in force, inherited ones
 *                 included, each with name, args, file, line
 *   findings      level "error" (a directive that httpd refuses), "problem" or "advice"; about, what, remedy
 *
 * Text that is not UTF-8 is {"hex": "..."}. The parameters of LuciaDatabase may contain a password: they are
 * left out unless -D DUMP_LUCIAUTH_SECRETS is given as well, and {file:...} and {env:...} stay as written.
 * Refused directives do not end this reading, so that all of them are found. */
#ifndef LUCI_CONFIG_DUMP_H
#define LUCI_CONFIG_DUMP_H

#include <httpd.h>
#include <http_config.h>

/* 1 in a configtest with -D DUMP_LUCIAUTH; 0 in a server that starts with it. */
int luci_config_dump_is_wanted(void);

/* Keeps the reason why a directive is refused, for the document. */
void luci_config_dump_refused(const cmd_parms *cmd, const char *problem);

/* Writes the document, in the test_config hook. */
void luci_config_dump(apr_pool_t *conf_pool, server_rec *main_server);

#endif
