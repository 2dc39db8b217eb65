/* SPDX-License-Identifier: Apache-2.0 */
/* The session cache saves gated requests a query. It may always miss: a store that is full, slow, unavailable
 * or that contains other data costs a query, and never changes the result.
 *
 * The key of a session is the SHA-256 of its id, XORed with the namespace key of its database. Servers with
 * different databases never share keys, and a key can be computed from the hash in the session table. Servers
 * that read the same rows differently (other attributes or tokens) share keys, so that the end of a session
 * reaches all of them, but reject each other's records because of the seal. Only active sessions are cached,
 * at most for the TTL and not beyond their active period.
 *
 * To end a session, its row is deleted first; then its key is blocked for one TTL, so that a concurrent
 * request that had read the row cannot store it. In addition, a request that stores a session makes sure
 * afterwards that it has not ended, because some stores cannot block a key or may lose the block: if only
 * this machine uses the store, the change counter of the session tells (each end moves it between the
 * deletion of the row and the block); otherwise, or if it has moved, the request reads the row again. */
#ifndef LUCI_SESSION_CACHE_H
#define LUCI_SESSION_CACHE_H

#include "core/base/change_counters.h"
#include "core/base/secret.h"
#include "core/base/shared_table.h"
#include "core/session/local_cache.h"

/* The keys of sessions that have ended or changed. */
typedef struct {
    const unsigned char *keys; /* LUCI_SHA256_BYTES bytes each */
    int count;
    luci_ms_t duration; /* how long the keys are blocked */
} luci_session_ends_t;

/* The store of the cache, shared by the processes of one server or by several servers. key has
 * LUCI_SHA256_BYTES bytes. Any result of retrieve other than OK is a miss. Results of store: OK: stored;
 * UNAVAILABLE: possibly stored; others: not stored. */
typedef struct {
    /* *length is the size of record on entry and the length of the stored record on return. */
    luci_result_t (*retrieve)(void *baton, const unsigned char *key, unsigned char *record, size_t *length,
                              apr_pool_t *scratch);
    /* Stores a record; replaces another record, but never a block. */
    luci_result_t (*store)(void *baton, const unsigned char *key, const luci_shared_value_t *value,
                           apr_pool_t *scratch);
    /* Deletes the records of the keys and blocks the keys. Waits for a bounded time, which does not depend on
     * their number. */
    luci_result_t (*end)(void *baton, const luci_session_ends_t *ends, apr_pool_t *scratch);
    void *baton;
} luci_session_store_t;

/* Read-only after it was set up; threads share it. */
typedef struct {
    luci_session_store_t store;
    luci_local_cache_t local; /* its counters may be NULL: processes keep nothing of their own */
    const luci_settings_t *settings;
    int values; /* of a user (luci_settings_values); luci_session_cache_namespace sets it */
    luci_ms_t ttl;
    luci_ms_t local_ttl; /* how long a process uses a session that it found in the store */
    int is_counted; /* each end of a session in the store moves a change counter: local.counters are those
                       of all processes that use the store */
    unsigned char namespace_key[LUCI_SHA256_BYTES]; /* of the database: in the keys */
    unsigned char seal[LUCI_SHA256_BYTES];          /* of the database and of how its rows are read: in the
                                                       records, together with the key */
} luci_session_cache_t;

/* Sets namespace key, seal and values from the database (driver, params) and from the settings that determine
 * how its rows are read. Servers that share a store and a database must use the same text for params.
 * INTERNAL if SHA-256 is unavailable. */
luci_result_t luci_session_cache_namespace(luci_session_cache_t *cache, const char *driver,
                                           const char *params, apr_pool_t *scratch) LUCI_MUST_USE;

/* Finds the active session of an id that this process found lately, as it was at most one TTL ago, from pool,
 * with its token. NOT_FOUND: luci_session_cache_find. */
luci_result_t luci_session_cache_recall(const luci_session_cache_t *cache, const char *id, luci_ms_t now,
                                        luci_session_t *session, apr_pool_t *pool) LUCI_MUST_USE;

/* Finds the active session of a claim, as it was at most one TTL ago, from pool. NOT_FOUND: query the
 * database. */
luci_result_t luci_session_cache_find(const luci_session_cache_t *cache, const luci_session_claim_t *claim,
                                      luci_session_t *session, apr_pool_t *pool) LUCI_MUST_USE;

/* The change counter of a session, to be taken before its row is read. */
apr_uint32_t luci_session_cache_counter(const luci_session_cache_t *cache, const luci_session_token_t *token);

/* Whether no end of the session can have been missed since its counter had the value counted; 0: unknown. */
int luci_session_cache_is_unchanged(const luci_session_cache_t *cache, const luci_session_token_t *token,
                                    apr_uint32_t counted);

/* Stores a session that was read from the database at read_at, unless its user expires (user.h) before the
 * record would. OK and UNAVAILABLE: it may be in the cache now; other results: it is not. */
luci_result_t luci_session_cache_keep(const luci_session_cache_t *cache, const luci_session_t *session,
                                      luci_ms_t read_at, apr_pool_t *scratch) LUCI_MUST_USE;

/* Deletes count sessions and blocks their keys. Best effort: if the store is unavailable, the records expire
 * after the TTL. */
void luci_session_cache_forget(const luci_session_cache_t *cache, const luci_session_token_t *tokens,
                               int count, apr_pool_t *scratch);

#endif
