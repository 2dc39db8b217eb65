/* SPDX-License-Identifier: Apache-2.0 */
/* The start-up checks: what no directive can judge alone. They run when the whole configuration was read and
 * merged, at a start and at configtest. */
#ifndef LUCI_CONFIG_CHECK_H
#define LUCI_CONFIG_CHECK_H

#include "core/config/site_rules.h"

#include <httpd.h>

/* The check_config hook. Logs each finding on the error log and the console; a fatal one stops the start,
 * also of configtest. Notes are not logged. */
int luci_config_check(apr_pool_t *conf, apr_pool_t *log, apr_pool_t *temp, server_rec *main_server);

/* Everything that the checks find (luci_site_finding_t), from pool: the rules of core/config/site_rules.h,
 * cookies that browsers reject, origins that get no cookie, templates that can't be read or parsed, caches;
 * in configtest also databases and audit logs that can't be opened. sites: as luci_site_tree_read returns
 * them. is_dump: for luciactl, which looks at database files itself; installed templates are checked, too. */
apr_array_header_t *luci_config_findings(server_rec *main_server, const apr_array_header_t *sites,
                                         int is_dump, apr_pool_t *pool);

#endif
