/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/lib/admin_audit.h"

#include "core/files/trusted_path.h"
#include "ctl/cli/say.h"
#include "ctl/lib/server_user.h"

#include <apr_strings.h>
#include <apr_time.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#define LOG_MODE (S_IRUSR | S_IWUSR | S_IRGRP)

/* Opens the log without waiting for the reader of a pipe. -1: *problem says why not. */
static int open_log(const char *path, const char **problem, apr_pool_t *pool)
{
    struct stat info;
    int file;

    luci_server_user_pause(); /* httpd opens the log as root as well. */
    file = luci_trusted_open(path, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK, LOG_MODE, problem, pool);
    if (file < 0 && errno == ENXIO)
        *problem = "the pipe has no reader";
    luci_server_user_resume();
    if (file < 0)
        return -1;
    if (fstat(file, &info) == 0 && (S_ISREG(info.st_mode) || S_ISFIFO(info.st_mode) || S_ISCHR(info.st_mode)))
        return file;
    *problem = "it is not a file, pipe or terminal";
    close(file);
    return -1;
}

luci_exit_t luci_admin_audit_open(luci_invocation_t *call, luci_ctl_database_t *database)
{
    const char *path = luci_command_value(call, "audit-log"), *problem;

    if (!path)
        path = database->config.audit_log;
    database->audit = -1;
    if (!path) {
        openlog("luciactl", 0, LOG_AUTHPRIV);
        return LUCI_EXIT_DONE;
    }
    database->audit = open_log(path, &problem, call->pool);
    if (database->audit >= 0)
        return LUCI_EXIT_DONE;
    return luci_say_error(LUCI_EXIT_REFUSED, "the audit log %s cannot be opened: %s", path, problem);
}

/* The login name of the caller; with sudo, that of the user who called sudo. */
static const char *caller_name(void)
{
    const struct passwd *account = getpwuid(getuid());
    const char *before = getuid() == 0 ? getenv("SUDO_USER") : NULL;

    if (before && *before)
        return before;
    return account ? account->pw_name : NULL;
}

static void put(const luci_ctl_database_t *database, const luci_event_t *event, apr_int64_t count)
{
    luci_event_origin_t origin = { .by = caller_name(), .count = count };
    char line[LUCI_EVENT_LINE_MAX + 1];
    size_t length = luci_event_line(event, &origin, line);

    if (database->audit < 0) {
        syslog(LOG_NOTICE, "%s", line);
        return;
    }
    line[length++] = '\n'; /* One write, because httpd appends to the same file. */
    if (write(database->audit, line, length) != (ssize_t)length)
        luci_say_error(LUCI_EXIT_REFUSED, "the change is done, but the audit log cannot be written: %s",
                       strerror(errno));
}

static luci_event_t event_of(luci_event_kind_t kind, const luci_user_t *user)
{
    luci_event_t event = { .kind = kind, .at = apr_time_as_msec(apr_time_now()) };

    if (user) {
        event.account = user->username;
        event.user_id = user->id;
    }
    return event;
}

static luci_reason_t reason_of(luci_result_t result)
{
    switch (result) {
    case LUCI_CONFLICT: return LUCI_REASON_NAME_TAKEN;
    case LUCI_INVALID: return LUCI_REASON_INVALID_USERNAME;
    case LUCI_NOT_FOUND: return LUCI_REASON_NOT_FOUND;
    case LUCI_OK:
    case LUCI_DENIED:
    case LUCI_EXPIRED:
    case LUCI_THROTTLED:
    case LUCI_BUSY:
    case LUCI_UNAVAILABLE:
    case LUCI_INTERNAL: break;
    }
    return luci_reason_of(result);
}

void luci_admin_audit_write(const luci_ctl_database_t *database, luci_event_kind_t kind,
                            const luci_user_t *user, luci_result_t result, apr_int64_t count)
{
    luci_event_t event = event_of(kind, user);

    event.reason = reason_of(result);
    put(database, &event, count);
}

void luci_admin_audit_session(const luci_ctl_database_t *database, const char *tag, const luci_user_t *user)
{
    luci_event_t event = event_of(LUCI_EVENT_SESSION_REVOKE, user);

    apr_cpystrn(event.session, tag, sizeof event.session);
    put(database, &event, 0);
}

void luci_admin_audit_app_password(const luci_ctl_database_t *database, const char *tag,
                                   const luci_user_t *user, luci_result_t result)
{
    luci_event_t event = event_of(LUCI_EVENT_APP_PASSWORD_DELETE, user);

    event.reason = reason_of(result);
    apr_cpystrn(event.app_password, tag, sizeof event.app_password);
    put(database, &event, 0);
}

void luci_admin_audit_factor(const luci_ctl_database_t *database, const char *factor, const luci_user_t *user,
                             luci_result_t result)
{
    luci_event_t event = event_of(LUCI_EVENT_FACTOR_REMOVE, user);

    event.reason = reason_of(result);
    event.factor = factor;
    put(database, &event, 0);
}

void luci_admin_audit_invitation(const luci_ctl_database_t *database, luci_event_kind_t kind, const char *tag,
                                 luci_result_t result)
{
    luci_event_t event = event_of(kind, NULL);

    event.reason = reason_of(result);
    apr_cpystrn(event.invitation, tag ? tag : "", sizeof event.invitation);
    put(database, &event, 0);
}
