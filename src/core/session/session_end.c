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

luci_result_t luci_session_end_all(luci_db_t *db, const char *user_id, apr_array_header_t **ended,
                                   apr_pool_t *pool)
{
    found_t found = { apr_array_make(pool, 8, sizeof(const char *)), pool };
    luci_session_list_t list = { .user_id = user_id, .each = find, .baton = &found };
    luci_result_t result = luci_session_list(db, &list, pool);

    *ended = apr_array_make(pool, found.ids->nelts + 1, sizeof(luci_session_token_t));
    for (int i = 0; result == LUCI_OK && i < found.ids->nelts; i++) {
        const char *id = APR_ARRAY_IDX(found.ids, i, const char *);

        result = token_of(id, apr_array_push(*ended));
        if (result == LUCI_OK)
            result = luci_session_list_delete(db, id, pool);
        if (result == LUCI_NOT_FOUND) /* It was signed out, or has expired and was deleted. */
            result = LUCI_OK;
    }
    return result;
}
