/* SPDX-License-Identifier: Apache-2.0 */
#include "core/throttle/throttle.h"

#include "core/base/shared_table.h"
#include "core/throttle/device.h"

#include <apr_lib.h>
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

/* The name in a key's id, without the provider; NULL of an attempt without an account. */
static const char *name_of(const char *account)
{
    const char *colon = account ? strchr(account, ':') : NULL;

    return colon ? colon + 1 : account;
}

/* ---- The store ---- */

/* Changes a count, at a moment, for an attempt that is counted in entry. */
typedef luci_result_t change_fn(luci_throttle_count_t *count, luci_throttle_entry_t *entry, luci_ms_t now,
                                luci_ms_t *retry_after);

static luci_result_t begin_try(luci_throttle_count_t *count, luci_throttle_entry_t *entry, luci_ms_t now,
                               luci_ms_t *retry_after)
{
    luci_result_t result = luci_throttle_count_try(count, entry->limit, now, retry_after);

    entry->began = result == LUCI_OK ? now : 0;
    return result;
}

static luci_result_t undo_try(luci_throttle_count_t *count, luci_throttle_entry_t *entry, luci_ms_t now,
                              luci_ms_t *retry_after)
{
    (void)retry_after;
    luci_throttle_count_undo(count, entry->limit, now, entry->began);
    return LUCI_OK;
}

static luci_result_t count_failure(luci_throttle_count_t *count, luci_throttle_entry_t *entry, luci_ms_t now,
                                   luci_ms_t *retry_after)
{
    (void)retry_after;
    luci_throttle_count_failure(count, entry->limit, now, entry->began);
    return LUCI_OK;
}

/* A count without failures is not worth a record of its deletion. */
static luci_result_t clear(luci_throttle_count_t *count, luci_throttle_entry_t *entry, luci_ms_t now,
                           luci_ms_t *retry_after)
{
    (void)retry_after;
    luci_throttle_count_undo(count, entry->limit, now, entry->began);
    if (luci_throttle_count_is_empty(count))
        return LUCI_OK;
    luci_throttle_count_clear(count, now);
    return LUCI_OK;
}

/* NOT_FOUND: there is nothing to delete. */
static luci_result_t clear_there(luci_throttle_count_t *count, luci_throttle_entry_t *entry, luci_ms_t now,
                                 luci_ms_t *retry_after)
{
    return luci_throttle_count_is_empty(count) ? LUCI_NOT_FOUND : clear(count, entry, now, retry_after);
}

/* The record of a count in the store. */
typedef struct {
    luci_throttle_count_t count;
    int is_read; /* 1: the store was asked; count is empty if it has none */
    int is_found;
} record_t;

/* Attempts of a store that only this machine uses are those of node 0. */
static apr_uint32_t node_of(const luci_throttle_store_t *store)
{
    return store->mirror ? store->mirror->node : 0;
}

