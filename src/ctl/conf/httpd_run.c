/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/conf/httpd_run.h"

#include <apr_file_info.h>
#include <apr_lib.h>
#include <apr_strings.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define BEGIN "{\"mod_luciauth\":" /* of the document's line; other modules may print as well */
#define OUTPUT_MAX (64 << 20)      /* bytes of what httpd prints */

typedef struct {
    const char *program;
    const char *path;   /* of the configuration, absolute */
    const char *folder; /* that it is in, with a slash at the end */
    apr_array_header_t *problems;
    apr_pool_t *pool;
} run_t;

enum { OUTPUT, ERRORS, STREAMS };

typedef struct {
    int descriptor;
    char *text; /* malloc'ed, with a NUL at its end */
    size_t length;
} stream_t;

static void add_problem(const run_t *run, const char *problem)
{
    APR_ARRAY_PUSH(run->problems, const char *) = problem;
}

/* ---- Before httpd runs: what can be said better than httpd says it ---- */

static int can_begin(const run_t *run)
{
    struct stat info;
    int failed = stat(run->path, &info) != 0 || access(run->path, R_OK) != 0;

    if (failed || !S_ISREG(info.st_mode)) {
        add_problem(run, apr_pstrcat(run->pool, run->path, " can't be read: ",
                                     failed ? strerror(errno) : "not a regular file", NULL));
        return 0;
    }
    if (access(run->program, X_OK) == 0)
        return 1;
    add_problem(run, apr_psprintf(run->pool,
                                  "httpd reads configurations, and %s can't be run: %s; name httpd's program "
                                  "with --httpd PATH, or the database with --database",
                                  run->program, strerror(errno)));
    return 0;
}

/* ---- The process ---- */

/* What apache2ctl does: the variables of envvars, then its arguments. */
#define SOURCE                                                                                               \
    ". \"$0\" && exec \"$1\" $APACHE_ARGUMENTS -d \"$2\" -f \"$3\" -t -D DUMP_LUCIAUTH -D "                  \
    "DUMP_LUCIAUTH_SECRETS"

static void become_httpd(const run_t *run)
{
    const char *envvars = apr_pstrcat(run->pool, run->folder, "envvars", NULL);
    const char *const through_shell[] = { "sh",         "-c",        SOURCE,    envvars,
                                          run->program, run->folder, run->path, NULL };
    const char *const plain[] = { run->program, "-d", run->folder,     "-f", run->path,
                                  "-t",         "-D", "DUMP_LUCIAUTH", "-D", "DUMP_LUCIAUTH_SECRETS",
                                  NULL };

    if (access(envvars, R_OK) != 0)
        execv(run->program, (char *const *)plain);
    else {
        setenv("APACHE_CONFDIR", apr_pstrmemdup(run->pool, run->folder, strlen(run->folder) - 1), 1);
        execv("/bin/sh", (char *const *)through_shell);
    }
    _exit(127);
}

static void replace(int descriptor, int by)
{
    if (by < 0 || dup2(by, descriptor) < 0)
        _exit(127);
}

/* -1: errno says why. */
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
    process = fork();
    if (process == 0) {
        replace(STDIN_FILENO, open("/dev/null", O_RDONLY));
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

/* Takes what a pipe holds. 0: it has ended, or holds too much. */
static int take(stream_t *stream)
{
    char part[16384];
    ssize_t length = read(stream->descriptor, part, sizeof part);
    char *grown;

    if (length < 0 && errno == EINTR)
        return 1;
    if (length <= 0 || stream->length + (size_t)length > OUTPUT_MAX)
        return 0;
    grown = realloc(stream->text, stream->length + (size_t)length + 1);
    if (!grown)
        return 0;
    stream->text = grown;
    memcpy(stream->text + stream->length, part, (size_t)length);
    stream->length += (size_t)length;
    stream->text[stream->length] = '\0';
    return 1;
}

/* Both at once, so that httpd never waits for a reader. */
static void read_all(stream_t *streams)
{
    struct pollfd wait[STREAMS];
    int open = STREAMS;

    for (int i = 0; i < STREAMS; i++)
        wait[i] = (struct pollfd){ .fd = streams[i].descriptor, .events = POLLIN };
    while (open > 0) {
        if (poll(wait, STREAMS, -1) < 0 && errno != EINTR)
            return;
        for (int i = 0; i < STREAMS; i++) {
            if (wait[i].fd >= 0 && wait[i].revents && !take(&streams[i])) {
                wait[i].fd = -1;
                open--;
            }
        }
    }
}

/* ---- httpd's words ---- */

/* Without "[time] [module:level] [pid]" of the error log. */
static const char *without_stamps(const char *line)
{
    const char *end;

    while (*line == '[' && (end = strchr(line, ']')) != NULL)
        line = end + 1 + (end[1] == ' ');
    return line;
}

#define SYNTAX_ERROR "Syntax error on line "
#define OF " of "

/* The last "Syntax error on line " of a line: httpd puts one for each file that includes the next before it.
 */
static const char *innermost(const char *line)
{
    const char *found = NULL;

    while ((line = strstr(line, SYNTAX_ERROR)) != NULL) {
        line += strlen(SYNTAX_ERROR);
        found = line;
    }
    return found;
}

#define WORDS_MAX 300 /* of a line that httpd cut off: its log holds 8 KiB */

/* "Syntax error on line 3 of FILE: WORDS" as "FILE:3: WORDS"; the words may be the next line. NULL: it is
 * another line. */
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

/* ---- What came of it ---- */

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
                                      "%s does not load mod_luciauth, or not one of this version: write "
                                      "LoadModule luciauth_module (Debian: a2enconf luciauth)",
                                      run->path));
    else if (*words)
        add_words(run, words);
    else
        add_problem(run, apr_psprintf(run->pool, "%s: %s failed with status %d", run->path, run->program,
                                      WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status)));
    return LUCI_INVALID;
}

static luci_result_t run_httpd(const run_t *run, json_t **document)
{
    stream_t streams[STREAMS] = { { -1, NULL, 0 }, { -1, NULL, 0 } };
    pid_t process = start(run, streams);
    luci_result_t result;
    int status = -1;

    if (process < 0) {
        add_problem(run, apr_psprintf(run->pool, "%s can't be run: %s", run->program, strerror(errno)));
        return LUCI_INVALID;
    }
    read_all(streams);
    for (int i = 0; i < STREAMS; i++)
        close(streams[i].descriptor);
    while (waitpid(process, &status, 0) < 0 && errno == EINTR)
        ;
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
    return can_begin(&run) ? run_httpd(&run, document) : LUCI_INVALID;
}
