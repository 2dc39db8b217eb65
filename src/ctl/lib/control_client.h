/* SPDX-License-Identifier: Apache-2.0 */
/* Asks the running server through its control socket (LuciaControl): of --socket, or of the
 * configuration of --config. */
#ifndef LUCI_CONTROL_CLIENT_H
#define LUCI_CONTROL_CLIENT_H

#include "ctl/lib/database.h"

#include <jansson.h>

#define LUCI_CONTROL_SOCKET                                                                                  \
    {                                                                                                        \
        "socket", "PATH", "the running server's socket, as LuciaControl; or --config FILE", 0                \
    }

/* Which socket. DONE: *path is from the call's pool, and *database says what the configuration says, or
 * nothing. USAGE: said why. */
luci_exit_t luci_control_choose(luci_invocation_t *call, luci_ctl_database_t *database, const char **path);

/* For each object of an answer, which is borrowed. */
typedef void luci_control_line_fn(void *baton, json_t *object);

typedef struct {
    const char *path;    /* of the socket */
    const char *command; /* words parted by tabs */
    luci_control_line_fn *each;
    void *baton;
    apr_pool_t *pool;
} luci_control_question_t;

/* Asks. DONE: *done is how many things there were. REFUSED: the server can't be reached or refuses, said why.
 */
luci_exit_t luci_control_ask(const luci_control_question_t *question, int *done);

#endif
