/* SPDX-License-Identifier: Apache-2.0 */
#include "core/throttle/throttle.h"

#include "core/throttle/device.h"

#include <apr_strings.h>
#include <arpa/inet.h>
#include <string.h>

#define FIELD "\n" /* no name and no address has one inside */
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

/* A store in our own shared memory keeps records apart by the lowest bits of a key's first byte
 * (shared_table.h): what costs its client no hash, and what it may have any number of, pushes out nothing
 * else. */
#define PART_MASK 3

static unsigned char part_of(luci_throttle_kind_t kind)
{
    static const unsigned char parts[] = {
        [LUCI_THROTTLE_ADDRESS] = 0, [LUCI_THROTTLE_ACCOUNT] = 1,         [LUCI_THROTTLE_DEVICE] = 1,
        [LUCI_THROTTLE_SIGN_UP] = 2, [LUCI_THROTTLE_ADDRESS_SUCCESS] = 2, [LUCI_THROTTLE_ACCOUNT_SUCCESS] = 3,
    };

    return parts[kind];
}

static luci_result_t key_of(const luci_throttle_t *throttle, luci_throttle_kind_t kind, const char *words,
                            unsigned char key[LUCI_SHA256_BYTES], apr_pool_t *scratch)
{
    const char *text = apr_psprintf(scratch, "%d" FIELD "%s", (int)kind, words);
    luci_result_t result = luci_secret_sha256(text, strlen(text), key);

    for (int i = 0; i < LUCI_SHA256_BYTES; i++)
        key[i] ^= throttle->namespace_key[i];
    key[0] = (unsigned char)((key[0] & ~PART_MASK) | part_of(kind));
    return result;
}

/* What people call an account: its key's id without the provider. */
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

/* Whatever is no record of ours counts as none. */
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
    luci_ms_t end = luci_throttle_count_end(count, entry->limit);
    luci_result_t result;

    if (end > 0)
        return store->store(store->baton, entry->key, record, luci_throttle_record_write(count, record), end,
                            scratch);
    result = store->remove(store->baton, entry->key, scratch);
    return result == LUCI_NOT_FOUND ? LUCI_OK : result;
}

/* THROTTLED and BUSY where how says so. What can't be read or written counts as nothing: OK. */
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
            (void)write_count(store, entry, &count, scratch); /* the store says what went wrong */
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

/* ---- Tries ---- */

/* The end of a try, whatever it was counted in. */
static void end_all(const luci_throttle_t *throttle, luci_attempt_t *attempt, change_fn *how,
                    apr_pool_t *scratch)
{
    for (int i = 0; i < attempt->count; i++)
        (void)change(throttle, &attempt->entries[i], attempt, how, scratch);
    attempt->count = attempt->success_count = 0;
}

/* Counts it in one more place. What it was counted in before is undone when this one refuses. */
static luci_result_t enter(const luci_throttle_t *throttle, luci_attempt_t *attempt,
                           luci_throttle_entry_t entry, const char *words, apr_pool_t *scratch)
{
    luci_result_t result;

    if (entry.limit->most == 0)
        return LUCI_OK;
    result = key_of(throttle, entry.kind, words, entry.key, scratch);
    if (result == LUCI_OK)
        result = change(throttle, &entry, attempt, count_try, scratch);
    if (result == LUCI_OK)
        attempt->entries[attempt->count++] = entry;
    else
        end_all(throttle, attempt, undo_try, scratch);
    return result;
}

static luci_result_t enter_address(const luci_throttle_t *throttle, luci_attempt_t *attempt,
                                   luci_throttle_kind_t kind, const luci_limit_t *limit, apr_pool_t *pool)
{
    luci_throttle_entry_t entry = { .kind = kind, .limit = limit };

    if (!attempt->address)
        return LUCI_OK;
    entry.name = luci_throttle_address(attempt->address, pool);
    return enter(throttle, attempt, entry, entry.name, pool);
}

/* The words that a browser's count is kept by; NULL: it shows no device token of this account. */
static const char *device_words(const luci_throttle_t *throttle, const luci_attempt_t *attempt,
                                const char *account, apr_pool_t *pool)
{
    unsigned char nonce[LUCI_DEVICE_NONCE_BYTES];
    char hex[2 * LUCI_DEVICE_NONCE_BYTES + 1];

    if (!attempt->device_account || luci_device_find(throttle->secret, attempt->device,
                                                     attempt->device_account, attempt->now, nonce) != LUCI_OK)
        return NULL;
    luci_secret_hex(nonce, sizeof nonce, hex);
    return apr_pstrcat(pool, hex, FIELD, account, NULL);
}

