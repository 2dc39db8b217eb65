/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/lib/control_client.h"

#include "ctl/cli/say.h"
#include "ctl/lib/server_user.h"

#include <apr_strings.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define WAIT_SECONDS 20 /* for a line of the answer */

/* ---- Choosing the socket ---- */

/* A socket in a folder of httpd's user is opened as that user. */
static luci_exit_t act(const luci_ctl_database_t *database, const char *path, apr_pool_t *pool)
{
    const luci_server_user_words_t words = { database->config.user, database->config.group };

    return luci_server_user_for_path(&words, path, pool);
}

luci_exit_t luci_control_choose(luci_invocation_t *call, luci_ctl_database_t *database, const char **path)
{
    luci_exit_t status;

    memset(database, 0, sizeof *database);
    *path = luci_command_value(call, "socket");
    if (luci_command_has(call, "config") || (!*path && luci_command_config(call))) {
        status = luci_ctl_database_choose(call, database);
        if (status != LUCI_EXIT_DONE)
            return status;
        if (!*path)
            *path = database->config.control;
        return *path ? act(database, *path, call->pool)
                     : luci_say_error(LUCI_EXIT_USAGE,
                                      "LuciaControl is off in this configuration, so the running server "
                                      "cannot be reached");
    }
    return *path ? act(database, *path, call->pool)
                 : luci_command_misuse(call, "--config FILE or --socket PATH is missing: this command needs "
                                             "the control socket of the running server");
}

/* ---- Asking ---- */

static int open_socket(const char *path)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    const struct timeval wait = { .tv_sec = WAIT_SECONDS };
    int made;

    if (strlen(path) >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(address.sun_path, path, strlen(path));
    made = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (made < 0)
        return -1;
    setsockopt(made, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    if (connect(made, (const struct sockaddr *)&address, sizeof address) == 0)
        return made;
    close(made);
    return -1;
}

/* Whether this is the last line of the answer, which has either the count or the error. */
static int is_last(json_t *object, int *done, const char **problem, apr_pool_t *pool)
{
    json_t *count = json_object_get(object, "done"), *error = json_object_get(object, "error");

    *problem = NULL;
    if (json_is_string(error))
        *problem = apr_pstrdup(pool, json_string_value(error));
    if (json_is_integer(count))
        *done = (int)json_integer_value(count);
    return *problem || json_is_integer(count);
}

static luci_exit_t read_answer(const luci_control_question_t *question, FILE *stream, int *done)
{
    char *line = NULL;
    size_t room = 0;
    const char *problem = NULL;
    int ended = 0;

    while (!ended && getline(&line, &room, stream) > 0) {
        json_t *object = json_loads(line, 0, NULL);

        ended = is_last(object, done, &problem, question->pool);
        if (!ended && object)
            question->each(question->baton, object);
        json_decref(object);
    }
    free(line);
    if (ended && !problem)
        return LUCI_EXIT_DONE;
    return luci_say_error(LUCI_EXIT_REFUSED, "the server at %s: %s", question->path,
                          ended ? problem : "the answer is incomplete");
}

luci_exit_t luci_control_ask(const luci_control_question_t *question, int *done)
{
    const char *line = apr_pstrcat(question->pool, question->command, "\n", NULL);
    int opened = open_socket(question->path);
    luci_exit_t status;
    FILE *stream;

    *done = 0;
    if (opened < 0 && question->may_be_off && (errno == ENOENT || errno == ECONNREFUSED))
        return LUCI_EXIT_DONE;
    if (opened < 0)
        return luci_say_error(LUCI_EXIT_REFUSED, "no server answers at %s: %s%s", question->path,
                              strerror(errno), luci_server_user_note(question->pool));
    /* A server that refuses the connection has sent the reason before it closed, so the answer is read even
     * if this fails. */
    (void)!send(opened, line, strlen(line), MSG_NOSIGNAL);
    stream = fdopen(opened, "r");
    if (!stream) {
        close(opened);
        return luci_say_error(LUCI_EXIT_REFUSED, "out of memory");
    }
    status = read_answer(question, stream, done);
    fclose(stream);
    return status;
}
