/* SPDX-License-Identifier: Apache-2.0 */
#include "core/throttle/throttle.h"

#include "core/base/shared_table.h"
#include "core/throttle/device.h"

#include <apr_strings.h>
#include <arpa/inet.h>
#include <string.h>

#define FIELD "\n" /* separates fields; names and addresses do not contain it */
#define NETWORK_BYTES 8

/* ---- Addresses ---- */

static const char *network_of(const struct in6_addr *address, apr_pool_t *pool)
{
    char text[INET6_ADDRSTRLEN];
    struct in6_addr network = { 0 };

    memcpy(&network, address, NETWORK_BYTES);
    return inet_ntop(AF_INET6, &network, text, sizeof text) ? apr_pstrcat(pool, text, "/64", NULL) : NULL;
}

const char *luci_throttle_address(const char *address, apr_pool_t *pool)
{
    const char *plain = apr_pstrmemdup(pool, address, strcspn(address, "%/")), *network;
    char mapped[INET_ADDRSTRLEN];
    struct in6_addr six;

    if (inet_pton(AF_INET6, plain, &six) != 1)
        return plain;
    if (IN6_IS_ADDR_V4MAPPED(&six) && inet_ntop(AF_INET, six.s6_addr + 12, mapped, sizeof mapped))
        return apr_pstrdup(pool, mapped);
    network = network_of(&six, pool);
    return network ? network : plain;
}

/* ---- Keys ---- */

/* The shared table finds the part of a record in the lowest bits of its key's first byte (shared_table.h). */
#define PART_MASK (LUCI_SHARED_TABLE_PARTS - 1)

static luci_result_t key_of(const luci_throttle_t *throttle, luci_throttle_kind_t kind, const char *words,
                            unsigned char key[LUCI_SHA256_BYTES], apr_pool_t *scratch)
{
    const char *text = apr_psprintf(scratch, "%d" FIELD "%s", (int)kind, words);
    luci_result_t result = luci_secret_sha256(text, strlen(text), key);

    for (int i = 0; i < LUCI_SHA256_BYTES; i++)
        key[i] ^= throttle->namespace_key[i];
    key[0] = (unsigned char)((key[0] & ~PART_MASK) | luci_throttle_kind(kind)->part);
    return result;
}

/* The name in a key's id, without the provider. */
static const char *name_of(const char *account)
{
    const char *colon = strchr(account, ':');

    return colon ? colon + 1 : account;
}

/* ---- The store ---- */

typedef luci_result_t change_fn(luci_throttle_count_t *count, const luci_throttle_entry_t *entry,
                                luci_attempt_t *attempt);

static luci_result_t count_try(luci_throttle_count_t *count, const luci_throttle_entry_t *entry,
                               luci_attempt_t *attempt)
{
    return luci_throttle_count_try(count, entry->limit, attempt->now, &attempt->retry_after);
}

static luci_result_t undo_try(luci_throttle_count_t *count, const luci_throttle_entry_t *entry,
                              luci_attempt_t *attempt)
{
    (void)entry;
    (void)attempt;
    luci_throttle_count_undo(count);
    return LUCI_OK;
}

static luci_result_t count_failure(luci_throttle_count_t *count, const luci_throttle_entry_t *entry,
                                   luci_attempt_t *attempt)
{
    luci_throttle_count_failure(count, entry->limit, attempt->now);
    return LUCI_OK;
}

/* A record that cannot be read counts as an empty one. */
static luci_result_t read_count(const luci_throttle_store_t *store, const luci_throttle_entry_t *entry,
                                luci_throttle_count_t *count, apr_pool_t *scratch)
{
    unsigned char record[LUCI_THROTTLE_RECORD_MAX];
    size_t length = sizeof record;
    luci_result_t result = store->retrieve(store->baton, entry->key, record, &length, scratch);

    if (result == LUCI_OK && length <= sizeof record &&
        luci_throttle_record_read(record, length, count) == LUCI_OK && count->kind == entry->kind)
        return LUCI_OK;
    luci_throttle_count_init(count, entry->kind, entry->name);
    return result == LUCI_NOT_FOUND ? LUCI_OK : result;
}

