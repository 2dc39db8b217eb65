/* SPDX-License-Identifier: Apache-2.0 */
/* The servers that a directive names, and their protocol. */
#ifndef LUCI_STORE_SERVERS_H
#define LUCI_STORE_SERVERS_H

#include "core/store/conversation.h"

#include <apr_tables.h>

/* The protocol of one of httpd's providers. NULL: this library does not speak it. */
const luci_conversation_t *luci_store_protocol(const char *provider);

/* One server of a list. */
typedef struct {
    const char *host;
    int port;
    const char *title; /* "HOST:PORT" */
} luci_store_server_t;

/* The servers in the arguments of a provider, "HOST[:PORT],...", from pool. NULL: they are no such list. */
apr_array_header_t *luci_store_servers(const luci_conversation_t *kind, const char *args, apr_pool_t *pool);

#endif
