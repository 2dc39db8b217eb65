/* SPDX-License-Identifier: Apache-2.0 */
/* The steps between password and second factor that are open. The browser has the step itself, in a sealed
 * cookie (core/auth/step.h); its row says that the step is still good for something. The transaction that
 * stores the session of a step deletes its row, so that a step is completed once, on any node and with
 * whatever codes; and what ends all sessions of a user deletes all rows of the user, so that nothing that was
 * under way completes afterwards. */
#ifndef LUCI_OPEN_STEP_H
#define LUCI_OPEN_STEP_H

#include "core/db/db.h"

/* The maximum number of open steps of one user, as of sessions (LUCI_SESSIONS_MAX): it keeps one client from
 * filling the table. */
#define LUCI_OPEN_STEPS_MAX 1000

/* Strings are borrowed. */
typedef struct {
    const char *id; /* SHA-256 of what only the cookie has, in hex */
    const char *user_id;
    luci_ms_t expires; /* only for luci_open_step_insert */
} luci_open_step_t;

/* Opens a step, in a transaction that holds the user's lock (luci_user_lock), and deletes those of the user
 * that have expired, and the oldest beyond LUCI_OPEN_STEPS_MAX. UNAVAILABLE also if there is no table:
 * without a row, no step would be worth anything.
 */
luci_result_t luci_open_step_insert(luci_db_t *db, const luci_open_step_t *step, luci_ms_t now,
                                    apr_pool_t *scratch) LUCI_MUST_USE;

/* OK if the step is open, NOT_FOUND if it is not. UNAVAILABLE also if there is no table. */
luci_result_t luci_open_step_find(luci_db_t *db, const luci_open_step_t *step, luci_ms_t now,
                                  apr_pool_t *scratch) LUCI_MUST_USE;

/* Spends a step, in the transaction of what it completes, which holds the user's lock. NOT_FOUND: it is not
 * open any more, and nothing may be completed with it. */
luci_result_t luci_open_step_spend(luci_db_t *db, const luci_open_step_t *step, luci_ms_t now,
                                   apr_pool_t *scratch) LUCI_MUST_USE;

/* Ends all open steps of a user, in a transaction that holds the user's lock; OK also if there is no table.
 * A site without LuciaSecondFactor does not look for it, unless finds_steps of its target says so
 * (db.h). */
luci_result_t luci_open_steps_void(luci_db_t *db, const char *user_id, apr_pool_t *scratch) LUCI_MUST_USE;

/* Deletes up to LUCI_STEP_BATCH rows of steps that have expired at that time. *removed is their number; fewer
 * than that: there are no more, or there is no table. */
luci_result_t luci_open_steps_purge(luci_db_t *db, luci_ms_t now, int *removed,
                                    apr_pool_t *scratch) LUCI_MUST_USE;

#endif
