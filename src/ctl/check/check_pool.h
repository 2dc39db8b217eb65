/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a database server has enough connections for the handles of all processes of httpd. */
#ifndef LUCI_CHECK_POOL_H
#define LUCI_CHECK_POOL_H

#include "core/db/capacity.h"
#include "ctl/check/finding.h"
#include "ctl/conf/ctl_config.h"

/* Judges the pool of the server with this number in config, whose database has this capacity. */
void luci_check_pool(const luci_ctl_config_t *config, int at, const luci_capacity_t *capacity,
                     luci_findings_t *findings);

#endif
