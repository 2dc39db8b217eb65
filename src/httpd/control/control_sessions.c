/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/control/control_sessions.h"

#include "httpd/cache/cache_local.h"
#include "httpd/server/runtime.h"

#include <apr_strings.h>

/* The key of a cache contains its database, so that the caches of other databases find nothing. */
static void forget(luci_control_call_t *call, const apr_array_header_t *tokens)
{
    for (server_rec *server = call->main_server; server; server = server->next) {
        const luci_runtime_t *runtime = luci_config_parts(luci_config_server(server))->runtime;

        if (runtime && runtime->auth.cache)
            luci_session_cache_forget(runtime->auth.cache, (const luci_session_token_t *)tokens->elts,
                                      tokens->nelts, call->pool);
    }
}

const char *luci_control_session_forget(luci_control_call_t *call, int *done)
{
    apr_array_header_t *tokens = apr_array_make(call->pool, 1, sizeof(luci_session_token_t));
    char *rest, *list = apr_pstrdup(call->pool, call->count > 1 ? call->words[1] : "");

    for (char *hex = apr_strtok(list, ",", &rest); hex; hex = apr_strtok(NULL, ",", &rest)) {
        luci_session_token_t *token = apr_array_push(tokens);

        if (luci_secret_unhex(hex, token->digest, sizeof token->digest) != LUCI_OK)
            return "a session is not written as 64 hexadecimal digits";
    }
    if (tokens->nelts > 0)
        forget(call, tokens);
    *done = tokens->nelts;
    return NULL;
}

const char *luci_control_user_forget(luci_control_call_t *call, int *done)
{
    unsigned char key[LUCI_SHA256_BYTES];

    if (call->count < 2 || luci_secret_unhex(call->words[1], key, sizeof key) != LUCI_OK)
        return "a user is not written as 64 hexadecimal digits";
    luci_change_counter_move(luci_cache_local_counters(), key);
    *done = 1;
    return NULL;
}
