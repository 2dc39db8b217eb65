/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions, in Lucia v2's model: active until active_expires; then idle, and used once it's
 * renewed; dead after idle_expires, or max_lifetime after its creation. One that was made in the future, by a
 * clock that was ahead, has no age that max_lifetime could be compared with, and is dead, too. Expiry is a
 * pure function of the session, the settings and now. */
#ifndef LUCI_SESSION_H
#define LUCI_SESSION_H

#include "core/account/user.h"
#include "core/base/secret.h"
#include "core/event/event.h"

typedef enum { LUCI_SESSION_ACTIVE, LUCI_SESSION_IDLE, LUCI_SESSION_DEAD } luci_session_state_t;

/* Strings belong to the pool it was read or made in. */
typedef struct {
    const char *id; /* the secret that the cookie holds; never stored as it is unless the settings say so,
                       never logged */
    unsigned char digest[LUCI_SHA256_BYTES]; /* the SHA-256 of the id */
    luci_user_t user;
    luci_ms_t active_expires;
    luci_ms_t idle_expires;
    luci_ms_t created_at; /* estimated from active_expires where the table doesn't say, or nobody
                             set a maximum lifetime */
    luci_session_state_t state;
    int fresh;                        /* made or renewed just now: the cookie is to be sent */
    char tag[LUCI_EVENT_TAG_HEX + 1]; /* stands for it in logs: the beginning of its digest (event.h) */
    int is_cached;                    /* it comes from the session cache */
    int is_bare; /* its row holds the id itself, as Lucia left it, although settings->tokens is hashed */
} luci_session_t;

/* Who signs in, for the session's row. Both may be NULL; whatever the client sent, only printable ASCII is
 * stored. */
typedef struct {
    const char *address;
    const char *user_agent;
} luci_client_t;

/* Somebody shows an id (of the right shape) at a moment. */
typedef struct {
    const char *id;              /* borrowed for as long as the session that is found */
    const unsigned char *digest; /* its SHA-256, computed once and passed on; NULL: not computed yet */
    luci_ms_t now;
    int may_write;     /* 0: nothing is renewed or removed on the way */
    int may_take_over; /* 0: nor hashed */
    int is_ending;     /* it is shown to end the session: nothing is hashed or renewed */
} luci_session_claim_t;

/* So many sessions of one user are kept, shared accounts and programs that sign in anew each time included;
 * one client must not fill the table. */
#define LUCI_SESSIONS_MAX 1000

/* Clocks of servers that share a table may differ by this. */
#define LUCI_CLOCKS_DIFFER (5 * LUCI_MS_MINUTE)

luci_session_state_t luci_session_state(const luci_session_t *session, const luci_settings_t *settings,
                                        luci_ms_t now);

/* When a session was made of which only active_expires is known: not in the future. */
luci_ms_t luci_session_estimate(luci_ms_t active_expires, const luci_settings_t *settings, luci_ms_t now);

/* Sets both moments from now on, as a new or renewed session has them, within the maximum lifetime. */
void luci_session_extend(luci_session_t *session, const luci_settings_t *settings, luci_ms_t now);

/* The SHA-256 of a claim's id. */
luci_result_t luci_session_digest(const luci_session_claim_t *claim,
                                  unsigned char digest[LUCI_SHA256_BYTES]) LUCI_MUST_USE;

/* Sets what identifies a session: its id, the id's digest, and its tag. id is borrowed. */
void luci_session_set_id(luci_session_t *session, const char *id,
                         const unsigned char digest[LUCI_SHA256_BYTES]);

/* A new session for user, not yet stored: a new random id, from pool. INTERNAL without randomness. */
luci_result_t luci_session_new(luci_session_t *session, const luci_user_t *user,
                               const luci_settings_t *settings, luci_ms_t now,
                               apr_pool_t *pool) LUCI_MUST_USE;

/* Stores it. */
luci_result_t luci_session_insert(luci_db_t *db, const luci_session_t *session,
                                  const luci_settings_t *settings, const luci_client_t *client,
                                  apr_pool_t *scratch) LUCI_MUST_USE;

/* Makes room for one more session of a user, whose lock the transaction has (luci_user_lock): where there are
 * LUCI_SESSIONS_MAX, those that would end first are removed; *removed: how many. Nothing is done where the
 * table has no index on user_id, without which it would be read from end to end. */
luci_result_t luci_session_make_room(luci_db_t *db, const char *user_id, int *removed,
                                     apr_pool_t *scratch) LUCI_MUST_USE;

/* Reads the session of a claim with its user, and judges it; writes nothing. Where ids are stored hashed, a
 * row that Lucia left counts as well. OK: active or idle. EXPIRED:
 * dead, still stored. DENIED: its user is disabled. NOT_FOUND. */
luci_result_t luci_session_get(luci_db_t *db, const luci_session_claim_t *claim,
                               const luci_settings_t *settings, luci_session_t *session,
                               apr_pool_t *pool) LUCI_MUST_USE;

/* Moves both moments of an idle session forward, with one UPDATE: then it's active and fresh. NOT_FOUND when
 * someone else renewed or ended it meanwhile; the session stays as it was read. */
luci_result_t luci_session_renew(luci_db_t *db, luci_session_t *session, const luci_settings_t *settings,
                                 luci_ms_t now, apr_pool_t *scratch) LUCI_MUST_USE;

/* Replaces the id in a bare session's row by its hash. NOT_FOUND when someone else did, or ended it. */
luci_result_t luci_session_hash(luci_db_t *db, luci_session_t *session, const luci_settings_t *settings,
                                apr_pool_t *scratch) LUCI_MUST_USE;

/* Removes it, bare or not. NOT_FOUND when it was not there. */
luci_result_t luci_session_delete(luci_db_t *db, const char *id, const luci_settings_t *settings,
                                  apr_pool_t *scratch) LUCI_MUST_USE;

#endif
