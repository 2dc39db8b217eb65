/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions removed in small batches, with progress, until all are gone or somebody interrupts. */
#ifndef LUCI_PURGE_RUN_H
#define LUCI_PURGE_RUN_H

#include "ctl/lib/database.h"

/* Removes what is dead at a moment. *removed is set in any case. DONE; REFUSED: interrupted, said; DATABASE.
 */
luci_exit_t luci_purge_run_until(luci_invocation_t *call, luci_ctl_database_t *database, luci_ms_t now,
                                 apr_int64_t *removed);

#endif