/* What a sign-in to an account is counted in: its address and the account, or the browser alone. */
typedef struct {
    luci_throttle_entry_t entry;
    const char *words;
} place_t;

static int places_of(const luci_throttle_t *throttle, const luci_attempt_t *attempt, const char *account,
                     place_t places[LUCI_THROTTLE_ENTRIES_MAX], apr_pool_t *pool)
{
    const luci_throttle_limits_t *limits = &throttle->limits;
    luci_throttle_entry_t entry = { .kind = LUCI_THROTTLE_DEVICE,
                                    .limit = &limits->account,
                                    .name = name_of(account) };
    const char *words = device_words(throttle, attempt, account, pool), *address;
    int count = 0;

    if (words && limits->account.most > 0) {
        places[count++] = (place_t){ entry, words };
        return count;
    }
    if (attempt->address && limits->address.most > 0) {
        address = luci_throttle_address(attempt->address, pool);
        places[count++] =
            (place_t){ { .kind = LUCI_THROTTLE_ADDRESS, .limit = &limits->address, .name = address },
                       address };
    }
    entry.kind = LUCI_THROTTLE_ACCOUNT;
    if (limits->account.most > 0)
        places[count++] = (place_t){ entry, account };
    return count;
}

/* What a right sign-in is counted in, wherever it comes from. */
static int success_places(const luci_throttle_t *throttle, const luci_attempt_t *attempt, const char *account,
                          place_t places[LUCI_THROTTLE_ENTRIES_MAX], apr_pool_t *pool)
{
    const luci_throttle_limits_t *limits = &throttle->limits;
    const char *address;
    int count = 0;

    if (attempt->address && limits->address_success.most > 0) {
        address = luci_throttle_address(attempt->address, pool);
        places[count++] = (place_t){
            { .kind = LUCI_THROTTLE_ADDRESS_SUCCESS, .limit = &limits->address_success, .name = address },
            address
        };
    }
    if (limits->account_success.most > 0)
        places[count++] = (place_t){ { .kind = LUCI_THROTTLE_ACCOUNT_SUCCESS,
                                       .limit = &limits->account_success,
                                       .name = name_of(account) },
                                     account };
    return count;
}

/* Notes where it counts when it turns out to be right. */
static luci_result_t note_success(const luci_throttle_t *throttle, luci_attempt_t *attempt,
                                  const char *account, apr_pool_t *pool)
{
    place_t places[LUCI_THROTTLE_ENTRIES_MAX];
    int count = success_places(throttle, attempt, account, places, pool);
    luci_result_t result = LUCI_OK;

    attempt->success_count = 0;
    for (int i = 0; i < count && result == LUCI_OK; i++) {
        luci_throttle_entry_t *entry = &attempt->success[attempt->success_count];

        *entry = places[i].entry;
        result = key_of(throttle, entry->kind, places[i].words, entry->key, pool);
        attempt->success_count += result == LUCI_OK;
    }
    return result;
}

luci_result_t luci_throttle_sign_in(const luci_throttle_t *throttle, luci_attempt_t *attempt,
                                    const char *account, apr_pool_t *pool)
{
    place_t places[LUCI_THROTTLE_ENTRIES_MAX];
    int count = throttle ? places_of(throttle, attempt, account, places, pool) : 0;
    luci_result_t result = LUCI_OK;

    for (int i = 0; i < count && result == LUCI_OK; i++)
        result = enter(throttle, attempt, places[i].entry, places[i].words, pool);
    if (result == LUCI_OK && throttle)
        result = note_success(throttle, attempt, account, pool);
    return result;
}

static luci_result_t look(luci_throttle_count_t *count, const luci_throttle_entry_t *entry,
                          luci_attempt_t *attempt)
{
    return luci_throttle_count_look(count, entry->limit, attempt->now, &attempt->retry_after) == LUCI_OK
               ? LUCI_NOT_FOUND /* nothing to write */
               : LUCI_THROTTLED;
}

