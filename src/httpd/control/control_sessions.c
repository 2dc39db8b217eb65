/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/control/control_sessions.h"

#include "httpd/server/runtime.h"

#include <apr_strings.h>

/* The key of a cache contains its database, so that the caches of other databases find nothing. */
static void forget(luci_control_call_t *call, const luci_session_token_t *token)
{
    for (server_rec *server = call->main_server; server; server = server->next) {
        const luci_runtime_t *runtime = luci_config_parts(luci_config_server(server))->runtime;

        if (runtime && runtime->auth.cache)
            luci_session_cache_forget(runtime->auth.cache, token, call->pool);
    }
}

const char *luci_control_session_forget(luci_control_call_t *call, int *done)
{
    luci_session_token_t token = { .id = NULL };
    char *rest, *list = apr_pstrdup(call->pool, call->count > 1 ? call->words[1] : "");

    for (char *hex = apr_strtok(list, ",", &rest); hex; hex = apr_strtok(NULL, ",", &rest)) {
        if (luci_secret_unhex(hex, token.digest, sizeof token.digest) != LUCI_OK)
            return "a session is not written as 64 hexadecimal digits";
        forget(call, &token);
        ++*done;
    }
    return NULL;
}
