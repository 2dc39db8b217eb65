/* SPDX-License-Identifier: Apache-2.0 */
/* The control socket (LuciaControl), through which luciactl queries the running server: a Unix-domain socket
 * that only root and the server's own user may use. Each child has a thread that answers one client at a
 * time.
 *
 * A client sends one line with the words of a command, separated by tabs. The response is one JSON object per
 * line, for each item, followed by {"done": N} with the number of items, or by {"error": "..."}. Then the
 * connection is closed. Both sides time out after a few seconds. */
#ifndef LUCI_CONTROL_H
#define LUCI_CONTROL_H

#include <apr_pools.h>
#include <httpd.h>
#include <jansson.h>

typedef struct luci_control_call_t luci_control_call_t;

/* Runs a command and sets *done. Returns NULL, or a phrase that describes the error. */
typedef const char *luci_control_fn(luci_control_call_t *call, int *done);

typedef struct {
    const char *name;
    int words; /* maximum number of words, including the name */
    luci_control_fn *run;
} luci_control_command_t;

struct luci_control_call_t {
    server_rec *main_server;
    const char *const *words; /* of the command, the name first */
    int count;
    apr_pool_t *pool; /* destroyed after the call */
    int socket;
};

/* Sends an object as a line, and releases the reference. */
void luci_control_send(luci_control_call_t *call, json_t *object);

/* Creates the socket before children start; it is removed with conf_pool. On an error, which is logged, the
 * server starts without it. */
void luci_control_prepare(apr_pool_t *conf_pool, server_rec *main_server);

/* Starts the thread of a child. commands ends with an entry without a name, and must outlive the child. */
void luci_control_start(apr_pool_t *child_pool, server_rec *main_server,
                        const luci_control_command_t *commands);

#endif
