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

/* Returns 0 after a note that the server cannot be told. */
static int tell(luci_invocation_t *call, const luci_ctl_database_t *database, const char *command,
                const char *word)
{
    luci_control_question_t question = { database->config.control,
                                         apr_pstrcat(call->pool, command, "\t", word, NULL),
                                         ignore_line,
                                         NULL,
                                         call->pool,
                                         1 };
    int done;

    if (!question.path || luci_control_ask(&question, &done) == LUCI_EXIT_DONE)
        return 1;
    luci_say_note("The change is done; the server notices it within LuciaSessionCacheTTL.");
    return 0;
}

static int tell_user(luci_invocation_t *call, const luci_ctl_database_t *database, const char *user_id)
{
    unsigned char key[LUCI_SHA256_BYTES];
    char hex[LUCI_SHA256_HEX + 1];

    if (!user_id || luci_user_counter_key(user_id, key) != LUCI_OK)
        return 1;
    luci_secret_hex(key, sizeof key, hex);
    return tell(call, database, "user-forget", hex);
}

static void tell_sessions(luci_invocation_t *call, const luci_ctl_database_t *database,
                          const apr_array_header_t *hexes)
{
    int is_told = 1;

    for (int i = 0; i < hexes->nelts && is_told; i += AT_ONCE) {
        apr_array_header_t part = *hexes;

        part.elts = (char *)((const char **)hexes->elts + i);
        part.nelts = hexes->nelts - i < AT_ONCE ? hexes->nelts - i : AT_ONCE;
        is_told = tell(call, database, "session-forget", apr_array_pstrcat(call->pool, &part, ','));
    }
}

static void add(apr_array_header_t *hexes, const luci_session_token_t *token)
{
    char *hex = apr_palloc(hexes->pool, LUCI_SHA256_HEX + 1);

    luci_secret_hex(token->digest, LUCI_SHA256_BYTES, hex);
    APR_ARRAY_PUSH(hexes, const char *) = hex;
}

void luci_session_notice_ended(luci_invocation_t *call, const luci_ctl_database_t *database,
                               const char *user_id, const apr_array_header_t *stored_ids)
{
    int count = stored_ids ? stored_ids->nelts : 0;
    apr_array_header_t *hexes = apr_array_make(call->pool, count + 1, sizeof(const char *));
    luci_session_token_t token;

    for (int i = 0; i < count; i++) {
        if (luci_session_stored_token(&token, APR_ARRAY_IDX(stored_ids, i, const char *)) == LUCI_OK)
            add(hexes, &token);
    }
    if (tell_user(call, database, user_id))
        tell_sessions(call, database, hexes);
}

void luci_session_notice_changed(luci_invocation_t *call, luci_ctl_database_t *database, const char *user_id)
{
    apr_array_header_t *tokens, *hexes;

    if (!database->config.control || !tell_user(call, database, user_id))
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
    tell_sessions(call, database, hexes);
}
