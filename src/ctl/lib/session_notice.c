/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/lib/session_notice.h"

#include "core/base/secret.h"
#include "core/session/session_end.h"
#include "ctl/cli/say.h"
#include "ctl/lib/control_client.h"

#include <apr_strings.h>

/* Sessions in one command: its line stays below LUCI_CONTROL_LINE_MAX of the server. */
#define AT_ONCE 50

static void ignore_line(void *baton, json_t *object)
{
    (void)baton;
    (void)object;
}

static void tell(luci_invocation_t *call, const luci_ctl_database_t *database,
                 const apr_array_header_t *hexes)
{
    const char *path = database->config.control;

    for (int i = 0; path && i < hexes->nelts; i += AT_ONCE) {
        int count = hexes->nelts - i < AT_ONCE ? hexes->nelts - i : AT_ONCE, done;
        apr_array_header_t part = *hexes;
        luci_control_question_t question = { path, NULL, ignore_line, NULL, call->pool, 1 };

        part.elts = (char *)((const char **)hexes->elts + i);
        part.nelts = count;
        question.command =
            apr_pstrcat(call->pool, "session-forget\t", apr_array_pstrcat(call->pool, &part, ','), NULL);
        if (luci_control_ask(&question, &done) != LUCI_EXIT_DONE) {
            luci_say_note("The change is done; the server notices it within LuciaSessionCacheTTL.");
            return;
        }
    }
}

static void add(apr_array_header_t *hexes, const luci_session_token_t *token)
{
    char *hex = apr_palloc(hexes->pool, LUCI_SHA256_HEX + 1);

    luci_secret_hex(token->digest, LUCI_SHA256_BYTES, hex);
    APR_ARRAY_PUSH(hexes, const char *) = hex;
}

void luci_session_notice_ended(luci_invocation_t *call, const luci_ctl_database_t *database,
                               const apr_array_header_t *stored_ids)
{
    apr_array_header_t *hexes = apr_array_make(call->pool, stored_ids->nelts + 1, sizeof(const char *));
    luci_session_token_t token;

    for (int i = 0; i < stored_ids->nelts; i++) {
        if (luci_session_stored_token(&token, APR_ARRAY_IDX(stored_ids, i, const char *)) == LUCI_OK)
            add(hexes, &token);
    }
    tell(call, database, hexes);
}

void luci_session_notice_changed(luci_invocation_t *call, luci_ctl_database_t *database, const char *user_id)
{
    apr_array_header_t *tokens, *hexes;

    if (!database->config.control)
        return;
    if (luci_session_tokens(database->db, user_id, &tokens, call->pool) != LUCI_OK) {
        luci_say_note("The change is done; the server notices it within LuciaSessionCacheTTL, because the "
                      "user's sessions cannot be read: %s",
                      luci_db_error(database->db));
        return;
    }
    hexes = apr_array_make(call->pool, tokens->nelts + 1, sizeof(const char *));
    for (int i = 0; i < tokens->nelts; i++)
        add(hexes, &APR_ARRAY_IDX(tokens, i, luci_session_token_t));
    tell(call, database, hexes);
}
