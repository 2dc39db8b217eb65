/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/shared_table.h"

#include "core/base/thread.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

/* The number of places in which a key may be stored, which form a set (set-associative table). As keys are
 * hashes, valuable records hardly ever fill a whole set. */
#define WAYS 16

struct luci_shared_table_t {
    pthread_mutex_t lock;
    size_t record_max;
    size_t stride; /* bytes from one record to the next */
    uint32_t sets; /* of each part */
    unsigned char *records;
};

static size_t rounded(size_t bytes, size_t to)
{
    return (bytes + to - 1) / to * to;
}

static size_t head_bytes(void)
{
    return rounded(sizeof(luci_shared_table_t), sizeof(luci_ms_t));
}

static size_t stride_of(size_t record_max)
{
    return rounded(sizeof(luci_shared_record_t) + record_max, sizeof(luci_ms_t));
}

/* ---- Creation ---- */

size_t luci_shared_table_min(size_t record_max)
{
    return head_bytes() + (size_t)LUCI_SHARED_TABLE_PARTS * WAYS * stride_of(record_max);
}

/* The memory has the same address in all processes, because they are forked from the one that created it. */
luci_shared_table_t *luci_shared_table_make(void *memory, size_t bytes, size_t record_max)
{
    luci_shared_table_t *table = memory;
    size_t stride = stride_of(record_max);

    if (bytes < luci_shared_table_min(record_max) || luci_thread_shared_lock(&table->lock) != 0)
        return NULL;
    table->record_max = record_max;
    table->stride = stride;
    table->sets = (uint32_t)((bytes - head_bytes()) / ((size_t)LUCI_SHARED_TABLE_PARTS * WAYS * stride));
    table->records = (unsigned char *)memory + head_bytes();
    return table;
}

size_t luci_shared_table_room(const luci_shared_table_t *table)
{
    return (size_t)table->sets * WAYS * LUCI_SHARED_TABLE_PARTS;
}

/* ---- The lock ---- */

/* The lock is held for microseconds, so that polling after a pause is cheap. */
luci_result_t luci_shared_table_hold(luci_shared_table_t *table, luci_ms_t wait)
{
    const struct timespec pause = { 0, 1000000 };
    int code = pthread_mutex_trylock(&table->lock);

    for (; code == EBUSY && wait > 0; wait--) {
        (void)nanosleep(&pause, NULL);
        code = pthread_mutex_trylock(&table->lock);
    }
    /* A record whose writer died before it was complete has length 0 and does not exist. */
    if (code == EOWNERDEAD)
        code = pthread_mutex_consistent(&table->lock);
    return code == 0 ? LUCI_OK : LUCI_BUSY;
}

void luci_shared_table_release(luci_shared_table_t *table)
{
    pthread_mutex_unlock(&table->lock);
}

/* ---- Records ---- */

static luci_shared_record_t *record_at(const luci_shared_table_t *table, size_t place)
{
    return (luci_shared_record_t *)(void *)(table->records + place * table->stride);
}

/* The first place of the set of a key. */
static size_t set_of(const luci_shared_table_t *table, const unsigned char *key)
{
    size_t part = key[0] & (LUCI_SHARED_TABLE_PARTS - 1);
    uint32_t number = (uint32_t)key[1] << 24 | (uint32_t)key[2] << 16 | (uint32_t)key[3] << 8 | key[4];

    return (part * table->sets + number % table->sets) * WAYS;
}

static int is_there(const luci_shared_record_t *record, luci_ms_t now)
{
    return record->length > 0 && record->until > now;
}

static luci_shared_record_t *find(const luci_shared_table_t *table, const unsigned char *key)
{
    size_t set = set_of(table, key);

    for (size_t i = 0; i < WAYS; i++) {
        luci_shared_record_t *record = record_at(table, set + i);

        if (record->length > 0 && memcmp(record->key, key, LUCI_SHA256_BYTES) == 0)
            return record;
    }
    return NULL;
}

const luci_shared_record_t *luci_shared_table_find(luci_shared_table_t *table,
                                                   const unsigned char key[LUCI_SHA256_BYTES], luci_ms_t now)
{
    const luci_shared_record_t *record = find(table, key);

    return record && is_there(record, now) ? record : NULL;
}

/* 1 if a new record takes the place of a rather than of b. */
static int is_replaced_before(const luci_shared_record_t *a, const luci_shared_record_t *b, luci_ms_t now)
{
    if (!is_there(a, now) || !is_there(b, now))
        return !is_there(a, now) && is_there(b, now);
    return a->worth != b->worth ? a->worth < b->worth : a->until < b->until;
}

static luci_shared_record_t *place_for(const luci_shared_table_t *table, const unsigned char *key,
                                       luci_ms_t now)
{
    luci_shared_record_t *own = find(table, key), *first;
    size_t set = set_of(table, key);

    if (own)
        return own;
    first = record_at(table, set);
    for (size_t i = 1; i < WAYS; i++) {
        if (is_replaced_before(record_at(table, set + i), first, now))
            first = record_at(table, set + i);
    }
    return first;
}

void luci_shared_table_put(luci_shared_table_t *table, const unsigned char key[LUCI_SHA256_BYTES],
                           const luci_shared_value_t *value, luci_ms_t now)
{
    luci_shared_record_t *record = place_for(table, key, now);
    size_t length = value->length < table->record_max ? value->length : table->record_max;

    __atomic_store_n(&record->length, 0,
                     __ATOMIC_SEQ_CST); /* the record does not exist until it is complete */
    memcpy(record->key, key, LUCI_SHA256_BYTES);
    memcpy(record->bytes, value->bytes, length);
    record->until = value->until;
    record->worth = value->worth;
    __atomic_store_n(&record->length, (apr_uint32_t)length, __ATOMIC_SEQ_CST);
}

luci_result_t luci_shared_table_remove(luci_shared_table_t *table, const unsigned char key[LUCI_SHA256_BYTES])
{
    luci_shared_record_t *record = find(table, key);

    if (!record)
        return LUCI_NOT_FOUND;
    record->length = 0;
    return LUCI_OK;
}

void luci_shared_table_each(luci_shared_table_t *table, luci_ms_t now, luci_shared_table_each_fn *each,
                            void *baton)
{
    for (size_t place = 0; place < luci_shared_table_room(table); place++) {
        const luci_shared_record_t *record = record_at(table, place);

        if (is_there(record, now))
            each(baton, record);
    }
}
