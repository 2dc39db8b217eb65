/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/control/control.h"

#include "core/base/thread.h"
#include "core/control/control_request.h"
#include "core/files/act_as.h"
#include "core/guard/times.h"
#include "httpd/base/config.h"

#include <ap_mpm.h>
#include <apr_strings.h>
#include <http_log.h>
#include <unixd.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

APLOG_USE_MODULE(luciauth);

#define QUEUE 16 /* maximum number of waiting clients */

#define NONE (-1)

/* The listening socket; the parent process creates it, children inherit it. */
typedef struct {
    int socket;
    pid_t owner;
    const char *path;
    int is_theirs; /* it was created with the user id of the children */
} listener_t;

static listener_t listener = { NONE, 0, NULL, 0 };

/* ---- The socket ---- */

static void remove_file(void)
{
    int acts = listener.is_theirs && geteuid() == 0;

    if (acts && luci_act_as(ap_unixd_config.user_id, ap_unixd_config.group_id) != 0)
        return; /* The next start removes the file. */
    unlink(listener.path);
    if (acts)
        luci_act_as_root();
}

/* Only the process that created the socket removes it. */
static apr_status_t remove_listener(void *unused)
{
    (void)unused;
    if (listener.socket != NONE && listener.owner == getpid()) {
        close(listener.socket);
        remove_file();
    }
    listener.socket = NONE;
    return APR_SUCCESS;
}

/* Removes the socket file of a killed server, to which no process listens. 0: the path is in use. */
static int make_room(const struct sockaddr_un *address)
{
    struct stat info;
    int client, answers;

    if (lstat(address->sun_path, &info) != 0)
        return errno == ENOENT;
    client = S_ISSOCK(info.st_mode) ? socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0) : NONE;
    if (client == NONE)
        return 0;
    answers = connect(client, (const struct sockaddr *)address, sizeof *address) == 0;
    close(client);
    errno = EADDRINUSE;
    return !answers && unlink(address->sun_path) == 0;
}

/* Creates the socket so that from the first moment only its owner can use it, and gives it to the children's
 * user.
 */
static int listen_at(const struct sockaddr_un *address)
{
    int made = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), is_bound = 0;
    mode_t before;

    if (made == NONE)
        return NONE;
    before = umask(0177);
    is_bound = bind(made, (const struct sockaddr *)address, sizeof *address) == 0;
    umask(before);
    if (is_bound && listen(made, QUEUE) == 0 &&
        (geteuid() != 0 || lchown(address->sun_path, ap_unixd_config.user_id, ap_unixd_config.group_id) == 0))
        return made;
    close(made);
    if (is_bound)
        unlink(address->sun_path);
    return NONE;
}

/* If the folder belongs to another user, the socket is created with the user id of the children: root would
 * follow a link that this user puts in its place. */
static int make_listener(const struct sockaddr_un *address, apr_pool_t *pool)
{
    int acts, made = NONE, code;

    if (luci_act_as_where_led(address->sun_path, ap_unixd_config.user_id, ap_unixd_config.group_id, &acts,
                              pool) != 0)
        return NONE;
    listener.is_theirs = acts;
    if (make_room(address))
        made = listen_at(address);
    code = errno;
    if (acts)
        luci_act_as_root();
    errno = code;
    return made;
}

/* 1: a virtual host has a LuciaDatabase. */
static int is_used(server_rec *main_server)
{
    for (server_rec *server = main_server; server; server = server->next) {
        if (luci_config_server(server)->database.driver)
            return 1;
    }
    return 0;
}

void luci_control_prepare(apr_pool_t *conf_pool, server_rec *main_server)
{
    const char *path = luci_config_server(main_server)->control;
    struct sockaddr_un address = { .sun_family = AF_UNIX };

    if (!path || !is_used(main_server))
        return;
    listener.path = ap_runtime_dir_relative(conf_pool, path);
    errno = ENAMETOOLONG;
    if (listener.path && strlen(listener.path) < sizeof address.sun_path) {
        memcpy(address.sun_path, listener.path, strlen(listener.path));
        listener.socket = make_listener(&address, conf_pool);
    }
    listener.owner = getpid();
    if (listener.socket == NONE)
        ap_log_error(
            APLOG_MARK, APLOG_WARNING, errno, main_server,
            "LUCI0517: LuciaControl: the socket %s cannot be created; luciactl throttle cannot reach this "
            "server",
            listener.path ? listener.path : path);
    apr_pool_cleanup_register(conf_pool, NULL, remove_listener, apr_pool_cleanup_null);
}

/* ---- A child's thread ---- */

typedef struct {
    server_rec *main_server;
    const luci_control_command_t *commands;
    int stop[2]; /* a pipe; closing it tells the thread to end */
    pthread_t thread;
    int is_joined;
} worker_t;

static void send_all(int socket, const char *text, size_t length)
{
    while (length > 0) {
        ssize_t sent = send(socket, text, length, MSG_NOSIGNAL);

        if (sent <=
            0) { /* The client has disconnected or does not read; it notices that the last line is missing. */
            shutdown(socket, SHUT_RDWR); /* Further lines do not wait for the client again. */
            return;
        }
        text += sent;
        length -= (size_t)sent;
    }
}

