/* SPDX-License-Identifier: Apache-2.0 */
#include "core/store/link.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define BUFFER 4096
#define LATE "it does not answer in time"

/* What arrived in time is read also if this thread, on a busy machine, comes to it later; but no more than
 * that, because a server may send without an end. */
#define LATE_WAITS 16

struct luci_link_t {
    int socket;
    int timer;      /* can be read when the time of luci_link_limit is over */
    int late;       /* waits after that */
    size_t at, end; /* of what was read and not used yet */
    char reason[LUCI_LINK_SAID_MAX];
    char buffer[BUFFER];
};

void luci_link_set_reason(luci_link_t *link, const char *reason)
{
    (void)snprintf(link->reason, sizeof link->reason, "%s", reason);
}

const char *luci_link_reason(const luci_link_t *link)
{
    return link->reason;
}

void luci_link_limit(luci_link_t *link, luci_ms_t wait)
{
    const struct itimerspec limit = { .it_value = { wait / LUCI_MS_SECOND,
                                                    wait % LUCI_MS_SECOND * 1000000 + 1 } };

    link->late = 0;
    (void)timerfd_settime(link->timer, 0, &limit, NULL);
}

static luci_result_t failed(luci_link_t *link, const char *reason)
{
    luci_link_set_reason(link, reason);
    return LUCI_UNAVAILABLE;
}

/* Waits until the socket can be read or written. */
static luci_result_t await(luci_link_t *link, short events)
{
    struct pollfd polled[] = { { .fd = link->socket, .events = events },
                               { .fd = link->timer, .events = POLLIN } };
    int ready;

    do
        ready = poll(polled, 2, -1);
    while (ready < 0 && errno == EINTR);
    if (ready < 0)
        return failed(link, strerror(errno));
    if (polled[1].revents)
        link->late++;
    return polled[0].revents && link->late <= LATE_WAITS ? LUCI_OK : failed(link, LATE);
}

/* ---- Opening ---- */

static luci_result_t connect_to(luci_link_t *link, const struct addrinfo *address)
{
    int code = 0, yes = 1;
    socklen_t length = sizeof code;

    link->socket = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (link->socket < 0)
        return failed(link, strerror(errno));
    (void)setsockopt(link->socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    if (connect(link->socket, address->ai_addr, address->ai_addrlen) == 0)
        return LUCI_OK;
    if (errno != EINPROGRESS)
        return failed(link, strerror(errno));
    if (await(link, POLLOUT) != LUCI_OK)
        return LUCI_UNAVAILABLE;
    if (getsockopt(link->socket, SOL_SOCKET, SO_ERROR, &code, &length) != 0 || code != 0)
        return failed(link, strerror(code ? code : errno));
    return LUCI_OK;
}

/* Tries all addresses of the host within the time. */
static luci_result_t connect_any(luci_link_t *link, const char *host, int port)
{
    const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
    struct addrinfo *all;
    char service[8];
    luci_result_t result = LUCI_UNAVAILABLE;
    int code;

    (void)snprintf(service, sizeof service, "%d", port);
    code = getaddrinfo(host, service, &hints, &all);
    if (code != 0)
        return failed(link, gai_strerror(code));
    for (const struct addrinfo *one = all; one && result != LUCI_OK; one = one->ai_next) {
        if (link->socket >= 0)
            close(link->socket);
        result = connect_to(link, one);
    }
    freeaddrinfo(all);
    return result;
}

luci_link_t *luci_link_open(const char *host, int port, luci_ms_t wait, char reason[LUCI_LINK_SAID_MAX])
{
    luci_link_t *link = calloc(1, sizeof *link);

    if (!link) {
        (void)snprintf(reason, LUCI_LINK_SAID_MAX, "there is no memory");
        return NULL;
    }
    link->socket = -1;
    link->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (link->timer < 0)
        luci_link_set_reason(link, strerror(errno));
    else {
        luci_link_limit(link, wait);
        if (connect_any(link, host, port) == LUCI_OK)
            return link;
    }
    memcpy(reason, link->reason, LUCI_LINK_SAID_MAX);
    luci_link_close(link);
    return NULL;
}

void luci_link_close(luci_link_t *link)
{
    if (link->socket >= 0)
        close(link->socket);
    if (link->timer >= 0)
        close(link->timer);
    free(link);
}

int luci_link_is_stale(const luci_link_t *link)
{
    struct pollfd poll_for = { .fd = link->socket, .events = POLLIN };

    return link->at < link->end || poll(&poll_for, 1, 0) != 0;
}

/* ---- Sending and reading ---- */

luci_result_t luci_link_send(luci_link_t *link, const void *bytes, size_t length)
{
    const char *at = bytes;

    while (length > 0) {
        ssize_t sent = send(link->socket, at, length, MSG_NOSIGNAL);

        if (sent > 0) {
            at += sent;
            length -= (size_t)sent;
        }
        else if (errno == EAGAIN || errno == EINTR) {
            if (await(link, POLLOUT) != LUCI_OK)
                return LUCI_UNAVAILABLE;
        }
        else
            return failed(link, strerror(errno));
    }
    return LUCI_OK;
}

/* Reads more into the empty buffer. */
static luci_result_t fill(luci_link_t *link)
{
    ssize_t length = -1;

    link->at = link->end = 0;
    while (length < 0) {
        if (await(link, POLLIN) != LUCI_OK)
            return LUCI_UNAVAILABLE;
        length = recv(link->socket, link->buffer, sizeof link->buffer, 0);
        if (length == 0)
            return failed(link, "it closed the connection");
        if (length < 0 && errno != EAGAIN && errno != EINTR)
            return failed(link, strerror(errno));
    }
    link->end = (size_t)length;
    return LUCI_OK;
}

luci_result_t luci_link_line(luci_link_t *link, char *line, size_t size)
{
    size_t length = 0;

    for (;;) {
        char byte;

        if (link->at == link->end && fill(link) != LUCI_OK)
            return LUCI_UNAVAILABLE;
        byte = link->buffer[link->at++];
        if (byte == '\n')
            break;
        if (byte != '\r' && byte != '\0' && length + 1 < size)
            line[length++] = byte;
    }
    line[length] = '\0';
    return LUCI_OK;
}

luci_result_t luci_link_bytes(luci_link_t *link, void *bytes, size_t size, size_t length)
{
    size_t done = 0;

    while (done < length) {
        size_t part;

        if (link->at == link->end && fill(link) != LUCI_OK)
            return LUCI_UNAVAILABLE;
        part = link->end - link->at;
        if (part > length - done)
            part = length - done;
        if (done < size)
            memcpy((char *)bytes + done, link->buffer + link->at, part < size - done ? part : size - done);
        link->at += part;
        done += part;
    }
    return LUCI_OK;
}
