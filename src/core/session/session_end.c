/* SPDX-License-Identifier: Apache-2.0 */
#include "core/session/session_end.h"

#include "core/db/session_table.h"
#include "core/factor/open_step.h"
#include "core/session/session_list.h"

#include <apr_strings.h>
#include <string.h>

typedef struct {
    apr_array_header_t *ids; /* const char *, as stored */
    apr_pool_t *pool;
} found_t;

static int find(void *baton, const luci_listed_session_t *session, apr_pool_t *scratch)
{
    found_t *found = baton;

    (void)scratch;
    APR_ARRAY_PUSH(found->ids, const char *) = apr_pstrdup(found->pool, session->stored_id);
    return 1;
}

static luci_result_t find_all(luci_db_t *db, const char *user_id, apr_array_header_t **ids, apr_pool_t *pool)
{
    found_t found = { apr_array_make(pool, 8, sizeof(const char *)), pool };
    luci_session_list_t list = { .user_id = user_id, .each = find, .baton = &found };

    *ids = found.ids;
    return luci_session_list(db, &list, pool);
}

luci_result_t luci_session_tokens(luci_db_t *db, const char *user_id, apr_array_header_t **tokens,
                                  apr_pool_t *pool)
{
    apr_array_header_t *ids;
    luci_result_t result = find_all(db, user_id, &ids, pool);

    *tokens = apr_array_make(pool, ids->nelts + 1, sizeof(luci_session_token_t));
    for (int i = 0; result == LUCI_OK && i < ids->nelts; i++)
        result = luci_session_stored_token(apr_array_push(*tokens), APR_ARRAY_IDX(ids, i, const char *));
    return result;
}

luci_result_t luci_session_find_made(luci_db_t *db, const char *user_id, luci_ms_t created_at,
                                     const char **stored_id, apr_pool_t *pool)
{
    const char *const *row;
    int can_find = 0;
    luci_result_t result = luci_db_finds_sessions(db, &can_find, pool);

    if (result == LUCI_OK && !can_find)
        return LUCI_NOT_FOUND;
    if (result == LUCI_OK)
        result = luci_db_select(
            db, &luci_sql_session_made,
            LUCI_ARGUMENTS({ "user", user_id }, { "created", luci_sql_number(created_at, pool) }), &row,
            pool);
    if (result == LUCI_OK)
        *stored_id = row[0];
    return result;
}

luci_result_t luci_session_end_one(luci_db_t *db, const char *stored_id, apr_array_header_t *ended,
                                   apr_pool_t *scratch)
{
    luci_result_t result = luci_session_stored_token(apr_array_push(ended), stored_id);

    if (result == LUCI_OK)
        result = luci_session_list_delete(db, stored_id, scratch);
    return result == LUCI_NOT_FOUND ? LUCI_OK
                                    : result; /* It was signed out, or has expired and was deleted. */
}

luci_result_t luci_session_end_all(luci_db_t *db, const char *user_id, apr_array_header_t **ended,
                                   apr_pool_t *pool)
{
    apr_array_header_t *ids;
    luci_result_t result = find_all(db, user_id, &ids, pool);

    *ended = apr_array_make(pool, ids->nelts + 1, sizeof(luci_session_token_t));
    for (int i = 0; result == LUCI_OK && i < ids->nelts; i++)
        result = luci_session_end_one(db, APR_ARRAY_IDX(ids, i, const char *), *ended, pool);
    return result == LUCI_OK ? luci_open_steps_void(db, user_id, pool) : result;
}
