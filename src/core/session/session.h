/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions, in the model of Lucia v2. A session is active until active_expires, then idle until idle_expires,
 * and an idle session is renewed when it is used. It has expired after idle_expires, or max_lifetime after it
 * was created. A session that was created in the future, by a server whose clock was ahead, has no age to
 * compare with max_lifetime and counts as expired, too. Expiry is a pure function of the session, the
 * settings and the time. */
#ifndef LUCI_SESSION_H
#define LUCI_SESSION_H

#include "core/account/user.h"
#include "core/base/secret.h"
#include "core/event/event.h"

typedef enum { LUCI_SESSION_ACTIVE, LUCI_SESSION_IDLE, LUCI_SESSION_EXPIRED } luci_session_state_t;

/* What identifies a session: its id and the SHA-256 of the id, which is computed once and handed down. */
typedef struct {
    const char *id; /* the secret in the cookie; stored unhashed only with LUCI_TOKENS_PLAIN, never logged */
    unsigned char digest[LUCI_SHA256_BYTES];
} luci_session_token_t;

/* Strings belong to the pool in which the session was read or created. */
typedef struct {
    luci_session_token_t token;
    luci_user_t user;
    luci_ms_t active_expires;
    luci_ms_t idle_expires;
    luci_ms_t created_at; /* estimated from active_expires if the table has no such value, or if
                             max_lifetime is not set */
    luci_ms_t proved_at;  /* only of a session that is inserted; 0: never */
    int factors;          /* with how many its holder signed in, 1 or 2; 1 also if the table does not say */
    luci_session_state_t state;
    int fresh;                        /* just created or renewed: the cookie must be sent */
    char tag[LUCI_EVENT_TAG_HEX + 1]; /* stands for it in logs: the beginning of its digest (event.h) */
    int is_cached;                    /* it was read from the session cache */
    int is_unhashed; /* the row contains the id itself, as Lucia writes it, although tokens is hashed */
} luci_session_t;

/* The client that signs in, for the session's row. Both strings may be NULL; characters other than printable
 * ASCII are stored as "?". */
typedef struct {
    const char *address;
    const char *user_agent;
} luci_client_t;

/* A session that a request presents. */
typedef struct {
    const luci_session_token_t *token; /* of a well-formed id, which must outlive the session that is found */
    luci_ms_t now;
    int may_write;   /* 0: the session is neither renewed nor deleted */
    int may_migrate; /* 0: an unhashed id in the row is not replaced by its hash */
    int is_ending;   /* the request ends the session: nothing is hashed or renewed */
} luci_session_claim_t;

/* The maximum number of sessions of one user. It allows for shared accounts and for programs that sign in for
 * each request, and keeps one client from filling the table. */
#define LUCI_SESSIONS_MAX 1000

/* The tolerated difference between the clocks of servers that share a table. */
#define LUCI_CLOCKS_DIFFER (5 * LUCI_MS_MINUTE)

/* The state of a session at the time now. */
luci_session_state_t luci_session_state(const luci_session_t *session, const luci_settings_t *settings,
                                        luci_ms_t now);

/* Estimates when a session was created from active_expires; never in the future. */
luci_ms_t luci_session_estimate(luci_ms_t active_expires, const luci_settings_t *settings, luci_ms_t now);

/* Sets both expiry times of a new or renewed session, within the maximum lifetime. */
void luci_session_extend(luci_session_t *session, const luci_settings_t *settings, luci_ms_t now);

/* Makes the token of an id, which is borrowed. INTERNAL: SHA-256 is unavailable; *token is unusable. */
luci_result_t luci_session_token(luci_session_token_t *token, const char *id) LUCI_MUST_USE;

/* Makes the token of a stored id, for caches: its id is NULL. INTERNAL as above. */
luci_result_t luci_session_stored_token(luci_session_token_t *token, const char *stored_id) LUCI_MUST_USE;

/* Sets a session's token, and the tag that follows from it. */
void luci_session_set_token(luci_session_t *session, const luci_session_token_t *token);

/* Creates a session with a random id, from pool, without storing it. INTERNAL if randomness is unavailable.
 */
luci_result_t luci_session_new(luci_session_t *session, const luci_user_t *user,
                               const luci_settings_t *settings, luci_ms_t now,
                               apr_pool_t *pool) LUCI_MUST_USE;

/* Inserts the row of a new session, whose holder has just proved to be its user. BUSY, UNAVAILABLE. */
luci_result_t luci_session_insert(luci_db_t *db, const luci_session_t *session,
                                  const luci_settings_t *settings, const luci_client_t *client,
                                  apr_pool_t *scratch) LUCI_MUST_USE;

/* Makes room for one more session of a user, in a transaction that holds the user's lock (luci_user_lock): if
 * the user has max sessions (0: LUCI_SESSIONS_MAX), those that would expire first are deleted. *removed: an
 * array of luci_session_token_t from pool, whose ids are NULL, of those that were deleted; they are to be
 * removed from the caches as luci_session_end_all says. Does nothing if the table has no index on user_id,
 * because it would scan the whole table. */
luci_result_t luci_session_make_room(luci_db_t *db, const char *user_id, int max,
                                     apr_array_header_t **removed, apr_pool_t *pool) LUCI_MUST_USE;

/* Reads the session of a claim with its user, and determines its state; writes nothing. If ids are stored
 * hashed, a row with an unhashed id is found, too. OK: active or idle. EXPIRED: expired, its row still
 * exists. DENIED: the user is disabled. NOT_FOUND. */
luci_result_t luci_session_get(luci_db_t *db, const luci_session_claim_t *claim,
                               const luci_settings_t *settings, luci_session_t *session,
                               apr_pool_t *pool) LUCI_MUST_USE;

/* When the holder of a session last proved to be its user: at sign-in, sign-up, a change of the password or a
 * confirmation, each of which inserts the session's row. *proved_at: the time; 0: never, as in a row that
 * Lucia wrote, or the session has ended. NOT_FOUND: the table has no column proved_at. */
luci_result_t luci_session_proved_at(luci_db_t *db, const luci_session_token_t *token,
                                     const luci_settings_t *settings, luci_ms_t *proved_at,
                                     apr_pool_t *scratch) LUCI_MUST_USE;

/* Whether a proof at proved_at is at most within old. A proof in the future, by a server whose clock was
 * ahead, does not count, as for the maximum lifetime. */
int luci_session_is_proved(luci_ms_t proved_at, luci_ms_t within, luci_ms_t now);

/* Extends an idle session with one UPDATE; it is active and fresh then. NOT_FOUND: a concurrent request has
 * renewed or ended it; *session is unchanged. */
luci_result_t luci_session_renew(luci_db_t *db, luci_session_t *session, const luci_settings_t *settings,
                                 luci_ms_t now, apr_pool_t *scratch) LUCI_MUST_USE;

/* Replaces the unhashed id in a session's row by its hash (is_unhashed). NOT_FOUND: a concurrent request has
 * done so, or has ended the session. */
luci_result_t luci_session_hash_stored_id(luci_db_t *db, luci_session_t *session,
                                          const luci_settings_t *settings, apr_pool_t *scratch) LUCI_MUST_USE;

/* Deletes the row of a session, hashed or not. NOT_FOUND: there was none. */
luci_result_t luci_session_delete(luci_db_t *db, const luci_session_token_t *token,
                                  const luci_settings_t *settings, apr_pool_t *scratch) LUCI_MUST_USE;

#endif
