/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of the session table as administrators see them: a tag stands for the id, which is secret. */
#ifndef LUCI_SESSION_LIST_H
#define LUCI_SESSION_LIST_H

#include "core/session/session.h"

/* Strings are valid during the call of luci_session_each_fn. */
typedef struct {
    char tag[LUCI_EVENT_TAG_HEX + 1];
    const char
        *stored_id; /* the stored id, for luci_session_list_delete; a secret if ids are stored unhashed */
    const char *user_id;
    const char *username; /* NULL: the user does not exist */
    luci_ms_t active_expires;
    luci_ms_t idle_expires;
    const char *created_at; /* this and the following strings are as stored; NULL: unknown */
    const char *last_seen;
    const char *address;
    const char *user_agent;
    luci_session_state_t state;
} luci_listed_session_t;

/* Returns 1 to continue, 0 to stop. */
typedef int luci_session_each_fn(void *baton, const luci_listed_session_t *session, apr_pool_t *scratch);

typedef struct {
    const char *user_id; /* sessions of this user; NULL: of all users */
    luci_ms_t now;
    luci_session_each_fn *each;
    void *baton;
} luci_session_list_t;

/* Calls each for every session, in the order of the stored ids. Results as luci_paging_walk; INTERNAL if
 * SHA-256 is unavailable. */
luci_result_t luci_session_list(luci_db_t *db, const luci_session_list_t *list,
                                apr_pool_t *scratch) LUCI_MUST_USE;

/* Calls each for the session of a token, which list->user_id does not narrow. NOT_FOUND: there is none. */
luci_result_t luci_session_list_one(luci_db_t *db, const luci_session_list_t *list,
                                    const luci_session_token_t *token, apr_pool_t *scratch) LUCI_MUST_USE;

/* Deletes the row of a stored id, also if an unhashed id was replaced by its hash since it was listed.
 * NOT_FOUND: the row does not exist any more. */
luci_result_t luci_session_list_delete(luci_db_t *db, const char *stored_id,
                                       apr_pool_t *scratch) LUCI_MUST_USE;

#endif
