/* SPDX-License-Identifier: Apache-2.0 */
#include "core/session/session_cache.h"

#include "core/session/session_record.h"

#include <apr_strings.h>
#include <string.h>

/* The tolerated difference between the clocks of machines that share a cache. */
#define SKEW_MAX LUCI_MS_SECOND

#define FIELD "\n" /* separates fields; arguments of directives do not contain it */

luci_result_t luci_session_cache_namespace(luci_session_cache_t *cache, const char *driver,
                                           const char *params, apr_pool_t *scratch)
{
    const luci_settings_t *settings = cache->settings;
    const char *database = apr_pstrcat(scratch, driver, FIELD, params, FIELD, settings->tables.session, NULL);
    const char *reading = apr_pstrcat(scratch, database, FIELD, settings->tables.user, FIELD,
                                      settings->tokens == LUCI_TOKENS_PLAIN ? "plain" : "hashed", FIELD,
                                      settings->max_lifetime ? "created" : "", FIELD,
                                      luci_settings_count_factors(settings) ? "factors" : "", FIELD,
                                      apr_array_pstrcat(scratch, settings->attributes, ','),
                                      settings->groups ? FIELD "groups" : "", NULL);
    luci_result_t result = luci_secret_sha256(database, strlen(database), cache->namespace_key);

    cache->values = luci_settings_values(settings);
    return result == LUCI_OK ? luci_secret_sha256(reading, strlen(reading), cache->seal) : result;
}

/* The copy comes first, because the compiler makes a few wide instructions of the loop only when it knows
 * that the digest does not overlap the key. */
static void key_of(const luci_session_cache_t *cache, const unsigned char *digest,
                   unsigned char key[LUCI_SHA256_BYTES])
{
    unsigned char own[LUCI_SHA256_BYTES];

    memcpy(own, digest, sizeof own);
    for (int i = 0; i < LUCI_SHA256_BYTES; i++)
        key[i] = own[i] ^ cache->namespace_key[i];
}

/* The seal depends on the key, so that a record under the wrong key is rejected. */
static void seal_of(const luci_session_cache_t *cache, const unsigned char *key,
                    unsigned char seal[LUCI_RECORD_SEAL_BYTES])
{
    for (int i = 0; i < LUCI_RECORD_SEAL_BYTES; i++)
        seal[i] = cache->seal[i] ^ key[i];
}

static int is_fresh(const luci_session_cache_t *cache, luci_ms_t read_at, luci_ms_t now)
{
    return read_at <= now + SKEW_MAX && now - read_at < cache->ttl;
}

/* Completes a session that was read at read_at and has its token. NOT_FOUND: it is too old, or not active any
 * more. */
static luci_result_t complete(const luci_session_cache_t *cache, luci_session_t *session, luci_ms_t read_at,
                              luci_ms_t now)
{
    session->is_cached = 1;
    session->state = luci_session_state(session, cache->settings, now);
    return session->state == LUCI_SESSION_ACTIVE && is_fresh(cache, read_at, now) ? LUCI_OK : LUCI_NOT_FOUND;
}

luci_result_t luci_session_cache_recall(const luci_session_cache_t *cache, const char *id, luci_ms_t now,
                                        luci_session_t *session, apr_pool_t *pool)
{
    luci_local_key_t key;
    luci_local_content_t found;

    if (!cache->local.table)
        return LUCI_NOT_FOUND;
    key = luci_local_cache_key(&cache->local, id, strlen(id));
    if (luci_local_cache_find(&cache->local, &key, &found, pool) != LUCI_OK || now >= found.until ||
        now < found.until - cache->local_ttl)
        return LUCI_NOT_FOUND;
    found.session.token.id = id;
    if (complete(cache, &found.session, found.read_at, now) != LUCI_OK)
        return LUCI_NOT_FOUND;
    *session = found.session;
    return LUCI_OK;
}

