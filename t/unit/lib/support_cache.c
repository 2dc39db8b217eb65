/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/support_cache.h"

#include "lib/tap.h"

#include <string.h>

support_store_t store;
static apr_pool_t *pool;
support_auth_t *with;
luci_session_cache_t cache;
const char *id;
luci_session_t seen;

static void run(step_fn **step)
{
    step_fn *now = *step;

    *step = NULL;
    if (now)
        now();
}

/* ---- The store ---- */

static place_t *place_of(const unsigned char *key)
{
    place_t *free_one = NULL;

    for (int i = 0; i < PLACES; i++) {
        place_t *place = &store.places[i];

        if ((place->length || place->is_ended) && memcmp(place->key, key, sizeof place->key) == 0)
            return place;
        if (!free_one && !place->length && !place->is_ended)
            free_one = place;
    }
    if (!free_one)
        support_give_up("the store", "full");
    memcpy(free_one->key, key, sizeof free_one->key);
    return free_one;
}

static luci_result_t retrieve(void *baton, const unsigned char *key, unsigned char *record, size_t *length,
                              apr_pool_t *scratch)
{
    place_t *place;

    (void)baton;
    (void)scratch;
    store.retrieves++;
    run(&store.before_retrieve);
    if (store.retrieve_fails != LUCI_OK)
        return store.retrieve_fails;
    place = place_of(key);
    if (!place->length)
        return LUCI_NOT_FOUND;
    memcpy(record, place->bytes, place->length < *length ? place->length : *length);
    *length = place->length;
    return LUCI_OK;
}

static luci_result_t put(void *baton, const unsigned char *key, const luci_shared_value_t *value,
                         apr_pool_t *scratch)
{
    luci_result_t result;
    place_t *place;

    (void)baton;
    (void)scratch;
    store.stores++;
    run(&store.before_store);
    result = store.store_fails;
    place = place_of(key);
    if (place->is_ended)
        result = LUCI_NOT_FOUND;
    else if (result == LUCI_OK || result == LUCI_UNAVAILABLE) { /* the latter: its answer was lost */
        memcpy(place->bytes, value->bytes, value->length);
        place->length = value->length;
        place->until = value->until;
    }
    run(&store.after_store);
    return result;
}

static luci_result_t end(void *baton, const luci_session_ends_t *ends, apr_pool_t *scratch)
{
    (void)baton;
    (void)scratch;
    store.end_calls++;
    store.ends += ends->count;
    store.ended_for = ends->duration;
    if (store.end_fails != LUCI_OK)
        return store.end_fails;
    for (int i = 0; i < ends->count; i++) {
        place_t *place = place_of(ends->keys + (size_t)i * LUCI_SHA256_BYTES);

        place->length = 0;
        place->is_ended = !store.forgets_ends;
    }
    return LUCI_OK;
}

int support_cache_records(void)
{
    int count = 0;

    for (int i = 0; i < PLACES; i++)
        count += store.places[i].length != 0;
    return count;
}

/* ---- A user with a session, and nothing at hand ---- */

luci_session_cache_t support_cache(const luci_settings_t *settings, const char *params)
{
    luci_session_cache_t made = { .store = { retrieve, put, end, NULL }, .settings = settings, .ttl = TTL };

    if (luci_session_cache_namespace(&made, "sqlite3", params, settings->attributes->pool) != LUCI_OK)
        support_give_up("the cache", "no namespace key");
    return made;
}

void begin(apr_pool_t *in, const char *name)
{
    pool = in;
    memset(&store, 0, sizeof store);
    with = support_auth(name, 1);
    cache = support_cache(&with->settings, with->target.params);
    with->auth.cache = &cache;
    if (support_sign_up(with, "alice", PASSWORD) != LUCI_OK)
        support_give_up(name, "no sign-up");
    id = support_session.token.id;
    with->borrows = 0;
}

void finish(void)
{
    support_auth_close(with);
}

luci_result_t validate_at(luci_ms_t now)
{
    luci_session_claim_t claim = { .token = support_token(id), .now = now, .may_write = 1 };
    luci_result_t written;

    memset(&seen, 0, sizeof seen);
    return luci_auth_validate(&with->auth, &claim, &seen, &written, pool);
}

luci_result_t validate(void)
{
    return validate_at(NOW);
}

void is_hit(luci_ms_t now, const char *what)
{
    int before = with->borrows;

    tap_is_result(validate_at(now), LUCI_OK, "%s: known", what);
    tap_is_int(with->borrows - before, 0, "%s: without the database", what);
}

void is_miss(luci_ms_t now, luci_result_t want, const char *what)
{
    int before = with->borrows;

    tap_is_result(validate_at(now), want, "%s", what);
    tap_ok(with->borrows > before, "%s: the database was asked", what);
}

void sign_out(void)
{
    tap_is_result(support_sign_out(with, id), LUCI_OK, "  the session is signed out");
}

void run_sql(const char *sql)
{
    support_run(with->target.params, sql);
}
