/* SPDX-License-Identifier: Apache-2.0 */
#include "core/account/key.h"

#include "core/base/text.h"
#include "core/db/key_table.h"
#include "core/password/policy.h"

#include <apr_strings.h>
#include <string.h>

#define PROVIDER "username:"

enum { COLUMN_HASH, COLUMN_FAILURES, COLUMN_USER };
enum { LOCKED_HASH, LOCKED_USER_ID, LOCKED_FAILURES };

luci_result_t luci_key_id(const char *username, const char **id, apr_pool_t *pool)
{
    char *lower;
    luci_result_t result = luci_policy_key(username, &lower, pool);

    if (result == LUCI_OK)
        *id = apr_pstrcat(pool, PROVIDER, lower, NULL);
    return result;
}

int luci_key_is_own_provider(const char *provider)
{
    static const char *const own[] = { "username", "email" };

    for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
        if (strcmp(provider, own[i]) == 0)
            return 1;
    }
    return 0;
}

const char *luci_key_name(const char *id)
{
    return strncmp(id, PROVIDER, strlen(PROVIDER)) == 0 ? id + strlen(PROVIDER) : NULL;
}

static int to_failures(const char *column)
{
    apr_int64_t failures = luci_sql_to_number(column, LUCI_KEY_UNCOUNTED);

    return failures < LUCI_FAILURES_MAX ? (int)failures : LUCI_FAILURES_MAX;
}

/* Whether failures are counted is known for an unknown key, too. */
static luci_result_t not_found(luci_db_t *db, luci_key_t *key)
{
    int is_counted = 0;
    luci_result_t result = luci_db_has_later(db, &luci_table_key, "failures", &is_counted);

    key->failures = is_counted ? 0 : LUCI_KEY_UNCOUNTED;
    return result == LUCI_OK ? LUCI_NOT_FOUND : result;
}

luci_result_t luci_key_get(luci_db_t *db, const char *id, luci_key_t *key, apr_pool_t *pool)
{
    const char *const *row;
    luci_result_t result = luci_db_select(db, &luci_sql_key_get, LUCI_ARGUMENTS({ "id", id }), &row, pool);

    if (result == LUCI_NOT_FOUND)
        return not_found(db, key);
    if (result != LUCI_OK)
        return result;
    key->id = id;
    key->stored_hash = row[COLUMN_HASH];
    key->failures = to_failures(row[COLUMN_FAILURES]);
    luci_user_from_row(&key->user, db, row + COLUMN_USER);
    return LUCI_OK;
}

luci_result_t luci_key_lock_any(luci_db_t *db, luci_key_t *key, apr_pool_t *pool)
{
    const char *const *row;
    luci_result_t result =
        luci_db_select(db, &luci_sql_key_lock, LUCI_ARGUMENTS({ "id", key->id }), &row, pool);

    if (result == LUCI_OK) {
        key->user.id = row[LOCKED_USER_ID];
        key->stored_hash = row[LOCKED_HASH];
        key->failures = to_failures(row[LOCKED_FAILURES]);
    }
    return result;
}

luci_result_t luci_key_confirm(luci_db_t *db, luci_key_t *key, apr_pool_t *scratch)
{
    luci_key_t there = { .id = key->id };
    luci_result_t result = luci_key_lock_any(db, &there, scratch);

    if (result == LUCI_NOT_FOUND)
        return LUCI_CONFLICT;
    if (result != LUCI_OK)
        return result;
    key->failures = there.failures;
    return luci_text_is_same(there.user.id, key->user.id) &&
                   luci_text_is_same(there.stored_hash, key->stored_hash)
               ? LUCI_OK
               : LUCI_CONFLICT;
}

luci_result_t luci_key_lock(luci_db_t *db, const char *id, const char *user_id, const char *stored_hash,
                            apr_pool_t *scratch)
{
    luci_key_t key = { .id = id, .stored_hash = stored_hash, .user = { .id = user_id } };

    return luci_key_confirm(db, &key, scratch);
}

luci_result_t luci_key_insert(luci_db_t *db, const char *id, const char *user_id, const char *stored_hash,
                              apr_pool_t *scratch)
{
    const luci_argument_t *arguments =
        LUCI_ARGUMENTS({ "id", id }, { "user", user_id }, { "hash", stored_hash });
    int changed;
    luci_result_t result = luci_db_execute(db, &luci_sql_key_insert, arguments, &changed, scratch);

    if (result != LUCI_OK)
        return result;
    return changed == 1 ? LUCI_OK : LUCI_CONFLICT;
}

luci_result_t luci_key_replace_hash(luci_db_t *db, const luci_key_t *key, const char *new_hash,
                                    apr_pool_t *scratch)
{
    const luci_argument_t *arguments =
        LUCI_ARGUMENTS({ "hash", new_hash }, { "id", key->id }, { "old_hash", key->stored_hash });
    int changed;
    luci_result_t result = luci_db_execute(db, &luci_sql_key_replace_hash, arguments, &changed, scratch);

    if (result != LUCI_OK)
        return result;
    return changed == 1 ? LUCI_OK : LUCI_NOT_FOUND;
}
