/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app_password/app_password.h"

#include "core/base/timestamp.h"
#include "core/db/app_password_table.h"
#include "core/password/policy.h"

#include <apr_strings.h>
#include <string.h>

enum { LISTED_ID, LISTED_NAME, LISTED_CREATED, LISTED_USED };
enum { OWNER_ID, OWNER_USED, OWNER_USER };

/* ---- Texts ---- */

int luci_app_password_is_one(const char *text)
{
    return luci_secret_is_random_id(text, LUCI_APP_PASSWORD_LENGTH);
}

luci_result_t luci_app_password_name(const char *typed, const char **name, apr_pool_t *pool)
{
    if (!typed)
        return LUCI_INVALID;
    *name = luci_policy_trim(typed, pool);
    return luci_policy_label(*name, LUCI_APP_PASSWORD_NAME_MAX);
}

static void set_tag(char tag[LUCI_APP_PASSWORD_TAG_HEX + 1], const char *id)
{
    apr_cpystrn(tag, id, LUCI_APP_PASSWORD_TAG_HEX + 1);
}

static luci_ms_t moment(const char *stored)
{
    return luci_timestamp_clamp(luci_sql_to_number(stored, 0));
}

/* ---- The table ---- */

luci_result_t luci_app_password_has_table(luci_db_t *db)
{
    int found = 0;
    luci_result_t result = luci_db_has_table(db, &luci_table_app_password, &found);

    return result == LUCI_OK && !found ? LUCI_NOT_FOUND : result;
}

static luci_result_t count(luci_db_t *db, const char *user_id, int *number, apr_pool_t *scratch)
{
    const char *const *row;
    luci_result_t result =
        luci_db_select(db, &luci_sql_app_passwords_count, LUCI_ARGUMENTS({ "user", user_id }), &row, scratch);

    *number = result == LUCI_OK ? (int)luci_sql_to_number(row[0], 0) : 0;
    return result;
}

luci_result_t luci_app_password_count(luci_db_t *db, const char *user_id, int *number, apr_pool_t *scratch)
{
    luci_result_t result = luci_app_password_has_table(db);

    *number = 0;
    if (result == LUCI_OK)
        result = count(db, user_id, number, scratch);
    return result == LUCI_NOT_FOUND ? LUCI_OK : result;
}

luci_result_t luci_app_password_list(luci_db_t *db, const char *user_id, apr_array_header_t **list,
                                     apr_pool_t *pool)
{
    apr_array_header_t *rows;
    luci_result_t result = luci_app_password_has_table(db);

    *list = apr_array_make(pool, 8, sizeof(luci_app_password_t));
    if (result == LUCI_OK)
        result = luci_db_select_all(db, &luci_sql_app_passwords_of_user, LUCI_ARGUMENTS({ "user", user_id }),
                                    &rows, pool);
    for (int i = 0; result == LUCI_OK && i < rows->nelts; i++) {
        const char *const *row = APR_ARRAY_IDX(rows, i, const char *const *);
        luci_app_password_t *listed = apr_array_push(*list);

        *listed = (luci_app_password_t){ .name = row[LISTED_NAME] ? row[LISTED_NAME] : "",
                                         .created_at = moment(row[LISTED_CREATED]),
                                         .last_used = moment(row[LISTED_USED]) };
        apr_cpystrn(listed->id, row[LISTED_ID] ? row[LISTED_ID] : "", sizeof listed->id);
        set_tag(listed->tag, listed->id);
    }
    return result;
}

/* ---- Making and deleting ---- */

static luci_result_t insert(luci_db_t *db, const char *user_id, luci_app_password_wanted_t *wanted,
                            apr_pool_t *scratch)
{
    char id[LUCI_SHA256_HEX + 1];
    int changed;
    luci_result_t result = luci_secret_random_id(wanted->text, LUCI_APP_PASSWORD_LENGTH);

    if (result == LUCI_OK)
        result = luci_secret_sha256_hex(wanted->text, LUCI_APP_PASSWORD_LENGTH, id);
    if (result != LUCI_OK)
        return result;
    set_tag(wanted->tag, id);
    return luci_db_execute(db, &luci_sql_app_password_insert,
                           LUCI_ARGUMENTS({ "id", id }, { "user", user_id }, { "name", wanted->name },
                                          { "now", luci_sql_number(wanted->now, scratch) }),
                           &changed, scratch);
}

static luci_result_t remove_row(luci_db_t *db, const char *user_id, const luci_app_password_t *listed,
                                int *removed, apr_pool_t *scratch)
{
    int changed;
    luci_result_t result =
        luci_db_execute(db, &luci_sql_app_password_delete,
                        LUCI_ARGUMENTS({ "id", listed->id }, { "user", user_id }), &changed, scratch);

    *removed += result == LUCI_OK && changed > 0;
    return result;
}

