/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/conf/httpd_run.h"

#include "core/files/trusted_path.h"

#include <apr_file_info.h>
#include <apr_lib.h>
#include <apr_strings.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define BEGIN                                                                                                \
    "{\"mod_luciauth\":"      /* starts the line with the document; other modules may print other lines */
#define OUTPUT_MAX (64 << 20) /* bytes that httpd may print */
#define TOO_MUCH "prints more than 64 MiB"
#define TIME_MAX 60  /* seconds that httpd may run, because it may look up many host names */
#define SLICE_MS 100 /* between two checks whether httpd has ended */
#define CLOSED_MS 2  /* the same once httpd has closed its outputs, which it does as it ends */

typedef struct {
    const char *program;
    const char *path;    /* absolute, of the configuration */
    const char *folder;  /* of path, with a slash at the end */
    const char *envvars; /* the path of the file envvars in folder, which is optional */
    apr_array_header_t *problems;
    apr_pool_t *pool;
} run_t;

enum { OUTPUT, ERRORS, STREAMS };

typedef struct {
    int descriptor;
    char *text; /* malloc'ed, with a NUL at its end */
    size_t length;
    size_t room; /* bytes of text */
} stream_t;

static void add_problem(const run_t *run, const char *problem)
{
    APR_ARRAY_PUSH(run->problems, const char *) = problem;
}

/* ---- Checks before httpd runs, with clearer messages than its own ---- */

/* As root, refuses a file that another user can change or replace: httpd loads the modules that a
 * configuration names, and a shell runs envvars, so that user could run programs as root. */
static int is_safe(const run_t *run, const char *path)
{
    const char *folder = NULL;
    struct stat info;
    uid_t owner;
    gid_t group;
    int safe;

    if (geteuid() != 0)
        return 1;
    safe = luci_trusted_path(path, &owner, &group, &folder, run->pool) == LUCI_PATH_TRUSTED &&
           stat(path, &info) == 0 && info.st_uid == 0 &&
           !(info.st_mode & (S_IWOTH | (info.st_gid == 0 ? 0 : S_IWGRP)));
    if (!safe)
        add_problem(run,
                    apr_psprintf(run->pool,
                                 "%s would run as root, but other users can change it%s%s: make root its "
                                 "only writer, run luciactl as its owner, or name the database with "
                                 "--database",
                                 path, folder ? " in the folder " : "", folder ? folder : ""));
    return safe;
}

/* A missing or unreadable envvars is no error. */
static int is_envvars_usable(const run_t *run)
{
    struct stat info;

    if (access(run->envvars, R_OK) != 0)
        return 1;
    if (stat(run->envvars, &info) == 0 && S_ISREG(info.st_mode))
        return is_safe(run, run->envvars);
    add_problem(run, apr_pstrcat(run->pool, run->envvars, " cannot be read: not a regular file", NULL));
    return 0;
}

static int can_begin(const run_t *run)
{
    struct stat info;
    int failed = stat(run->path, &info) != 0 || access(run->path, R_OK) != 0;

    if (failed || !S_ISREG(info.st_mode)) {
        add_problem(run, apr_pstrcat(run->pool, run->path, " cannot be read: ",
                                     failed ? strerror(errno) : "not a regular file", NULL));
        return 0;
    }
    if (!is_safe(run, run->path) || !is_envvars_usable(run))
        return 0;
    errno = EACCES; /* The error of a program that is not a regular file. */
    if (stat(run->program, &info) == 0 && S_ISREG(info.st_mode) && access(run->program, X_OK) == 0)
        return is_safe(run, run->program);
    add_problem(run, apr_psprintf(run->pool,
                                  "luciactl needs httpd to read the configuration, and %s cannot be run: %s; "
                                  "name httpd's program with --httpd FILE, or the database with --database",
                                  run->program, strerror(errno)));
    return 0;
}

/* ---- The process ---- */

/* Does what apache2ctl does: a shell sources envvars and passes its $APACHE_ARGUMENTS to httpd. */
static const char source[] =
    "luciactl_program=$1 luciactl_folder=$2 luciactl_file=$3; . \"$0\"; exec \"$luciactl_program\" "
    "$APACHE_ARGUMENTS -d \"$luciactl_folder\" -f \"$luciactl_file\" -t -D DUMP_LUCIAUTH -D "
    "DUMP_LUCIAUTH_SECRETS";

static void become_httpd(const run_t *run)
{
    const char *const through_shell[] = { "sh",         "-c",        source,    run->envvars,
                                          run->program, run->folder, run->path, NULL };
    const char *const plain[] = { run->program, "-d", run->folder,     "-f", run->path,
                                  "-t",         "-D", "DUMP_LUCIAUTH", "-D", "DUMP_LUCIAUTH_SECRETS",
                                  NULL };

    if (access(run->envvars, R_OK) != 0)
        execv(run->program, (char *const *)plain);
    else {
        setenv("APACHE_CONFDIR", apr_pstrmemdup(run->pool, run->folder, strlen(run->folder) - 1), 1);
        execv("/bin/sh", (char *const *)through_shell);
    }
    perror(run->program);
    _exit(127);
}

