/* SPDX-License-Identifier: Apache-2.0 */
/* A hash table of fixed size in memory that processes share. It never grows: a new record replaces an expired
 * one, or the one of the lowest worth. No number of records of low worth evicts one of higher worth, and a
 * record that is written again keeps its place.
 *
 * Keys are hashes that clients cannot choose. Their lowest bits select a part of the table; records of one
 * part do not evict those of another. If a process dies while it holds the table's lock, the table stays
 * usable. */
#ifndef LUCI_SHARED_TABLE_H
#define LUCI_SHARED_TABLE_H

#include "core/base/secret.h"
#include "core/base/settings.h"

#include <stdint.h>

#define LUCI_SHARED_TABLE_PART_BITS 2
#define LUCI_SHARED_TABLE_PARTS (1 << LUCI_SHARED_TABLE_PART_BITS)

typedef struct luci_shared_table_t luci_shared_table_t;

/* One record. */
typedef struct {
    unsigned char key[LUCI_SHA256_BYTES];
    luci_ms_t until; /* when it expires; 0: the place is empty */
    apr_int64_t
        worth; /* the record of the lowest worth is replaced first; among equals the one that expires first */
    apr_uint32_t length;
    unsigned char bytes[];
} luci_shared_record_t;

/* The minimum size of the memory in bytes, for records of at most record_max bytes each. */
size_t luci_shared_table_min(size_t record_max);

/* Creates the table in shared memory of the given size, which must be zeroed and aligned for any type. NULL:
 * the memory is too small, or the system has no process-shared locks. */
luci_shared_table_t *luci_shared_table_make(void *memory, size_t bytes, size_t record_max);

/* The number of records that fit into the table. */
size_t luci_shared_table_room(const luci_shared_table_t *table);

/* Locks the table; waits at most about wait ms. BUSY: the table is not locked. The functions below require
 * the lock. */
luci_result_t luci_shared_table_hold(luci_shared_table_t *table, luci_ms_t wait) LUCI_MUST_USE;
void luci_shared_table_release(luci_shared_table_t *table);

/* The record of a key, valid until the table is released. NULL: the key has no record, or it has expired. */
const luci_shared_record_t *luci_shared_table_find(luci_shared_table_t *table,
                                                   const unsigned char key[LUCI_SHA256_BYTES], luci_ms_t now);

/* A value to store. */
typedef struct {
    const void *bytes;
    size_t length; /* at most record_max */
    luci_ms_t until;
    apr_int64_t worth;
} luci_shared_value_t;

/* Stores a value; it replaces the key's own record or another one, as described above. */
void luci_shared_table_put(luci_shared_table_t *table, const unsigned char key[LUCI_SHA256_BYTES],
                           const luci_shared_value_t *value, luci_ms_t now);

/* Removes a record. NOT_FOUND: the key has no record. */
luci_result_t luci_shared_table_remove(luci_shared_table_t *table,
                                       const unsigned char key[LUCI_SHA256_BYTES]) LUCI_MUST_USE;

/* Calls each for all records that have not expired. */
typedef void luci_shared_table_each_fn(void *baton, const luci_shared_record_t *record);
void luci_shared_table_each(luci_shared_table_t *table, luci_ms_t now, luci_shared_table_each_fn *each,
                            void *baton);

#endif