/* A record that cannot be read counts as an empty one. */
static void read_record(const luci_throttle_store_t *store, const luci_throttle_entry_t *entry,
                        record_t *read, apr_pool_t *scratch)
{
    unsigned char record[LUCI_THROTTLE_RECORD_MAX];
    size_t length = sizeof record;
    luci_result_t result = store->retrieve(store->baton, entry->key, record, &length, scratch);

    read->is_read = result == LUCI_OK || result == LUCI_NOT_FOUND;
    read->is_found = result == LUCI_OK && length <= sizeof record &&
                     luci_throttle_record_read(record, length, node_of(store), &read->count) == LUCI_OK &&
                     read->count.kind == entry->kind;
    if (!read->is_found)
        luci_throttle_count_init(&read->count, entry->kind, entry->name);
    read->count.own.node = node_of(store);
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

/* ---- A store that machines share, with the mirror of this one ---- */

/* A record that another machine or an administrator deleted leaves a record of the deletion. So one that is
 * missing was lost, unless it has just expired. */
#define LOSS_MARGIN (5 * LUCI_MS_SECOND)

static int is_lost(const luci_throttle_copy_t *copy, const luci_limit_t *limit, luci_ms_t now)
{
    return copy->is_stored && copy->count.failures > 0 &&
           luci_throttle_count_end(&copy->count, limit) > now + LOSS_MARGIN;
}

/* One change of one count. */
typedef struct {
    const luci_throttle_store_t *store;
    luci_throttle_entry_t *entry;
    change_fn *how;
    luci_throttle_clock_t clock;
    luci_ms_t retry_after;
    record_t record;           /* of the store */
    luci_throttle_copy_t copy; /* of this machine */
    luci_change_counters_t *counters;
} turn_t;

/* Sets the copy to what this machine and the store know together. Attempts of this machine that are under way
 * are those of the copy, whatever the store says: another machine may have overwritten what it knew. */
static void join_copy(turn_t *turn)
{
    luci_throttle_copy_t *copy = &turn->copy;
    const luci_throttle_entry_t *entry = turn->entry;
    const record_t *record = &turn->record;
    int is_known;

    memcpy(copy->key, entry->key, sizeof copy->key);
    is_known = luci_throttle_mirror_find(turn->store->mirror, copy, &turn->clock) == LUCI_OK &&
               copy->count.kind == entry->kind;
    if (is_known && record->is_read && !record->is_found && is_lost(copy, entry->limit, turn->clock.now))
        turn->store->lost(turn->store->baton);
    if (!is_known) {
        copy->is_stored = (apr_uint32_t)record->is_found;
        luci_throttle_count_init(&copy->count, entry->kind, entry->name);
        copy->count.own.node = turn->store->mirror->node;
    }
    if (!record->is_read)
        return;
    memcpy(copy->count.others, record->count.others, sizeof copy->count.others);
    copy->count.others_count = record->count.others_count;
    luci_throttle_count_join(&copy->count, &record->count, entry->limit, turn->clock.now);
}

/* 1: the store must be written. A refusal that it does not know was counted without it. */
static int is_due(const turn_t *turn, luci_result_t verdict)
{
    return turn->record.is_read &&
           (verdict == LUCI_OK ||
            (verdict == LUCI_THROTTLED && turn->record.count.until < turn->copy.count.until));
}

/* Changes the copy while the mirror is locked, so that threads that could not ask the store take part. */
static luci_result_t change_copy(turn_t *turn)
{
    luci_throttle_copy_t *copy = &turn->copy;
    luci_result_t verdict;

    if (luci_throttle_mirror_hold(turn->store->mirror) != LUCI_OK)
        return LUCI_BUSY;
    join_copy(turn);
    verdict = turn->how(&copy->count, turn->entry, turn->clock.now, &turn->retry_after);
    if (verdict == LUCI_OK || is_due(turn, verdict))
        copy->is_stored = (apr_uint32_t)turn->record.is_read;
    luci_throttle_mirror_put(turn->store->mirror, copy,
                             luci_throttle_count_end(&copy->count, turn->entry->limit), &turn->clock);
    luci_throttle_mirror_release(turn->store->mirror);
    return verdict;
}

/* The store did not accept the copy. */
static void note_refused(turn_t *turn)
{
    luci_throttle_copy_t copy = turn->copy;

    if (luci_throttle_mirror_hold(turn->store->mirror) != LUCI_OK)
        return;
    if (luci_throttle_mirror_find(turn->store->mirror, &copy, &turn->clock) == LUCI_OK) {
        copy.is_stored = 0;
        luci_throttle_mirror_put(turn->store->mirror, &copy,
                                 luci_throttle_count_end(&copy.count, turn->entry->limit), &turn->clock);
    }
    luci_throttle_mirror_release(turn->store->mirror);
}

/* The store is locked from its reading to its writing. Without it, and even if it refuses to write, the copy
 * decides. */
static luci_result_t change_shared(turn_t *turn, apr_pool_t *scratch)
{
    const luci_throttle_store_t *store = turn->store;
    int is_held = store->hold(store->baton) == LUCI_OK;
    luci_result_t verdict;

    if (is_held)
        read_record(store, turn->entry, &turn->record, scratch);
    turn->clock.ahead = store->ahead(store->baton);
    turn->clock.now += turn->clock.ahead;
    verdict = change_copy(turn);
    if (is_held && is_due(turn, verdict) &&
        write_count(store, turn->entry, &turn->copy.count, scratch) != LUCI_OK)
        note_refused(turn);
    if (is_held)
        store->release(store->baton);
    return verdict;
}

/* ---- A store of this machine ---- */

static luci_result_t change_local(turn_t *turn, apr_pool_t *scratch)
{
    const luci_throttle_store_t *store = turn->store;
    luci_throttle_count_t *count = &turn->record.count;
    luci_result_t verdict;

    if (store->hold(store->baton) != LUCI_OK)
        return LUCI_OK;
    read_record(store, turn->entry, &turn->record, scratch);
    verdict =
        turn->record.is_read ? turn->how(count, turn->entry, turn->clock.now, &turn->retry_after) : LUCI_OK;
    if (turn->record.is_read && verdict == LUCI_OK)
        (void)write_count(store, turn->entry, count, scratch); /* the store logs errors */
    if (turn->record.is_read && verdict == LUCI_OK && count->until > turn->clock.now)
        luci_change_counter_move(turn->counters, turn->entry->key);
    store->release(store->baton);
    return verdict;
}

/* Reads, changes and writes a count while the store is locked. Returns the result of how; OK if a local store
 * cannot be read or written, because attempts are then let through. */
static luci_result_t change(const luci_throttle_t *throttle, luci_throttle_entry_t *entry,
                            luci_attempt_t *attempt, change_fn *how, apr_pool_t *scratch)
{
    turn_t turn = { .store = &throttle->store,
                    .entry = entry,
                    .how = how,
                    .clock = { .now = attempt->now },
                    .counters = throttle->counters };
    luci_result_t verdict =
        throttle->store.mirror ? change_shared(&turn, scratch) : change_local(&turn, scratch);

    if (turn.retry_after > 0)
        attempt->retry_after = turn.retry_after;
    return verdict;
}

static void forget(const luci_throttle_t *throttle, luci_throttle_entry_t *entry, luci_attempt_t *attempt,
                   apr_pool_t *scratch)
{
    const luci_throttle_store_t *store = &throttle->store;

    if (store->mirror) {
        (void)change(throttle, entry, attempt, clear, scratch);
        return;
    }
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
    const char *user_id; /* of a second factor; NULL: another attempt */
    const char *mailbox; /* of a mail, as one_mailbox returns it; NULL: another attempt */
    apr_pool_t *pool;
    place_t places[2 * LUCI_THROTTLE_ENTRIES_MAX];
    int count;
} places_t;

luci_device_t luci_throttle_device(const luci_throttle_t *throttle, const char *account, luci_ms_t now)
{
    return (luci_device_t){ throttle->secret, account, now, throttle->older_secrets, throttle->older_count };
}

/* The words of a browser's count; NULL: the browser has no device token of this account. */
static const char *device_words(const places_t *of)
{
    const luci_attempt_t *attempt = of->attempt;
    unsigned char nonce[LUCI_DEVICE_NONCE_BYTES];
    char hex[2 * LUCI_DEVICE_NONCE_BYTES + 1];
    luci_device_t device = luci_throttle_device(of->throttle, attempt->device_account, attempt->now);

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
    case LUCI_THROTTLE_PER_USER:
        place.words = to->user_id;
        place.entry.name = name_of(to->account);
        break;
    case LUCI_THROTTLE_PER_RECIPIENT: place.words = place.entry.name = to->mailbox; break;
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
            result = change(of->throttle, entry, attempt, begin_try, of->pool);
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

luci_result_t luci_throttle_unnamed(const luci_throttle_t *throttle, luci_attempt_t *attempt,
                                    apr_pool_t *pool)
{
    places_t places = { .throttle = throttle, .attempt = attempt, .pool = pool };

    if (!throttle)
        return LUCI_OK;
    (void)add_place(&places, LUCI_THROTTLE_ADDRESS);
    return enter(&places, attempt);
}

luci_result_t luci_throttle_factor(const luci_throttle_t *throttle, luci_attempt_t *attempt,
                                   const char *user_id, const char *account, apr_pool_t *pool)
{
    places_t places = {
        .throttle = throttle, .attempt = attempt, .account = account, .user_id = user_id, .pool = pool
    };

    if (!throttle)
        return LUCI_OK;
    (void)add_place(&places, LUCI_THROTTLE_FACTOR);
    return enter(&places, attempt);
}

luci_result_t luci_throttle_mail_client(const luci_throttle_t *throttle, luci_attempt_t *attempt,
                                        apr_pool_t *pool)
{
    places_t places = { .throttle = throttle, .attempt = attempt, .pool = pool };

    if (!throttle)
        return LUCI_OK;
    (void)add_place(&places, LUCI_THROTTLE_MAIL_CLIENT);
    return enter(&places, attempt);
}

luci_result_t luci_throttle_mail_name(const luci_throttle_t *throttle, luci_attempt_t *attempt,
                                      const char *account, apr_pool_t *pool)
{
    places_t places = { .throttle = throttle, .attempt = attempt, .account = account, .pool = pool };

    if (!throttle)
        return LUCI_OK;
    (void)add_place(&places, LUCI_THROTTLE_MAIL_NAME);
    return enter(&places, attempt);
}

/* Mail servers treat the local part in any case alike, and many deliver "name+tag" to "name", and so does
 * this count. */
static const char *one_mailbox(const char *address, apr_pool_t *pool)
{
    size_t name = strcspn(address, "+@");
    char *mailbox = apr_pstrdup(pool, address);

    if (name > 0 && address[name] == '+' && strchr(address, '@'))
        mailbox = apr_pstrcat(pool, apr_pstrmemdup(pool, address, name), strchr(address, '@'), NULL);
    for (char *c = mailbox; *c; c++)
        *c = (char)apr_tolower(*c);
    return mailbox;
}

luci_result_t luci_throttle_mail(const luci_throttle_t *throttle, luci_attempt_t *attempt,
                                 luci_throttle_kind_t kind, const char *mailbox, apr_pool_t *pool)
{
    places_t places = { .throttle = throttle, .attempt = attempt, .pool = pool };

    if (!throttle)
        return LUCI_OK;
    places.mailbox = one_mailbox(mailbox, pool);
    (void)add_place(&places, kind);
    return enter(&places, attempt);
}

/* ---- Looking without counting ---- */

static luci_result_t look(luci_throttle_count_t *count, luci_throttle_entry_t *entry, luci_ms_t now,
                          luci_ms_t *retry_after)
{
    return luci_throttle_count_look(count, entry->limit, now, retry_after) == LUCI_OK
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

luci_result_t luci_throttle_watch(const luci_throttle_t *throttle, const luci_attempt_t *attempt,
                                  const char *account, luci_change_watch_t *watch, apr_pool_t *scratch)
{
    places_t places = { .throttle = throttle, .attempt = attempt, .account = account, .pool = scratch };

    if (!throttle)
        return LUCI_OK;
    if (!throttle->counters || throttle->store.mirror)
        return LUCI_UNAVAILABLE;
    add_sign_in_places(&places);
    add_success_places(&places);
    for (int i = 0; i < places.count; i++) {
        luci_throttle_entry_t *entry = &places.places[i].entry;
        luci_result_t result = key_of(throttle, entry->kind, places.places[i].words, entry->key, scratch);

        if (result != LUCI_OK)
            return result;
        luci_change_watch_add(watch, entry->key, luci_change_counter(throttle->counters, entry->key));
    }
    return LUCI_OK;
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

luci_result_t luci_throttle_look_unnamed(const luci_throttle_t *throttle, luci_attempt_t *attempt,
                                         apr_pool_t *pool)
{
    places_t places = { .throttle = throttle, .attempt = attempt, .pool = pool };

    if (!throttle)
        return LUCI_OK;
    (void)add_place(&places, LUCI_THROTTLE_ADDRESS);
    return look_at(&places, attempt);
}

/* ---- Outcomes ---- */

static void succeed(const luci_throttle_t *throttle, luci_attempt_t *attempt, apr_pool_t *scratch)
{
    for (int i = 0; i < attempt->count; i++) {
        luci_throttle_entry_t *entry = &attempt->entries[i];

        switch (luci_throttle_kind(entry->kind)->success) {
        case LUCI_THROTTLE_FORGETS: forget(throttle, entry, attempt, scratch); break;
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

/* ---- Clearing ---- */

static luci_result_t clear_local(const luci_throttle_store_t *store,
                                 const unsigned char key[LUCI_SHA256_BYTES], apr_pool_t *scratch)
{
    unsigned char record[LUCI_THROTTLE_RECORD_MAX];
    size_t length = sizeof record;
    luci_result_t result = store->hold(store->baton);

    if (result != LUCI_OK)
        return result;
    result = store->retrieve(store->baton, key, record, &length, scratch);
    if (result == LUCI_OK)
        result = store->remove(store->baton, key, scratch);
    store->release(store->baton);
    return result;
}

luci_result_t luci_throttle_clear_key(const luci_throttle_t *throttle, luci_throttle_kind_t kind,
                                      const unsigned char key[LUCI_SHA256_BYTES], luci_ms_t now,
                                      apr_pool_t *scratch)
{
    luci_throttle_entry_t entry = { .kind = kind,
                                    .limit = luci_throttle_limit(&throttle->limits, kind),
                                    .name = "" };
    luci_attempt_t attempt = { .now = now };

    if (!throttle->store.mirror)
        return clear_local(&throttle->store, key, scratch);
    memcpy(entry.key, key, sizeof entry.key);
    return change(throttle, &entry, &attempt, clear_there, scratch);
}

/* What the key of a count is computed from, for the name of an account, an address, a user or a mailbox. */
static const char *words_of(luci_throttle_kind_t kind, const char *name, apr_pool_t *pool)
{
    switch (luci_throttle_kind(kind)->per) {
    case LUCI_THROTTLE_PER_ADDRESS: return luci_throttle_address(name, pool);
    case LUCI_THROTTLE_PER_RECIPIENT: return one_mailbox(name, pool);
    case LUCI_THROTTLE_PER_ACCOUNT:
    case LUCI_THROTTLE_PER_DEVICE:
    case LUCI_THROTTLE_PER_USER: break;
    }
    return name;
}

luci_result_t luci_throttle_clear(const luci_throttle_t *throttle, luci_throttle_kind_t kind,
                                  const char *name, luci_ms_t now, apr_pool_t *scratch)
{
    unsigned char key[LUCI_SHA256_BYTES];
    const char *words = words_of(kind, name, scratch);
    luci_result_t result = key_of(throttle, kind, words, key, scratch);

    return result == LUCI_OK ? luci_throttle_clear_key(throttle, kind, key, now, scratch) : result;
}
