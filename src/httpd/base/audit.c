/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/base/audit.h"

#include "core/config/log_target.h"
#include "core/files/trusted_path.h"
#include "core/guard/times.h"
#include "httpd/base/counters.h"
#include "httpd/base/httpd_log.h"

#include <apr_portable.h>
#include <apr_shm.h>
#include <apr_strings.h>
#include <http_config.h>
#include <http_log.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

APLOG_USE_MODULE(luciauth);

#define NONE (-1)
#define RIGHTS (S_IRUSR | S_IWUSR | S_IRGRP)

/* write() to a pipe is atomic up to PIPE_BUF bytes. */
_Static_assert(LUCI_EVENT_LINE_MAX + 2 <= PIPE_BUF, "a line and two newlines are written in one piece");

/* Shared by all processes. */
typedef struct {
    volatile apr_uint64_t complained; /* when the last error was logged, microseconds since 1970 */
    volatile apr_uint32_t torn; /* 1: the file ends with an incomplete line, because the disk was full */
} shared_t;

struct luci_audit_t {
    const char *target;
    server_rec *server;
    int is_off;
    int file; /* NONE: the error log */
    shared_t *shared;
};

/* ---- Opening ---- */

/* The pipe is non-blocking, so that a program that hangs does not block requests. */
static apr_file_t *open_program(const char *command, apr_pool_t *pool)
{
    piped_log *program = ap_open_piped_log(pool, command);
    apr_file_t *file = program ? ap_piped_log_write_fd(program) : NULL;
    apr_os_file_t number;

    if (file && apr_os_file_get(&number, file) == APR_SUCCESS)
        (void)fcntl(number, F_SETFL, fcntl(number, F_GETFL) | O_NONBLOCK);
    return file;
}

static apr_status_t close_file(void *file)
{
    close(*(int *)file);
    return APR_SUCCESS;
}

/* Opens as root; the folder may belong to another user (trusted_path.h). */
static apr_status_t open_file(luci_audit_t *audit, const char **problem, apr_pool_t *pool)
{
    const char *path = ap_server_root_relative(pool, audit->target);

    *problem = "it is not a valid path";
    if (!path)
        return APR_EBADPATH;
    audit->file = luci_trusted_open(path, O_WRONLY | O_APPEND | O_CREAT, RIGHTS, problem, pool);
    if (audit->file < 0)
        return APR_FROM_OS_ERROR(errno);
    apr_pool_cleanup_register(pool, &audit->file, close_file, apr_pool_cleanup_null);
    return APR_SUCCESS;
}

static apr_status_t open_target(luci_audit_t *audit, const char **problem, apr_pool_t *pool)
{
    apr_file_t *file = NULL;
    apr_shm_t *memory;
    apr_status_t status = apr_shm_create(&memory, sizeof *audit->shared, NULL, pool);

    *problem = "there is no shared memory";
    if (status != APR_SUCCESS)
        return status;
    audit->shared = memset(apr_shm_baseaddr_get(memory), 0, sizeof *audit->shared);
    if (*audit->target == '|') {
        file = open_program(audit->target + 1, pool);
        *problem = "the program cannot be started"; /* httpd has logged the reason. */
        return file ? apr_os_file_get(&audit->file, file) : APR_EGENERAL;
    }
    return open_file(audit, problem, pool);
}

luci_audit_t *luci_audit_open(const char *target, server_rec *server, apr_pool_t *conf_pool)
{
    luci_audit_t *audit = apr_pcalloc(conf_pool, sizeof *audit);
    const char *problem;
    apr_status_t status;

    audit->target = target;
    audit->server = server;
    audit->file = NONE;
    audit->is_off = target && strcmp(target, LUCI_AUDIT_OFF) == 0;
    if (!target || audit->is_off)
        return audit;
    status = open_target(audit, &problem, conf_pool);
    if (status == APR_SUCCESS)
        return audit;
    ap_log_error(APLOG_MARK, APLOG_CRIT, status, server,
                 "LUCI0613: LuciaAuditLog: \"%s\" can't be opened: %s", target, problem);
    return NULL;
}

