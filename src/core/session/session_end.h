/* SPDX-License-Identifier: Apache-2.0 */
/* Names all sessions of a user for the caches that may hold them, and ends them. */
#ifndef LUCI_SESSION_END_H
#define LUCI_SESSION_END_H

#include "core/session/session.h"

/* Sets *tokens to an array of luci_session_token_t, whose ids are NULL, of the sessions of a user, from pool.
 * It is complete only in a transaction that holds the user's lock (luci_user_lock). Results as
 * luci_session_list. */
luci_result_t luci_session_tokens(luci_db_t *db, const char *user_id, apr_array_header_t **tokens,
                                  apr_pool_t *pool) LUCI_MUST_USE;

/* Finds the stored id of the session with two factors that a user got at a time, from pool. NOT_FOUND: it has
 * ended; also without the columns that say so, or where looking would scan a large table. */
luci_result_t luci_session_find_made(luci_db_t *db, const char *user_id, luci_ms_t created_at,
                                     const char **stored_id, apr_pool_t *pool) LUCI_MUST_USE;

/* Deletes the session of a stored id, in such a transaction, and adds its token to an array as that of
 * luci_session_end_all. OK also if there is no such row any more. */
luci_result_t luci_session_end_one(luci_db_t *db, const char *stored_id, apr_array_header_t *ended,
                                   apr_pool_t *scratch) LUCI_MUST_USE;

/* Deletes the sessions of a user, and the steps that would become some (core/factor/open_step.h), in a
 * transaction that holds the user's lock (luci_user_lock), so that no session appears or gets another id
 * meanwhile. *ended: an array of luci_session_token_t from pool, whose ids
 * are NULL, of the sessions that were deleted; they are to be removed from the caches after COMMIT, and also
 * if the transaction fails, because it may have been committed.
 *
 * The rows are deleted one by one by the primary key: on MySQL, a deletion by user_id would lock gaps of the
 * index, too, and make sign-ins of other users wait. Results as luci_session_list. */
luci_result_t luci_session_end_all(luci_db_t *db, const char *user_id, apr_array_header_t **ended,
                                   apr_pool_t *pool) LUCI_MUST_USE;

#endif