/* THROTTLED when one of the places refuses. */
static luci_result_t look_at(const luci_throttle_t *throttle, luci_attempt_t *attempt, place_t *places,
                             int count, apr_pool_t *pool)
{
    for (int i = 0; i < count; i++) {
        luci_throttle_entry_t *entry = &places[i].entry;
        luci_result_t result = key_of(throttle, entry->kind, places[i].words, entry->key, pool);

        if (result != LUCI_OK)
            return result;
        if (change(throttle, entry, attempt, look, pool) == LUCI_THROTTLED)
            return LUCI_THROTTLED;
    }
    return LUCI_OK;
}

luci_result_t luci_throttle_look(const luci_throttle_t *throttle, luci_attempt_t *attempt,
                                 const char *account, apr_pool_t *pool)
{
    place_t places[2 * LUCI_THROTTLE_ENTRIES_MAX];
    int count;

    if (!throttle)
        return LUCI_OK;
    count = places_of(throttle, attempt, account, places, pool);
    count += success_places(throttle, attempt, account, places + count, pool);
    return look_at(throttle, attempt, places, count, pool);
}

luci_result_t luci_throttle_look_sign_up(const luci_throttle_t *throttle, luci_attempt_t *attempt,
                                         apr_pool_t *pool)
{
    place_t place = { .entry = { .kind = LUCI_THROTTLE_SIGN_UP } };

    if (!throttle || !attempt->address || throttle->limits.sign_up.most == 0)
        return LUCI_OK;
    place.entry.limit = &throttle->limits.sign_up;
    place.words = place.entry.name = luci_throttle_address(attempt->address, pool);
    return look_at(throttle, attempt, &place, 1, pool);
}

luci_result_t luci_throttle_sign_up(const luci_throttle_t *throttle, luci_attempt_t *attempt,
                                    apr_pool_t *pool)
{
    return throttle ? enter_address(throttle, attempt, LUCI_THROTTLE_SIGN_UP, &throttle->limits.sign_up, pool)
                    : LUCI_OK;
}

static void succeed(const luci_throttle_t *throttle, luci_attempt_t *attempt, apr_pool_t *scratch)
{
    for (int i = 0; i < attempt->count; i++) {
        const luci_throttle_entry_t *entry = &attempt->entries[i];

        switch (entry->kind) {
        case LUCI_THROTTLE_ACCOUNT:
        case LUCI_THROTTLE_DEVICE: forget(throttle, entry, scratch); break;
        case LUCI_THROTTLE_ADDRESS: (void)change(throttle, entry, attempt, undo_try, scratch); break;
        case LUCI_THROTTLE_SIGN_UP:
        case LUCI_THROTTLE_ACCOUNT_SUCCESS:
        case LUCI_THROTTLE_ADDRESS_SUCCESS:
            (void)change(throttle, entry, attempt, count_failure, scratch);
            break;
        }
    }
    for (int i = 0; i < attempt->success_count; i++)
        (void)change(throttle, &attempt->success[i], attempt, count_failure, scratch);
    attempt->count = attempt->success_count = 0;
}

void luci_throttle_end(const luci_throttle_t *throttle, luci_attempt_t *attempt, luci_result_t outcome,
                       apr_pool_t *scratch)
{
    if (!throttle)
        return;
    switch (outcome) {
    case LUCI_OK: succeed(throttle, attempt, scratch); break;
    case LUCI_NOT_FOUND:
    case LUCI_DENIED:
    case LUCI_CONFLICT: end_all(throttle, attempt, count_failure, scratch); break;
    case LUCI_EXPIRED:
    case LUCI_INVALID:
    case LUCI_THROTTLED:
    case LUCI_BUSY:
    case LUCI_UNAVAILABLE:
    case LUCI_INTERNAL: end_all(throttle, attempt, undo_try, scratch); break;
    }
}

luci_result_t luci_throttle_clear(const luci_throttle_t *throttle, luci_throttle_kind_t kind,
                                  const char *name, apr_pool_t *scratch)
{
    const luci_throttle_store_t *store = &throttle->store;
    unsigned char key[LUCI_SHA256_BYTES];
    int is_account = kind == LUCI_THROTTLE_ACCOUNT || kind == LUCI_THROTTLE_ACCOUNT_SUCCESS;
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
