/* SPDX-License-Identifier: Apache-2.0 */
/* The waits for a server that stores counts are bounded, whatever it sends: bytes without an end, one byte
 * after another, a record that is too long, or nothing. What it refuses, or does not answer, has a reason. */
#include "core/store/conversation.h"
#include "lib/tap.h"

#include <apr_general.h>
#include <apr_strings.h>
#include <apr_time.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define WAIT 200          /* ms */
#define MUCH_LONGER 10000 /* ms: also on a machine that is busy */

/* What the server sends on its only connection: head, and then body until the client leaves. */
typedef struct {
    const char *head, *body;
    useconds_t pause; /* between two bodies */
    int listener;
    pthread_t thread;
} server_t;

static void *serve(void *baton)
{
    const server_t *server = baton;
    int client = accept(server->listener, NULL, NULL);
    ssize_t sent = send(client, server->head, strlen(server->head), MSG_NOSIGNAL);

    while (sent >= 0 && *server->body) {
        usleep(server->pause);
        sent = send(client, server->body, strlen(server->body), MSG_NOSIGNAL);
    }
    while (sent >= 0 && recv(client, (char[1]){ 0 }, 1, 0) > 0)
        continue;
    close(client);
    return NULL;
}

static luci_link_t *connect_to(server_t *server)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t length = sizeof address;
    char reason[LUCI_LINK_SAID_MAX];

    server->listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(server->listener, (struct sockaddr *)&address, length) != 0 ||
        listen(server->listener, 1) != 0 ||
        getsockname(server->listener, (struct sockaddr *)&address, &length) != 0 ||
        pthread_create(&server->thread, NULL, serve, server) != 0)
        return NULL;
    return luci_link_open("127.0.0.1", ntohs(address.sin_port), MUCH_LONGER, reason);
}

/* Reads a record with a command of the protocol. */
static void check(const luci_conversation_t *kind, server_t server, const char *what)
{
    luci_link_t *link = connect_to(&server);
    unsigned char value[64];
    size_t length = sizeof value;
    apr_time_t begun = apr_time_now();
    luci_result_t result;

    luci_link_limit(link, WAIT);
    result = kind->get(link, "key", value, &length);
    tap_is_result(result, LUCI_UNAVAILABLE, "%s", what);
    tap_is_str(luci_link_reason(link), "it does not answer in time", "the reason is the time");
    tap_ok(apr_time_now() - begun < apr_time_from_msec(MUCH_LONGER), "it takes about as long as it may");
    luci_link_close(link);
    pthread_join(server.thread, NULL);
    close(server.listener);
}

/* Asks what the server is. */
static void check_identity(const luci_conversation_t *kind, const char *answer, const char *said,
                           apr_pool_t *pool)
{
    server_t server = { .head = answer, .body = "" };
    luci_link_t *link = connect_to(&server);
    luci_store_refusal_t refusal = { 0 };

    if (!link) {
        tap_fail("there is no connection to a server that answers %s", answer);
        return;
    }
    luci_link_limit(link, MUCH_LONGER);
    tap_is_result(kind->identify(link, &refusal, pool), LUCI_INVALID, "a server that is no %s is refused",
                  kind->name);
    tap_is_str(refusal.what, said, "the refusal of what is no %s says what it answers", kind->name);
    luci_link_close(link);
    pthread_join(server.thread, NULL);
    close(server.listener);
}

/* Asks for the clock of a memcached whose answer has too many lines. */
static void check_endless_stats(apr_pool_t *pool)
{
    server_t server = { .body = "" };
    luci_link_t *link;
    const char *lines = "";
    luci_ms_t time;

    for (int i = 0; i < 10; i++)
        lines = apr_pstrcat(pool, lines, "STAT a 1\r\n", NULL);
    server.head = server.body = lines;
    link = connect_to(&server);
    if (!link) {
        tap_fail("there is no connection to a memcached without an end");
        return;
    }
    luci_link_limit(link, MUCH_LONGER);
    tap_is_result(luci_conversation_memcached.clock(link, &time), LUCI_UNAVAILABLE,
                  "stats without an end are left");
    tap_is_str(luci_link_reason(link), "its stats have no end", "the reason is that stats have no end");
    luci_link_close(link);
    pthread_join(server.thread, NULL);
    close(server.listener);
}

int main(void)
{
    static char many[1 << 20];
    apr_pool_t *pool;

    memset(many, 'x', sizeof many - 1);
    many[sizeof many - 1] = '\0';
    check(&luci_conversation_redis, (server_t){ .head = "", .body = "" },
          "a server that sends nothing is left");
    check(&luci_conversation_redis, (server_t){ .head = "", .body = many }, "a line without an end is left");
    check(&luci_conversation_redis, (server_t){ .head = "$9000000000000\r\n", .body = many },
          "a string that is too long for the time is left");
    check(&luci_conversation_redis, (server_t){ .head = "$40\r\n", .body = "x", .pause = 20000 },
          "a server that is too slow is left");
    check(&luci_conversation_memcached, (server_t){ .head = "VALUE key 0 9000000000000\r\n", .body = many },
          "a value that is too long for the time is left");
    apr_initialize();
    apr_pool_create(&pool, NULL);
    check_identity(&luci_conversation_redis, "ERROR\r\n", "is no Redis, it answers \"ERROR\"", pool);
    check_identity(&luci_conversation_redis, "$-1\r\n", "is no Redis, it answers \"$-1\"", pool);
    check_identity(&luci_conversation_memcached, "-ERR\r\n", "is no memcached, it answers \"-ERR\"", pool);
    check_endless_stats(pool);
    apr_pool_destroy(pool);
    return tap_done();
}
