/* SPDX-License-Identifier: Apache-2.0 */
#include "core/session/session.h"

#include "core/base/secret.h"
#include "core/base/text.h"
#include "core/base/timestamp.h"
#include "core/db/session_table.h"
#include "core/db/user_table.h"

#include <apr_strings.h>
#include <string.h>

#define ADDRESS_MAX 45     /* bytes: an IPv4-mapped IPv6 address in full */
#define USER_AGENT_MAX 255 /* bytes; longer ones are cut */

enum { COLUMN_ACTIVE, COLUMN_IDLE, COLUMN_USER };

luci_session_state_t luci_session_state(const luci_session_t *session, const luci_settings_t *settings,
                                        luci_ms_t now)
{
    if (now > session->idle_expires)
        return LUCI_SESSION_EXPIRED;
    if (settings->max_lifetime && (now - session->created_at >= settings->max_lifetime ||
                                   session->created_at - now > LUCI_CLOCKS_DIFFER))
        return LUCI_SESSION_EXPIRED;
    return now < session->active_expires ? LUCI_SESSION_ACTIVE : LUCI_SESSION_IDLE;
}

void luci_session_extend(luci_session_t *session, const luci_settings_t *settings, luci_ms_t now)
{
    session->active_expires = now + settings->active_period;
    session->idle_expires = session->active_expires + settings->idle_period;
    if (settings->max_lifetime) {
        luci_ms_t end = session->created_at + settings->max_lifetime;

        session->active_expires = session->active_expires < end ? session->active_expires : end;
        session->idle_expires = session->idle_expires < end ? session->idle_expires : end;
    }
    session->state = LUCI_SESSION_ACTIVE;
    session->fresh = 1;
}

luci_ms_t luci_session_estimate(luci_ms_t active_expires, const luci_settings_t *settings, luci_ms_t now)
{
    luci_ms_t estimate = active_expires - settings->active_period;

    return estimate < now ? estimate : now;
}

luci_result_t luci_session_token(luci_session_token_t *token, const char *id)
{
    token->id = id;
    return luci_secret_sha256(id, strlen(id), token->digest);
}

/* A stored id is the SHA-256 of the id or, if Lucia wrote it, the id itself. */
luci_result_t luci_session_stored_token(luci_session_token_t *token, const char *stored_id)
{
    token->id = NULL;
    if (luci_secret_unhex(stored_id, token->digest, LUCI_SHA256_BYTES) == LUCI_OK)
        return LUCI_OK;
    return luci_secret_sha256(stored_id, strlen(stored_id), token->digest);
}

/* The id as the table holds it. Ids are random, so their hash needs no salt: it cannot be guessed either. */
static const char *stored_id(const luci_session_token_t *token, const luci_settings_t *settings,
                             apr_pool_t *pool)
{
    char *hex;

    if (settings->tokens == LUCI_TOKENS_PLAIN)
        return token->id;
    hex = apr_palloc(pool, LUCI_SHA256_HEX + 1);
    luci_secret_hex(token->digest, LUCI_SHA256_BYTES, hex);
    return hex;
}

void luci_session_set_token(luci_session_t *session, const luci_session_token_t *token)
{
    session->token = *token;
    luci_secret_hex(token->digest, LUCI_EVENT_TAG_HEX / 2, session->tag);
}

luci_result_t luci_session_new(luci_session_t *session, const luci_user_t *user,
                               const luci_settings_t *settings, luci_ms_t now, apr_pool_t *pool)
{
    char *id = apr_palloc(pool, LUCI_SESSION_ID_LENGTH + 1);
    luci_session_token_t token;
    luci_result_t result = luci_secret_random_id(id, LUCI_SESSION_ID_LENGTH);

    if (result == LUCI_OK)
        result = luci_session_token(&token, id);
    if (result != LUCI_OK)
        return result;
    luci_session_set_token(session, &token);
    session->user = *user;
    session->created_at = now;
    session->proved_at = now;
    session->factors = 1;
    luci_session_extend(session, settings, now);
    return LUCI_OK;
}

