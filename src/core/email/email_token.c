/* SPDX-License-Identifier: Apache-2.0 */
#include "core/email/email_token.h"

#include "core/db/email_token_table.h"

#include <apr_strings.h>
#include <string.h>

#define SPENT "spent_" /* before the kind of a link that was spent */

enum { COLUMN_KIND, COLUMN_EMAIL, COLUMN_EXPIRES, COLUMN_USER };

/* NOT_FOUND: there is no table, and so no link. */
static luci_result_t need_table(luci_db_t *db)
{
    int found = 0;
    luci_result_t result = luci_db_has_table(db, &luci_table_email_token, &found);

    return result == LUCI_OK && !found ? LUCI_NOT_FOUND : result;
}

int luci_email_token_is_refused(const luci_user_t *user, luci_ms_t now)
{
    return luci_user_is_disabled(user, now) && user->disabled_from != LUCI_USER_WAITING;
}

/* Deletes the links of a kind that end after a time. */
static luci_result_t void_kind(luci_db_t *db, const char *user_id, const char *kind, luci_ms_t after,
                               apr_pool_t *scratch)
{
    int changed;

    return luci_db_execute(
        db, &luci_sql_email_tokens_void,
        LUCI_ARGUMENTS({ "user", user_id }, { "kind", kind }, { "after", luci_sql_number(after, scratch) }),
        &changed, scratch);
}

/* ---- Making ---- */

/* The id of a row without a token is as long as a hash, and the hash of nothing that is known. */
luci_result_t luci_email_token_expect(luci_db_t *db, const luci_email_link_t *link, apr_pool_t *scratch)
{
    char id[LUCI_SHA256_HEX + 1];
    int changed;
    luci_result_t result = need_table(db);

    if (result == LUCI_NOT_FOUND)
        return LUCI_UNAVAILABLE;
    if (result == LUCI_OK)
        result = luci_secret_random_id(id, LUCI_SHA256_HEX);
    if (result == LUCI_OK && strcmp(link->kind, LUCI_EMAIL_VERIFY) == 0)
        result = void_kind(db, link->user_id, link->kind, 0, scratch);
    return result == LUCI_OK
               ? luci_db_execute(db, &luci_sql_email_token_insert,
                                 LUCI_ARGUMENTS({ "id", id }, { "user", link->user_id },
                                                { "kind", link->kind }, { "email", link->email },
                                                { "expires", luci_sql_number(link->expires, scratch) }),
                                 &changed, scratch)
               : result;
}

static luci_result_t name_row(luci_db_t *db, const luci_email_link_t *link, const char *text,
                              apr_pool_t *scratch)
{
    char id[LUCI_SHA256_HEX + 1];
    int changed = 0;
    luci_result_t result = luci_secret_sha256_hex(text, LUCI_EMAIL_TOKEN_LENGTH, id);

    if (result == LUCI_OK)
        result = luci_db_execute(db, &luci_sql_email_token_name,
                                 LUCI_ARGUMENTS({ "id", id }, { "user", link->user_id },
                                                { "kind", link->kind }, { "email", link->email },
                                                { "expires", luci_sql_number(link->expires, scratch) }),
                                 &changed, scratch);
    return result == LUCI_OK && changed != 1 ? LUCI_NOT_FOUND : result;
}

luci_result_t luci_email_token_make(luci_db_t *db, const luci_email_link_t *link,
                                    char text[LUCI_EMAIL_TOKEN_LENGTH + 1], apr_pool_t *scratch)
{
    luci_result_t result = need_table(db);

    if (result == LUCI_OK)
        result = luci_secret_random_id(text, LUCI_EMAIL_TOKEN_LENGTH);
    if (result == LUCI_OK)
        result = name_row(db, link, text, scratch);
    if (result != LUCI_OK)
        luci_secret_wipe(text, LUCI_EMAIL_TOKEN_LENGTH + 1);
    return result;
}

/* ---- Finding and spending ---- */

/* NOT_FOUND: the text is no token. */
static luci_result_t id_of(luci_db_t *db, const char *text, char id[LUCI_SHA256_HEX + 1])
{
    luci_result_t result;

    if (!luci_secret_is_random_id(text, LUCI_EMAIL_TOKEN_LENGTH))
        return LUCI_NOT_FOUND;
    result = need_table(db);
    return result == LUCI_OK ? luci_secret_sha256_hex(text, LUCI_EMAIL_TOKEN_LENGTH, id) : result;
}

/* The id of a token's row after it was spent. No token has it, so that a program which knows of no spent ones
 * does not find it either. */
static luci_result_t spent_id_of(const char *id, char spent[LUCI_SHA256_HEX + 1])
{
    return luci_secret_sha256_hex(id, LUCI_SHA256_HEX, spent);
}

