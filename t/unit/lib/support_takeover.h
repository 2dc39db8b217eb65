/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of the takeover share: a database with a session that Lucia v2 left, its id as it is, and
 * who shows it. */
#ifndef LUCI_SUPPORT_TAKEOVER_H
#define LUCI_SUPPORT_TAKEOVER_H

#include "lib/support_auth.h"

#define DAY LUCI_MS_DAY
#define BARE "abcdefghijklmnopqrstuvwxyz0123456789abcd"
#define UNKNOWN "0000000000000000000000000000000000000000"
#define HASH                                                                                                 \
    "0f595b824eb4eb7d9fb3b8c7aa23dbc305a92a2cd21bb9180722507216ba3871" /* BARE's, as sha256sum has it */
#define BARE_ROWS "SELECT count(*) FROM user_session WHERE id = '" BARE "'"
#define HASHED_ROWS "SELECT count(*) FROM user_session WHERE id = '" HASH "'"

extern support_auth_t *lucia;
extern luci_session_t found;  /* the last one that was shown */
extern luci_result_t written; /* whether what was due then was written */

/* Before all others. */
void support_takeover(apr_pool_t *pool);

/* A database in our tables or in Lucia's, where alice has the session BARE, active until then. */
void start(const char *name, int ours, luci_ms_t active);
void stop(void);

/* Another session of hers. */
void leave_session(const char *of, luci_ms_t active);

void run_on_lucia(const char *sql);

/* Somebody shows an id. */
luci_result_t show(const char *shown, luci_ms_t now, int may_write);

/* Checks how many rows have BARE and how many its hash. */
void is_stored(int bare, int hashed, const char *what);

#endif
