/* SPDX-License-Identifier: Apache-2.0 */
#include "core/session/local_cache.h"

#include <apr_shm.h>
#include <sodium.h>
#include <stdint.h>
#include <string.h>

#define WAYS 4 /* entries in which the content of a key may be */
#define WORDS (LUCI_LOCAL_ENTRY_MAX / 8)
#define NO_STRING 0 /* as an offset: SQL's NULL */

/* The entry's bytes: this, an offset for each string (the user's id, the username, the attributes), and the
 * strings with their NULs. An attribute that is the username has its offset. */
typedef struct {
    luci_local_key_t key;
    luci_ms_t read_at;
    luci_ms_t until;
    luci_ms_t active_expires;
    luci_ms_t idle_expires;
    luci_ms_t created_at;
    unsigned char digest[LUCI_SHA256_BYTES];
    luci_change_watch_t watch;
    apr_uint32_t lacks;
    uint16_t length; /* of all */
    uint16_t attributes;
    uint16_t factors;
    char tag[LUCI_EVENT_TAG_HEX + 1];
    uint16_t offset[];
} image_t;

/* While a thread writes an entry, its version is odd. */
typedef struct {
    volatile apr_uint32_t version;
    uint64_t words[WORDS];
} slot_t;

struct luci_local_table_t {
    size_t sets; /* a power of two, of WAYS slots each */
    slot_t *slots;
};

luci_local_table_t *luci_local_table_create(int entries, apr_pool_t *pool)
{
    luci_local_table_t *table = apr_pcalloc(pool, sizeof *table);
    apr_shm_t *memory; /* anonymous, so that it is zeroed, and only those pages exist that were written */

    table->sets = 1;
    while (table->sets * WAYS < (size_t)entries)
        table->sets *= 2;
    if (apr_shm_create(&memory, table->sets * WAYS * sizeof *table->slots, NULL, pool) != APR_SUCCESS)
        return NULL;
    table->slots = apr_shm_baseaddr_get(memory);
    return table;
}

luci_result_t luci_local_cache_begin(luci_local_cache_t *cache, luci_local_table_t *table,
                                     luci_change_counters_t *counters)
{
    luci_result_t result = luci_secret_random(cache->secret, sizeof cache->secret);

    cache->counters = counters;
    cache->table = result == LUCI_OK ? table : NULL;
    return result;
}

/* ---- Finding ---- */

luci_local_key_t luci_local_cache_key(const luci_local_cache_t *cache, const void *bytes, size_t length)
{
    luci_local_key_t key;

    (void)crypto_shorthash_siphashx24((unsigned char *)&key, bytes, length,
                                      cache->secret); /* it cannot fail */
    return key;
}

static uint64_t load(const uint64_t *word)
{
    return __atomic_load_n(word, __ATOMIC_RELAXED);
}

static slot_t *set_of(const luci_local_table_t *table, const luci_local_key_t *key)
{
    return &table->slots[(key->words[0] & (table->sets - 1)) * WAYS];
}

static int has_key(const slot_t *slot, const luci_local_key_t *key)
{
    return load(&slot->words[0]) == key->words[0] && load(&slot->words[1]) == key->words[1];
}

/* Copies words of a slot to memory of any type. */
static void copy_words(void *to, const slot_t *slot, size_t from, size_t end)
{
    for (size_t i = from; i < end; i++) {
        uint64_t word = load(&slot->words[i]);

        memcpy((char *)to + i * sizeof word, &word, sizeof word);
    }
}

/* Copies the entry of a slot, unless it has another key or is being written. */
static const image_t *copy(const slot_t *slot, const luci_local_key_t *key, apr_pool_t *pool)
{
    apr_uint32_t version = __atomic_load_n(&slot->version, __ATOMIC_ACQUIRE);
    image_t head, *image;
    size_t count;

    if (version & 1 || !has_key(slot, key))
        return NULL;
    copy_words(&head, slot, 0, sizeof head / sizeof(uint64_t));
    count = ((size_t)head.length + 7) / 8;
    if (count > WORDS || head.length < sizeof head)
        return NULL;
    image = apr_palloc(pool, count * 8);
    memcpy(image, &head, sizeof head);
    copy_words(image, slot, sizeof head / sizeof(uint64_t), count);
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    return __atomic_load_n(&slot->version, __ATOMIC_RELAXED) == version ? image : NULL;
}

static const char *string_at(const image_t *image, int i)
{
    return image->offset[i] == NO_STRING ? NULL : (const char *)image + image->offset[i];
}

