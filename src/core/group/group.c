/* SPDX-License-Identifier: Apache-2.0 */
#include "core/group/group.h"

#include "core/db/paging.h"

#include <apr_strings.h>
#include <string.h>

#define LETTERS "abcdefghijklmnopqrstuvwxyz0123456789"

int luci_group_is_name(const char *name)
{
    size_t length = strspn(name, LETTERS "._-");

    return length >= 1 && length <= LUCI_GROUP_BYTES_MAX && !name[length] && strchr(LETTERS, *name);
}

int luci_group_list_has(const char *list, const char *name)
{
    size_t length = strlen(name);

    while (list && *list) {
        size_t each = strcspn(list, ",");

        if (each == length && memcmp(list, name, length) == 0)
            return 1;
        list += each + (list[each] == ',');
    }
    return 0;
}

static int note(void *baton, const char *const *row, apr_pool_t *scratch)
{
    apr_array_header_t *names = baton;

    (void)scratch;
    APR_ARRAY_PUSH(names, const char *) = apr_pstrdup(names->pool, row[0]);
    return 1;
}

luci_result_t luci_group_list(luci_db_t *db, const char *user_id, apr_array_header_t **names,
                              apr_pool_t *pool)
{
    luci_paging_walk_t walk = { &luci_sql_user_group_page, user_id, 1, note, NULL };

    walk.baton = *names = apr_array_make(pool, 4, sizeof(const char *));
    return luci_paging_walk(db, &walk, pool);
}

/* ---- Changes ---- */

/* 1 if the user may have this group, too. */
static int has_room(const apr_array_header_t *names, const char *name)
{
    size_t length = strlen(name) + 1;

    for (int i = 0; i < names->nelts; i++)
        length += strlen(APR_ARRAY_IDX(names, i, const char *)) + 1;
    return length <= LUCI_GROUPS_BYTES_MAX;
}

luci_result_t luci_group_join(luci_db_t *db, const char *user_id, const char *name, int *added,
                              apr_pool_t *scratch)
{
    const luci_argument_t *row = LUCI_ARGUMENTS({ "user", user_id }, { "name", name });
    apr_array_header_t *names;
    luci_result_t result = luci_group_list(db, user_id, &names, scratch);

    *added = 0;
    for (int i = 0; result == LUCI_OK && i < names->nelts; i++) {
        if (strcmp(APR_ARRAY_IDX(names, i, const char *), name) == 0)
            return LUCI_OK;
    }
    if (result == LUCI_OK && !has_room(names, name))
        return LUCI_INVALID;
    return result == LUCI_OK ? luci_db_execute(db, &luci_sql_user_group_insert, row, added, scratch) : result;
}

typedef struct {
    const char *user_id;
    const char *name;
    int *changed;
} change_t;

static luci_result_t add(luci_db_t *db, void *baton, apr_pool_t *scratch)
{
    const change_t *change = baton;
    luci_user_t user;
    luci_result_t result = luci_user_lock(db, change->user_id, &user, scratch);

    return result == LUCI_OK ? luci_group_join(db, user.id, change->name, change->changed, scratch) : result;
}

static luci_result_t take_out(luci_db_t *db, void *baton, apr_pool_t *scratch)
{
    const change_t *change = baton;
    luci_user_t user;
    luci_result_t result = luci_user_lock(db, change->user_id, &user, scratch);

    return result == LUCI_OK ? luci_db_execute(db, &luci_sql_user_group_delete,
                                               LUCI_ARGUMENTS({ "user", user.id }, { "name", change->name }),
                                               change->changed, scratch)
                             : result;
}

luci_result_t luci_group_add(luci_db_t *db, const char *user_id, const char *name, int *added,
                             apr_pool_t *scratch)
{
    change_t change = { user_id, name, added };

    return luci_db_transaction(db, add, &change, scratch);
}

luci_result_t luci_group_remove(luci_db_t *db, const char *user_id, const char *name, int *removed,
                                apr_pool_t *scratch)
{
    change_t change = { user_id, name, removed };

    return luci_db_transaction(db, take_out, &change, scratch);
}
