/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions kept at hand, so that a gated request need not ask the database. It may always miss: a
 * store that is full, slow or gone, or that holds something else, costs a look into the database and never an
 * answer.
 *
 * The key of a session is the SHA-256 of its id, XORed with the namespace key of the database that it belongs
 * to: two servers with different databases never meet, and who knows the hash that the session table holds
 * can work out the key. Servers that read the same rows differently (other attributes, other tokens) share
 * the key, so that an end reaches all of them, but take each other's records for foreign. Only active
 * sessions are kept, and none longer than the TTL or its active period.
 *
 * Who ends a session first removes its row and then ends its key for one TTL, so that somebody who read the
 * row before can't keep it any more. Who keeps one also looks at the row again afterwards, for the stores
 * that can't keep both apart or that have lost the end. */
#ifndef LUCI_SESSION_CACHE_H
#define LUCI_SESSION_CACHE_H

#include "core/base/secret.h"
#include "core/session/session.h"

/* Where records are kept, shared by all processes of a server or by several servers. key has
 * LUCI_SHA256_BYTES bytes. Anything but OK from retrieve is a miss. From store, OK: the record is there;
 * UNAVAILABLE: it may be there all the same; anything else: it's not. */
typedef struct {
    /* *length is the size of record before, and of what was found afterwards. */
    luci_result_t (*retrieve)(void *baton, const unsigned char *key, unsigned char *record, size_t *length,
                              apr_pool_t *scratch);
    /* Puts a record in place of another one, but never of an end. */
    luci_result_t (*store)(void *baton, const unsigned char *key, const unsigned char *record, size_t length,
                           luci_ms_t until, apr_pool_t *scratch);
    /* Removes what is there and keeps others from storing for that long. */
    luci_result_t (*end)(void *baton, const unsigned char *key, luci_ms_t duration, apr_pool_t *scratch);
    void *baton;
} luci_session_store_t;

/* Read-only once it is made; shared by threads. */
typedef struct {
    luci_session_store_t store;
    const luci_settings_t *settings;
    luci_ms_t ttl;
    unsigned char namespace_key[LUCI_SHA256_BYTES]; /* of the database: in the keys */
    unsigned char seal[LUCI_SHA256_BYTES]; /* of the database and how its rows are read: with the key in the
                                              records */
} luci_session_cache_t;

/* Marks it as the cache for a database: driver, params and, from cache->settings, what decides how its rows
 * are read. Servers that share a store and a database must name the database in the same words. INTERNAL
 * without SHA-256. */
luci_result_t luci_session_cache_namespace(luci_session_cache_t *cache, const char *driver,
                                           const char *params, apr_pool_t *scratch) LUCI_MUST_USE;

/* The active session of a claim, as it was at most one TTL ago, from pool. NOT_FOUND: ask the database. */
luci_result_t luci_session_cache_find(const luci_session_cache_t *cache, const luci_session_claim_t *claim,
                                      luci_session_t *session, apr_pool_t *pool) LUCI_MUST_USE;

/* Keeps a session that was read from the database at a moment. OK and UNAVAILABLE: it may be there now. Else
 * it's not. */
luci_result_t luci_session_cache_keep(const luci_session_cache_t *cache, const luci_session_t *session,
                                      luci_ms_t read_at, apr_pool_t *scratch) LUCI_MUST_USE;

/* Ends the session of an id; best effort, what can't be reached ends with the TTL. */
void luci_session_cache_forget(const luci_session_cache_t *cache, const char *id, apr_pool_t *scratch);

#endif
