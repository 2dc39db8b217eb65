/* SPDX-License-Identifier: Apache-2.0 */
/* Deletes sessions in small batches, with progress, until none is left or a signal interrupts it. */
#ifndef LUCI_PURGE_RUN_H
#define LUCI_PURGE_RUN_H

#include "ctl/lib/database.h"

/* Deletes the sessions that have expired at now. *removed is always set. REFUSED: interrupted. DATABASE: the
 * database failed. Errors are reported. */
luci_exit_t luci_purge_run_until(luci_invocation_t *call, luci_ctl_database_t *database, luci_ms_t now,
                                 apr_int64_t *removed);

/* Deletes the steps between password and second factor (core/factor/open_step.h) that have expired at now.
 * DATABASE as above. */
luci_exit_t luci_purge_run_steps(luci_invocation_t *call, luci_ctl_database_t *database, luci_ms_t now);

#endif
