/* SPDX-License-Identifier: Apache-2.0 */
/* Failed checks of a key's password in a row. The key table counts them, for all nodes and over restarts; a
 * right password sets them back. A key that has reached LUCI_FAILURES_MAX takes no password any more, except
 * from a device that was signed in before (NIST SP 800-63B-4, section 3.2.2). core/auth/attempt_limit.h
 * decides which requests may pass.
 *
 * A table without the column counts nothing. */
#ifndef LUCI_FAILURES_H
#define LUCI_FAILURES_H

#include "core/account/key.h"
#include "core/db/key_table.h"

/* 1: the key has reached the maximum. */
int luci_failures_are_too_many(const luci_key_t *key);

/* Counts a failure. *is_last: it is the one that reached the maximum; more are not counted. */
luci_result_t luci_failures_add(luci_db_t *db, const char *key_id, int *is_last,
                                apr_pool_t *scratch) LUCI_MUST_USE;

/* Sets the failures of a key, in a table that counts them. */
luci_result_t luci_failures_set(luci_db_t *db, const char *key_id, int failures,
                                apr_pool_t *scratch) LUCI_MUST_USE;

/* Sets the failures of a key back. OK also if there were none. */
luci_result_t luci_failures_clear(luci_db_t *db, const char *key_id, apr_pool_t *scratch) LUCI_MUST_USE;

/* The same for all keys of a user. */
luci_result_t luci_failures_clear_all(luci_db_t *db, const char *user_id, apr_pool_t *scratch) LUCI_MUST_USE;

/* The most failures of a key of a user; LUCI_KEY_UNCOUNTED. */
luci_result_t luci_failures_of_user(luci_db_t *db, const char *user_id, int *failures,
                                    apr_pool_t *scratch) LUCI_MUST_USE;

/* Tells whether this account of the database may count failures. OK also if there is no column. */
luci_result_t luci_failures_try(luci_db_t *db, apr_pool_t *scratch) LUCI_MUST_USE;

#endif
