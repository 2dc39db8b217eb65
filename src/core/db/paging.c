/* SPDX-License-Identifier: Apache-2.0 */
#include "core/db/paging.h"

#include <apr_strings.h>

#define KEY_MAX 2

/* The position of a walk: the key of the last row, which outlives its page. */
typedef struct {
    const luci_paging_walk_t *walk;
    const char *after[KEY_MAX];
    int is_done;
    apr_pool_t *keys;
} place_t;

static void keep_key(place_t *place, const char *const *row)
{
    apr_pool_clear(place->keys);
    for (int i = 0; i < place->walk->key; i++)
        place->after[i] = apr_pstrdup(place->keys, row[i]);
}

static luci_result_t read_page(luci_db_t *db, place_t *place, apr_pool_t *page)
{
    const luci_paging_walk_t *walk = place->walk;
    const luci_argument_t *arguments =
        LUCI_ARGUMENTS({ "user", walk->user }, { "after1", place->after[0] }, { "after2", place->after[1] });
    apr_array_header_t *rows;
    luci_result_t result = luci_db_select_all(db, walk->statement, arguments, &rows, page);

    if (result != LUCI_OK)
        return result;
    place->is_done = rows->nelts < LUCI_SQL_PAGE_ROWS;
    for (int i = 0; i < rows->nelts; i++) {
        if (!walk->each(walk->baton, APR_ARRAY_IDX(rows, i, const char *const *), page)) {
            place->is_done = 1;
            return LUCI_OK;
        }
    }
    if (!place->is_done)
        keep_key(place, APR_ARRAY_IDX(rows, rows->nelts - 1, const char *const *));
    return LUCI_OK;
}

luci_result_t luci_paging_walk(luci_db_t *db, const luci_paging_walk_t *walk, apr_pool_t *scratch)
{
    place_t place = { .walk = walk, .after = { "", "" } };
    apr_pool_t *page;
    luci_result_t result = LUCI_OK;

    if (apr_pool_create(&page, scratch) != APR_SUCCESS ||
        apr_pool_create(&place.keys, scratch) != APR_SUCCESS)
        return LUCI_INTERNAL;
    while (result == LUCI_OK && !place.is_done) {
        result = read_page(db, &place, page);
        apr_pool_clear(page);
    }
    apr_pool_destroy(page);
    apr_pool_destroy(place.keys);
    return result;
}