luci_result_t luci_session_insert(luci_db_t *db, const luci_session_t *session,
                                  const luci_settings_t *settings, const luci_client_t *client,
                                  apr_pool_t *scratch)
{
    const char *created = luci_sql_number(session->created_at, scratch);
    const luci_argument_t arguments[] = {
        { "id", stored_id(&session->token, settings, scratch) },
        { "user", session->user.id },
        { "active", luci_sql_number(session->active_expires, scratch) },
        { "idle", luci_sql_number(session->idle_expires, scratch) },
        { "created", created },
        { "proved", luci_sql_number(session->proved_at, scratch) },
        { "last_seen", created },
        { "address", luci_text_printable_ascii(client->address, ADDRESS_MAX, scratch) },
        { "user_agent", luci_text_printable_ascii(client->user_agent, USER_AGENT_MAX, scratch) },
        { "factors", luci_sql_number(session->factors, scratch) },
        { NULL, NULL },
    };
    int changed;

    return luci_db_execute(db, &luci_sql_session_insert, arguments, &changed, scratch);
}

/* The maximum number of sessions that one sign-in deletes, which bounds its duration if there are far too
 * many. */
#define REMOVED_MAX 100

/* Deletes one by one by the primary key: on MySQL, a deletion by user_id would also lock gaps of the index.
 */
static luci_result_t remove_oldest(luci_db_t *db, const char *user_id, int count, apr_array_header_t *removed)
{
    apr_pool_t *pool = removed->pool;
    const luci_argument_t *arguments =
        LUCI_ARGUMENTS({ "user", user_id }, { "max", luci_sql_number(count, pool) });
    apr_array_header_t *rows;
    int changed;
    luci_result_t result = luci_db_select_all(db, &luci_sql_sessions_oldest, arguments, &rows, pool);

    for (int i = 0; result == LUCI_OK && i < rows->nelts; i++) {
        const char *id = APR_ARRAY_IDX(rows, i, const char *const *)[0];

        result = luci_session_stored_token(apr_array_push(removed), id);
        if (result == LUCI_OK)
            result =
                luci_db_execute(db, &luci_sql_session_delete, LUCI_ARGUMENTS({ "id", id }), &changed, pool);
    }
    return result;
}

luci_result_t luci_session_make_room(luci_db_t *db, const char *user_id, int max,
                                     apr_array_header_t **removed, apr_pool_t *pool)
{
    const char *const *row;
    apr_int64_t excess;
    int can_find;
    luci_result_t result = luci_db_finds_sessions(db, &can_find, pool);

    *removed = apr_array_make(pool, 1, sizeof(luci_session_token_t));
    if (result != LUCI_OK || !can_find)
        return result;
    result = luci_db_select(db, &luci_sql_sessions_count, LUCI_ARGUMENTS({ "user", user_id }), &row, pool);
    if (result != LUCI_OK)
        return result;
    excess = luci_sql_to_number(row[0], 0) + 1 - (max ? max : LUCI_SESSIONS_MAX);
    if (excess <= 0)
        return LUCI_OK;
    return remove_oldest(db, user_id, excess < REMOVED_MAX ? (int)excess : REMOVED_MAX, *removed);
}

static luci_ms_t to_timestamp(const char *column, luci_ms_t fallback)
{
    return luci_timestamp_clamp(luci_sql_to_number(column, fallback));
}

/* The stored forms to look for, in this order. An unhashed row may be hashed between two queries, hence the
 * hash is tried again. A hash from the table that is presented as an id is longer than an id, and never
 * looked for unhashed. */
#define PLACES_MAX 3

typedef struct {
    const char *ids[PLACES_MAX];
    int count;
} places_t;

