/* SPDX-License-Identifier: Apache-2.0 */
/* Asks a server to give up a call that another thread waits for. The request needs a connection of its own,
 * and the client library waits without limit for the server to take it, so that it is sent in a thread of its
 * own, which is not waited for. If LUCI_CANCELLER_MAX such threads of the process hang, further requests are
 * not sent. */
#ifndef LUCI_CANCELLER_H
#define LUCI_CANCELLER_H

/* How the requests of an engine are sent. request is what the engine made for one connection. */
typedef struct {
    void (*send)(void *request); /* blocks; called in any thread, at most once at a time */
    void (*release)(void *request);
} luci_canceller_way_t;

/* The request of one connection. */
typedef struct luci_canceller_t luci_canceller_t;

/* Takes over request. NULL: no memory, and request was released. way is borrowed and lives as long as the
 * process. */
luci_canceller_t *luci_canceller_create(const luci_canceller_way_t *way, void *request);

/* Starts to send the request, and returns at once. */
void luci_canceller_send(luci_canceller_t *canceller);

/* Releases the request, as soon as it is not being sent. NULL: nothing. */
void luci_canceller_release(luci_canceller_t *canceller);

#endif