static int is_replaced(const luci_app_password_t *listed, const luci_app_password_wanted_t *wanted)
{
    return wanted->replaces_since > 0 && listed->created_at >= wanted->replaces_since &&
           listed->last_used == 0 && strcmp(listed->name, wanted->name) == 0;
}

/* *number: those that are left. */
static luci_result_t make_room(luci_db_t *db, const char *user_id, luci_app_password_wanted_t *wanted,
                               int *number, apr_pool_t *scratch)
{
    apr_array_header_t *list;
    int removed = 0;
    luci_result_t result = luci_app_password_list(db, user_id, &list, scratch);

    wanted->replaced[0] = '\0';
    for (int i = 0; result == LUCI_OK && i < list->nelts; i++) {
        const luci_app_password_t *listed = &APR_ARRAY_IDX(list, i, luci_app_password_t);

        if (!is_replaced(listed, wanted))
            continue;
        result = remove_row(db, user_id, listed, &removed, scratch);
        set_tag(wanted->replaced, listed->id);
    }
    *number = list->nelts - removed;
    return result;
}

luci_result_t luci_app_password_make(luci_db_t *db, const char *user_id, luci_app_password_wanted_t *wanted,
                                     apr_pool_t *scratch)
{
    int number;
    luci_result_t result = make_room(db, user_id, wanted, &number, scratch);

    if (result == LUCI_OK && number >= LUCI_APP_PASSWORDS_MAX)
        result = LUCI_CONFLICT;
    if (result == LUCI_OK)
        result = insert(db, user_id, wanted, scratch);
    if (result != LUCI_OK)
        luci_secret_wipe(wanted->text, sizeof wanted->text);
    return result;
}

luci_result_t luci_app_password_delete(luci_db_t *db, const char *user_id, const char *tag,
                                       apr_pool_t *scratch)
{
    apr_array_header_t *list;
    int removed = 0;
    luci_result_t result = luci_app_password_list(db, user_id, &list, scratch);

    for (int i = 0; result == LUCI_OK && i < list->nelts; i++) {
        const luci_app_password_t *listed = &APR_ARRAY_IDX(list, i, luci_app_password_t);

        if (strcmp(listed->tag, tag) == 0)
            result = remove_row(db, user_id, listed, &removed, scratch);
    }
    return result == LUCI_OK && removed == 0 ? LUCI_NOT_FOUND : result;
}

/* ---- Presented ones ---- */

/* The text is looked up by its SHA-256, so that the time of the look-up tells nothing about stored ones; what
 * was found is compared once more, because a column may compare as it likes. */
luci_result_t luci_app_password_find(luci_db_t *db, const char *text, luci_ms_t now,
                                     luci_app_password_owner_t *owner, apr_pool_t *pool)
{
    const char *const *row;
    luci_result_t result;

    if (!luci_app_password_is_one(text))
        return LUCI_NOT_FOUND;
    result = luci_app_password_has_table(db);
    if (result == LUCI_OK)
        result = luci_secret_sha256_hex(text, LUCI_APP_PASSWORD_LENGTH, owner->id);
    if (result == LUCI_OK)
        result =
            luci_db_select(db, &luci_sql_app_password_get, LUCI_ARGUMENTS({ "id", owner->id }), &row, pool);
    if (result != LUCI_OK)
        return result;
    if (!row[OWNER_ID] || strlen(row[OWNER_ID]) != LUCI_SHA256_HEX ||
        !luci_secret_equal(row[OWNER_ID], owner->id, LUCI_SHA256_HEX))
        return LUCI_NOT_FOUND;
    owner->last_used = moment(row[OWNER_USED]);
    luci_user_from_row(&owner->user, db, row + OWNER_USER);
    return luci_user_is_disabled(&owner->user, now) ? LUCI_DENIED : LUCI_OK;
}

int luci_app_password_is_use_due(const luci_app_password_owner_t *owner, luci_ms_t now)
{
    return owner->last_used == 0 || owner->last_used <= now - LUCI_APP_PASSWORD_USED_EACH;
}

luci_result_t luci_app_password_used(luci_db_t *db, const luci_app_password_owner_t *owner, luci_ms_t now,
                                     apr_pool_t *scratch)
{
    int changed;

    return luci_db_execute(
        db, &luci_sql_app_password_used,
        LUCI_ARGUMENTS({ "id", owner->id }, { "now", luci_sql_number(now, scratch) },
                       { "before", luci_sql_number(now - LUCI_APP_PASSWORD_USED_EACH, scratch) }),
        &changed, scratch);
}
