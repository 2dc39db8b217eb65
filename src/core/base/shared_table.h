/* SPDX-License-Identifier: Apache-2.0 */
/* Records of a fixed size in memory that processes share, found by a key. The memory never grows:
 * a new record takes the place of one that has expired, else of the one that is worth least. So what is worth
 * much is not pushed out by any number of records that are worth little, and a record that is written again
 * keeps its place.
 *
 * Keys are hashes that clients cannot choose. Their lowest bits say which part of the table they lie in:
 * parts do not push each other out. A process that dies while it holds the table leaves it usable. */
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
    luci_ms_t until;   /* from then on it is as good as none; 0: there is none */
    apr_int64_t worth; /* the one that is worth least goes first; of equals the one that ends first */
    apr_uint32_t length;
    unsigned char bytes[];
} luci_shared_record_t;

/* The smallest memory for records of at most record_max bytes each. */
size_t luci_shared_table_min(size_t record_max);

/* Makes the table in memory of so many bytes, all of them zero, aligned for any type and shared by all who
 * will use it. NULL: the memory is too small, or the system has no lock to share. */
luci_shared_table_t *luci_shared_table_make(void *memory, size_t bytes, size_t record_max);

/* How many records it has room for. */
size_t luci_shared_table_room(const luci_shared_table_t *table);

/* Holds it against all others, for which it waits about so many ms at most. BUSY: it is not held. What
 * follows is to be called while it is held. */
luci_result_t luci_shared_table_hold(luci_shared_table_t *table, luci_ms_t wait) LUCI_MUST_USE;
void luci_shared_table_release(luci_shared_table_t *table);

/* The record of a key, to be looked at until the table is released; NULL: there is none at this moment. */
const luci_shared_record_t *luci_shared_table_find(luci_shared_table_t *table,
                                                   const unsigned char key[LUCI_SHA256_BYTES], luci_ms_t now);

/* What is to be stored. */
typedef struct {
    const void *bytes;
    size_t length; /* at most record_max */
    luci_ms_t until;
    apr_int64_t worth;
} luci_shared_value_t;

/* Stores it in the place of what the key had, or of another record as said above. */
void luci_shared_table_put(luci_shared_table_t *table, const unsigned char key[LUCI_SHA256_BYTES],
                           const luci_shared_value_t *value, luci_ms_t now);

/* NOT_FOUND: there was none. */
luci_result_t luci_shared_table_remove(luci_shared_table_t *table,
                                       const unsigned char key[LUCI_SHA256_BYTES]) LUCI_MUST_USE;

/* Shows all records that have not expired. */
typedef void luci_shared_table_each_fn(void *baton, const luci_shared_record_t *record);
void luci_shared_table_each(luci_shared_table_t *table, luci_ms_t now, luci_shared_table_each_fn *each,
                            void *baton);

#endif