static void unpack(const image_t *image, luci_local_content_t *content, apr_pool_t *pool)
{
    luci_session_t *session = &content->session;
    const char **attributes = apr_palloc(pool, sizeof *attributes * ((size_t)image->attributes + 1));

    *content = (luci_local_content_t){ .read_at = image->read_at, .until = image->until };
    session->active_expires = image->active_expires;
    session->idle_expires = image->idle_expires;
    session->created_at = image->created_at;
    session->factors = image->factors;
    memcpy(session->token.digest, image->digest, sizeof image->digest);
    memcpy(session->tag, image->tag, sizeof image->tag);
    session->user.id = string_at(image, 0);
    session->user.username = string_at(image, 1);
    session->user.lacks = image->lacks;
    for (int i = 0; i < image->attributes; i++)
        attributes[i] = string_at(image, i + 2);
    session->user.attributes = attributes;
}

luci_result_t luci_local_cache_find(const luci_local_cache_t *cache, const luci_local_key_t *key,
                                    luci_local_content_t *found, apr_pool_t *pool)
{
    slot_t *set;

    if (!cache->table)
        return LUCI_NOT_FOUND;
    set = set_of(cache->table, key);
    for (int i = 0; i < WAYS; i++) {
        const image_t *image = copy(&set[i], key, pool);

        if (!image)
            continue;
        if (!luci_change_watch_is_unchanged(&image->watch, cache->counters))
            return LUCI_NOT_FOUND;
        unpack(image, found, pool);
        return LUCI_OK;
    }
    return LUCI_NOT_FOUND;
}

/* ---- Keeping ---- */

typedef struct {
    int overflow;
    union {
        uint64_t words[WORDS];
        image_t image;
    } at; /* last, because the image ends with a flexible array */
} packer_t;

static void pack_string(packer_t *packer, int i, const char *string)
{
    image_t *image = &packer->at.image;
    size_t length = string ? strlen(string) + 1 : 0;

    if (packer->overflow || image->length + length > LUCI_LOCAL_ENTRY_MAX) {
        packer->overflow = 1;
        return;
    }
    image->offset[i] = string ? image->length : NO_STRING;
    memcpy((char *)image + image->length, string ? string : "", length);
    image->length = (uint16_t)(image->length + length);
}

/* Returns 0 if the content does not fit. */
static int pack(packer_t *packer, const luci_local_entry_t *entry)
{
    const luci_session_t *session = &entry->content->session;
    const luci_user_t *user = &session->user;
    image_t *image = &packer->at.image;
    size_t strings = sizeof *image + sizeof *image->offset * ((size_t)entry->values + 2);

    if (strings > LUCI_LOCAL_ENTRY_MAX)
        return 0;
    image->read_at = entry->content->read_at;
    image->until = entry->content->until;
    image->active_expires = session->active_expires;
    image->idle_expires = session->idle_expires;
    image->created_at = session->created_at;
    memcpy(image->digest, session->token.digest, sizeof image->digest);
    memcpy(image->tag, session->tag, sizeof image->tag);
    image->watch = entry->watch;
    image->lacks = user->lacks;
    image->attributes = (uint16_t)entry->values;
    image->factors = (uint16_t)session->factors;
    image->length = (uint16_t)strings;
    pack_string(packer, 0, user->id);
    pack_string(packer, 1, user->username);
    for (int i = 0; i < entry->values; i++) {
        if (user->attributes[i] == user->username)
            image->offset[i + 2] = image->offset[1];
        else
            pack_string(packer, i + 2, user->attributes[i]);
    }
    return !packer->overflow;
}

static luci_ms_t read_at(const slot_t *slot)
{
    return (luci_ms_t)load(&slot->words[offsetof(image_t, read_at) / 8]);
}

/* The slot of the same key, or else the one that was read first. */
static slot_t *choose(slot_t *set, const luci_local_key_t *key)
{
    slot_t *chosen = &set[0];

    for (int i = 0; i < WAYS; i++) {
        if (has_key(&set[i], key))
            return &set[i];
        if (read_at(&set[i]) < read_at(chosen))
            chosen = &set[i];
    }
    return chosen;
}

/* If another thread writes the slot, its content is kept instead. */
static void write_slot(slot_t *slot, const uint64_t *words, size_t count)
{
    apr_uint32_t version = __atomic_load_n(&slot->version, __ATOMIC_RELAXED);

    if (version & 1 || !__atomic_compare_exchange_n(&slot->version, &version, version + 1, 0,
                                                    __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
        return;
    __atomic_thread_fence(__ATOMIC_RELEASE);
    for (size_t i = 0; i < count; i++)
        __atomic_store_n(&slot->words[i], words[i], __ATOMIC_RELAXED);
    __atomic_store_n(&slot->version, version + 2, __ATOMIC_RELEASE);
}

void luci_local_cache_keep(const luci_local_cache_t *cache, const luci_local_entry_t *entry)
{
    packer_t packer = { 0 };
    image_t *image = &packer.at.image;

    if (!cache->table || !pack(&packer, entry))
        return;
    image->key = entry->key;
    write_slot(choose(set_of(cache->table, &entry->key), &entry->key), packer.at.words,
               ((size_t)image->length + 7) / 8);
}
