/* SPDX-License-Identifier: Apache-2.0 */
#include "core/throttle/throttle_mirror.h"

#include <string.h>

#define PART_MASK (LUCI_SHARED_TABLE_PARTS - 1)

luci_result_t luci_throttle_mirror_hold(const luci_throttle_mirror_t *mirror)
{
    return luci_shared_table_hold(mirror->table, mirror->wait);
}

void luci_throttle_mirror_release(const luci_throttle_mirror_t *mirror)
{
    luci_shared_table_release(mirror->table);
}

/* The key of a copy, in the same part as that of the count. */
static luci_result_t place_of(const luci_throttle_mirror_t *mirror,
                              const unsigned char key[LUCI_SHA256_BYTES],
                              unsigned char place[LUCI_SHA256_BYTES])
{
    luci_result_t result = luci_secret_hmac(mirror->secret, key, LUCI_SHA256_BYTES, place);

    place[0] = (unsigned char)((place[0] & ~PART_MASK) | (key[0] & PART_MASK));
    return result;
}

static luci_result_t read_copy(const luci_throttle_mirror_t *mirror, const luci_shared_record_t *record,
                               luci_throttle_copy_t *copy)
{
    const unsigned char *bytes = record->bytes;
    luci_throttle_copy_t read;

    if (record->length < LUCI_THROTTLE_COPY_HEAD ||
        luci_throttle_record_read(bytes + LUCI_THROTTLE_COPY_HEAD, record->length - LUCI_THROTTLE_COPY_HEAD,
                                  mirror->node, &read.count) != LUCI_OK)
        return LUCI_NOT_FOUND;
    memcpy(read.key, bytes, sizeof read.key);
    memcpy(&read.is_stored, bytes + sizeof read.key, sizeof read.is_stored);
    *copy = read;
    return LUCI_OK;
}

luci_result_t luci_throttle_mirror_find(const luci_throttle_mirror_t *mirror, luci_throttle_copy_t *copy,
                                        const luci_throttle_clock_t *clock)
{
    unsigned char place[LUCI_SHA256_BYTES];
    const luci_shared_record_t *found;

    if (place_of(mirror, copy->key, place) != LUCI_OK)
        return LUCI_NOT_FOUND;
    found = luci_shared_table_find(mirror->table, place, clock->now - clock->ahead);
    return found ? read_copy(mirror, found, copy) : LUCI_NOT_FOUND;
}

void luci_throttle_mirror_put(const luci_throttle_mirror_t *mirror, const luci_throttle_copy_t *copy,
                              luci_ms_t until, const luci_throttle_clock_t *clock)
{
    unsigned char place[LUCI_SHA256_BYTES];
    unsigned char bytes[LUCI_THROTTLE_COPY_HEAD + LUCI_THROTTLE_RECORD_MAX];
    luci_shared_value_t value = { .bytes = bytes, .until = until - clock->ahead };
    luci_throttle_count_t count = copy->count;

    count.others_count = 0;
    if (place_of(mirror, copy->key, place) != LUCI_OK)
        return;
    if (until <= clock->now && luci_shared_table_remove(mirror->table, place) != LUCI_INTERNAL)
        return;
    memcpy(bytes, copy->key, sizeof copy->key);
    memcpy(bytes + sizeof copy->key, &copy->is_stored, sizeof copy->is_stored);
    value.length =
        LUCI_THROTTLE_COPY_HEAD + luci_throttle_record_write(&count, bytes + LUCI_THROTTLE_COPY_HEAD);
    value.worth = luci_throttle_count_worth(&count, clock->now);
    luci_shared_table_put(mirror->table, place, &value, clock->now - clock->ahead);
}

typedef struct {
    const luci_throttle_mirror_t *mirror;
    luci_throttle_mirror_each_fn *each;
    void *baton;
} reader_t;

static void read_each(void *baton, const luci_shared_record_t *record)
{
    const reader_t *reader = baton;
    luci_throttle_copy_t copy;

    if (read_copy(reader->mirror, record, &copy) == LUCI_OK)
        reader->each(reader->baton, &copy);
}

void luci_throttle_mirror_each(const luci_throttle_mirror_t *mirror, luci_ms_t now,
                               luci_throttle_mirror_each_fn *each, void *baton)
{
    reader_t reader = { mirror, each, baton };

    luci_shared_table_each(mirror->table, now, read_each, &reader);
}
