/* SPDX-License-Identifier: Apache-2.0 */
/* The sessions that one process has found in the session cache lately. A further request with the same id
 * costs no SHA-256, no call to the provider, no lock and no parsing.
 *
 * An entry is valid as long as the change counter of its session is what it was before the session was read.
 * The counters are in memory that all processes of the machine share; each end or change of a session
 * increments one after it was committed and removed from the shared cache. Therefore a process that starts to
 * read after that finds neither, and an entry that was read before that is invalid, in every process, before
 * the request that made the change is answered.
 *
 * The counter of a session follows from its SHA-256 and the namespace of its database, so that clients cannot
 * choose which sessions share one. A sign-out with a random id invalidates one in LUCI_LOCAL_COUNTERS
 * entries, which costs their next requests a call to the provider.
 *
 * The key of an entry is SipHash-2-4 of the id, of 128 bits, with a random key of the process: an entry
 * contains no id, and a client that does not know the key cannot find two ids of one entry. Threads share the
 * table without a lock: a reader that meets a writer finds nothing. */
#ifndef LUCI_LOCAL_CACHE_H
#define LUCI_LOCAL_CACHE_H

#include "core/session/session.h"

#define LUCI_LOCAL_COUNTERS 65536
#define LUCI_LOCAL_ENTRY_MAX 512 /* bytes; larger sessions are not kept */

/* The change counters. Initially all zeros. */
typedef struct {
    volatile apr_uint32_t of[LUCI_LOCAL_COUNTERS];
} luci_local_counters_t;

/* The entries of a process, for all its caches. */
typedef struct luci_local_table_t luci_local_table_t;

/* What is kept of a session, and when it was read from the database. */
typedef struct {
    luci_session_t session; /* with the digest of its token, without state */
    luci_ms_t read_at;
    luci_ms_t until; /* the caller does not use it from then on */
} luci_local_content_t;

/* The cache of sessions that are read alike: of one database, with the same attributes. */
typedef struct {
    luci_local_table_t *table;       /* NULL: nothing is kept */
    luci_local_counters_t *counters; /* NULL: no process of the machine keeps anything */
    unsigned char secret[16];        /* keys the hash; set by luci_local_cache_begin */
} luci_local_cache_t;

/* A table of at least so many entries, from pool. NULL: no memory. */
luci_local_table_t *luci_local_table_create(int entries, apr_pool_t *pool);

/* Starts a cache with a new secret. INTERNAL: there is no randomness; cache->table is NULL. */
luci_result_t luci_local_cache_begin(luci_local_cache_t *cache, luci_local_table_t *table,
                                     luci_local_counters_t *counters) LUCI_MUST_USE;

/* Finds what is kept for an id; strings and arrays are from pool. NOT_FOUND. */
luci_result_t luci_local_cache_find(const luci_local_cache_t *cache, const char *id,
                                    luci_local_content_t *found, apr_pool_t *pool) LUCI_MUST_USE;

/* The counter of the session with this key of the shared cache, now; to be taken before the session is read.
 * Without counters 0. */
apr_uint32_t luci_local_counter(const luci_local_counters_t *counters,
                                const unsigned char key[LUCI_SHA256_BYTES]);

/* Invalidates what all processes keep of the session with this key. counters may be NULL. */
void luci_local_counter_move(luci_local_counters_t *counters, const unsigned char key[LUCI_SHA256_BYTES]);

/* Keeps a session, which has its token, and was read after its counter had the value counted. attributes: the
 * number of user.attributes. */
typedef struct {
    const luci_local_content_t *content;
    int attributes;
    const unsigned char *key; /* of the shared cache */
    apr_uint32_t counted;
} luci_local_entry_t;

void luci_local_cache_keep(const luci_local_cache_t *cache, const luci_local_entry_t *entry);

#endif
