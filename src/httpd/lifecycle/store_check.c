/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/lifecycle/store_check.h"

#include "core/guard/times.h"
#include "httpd/cache/cache.h"
#include "httpd/lifecycle/start_process.h"

#include <apr_portable.h>
#include <apr_strings.h>
#include <apr_thread_proc.h>
#include <http_core.h>
#include <mpm_common.h>

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define ANSWER_MAX 1024 /* bytes of a line that the process writes for a server */
#define SEPARATOR "\t"

void luci_store_check_add(apr_array_header_t *questions, const char *directive, const luci_cache_name_t *name,
                          apr_pool_t *pool)
{
    const luci_conversation_t *kind = luci_store_protocol(name->provider);
    const apr_array_header_t *servers;

    if (!kind || luci_cache_problem(name, pool))
        return;
    for (int i = 0; i < questions->nelts; i++) {
        if (luci_cache_is_same(APR_ARRAY_IDX(questions, i, luci_store_question_t).name, name))
            return;
    }
    servers = luci_store_servers(kind, name->args, pool);
    for (int i = 0; servers && i < servers->nelts; i++)
        APR_ARRAY_PUSH(questions, luci_store_question_t) =
            (luci_store_question_t){ .kind = kind,
                                     .server = APR_ARRAY_IDX(servers, i, luci_store_server_t),
                                     .directive = directive,
                                     .name = name,
                                     .result = LUCI_UNAVAILABLE,
                                     .refusal = { "cannot be used now: it does not answer in time",
                                                  "start it, or correct its host and port", 0 } };
}

/* ---- The process ---- */

/* A server's words could contain a separator. */
static const char *without_controls(const char *text, apr_pool_t *pool)
{
    char *plain = apr_pstrdup(pool, text);

    for (char *at = plain; *at; at++) {
        if ((unsigned char)*at < ' ')
            *at = ' ';
    }
    return plain;
}

/* The names of servers are resolved without a limit, and what they answer is not trusted: hence a process
 * with the rights of the children. */
static void answer_and_exit(const apr_array_header_t *questions, int out, server_rec *main_server,
                            apr_pool_t *pool)
{
    luci_start_process_become_independent((int)apr_time_sec(LUCI_STORE_PROBES) + 1);
    if (geteuid() == 0 && ap_run_drop_privileges(pool, main_server) != OK)
        _exit(1);
    for (int i = 0; i < questions->nelts; i++) {
        const luci_store_question_t *question = &APR_ARRAY_IDX(questions, i, luci_store_question_t);
        luci_store_refusal_t refusal = { "", "", 0 };
        luci_result_t result =
            luci_store_probe(question->kind, &question->server, LUCI_STORE_PROBE, &refusal, pool);
        const char *line = apr_psprintf(pool, "%d" SEPARATOR "%d" SEPARATOR "%s" SEPARATOR "%s\n",
                                        (int)result, refusal.is_unfit, without_controls(refusal.what, pool),
                                        without_controls(refusal.remedy, pool));

        if (write(out, line, strlen(line)) < 0)
            _exit(1);
    }
    _exit(0);
}

/* ---- Its answers ---- */

/* Reads what the process writes, until it ends or the time is over. */
static char *read_all(int in, apr_interval_time_t max, size_t size, apr_pool_t *pool)
{
    apr_time_t until = apr_time_now() + max;
    char *text = apr_pcalloc(pool, size + 1);
    size_t length = 0;

    while (length < size) {
        struct pollfd poll_for = { .fd = in, .events = POLLIN };
        apr_interval_time_t left = until - apr_time_now();
        int ready = left > 0 ? poll(&poll_for, 1, (int)apr_time_as_msec(left) + 1) : 0;
        ssize_t got = ready > 0 ? read(in, text + length, size - length) : 0;

        if ((ready < 0 || got < 0) && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        length += (size_t)got;
    }
    return text;
}

static void take_answer(luci_store_question_t *question, char *line)
{
    char *state, *result = apr_strtok(line, SEPARATOR, &state);
    char *is_unfit = result ? apr_strtok(NULL, SEPARATOR, &state) : NULL;
    char *what = is_unfit ? apr_strtok(NULL, SEPARATOR, &state) : NULL;
    char *remedy = what ? apr_strtok(NULL, SEPARATOR, &state) : NULL;

    if (!is_unfit)
        return;
    question->result = (luci_result_t)apr_atoi64(result);
    if (remedy)
        question->refusal = (luci_store_refusal_t){ what, remedy, (int)apr_atoi64(is_unfit) };
}

static void take_answers(apr_array_header_t *questions, char *text)
{
    char *end;

    for (int i = 0; i < questions->nelts && (end = strchr(text, '\n')); i++, text = end + 1) {
        *end = '\0';
        take_answer(&APR_ARRAY_IDX(questions, i, luci_store_question_t), text);
    }
}

void luci_store_check_ask(apr_array_header_t *questions, apr_interval_time_t max, server_rec *main_server,
                          apr_pool_t *pool)
{
    int ends[2];
    pid_t process;

    if (questions->nelts == 0 || pipe(ends) != 0)
        return;
    process = fork();
    if (process == 0)
        answer_and_exit(questions, ends[1], main_server, pool);
    close(ends[1]);
    if (process > 0) {
        take_answers(questions, read_all(ends[0], max, (size_t)questions->nelts * ANSWER_MAX, pool));
        (void)kill(process, SIGKILL);
        while (waitpid(process, NULL, 0) < 0 && errno == EINTR)
            continue;
    }
    close(ends[0]);
}
