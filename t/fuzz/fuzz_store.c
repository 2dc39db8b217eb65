/* SPDX-License-Identifier: Apache-2.0 */
/* The input is "l" and a list of servers; or "r" or "m", a digit for a command, and all that a Redis or
 * memcached answers before it closes the connection. */
#include "fuzz.h"

#include "core/store/store_servers.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FUZZ_STORE_WAIT 5000 /* ms, which no answer needs: the server closes the connection */

/* Listens on a port of its own, once. */
static int fuzz_store_listener(int *port)
{
    static int listener, number;
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t length = sizeof address;

    if (!number) {
        listener = socket(AF_INET, SOCK_STREAM, 0);
        if (bind(listener, (struct sockaddr *)&address, length) != 0 || listen(listener, 8) != 0 ||
            getsockname(listener, (struct sockaddr *)&address, &length) != 0)
            abort();
        number = ntohs(address.sin_port);
    }
    *port = number;
    return listener;
}

/* The server's end of the next connection, with everything that it will ever say. Closing it leaves no port
 * behind. */
static int fuzz_store_serve(int listener, const uint8_t *answer, size_t size)
{
    const struct linger none = { .l_onoff = 1 };
    int server = accept(listener, NULL, NULL);

    if (server < 0 || setsockopt(server, SOL_SOCKET, SO_LINGER, &none, sizeof none) != 0)
        abort();
    if (size && send(server, answer, size, MSG_NOSIGNAL) != (ssize_t)size)
        abort();
    shutdown(server, SHUT_WR);
    return server;
}

static void fuzz_store_ask(const luci_conversation_t *kind, luci_link_t *link, char command, apr_pool_t *pool)
{
    const luci_store_value_t stored = { "a value", 7, 60 };
    luci_store_refusal_t refusal = { NULL, NULL, 0 };
    unsigned char *value = (unsigned char *)fuzz_copy((const uint8_t *)"12345678", 8, 0);
    size_t length = 8;
    luci_ms_t time = 0;
    luci_result_t result = command == '0'   ? kind->get(link, "key", value, &length)
                           : command == '1' ? kind->put(link, "key", &stored)
                           : command == '2' ? kind->remove(link, "key")
                           : command == '3' ? kind->clock(link, &time)
                                            : kind->identify(link, &refusal, pool);

    FUZZ_CHECK(result == LUCI_OK || result == LUCI_NOT_FOUND || result == LUCI_INVALID ||
               result == LUCI_UNAVAILABLE);
    FUZZ_CHECK(result != LUCI_UNAVAILABLE || *luci_link_reason(link));
    FUZZ_CHECK(strlen(luci_link_reason(link)) < LUCI_LINK_SAID_MAX);
    if (result == LUCI_INVALID && command > '3')
        FUZZ_CHECK(*refusal.what && *refusal.remedy);
    else if (result == LUCI_INVALID)
        FUZZ_CHECK(*luci_store_refusal(luci_link_reason(link), pool).what);
    free(value);
}

static void fuzz_store_list(const char *list, apr_pool_t *pool)
{
    const apr_array_header_t *servers = luci_store_servers(&luci_conversation_redis, list, pool);

    for (int i = 0; servers && i < servers->nelts; i++) {
        const luci_store_server_t *server = &APR_ARRAY_IDX(servers, i, luci_store_server_t);

        FUZZ_CHECK(*server->host && server->port > 0 && server->port < 65536 &&
                   strstr(server->title, server->host));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char reason[LUCI_LINK_SAID_MAX], *list;
    apr_pool_t *pool = fuzz_pool();

    if (size > 0 && *data == 'l') {
        list = fuzz_copy(data + 1, size - 1, 1);
        fuzz_store_list(list, pool);
        free(list);
    }
    else if (size > 1 && size < 16384) {
        int port, listener = fuzz_store_listener(&port), server;
        luci_link_t *link = luci_link_open("127.0.0.1", port, FUZZ_STORE_WAIT, reason);

        if (!link)
            abort();
        server = fuzz_store_serve(listener, data + 2, size - 2);
        fuzz_store_ask(*data == 'r' ? &luci_conversation_redis : &luci_conversation_memcached, link,
                       (char)data[1], pool);
        close(server);
        luci_link_close(link);
    }
    apr_pool_destroy(pool);
    return 0;
}