static luci_result_t write_count(const luci_throttle_store_t *store, const luci_throttle_entry_t *entry,
                                 const luci_throttle_count_t *count, apr_pool_t *scratch)
{
    unsigned char record[LUCI_THROTTLE_RECORD_MAX];
    luci_shared_value_t value = { .bytes = record, .until = luci_throttle_count_end(count, entry->limit) };
    luci_result_t result;

    if (value.until > 0) {
        value.length = luci_throttle_record_write(count, record);
        return store->store(store->baton, entry->key, &value, scratch);
    }
    result = store->remove(store->baton, entry->key, scratch);
    return result == LUCI_NOT_FOUND ? LUCI_OK : result;
}

/* Reads, changes and writes a count while the store is locked. Returns the result of how; OK if the store
 * cannot be read or written, because attempts are then let through. */
static luci_result_t change(const luci_throttle_t *throttle, const luci_throttle_entry_t *entry,
                            luci_attempt_t *attempt, change_fn *how, apr_pool_t *scratch)
{
    const luci_throttle_store_t *store = &throttle->store;
    luci_throttle_count_t count;
    luci_result_t verdict = LUCI_OK;

    if (store->hold(store->baton) != LUCI_OK)
        return LUCI_OK;
    if (read_count(store, entry, &count, scratch) == LUCI_OK) {
        verdict = how(&count, entry, attempt);
        if (verdict == LUCI_OK)
            (void)write_count(store, entry, &count, scratch); /* the store logs errors */
    }
    store->release(store->baton);
    return verdict;
}

static void forget(const luci_throttle_t *throttle, const luci_throttle_entry_t *entry, apr_pool_t *scratch)
{
    const luci_throttle_store_t *store = &throttle->store;

    if (store->hold(store->baton) != LUCI_OK)
        return;
    (void)store->remove(store->baton, entry->key, scratch);
    store->release(store->baton);
}

/* ---- Places: the counts that an attempt is counted in ---- */

typedef struct {
    luci_throttle_entry_t entry;
    const char *words; /* what the count's key is computed from */
} place_t;

/* An attempt, and the places found for it so far. */
typedef struct {
    const luci_throttle_t *throttle;
    const luci_attempt_t *attempt;
    const char *account; /* NULL: a sign-up */
    apr_pool_t *pool;
    place_t places[2 * LUCI_THROTTLE_ENTRIES_MAX];
    int count;
} places_t;

/* The words of a browser's count; NULL: the browser has no device token of this account. */
static const char *device_words(const places_t *of)
{
    const luci_attempt_t *attempt = of->attempt;
    unsigned char nonce[LUCI_DEVICE_NONCE_BYTES];
    char hex[2 * LUCI_DEVICE_NONCE_BYTES + 1];
    luci_device_t device = { of->throttle->secret, attempt->device_account, attempt->now };

    if (!device.account || luci_device_find(&device, attempt->device, nonce) != LUCI_OK)
        return NULL;
    luci_secret_hex(nonce, sizeof nonce, hex);
    return apr_pstrcat(of->pool, hex, FIELD, of->account, NULL);
}

/* Adds the place of a kind, unless the kind has no limit or does not apply to the attempt: then returns 0. */
static int add_place(places_t *to, luci_throttle_kind_t kind)
{
    place_t place = { .entry = { .kind = kind, .limit = luci_throttle_limit(&to->throttle->limits, kind) } };

    if (place.entry.limit->max == 0)
        return 0;
    switch (luci_throttle_kind(kind)->per) {
    case LUCI_THROTTLE_PER_ACCOUNT:
        place.words = to->account;
        place.entry.name = name_of(to->account);
        break;
    case LUCI_THROTTLE_PER_ADDRESS:
        if (to->attempt->address)
            place.words = luci_throttle_address(to->attempt->address, to->pool);
        place.entry.name = place.words;
        break;
    case LUCI_THROTTLE_PER_DEVICE:
        place.words = device_words(to);
        place.entry.name = name_of(to->account);
        break;
    }
    if (!place.words)
        return 0;
    to->places[to->count++] = place;
    return 1;
}

