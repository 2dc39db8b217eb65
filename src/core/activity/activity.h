/* SPDX-License-Identifier: Apache-2.0 */
/* LuciaActivity: what happened to an account lately, for its owner: sign-ins, wrong passwords, changes. It is
 * made from events (event.h), and nothing depends on it: what cannot be written is left out. The table does
 * not grow without bounds: a user has at most LUCI_ACTIVITY_KEPT successes and as many failures, and rows
 * that are older than LUCI_ACTIVITY_LASTS are deleted. Attempts with unknown names are not written. */
#ifndef LUCI_ACTIVITY_H
#define LUCI_ACTIVITY_H

#include "core/db/activity_table.h"
#include "core/db/db.h"
#include "core/event/event.h"

#define LUCI_ACTIVITY_LASTS (90 * LUCI_MS_DAY)

/* A row. Strings may be NULL, except for user_id and what. */
typedef struct {
    const char *user_id;
    luci_ms_t at;
    const char *what;   /* luci_event_name */
    const char *reason; /* luci_reason_name; NULL: it succeeded */
    const char *address;
    const char *user_agent;
    int has_device; /* the request had a device cookie, of whatever account */
} luci_activity_t;

/* Where an event belongs. */
typedef enum {
    LUCI_ACTIVITY_NONE,   /* not into the table */
    LUCI_ACTIVITY_ROW,    /* into the table, as the user's */
    LUCI_ACTIVITY_NOBODYS /* it would be a row if there were such a user */
} luci_activity_kind_t;
luci_activity_kind_t luci_activity_kind(const luci_event_t *event);

/* Inserts a row and deletes those of the user beyond the maximum, in one transaction. NOT_FOUND: the database
 * has no such table. */
luci_result_t luci_activity_write(luci_db_t *db, const luci_activity_t *row,
                                  apr_pool_t *scratch) LUCI_MUST_USE;

/* Reads the rows of a user, the latest first: an array of luci_activity_t from pool. NOT_FOUND as above. */
luci_result_t luci_activity_read(luci_db_t *db, const char *user_id, apr_array_header_t **rows,
                                 apr_pool_t *pool) LUCI_MUST_USE;

/* Deletes up to LUCI_ACTIVITY_BATCH rows that are too old. *removed is their number; fewer than that: there
 * are no more. NOT_FOUND as above. */
luci_result_t luci_activity_purge(luci_db_t *db, luci_ms_t now, int *removed,
                                  apr_pool_t *scratch) LUCI_MUST_USE;

#endif
