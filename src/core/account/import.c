/* SPDX-License-Identifier: Apache-2.0 */
#include "core/account/import.h"

#include "core/base/secret.h"
#include "core/db/key_table.h"
#include "core/db/session_table.h"
#include "core/db/user_group_table.h"
#include "core/db/user_table.h"
#include "core/factor/open_step.h"

#include <string.h>

static luci_result_t replace(luci_db_t *db, const luci_key_t *key, const char *stored_hash,
                             apr_pool_t *scratch)
{
    const luci_argument_t *arguments = LUCI_ARGUMENTS({ "hash", stored_hash }, { "id", key->id });
    int changed;
    luci_user_t now_there;
    luci_result_t result = luci_user_lock(db, key->user.id, &now_there, scratch);

    if (result == LUCI_OK)
        result = luci_db_execute(db, &luci_sql_key_set_hash, arguments, &changed, scratch);
    if (result == LUCI_OK)
        result = luci_db_execute(db, &luci_sql_sessions_delete, LUCI_ARGUMENTS({ "user", key->user.id }),
                                 &changed, scratch);
    return result == LUCI_OK ? luci_open_steps_void(db, key->user.id, scratch) : result;
}

static int is_same(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}

/* If an orphaned key, one without a user, has the id, the new user is deleted again. */
static luci_result_t insert(luci_db_t *db, luci_import_user_t *wanted, const char *key_id, luci_ms_t now,
                            apr_pool_t *scratch)
{
    char id[LUCI_USER_ID_LENGTH + 1];
    luci_user_t user = { .id = id, .username = wanted->username };
    luci_result_t result = luci_secret_random_id(id, LUCI_USER_ID_LENGTH);
    int changed;

    if (result == LUCI_OK)
        result = luci_user_insert(db, &user, now, scratch);
    if (result == LUCI_OK) {
        result = luci_key_insert(db, key_id, user.id, wanted->stored_hash, scratch);
        if (result == LUCI_CONFLICT) {
            wanted->outcome = LUCI_IMPORT_TAKEN;
            return luci_db_execute(db, &luci_sql_user_delete, LUCI_ARGUMENTS({ "id", user.id }), &changed,
                                   scratch);
        }
    }
    wanted->outcome = result == LUCI_CONFLICT ? LUCI_IMPORT_TAKEN : LUCI_IMPORT_ADDED;
    return result == LUCI_CONFLICT ? LUCI_OK : result;
}

/* For a dry run: determines whether the username of a missing key is taken. */
static luci_result_t foresee(luci_db_t *db, luci_import_user_t *wanted, apr_pool_t *scratch)
{
    luci_user_t user;
    luci_result_t result = luci_user_find(db, wanted->username, &user, scratch);

    wanted->outcome = result == LUCI_OK ? LUCI_IMPORT_TAKEN : LUCI_IMPORT_ADDED;
    return result == LUCI_NOT_FOUND ? LUCI_OK : result;
}

static luci_result_t bring_in(luci_db_t *db, const luci_import_batch_t *batch, luci_import_user_t *wanted,
                              apr_pool_t *scratch)
{
    luci_key_t key;
    const char *id;
    luci_result_t result = luci_key_id(wanted->username, &id, scratch);

    if (result != LUCI_OK)
        return result;
    result = luci_key_get(db, id, &key, scratch);
    if (result == LUCI_NOT_FOUND)
        return batch->dry_run ? foresee(db, wanted, scratch) : insert(db, wanted, id, batch->now, scratch);
    if (result != LUCI_OK)
        return result;
    wanted->outcome = batch->replace && !is_same(key.stored_hash, wanted->stored_hash) ? LUCI_IMPORT_REPLACED
                                                                                       : LUCI_IMPORT_THERE;
    if (wanted->outcome == LUCI_IMPORT_THERE || batch->dry_run)
        return LUCI_OK;
    result = replace(db, &key, wanted->stored_hash, scratch);
    return result == LUCI_NOT_FOUND ? LUCI_BUSY : result; /* a concurrent transaction has deleted the user */
}

static luci_result_t bring_all_in(luci_db_t *db, void *baton, apr_pool_t *scratch)
{
    luci_import_batch_t *batch = baton;
    luci_result_t result = LUCI_OK;

    for (int i = 0; i < batch->count && result == LUCI_OK; i++)
        result = bring_in(db, batch, &batch->users[i], scratch);
    return result;
}