/* ---- Checks of configtest ---- */

const char *luci_audit_problem(const char *target, apr_pool_t *pool)
{
    const char *path;

    if (!target || strcmp(target, LUCI_AUDIT_OFF) == 0)
        return NULL;
    if (*target == '|')
        return luci_log_program_problem(target + 1, pool);
    path = ap_server_root_relative(pool, target);
    return path ? luci_log_file_problem(path, pool) : "it is not a valid path";
}

/* ---- Writing ---- */

/* 1: the program reads again within LUCI_AUDIT_WAIT_MS. Does not wait if an error was logged in the last
 * minute. */
static int await_room(const luci_audit_t *audit)
{
    struct pollfd pipe = { .fd = audit->file, .events = POLLOUT };
    apr_uint64_t since = (apr_uint64_t)apr_time_now() - audit->shared->complained;

    return since >= LUCI_LOG_INTERVAL && poll(&pipe, 1, LUCI_AUDIT_WAIT_MS) > 0 && !(pipe.revents & POLLERR);
}

/* Writes all of text; returns 0 or an errno. */
static int write_at_once(luci_audit_t *audit, const char *text, size_t length)
{
    ssize_t written;
    int waited = 0;

    for (;;) {
        written = write(audit->file, text, length);
        if (written >= 0 || (errno != EINTR && (errno != EAGAIN || waited)))
            break;
        if (errno == EAGAIN) {
            waited = 1;
            if (!await_room(audit))
                return EAGAIN;
        }
    }
    if (written == (ssize_t)length)
        return 0;
    if (written > 0)
        audit->shared->torn = 1;
    return written < 0 ? errno : ENOSPC;
}

static void put_line(luci_audit_t *audit, const char *line, size_t length)
{
    char text[LUCI_EVENT_LINE_MAX + 2];
    size_t start = __atomic_exchange_n(&audit->shared->torn, 0, __ATOMIC_RELAXED);
    int code;

    text[0] = '\n';
    memcpy(text + start, line, length);
    text[start + length] = '\n';
    code = write_at_once(audit, text, start + length + 1);
    if (code == 0)
        return;
    if (start)
        audit->shared->torn = 1;
    luci_count(LUCI_COUNT_AUDIT_LOST);
    if (luci_httpd_log_due(&audit->shared->complained))
        ap_log_error(APLOG_MARK, APLOG_ERR, code, audit->server,
                     "LUCI0612: LuciaAuditLog: \"%s\" cannot be written; events are lost until it can",
                     audit->target);
}

#define LOGGED "LUCI0610: %s"

static int is_written(const luci_audit_t *audit, const luci_event_t *event)
{
    return !audit->is_off &&
           (event->reason != LUCI_REASON_NONE || !luci_event_record(event->kind)->is_success_silent);
}

void luci_audit_write(luci_audit_t *audit, const luci_event_t *event, request_rec *r)
{
    luci_event_origin_t origin = { .address = r->useragent_ip, .vhost = r->server->server_hostname };
    char line[LUCI_EVENT_LINE_MAX];
    size_t length;

    if (!is_written(audit, event))
        return;
    length = luci_event_line(event, &origin, line);
    if (audit->file == NONE)
        ap_log_rerror(APLOG_MARK, APLOG_NOTICE, 0, r, LOGGED, line);
    else
        put_line(audit, line, length);
}

void luci_audit_write_own(luci_audit_t *audit, const luci_event_t *event, luci_ms_t count, server_rec *server)
{
    luci_event_origin_t origin = { .vhost = server->server_hostname, .count = count };
    char line[LUCI_EVENT_LINE_MAX];
    size_t length;

    if (!is_written(audit, event))
        return;
    length = luci_event_line(event, &origin, line);
    if (audit->file == NONE)
        ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, server, LOGGED, line);
    else
        put_line(audit, line, length);
}
