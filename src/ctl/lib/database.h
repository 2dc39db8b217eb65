/* SPDX-License-Identifier: Apache-2.0 */
/* The database of a command, which --database or --config names. Functions that return luci_exit_t report
 * their errors. */
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

/* Determines the database and its settings, without opening it. DONE: *database is set, and must not be moved
 * or copied. USAGE: an option or the configuration is wrong. */
luci_exit_t luci_ctl_database_choose(luci_invocation_t *call, luci_ctl_database_t *database);

/* Does the same and connects. DONE: the tables of Lucia exist, with the columns of the settings' attributes,
 * and a note named those of the module that are missing. USAGE, DATABASE; REFUSED: a column is missing. */
luci_exit_t luci_ctl_database_open(luci_invocation_t *call, luci_ctl_database_t *database);

/* The second half of luci_ctl_database_open, for commands that change the settings after
 * luci_ctl_database_choose. */
luci_exit_t luci_ctl_database_connect(luci_invocation_t *call, luci_ctl_database_t *database);

/* If this process is root, acts as httpd's user from now on, where the target requires it (server_user.h).
 * REFUSED: that is impossible. */
luci_exit_t luci_ctl_database_act(const luci_ctl_config_t *config, const luci_db_target_t *target,
                                  apr_pool_t *pool);

/* The configuration that the options name. */
luci_ctl_source_t luci_ctl_database_source(luci_invocation_t *call);

/* Reports that the user table lacks a column, with the statement that adds it. Returns REFUSED. */
luci_exit_t luci_ctl_database_lacks(const luci_ctl_database_t *database, const char *column,
                                    apr_pool_t *pool);

/* Reports that a table of the module is missing. The message begins with what, such as "there are no
 * passkeys, because"; with directive, httpd creates the table. Returns REFUSED. */
luci_exit_t luci_ctl_database_lacks_table(const luci_ctl_database_t *database, const luci_table_t *table,
                                          const char *what, const char *directive, apr_pool_t *pool);

/* Reports the last error of the database, whose result is BUSY, UNAVAILABLE or INTERNAL. Returns DATABASE;
 * for INTERNAL, REFUSED. */
luci_exit_t luci_ctl_database_failed(const luci_ctl_database_t *database, luci_result_t result);

#endif