static places_t find_places(const luci_session_token_t *token, const luci_settings_t *settings,
                            apr_pool_t *pool)
{
    const char *stored = stored_id(token, settings, pool);
    int is_hashed = settings->tokens == LUCI_TOKENS_HASHED && strlen(token->id) == LUCI_SESSION_ID_LENGTH;

    return (places_t){ { stored, token->id, stored }, is_hashed ? PLACES_MAX : 1 };
}

typedef struct {
    const char *const *columns;
    const char *id; /* the stored form that was found */
} row_t;

static luci_result_t find_row(luci_db_t *db, const places_t *places, row_t *row, apr_pool_t *pool)
{
    luci_result_t result = LUCI_NOT_FOUND;

    for (int i = 0; i < places->count && result == LUCI_NOT_FOUND; i++) {
        row->id = places->ids[i];
        result =
            luci_db_select(db, &luci_sql_session_get, LUCI_ARGUMENTS({ "id", row->id }), &row->columns, pool);
    }
    return result;
}

/* What the table says besides Lucia's columns; NULL: it was not read or is unknown. */
typedef struct {
    const char *created_at;
    const char *factors;
} details_t;

static luci_result_t read_details(luci_db_t *db, const luci_settings_t *settings, const row_t *row,
                                  details_t *details)
{
    const char *const *next =
        row->columns + COLUMN_USER + LUCI_SQL_USER_ATTRIBUTES + luci_settings_values(settings);
    int has_factors = 0;
    luci_result_t result = LUCI_OK;

    *details = (details_t){ 0 };
    if (luci_db_columns(db).created_at)
        details->created_at = *next++;
    if (luci_settings_count_factors(settings))
        result = luci_db_has_later(db, &luci_table_session, "factors", &has_factors);
    if (has_factors)
        details->factors = *next;
    return result;
}

static int to_factors(const char *column)
{
    return luci_sql_to_number(column, 1) == 2 ? 2 : 1;
}

luci_result_t luci_session_get(luci_db_t *db, const luci_session_claim_t *claim,
                               const luci_settings_t *settings, luci_session_t *session, apr_pool_t *pool)
{
    row_t row;
    details_t details;
    places_t places = find_places(claim->token, settings, pool);
    luci_result_t result = find_row(db, &places, &row, pool);

    if (result == LUCI_OK)
        result = read_details(db, settings, &row, &details);
    if (result != LUCI_OK)
        return result;
    memset(session, 0, sizeof *session);
    luci_session_set_token(session, claim->token);
    session->is_unhashed = settings->tokens == LUCI_TOKENS_HASHED && row.id == claim->token->id;
    session->active_expires = to_timestamp(row.columns[COLUMN_ACTIVE], 0);
    session->idle_expires = to_timestamp(row.columns[COLUMN_IDLE], 0);
    session->factors = to_factors(details.factors);
    session->created_at = to_timestamp(details.created_at,
                                       luci_session_estimate(session->active_expires, settings, claim->now));
    luci_user_from_row(&session->user, db, row.columns + COLUMN_USER);
    session->state = luci_session_state(session, settings, claim->now);
    if (session->state == LUCI_SESSION_ACTIVE && settings->max_lifetime &&
        session->active_expires - settings->active_period - claim->now > LUCI_CLOCKS_DIFFER)
        session->state = LUCI_SESSION_IDLE; /* so that it is renewed, which stores its age */
    if (session->state == LUCI_SESSION_EXPIRED)
        return LUCI_EXPIRED;
    return luci_user_is_disabled(&session->user, claim->now) ? LUCI_DENIED : LUCI_OK;
}

