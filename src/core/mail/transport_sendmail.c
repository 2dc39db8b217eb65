/* SPDX-License-Identifier: Apache-2.0 */
/* The program sendmail, as every mail server of a machine has one. It is started without a shell, with the
 * recipient behind "--", so that no address is an option; its answer is its exit status (sysexits.h). */
#include "core/mail/transport.h"

#include "core/base/secret.h"
#include "core/base/text.h"
#include "core/guard/times.h"

#include <apr_strings.h>
#include <apr_time.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#define SAID_MAX 200 /* bytes of what the program says that a log line has */
#define LOOK_MS 50   /* between two looks whether the program has ended */

typedef struct {
    pid_t pid;
    int input;  /* its standard input, non-blocking; -1: closed */
    int output; /* what it says; -1: closed */
    int timer;  /* readable when the time is up */
    char said[SAID_MAX];
    size_t said_length;
    int is_given; /* all of the mail is in the pipe, which is closed */
    luci_delivery_t *delivery;
    apr_pool_t *pool;
} run_t;

/* ---- Starting it ---- */

/* What the program gets of this process's environment, which may have secrets. */
static const char *const variables[] = { "PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TZ" };
#define VARIABLES (sizeof variables / sizeof *variables)

static void set_environment(const char *environment[VARIABLES + 1], apr_pool_t *pool)
{
    for (size_t i = 0; i < VARIABLES; i++) {
        const char *value = getenv(variables[i]);

        if (value)
            *environment++ = apr_pstrcat(pool, variables[i], "=", value, NULL);
    }
    *environment = NULL;
}

