/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of the session table as administrators see them: never an id, for which a tag stands.
 */
#ifndef LUCI_SESSION_LIST_H
#define LUCI_SESSION_LIST_H

#include "core/session/session.h"

#define LUCI_SESSION_TAG_HEX 12 /* characters: the beginning of the SHA-256 of the id */

/* Strings last as long as the call that shows it. */
typedef struct {
    char tag[LUCI_SESSION_TAG_HEX + 1];
    const char
        *stored_id; /* what the table holds, for luci_session_list_delete; where that is the id, a secret */
    const char *user_id;
    const char *username; /* NULL: there is no such user */
    luci_ms_t active_expires;
    luci_ms_t idle_expires;
    const char *created_at; /* this and the following as the table has them; NULL: not known */
    const char *last_seen;
    const char *address;
    const char *user_agent;
    luci_session_state_t state;
} luci_listed_session_t;

/* 1: go on; 0: that was enough. */
typedef int luci_session_each_fn(void *baton, const luci_listed_session_t *session, apr_pool_t *scratch);

typedef struct {
    const char *user_id; /* whose; NULL: everybody's */
    luci_ms_t now;
    luci_session_each_fn *each;
    void *baton;
} luci_session_list_t;

/* Calls each for every session, in the order of what the table holds. As luci_paging_walk; INTERNAL without
 * SHA-256. */
luci_result_t luci_session_list(luci_db_t *db, const luci_session_list_t *list,
                                apr_pool_t *scratch) LUCI_MUST_USE;

/* Removes the row of a stored id, also where Lucia's has got its hash since it was listed. NOT_FOUND when it
 * was not there any more. */
luci_result_t luci_session_list_delete(luci_db_t *db, const char *stored_id,
                                       apr_pool_t *scratch) LUCI_MUST_USE;

#endif
