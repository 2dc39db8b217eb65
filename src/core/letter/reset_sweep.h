/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of the queue that ask for a link to a new password, and whose name no account has. Anyone can add them
 * (core/auth/reset_request.h), so that they are deleted many at a time, before any of them is claimed. */
#ifndef LUCI_RESET_SWEEP_H
#define LUCI_RESET_SWEEP_H

#include "core/mail/mail_queue.h"

/* Looks at some of the rows that no sender has claimed: LUCI_MAIL_PART_ROWS, from the id *from on ("" is the
 * first), which is moved on. Deletes those whose name no account has. OK: *dropped is their number.
 * NOT_FOUND: there are no more rows from there on. */
luci_result_t luci_reset_sweep(luci_db_t *db, const char **from, luci_ms_t now, int *dropped,
                               apr_pool_t *pool) LUCI_MUST_USE;

#endif
