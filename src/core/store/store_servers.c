/* SPDX-License-Identifier: Apache-2.0 */
#include "core/store/store_servers.h"

#include <apr_network_io.h>
#include <apr_strings.h>
#include <string.h>
#include <strings.h>

const luci_conversation_t *luci_store_protocol(const char *provider)
{
    static const luci_conversation_t *const all[] = { &luci_conversation_redis,
                                                      &luci_conversation_memcached };

    for (size_t i = 0; provider && i < sizeof all / sizeof *all; i++) {
        if (strcasecmp(all[i]->name, provider) == 0)
            return all[i];
    }
    return NULL;
}

apr_array_header_t *luci_store_servers(const luci_conversation_t *kind, const char *args, apr_pool_t *pool)
{
    apr_array_header_t *servers = apr_array_make(pool, 2, sizeof(luci_store_server_t));
    char *state, *name = args ? apr_strtok(apr_pstrdup(pool, args), ",", &state) : NULL;

    for (; name; name = apr_strtok(NULL, ",", &state)) {
        char *host, *scope;
        apr_port_t port;
        int is_six;

        if (apr_parse_addr_port(&host, &scope, &port, name, pool) != APR_SUCCESS || !host)
            return NULL;
        if (port == 0)
            port = (apr_port_t)kind->port;
        is_six = strchr(host, ':') != NULL;
        APR_ARRAY_PUSH(servers, luci_store_server_t) =
            (luci_store_server_t){ host, port,
                                   apr_psprintf(pool, is_six ? "[%s]:%d" : "%s:%d", host, (int)port) };
    }
    return servers->nelts > 0 ? servers : NULL;
}
