/* SPDX-License-Identifier: Apache-2.0 */
#include "core/token/token.h"

#include "core/db/schema.h"
#include "core/db/token_table.h"

#include <apr_strings.h>
#include <string.h>

enum { COLUMN_STATE, COLUMN_EXPIRES, COLUMN_USER };

/* ---- The table ---- */

luci_result_t luci_token_has_table(luci_db_t *db, int *found)
{
    return luci_db_has(db, luci_probe_table(&luci_table_token), found);
}

luci_result_t luci_token_create_table(luci_db_t *db, apr_pool_t *scratch)
{
    return luci_schema_create_one(db, &luci_table_token, scratch);
}

/* NOT_FOUND: there is no table, and so no link. */
static luci_result_t need_table(luci_db_t *db)
{
    int found = 0;
    luci_result_t result = luci_token_has_table(db, &found);

    return result == LUCI_OK && !found ? LUCI_NOT_FOUND : result;
}

/* ---- The state of an account ---- */

/* Reads the key of token->user. CONFLICT: it belongs to another user. */
static luci_result_t read_key(luci_db_t *db, luci_token_t *token, apr_pool_t *pool)
{
    luci_key_t key;
    luci_result_t result = luci_key_id(token->user.username, &token->key_id, pool);

    token->has_key = 0;
    token->stored_hash = NULL;
    if (result == LUCI_OK)
        result = luci_key_get(db, token->key_id, &key, pool);
    if (result == LUCI_NOT_FOUND)
        return LUCI_OK;
    if (result != LUCI_OK)
        return result;
    if (strcmp(key.user.id, token->user.id) != 0)
        return LUCI_CONFLICT;
    token->has_key = 1;
    token->stored_hash = key.stored_hash;
    return LUCI_OK;
}

/* What a link is bound to. The name is no part of it, so that a link survives a rename. */
static luci_result_t state_of(const luci_token_t *token, char state[LUCI_SHA256_HEX + 1], apr_pool_t *scratch)
{
    const char *text =
        apr_pstrcat(scratch, token->user.id, "\n", token->stored_hash ? token->stored_hash : "", NULL);

    return luci_secret_sha256_hex(text, strlen(text), state);
}

/* ---- Making ---- */

static luci_result_t insert(luci_db_t *db, void *baton, apr_pool_t *scratch)
{
    luci_token_wanted_t *wanted = baton;
    luci_token_t token;
    char state[LUCI_SHA256_HEX + 1];
    int changed;
    luci_result_t result = luci_user_lock(db, wanted->user.id, &token.user, scratch);

    if (result == LUCI_OK && luci_user_is_disabled(&token.user, wanted->now))
        return LUCI_DENIED;
    if (result == LUCI_OK)
        result = read_key(db, &token, scratch);
    if (result == LUCI_OK)
        result = state_of(&token, state, scratch);
    if (result == LUCI_OK)
        result = luci_secret_sha256_hex(wanted->text, strlen(wanted->text), token.id);
    if (result == LUCI_OK)
        result = luci_db_execute(db, &luci_sql_tokens_delete, LUCI_ARGUMENTS({ "user", token.user.id }),
                                 &changed, scratch);
    return result == LUCI_OK
               ? luci_db_execute(db, &luci_sql_token_insert,
                                 LUCI_ARGUMENTS({ "id", token.id }, { "user", token.user.id },
                                                { "state", state },
                                                { "expires", luci_sql_number(wanted->expires, scratch) }),
                                 &changed, scratch)
               : result;
}

luci_result_t luci_token_make(luci_db_t *db, luci_token_wanted_t *wanted, apr_pool_t *scratch)
{
    luci_result_t result = luci_secret_random_id(wanted->text, LUCI_TOKEN_LENGTH);

    if (result == LUCI_OK)
        result = luci_db_transaction(db, insert, wanted, scratch);
    if (result != LUCI_OK)
        luci_secret_wipe(wanted->text, sizeof wanted->text);
    return result;
}

/* ---- Finding and spending ---- */

/* The user is borrowed from row. */
static luci_result_t judge(luci_db_t *db, const char *const *row, luci_ms_t now, luci_token_t *token,
                           apr_pool_t *pool)
{
    char state[LUCI_SHA256_HEX + 1];
    luci_result_t result;

    luci_user_from_row(&token->user, db, row + COLUMN_USER);
    if (luci_sql_to_number(row[COLUMN_EXPIRES], 0) <= now || luci_user_is_disabled(&token->user, now))
        return LUCI_NOT_FOUND;
    result = read_key(db, token, pool);
    if (result == LUCI_OK)
        result = state_of(token, state, pool);
    if (result == LUCI_OK && (!row[COLUMN_STATE] || strcmp(row[COLUMN_STATE], state) != 0))
        return LUCI_NOT_FOUND;
    return result == LUCI_CONFLICT || result == LUCI_INVALID ? LUCI_NOT_FOUND : result;
}

