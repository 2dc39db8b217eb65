/* SPDX-License-Identifier: Apache-2.0 */
/* The start-up checks, for everything that a directive cannot check alone. They run after the whole
 * configuration was read and merged, at a start and at configtest. */
#ifndef LUCI_CONFIG_CHECK_H
#define LUCI_CONFIG_CHECK_H

#include "core/config/site_rules.h"

#include <httpd.h>

/* The check_config hook. Logs each finding except notes to the error log and the console; a fatal one stops a
 * start and a configtest. */
int luci_config_check(apr_pool_t *conf, apr_pool_t *log, apr_pool_t *temp, server_rec *main_server);

/* Returns all findings (luci_site_finding_t), from pool: of the rules of core/config/site_rules.h, cookies
 * that browsers reject, origins that get no cookie, templates that cannot be read or parsed, and caches; in
 * configtest also databases and audit logs that cannot be opened. sites is the result of luci_site_tree_read.
 * is_dump: for luciactl, which checks database files itself; installed templates are checked, too. */
apr_array_header_t *luci_config_findings(server_rec *main_server, const apr_array_header_t *sites,
                                         int is_dump, apr_pool_t *pool);

#endif
