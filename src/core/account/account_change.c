/* SPDX-License-Identifier: Apache-2.0 */
#include "core/account/account_change.h"

#include "core/account/failures.h"
#include "core/db/key_table.h"
#include "core/db/session_table.h"
#include "core/db/user_table.h"

#include <string.h>

/* Executes a statement and ignores the number of changed rows: MySQL does not count rows that stay the same.
 */
static luci_result_t change(luci_db_t *db, const luci_statement_t *statement,
                            const luci_argument_t *arguments, apr_pool_t *scratch)
{
    int changed;

    return luci_db_execute(db, statement, arguments, &changed, scratch);
}

/* ---- Renaming ---- */

/* CONFLICT: another user has the name, in the key table or in the user table. */
static luci_result_t check_free(luci_db_t *db, const luci_account_rename_t *renaming, apr_pool_t *scratch)
{
    const char *const *other;
    luci_key_t key;
    luci_result_t result = luci_key_get(db, renaming->new_key, &key, scratch);

    if (result == LUCI_OK && strcmp(key.user.id, renaming->user->id) != 0)
        return LUCI_CONFLICT;
    if (result == LUCI_OK || result == LUCI_NOT_FOUND)
        result =
            luci_db_select(db, &luci_sql_user_name_taken,
                           LUCI_ARGUMENTS({ "username", renaming->username }, { "id", renaming->user->id }),
                           &other, scratch);
    if (result == LUCI_OK)
        return LUCI_CONFLICT;
    return result == LUCI_NOT_FOUND ? LUCI_OK : result;
}

static luci_result_t set_hash(luci_db_t *db, const char *key_id, const char *stored_hash, apr_pool_t *scratch)
{
    return change(db, &luci_sql_key_set_hash, LUCI_ARGUMENTS({ "hash", stored_hash }, { "id", key_id }),
                  scratch);
}

/* *key: the user's own key of this id, locked; its id is NULL if the user has none. */
static luci_result_t find_own(luci_db_t *db, const char *key_id, const luci_user_t *user, luci_key_t *key,
                              apr_pool_t *pool)
{
    luci_result_t result;

    key->id = key_id;
    result = luci_key_lock_any(db, key, pool);
    if (result != LUCI_OK || strcmp(key->user.id, user->id) != 0)
        key->id = NULL;
    return result == LUCI_NOT_FOUND ? LUCI_OK : result;
}

/* The key of the old name becomes the key of the new name. One without a password, which only keeps a name
 * that the user had before, makes way for it. */
static luci_result_t move_key(luci_db_t *db, const luci_account_rename_t *renaming, const luci_key_t *old,
                              const luci_key_t *own, apr_pool_t *scratch)
{
    luci_result_t result = LUCI_OK;

    if (!old->id || (own->id && own->stored_hash))
        return LUCI_OK;
    if (own->id)
        result = change(db, &luci_sql_key_delete, LUCI_ARGUMENTS({ "id", own->id }), scratch);
    return result == LUCI_OK
               ? change(db, &luci_sql_key_rename,
                        LUCI_ARGUMENTS({ "new_id", renaming->new_key }, { "id", old->id }), scratch)
               : result;
}

/* The key of the old name stays, without a password, and the key of the new name gets it, with the failures
 * in a row: another name does not lift the limit. */
static luci_result_t add_key(luci_db_t *db, luci_account_rename_t *renaming, const luci_key_t *old,
                             const luci_key_t *own, apr_pool_t *scratch)
{
    luci_result_t result;

    renaming->stored_hash = old->id ? old->stored_hash : NULL;
    if (own->id)
        result = old->id ? set_hash(db, own->id, renaming->stored_hash, scratch) : LUCI_OK;
    else
        result = luci_key_insert(db, renaming->new_key, renaming->user->id, renaming->stored_hash, scratch);
    if (result == LUCI_OK && old->id && old->failures > 0)
        result = luci_failures_set(db, renaming->new_key, old->failures, scratch);
    return result == LUCI_OK && old->id ? set_hash(db, old->id, NULL, scratch) : result;
}

static luci_result_t rename_key(luci_db_t *db, luci_account_rename_t *renaming, apr_pool_t *pool)
{
    const char *old_key;
    luci_key_t old = { 0 }, own = { 0 };
    luci_result_t result = luci_key_id(renaming->user->username, &old_key, pool);

    if (result == LUCI_OK)
        result = find_own(db, old_key, renaming->user, &old, pool);
    if (result == LUCI_OK && strcmp(old_key, renaming->new_key) == 0) {
        renaming->stored_hash = old.id ? old.stored_hash : NULL;
        return LUCI_OK;
    }
    if (result == LUCI_OK)
        result = find_own(db, renaming->new_key, renaming->user, &own, pool);
    if (result != LUCI_OK)
        return result;
    return renaming->keeps_old ? add_key(db, renaming, &old, &own, pool)
                               : move_key(db, renaming, &old, &own, pool);
}

/* The user's row is changed before its keys, in the order of a sign-up, so that the two cannot deadlock. */
luci_result_t luci_account_rename(luci_db_t *db, luci_account_rename_t *renaming, apr_pool_t *pool)
{
    luci_result_t result = luci_key_id(renaming->username, &renaming->new_key, pool);

    renaming->stored_hash = NULL;
    if (result == LUCI_OK)
        result = check_free(db, renaming, pool);
    if (result == LUCI_OK)
        result =
            change(db, &luci_sql_user_rename,
                   LUCI_ARGUMENTS({ "username", renaming->username }, { "id", renaming->user->id }), pool);
    return result == LUCI_OK ? rename_key(db, renaming, pool) : result;
}

luci_result_t luci_account_rename_failure(luci_db_t *db, const luci_account_rename_t *renaming,
                                          apr_pool_t *scratch)
{
    luci_account_rename_t again = *renaming;

    if (luci_key_id(again.username, &again.new_key, scratch) == LUCI_OK &&
        check_free(db, &again, scratch) == LUCI_CONFLICT)
        return LUCI_CONFLICT;
    return LUCI_UNAVAILABLE;
}

/* ---- Deleting ---- */

luci_result_t luci_account_delete(luci_db_t *db, const char *user_id, luci_account_deleted_t *deleted,
                                  apr_pool_t *scratch)
{
    const luci_argument_t *user = LUCI_ARGUMENTS({ "user", user_id });
    luci_result_t result = luci_db_execute(db, &luci_sql_sessions_delete, user, &deleted->sessions, scratch);

    if (result == LUCI_OK)
        result = luci_db_execute(db, &luci_sql_keys_delete, user, &deleted->keys, scratch);
    return result == LUCI_OK ? change(db, &luci_sql_user_delete, LUCI_ARGUMENTS({ "id", user_id }), scratch)
                             : result;
}
