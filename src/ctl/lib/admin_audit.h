/* SPDX-License-Identifier: Apache-2.0 */
/* The audit lines of administrators' changes. They are written to the file of --audit-log or of the
 * configuration's LuciaAuditLog, otherwise to syslog with the facility authpriv. */
#ifndef LUCI_ADMIN_AUDIT_H
#define LUCI_ADMIN_AUDIT_H

#include "core/account/user.h"
#include "core/event/event.h"
#include "ctl/lib/database.h"

/* Opens the audit log. A command calls this before it changes anything, so that no change goes unrecorded.
 * REFUSED: the file cannot be opened, with a message. */
luci_exit_t luci_admin_audit_open(luci_invocation_t *call, luci_ctl_database_t *database);

/* Writes a change with its result. user is NULL if the change concerns no single user. count is the number of
 * rows; 0 leaves it out. If the line cannot be written, a message says so, and the change stays. */
void luci_admin_audit_write(const luci_ctl_database_t *database, luci_event_kind_t kind,
                            const luci_user_t *user, luci_result_t result, apr_int64_t count);

/* Writes the end of one session, by its tag. */
void luci_admin_audit_session(const luci_ctl_database_t *database, const char *tag, const luci_user_t *user);

/* Writes what was done to an app password, by its tag. */
void luci_admin_audit_app_password(const luci_ctl_database_t *database, const char *tag,
                                   const luci_user_t *user, luci_result_t result);

/* Writes what was done to an invitation; tag NULL or "": it does not exist yet. */
void luci_admin_audit_invitation(const luci_ctl_database_t *database, luci_event_kind_t kind, const char *tag,
                                 luci_result_t result);

/* Writes that a second factor of a user was removed; factor is its kind. */
void luci_admin_audit_factor(const luci_ctl_database_t *database, const char *factor, const luci_user_t *user,
                             luci_result_t result);

#endif
