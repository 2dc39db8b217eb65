/* SPDX-License-Identifier: Apache-2.0 */
#include "core/email/email_address.h"

#include "core/db/key_table.h"

#include <string.h>

#define PROVIDER "email:"

int luci_email_is_key(const char *key_id)
{
    return strncmp(key_id, PROVIDER, strlen(PROVIDER)) == 0;
}

/* ---- Columns ---- */

const char *luci_email_of(const luci_user_t *user, const luci_settings_t *settings)
{
    return luci_user_attribute(user, settings, LUCI_EMAIL_COLUMN);
}

int luci_email_is_verified(const luci_user_t *user, const luci_settings_t *settings, apr_pool_t *scratch)
{
    const char *address;

    return luci_email_verified(user, settings, &address, scratch) == LUCI_OK;
}

luci_result_t luci_email_claim(luci_db_t *db, const luci_user_t *user, const char *address,
                               apr_pool_t *scratch)
{
    luci_result_t result = luci_db_change_column(db, user->id, LUCI_EMAIL_COLUMN, address, scratch);

    return result == LUCI_OK ? luci_db_set_flag(db, user->id, LUCI_EMAIL_VERIFIED_COLUMN, 0, scratch)
                             : result;
}

/* ---- A verified address ---- */

/* What the key of the address before has: an application that uses Lucia may have given it a password. */
static luci_result_t find_hash(luci_db_t *db, const luci_user_t *user, const char **stored_hash,
                               apr_pool_t *pool)
{
    const char *address = luci_email_of(user, luci_db_target(db)->settings);
    luci_key_t key = { .id = NULL };
    luci_result_t result = address ? luci_email_key_id(address, &key.id, pool) : LUCI_INVALID;

    *stored_hash = NULL;
    if (result == LUCI_OK)
        result = luci_key_lock_any(db, &key, pool);
    if (result == LUCI_OK && strcmp(key.user.id, user->id) == 0)
        *stored_hash = key.stored_hash;
    return result == LUCI_NOT_FOUND || result == LUCI_INVALID ? LUCI_OK : result;
}

static luci_result_t take_key(luci_db_t *db, const luci_user_t *user, const char *id, apr_pool_t *pool)
{
    luci_key_t key;
    const char *stored_hash;
    luci_result_t result = luci_key_get(db, id, &key, pool);

    if (result == LUCI_OK)
        return strcmp(key.user.id, user->id) == 0 ? LUCI_OK : LUCI_CONFLICT;
    if (result != LUCI_NOT_FOUND)
        return result;
    result = find_hash(db, user, &stored_hash, pool);
    return result == LUCI_OK ? luci_key_insert(db, id, user->id, stored_hash, pool) : result;
}

static luci_result_t drop_keys(luci_db_t *db, const luci_user_t *user, const char *but_id,
                               apr_pool_t *scratch)
{
    int changed;

    return luci_db_execute(db, &luci_sql_key_delete_addresses,
                           LUCI_ARGUMENTS({ "user", user->id }, { "but", but_id }), &changed, scratch);
}

luci_result_t luci_email_set(luci_db_t *db, const luci_user_t *user, const char *address, apr_pool_t *scratch)
{
    const char *id = "";
    luci_result_t result = address ? luci_email_key_id(address, &id, scratch) : LUCI_OK;

    if (result == LUCI_OK && address)
        result = take_key(db, user, id, scratch);
    if (result == LUCI_OK)
        result = drop_keys(db, user, id, scratch);
    if (result == LUCI_OK)
        result = luci_db_change_column(db, user->id, LUCI_EMAIL_COLUMN, address, scratch);
    return result == LUCI_OK
               ? luci_db_set_flag(db, user->id, LUCI_EMAIL_VERIFIED_COLUMN, address != NULL, scratch)
               : result;
}

luci_result_t luci_email_failure(luci_db_t *db, const char *user_id, const char *address, apr_pool_t *scratch)
{
    return luci_db_find_value(db, user_id, LUCI_EMAIL_COLUMN, address, scratch) == LUCI_OK ? LUCI_CONFLICT
                                                                                           : LUCI_UNAVAILABLE;
}