static void replace(int descriptor, int by)
{
    if (by < 0 || dup2(by, descriptor) < 0)
        _exit(127);
}

/* Returns -1 with errno if no process could be started. */
static pid_t start(const run_t *run, stream_t *streams)
{
    int output[2], errors[2];
    pid_t process;

    if (pipe2(output, O_CLOEXEC) != 0)
        return -1;
    if (pipe2(errors, O_CLOEXEC) != 0) {
        close(output[0]);
        close(output[1]);
        return -1;
    }
    /* SIGCHLD may be ignored, inherited from the parent; the kernel would then discard httpd's exit status.
     */
    signal(SIGCHLD, SIG_DFL);
    process = fork();
    if (process == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
        replace(STDIN_FILENO, open("/dev/null", O_RDONLY | O_CLOEXEC));
        replace(STDOUT_FILENO, output[1]);
        replace(STDERR_FILENO, errors[1]);
        signal(SIGPIPE, SIG_DFL);
        become_httpd(run);
    }
    close(output[1]);
    close(errors[1]);
    streams[OUTPUT].descriptor = output[0];
    streams[ERRORS].descriptor = errors[0];
    return process;
}

typedef enum { TAKE_MORE, TAKE_END, TAKE_TOO_MUCH } take_t;

/* Twice the room each time, because not every realloc moves a large text without copying it. 0: the text
 * would be too long, or there is no memory. */
static int make_room(stream_t *stream, size_t length)
{
    size_t needed = stream->length + length + 1;
    size_t room = needed > 2 * stream->room ? needed : 2 * stream->room;
    char *grown;

    if (needed > OUTPUT_MAX)
        return 0;
    if (needed <= stream->room)
        return 1;
    grown = realloc(stream->text, room);
    if (!grown)
        return 0;
    stream->text = grown;
    stream->room = room;
    return 1;
}

/* Reads a part of a pipe's content. */
static take_t take(stream_t *stream)
{
    char part[16384];
    ssize_t length = read(stream->descriptor, part, sizeof part);

    if (length < 0 && errno == EINTR)
        return TAKE_MORE;
    if (length <= 0)
        return TAKE_END;
    if (!make_room(stream, (size_t)length))
        return TAKE_TOO_MUCH;
    memcpy(stream->text + stream->length, part, (size_t)length);
    stream->length += (size_t)length;
    stream->text[stream->length] = '\0';
    return TAKE_MORE;
}

/* Reads from each pipe that poll has found readable. 0: one of them printed too much. */
static int take_ready(stream_t *streams, struct pollfd *wait)
{
    for (int i = 0; i < STREAMS; i++) {
        take_t taken = wait[i].revents ? take(&streams[i]) : TAKE_MORE;

        if (taken == TAKE_TOO_MUCH)
            return 0;
        if (taken == TAKE_END)
            wait[i].fd = -1;
    }
    return 1;
}

static time_t seconds_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

/* Reads until httpd has ended, not until the pipes are closed: a program that httpd started may keep them
 * open. Returns httpd's wait status. *problem is NULL, or says why luciactl killed httpd. */
static int read_all(stream_t *streams, pid_t process, const char **problem)
{
    struct pollfd wait[STREAMS];
    time_t end = seconds_now() + TIME_MAX;
    int status = -1;
    pid_t ended = 0;

    *problem = NULL;
    for (int i = 0; i < STREAMS; i++)
        wait[i] = (struct pollfd){ .fd = streams[i].descriptor, .events = POLLIN };
    while (ended == 0 || (ended < 0 && errno == EINTR)) {
        int is_closed = wait[OUTPUT].fd < 0 && wait[ERRORS].fd < 0;

        if (poll(wait, STREAMS, is_closed ? CLOSED_MS : SLICE_MS) > 0 && !take_ready(streams, wait))
            *problem = TOO_MUCH;
        else if (seconds_now() >= end)
            *problem = "did not end within 60 seconds";
        if (*problem)
            kill(process, SIGKILL);
        ended = waitpid(process, &status, *problem ? 0 : WNOHANG);
    }
    while (!*problem && poll(wait, STREAMS, 0) > 0) {
        if (!take_ready(streams, wait))
            *problem = TOO_MUCH;
    }
    return status;
}

/* ---- httpd's messages ---- */

/* Skips the prefix "[time] [module:level] [pid]" of the error log. */
static const char *without_stamps(const char *line)
{
    const char *end;

    while (*line == '[' && (end = strchr(line, ']')) != NULL)
        line = end + 1 + (end[1] == ' ');
    return line;
}

#define SYNTAX_ERROR "Syntax error on line "
#define OF " of "

