/* SPDX-License-Identifier: Apache-2.0 */
/* The database that a call is about, from --database or --config. */
#ifndef LUCI_CTL_DATABASE_H
#define LUCI_CTL_DATABASE_H

#include "core/db/db.h"
#include "ctl/cli/command.h"
#include "ctl/conf/ctl_config.h"

typedef struct {
    luci_ctl_config_t config;
    luci_db_target_t target;
    luci_db_t *db; /* NULL until it is opened */
    int audit;     /* the audit log's descriptor, -1: syslog; luci_admin_audit_open sets it */
} luci_ctl_database_t;

/* Which database, and with which settings; nothing is opened. DONE: *database belongs to the call, and must
 * not move. USAGE: said why. */
luci_exit_t luci_ctl_database_choose(luci_invocation_t *call, luci_ctl_database_t *database);

/* The same, and connects. The tables are there, with the columns of the settings' attributes. USAGE,
 * DATABASE; REFUSED: a column is missing. Said why. */
luci_exit_t luci_ctl_database_open(luci_invocation_t *call, luci_ctl_database_t *database);

/* The second half of that, after luci_ctl_database_choose; for who adds to the settings in between. */
luci_exit_t luci_ctl_database_connect(luci_invocation_t *call, luci_ctl_database_t *database);

/* Acts as httpd's user from now on, where this is root and a database of that target calls for it. REFUSED:
 * said why. */
luci_exit_t luci_ctl_database_act(const luci_ctl_config_t *config, const luci_db_target_t *target,
                                  apr_pool_t *pool);

/* The configuration that the call names. */
luci_ctl_source_t luci_ctl_database_source(luci_invocation_t *call);

/* Says that the user table has no such column, and how it gets one. Returns REFUSED. */
luci_exit_t luci_ctl_database_lacks(const luci_ctl_database_t *database, const char *column,
                                    apr_pool_t *pool);

/* Says why the database's last answer was not what was hoped for: BUSY, UNAVAILABLE, INTERNAL. Returns
 * DATABASE (for INTERNAL, REFUSED). */
luci_exit_t luci_ctl_database_failed(const luci_ctl_database_t *database, luci_result_t result);

#endif