static void close_one(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* Signals are as in a new shell: httpd ignores some, and threads of this library block them all. */
static int set_signals(posix_spawnattr_t *attributes)
{
    sigset_t none, standard;

    sigemptyset(&none);
    sigfillset(&standard);
    return posix_spawnattr_setsigmask(attributes, &none) ||
           posix_spawnattr_setsigdefault(attributes, &standard) || posix_spawnattr_setpgroup(attributes, 0) ||
           posix_spawnattr_setflags(attributes,
                                    POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
}

/* The program gets these three and nothing else. */
static int set_files(posix_spawn_file_actions_t *actions, int input, int output)
{
    return posix_spawn_file_actions_adddup2(actions, input, STDIN_FILENO) ||
           posix_spawn_file_actions_adddup2(actions, output, STDOUT_FILENO) ||
           posix_spawn_file_actions_adddup2(actions, output, STDERR_FILENO) ||
           posix_spawn_file_actions_addclosefrom_np(actions, STDERR_FILENO + 1);
}

/* Returns an errno code, 0 for success. */
static int spawn(run_t *run, const char *program, int input, int output)
{
    const luci_delivery_t *delivery = run->delivery;
    const char *const argv[] = { program, "-i", "-f", delivery->from, "--", delivery->to, NULL };
    const char *environment[VARIABLES + 1];
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int error = ENOMEM;

    set_environment(environment, run->pool);
    if (posix_spawn_file_actions_init(&actions) != 0)
        return error;
    if (posix_spawnattr_init(&attributes) == 0) {
        if (!set_files(&actions, input, output) && !set_signals(&attributes))
            error = posix_spawn(&run->pid, program, &actions, &attributes, (char *const *)argv,
                                (char *const *)environment);
        posix_spawnattr_destroy(&attributes);
    }
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

/* The program's ends are above the three standard ones, also in a program that has closed those. */
static int make_pipe(int ends[2])
{
    int low[2];

    if (pipe2(low, O_CLOEXEC) != 0)
        return errno;
    for (int i = 0; i < 2; i++) {
        ends[i] = fcntl(low[i], F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
        close(low[i]);
    }
    return ends[0] < 0 || ends[1] < 0 ? EMFILE : 0;
}

static int start(run_t *run, const char *program)
{
    int input[2] = { -1, -1 }, output[2] = { -1, -1 };
    int error = make_pipe(input);

    if (!error)
        error = make_pipe(output);
    if (!error)
        error = spawn(run, program, input[0], output[1]);
    close_one(&input[0]);
    close_one(&output[1]);
    run->input = input[1];
    run->output = output[0];
    if (error) {
        close_one(&run->input);
        close_one(&run->output);
        return error;
    }
    fcntl(run->input, F_SETFL, O_NONBLOCK);
    fcntl(run->output, F_SETFL, O_NONBLOCK);
    return 0;
}

/* ---- Talking to it ---- */

/* A program of Unix reads lines that end with LF. */
static char *with_line_feeds(const char *bytes, apr_pool_t *pool)
{
    char *lines = apr_palloc(pool, strlen(bytes) + 1), *out = lines;

    for (; *bytes; bytes++) {
        if (*bytes != '\r' || bytes[1] != '\n')
            *out++ = *bytes;
    }
    *out = '\0';
    return lines;
}

/* Keeps the beginning of what it says. At its end, or at an error, the pipe is closed. */
static void listen_to(run_t *run)
{
    char more[512];
    ssize_t length = read(run->output, more, sizeof more);

    if (length > 0) {
        size_t room = sizeof run->said - 1 - run->said_length;
        size_t kept = (size_t)length < room ? (size_t)length : room;

        memcpy(run->said + run->said_length, more, kept);
        run->said_length += kept;
    }
    else if (length == 0 || (errno != EAGAIN && errno != EINTR)) {
        close_one(&run->output);
    }
}

/* Writes to a pipe whose reader may have ended. The signal that this sends to a thread is taken back, unless
 * it was pending before. */
static ssize_t write_quietly(int fd, const char *bytes, size_t length)
{
    sigset_t pipe_signal, before, pending;
    const struct timespec now = { 0, 0 };
    ssize_t written;
    int error, was_pending;

    sigemptyset(&pipe_signal);
    sigaddset(&pipe_signal, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_signal, &before);
    sigpending(&pending);
    was_pending = sigismember(&pending, SIGPIPE);
    written = write(fd, bytes, length);
    error = errno;
    if (written < 0 && error == EPIPE && !was_pending)
        sigtimedwait(&pipe_signal, NULL, &now);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = error;
    return written;
}

/* Writes what fits. 0: the program reads no more. */
static int give(run_t *run, const char **text)
{
    ssize_t written = write_quietly(run->input, *text, strlen(*text));

    if (written < 0)
        return errno == EAGAIN || errno == EINTR;
    *text += written;
    if (**text)
        return 1;
    run->is_given = 1;
    close_one(&run->input);
    return 1;
}

/* 1 if it has ended. */
static int has_ended(run_t *run, int *status)
{
    pid_t ended;

    do
        ended = waitpid(run->pid, status, WNOHANG);
    while (ended < 0 && errno == EINTR);
    if (ended < 0)
        *status = -1; /* another part of the program has waited for it */
    return ended != 0;
}

/* Gives it the mail and waits for its end. 0: it took too long. */
static int converse(run_t *run, const char *text, int *status)
{
    while (!has_ended(run, status)) {
        struct pollfd fds[] = { { run->input, POLLOUT, 0 },
                                { run->output, POLLIN, 0 },
                                { run->timer, POLLIN, 0 } };

        if (poll(fds, 3, LOOK_MS) < 0)
            continue;
        if (fds[2].revents)
            return 0;
        if (fds[0].revents && !give(run, &text))
            close_one(&run->input);
        if (fds[1].revents)
            listen_to(run);
    }
    while (run->output >= 0 && run->said_length < sizeof run->said - 1) {
        size_t before = run->said_length;

        listen_to(run);
        if (run->said_length == before)
            break;
    }
    return 1;
}

static void stop(run_t *run)
{
    kill(-run->pid, SIGKILL);
    while (waitpid(run->pid, NULL, 0) < 0 && errno == EINTR)
        ;
}

/* ---- Its answer ---- */

static const char *said(const run_t *run, apr_pool_t *pool)
{
    size_t length = strcspn(run->said, "\r\n");

    if (length == 0)
        return "";
    return apr_pstrcat(
        pool, ": ", luci_text_printable_ascii(apr_pstrmemdup(pool, run->said, length), SAID_MAX, pool), NULL);
}

static luci_result_t judge(const run_t *run, int status, apr_pool_t *pool)
{
    luci_delivery_t *delivery = run->delivery;
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;

    if (code == EX_OK && run->is_given)
        return LUCI_OK;
    delivery->is_uncertain = run->is_given && !WIFEXITED(status);
    delivery->why = code == EX_OK ? "the program ended without reading the mail"
                    : code < 0    ? "the program was killed"
                               : apr_psprintf(pool, "exit status %d of the program%s", code, said(run, pool));
    return code == EX_NOUSER || code == EX_NOHOST || code == EX_DATAERR ? LUCI_DENIED : LUCI_UNAVAILABLE;
}

static int start_timer(void)
{
    const struct itimerspec limit = { .it_value.tv_sec = (time_t)apr_time_sec(LUCI_MAIL_SEND_MAX) };
    int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);

    if (timer >= 0)
        timerfd_settime(timer, 0, &limit, NULL);
    return timer;
}

/* The program is running. */
static luci_result_t talk(run_t *run, apr_pool_t *pool)
{
    luci_delivery_t *delivery = run->delivery;
    char *text = with_line_feeds(delivery->bytes, pool);
    luci_result_t result = delivery->begin ? delivery->begin(delivery->baton) : LUCI_OK;
    int status = 0, has_answered = result == LUCI_OK && converse(run, text, &status);

    luci_secret_wipe(text, strlen(text));
    if (has_answered)
        return judge(run, status, pool);
    stop(run);
    delivery->is_uncertain = run->is_given;
    delivery->why = "the program did not end in time and was stopped";
    return result == LUCI_OK ? LUCI_UNAVAILABLE : result;
}

static luci_result_t transfer(const luci_mail_server_t *server, luci_delivery_t *delivery, apr_pool_t *pool)
{
    run_t run = { .input = -1, .output = -1, .timer = start_timer(), .delivery = delivery, .pool = pool };
    luci_result_t result = LUCI_UNAVAILABLE;
    int error = run.timer < 0 ? errno : start(&run, server->program);

    delivery->is_uncertain = 0;
    delivery->why =
        apr_psprintf(pool, "the program %s cannot be started: %s", server->program, strerror(error));
    if (!error)
        result = talk(&run, pool);
    close_one(&run.input);
    close_one(&run.output);
    close_one(&run.timer);
    return result;
}

const luci_transport_t luci_transport_sendmail = { "sendmail", transfer };