/* Finds the last "Syntax error on line " of a line, because httpd prefixes one for each including file. */
static const char *innermost(const char *line)
{
    const char *found = NULL;

    while ((line = strstr(line, SYNTAX_ERROR)) != NULL) {
        line += strlen(SYNTAX_ERROR);
        found = line;
    }
    return found;
}

#define WORDS_MAX 300 /* bytes shown of a line that httpd truncated at 8 KiB */

/* Turns "Syntax error on line 3 of FILE: MESSAGE" into "FILE:3: MESSAGE"; the message may be the next line.
 * Returns NULL for any other line. */
static const char *syntax_error(const char *line, const char *next, int *uses_next, apr_pool_t *pool)
{
    const char *found = innermost(line), *file, *words;
    char *end;
    long number = found ? strtol(found, &end, 10) : 0;

    *uses_next = 0;
    if (!found || strncmp(end, OF, strlen(OF)) != 0)
        return NULL;
    file = end + strlen(OF);
    words = strstr(file, ": ");
    *uses_next = !words && next;
    if (!words && !next)
        return apr_psprintf(pool, "httpd: %.*s ...", WORDS_MAX, without_stamps(line));
    return apr_psprintf(pool, "%.*s:%ld: %s", words ? (int)(words - file) : (int)strcspn(file, ":"), file,
                        number, words ? words + 2 : without_stamps(next));
}

static void add_words(const run_t *run, const char *words)
{
    char *state, *line = apr_strtok(apr_pstrdup(run->pool, words), "\n", &state);

    while (line) {
        char *next = apr_strtok(NULL, "\n", &state);
        int uses_next;
        const char *error = syntax_error(line, next, &uses_next, run->pool);

        add_problem(run, error ? error : apr_pstrcat(run->pool, "httpd: ", without_stamps(line), NULL));
        line = uses_next ? apr_strtok(NULL, "\n", &state) : next;
    }
}

/* ---- The result ---- */

static json_t *parse(const char *output)
{
    const char *line = output;

    while (line && strncmp(line, BEGIN, strlen(BEGIN)) != 0) {
        line = strchr(line, '\n');
        line += line != NULL;
    }
    return line ? json_loads(line, JSON_DISABLE_EOF_CHECK, NULL) : NULL;
}

static luci_result_t judge(const run_t *run, int status, const stream_t *streams, json_t **document)
{
    const char *words = streams[ERRORS].text ? streams[ERRORS].text : "";

    *document = NULL;
    if (status == 0 && streams[OUTPUT].text)
        *document = parse(streams[OUTPUT].text);
    if (*document)
        return LUCI_OK;
    if (status == 0)
        add_problem(run, apr_psprintf(run->pool,
                                      "%s does not load mod_luciauth, or loads another version: add "
                                      "LoadModule luciauth_module (Debian: a2enconf luciauth)",
                                      run->path));
    else if (*words)
        add_words(run, words);
    else
        add_problem(run, apr_psprintf(run->pool, "%s: %s %s %d", run->path, run->program,
                                      WIFEXITED(status) ? "failed with status" : "was ended by signal",
                                      WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status)));
    return LUCI_INVALID;
}

static luci_result_t run_httpd(const run_t *run, json_t **document)
{
    stream_t streams[STREAMS] = { { .descriptor = -1 }, { .descriptor = -1 } };
    pid_t process = start(run, streams);
    luci_result_t result;
    const char *problem;
    int status;

    if (process < 0) {
        add_problem(run, apr_psprintf(run->pool, "%s cannot be run: %s", run->program, strerror(errno)));
        return LUCI_INVALID;
    }
    status = read_all(streams, process, &problem);
    for (int i = 0; i < STREAMS; i++)
        close(streams[i].descriptor);
    *document = NULL;
    result = LUCI_INVALID;
    if (problem)
        add_problem(run,
                    apr_psprintf(run->pool, "%s %s while it reads %s", run->program, problem, run->path));
    else
        result = judge(run, status, streams, document);
    for (int i = 0; i < STREAMS; i++)
        free(streams[i].text);
    return result;
}

luci_result_t luci_httpd_run(const char *program, const char *path, json_t **document,
                             apr_array_header_t *problems)
{
    apr_pool_t *pool = problems->pool;
    run_t run = { .program = program, .problems = problems, .pool = pool };
    char *absolute;

    if (apr_filepath_merge(&absolute, NULL, path, APR_FILEPATH_NOTRELATIVE, pool) != APR_SUCCESS)
        absolute = apr_pstrdup(pool, path);
    run.path = absolute;
    run.folder = apr_pstrmemdup(pool, absolute, (apr_size_t)(apr_filepath_name_get(absolute) - absolute));
    run.envvars = apr_pstrcat(pool, run.folder, "envvars", NULL);
    return can_begin(&run) ? run_httpd(&run, document) : LUCI_INVALID;
}
