/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a database has what the module wants, and whether its rows hold together. */
#ifndef LUCI_CHECK_DATABASE_H
#define LUCI_CHECK_DATABASE_H

#include "core/db/capacity.h"
#include "ctl/check/finding.h"

/* Connects to the database and checks it, without changing anything. *capacity is all zeros if it could not
 * be asked. */
void luci_check_database(const luci_db_target_t *target, luci_capacity_t *capacity,
                         luci_findings_t *findings);

#endif
