/* SPDX-License-Identifier: Apache-2.0 */
/* Sends commands to the running server through its control socket: that of --socket, or that of LuciaControl
 * in the configuration. */
#ifndef LUCI_CONTROL_CLIENT_H
#define LUCI_CONTROL_CLIENT_H

#include "ctl/lib/database.h"

#include <jansson.h>

#define LUCI_CONTROL_SOCKET                                                                                  \
    {                                                                                                        \
        "socket", "PATH", "the control socket, as LuciaControl; or use --config FILE", 0                     \
    }

/* Chooses the socket. DONE: *path is from the call's pool, and *database has the settings of the
 * configuration, or is empty without one. USAGE: there is no socket, with a message. */
luci_exit_t luci_control_choose(luci_invocation_t *call, luci_ctl_database_t *database, const char **path);

/* Is called for each object of an answer; the object is borrowed. */
typedef void luci_control_line_fn(void *baton, json_t *object);

typedef struct {
    const char *path;    /* of the socket */
    const char *command; /* words separated by tabs */
    luci_control_line_fn *each;
    void *baton;
    apr_pool_t *pool;
    int may_be_off; /* 1: if no server runs, that is no error, and the count is 0 */
} luci_control_question_t;

/* Sends the command and reads the answer. DONE: *done is the count that the server reports. REFUSED: the
 * server cannot be reached, or refuses the command, with a message. */
luci_exit_t luci_control_ask(const luci_control_question_t *question, int *done);

#endif
