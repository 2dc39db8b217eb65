/* SPDX-License-Identifier: Apache-2.0 */
/* Tells the running server, through its control socket, of which sessions and users its caches and processes
 * must forget what they keep, so that a change is noticed at once and not only after LuciaSessionCacheTTL. */
#ifndef LUCI_SESSION_NOTICE_H
#define LUCI_SESSION_NOTICE_H

#include "ctl/lib/database.h"

/* Names a user who has changed, or NULL, and sessions whose rows were deleted. stored_ids: const char *, as
 * the table had them; NULL: none. A note says so if a server is there and cannot be told. Without a
 * configuration, or with LuciaControl off, nothing happens. */
void luci_session_notice_ended(luci_invocation_t *call, const luci_ctl_database_t *database,
                               const char *user_id, const apr_array_header_t *stored_ids);

/* Names a user whose row has changed, and the sessions that the user has now. */
void luci_session_notice_changed(luci_invocation_t *call, luci_ctl_database_t *database, const char *user_id);

#endif