/* A sign-in counts for its address and the account, or only for the browser if that has a device token. */
static void add_sign_in_places(places_t *to)
{
    if (add_place(to, LUCI_THROTTLE_DEVICE))
        return;
    (void)add_place(to, LUCI_THROTTLE_ADDRESS);
    (void)add_place(to, LUCI_THROTTLE_ACCOUNT);
}

/* A successful sign-in counts for its address and the account, with or without a device token. */
static void add_success_places(places_t *to)
{
    (void)add_place(to, LUCI_THROTTLE_ADDRESS_SUCCESS);
    (void)add_place(to, LUCI_THROTTLE_ACCOUNT_SUCCESS);
}

/* ---- Attempts ---- */

/* Ends an attempt in all places where it was counted. */
static void end_all(const luci_throttle_t *throttle, luci_attempt_t *attempt, change_fn *how,
                    apr_pool_t *scratch)
{
    for (int i = 0; i < attempt->count; i++)
        (void)change(throttle, &attempt->entries[i], attempt, how, scratch);
    attempt->count = attempt->success_count = 0;
}

/* Counts an attempt in all places. If one of them refuses, the others take it back. */
static luci_result_t enter(places_t *of, luci_attempt_t *attempt)
{
    luci_result_t result = LUCI_OK;

    for (int i = 0; i < of->count && result == LUCI_OK; i++) {
        luci_throttle_entry_t *entry = &of->places[i].entry;

        result = key_of(of->throttle, entry->kind, of->places[i].words, entry->key, of->pool);
        if (result == LUCI_OK)
            result = change(of->throttle, entry, attempt, count_try, of->pool);
        if (result == LUCI_OK)
            attempt->entries[attempt->count++] = *entry;
        else
            end_all(of->throttle, attempt, undo_try, of->pool);
    }
    return result;
}

/* Notes the places in which the attempt counts if it succeeds. */
static luci_result_t note_success(places_t *of, luci_attempt_t *attempt)
{
    luci_result_t result = LUCI_OK;

    attempt->success_count = 0;
    for (int i = 0; i < of->count && result == LUCI_OK; i++) {
        luci_throttle_entry_t *entry = &attempt->success_entries[attempt->success_count];

        *entry = of->places[i].entry;
        result = key_of(of->throttle, entry->kind, of->places[i].words, entry->key, of->pool);
        attempt->success_count += result == LUCI_OK;
    }
    return result;
}

luci_result_t luci_throttle_sign_in(const luci_throttle_t *throttle, luci_attempt_t *attempt,
                                    const char *account, apr_pool_t *pool)
{
    places_t tries = { .throttle = throttle, .attempt = attempt, .account = account, .pool = pool };
    places_t successes = tries;
    luci_result_t result;

    if (!throttle)
        return LUCI_OK;
    add_sign_in_places(&tries);
    result = enter(&tries, attempt);
    if (result != LUCI_OK)
        return result;
    add_success_places(&successes);
    return note_success(&successes, attempt);
}

luci_result_t luci_throttle_sign_up(const luci_throttle_t *throttle, luci_attempt_t *attempt,
                                    apr_pool_t *pool)
{
    places_t places = { .throttle = throttle, .attempt = attempt, .pool = pool };

    if (!throttle)
        return LUCI_OK;
    (void)add_place(&places, LUCI_THROTTLE_SIGN_UP);
    return enter(&places, attempt);
}

/* ---- Looking without counting ---- */

static luci_result_t look(luci_throttle_count_t *count, const luci_throttle_entry_t *entry,
                          luci_attempt_t *attempt)
{
    return luci_throttle_count_look(count, entry->limit, attempt->now, &attempt->retry_after) == LUCI_OK
               ? LUCI_NOT_FOUND /* so that change() writes nothing */
               : LUCI_THROTTLED;
}