/* Reads the row of an id for token, whose own id is set. */
static luci_result_t find(luci_db_t *db, const char *id, luci_ms_t now, luci_email_token_t *token,
                          apr_pool_t *pool)
{
    const char *const *row;
    luci_result_t result =
        luci_db_select(db, &luci_sql_email_token_get, LUCI_ARGUMENTS({ "id", id }), &row, pool);

    if (result != LUCI_OK)
        return result;
    token->kind = row[COLUMN_KIND];
    token->email = row[COLUMN_EMAIL];
    token->expires = luci_sql_to_number(row[COLUMN_EXPIRES], 0);
    luci_user_from_row(&token->user, db, row + COLUMN_USER);
    return token->expires <= now || luci_email_token_is_refused(&token->user, now) ? LUCI_NOT_FOUND : LUCI_OK;
}

luci_result_t luci_email_token_find(luci_db_t *db, const char *text, luci_ms_t now, luci_email_token_t *token,
                                    apr_pool_t *pool)
{
    luci_result_t result = id_of(db, text, token->id);

    return result == LUCI_OK ? find(db, token->id, now, token, pool) : result;
}

/* What a link did that was spent, of its row's kind. */
static luci_result_t read_spent_kind(luci_email_token_t *token)
{
    if (!token->kind || strncmp(token->kind, SPENT, strlen(SPENT)) != 0)
        return LUCI_NOT_FOUND;
    token->kind += strlen(SPENT);
    return LUCI_OK;
}

luci_result_t luci_email_token_find_spent(luci_db_t *db, const char *text, luci_ms_t now,
                                          luci_email_token_t *token, apr_pool_t *pool)
{
    char spent[LUCI_SHA256_HEX + 1];
    luci_result_t result = id_of(db, text, token->id);

    if (result == LUCI_OK)
        result = spent_id_of(token->id, spent);
    if (result == LUCI_OK)
        result = find(db, spent, now, token, pool);
    return result == LUCI_OK ? read_spent_kind(token) : result;
}

luci_result_t luci_email_token_spend(luci_db_t *db, const luci_email_token_t *token, luci_ms_t now,
                                     apr_pool_t *scratch)
{
    const char *user_id = token->user.id;
    char spent[LUCI_SHA256_HEX + 1];
    int changed = 0;
    luci_result_t result = spent_id_of(token->id, spent);

    if (result == LUCI_OK)
        result =
            luci_db_execute(db, &luci_sql_email_token_spend,
                            LUCI_ARGUMENTS({ "id", token->id }, { "user", user_id }, { "kind", token->kind },
                                           { "now", luci_sql_number(now, scratch) }, { "spent", spent },
                                           { "spent_kind", apr_pstrcat(scratch, SPENT, token->kind, NULL) },
                                           { "until", luci_sql_number(now + LUCI_TWICE_WITHIN, scratch) }),
                            &changed, scratch);
    if (result == LUCI_OK && changed != 1)
        return LUCI_NOT_FOUND;
    if (result != LUCI_OK || strcmp(token->kind, LUCI_EMAIL_UNDO) != 0)
        return result;
    result = void_kind(db, user_id, LUCI_EMAIL_VERIFY, 0, scratch);
    return result == LUCI_OK ? void_kind(db, user_id, LUCI_EMAIL_UNDO, token->expires, scratch) : result;
}

luci_result_t luci_email_token_awaited(luci_db_t *db, const char *user_id, luci_ms_t now, const char **email,
                                       apr_pool_t *pool)
{
    const char *const *row;
    luci_result_t result = need_table(db);

    if (result == LUCI_OK)
        result = luci_db_select(db, &luci_sql_email_token_latest,
                                LUCI_ARGUMENTS({ "user", user_id }, { "kind", LUCI_EMAIL_VERIFY },
                                               { "now", luci_sql_number(now, pool) }),
                                &row, pool);
    if (result == LUCI_OK)
        *email = row[0];
    return result;
}

/* ---- Voiding ---- */

luci_result_t luci_email_token_void(luci_db_t *db, const char *user_id, apr_pool_t *scratch)
{
    int changed;
    luci_result_t result = need_table(db);

    if (result == LUCI_OK)
        result = luci_db_execute(db, &luci_sql_email_tokens_delete, LUCI_ARGUMENTS({ "user", user_id }),
                                 &changed, scratch);
    return result == LUCI_NOT_FOUND ? LUCI_OK : result;
}

luci_result_t luci_email_token_purge(luci_db_t *db, luci_ms_t now, apr_pool_t *scratch)
{
    int removed;
    luci_result_t result = need_table(db);

    if (result == LUCI_OK)
        result = luci_db_execute(db, &luci_sql_email_tokens_purge,
                                 LUCI_ARGUMENTS({ "now", luci_sql_number(now, scratch) }), &removed, scratch);
    return result == LUCI_NOT_FOUND ? LUCI_OK : result;
}
