/* SPDX-License-Identifier: Apache-2.0 */
/* sign_in_each PORT CONNECTIONS: posts each line of standard input, a sign-in form, to /account/login once,
 * over as many keep-alive connections as are named, each of which posts its next form when it has the answer
 * to the last. With a connection for each form all of them are posted at once. Prints how many signed in, how
 * many were refused as too many (429, 503), how many were answered otherwise, and the seconds from the first
 * connection to the last answer. */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define FORMS_MAX 4096
#define ANSWER_MAX 65536
#define PATIENCE_MS 60000

typedef struct {
    char answer[ANSWER_MAX];
    size_t length;
} sign_in_connection_t;

typedef struct {
    int port;
    char *forms[FORMS_MAX];
    int forms_count, posted;
    int good, busy, bad;
} sign_in_run_t;

static void fail(const char *what)
{
    fprintf(stderr, "sign_in_each: %s: %s\n", what, errno ? strerror(errno) : "error");
    exit(1);
}

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void read_forms(sign_in_run_t *run)
{
    char *line = NULL;
    size_t size = 0;
    ssize_t length;

    while ((length = getline(&line, &size, stdin)) > 0) {
        if (line[length - 1] == '\n')
            line[length - 1] = '\0';
        if (run->forms_count == FORMS_MAX || (run->forms[run->forms_count++] = strdup(line)) == NULL)
            fail("too many forms");
    }
    free(line);
}

static int open_connection(int port)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons((in_port_t)port),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) != 0)
        fail("connect");
    return fd;
}

static void post_next(sign_in_run_t *run, int fd)
{
    const char *form = run->forms[run->posted++];
    char *request;
    int length = asprintf(&request,
                          "POST /account/login HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nAccept: */*\r\n"
                          "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %zu\r\n\r\n%s",
                          run->port, strlen(form), form);

    if (length < 0 || send(fd, request, (size_t)length, MSG_NOSIGNAL) != length)
        fail("send");
    free(request);
}

/* Whether a whole answer is there. */
static int is_complete(const sign_in_connection_t *connection)
{
    const char *end = strstr(connection->answer, "\r\n\r\n");
    const char *length = strcasestr(connection->answer, "\r\nContent-Length: ");

    if (end == NULL)
        return 0;
    if (length == NULL || length > end) {
        errno = 0;
        fail("an answer without Content-Length");
    }
    return connection->length >= (size_t)(end + 4 - connection->answer) + strtoul(length + 18, NULL, 10);
}

static void count(sign_in_run_t *run, const char *answer)
{
    if (strncmp(answer, "HTTP/1.1 302 ", 13) == 0 && strstr(answer, "\r\nSet-Cookie: auth_session=") != NULL)
        run->good++;
    else if (strncmp(answer, "HTTP/1.1 429 ", 13) == 0 || strncmp(answer, "HTTP/1.1 503 ", 13) == 0)
        run->busy++;
    else
        run->bad++;
}

/* 1 when the connection has nothing left to do. */
static int hear(sign_in_run_t *run, sign_in_connection_t *connection, int fd)
{
    ssize_t got = recv(fd, connection->answer + connection->length, ANSWER_MAX - 1 - connection->length, 0);

    if (got <= 0)
        fail("the connection ended without an answer");
    connection->length += (size_t)got;
    connection->answer[connection->length] = '\0';
    if (!is_complete(connection))
        return 0;
    count(run, connection->answer);
    connection->length = 0;
    if (run->posted == run->forms_count)
        return 1;
    post_next(run, fd);
    return 0;
}

static void sign_in_all(sign_in_run_t *run, sign_in_connection_t *connections, struct pollfd *fds, int open)
{
    for (int i = 0; i < open; i++) {
        fds[i] = (struct pollfd){ .fd = open_connection(run->port), .events = POLLIN };
        post_next(run, fds[i].fd);
    }
    for (int left = open; left > 0;) {
        if (poll(fds, (nfds_t)open, PATIENCE_MS) <= 0)
            fail("no answer comes");
        for (int i = 0; i < open; i++) {
            if (fds[i].fd >= 0 && fds[i].revents && hear(run, &connections[i], fds[i].fd)) {
                close(fds[i].fd);
                fds[i].fd = -1;
                left--;
            }
        }
    }
}

int main(int argc, char **argv)
{
    static sign_in_run_t run;
    int open = argc == 3 ? atoi(argv[2]) : 0;
    sign_in_connection_t *connections;
    struct pollfd *fds;
    double start;

    read_forms(&run);
    if (open < 1 || open > run.forms_count) {
        fprintf(stderr, "usage: sign_in_each PORT CONNECTIONS, with at least as many forms\n");
        return 2;
    }
    run.port = atoi(argv[1]);
    connections = calloc((size_t)open, sizeof *connections);
    fds = calloc((size_t)open, sizeof *fds);
    if (connections == NULL || fds == NULL)
        fail("memory");
    start = now();
    sign_in_all(&run, connections, fds, open);
    printf("%d %d %d %.6f\n", run.good, run.busy, run.bad, now() - start);
    free(connections);
    free(fds);
    return 0;
}
