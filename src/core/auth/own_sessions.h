/* SPDX-License-Identifier: Apache-2.0 */
/* The use cases of people who look at their own sessions, and end some of them. A session is named by its
 * tag; only sessions of the same user are ever found by one. */
#ifndef LUCI_OWN_SESSIONS_H
#define LUCI_OWN_SESSIONS_H

#include "core/auth/auth.h"

/* A living session. */
typedef struct {
    char tag[LUCI_EVENT_TAG_HEX + 1];
    int is_current;
    luci_ms_t created_at; /* 0: unknown; so is last_seen */
    luci_ms_t last_seen;
    const char *address; /* NULL: unknown; so is user_agent */
    const char *user_agent;
} luci_own_session_t;

/* The list. */
typedef struct {
    apr_array_header_t *sessions; /* luci_own_session_t; at most LUCI_SESSIONS_MAX */
    int is_all; /* 0: the session table has no index on user_id, so that to list the others would mean to read
                   all of it */
} luci_own_sessions_t;

/* Lists the living sessions of the user of a session, from pool: that one first, then those seen last. */
luci_result_t luci_own_sessions_list(const luci_auth_t *auth, const luci_session_t *session, luci_ms_t now,
                                     luci_own_sessions_t *list, apr_pool_t *pool) LUCI_MUST_USE;

/* What is to end. */
typedef struct {
    const luci_session_t *session; /* of the request */
    const char *tag;               /* of the one to end; NULL: all but session */
    luci_ms_t now;
    int has_ended_current; /* output: the session of the request is one of those that ended */
} luci_own_sessions_ending_t;

/* Ends sessions in one transaction under the user's lock, removes them from the caches, and reports an event
 * for each. OK: they have ended. NOT_FOUND: the user has no session with that tag, or no others.
 * CONFLICT: the session table has no index on user_id. DENIED: the user has a second factor that the session
 * lacks. BUSY, UNAVAILABLE, INTERNAL. */
luci_result_t luci_own_sessions_end(const luci_auth_t *auth, luci_own_sessions_ending_t *ending,
                                    apr_pool_t *pool) LUCI_MUST_USE;

#endif
