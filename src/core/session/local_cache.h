/* SPDX-License-Identifier: Apache-2.0 */
/* What one process keeps for itself: the sessions that it has found in the session cache lately, and the
 * users whose password it has verified lately (core/auth/known_password.h). A further request with the same
 * id costs no SHA-256, no call to the provider, no lock and no parsing.
 *
 * An entry is valid as long as the change counters that it depends on have not moved (change_counters.h). The
 * counter of a session moves after each end or change of the session was committed and removed from the
 * shared cache: a process that starts to read after that finds neither. It follows from the session's SHA-256
 * and the namespace of its database, so that clients cannot choose which sessions share one. A sign-out with
 * a random id invalidates one in LUCI_CHANGE_COUNTERS entries, which costs their next requests a call to the
 * provider.
 *
 * The key of an entry is SipHash-2-4 of the id, or of name and password, of 128 bits, with a random key of
 * the cache: an entry contains neither, and a client that does not know that key cannot find two ids of one
 * entry. Threads share the table without a lock: a reader that meets a writer finds nothing. */
#ifndef LUCI_LOCAL_CACHE_H
#define LUCI_LOCAL_CACHE_H

#include "core/base/change_counters.h"
#include "core/session/session.h"

#include <stdint.h>

#define LUCI_LOCAL_ENTRY_MAX 512 /* bytes; larger sessions are not kept */

/* The entries of a process, for all its caches. */
typedef struct luci_local_table_t luci_local_table_t;

/* What an entry is found by: the hash of a session's id, or of what a client knows otherwise. */
typedef struct {
    uint64_t words[2];
} luci_local_key_t;

/* What is kept of a session, and when it was read from the database; of a password only the user and the
 * times. */
typedef struct {
    luci_session_t session; /* with its tag and the digest of its token, without its id and state */
    luci_ms_t read_at;
    luci_ms_t until; /* the caller does not use it from then on */
} luci_local_content_t;

/* The cache of entries that are read alike: of one kind and one database, with the same attributes. */
typedef struct {
    luci_local_table_t *table;        /* NULL: nothing is kept */
    luci_change_counters_t *counters; /* NULL: no process of the machine keeps anything */
    unsigned char secret[16];         /* keys the hash; set by luci_local_cache_begin */
} luci_local_cache_t;

/* A table of at least so many entries, from pool. NULL: no memory. */
luci_local_table_t *luci_local_table_create(int entries, apr_pool_t *pool);

/* Starts a cache with a new secret. INTERNAL: there is no randomness; cache->table is NULL. */
luci_result_t luci_local_cache_begin(luci_local_cache_t *cache, luci_local_table_t *table,
                                     luci_change_counters_t *counters) LUCI_MUST_USE;

/* The key of an id, or of other bytes. */
luci_local_key_t luci_local_cache_key(const luci_local_cache_t *cache, const void *bytes, size_t length);

/* Finds what is kept under a key; strings and arrays are from pool. NOT_FOUND. */
luci_result_t luci_local_cache_find(const luci_local_cache_t *cache, const luci_local_key_t *key,
                                    luci_local_content_t *found, apr_pool_t *pool) LUCI_MUST_USE;

/* An entry, which was read after its counters had the values of the watch. values: the number of
 * user.attributes. */
typedef struct {
    luci_local_key_t key;
    const luci_local_content_t *content;
    int values;
    luci_change_watch_t watch;
} luci_local_entry_t;

void luci_local_cache_keep(const luci_local_cache_t *cache, const luci_local_entry_t *entry);

#endif