/* The row of Lucia v2 whose id is not hashed has no proof, so that it need not be looked for. */
luci_result_t luci_session_proved_at(luci_db_t *db, const luci_session_token_t *token,
                                     const luci_settings_t *settings, luci_ms_t *proved_at,
                                     apr_pool_t *scratch)
{
    const char *id = stored_id(token, settings, scratch);
    const char *const *row;
    int found;
    luci_result_t result = luci_db_has_later(db, &luci_table_session, "proved_at", &found);

    *proved_at = 0;
    if (result == LUCI_OK && !found)
        return LUCI_NOT_FOUND;
    if (result == LUCI_OK)
        result = luci_db_select(db, &luci_sql_session_proof, LUCI_ARGUMENTS({ "id", id }), &row, scratch);
    if (result == LUCI_OK)
        *proved_at = to_timestamp(row[0], 0);
    return result == LUCI_NOT_FOUND ? LUCI_OK : result;
}

int luci_session_is_proved(luci_ms_t proved_at, luci_ms_t within, luci_ms_t now)
{
    return proved_at > 0 && now - proved_at < within && proved_at - now <= LUCI_CLOCKS_DIFFER;
}

/* Runs a statement that changes one row, or none. */
static luci_result_t change_one(luci_db_t *db, const luci_statement_t *statement,
                                const luci_argument_t *arguments, apr_pool_t *scratch)
{
    int changed;
    luci_result_t result = luci_db_execute(db, statement, arguments, &changed, scratch);

    if (result != LUCI_OK)
        return result;
    return changed > 0 ? LUCI_OK : LUCI_NOT_FOUND;
}

typedef struct {
    const char *user_id;
    const char *id;
    const char *hash;
} migration_t;

/* The user's lock keeps a concurrent transaction that ends all sessions of the user, and reads them in the
 * order of their ids, from missing this one when its id changes. */
static luci_result_t change_id(luci_db_t *db, void *baton, apr_pool_t *scratch)
{
    const migration_t *migration = baton;
    luci_user_t user;
    luci_result_t result = luci_user_lock(db, migration->user_id, &user, scratch);

    return result == LUCI_OK
               ? change_one(db, &luci_sql_session_hash,
                            LUCI_ARGUMENTS({ "hash", migration->hash }, { "id", migration->id }), scratch)
               : result;
}

luci_result_t luci_session_hash_stored_id(luci_db_t *db, luci_session_t *session,
                                          const luci_settings_t *settings, apr_pool_t *scratch)
{
    migration_t migration = { session->user.id, session->token.id,
                              stored_id(&session->token, settings, scratch) };
    luci_result_t result = luci_db_transaction(db, change_id, &migration, scratch);

    if (result == LUCI_OK)
        session->is_unhashed = 0;
    return result;
}

luci_result_t luci_session_renew(luci_db_t *db, luci_session_t *session, const luci_settings_t *settings,
                                 luci_ms_t now, apr_pool_t *scratch)
{
    luci_session_t renewed = *session;
    luci_result_t result;

    luci_session_extend(&renewed, settings, now);
    result = change_one(db, &luci_sql_session_renew,
                        LUCI_ARGUMENTS({ "active", luci_sql_number(renewed.active_expires, scratch) },
                                       { "idle", luci_sql_number(renewed.idle_expires, scratch) },
                                       { "last_seen", luci_sql_number(now, scratch) },
                                       { "created", luci_sql_number(session->created_at, scratch) },
                                       { "id", stored_id(&session->token, settings, scratch) },
                                       { "old_active", luci_sql_number(session->active_expires, scratch) }),
                        scratch);
    if (result == LUCI_OK)
        *session = renewed;
    return result;
}

luci_result_t luci_session_delete(luci_db_t *db, const luci_session_token_t *token,
                                  const luci_settings_t *settings, apr_pool_t *scratch)
{
    places_t places = find_places(token, settings, scratch);
    luci_result_t result = LUCI_NOT_FOUND;

    for (int i = 0; i < places.count && result == LUCI_NOT_FOUND; i++)
        result = change_one(db, &luci_sql_session_delete, LUCI_ARGUMENTS({ "id", places.ids[i] }), scratch);
    return result;
}