/* THROTTLED if one of the places refuses. */
static luci_result_t look_at(places_t *of, luci_attempt_t *attempt)
{
    for (int i = 0; i < of->count; i++) {
        luci_throttle_entry_t *entry = &of->places[i].entry;
        luci_result_t result = key_of(of->throttle, entry->kind, of->places[i].words, entry->key, of->pool);

        if (result != LUCI_OK)
            return result;
        if (change(of->throttle, entry, attempt, look, of->pool) == LUCI_THROTTLED)
            return LUCI_THROTTLED;
    }
    return LUCI_OK;
}

luci_result_t luci_throttle_look(const luci_throttle_t *throttle, luci_attempt_t *attempt,
                                 const char *account, apr_pool_t *pool)
{
    places_t places = { .throttle = throttle, .attempt = attempt, .account = account, .pool = pool };

    if (!throttle)
        return LUCI_OK;
    add_sign_in_places(&places);
    add_success_places(&places);
    return look_at(&places, attempt);
}

luci_result_t luci_throttle_look_sign_up(const luci_throttle_t *throttle, luci_attempt_t *attempt,
                                         apr_pool_t *pool)
{
    places_t places = { .throttle = throttle, .attempt = attempt, .pool = pool };

    if (!throttle)
        return LUCI_OK;
    (void)add_place(&places, LUCI_THROTTLE_SIGN_UP);
    return look_at(&places, attempt);
}

/* ---- Outcomes ---- */

static void succeed(const luci_throttle_t *throttle, luci_attempt_t *attempt, apr_pool_t *scratch)
{
    for (int i = 0; i < attempt->count; i++) {
        const luci_throttle_entry_t *entry = &attempt->entries[i];

        switch (luci_throttle_kind(entry->kind)->success) {
        case LUCI_THROTTLE_FORGETS: forget(throttle, entry, scratch); break;
        case LUCI_THROTTLE_TAKES_BACK: (void)change(throttle, entry, attempt, undo_try, scratch); break;
        case LUCI_THROTTLE_COUNTS: (void)change(throttle, entry, attempt, count_failure, scratch); break;
        }
    }
    for (int i = 0; i < attempt->success_count; i++)
        (void)change(throttle, &attempt->success_entries[i], attempt, count_failure, scratch);
    attempt->count = attempt->success_count = 0;
}

void luci_throttle_end(const luci_throttle_t *throttle, luci_attempt_t *attempt,
                       luci_attempt_outcome_t outcome, apr_pool_t *scratch)
{
    if (!throttle)
        return;
    switch (outcome) {
    case LUCI_ATTEMPT_SUCCESS: succeed(throttle, attempt, scratch); break;
    case LUCI_ATTEMPT_FAILURE: end_all(throttle, attempt, count_failure, scratch); break;
    case LUCI_ATTEMPT_CANCEL: end_all(throttle, attempt, undo_try, scratch); break;
    }
}

luci_result_t luci_throttle_clear(const luci_throttle_t *throttle, luci_throttle_kind_t kind,
                                  const char *name, apr_pool_t *scratch)
{
    const luci_throttle_store_t *store = &throttle->store;
    unsigned char key[LUCI_SHA256_BYTES];
    int is_account = luci_throttle_kind(kind)->per == LUCI_THROTTLE_PER_ACCOUNT;
    const char *words = is_account ? name : luci_throttle_address(name, scratch);
    unsigned char record[LUCI_THROTTLE_RECORD_MAX];
    size_t length = sizeof record;
    luci_result_t result = key_of(throttle, kind, words, key, scratch);

    if (result == LUCI_OK)
        result = store->hold(store->baton);
    if (result != LUCI_OK)
        return result;
    result = store->retrieve(store->baton, key, record, &length, scratch);
    if (result == LUCI_OK)
        result = store->remove(store->baton, key, scratch);
    store->release(store->baton);
    return result;
}
