/* SPDX-License-Identifier: Apache-2.0 */
/* The input is all that a mail server answers before it closes the connection: to a client that logs in if it
 * begins with "u", otherwise to one that does not. */
#include "fuzz.h"

#include "core/mail/transport.h"

#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FUZZ_SMTP_SECRET "the secret of the login"

/* The server, a thread. It gets the next answer through a pipe, after the answer's size. */
static struct {
    int listener;
    int port;
    int answers[2];
} fuzz_smtp_server;

static int fuzz_smtp_read(int from, void *to, size_t size)
{
    for (size_t done = 0; done < size;) {
        ssize_t got = read(from, (char *)to + done, size - done);

        if (got <= 0)
            return 0;
        done += (size_t)got;
    }
    return 1;
}

static void *fuzz_smtp_serve(void *unused)
{
    size_t size;

    while (fuzz_smtp_read(fuzz_smtp_server.answers[0], &size, sizeof size)) {
        char *answer = malloc(size + 1), rest[512];
        int client;

        if (!answer || !fuzz_smtp_read(fuzz_smtp_server.answers[0], answer, size))
            abort();
        client = accept(fuzz_smtp_server.listener, NULL, NULL);
        if (client < 0 || send(client, answer, size, MSG_NOSIGNAL) < 0)
            abort();
        shutdown(client, SHUT_WR);
        while (read(client, rest, sizeof rest) > 0)
            ;
        close(client);
        free(answer);
    }
    return unused;
}

static void fuzz_smtp_start(void)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t length = sizeof address;
    pthread_t thread;

    if (fuzz_smtp_server.port)
        return;
    fuzz_smtp_server.listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(fuzz_smtp_server.listener, (struct sockaddr *)&address, length) != 0 ||
        listen(fuzz_smtp_server.listener, 8) != 0 ||
        getsockname(fuzz_smtp_server.listener, (struct sockaddr *)&address, &length) != 0 ||
        pipe(fuzz_smtp_server.answers) != 0 || pthread_create(&thread, NULL, fuzz_smtp_serve, NULL) != 0)
        abort();
    pthread_detach(thread);
    fuzz_smtp_server.port = ntohs(address.sin_port);
}

static luci_result_t fuzz_smtp_begin(void *baton)
{
    ++*(int *)baton;
    return LUCI_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char url[40];
    int begun = 0, has_user = size > 0 && *data == 'u';
    luci_mail_server_t server = { .transport = &luci_transport_smtp, .url = url, .tls = LUCI_MAIL_TLS_NONE };
    luci_delivery_t delivery = {
        .from = "a@example.com", .to = "b@example.com", .begin = fuzz_smtp_begin, .baton = &begun
    };
    apr_pool_t *pool;
    luci_result_t result;

    if (size > 16384)
        return 0;
    pool = fuzz_pool();
    fuzz_smtp_start();
    data += has_user;
    size -= (size_t)has_user;
    if (write(fuzz_smtp_server.answers[1], &size, sizeof size) != sizeof size ||
        write(fuzz_smtp_server.answers[1], data, size) != (ssize_t)size)
        abort();
    snprintf(url, sizeof url, "smtp://127.0.0.1:%d", fuzz_smtp_server.port);
    if (has_user) {
        server.user = "site";
        server.password = FUZZ_SMTP_SECRET;
    }
    delivery.bytes = "Subject: a mail\r\n\r\nText\r\n";
    result = server.transport->send(&server, &delivery, pool);
    FUZZ_CHECK(result == LUCI_OK || result == LUCI_DENIED || result == LUCI_UNAVAILABLE);
    FUZZ_CHECK(begun == 1 || (begun == 0 && result != LUCI_OK && !delivery.is_uncertain));
    if (result != LUCI_OK) {
        FUZZ_CHECK(delivery.why && *delivery.why);
        for (const char *c = delivery.why; *c; c++)
            FUZZ_CHECK(*c >= ' ' && *c <= '~');
        FUZZ_CHECK(!strstr(delivery.why, FUZZ_SMTP_SECRET) ||
                   memmem(data, size, FUZZ_SMTP_SECRET, strlen(FUZZ_SMTP_SECRET)));
    }
    apr_pool_destroy(pool);
    return 0;
}