/* NOT_FOUND: the text is no token. */
static luci_result_t id_of(luci_db_t *db, const char *text, char id[LUCI_SHA256_HEX + 1])
{
    luci_result_t result;

    if (!luci_secret_is_random_id(text, LUCI_TOKEN_LENGTH))
        return LUCI_NOT_FOUND;
    result = need_table(db);
    return result == LUCI_OK ? luci_secret_sha256_hex(text, strlen(text), id) : result;
}

/* The id of a token's row after it was spent. No token has it, so that a program which knows of no spent ones
 * does not find it either. */
static luci_result_t spent_id_of(const char *id, char spent[LUCI_SHA256_HEX + 1])
{
    return luci_secret_sha256_hex(id, LUCI_SHA256_HEX, spent);
}

/* Reads the row of an id for token, whose own id is set. */
static luci_result_t find(luci_db_t *db, const char *id, luci_ms_t now, luci_token_t *token, apr_pool_t *pool)
{
    const char *const *row;
    luci_result_t result = luci_db_select(db, &luci_sql_token_get, LUCI_ARGUMENTS({ "id", id }), &row, pool);

    return result == LUCI_OK ? judge(db, row, now, token, pool) : result;
}

luci_result_t luci_token_find(luci_db_t *db, const char *text, luci_ms_t now, luci_token_t *token,
                              apr_pool_t *pool)
{
    luci_result_t result = id_of(db, text, token->id);

    return result == LUCI_OK ? find(db, token->id, now, token, pool) : result;
}

luci_result_t luci_token_find_spent(luci_db_t *db, const char *text, luci_ms_t now, luci_token_t *token,
                                    apr_pool_t *pool)
{
    char spent[LUCI_SHA256_HEX + 1];
    luci_result_t result = id_of(db, text, token->id);

    if (result == LUCI_OK)
        result = spent_id_of(token->id, spent);
    return result == LUCI_OK ? find(db, spent, now, token, pool) : result;
}

/* Makes the row that of a spent token, which is bound to the account with its new hash. */
static luci_result_t mark_spent(luci_db_t *db, const luci_token_t *token, const char *new_hash, luci_ms_t now,
                                apr_pool_t *scratch)
{
    luci_token_t after = *token;
    char state[LUCI_SHA256_HEX + 1], new_state[LUCI_SHA256_HEX + 1], spent[LUCI_SHA256_HEX + 1];
    int changed = 0;
    luci_result_t result = spent_id_of(token->id, spent);

    after.stored_hash = new_hash;
    if (result == LUCI_OK)
        result = state_of(token, state, scratch);
    if (result == LUCI_OK)
        result = state_of(&after, new_state, scratch);
    if (result == LUCI_OK)
        result =
            luci_db_execute(db, &luci_sql_token_spend,
                            LUCI_ARGUMENTS({ "id", token->id }, { "user", token->user.id },
                                           { "state", state }, { "now", luci_sql_number(now, scratch) },
                                           { "spent", spent }, { "new_state", new_state },
                                           { "until", luci_sql_number(now + LUCI_TWICE_WITHIN, scratch) }),
                            &changed, scratch);
    return result == LUCI_OK && changed != 1 ? LUCI_NOT_FOUND : result;
}

luci_result_t luci_token_spend(luci_db_t *db, const luci_token_t *token, const char *new_hash, luci_ms_t now,
                               apr_pool_t *scratch)
{
    luci_result_t result = LUCI_OK;

    if (token->has_key)
        result = luci_key_lock(db, token->key_id, token->user.id, token->stored_hash, scratch);
    if (result == LUCI_OK)
        result = mark_spent(db, token, new_hash, now, scratch);
    return result == LUCI_CONFLICT ? LUCI_NOT_FOUND : result;
}

/* ---- Voiding ---- */

luci_result_t luci_token_void(luci_db_t *db, const char *user_id, apr_pool_t *scratch)
{
    int changed;
    luci_result_t result = need_table(db);

    if (result == LUCI_OK)
        result = luci_db_execute(db, &luci_sql_tokens_delete, LUCI_ARGUMENTS({ "user", user_id }), &changed,
                                 scratch);
    return result == LUCI_NOT_FOUND ? LUCI_OK : result;
}

luci_result_t luci_token_purge(luci_db_t *db, luci_ms_t now, int *removed, apr_pool_t *scratch)
{
    luci_result_t result = need_table(db);

    *removed = 0;
    if (result == LUCI_OK)
        result = luci_db_execute(db, &luci_sql_tokens_purge,
                                 LUCI_ARGUMENTS({ "now", luci_sql_number(now, scratch) }), removed, scratch);
    return result == LUCI_NOT_FOUND ? LUCI_OK : result;
}
