/* SPDX-License-Identifier: Apache-2.0 */
/* What administrators do goes into the audit log: the file of --audit-log or of the
 * configuration's LuciaAuditLog, else syslog's facility authpriv. */
#ifndef LUCI_ADMIN_AUDIT_H
#define LUCI_ADMIN_AUDIT_H

#include "core/account/user.h"
#include "core/event/event.h"
#include "ctl/lib/database.h"

/* Before an act: who can't be recorded does nothing. REFUSED: the file can't be opened, said. */
luci_exit_t luci_admin_audit_open(luci_invocation_t *call, luci_ctl_database_t *database);

/* An act on a user (NULL: on none in particular), and how it ended. count: of rows; 0: that goes without
 * saying. A log that can't be written is said, and the act stays. */
void luci_admin_audit_write(const luci_ctl_database_t *database, luci_event_kind_t kind,
                            const luci_user_t *user, luci_result_t result, apr_int64_t count);

/* The end of one session, by its tag. */
void luci_admin_audit_session(const luci_ctl_database_t *database, const char *tag, const luci_user_t *user);

#endif