/* counted: the session's change counter before it was read. */
static void keep_here(const luci_session_cache_t *cache, const luci_record_content_t *found,
                      const luci_session_claim_t *claim, const unsigned char *key, apr_uint32_t counted)
{
    luci_local_content_t content = { found->session, found->read_at, claim->now + cache->local_ttl };
    const char *id = claim->token->id;
    luci_local_entry_t entry = { .key = luci_local_cache_key(&cache->local, id, strlen(id)),
                                 .content = &content,
                                 .values = cache->values };

    luci_change_watch_add(&entry.watch, key, counted);
    luci_local_cache_keep(&cache->local, &entry);
}

luci_result_t luci_session_cache_find(const luci_session_cache_t *cache, const luci_session_claim_t *claim,
                                      luci_session_t *session, apr_pool_t *pool)
{
    unsigned char key[LUCI_SHA256_BYTES];
    unsigned char seal[LUCI_RECORD_SEAL_BYTES], record[LUCI_RECORD_MAX];
    const luci_record_form_t form = { cache->values, seal };
    size_t length = sizeof record;
    luci_record_content_t found;
    apr_uint32_t counted;

    key_of(cache, claim->token->digest, key);
    counted = luci_change_counter(cache->local.counters, key);
    if (cache->store.retrieve(cache->store.baton, key, record, &length, pool) != LUCI_OK ||
        length > sizeof record)
        return LUCI_NOT_FOUND;
    seal_of(cache, key, seal);
    if (luci_session_record_read(apr_pmemdup(pool, record, length), length, &form, &found, pool) != LUCI_OK)
        return LUCI_NOT_FOUND;
    luci_session_set_token(&found.session, claim->token);
    if (complete(cache, &found.session, found.read_at, claim->now) != LUCI_OK)
        return LUCI_NOT_FOUND;
    if (cache->local.table)
        keep_here(cache, &found, claim, key, counted);
    *session = found.session;
    return LUCI_OK;
}

apr_uint32_t luci_session_cache_counter(const luci_session_cache_t *cache, const luci_session_token_t *token)
{
    unsigned char key[LUCI_SHA256_BYTES];

    key_of(cache, token->digest, key);
    return luci_change_counter(cache->local.counters, key);
}

int luci_session_cache_is_unchanged(const luci_session_cache_t *cache, const luci_session_token_t *token,
                                    apr_uint32_t counted)
{
    return cache->is_counted && luci_session_cache_counter(cache, token) == counted;
}

luci_result_t luci_session_cache_keep(const luci_session_cache_t *cache, const luci_session_t *session,
                                      luci_ms_t read_at, apr_pool_t *scratch)
{
    unsigned char key[LUCI_SHA256_BYTES], seal[LUCI_RECORD_SEAL_BYTES], record[LUCI_RECORD_MAX];
    const luci_record_form_t form = { cache->values, seal };
    luci_shared_value_t value = { .bytes = record, .until = read_at + cache->ttl };
    luci_result_t result;

    key_of(cache, session->token.digest, key);
    if (value.until > session->active_expires)
        value.until = session->active_expires;
    if (session->user.disabled_from && session->user.disabled_from < value.until)
        return LUCI_OK;
    seal_of(cache, key, seal);
    result = luci_session_record_write(session, read_at, &form, record, &value.length);
    return result == LUCI_OK ? cache->store.store(cache->store.baton, key, &value, scratch) : result;
}

static void move_counters(const luci_session_cache_t *cache, const luci_session_ends_t *ends)
{
    for (int i = 0; i < ends->count; i++)
        luci_change_counter_move(cache->local.counters, ends->keys + (size_t)i * LUCI_SHA256_BYTES);
}

/* The counter moves before the block, for requests that store the session after a store has lost the block,
 * and after it, for processes that found the session in the store meanwhile. */
void luci_session_cache_forget(const luci_session_cache_t *cache, const luci_session_token_t *tokens,
                               int count, apr_pool_t *scratch)
{
    unsigned char *keys = apr_palloc(scratch, (apr_size_t)count * LUCI_SHA256_BYTES);
    const luci_session_ends_t ends = { keys, count, cache->ttl + SKEW_MAX };

    for (int i = 0; i < count; i++)
        key_of(cache, tokens[i].digest, keys + (size_t)i * LUCI_SHA256_BYTES);
    move_counters(cache, &ends);
    (void)cache->store.end(cache->store.baton, &ends, scratch);
    move_counters(cache, &ends);
}
