/* SPDX-License-Identifier: Apache-2.0 */
#include "core/account/user.h"

#include "core/base/timestamp.h"
#include "core/db/paging.h"
#include "core/db/user_table.h"

#include <string.h>

luci_result_t luci_user_counter_key(const char *id, unsigned char key[LUCI_SHA256_BYTES])
{
    return luci_secret_sha256(id, strlen(id), key);
}

luci_result_t luci_user_insert(luci_db_t *db, const luci_user_t *user, luci_ms_t now, apr_pool_t *scratch)
{
    const luci_argument_t *arguments = LUCI_ARGUMENTS({ "id", user->id }, { "username", user->username },
                                                      { "now", luci_sql_number(now, scratch) });
    int changed;
    luci_result_t result = luci_db_execute(db, &luci_sql_user_insert, arguments, &changed, scratch);

    if (result != LUCI_OK)
        return result;
    return changed == 1 ? LUCI_OK : LUCI_CONFLICT;
}

/* Any value that does not clearly mean "no" counts as set, so that a "yes" written by hand disables a user.
 */
static int is_set(const char *flag)
{
    return flag && *flag && strcmp(flag, "0") != 0 && strcmp(flag, "f") != 0 && strcmp(flag, "false") != 0;
}

/* The column has the flag 1, as administrators of other programs write it, or the time from which the user is
 * disabled, whose last bit has no meaning (luci_sql_user_touch). */
static luci_ms_t disabled_from(const char *column)
{
    luci_ms_t moment;

    if (!is_set(column))
        return 0;
    if (column[strspn(column, "0123456789")])
        return LUCI_USER_DISABLED;
    moment = luci_timestamp_clamp(luci_sql_to_number(column, 0));
    return moment > LUCI_USER_DISABLED ? moment & ~(luci_ms_t)1 : LUCI_USER_DISABLED;
}

int luci_user_is_disabled(const luci_user_t *user, luci_ms_t now)
{
    return user->disabled_from == LUCI_USER_DISABLED || (user->disabled_from && user->disabled_from <= now);
}

void luci_user_from_row(luci_user_t *user, const luci_db_t *db, const char *const *columns)
{
    user->id = columns[LUCI_SQL_USER_ID];
    user->username = columns[LUCI_SQL_USER_NAME] ? columns[LUCI_SQL_USER_NAME] : "";
    user->disabled_from = disabled_from(columns[LUCI_SQL_USER_DISABLED]);
    user->attributes = columns + LUCI_SQL_USER_ATTRIBUTES;
    user->lacks = luci_db_columns(db).lacks;
    user->created_at = NULL;
}

static void from_listed(luci_user_t *user, const luci_db_t *db, const char *const *row)
{
    luci_user_from_row(user, db, row + LUCI_SQL_LISTED_USER);
    user->created_at = row[LUCI_SQL_LISTED_CREATED];
}

static luci_result_t read_one(luci_db_t *db, const luci_statement_t *statement,
                              const luci_argument_t *argument, luci_user_t *user, apr_pool_t *pool)
{
    const char *const *row;
    luci_result_t result = luci_db_select(db, statement, argument, &row, pool);

    if (result == LUCI_OK)
        from_listed(user, db, row);
    return result;
}

luci_result_t luci_user_get(luci_db_t *db, const char *id, luci_user_t *user, apr_pool_t *pool)
{
    return read_one(db, &luci_sql_user_get, LUCI_ARGUMENTS({ "id", id }), user, pool);
}

luci_result_t luci_user_find(luci_db_t *db, const char *username, luci_user_t *user, apr_pool_t *pool)
{
    return read_one(db, &luci_sql_user_find, LUCI_ARGUMENTS({ "username", username }), user, pool);
}

luci_result_t luci_user_lock(luci_db_t *db, const char *id, luci_user_t *user, apr_pool_t *pool)
{
    const luci_argument_t *argument = LUCI_ARGUMENTS({ "id", id });
    const char *const *row;
    int changed;
    luci_result_t result = luci_db_select(db, &luci_sql_user_lock, argument, &row, pool);

    if (result != LUCI_OK)
        return result;
    luci_user_from_row(user, db, row);
    if (!luci_db_is_clustered(db))
        return LUCI_OK;
    return luci_db_execute(db, &luci_sql_user_touch, argument, &changed, pool);
}

luci_result_t luci_user_set_values(luci_db_t *db, const char *id, const luci_user_value_t *values, int count,
                                   apr_pool_t *scratch)
{
    luci_result_t result = LUCI_OK;

    for (int i = 0; i < count && result == LUCI_OK; i++)
        result = luci_db_set_column(db, id, values[i].column, values[i].value, scratch);
    return result;
}

typedef struct {
    luci_db_t *db;
    luci_user_each_fn *each;
    void *baton;
} listing_t;

static int show(void *baton, const char *const *row, apr_pool_t *scratch)
{
    const listing_t *listing = baton;
    luci_user_t user;

    from_listed(&user, listing->db, row);
    return listing->each(listing->baton, &user, scratch);
}

luci_result_t luci_user_each(luci_db_t *db, luci_user_each_fn *each, void *baton, apr_pool_t *scratch)
{
    listing_t listing = { db, each, baton };
    luci_paging_walk_t walk = { &luci_sql_user_page, NULL, 2, show, &listing };

    return luci_paging_walk(db, &walk, scratch);
}

const char *luci_user_attribute(const luci_user_t *user, const luci_settings_t *settings, const char *name)
{
    for (int i = 0; i < settings->attributes->nelts; i++) {
        if (strcmp(APR_ARRAY_IDX(settings->attributes, i, const char *), name) == 0)
            return user->attributes ? user->attributes[i] : NULL;
    }
    return strcmp(name, "username") == 0 ? user->username : NULL;
}

const char *luci_user_groups(const luci_user_t *user, const luci_settings_t *settings)
{
    return settings->groups && user->attributes ? user->attributes[settings->attributes->nelts] : NULL;
}

int luci_user_lacks(const luci_user_t *user, const luci_settings_t *settings, const char *name)
{
    for (int i = 0; i < settings->attributes->nelts; i++) {
        if (strcmp(APR_ARRAY_IDX(settings->attributes, i, const char *), name) == 0)
            return (user->lacks >> i & 1) != 0;
    }
    return 0;
}