luci_result_t luci_import_batch(luci_db_t *db, luci_import_batch_t *batch, apr_pool_t *scratch)
{
    if (batch->dry_run)
        return bring_all_in(db, batch, scratch);
    return luci_db_transaction(db, bring_all_in, batch, scratch);
}

/* ---- Whole users ---- */

static luci_result_t take(luci_import_account_t *account, const char *what)
{
    account->outcome = LUCI_IMPORT_TAKEN;
    account->taken = what;
    return LUCI_OK;
}

/* An existing key must belong to this user and have this hash. */
static luci_result_t look_at_keys(luci_db_t *db, luci_import_account_t *account, apr_pool_t *scratch)
{
    int is_there = account->outcome == LUCI_IMPORT_THERE;

    for (int i = 0; i < account->keys_count; i++) {
        const luci_import_key_t *wanted = &account->keys[i];
        luci_key_t key;
        luci_result_t result = luci_key_get(db, wanted->id, &key, scratch);

        if (result != LUCI_OK && result != LUCI_NOT_FOUND)
            return result;
        if ((result == LUCI_OK) != is_there)
            return take(account, is_there ? "the user is there without one of these keys" : wanted->id);
        if (is_there &&
            (strcmp(key.user.id, account->id) != 0 ||
             (wanted->stored_hash != key.stored_hash && !is_same(wanted->stored_hash, key.stored_hash))))
            return take(account, "the user is there with another key");
    }
    return LUCI_OK;
}

static luci_result_t look_at_account(luci_db_t *db, luci_import_account_t *account, apr_pool_t *scratch)
{
    luci_user_t user;
    luci_result_t result = luci_user_get(db, account->id, &user, scratch);

    account->outcome = result == LUCI_OK ? LUCI_IMPORT_THERE : LUCI_IMPORT_ADDED;
    if (result == LUCI_OK &&
        (strcmp(user.username, account->username) != 0 || user.disabled_from != account->disabled_from))
        return take(account, "the user id");
    if (result == LUCI_NOT_FOUND) {
        result = luci_user_find(db, account->username, &user, scratch);
        if (result == LUCI_OK)
            return take(account, "the username");
    }
    return result == LUCI_OK || result == LUCI_NOT_FOUND ? look_at_keys(db, account, scratch) : result;
}

static luci_result_t write_rows(luci_db_t *db, const luci_import_account_t *account, apr_pool_t *scratch)
{
    const luci_argument_t *row = LUCI_ARGUMENTS({ "id", account->id }, { "username", account->username },
                                                { "now", account->created_at });
    const luci_argument_t *flag = LUCI_ARGUMENTS(
        { "disabled", luci_sql_number(account->disabled_from, scratch) }, { "id", account->id });
    int changed;
    luci_result_t result = luci_db_execute(db, &luci_sql_user_insert, row, &changed, scratch);

    if (result == LUCI_OK && changed != 1)
        return LUCI_CONFLICT;
    if (result == LUCI_OK && account->disabled_from)
        result = luci_db_execute(db, &luci_sql_user_set_disabled, flag, &changed, scratch);
    if (result == LUCI_OK)
        result = luci_user_set_values(db, account->id, account->values, account->values_count, scratch);
    for (int i = 0; i < account->keys_count && result == LUCI_OK; i++)
        result = luci_key_insert(db, account->keys[i].id, account->id, account->keys[i].stored_hash, scratch);
    for (int i = 0; i < account->groups_count && result == LUCI_OK; i++)
        result = luci_db_execute(db, &luci_sql_user_group_insert,
                                 LUCI_ARGUMENTS({ "user", account->id }, { "name", account->groups[i] }),
                                 &changed, scratch);
    return result;
}

static luci_result_t write_account(luci_db_t *db, void *baton, apr_pool_t *scratch)
{
    luci_import_account_t *account = baton;
    luci_result_t result = look_at_account(db, account, scratch);

    return result == LUCI_OK && account->outcome == LUCI_IMPORT_ADDED ? write_rows(db, account, scratch)
                                                                      : result;
}

luci_result_t luci_import_account(luci_db_t *db, luci_import_account_t *account, int dry_run,
                                  apr_pool_t *scratch)
{
    luci_result_t result;

    account->taken = NULL;
    if (dry_run)
        return look_at_account(db, account, scratch);
    result = luci_db_transaction(db, write_account, account, scratch);
    return result == LUCI_CONFLICT ? take(account, "the id, the username or a key") : result;
}
