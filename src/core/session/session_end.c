/* SPDX-License-Identifier: Apache-2.0 */
#include "core/session/session_end.h"

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

/* A stored id is the SHA-256 of the id or, if Lucia wrote it, the id itself. */
static luci_result_t token_of(const char *stored_id, luci_session_token_t *token)
{
    token->id = NULL;
    if (luci_secret_unhex(stored_id, token->digest, LUCI_SHA256_BYTES) == LUCI_OK)
        return LUCI_OK;
    return luci_secret_sha256(stored_id, strlen(stored_id), token->digest);
}

static luci_result_t find_all(luci_db_t *db, const char *user_id, apr_array_header_t **ids, apr_pool_t *pool)
{
    found_t found = { apr_array_make(pool, 8, sizeof(const char *)), pool };
    luci_session_list_t list = { .user_id = user_id, .each = find, .baton = &found };

    *ids = found.ids;
    return luci_session_list(db, &list, pool);
}

static luci_result_t tokens_of(const apr_array_header_t *ids, apr_array_header_t **tokens, apr_pool_t *pool)
{
    luci_result_t result = LUCI_OK;

    *tokens = apr_array_make(pool, ids->nelts + 1, sizeof(luci_session_token_t));
    for (int i = 0; result == LUCI_OK && i < ids->nelts; i++)
        result = token_of(APR_ARRAY_IDX(ids, i, const char *), apr_array_push(*tokens));
    return result;
}

luci_result_t luci_session_tokens(luci_db_t *db, const char *user_id, apr_array_header_t **tokens,
                                  apr_pool_t *pool)
{
    apr_array_header_t *ids;
    luci_result_t result = find_all(db, user_id, &ids, pool);

    *tokens = NULL;
    return result == LUCI_OK ? tokens_of(ids, tokens, pool) : result;
}

luci_result_t luci_session_end_all(luci_db_t *db, const char *user_id, apr_array_header_t **ended,
                                   apr_pool_t *pool)
{
    apr_array_header_t *ids;
    luci_result_t result = find_all(db, user_id, &ids, pool);

    *ended = apr_array_make(pool, 1, sizeof(luci_session_token_t));
    if (result == LUCI_OK)
        result = tokens_of(ids, ended, pool);
    for (int i = 0; result == LUCI_OK && i < ids->nelts; i++) {
        result = luci_session_list_delete(db, APR_ARRAY_IDX(ids, i, const char *), pool);
        if (result == LUCI_NOT_FOUND) /* It was signed out, or has expired and was deleted. */
            result = LUCI_OK;
    }
    return result;
}
