/* SPDX-License-Identifier: Apache-2.0 */
/* The control socket (LuciaControl): luciactl asks the running server. A Unix-domain socket that
 * only root and the server's own user may use. Each child has a thread that answers one client at a time.
 *
 * A client sends one line, the words of a command parted by tabs, and gets lines of JSON: an object for each
 * thing that there is, and as the last one {"done": N}, how many they were, or {"error": "..."}. Then the
 * connection is closed. Both sides give up after a few seconds. */
#ifndef LUCI_CONTROL_H
#define LUCI_CONTROL_H

#include <apr_pools.h>
#include <httpd.h>
#include <jansson.h>

typedef struct luci_control_call_t luci_control_call_t;

/* Does a command and returns what the last line says is done; NULL, or what went wrong, as a phrase. */
typedef const char *luci_control_fn(luci_control_call_t *call, int *done);

typedef struct {
    const char *name;
    int words; /* that it takes at most, with its name */
    luci_control_fn *run;
} luci_control_command_t;

struct luci_control_call_t {
    server_rec *main_server;
    const char *const *words; /* the command's, the name first */
    int count;
    apr_pool_t *pool; /* of this call */
    int socket;
};

/* Sends an object as a line; takes the reference. */
void luci_control_send(luci_control_call_t *call, json_t *object);

/* Makes the socket before children start; from conf_pool, which takes it away again. Without it the server
 * starts all the same, with a line in the log. */
void luci_control_prepare(apr_pool_t *conf_pool, server_rec *main_server);

/* Starts a child's thread; commands is closed by one without a name and lasts. */
void luci_control_start(apr_pool_t *child_pool, server_rec *main_server,
                        const luci_control_command_t *commands);

#endif