void luci_control_send(luci_control_call_t *call, json_t *object)
{
    char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;

    json_decref(object);
    if (!text)
        return;
    send_all(call->socket, text, strlen(text));
    send_all(call->socket, "\n", 1);
    free(text);
}

static int is_allowed(int client)
{
    struct ucred peer;
    socklen_t length = sizeof peer;

    return getsockopt(client, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0 &&
           (peer.uid == 0 || peer.uid == geteuid());
}

/* Reads a line within LUCI_CONTROL_READING and splits it into words; returns their number, 0: no line. */
static int read_words(luci_control_call_t *call, const char *words[LUCI_CONTROL_WORDS_MAX])
{
    apr_time_t end = apr_time_now() + LUCI_CONTROL_READING;
    char *line = apr_palloc(call->pool, LUCI_CONTROL_LINE_MAX);
    size_t length = 0;

    while (length < LUCI_CONTROL_LINE_MAX && apr_time_now() < end) {
        ssize_t got = recv(call->socket, line + length, LUCI_CONTROL_LINE_MAX - length, 0);
        int count;

        if (got <= 0)
            return 0;
        length += (size_t)got;
        count = luci_control_split(line, length, words);
        if (count >= 0)
            return count;
    }
    return 0;
}

static const char *run(const luci_control_command_t *commands, luci_control_call_t *call, int *done)
{
    for (; commands->name; commands++) {
        if (strcmp(commands->name, call->words[0]) == 0)
            return call->count <= commands->words ? commands->run(call, done) : "too many words";
    }
    return "there is no such command";
}

static void answer(const worker_t *worker, luci_control_call_t *call)
{
    const char **words = apr_pcalloc(call->pool, LUCI_CONTROL_WORDS_MAX * sizeof *words);
    const char *problem = "only root and the server's own user may ask";
    int done = 0;

    if (is_allowed(call->socket)) {
        call->words = words;
        call->count = read_words(call, words);
        if (call->count == 0)
            return;
        problem = run(worker->commands, call, &done);
    }
    luci_control_send(call,
                      problem ? json_pack("{s:s}", "error", problem) : json_pack("{s:i}", "done", done));
}

/* accept fails without a client if the thread of another child was faster. */
static void serve(const worker_t *worker)
{
    const struct timeval wait = { .tv_sec = LUCI_CONTROL_SECONDS };
    luci_control_call_t call = { .main_server = worker->main_server };

    call.socket = accept4(listener.socket, NULL, NULL, SOCK_CLOEXEC);
    if (call.socket == NONE)
        return;
    setsockopt(call.socket, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    setsockopt(call.socket, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
    if (apr_pool_create_unmanaged(&call.pool) == APR_SUCCESS) {
        answer(worker, &call);
        apr_pool_destroy(call.pool);
    }
    close(call.socket);
}

static void *work(void *baton)
{
    const worker_t *worker = baton;
    struct pollfd waiting[] = { { .fd = worker->stop[0], .events = POLLIN },
                                { .fd = listener.socket, .events = POLLIN } };

    for (;;) {
        if (poll(waiting, 2, -1) < 0 && errno != EINTR)
            return NULL;
        if (waiting[0].revents)
            return NULL;
        if (waiting[1].revents)
            serve(worker);
    }
}

/* A threaded child has joined its own threads before. A child without threads may end while it holds a
 * resource that the control thread waits for, so that the join has a timeout. */
static int join(const worker_t *worker)
{
    struct timespec until;

    if (worker->is_joined)
        return pthread_join(worker->thread, NULL) == 0;
    if (clock_gettime(CLOCK_REALTIME, &until) != 0)
        return 0;
    until.tv_sec += LUCI_CONTROL_END_SECONDS;
    return pthread_timedjoin_np(worker->thread, NULL, &until) == 0;
}

static apr_status_t stop_worker(void *baton)
{
    worker_t *worker = baton;

    close(worker->stop[1]);
    if (join(worker))
        close(worker->stop[0]);
    return APR_SUCCESS;
}

void luci_control_start(apr_pool_t *child_pool, server_rec *main_server,
                        const luci_control_command_t *commands)
{
    worker_t *worker = apr_pcalloc(child_pool, sizeof *worker);

    if (listener.socket == NONE)
        return;
    worker->main_server = main_server;
    worker->commands = commands;
    if (ap_mpm_query(AP_MPMQ_IS_THREADED, &worker->is_joined) != APR_SUCCESS)
        worker->is_joined = 0;
    if (pipe2(worker->stop, O_CLOEXEC) == 0 && luci_thread_start(work, worker, &worker->thread))
        apr_pool_pre_cleanup_register(child_pool, worker, stop_worker);
    else
        ap_log_error(
            APLOG_MARK, APLOG_WARNING, errno, main_server,
            "LUCI0518: LuciaControl: this child cannot start a thread for the socket; other children "
            "answer");
}
