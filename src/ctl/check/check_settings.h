/* SPDX-License-Identifier: Apache-2.0 */
/* What directives name and what is not there: modules, columns, the audit log; what does not go
 * together. */
#ifndef LUCI_CHECK_SETTINGS_H
#define LUCI_CHECK_SETTINGS_H

#include "core/config/site_rules.h"
#include "ctl/check/finding.h"
#include "ctl/conf/conf_servers.h"

/* Of one server: the stores of LuciaSessionCache and LuciaThrottle, and LuciaAuditLog. */
void luci_check_settings(const luci_conf_servers_t *servers, const luci_conf_server_t *server,
                         luci_findings_t *findings);

/* Lines of all servers that name a column which is not in LuciaUserAttributes. */
void luci_check_columns(const luci_conf_servers_t *servers, luci_findings_t *findings);

/* What the rules of site_rules.h find, which configtest says as well. */
void luci_check_rules(const luci_conf_servers_t *servers, const luci_file_user_t *user,
                      luci_findings_t *findings);

#endif
